//! WildPackets' and Savvius' Peek programs (EtherPeek, AiroPeek, OmniPeek): the classic format, versions 5 to 7, and the tagged
//! one, version 9.

use std::sync::Arc;

use super::foreign::{
    Early, Layout, Place, Stepped, be16, be32, be64, le16, le32, nanoseconds, nanoseconds_of, packet, record, take, unknown,
};
use super::record::Step;
use crate::error::Result;

pub const TAGGED_MAGIC: &[u8] = b"\x7fver";
const CLASSIC_HEADER_LEN: usize = 50;
/// From 1904 to 1970.
const MAC_EPOCH: u32 = 2_082_844_800;
/// From 1601 to 1970.
const WINDOWS_EPOCH: i64 = 11_644_473_600;
/// In front of IEEE 802.11 frames in version 7.
const RADIO_LEN: usize = 4;
/// Behind IEEE 802.11 frames, and behind all in version 9: bytes that say nothing.
const EXTRA_LEN: usize = 4;

#[derive(Clone, Copy, Debug)]
struct Classic {
    version: u8,
    link_type: u16,
    reference_seconds: i64,
}

/// The classic format, which has no magic number: its header must be what it can be.
pub fn recognise(start: &[u8]) -> Option<Arc<dyn Layout>> {
    let header = start.get(..CLASSIC_HEADER_LEN)?;
    // EtherHelp sets the upper bit.
    let version = header[0] & 0x7f;
    if !(5..=7).contains(&version) || header[38..] != [0; 12] {
        return None;
    }
    let link_type = match (be32(header, 26), be32(header, 22)) {
        (0, 0) => 1,
        (0, 1) => 6,
        (1, 0) => 105,
        _ => return None,
    };
    Some(Arc::new(Classic { version, link_type, reference_seconds: be32(header, 10).wrapping_sub(MAC_EPOCH).into() }))
}

impl Layout for Classic {
    fn describe(&self) -> String {
        format!("Peek {}", self.version)
    }

    fn link_type(&self) -> u16 {
        self.link_type
    }

    fn first_offset(&self) -> u64 {
        CLASSIC_HEADER_LEN as u64
    }

    fn step<'a>(&self, _place: Place, window: &'a [u8], at: usize) -> Stepped<'a> {
        let is_7 = self.version == 7;
        let (header_len, lengths) = if is_7 { (16, 2) } else { (26, 0) };
        let header = take(window, at, header_len)?;
        let length = be16(header, lengths);
        let captured = match be16(header, lengths + 2) {
            0 => length,
            captured => captured,
        };
        let data = packet(window, at, header_len, captured.into())?;
        if !is_7 {
            let milliseconds = i64::from(be32(header, 6));
            let timestamp = nanoseconds(self.reference_seconds, milliseconds * 1_000_000);
            return Ok(Step::Record(record(timestamp, length.into(), self.link_type, data), at + header_len + data.len()));
        }
        let padded = data.len().next_multiple_of(2);
        take(window, at, header_len + padded)?;
        let timestamp = nanoseconds_of(be64(header, 8) as i64, i64::from(MAC_EPOCH) * 1_000_000, 1_000_000);
        let (data, own) = if self.link_type == 105 { (inner(data, RADIO_LEN)?, RADIO_LEN + EXTRA_LEN) } else { (data, 0) };
        let length = u32::from(length).saturating_sub(own as u32);
        Ok(Step::Record(record(timestamp, length, self.link_type, data), at + header_len + padded))
    }
}

/// What is between so many bytes of a header and the extra bytes at the end.
fn inner(data: &[u8], header: usize) -> std::result::Result<&[u8], Early> {
    let inner = data.len().checked_sub(EXTRA_LEN).and_then(|end| data.get(header..end));
    inner.ok_or_else(|| Early::Corrupt("the packet is too short for what surrounds it".into()))
}

