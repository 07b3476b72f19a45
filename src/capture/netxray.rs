//! NetXRay and Sniffer for Windows: packets in a buffer that may have wrapped.

use std::sync::Arc;

use super::foreign::{
    Early, LINK_ONLY, Layout, Place, Stepped, file_header, le16, le32, nanoseconds, packet, pass, record, take, unknown,
};
use super::record::Step;
use crate::error::Result;

pub const MAGICS: [&[u8]; 2] = [b"VL\0\0", b"XCP\0"];
const FILE_HEADER_LEN: usize = 128;
/// Whether a packet ends in four bytes that are no part of it, in version 2.
const EXTRA_MARK: [u8; 2] = [0xff, 0xff];
const EXTRA_LEN: usize = 4;

const NDIS: u8 = 0;
const WAN: u8 = 4;

#[derive(Clone, Copy, Debug)]
struct Netxray {
    major: u8,
    link_type: u16,
    /// Whether four bytes more may be there that are no frame check sequence.
    has_extra: bool,
    start_seconds: i64,
    ticks_per_second: f64,
    /// What the clock said at the start, in seconds.
    start_clock: f64,
    first: u64,
    end: u64,
}

pub fn open(start: &[u8]) -> Result<Arc<dyn Layout>> {
    let header = file_header(start, FILE_HEADER_LEN, "NetXRay")?;
    let (major, minor) = version(header)?;
    let network = match (header[0x2c], header[0x2d]) {
        (network, 0) => network.wrapping_add(1),
        (network, 2) => network,
        (_, plus) => return Err(unknown("NetXRay", &format!("network type {plus}"))),
    };
    let capture = header[0x54];
    let (link_type, has_check) = link_type(major, network, capture, header[0x5c])?;
    let ticks_per_second = ticks_per_second((major, minor), network, header)?;
    // Those of pods begin at 0, whatever the header says.
    let starts_at_zero = major == 2 && network == 1 && capture != NDIS && matches!(minor, 2 | 3);
    let start_clock = if starts_at_zero { 0.0 } else { clock(header, 0x34) / ticks_per_second };
    let (first, end) = (u64::from(le32(header, 0x18)), u64::from(le32(header, 0x1c)));
    if first < FILE_HEADER_LEN as u64 {
        return Err(unknown("NetXRay", &format!("packets from offset {first} on")));
    }
    let checks_are_valid = header[0x4d..0x4f] == [0x34, 0x12];
    let has_extra = major == 2 && has_check != Check::None && !(has_check == Check::Maybe && checks_are_valid);
    let start_seconds = le32(header, 0x0c).into();
    Ok(Arc::new(Netxray { major, link_type, has_extra, start_seconds, ticks_per_second, start_clock, first, end }))
}

fn version(header: &[u8]) -> Result<(u8, u8)> {
    if header.starts_with(MAGICS[0]) {
        return Ok((0, 0));
    }
    match &header[4..12] {
        b"001.000\0" => Ok((1, 0)),
        b"001.100\0" => Ok((1, 1)),
        [b'0', b'0', b'2', b'.', b'0', b'0', minor @ b'0'..=b'3', 0] => Ok((2, minor - b'0')),
        other => Err(unknown("NetXRay", &format!("version {}", other.escape_ascii()))),
    }
}

/// What the four bytes behind a packet are, where its header tells of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Check {
    None,
    /// A frame check sequence in some files, and nothing in others.
    Maybe,
    Nothing,
}

