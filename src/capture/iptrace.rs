//! AIX's iptrace, versions 1.0 and 2.0: records with the interface's name and type.

use std::sync::Arc;

use super::foreign::{Early, LINK_ONLY, Layout, Place, Stepped, be32, nanoseconds, packet, record, take};
use super::record::Step;
use crate::error::Result;

pub const MAGICS: [&[u8]; 2] = [b"iptrace 1.0", b"iptrace 2.0"];
const FILE_HEADER_LEN: usize = 11;
/// The record's length and seconds.
const HEADER_LEN: usize = 8;
/// In what follows.
const INTERFACE_TYPE: usize = HEADER_LEN + 20;
const SECONDS: usize = HEADER_LEN + 24;
const FDDI: u16 = 10;
const FDDI_PADDING: usize = 3;

#[derive(Clone, Copy, Debug)]
struct Iptrace {
    has_nanoseconds: bool,
    /// That of the first packet.
    link_type: u16,
}

pub fn open(start: &[u8]) -> Result<Arc<dyn Layout>> {
    let first = start.get(FILE_HEADER_LEN + INTERFACE_TYPE).map_or(Some(LINK_ONLY), |&kind| link_type(kind));
    Ok(Arc::new(Iptrace { has_nanoseconds: start.starts_with(MAGICS[1]), link_type: first.unwrap_or(LINK_ONLY) }))
}

/// LINKTYPE number of an interface type (SNMP's `ifType`).
fn link_type(interface_type: u8) -> Option<u16> {
    Some(match interface_type {
        0x06 | 0x07 => 1,
        0x09 => 6,
        0x0f => FDDI,
        0x04 | 0x0c | 0x18 | 0x3d => 101, // X.25, SP switch, loopback, host fabric
        0x25 => 100,                      // ATM
        0xc7 => 247,                      // Infiniband
        0x10 => LINK_ONLY,                // LAPB
        _ => return None,
    })
}

impl Layout for Iptrace {
    fn describe(&self) -> String {
        format!("iptrace {}.0", if self.has_nanoseconds { 2 } else { 1 })
    }

    fn link_type(&self) -> u16 {
        self.link_type
    }

    fn first_offset(&self) -> u64 {
        FILE_HEADER_LEN as u64
    }

    fn step<'a>(&self, _place: Place, window: &'a [u8], at: usize) -> Stepped<'a> {
        let mut headers = HEADER_LEN + if self.has_nanoseconds { 32 } else { 22 };
        let whole = be32(take(window, at, HEADER_LEN)?, 0) as usize + HEADER_LEN;
        if whole < headers {
            return Err(Early::Corrupt(format!("a record of {whole} bytes is shorter than its headers")));
        }
        let header = take(window, at, headers)?;
        let link_type = match link_type(header[INTERFACE_TYPE]) {
            Some(link_type) => link_type,
            None if self.has_nanoseconds => LINK_ONLY,
            None => return Err(Early::Corrupt(format!("interface type {:#x} is not known", header[INTERFACE_TYPE]))),
        };
        let timestamp = if self.has_nanoseconds {
            nanoseconds(be32(header, SECONDS).into(), be32(header, SECONDS + 4).into())
        } else {
            nanoseconds(be32(header, 4).into(), 0)
        };
        if link_type == FDDI {
            headers += FDDI_PADDING;
        }
        let captured =
            whole.checked_sub(headers).ok_or_else(|| Early::Corrupt("the record is too short for its padding".into()))?;
        let data = packet(window, at, headers, captured as u32)?;
        Ok(Step::Record(record(timestamp, captured as u32, link_type, data), at + whole))
    }
}
