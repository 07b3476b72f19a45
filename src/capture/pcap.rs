//! Classic pcap: microseconds or nanoseconds, either byte order, and the variants of other systems.
//!
//! Format: <https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-04.html>. The file header is read by the pcap-file crate.

use pcap_file::pcap::PcapHeader;
use pcap_file::{Endianness, TsResolution};

use super::format::START_LEN;
use super::pcap_variants;
use super::pcapng::Interface;
use super::record::{Framing, Plausible, Record, Step, max_packet_length};
use super::resync::{Clues, Verdict};
use crate::error::{Error, Result};

const HEADER_LEN: usize = 24;
/// A record header; modified ones are longer.
const MIN_RECORD_LEN: usize = 16;
/// The link type field's upper bits tell of frame check sequences; those between must be 0.
const LINK_TYPE_MASK: u32 = 0x03ff_ffff;
const NANOSECONDS: u32 = 0xa1b2_3c4d;
const MICROSECONDS: u32 = 0xa1b2_c3d4;

/// Which length comes first in a record; older files have them the other way round (libpcap's `sf-pcap.c`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lengths {
    CapturedFirst,
    WireFirst,
    SmallerIsCaptured,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pcap {
    first: usize,
    big_endian: bool,
    record_len: usize,
    /// Nanoseconds in a unit of the fraction field.
    unit: u32,
    lengths: Lengths,
    link_type: u16,
    max_length: u32,
    snaplen: u32,
}

/// Whether `start` begins with the magic number of this format.
pub fn is_magic(start: [u8; 4]) -> bool {
    let known = |magic| matches!(magic, MICROSECONDS | NANOSECONDS) || DIALECTS.iter().any(|(other, ..)| *other == magic);
    known(u32::from_be_bytes(start)) || known(u32::from_le_bytes(start))
}

impl Pcap {
    /// Reads the file header, `start` being the first bytes of the file.
    pub fn from_header(start: &[u8]) -> Result<Self> {
        let Some(bytes) = start.first_chunk::<HEADER_LEN>() else {
            return Err(Error::NotACapture(format!(
                "a pcap file header has {HEADER_LEN} bytes, but the file ends after {}",
                start.len()
            )));
        };
        let mut bytes = *bytes;
        let dialect = Dialect::take(&mut bytes);
        let (_, header) = PcapHeader::from_slice(&bytes).map_err(|e| Error::NotACapture(format!("pcap file header: {e}")))?;
        if !matches!((header.version_major, header.version_minor), (2, _) | (543, 0)) {
            let (major, minor) = (header.version_major, header.version_minor);
            return Err(Error::NotACapture(format!("pcap file header: version {major}.{minor} is not known")));
        }
        let field = u32::from(header.datalink);
        let link_type = u16::try_from(field & LINK_TYPE_MASK)
            .map_err(|_| Error::NotACapture(format!("pcap file header: {field:#x} is no link type")))?;
        let version = (header.version_major, header.version_minor);
        let aix = of_aix(version, link_type).filter(|_| dialect == Dialect::Plain);
        let link_type = aix.unwrap_or(link_type);
        let has_nanoseconds = header.ts_resolution == TsResolution::NanoSecond;
        let pcap = Self {
            first: HEADER_LEN + if dialect == Dialect::Ixia { 4 } else { 0 },
            big_endian: header.endianness == Endianness::Big,
            record_len: MIN_RECORD_LEN,
            unit: if has_nanoseconds || aix.is_some() { 1 } else { 1000 },
            lengths: match version {
                (2, 0..=2) | (543, _) => Lengths::WireFirst,
                (2, 3) => Lengths::SmallerIsCaptured,
                _ => Lengths::CapturedFirst,
            },
            link_type,
            max_length: max_packet_length(link_type),
            snaplen: header.snaplen,
        };
        let is_modified = dialect == Dialect::Modified;
        let may_vary = is_modified || (dialect == Dialect::Plain && !has_nanoseconds && pcap.lengths == Lengths::CapturedFirst);
        let records = start.get(pcap.first..).filter(|_| may_vary).unwrap_or_default();
        let record_len = pcap_variants::record_len(pcap, is_modified, records, start.len() < START_LEN);
        Ok(Self { record_len, ..pcap })
    }

    /// Where the first record begins.
    pub fn first_offset(&self) -> u64 {
        self.first as u64
    }

    pub fn max_length(&self) -> u32 {
        self.max_length
    }

    pub fn snaplen(&self) -> u32 {
        self.snaplen
    }

    pub fn u16_at(&self, header: &[u8], at: usize) -> u16 {
        let number = u16::from_le_bytes([header[at], header[at + 1]]);
        if self.big_endian { number.swap_bytes() } else { number }
    }

    #[inline(always)]
    pub fn u32_at(&self, header: &[u8], at: usize) -> u32 {
        // A load and a swap; choosing between two conversions makes it four loads.
        let number = u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
        if self.big_endian { number.swap_bytes() } else { number }
    }

