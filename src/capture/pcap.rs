//! Classic pcap: microseconds or nanoseconds, either byte order, and Kuznetzov's modified records.
//!
//! Format: <https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-04.html>. The file header is read by the pcap-file crate.

use pcap_file::pcap::PcapHeader;
use pcap_file::{Endianness, TsResolution};

use super::pcapng::Interface;
use super::record::{Framing, Plausible, Record, Step, max_packet_length};
use crate::error::{Error, Result};

pub const HEADER_LEN: usize = 24;
/// A record header; modified ones are longer.
const MIN_RECORD_LEN: usize = 16;
/// The link type field's upper bits tell of frame check sequences; those between must be 0.
const LINK_TYPE_MASK: u32 = 0x03ff_ffff;
const MODIFIED_MAGIC: u32 = 0xa1b2_cd34;
const PLAIN_MAGIC: u32 = 0xa1b2_c3d4;

/// Which length comes first in a record; older files have them the other way round (libpcap's `sf-pcap.c`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lengths {
    CapturedFirst,
    WireFirst,
    SmallerIsCaptured,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pcap {
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
    let known = |magic| matches!(magic, PLAIN_MAGIC | 0xa1b2_3c4d | MODIFIED_MAGIC);
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
        let modified = unmodify(&mut bytes);
        let (_, header) = PcapHeader::from_slice(&bytes).map_err(|e| Error::NotACapture(format!("pcap file header: {e}")))?;
        if !matches!((header.version_major, header.version_minor), (2, _) | (543, 0)) {
            let (major, minor) = (header.version_major, header.version_minor);
            return Err(Error::NotACapture(format!("pcap file header: version {major}.{minor} is not known")));
        }
        let field = u32::from(header.datalink);
        let link_type = u16::try_from(field & LINK_TYPE_MASK)
            .map_err(|_| Error::NotACapture(format!("pcap file header: {field:#x} is no link type")))?;
        Ok(Self {
            big_endian: header.endianness == Endianness::Big,
            record_len: if modified { 24 } else { MIN_RECORD_LEN },
            unit: if header.ts_resolution == TsResolution::NanoSecond { 1 } else { 1000 },
            lengths: match (header.version_major, header.version_minor) {
                (2, 0..=2) | (543, _) => Lengths::WireFirst,
                (2, 3) => Lengths::SmallerIsCaptured,
                _ => Lengths::CapturedFirst,
            },
            link_type,
            max_length: max_packet_length(link_type),
            snaplen: header.snaplen,
        })
    }

    #[inline(always)]
    fn u32_at(&self, header: &[u8], at: usize) -> u32 {
        // A load and a swap; choosing between two conversions makes it four loads.
        let number = u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
        if self.big_endian { number.swap_bytes() } else { number }
    }

    /// Captured length and wire length.
    #[inline(always)]
    fn lengths(&self, header: &[u8]) -> (u32, u32) {
        let (first, second) = (self.u32_at(header, 8), self.u32_at(header, 12));
        match self.lengths {
            Lengths::CapturedFirst => (first, second),
            Lengths::WireFirst => (second, first),
            Lengths::SmallerIsCaptured => (first.min(second), first.max(second)),
        }
    }
}

/// Turns a modified header into a plain one; says whether it was one.
fn unmodify(header: &mut [u8; HEADER_LEN]) -> bool {
    let magic = [header[0], header[1], header[2], header[3]];
    if u32::from_be_bytes(magic) == MODIFIED_MAGIC {
        header[..4].copy_from_slice(&PLAIN_MAGIC.to_be_bytes());
        return true;
    }
    if u32::from_le_bytes(magic) == MODIFIED_MAGIC {
        header[..4].copy_from_slice(&PLAIN_MAGIC.to_le_bytes());
        return true;
    }
    false
}

impl Framing for Pcap {
    const ALIGNMENT: usize = 1;
    const MIN_RECORD: u64 = 16;
    type Mark = ();

    fn describe(&self) -> (String, Vec<Interface>) {
        let resolution = if self.unit == 1 { "nanoseconds" } else { "microseconds" };
        let order = if self.big_endian { "big-endian" } else { "little-endian" };
        let modified = if self.record_len == 24 { ", modified records" } else { "" };
        (format!("pcap ({resolution}, {order}{modified})"), vec![Interface::of_file(self.link_type, self.snaplen)])
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

    fn same_state(&self, _other: &Self) -> bool {
        true
    }
}