fn link_type(major: u8, network: u8, capture: u8, hdlc: u8) -> Result<(u16, Check)> {
    Ok(match (network, major, capture) {
        (1, ..) => (1, Check::Maybe),
        (2, ..) => (6, Check::None),
        (3, ..) => (10, Check::None),
        (WAN, 2, 3) => (9, Check::None),
        (WAN, 2, 4) => (107, Check::Nothing),
        (WAN, 2, 6 | 8) if hdlc <= 3 => (LINK_ONLY, Check::Nothing), // LAPB or ISDN
        (WAN, 2, 7) => (LINK_ONLY, Check::None),                     // SDLC
        (WAN, 2, 19) => (104, Check::None),
        (WAN, 2, _) => return Err(unknown("NetXRay", &format!("WAN capture type {capture}"))),
        (WAN, ..) => (1, Check::None),       // as NDIS makes it look
        (9, ..) => (LINK_ONLY, Check::None), // ATM
        (10, ..) => (105, Check::Maybe),
        _ => return Err(unknown("NetXRay", &format!("network type {network}"))),
    })
}

fn ticks_per_second(version: (u8, u8), network: u8, header: &[u8]) -> Result<f64> {
    let (unit, capture) = (header[0x30], header[0x54]);
    // What has been seen in captures, by Wireshark's developers.
    Ok(match (version, network, capture, unit) {
        ((0, _) | (1, 0), ..) => 1e3,
        ((1, _), ..) => 1e6,
        (_, 1, NDIS, 2) => le32(header, 0x4c).into(),
        (_, 1, 2 | 6, 0) => 1e9,
        (_, 1, 2, 2) => 31_250_000.0,
        (_, 1, 6, 2) => 20_000_000.0,
        (_, 1, 3 | 5, 0) => 1e6,
        (_, 1, 3, 2) => 1_250_000.0,
        (_, 1, 1..=u8::MAX, _) | (_, _, _, 3..) => {
            return Err(unknown("NetXRay", &format!("capture type {capture} with time unit {unit}")));
        }
        (.., 0) => 1e6,
        (.., 1) => 1_193_000.0,
        (.., 2) => 1_193_182.0,
    })
}

/// 64 bits of ticks: exact up to 2^53 of them.
fn clock(bytes: &[u8], at: usize) -> f64 {
    f64::from(le32(bytes, at)) + f64::from(le32(bytes, at + 4)) * 4_294_967_296.0
}

impl Netxray {
    fn header_len(&self) -> usize {
        match self.major {
            0 => 16,
            1 => 28,
            _ => 40,
        }
    }

    fn timestamp(&self, header: &[u8]) -> i64 {
        let seconds = clock(header, 0) / self.ticks_per_second - self.start_clock;
        // The fraction is cut and not rounded. What is no number becomes 0, and what is too large the largest.
        nanoseconds(self.start_seconds.saturating_add(seconds as i64), (seconds.fract() * 1e9) as i64)
    }
}

impl Layout for Netxray {
    fn describe(&self) -> String {
        match self.major {
            2 => "Sniffer for Windows".into(),
            _ => "NetXRay".into(),
        }
    }

    fn link_type(&self) -> u16 {
        self.link_type
    }

    fn first_offset(&self) -> u64 {
        FILE_HEADER_LEN as u64
    }

    fn is_placed(&self) -> bool {
        true
    }

    fn step<'a>(&self, place: Place, window: &'a [u8], at: usize) -> Stepped<'a> {
        // Where the buffer has wrapped, the oldest packets are behind the newest.
        let has_wrapped = self.end < self.first;
        if place.offset == self.end && !has_wrapped {
            return Err(Early::End);
        }
        if place.offset < self.first && (!has_wrapped || place.offset >= self.end) {
            return Ok(pass(window, at, self.first - place.offset));
        }
        let header_len = self.header_len();
        let header = take(window, at, header_len)?;
        let length = le16(header, 8);
        let captured = if self.major == 0 { length } else { le16(header, 10) };
        let data = packet(window, at, header_len, captured.into())?;
        let next = at + header_len + data.len();
        let extra = if self.has_extra && header[14..16] == EXTRA_MARK { EXTRA_LEN } else { 0 };
        let kept =
            data.len().checked_sub(extra).ok_or_else(|| Early::Corrupt("the packet is shorter than its padding".into()))?;
        let length = u32::from(length).saturating_sub(extra as u32);
        Ok(Step::Record(record(self.timestamp(header), length, self.link_type, &data[..kept]), next))
    }
}