    /// Captured length and wire length.
    #[inline(always)]
    pub fn lengths(&self, header: &[u8]) -> (u32, u32) {
        let (first, second) = (self.u32_at(header, 8), self.u32_at(header, 12));
        match self.lengths {
            Lengths::CapturedFirst => (first, second),
            Lengths::WireFirst => (second, first),
            Lengths::SmallerIsCaptured => (first.min(second), first.max(second)),
        }
    }
}

/// What the magic number tells beside byte order and resolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dialect {
    Plain,
    /// Kuznetzov's: longer record headers.
    Modified,
    /// Ixia's: the length of all records behind the file header.
    Ixia,
}

/// Other magic numbers, and the plain ones for the same resolution.
const DIALECTS: [(u32, u32, Dialect); 3] = [
    (0xa1b2_cd34, MICROSECONDS, Dialect::Modified),
    (0x1c00_01ac, NANOSECONDS, Dialect::Ixia),
    (0x1c00_01ab, MICROSECONDS, Dialect::Ixia),
];

impl Dialect {
    /// That of a header, which becomes a plain one.
    fn take(header: &mut [u8; HEADER_LEN]) -> Self {
        let magic = [header[0], header[1], header[2], header[3]];
        for (other, plain, dialect) in DIALECTS {
            if u32::from_be_bytes(magic) == other {
                header[..4].copy_from_slice(&plain.to_be_bytes());
                return dialect;
            }
            if u32::from_le_bytes(magic) == other {
                header[..4].copy_from_slice(&plain.to_le_bytes());
                return dialect;
            }
        }
        Self::Plain
    }
}

/// LINKTYPE number of an interface type (SNMP's `ifType`) in a file of AIX, whose times are in nanoseconds. Its version number is
/// that of other old files, which do not have these numbers.
fn of_aix(version: (u16, u16), interface_type: u16) -> Option<u16> {
    match (version, interface_type) {
        ((2, 2), 6) => Some(1),
        ((2, 2), 9) => Some(6),
        ((2, 2), 24) => Some(0),
        _ => None,
    }
}

impl Framing for Pcap {
    const ALIGNMENT: usize = 1;
    const MIN_RECORD: u64 = MIN_RECORD_LEN as u64;
    type Mark = ();

    fn describe(&self) -> (String, Vec<Interface>) {
        let resolution = if self.unit == 1 { "nanoseconds" } else { "microseconds" };
        let order = if self.big_endian { "big-endian" } else { "little-endian" };
        let variant = match self.record_len {
            MIN_RECORD_LEN => "",
            24 => ", modified records",
            20 => ", Nokia's records",
            _ => ", SuSE 6.3's records",
        };
        (format!("pcap ({resolution}, {order}{variant})"), vec![Interface::of_file(self.link_type, self.snaplen)])
    }

    fn mark(&self) {}

    fn back_to(&self, (): &()) -> Self {
        *self
    }

    #[inline(always)]
    fn step<'a>(&mut self, window: &'a [u8], at: usize) -> Step<'a> {
        let Some(rest) = window.get(at..).filter(|rest| rest.len() >= self.record_len) else {
            return Step::More(self.record_len);
        };
        // Known to the compiler to be there: the fields below are loaded without a check each.
        let Some(header) = rest.first_chunk::<MIN_RECORD_LEN>() else {
            return Step::More(self.record_len);
        };
        let (captured, length) = self.lengths(header);
        if captured > self.max_length {
            return Step::Corrupt(format!(
                "the record claims {captured} captured bytes, more than the {} that are believed",
                self.max_length
            ));
        }
        let end = self.record_len + captured as usize;
        let Some(data) = rest.get(self.record_len..end) else {
            return Step::More(end);
        };
        let seconds = i64::from(self.u32_at(header, 0));
        let fraction = i64::from(self.u32_at(header, 4)) * i64::from(self.unit);
        let record =
            Record { timestamp: seconds * 1_000_000_000 + fraction, length, interface: 0, link_type: self.link_type, data };
        Step::Record(record, at + end)
    }

    #[inline]
    fn plausible(&self, window: &[u8], at: usize) -> Option<Plausible> {
        let rest = window.get(at..)?;
        if rest.len() < self.record_len {
            return None;
        }
        let (captured, length) = self.lengths(rest);
        let whole_second = 1_000_000_000 / self.unit;
        // Records without bytes exist, but runs of zeros in a payload are far more common: never guess on one.
        let plausible = captured > 0
            && captured <= self.max_length
            && captured <= length
            && length <= self.max_length.max(1 << 20)
            && self.u32_at(rest, 4) < whole_second;
        let next = at + self.record_len + captured as usize;
        plausible.then(|| Plausible { next, seconds: self.u32_at(rest, 0) })
    }

    const RESUMES: bool = true;

    fn evidence(&self, clues: &Clues) -> Verdict {
        clues.chain(|at| self.plausible(clues.bytes, at))
    }

    fn same_state(&self, _other: &Self) -> bool {
        true
    }
}
