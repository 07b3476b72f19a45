//! Visual Networks' traffic captures: packets, and behind them an index that is not needed.

use std::sync::Arc;

use super::foreign::{
    Early, LINK_ONLY, Layout, Place, Stepped, file_header, le16, le32, nanoseconds, packet, record, take, unknown,
};
use super::record::Step;
use crate::error::Result;

pub const MAGIC: &[u8] = b"\x05VNF";
const FILE_HEADER_LEN: usize = 192;
const HEADER_LEN: usize = 20;
const ATM_HEADER_LEN: usize = 20;
const HINT_PPP: u8 = 14;

/// What a file holds, by SNMP's `ifType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Media {
    Ethernet,
    TokenRing,
    Lapb,
    Hdlc,
    FrameRelay,
    Atm,
}

#[derive(Clone, Copy, Debug)]
struct Visual {
    media: Media,
    packets: u64,
    start_seconds: i64,
}

pub fn open(start: &[u8]) -> Result<Arc<dyn Layout>> {
    let header = file_header(start, FILE_HEADER_LEN, "Visual Networks")?;
    let version = le16(header, 18);
    if version != 1 {
        return Err(unknown("Visual Networks", &format!("version {version}")));
    }
    let media = match le16(header, 12) {
        6 => Media::Ethernet,
        9 => Media::TokenRing,
        16 => Media::Lapb,
        22 | 118 => Media::Hdlc,
        32 => Media::FrameRelay,
        37 => Media::Atm,
        other => return Err(unknown("Visual Networks", &format!("media type {other}"))),
    };
    Ok(Arc::new(Visual { media, packets: le32(header, 4).into(), start_seconds: le32(header, 8).into() }))
}

impl Media {
    /// Frame check sequences are in the wire length, but never captured.
    fn check_len(self) -> u32 {
        match self {
            Self::Ethernet => 4,
            Self::Hdlc | Self::FrameRelay | Self::Lapb => 2,
            Self::TokenRing | Self::Atm => 0,
        }
    }

    /// LINKTYPE number; `hint` is what the packet's header says of it.
    fn link_type(self, hint: u8, data: &[u8]) -> u16 {
        match self {
            Self::Ethernet => 1,
            Self::TokenRing => 6,
            Self::Lapb => LINK_ONLY,
            Self::Hdlc if hint == HINT_PPP && data.starts_with(&[0xfe, 0xfe, 0x03]) => 100,
            Self::Hdlc if hint == HINT_PPP || data.starts_with(&[0xff, 0x03]) => 9,
            Self::Hdlc => 104,
            Self::FrameRelay => 107,
            Self::Atm => 100,
        }
    }
}

impl Layout for Visual {
    fn describe(&self) -> String {
        "Visual Networks".into()
    }

    fn link_type(&self) -> u16 {
        self.media.link_type(0, &[])
    }

    fn first_offset(&self) -> u64 {
        FILE_HEADER_LEN as u64
    }

    fn is_placed(&self) -> bool {
        true
    }

    fn step<'a>(&self, place: Place, window: &'a [u8], at: usize) -> Stepped<'a> {
        if place.packets >= self.packets {
            return Err(Early::End);
        }
        let header = take(window, at, HEADER_LEN)?;
        let since_start = le32(header, 0);
        let length = u32::from(le16(header, 4))
            .checked_sub(self.media.check_len())
            .ok_or_else(|| Early::Corrupt("the packet is shorter than its check sequence".into()))?;
        let data = packet(window, at, HEADER_LEN, le16(header, 6).into())?;
        let next = at + HEADER_LEN + data.len();
        let own = if self.media == Media::Atm { ATM_HEADER_LEN } else { 0 };
        let data = data.get(own..).ok_or_else(|| Early::Corrupt("the packet is too short for its ATM header".into()))?;
        let timestamp = nanoseconds(self.start_seconds, i64::from(since_start) * 1_000_000);
        Ok(Step::Record(record(timestamp, length, self.media.link_type(header[12], data), data), next))
    }
}
