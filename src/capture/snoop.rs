//! Sun's snoop (RFC 1761), and what Shomiti's and Finisar's Surveyor made of it.

use std::sync::Arc;

use super::foreign::{Early, Layout, Place, Stepped, be32, file_header, nanoseconds, packet, record, take, unknown};
use super::record::{Plausible, Step, max_packet_length};
use crate::error::Result;

pub const MAGIC: &[u8] = b"snoop\0\0\0";
const FILE_HEADER_LEN: usize = 16;
const HEADER_LEN: usize = 24;
/// Surveyor adds so many bytes to a record, where snoop adds less than four; nothing else tells their files apart.
const SURVEYOR_TRAILER_LEN: u32 = 16;
const SURVEYOR_WIRELESS: u32 = 18;

#[derive(Clone, Copy, Debug)]
struct Snoop {
    link_type: u16,
    is_surveyor: bool,
    /// Whether a header of Surveyor's own stands in front of each IEEE 802.11 frame.
    is_wireless: bool,
}

pub fn open(start: &[u8]) -> Result<Arc<dyn Layout>> {
    let header = file_header(start, FILE_HEADER_LEN, "snoop")?;
    let (version, data_link) = (be32(header, 8), be32(header, 12));
    if !(2..=5).contains(&version) {
        return Err(unknown("snoop", &format!("version {version}")));
    }
    let is_surveyor = is_surveyor(&start[FILE_HEADER_LEN..]);
    let link_type = if is_surveyor { surveyor_link_type(data_link) } else { link_type(data_link) };
    let link_type = link_type.ok_or_else(|| unknown("snoop", &format!("data link type {data_link}")))?;
    Ok(Arc::new(Snoop { link_type, is_surveyor, is_wireless: is_surveyor && data_link == SURVEYOR_WIRELESS }))
}

fn is_surveyor(first_record: &[u8]) -> bool {
    let Some(header) = first_record.get(..HEADER_LEN) else { return false };
    let padding = be32(header, 8).checked_sub(HEADER_LEN as u32).and_then(|rest| rest.checked_sub(be32(header, 4)));
    padding.is_some_and(|padding| padding >= SURVEYOR_TRAILER_LEN)
}

/// LINKTYPE number for one of <https://www.iana.org/assignments/snoop-datalink-types>.
fn link_type(data_link: u32) -> Option<u16> {
    Some(match data_link {
        0 | 4 => 1,
        2 => 6,             // Token Ring
        8 => 10,            // FDDI
        9 | 14 => 0,        // "other", and software loopback
        16 => 122,          // Fibre Channel
        18 => 123,          // classical IP over ATM
        0x8000_0005 => 226, // ipnet(7D)
        _ => return None,
    })
}

fn surveyor_link_type(data_link: u32) -> Option<u16> {
    Some(match data_link {
        0 | 4 | 10 | 12 | 19 => 1,
        2 | 11 | 13 | 14 => 6,
        8 => 10,
        SURVEYOR_WIRELESS => 105,
        _ => return None,
    })
}

impl Layout for Snoop {
    fn describe(&self) -> String {
        if self.is_surveyor { "snoop (Surveyor)".into() } else { "snoop".into() }
    }

    fn link_type(&self) -> u16 {
        self.link_type
    }

    fn first_offset(&self) -> u64 {
        FILE_HEADER_LEN as u64
    }

    fn step<'a>(&self, _place: Place, window: &'a [u8], at: usize) -> Stepped<'a> {
        let header = take(window, at, HEADER_LEN)?;
        let (length, captured, whole) = (be32(header, 0), be32(header, 4), be32(header, 8));
        let most = max_packet_length(self.link_type);
        if length > most {
            return Err(Early::Corrupt(format!(
                "the record claims a packet of {length} bytes, more than the {most} that are believed"
            )));
        }
        if captured.checked_add(HEADER_LEN as u32).is_none_or(|least| whole < least) {
            return Err(Early::Corrupt(format!("a record of {whole} bytes claims {captured} captured bytes")));
        }
        let data = packet(window, at, HEADER_LEN, captured)?;
        let own = if self.is_wireless { wireless_header(data)? } else { 0 };
        // The padding counts: a file that ends in it is cut.
        take(window, at, whole as usize)?;
        let timestamp = nanoseconds(be32(header, 16).into(), i64::from(be32(header, 20)) * 1000);
        let record = record(timestamp, length.saturating_sub(own as u32), self.link_type, &data[own..]);
        Ok(Step::Record(record, at + whole as usize))
    }

    fn plausible(&self, window: &[u8], at: usize) -> Option<Plausible> {
        let header = window.get(at..)?.get(..HEADER_LEN)?;
        let (length, captured, whole) = (be32(header, 0), be32(header, 4), be32(header, 8));
        let most = max_packet_length(self.link_type);
        let is_plausible = (1..=most).contains(&captured)
            && (captured..=most).contains(&length)
            && (captured + HEADER_LEN as u32..captured + 256).contains(&whole)
            && be32(header, 20) < 1_000_000;
        is_plausible.then(|| Plausible { next: at + whole as usize, seconds: be32(header, 16) })
    }
}

/// How long Surveyor's header in front of an IEEE 802.11 frame is; its fourth byte counts what follows that byte.
fn wireless_header(data: &[u8]) -> std::result::Result<usize, Early> {
    match data.get(3) {
        Some(&rest) if rest >= 8 && data.len() >= usize::from(rest) + 4 => Ok(usize::from(rest) + 4),
        _ => Err(Early::Corrupt("the record is too short for its wireless header".into())),
    }
}
