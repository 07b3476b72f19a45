//! Network General's Sniffer for DOS, uncompressed: records of which some are frames.

use std::sync::Arc;

use super::foreign::{
    Early, LINK_ONLY, Layout, Place, Stepped, file_header, le16, nanoseconds, record, seconds_of, take, unknown,
};
use super::record::Step;
use crate::error::Result;

pub const MAGIC: &[u8] = b"TRSNIFF data    \x1a";
/// Magic, and the header and data of the version record.
const FILE_HEADER_LEN: usize = MAGIC.len() + HEADER_LEN + 18;
const HEADER_LEN: usize = 6;
const VERSION: usize = MAGIC.len() + HEADER_LEN;

const RECORD_VERSION: u16 = 1;
const RECORD_END: u16 = 3;
const RECORD_FRAME: u16 = 4;
const RECORD_ATM_FRAME: u16 = 8;
const RECORD_LONG_FRAME: u16 = 12;
const ATM: u8 = 10;

/// A frame's time and lengths, and what else comes before its data.
const FRAME_LEN: usize = 14;
const ATM_FRAME_LEN: usize = 48;
const LONG_FRAME_LEN: usize = 34;
/// AAL5 with LLC: the only one that a LINKTYPE says all of.
const AAL5_LLC: u8 = 0x13;

/// Units of time in picoseconds.
const UNITS: [u64; 7] = [15_000_000, 838_096, 15_000_000, 500_000, 2_000_000, 1_000_000, 100_000];

#[derive(Clone, Copy, Debug)]
struct Sniffer {
    major: u16,
    minor: u16,
    link_type: u16,
    is_atm: bool,
    unit: u64,
    start_seconds: i64,
}

pub fn open(start: &[u8]) -> Result<Arc<dyn Layout>> {
    let header = file_header(start, FILE_HEADER_LEN, "Sniffer")?;
    if le16(header, MAGIC.len()) != RECORD_VERSION {
        return Err(unknown("Sniffer", "no version record"));
    }
    let version = &header[VERSION..];
    let (date, network, format, unit) = (i64::from(le16(version, 6)), version[9], version[10], version[11]);
    let link_type = match network {
        0 => 6,
        1 => 1,
        2 => 7, // ARCNET
        9 => 10,
        ATM => 100,
        _ => return Err(unknown("Sniffer", &format!("network type {network}"))),
    };
    let unit = *UNITS.get(usize::from(unit)).ok_or_else(|| unknown("Sniffer", &format!("time unit {unit}")))?;
    if format != 1 {
        return Err(unknown("Sniffer", "compressed records"));
    }
    Ok(Arc::new(Sniffer {
        major: le16(version, 0),
        minor: le16(version, 2),
        link_type,
        is_atm: network == ATM,
        unit,
        // DOS's date, in a time zone that the file does not tell.
        start_seconds: seconds_of((date >> 9) + 1980, (date >> 5) & 0xf, date & 0x1f, 0, 0, 0),
    }))
}

impl Sniffer {
    /// How long the part of a frame's record is that comes before its data; None if the record is no frame.
    fn frame_len(&self, kind: u16) -> std::result::Result<Option<usize>, Early> {
        match kind {
            RECORD_FRAME if !self.is_atm => Ok(Some(FRAME_LEN)),
            RECORD_ATM_FRAME if self.is_atm => Ok(Some(ATM_FRAME_LEN)),
            // In files of the first versions, a description.
            RECORD_ATM_FRAME if self.major <= 2 => Ok(None),
            RECORD_LONG_FRAME => Ok(Some(LONG_FRAME_LEN)),
            RECORD_FRAME | RECORD_ATM_FRAME => Err(Early::Corrupt(format!("a record of type {kind} is of another network"))),
            _ => Ok(None),
        }
    }

    fn timestamp(&self, frame: &[u8]) -> i64 {
        let units = u64::from(le16(frame, 0)) | u64::from(le16(frame, 2)) << 16 | u64::from(frame[4]) << 32;
        // At most 2^40 units of less than 2^24 picoseconds.
        let since_midnight = (units * self.unit / 1000) as i64;
        nanoseconds(self.start_seconds + i64::from(frame[5]) * 86_400, since_midnight)
    }
}

impl Layout for Sniffer {
    fn describe(&self) -> String {
        format!("Sniffer {}.{}", self.major, self.minor)
    }

    fn link_type(&self) -> u16 {
        self.link_type
    }

    fn first_offset(&self) -> u64 {
        FILE_HEADER_LEN as u64
    }

    fn step<'a>(&self, _place: Place, window: &'a [u8], at: usize) -> Stepped<'a> {
        let header = take(window, at, HEADER_LEN)?;
        let (kind, mut whole) = (le16(header, 0), HEADER_LEN + usize::from(le16(header, 2)));
        if kind == RECORD_END {
            return Err(Early::End);
        }
        let Some(frame_len) = self.frame_len(kind)? else {
            take(window, at, whole)?;
            return Ok(Step::Skip(at + whole));
        };
        if kind == RECORD_ATM_FRAME && self.major < 5 && self.minor >= 95 {
            // These count the record as if it were an ordinary frame's.
            whole += ATM_FRAME_LEN - FRAME_LEN;
        }
        let frame = &take(window, at, whole)?[HEADER_LEN..];
        let too_short = || Early::Corrupt(format!("a record of {whole} bytes is shorter than its frame"));
        let data = frame.get(frame_len..).ok_or_else(too_short)?;
        let data = data.get(..usize::from(le16(frame, 6))).ok_or_else(too_short)?;
        let length = match le16(frame, 10) {
            0 => data.len() as u32,
            length => length.into(),
        };
        let is_bare_atm = kind == RECORD_ATM_FRAME && frame[28] != AAL5_LLC;
        let link_type = if is_bare_atm { LINK_ONLY } else { self.link_type };
        Ok(Step::Record(record(self.timestamp(frame), length, link_type, data), at + whole))
    }
}