const TAG_LEN: usize = 6;
const TAG_LENGTH: u16 = 0;
const TAG_TIME_LOW: u16 = 1;
const TAG_TIME_HIGH: u16 = 2;
/// The last one.
const TAG_CAPTURED: u16 = 0xffff;
/// More tags than a record can sensibly have.
const MOST_TAGS: usize = 1024;
/// What stands between a section's name and its content.
const SECTION_HEADER_REST: usize = 8;

#[derive(Clone, Copy, Debug)]
struct Tagged {
    link_type: u16,
    has_extra: bool,
    first: u64,
}

/// The tagged format: sections of XML, and one of packets.
pub fn open(start: &[u8]) -> Result<Arc<dyn Layout>> {
    let mut rest = start;
    let version = number_in(&mut rest, b"<FileVersion>");
    if version != Some(9) {
        return Err(unknown("Peek", &version.map_or("no version".into(), |version| format!("version {version}"))));
    }
    number_in(&mut rest, b"<MediaType>");
    let (link_type, has_extra) = match number_in(&mut rest, b"<MediaSubType>") {
        Some(0) => (1, true),
        Some(1 | 2) => (105, true),
        Some(3) => (105, false), // with a frame check sequence
        Some(other) => return Err(unknown("Peek", &format!("media type {other}"))),
        None => return Err(unknown("Peek", "no media type")),
    };
    if !skip_past(&mut rest, b"pkts") || rest.len() < SECTION_HEADER_REST {
        return Err(unknown("Peek", "no section of packets"));
    }
    let first = (start.len() - rest.len() + SECTION_HEADER_REST) as u64;
    Ok(Arc::new(Tagged { link_type, has_extra, first }))
}

fn skip_past(rest: &mut &[u8], pattern: &[u8]) -> bool {
    let found = rest.windows(pattern.len()).position(|window| window == pattern);
    if let Some(found) = found {
        *rest = &rest[found + pattern.len()..];
    }
    found.is_some()
}

fn number_in(rest: &mut &[u8], element: &[u8]) -> Option<u32> {
    skip_past(rest, element).then_some(())?;
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    std::str::from_utf8(&rest[..digits]).ok()?.parse().ok()
}

impl Layout for Tagged {
    fn describe(&self) -> String {
        "Peek 9".into()
    }

    fn link_type(&self) -> u16 {
        self.link_type
    }

    fn first_offset(&self) -> u64 {
        self.first
    }

    fn step<'a>(&self, _place: Place, window: &'a [u8], at: usize) -> Stepped<'a> {
        let (mut length, mut low, mut high) = (None, None, None);
        for number in 1..=MOST_TAGS {
            let header_len = number * TAG_LEN;
            let tag = &take(window, at, header_len)?[header_len - TAG_LEN..];
            let value = le32(tag, 2);
            match le16(tag, 0) {
                TAG_LENGTH => length = Some(value),
                TAG_TIME_LOW => low = Some(value),
                TAG_TIME_HIGH => high = Some(value),
                TAG_CAPTURED => {
                    let (Some(length), Some(low), Some(high)) = (length, low, high) else {
                        return Err(Early::Corrupt("the record lacks its length or its time".into()));
                    };
                    let captured = if value == 0 { length } else { value };
                    let data = packet(window, at, header_len, captured)?;
                    let next = at + header_len + data.len();
                    let (data, extra) = if self.has_extra { (inner(data, 0)?, EXTRA_LEN as u32) } else { (data, 0) };
                    let units = u64::from(high) << 32 | u64::from(low);
                    let seconds = (units / 1_000_000_000) as i64 - WINDOWS_EPOCH;
                    let timestamp = nanoseconds(seconds, (units % 1_000_000_000) as i64);
                    return Ok(Step::Record(record(timestamp, length.saturating_sub(extra), self.link_type, data), next));
                }
                _ => {}
            }
        }
        Err(Early::Corrupt(format!("a record has more than {MOST_TAGS} tags")))
    }
}
