//! Microsoft Network Monitor, versions 1.x and 2.x: frames anywhere, and a table of where they are.
//!
//! Format: "Capture File Format" in the help of Network Monitor 3.4.

use std::sync::Arc;

use super::foreign::{
    Early, LINK_ONLY, Layout, Place, Stepped, file_header, le16, le32, le64, nanoseconds, nanoseconds_of, packet, pass, record,
    seconds_of, take, unknown,
};
use super::record::Step;
use super::source::Source;
use crate::error::{Error, Result};

pub const MAGICS: [&[u8]; 2] = [b"RTSS", b"GMBU"];
const FILE_HEADER_LEN: usize = 72;
/// In front of ATM data: addresses, VPI and VCI.
const ATM_HEADER_LEN: usize = 16;
const ATM: u16 = 4;
/// From 1601 to 1970 in units of 100 ns.
const WINDOWS_EPOCH: i64 = 116_444_736_000_000_000;

#[derive(Clone, Debug)]
struct Netmon {
    major: u8,
    minor: u8,
    media: u16,
    start_seconds: i64,
    start_nanoseconds: i64,
    table_offset: u64,
    table_length: usize,
    /// Where frames begin, in ascending order.
    frames: Vec<u32>,
}

pub fn open(start: &[u8]) -> Result<Arc<dyn Layout>> {
    let header = file_header(start, FILE_HEADER_LEN, "Network Monitor")?;
    let (minor, major) = (header[4], header[5]);
    if !matches!(major, 1 | 2) {
        return Err(unknown("Network Monitor", &format!("version {major}.{minor}")));
    }
    let media = le16(header, 6);
    if media_link_type(media).is_none() {
        return Err(unknown("Network Monitor", &format!("media type {media}")));
    }
    let number = |at| i64::from(le16(header, at));
    // Year, month, day of the week, day, hour, minute, second, millisecond: in a time zone that the file does not tell.
    let start_seconds = seconds_of(number(8), number(10), number(14), number(16), number(18), number(20));
    Ok(Arc::new(Netmon {
        major,
        minor,
        media,
        start_seconds,
        start_nanoseconds: number(22) * 1_000_000,
        table_offset: le32(header, 24).into(),
        table_length: le32(header, 28) as usize,
        frames: Vec::new(),
    }))
}

/// LINKTYPE number of a media type, in Network Monitor's reading of NDIS's.
fn media_link_type(media: u16) -> Option<u16> {
    Some(match media {
        0 | 1 => 1,
        2 => 6,
        3 => 10,
        ATM => 100,
        6 => LINK_ONLY, // IEEE 802.11 behind a header of Network Monitor's own
        7..=9 => 101,   // tunnels, wireless WAN, raw IP
        _ => return None,
    })
}

/// What a frame of version 2.1 and later has behind its data.
enum Carried {
    Packet(u16),
    /// Lists of adapters and names, and headers of frames put together.
    Nothing,
}

impl Carried {
    fn of(media: u16) -> std::result::Result<Self, String> {
        Ok(Self::Packet(match media {
            0xe080 => 105,
            0xe083..=0xe088 | 0xffe0 | 0xfffb | 0xffff => LINK_ONLY, // packets of a firewall, events, adapters, filters
            0xe081 | 0xe082 | 0xe089 | 0xe08a => return Err(format!("a frame has media type {media:#x}, which is not known")),
            0xe000..=0xefff => media & 0xfff,
            0xfffc..=0xfffe => return Ok(Self::Nothing),
            _ => media_link_type(media).ok_or_else(|| format!("a frame has media type {media:#x}, which is not known"))?,
        }))
    }
}

impl Netmon {
    fn header_len(&self) -> usize {
        if self.major == 1 { 8 } else { 16 }
    }

    fn trailer_len(&self) -> usize {
        match (self.major, self.minor) {
            (1, _) | (_, 0) => 0,
            (_, 1) => 2,
            (_, 2) => 6,
            _ => 15,
        }
    }

    /// Wire length and captured length.
    fn lengths(&self, header: &[u8]) -> (u32, u32) {
        if self.major == 1 { (le16(header, 4).into(), le16(header, 6).into()) } else { (le32(header, 8), le32(header, 12)) }
    }

    fn timestamp(&self, header: &[u8], trailer: &[u8]) -> i64 {
        if trailer.len() >= 15 {
            return nanoseconds_of(le64(trailer, 6) as i64, WINDOWS_EPOCH, 10_000_000);
        }
        let since_start = match self.major {
            1 => i64::from(le32(header, 0)) * 1_000_000,
            // Microseconds, which become negative when counted in units of 100 ns (Network Monitor's help).
            _ => (le64(header, 0).wrapping_mul(10) as i64).saturating_mul(100),
        };
        nanoseconds(self.start_seconds, since_start.saturating_add(self.start_nanoseconds))
    }
}

impl Layout for Netmon {
    fn describe(&self) -> String {
        format!("Network Monitor {}.{}", self.major, self.minor)
    }

    fn link_type(&self) -> u16 {
        media_link_type(self.media).unwrap_or(LINK_ONLY)
    }

    fn first_offset(&self) -> u64 {
        FILE_HEADER_LEN as u64
    }

    fn is_placed(&self) -> bool {
        true
    }

    fn needs_end(&self) -> bool {
        true
    }

    fn completed(&self, source: &Source) -> Result<Option<Arc<dyn Layout>>> {
        let mut buffer = Vec::new();
        let table = source.window(self.table_offset, self.table_length, &mut buffer)?;
        if table.len() < self.table_length || !self.table_length.is_multiple_of(4) || self.table_length == 0 {
            return Err(Error::NotACapture(format!(
                "this Network Monitor file is cut: of the table of its frames, {} bytes at {}, {} are there",
                self.table_length,
                self.table_offset,
                table.len()
            )));
        }
        let mut frames: Vec<u32> = table.chunks_exact(4).map(|entry| le32(entry, 0)).collect();
        frames.sort_unstable();
        frames.dedup();
        Ok(Some(Arc::new(Self { frames, ..self.clone() })))
    }

    fn step<'a>(&self, place: Place, window: &'a [u8], at: usize) -> Stepped<'a> {
        let number = self.frames.partition_point(|&frame| u64::from(frame) < place.offset);
        let gap = u64::from(*self.frames.get(number).ok_or(Early::End)?) - place.offset;
        if gap > 0 {
            return Ok(pass(window, at, gap));
        }
        let header_len = self.header_len();
        let header = take(window, at, header_len)?;
        let (length, captured) = self.lengths(header);
        let data = packet(window, at, header_len, captured)?;
        let whole = header_len + data.len() + self.trailer_len();
        let trailer = &take(window, at, whole)?[header_len + data.len()..];
        if self.frames.get(number + 1).is_some_and(|&next| u64::from(next) < place.offset + whole as u64) {
            return Err(Early::Corrupt("the frame reaches into the next one".into()));
        }
        let timestamp = self.timestamp(header, trailer);
        if !trailer.is_empty() {
            return Ok(match Carried::of(le16(trailer, 0)).map_err(Early::Corrupt)? {
                Carried::Packet(link_type) => Step::Record(record(timestamp, length, link_type, data), at + whole),
                Carried::Nothing => Step::Skip(at + whole),
            });
        }
        let own = if self.media == ATM { ATM_HEADER_LEN } else { 0 };
        let data = data.get(own..).ok_or_else(|| Early::Corrupt("the frame is too short for its ATM header".into()))?;
        Ok(Step::Record(record(timestamp, length.saturating_sub(own as u32), self.link_type(), data), at + whole))
    }
}
