//! Endace's ERF in front of a packet (LINKTYPE_ERF).
//!
//! Format: <https://www.endace.com/erf-extensible-record-format-types.pdf>.

use crate::wire::cursor::{Cursor, be16};
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::Stop;

const HEADER_LEN: usize = 16;
const EXTENSION_LEN: usize = 8;
/// In a type: an extension header follows.
const MORE: u8 = 0x80;

pub fn decode(cursor: &mut Cursor) -> Decoded {
    let header = cursor.header::<HEADER_LEN>()?;
    let (kind, wire_length) = (header[8] & !MORE, be16(header, 14));
    let mut more = header[8] & MORE != 0;
    cursor.skip(HEADER_LEN)?;
    while more {
        more = cursor.header::<EXTENSION_LEN>()?[0] & MORE != 0;
        cursor.skip(EXTENSION_LEN)?;
    }
    // The record is padded, and its own length may count the padding.
    let sub_header_len: usize = match kind {
        2 | 11 | 16 | 20 => 2,
        5..=9 | 12 | 17 | 18 => 4,
        _ => 0,
    };
    cursor.skip(sub_header_len)?;
    cursor.limit(wire_length.into());
    Ok(match kind {
        2 | 11 | 16 | 20 => Next::Link(1),
        1 | 5 | 10 | 15 | 17 | 19 => match cursor.header::<1>()? {
            [0x0f | 0x8f] => Next::Link(104),
            _ => Next::Link(9),
        },
        22 | 23 => Next::Ip,
        _ => Next::Stop(Stop::Unsupported),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::{check_cuts, hex, ipv4, packet};

    const ERF: u16 = 197;
    /// A time, and the record's length, losses and wire length behind type and flags.
    const TIME: &str = "81d74841 00472f00";

    #[test]
    fn ethernet_with_and_without_extensions() {
        let frame = [hex("02000a000002 02000a000001 0800"), ipv4(17, "0035 1234 0008 0000")].concat();
        for (kind, extensions) in [("02", ""), ("8b", "8400000000000000 0500000000000001")] {
            let lengths = format!("04 0060 0000 {:04x}", frame.len());
            // Two bytes in front of the frame, and padding behind it, which is no part of it.
            let record = [hex(&format!("{TIME} {kind} {lengths} {extensions} 0000")), frame.clone(), vec![0; 5]].concat();
            let packet = packet(ERF, &record);
            assert_eq!((packet.sport, packet.dport, packet.stop), (53, 0x1234, Stop::Complete));
            check_cuts(ERF, &record[..record.len() - 5], record.len() - 5);
        }
    }

    #[test]
    fn hdlc_and_ip() {
        let ip = ipv4(17, "0035 1234 0008 0000");
        for (kind, link) in [("01", "0f00 0800"), ("01", "ff03 0021"), ("16", "")] {
            let carried = [hex(link), ip.clone()].concat();
            let record = [hex(&format!("{TIME} {kind} 04 0060 0000 {:04x}", carried.len())), carried].concat();
            assert_eq!((packet(ERF, &record).sport, packet(ERF, &record).stop), (53, Stop::Complete));
        }
        assert_eq!(packet(ERF, &hex(&format!("{TIME} 1b 04 0060 0000 0010 0001"))).stop, Stop::Unsupported);
    }
}
