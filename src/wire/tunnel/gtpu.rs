//! GTP-U version 1 (3GPP TS 29.281).

use super::{enter, fits};
use crate::wire::cursor::{Cursor, be16, be32};
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, Tunnel};
use crate::wire::packet::Packet;

const FIXED_LEN: usize = 8;
const OPTIONAL_LEN: usize = 4;

/// Version 1, and GTP rather than GTP'.
const VERSION_AND_TYPE: u8 = 0xf0;
const GTP_1: u8 = 0x30;
const EXTENSION: u8 = 0x04;
const SEQUENCE: u8 = 0x02;
const N_PDU: u8 = 0x01;
/// Message type of a packet; all others are signalling.
const G_PDU: u8 = 255;

pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    fits(FIXED_LEN, cursor)?;
    let header = cursor.header::<FIXED_LEN>()?;
    let flags = header[0];
    if flags & VERSION_AND_TYPE != GTP_1 || header[1] != G_PDU {
        return Ok(Next::Stop(Stop::Complete));
    }
    cursor.skip(FIXED_LEN)?;
    // Of a fragmented datagram there may be less.
    cursor.limit(be16(header, 2).into());
    if flags & (EXTENSION | SEQUENCE | N_PDU) != 0 {
        optional_fields(flags, cursor)?;
    }
    fits(1, cursor)?;
    match cursor.header::<1>()?[0] >> 4 {
        4 | 6 => {
            enter(Tunnel::Gtpu, be32(header, 4), cursor, packet)?;
            Ok(Next::Ip)
        }
        _ => Ok(Next::Stop(Stop::Unsupported)),
    }
}

/// Takes off the fields that are there together if one of them is, and the extension headers.
fn optional_fields(flags: u8, cursor: &mut Cursor) -> Result<(), Next> {
    fits(OPTIONAL_LEN, cursor)?;
    let mut next = cursor.header::<OPTIONAL_LEN>()?[3];
    cursor.skip(OPTIONAL_LEN)?;
    if flags & EXTENSION == 0 {
        return Ok(());
    }
    while next != 0 {
        fits(1, cursor)?;
        let length = usize::from(cursor.header::<1>()?[0]) * 4;
        if length == 0 {
            return Err(Next::Stop(Stop::Complete));
        }
        fits(length, cursor)?;
        // The last byte of each names the one behind it.
        next = *cursor.data().get(length - 1).ok_or_else(|| cursor.missing(length))?;
        cursor.skip(length)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Address;
    use crate::wire::testing::{RAW, cut_packet, hex, in_ipv4, in_ipv6, ipv4};

    const UDP: &str = "4500001c00000000401100000b0000010b000002 0035123400080000";
    const GTPU: &str = "0868 0868 0000 0000";

    /// Header with its length, optional fields, and the packet.
    fn message(flags: &str, kind: &str, fields: &str) -> String {
        let length = hex(fields).len() + 28;
        format!("{GTPU} {flags} {kind} {length:04x} 80001349 {fields} {UDP}")
    }

    #[test]
    fn every_flag() {
        // Made by TS 29.281 and 38.415: a PDU session container behind a long extension header, the latter a multiple of four.
        let cases = [
            ("30", ""),
            ("31", "0000 05 00"),
            ("32", "1234 00 00"),
            ("33", "1234 05 85"),
            ("34", "0000 00 85 01 1009 00"),
            ("36", "1234 00 c0 02 010203040506 85 01 1009 00"),
            ("34", "0000 00 00"),
        ];
        for (flags, fields) in cases {
            for packet in [in_ipv4(17, &message(flags, "ff", fields)), in_ipv6(17, &message(flags, "ff", fields))] {
                assert_eq!((packet.tunnel, packet.tunnel_id, packet.tunnel_depth), (Tunnel::Gtpu, 0x8000_1349, 1), "{flags}");
                assert_eq!((packet.src(), packet.sport, packet.stop), (Address::V4(0x0b00_0001), 53, Stop::Complete), "{flags}");
            }
        }
    }

    #[test]
    fn only_a_datagram() {
        // Echo, end marker; GTP', versions 0 and 2; extension headers of no length and past the end; too short.
        let other = [message("32", "01", "1234 00 00"), message("30", "fe", "")];
        let foreign = [message("20", "ff", ""), message("10", "ff", ""), message("50", "ff", "")];
        let hostile = [message("34", "ff", "0000 00 85 00 1009 00"), format!("{GTPU} 34 ff 0008 80001349 000000 85 ff100900")];
        let short = [
            format!("{GTPU} 30 ff 0000 800013"),
            format!("{GTPU} 36 ff 0003 80001349 123400"),
            format!("{GTPU} 30ff0000 80001349"),
        ];
        for data in other.into_iter().chain(foreign).chain(hostile).chain(short) {
            let packet = in_ipv4(17, &data);
            assert_eq!((packet.stop, packet.tunnel, packet.dport), (Stop::Complete, Tunnel::None, 2152), "{data}");
        }
    }

    #[test]
    fn not_ip() {
        let packet = in_ipv4(17, &format!("{GTPU} 30 ff 0004 80001349 ff030057"));
        assert_eq!((packet.stop, packet.tunnel), (Stop::Unsupported, Tunnel::None));
    }

    #[test]
    fn cuts() {
        let data = ipv4(17, &message("36", "ff", "1234 00 c0 02 010203040506 85 01 1009 00"));
        for captured in 28..data.len() {
            let packet = cut_packet(RAW, &data, captured);
            assert_eq!((packet.stop, packet.tunnel_depth), (Stop::Truncated, u8::from(captured >= 53)), "{captured}");
        }
    }
}
