//! ERSPAN types I, II and III (draft-foschiano-erspan).

use super::enter;
use crate::wire::cursor::{Cursor, be16};
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, Tunnel};
use crate::wire::link::ethernet;
use crate::wire::packet::Packet;

const TYPE_2_LEN: usize = 8;
const TYPE_3_LEN: usize = 12;
const SUBHEADER_LEN: usize = 8;
const SESSION_ID: u16 = 0x03ff;
const OPTIONAL_SUBHEADER: u16 = 0x0001;
const ETHERNET: u16 = 0;
const IP: u16 = 2;

/// Type I: the frame follows GRE.
pub fn decode_1(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    enter(Tunnel::Erspan, 0, cursor, packet)?;
    ethernet::inner(cursor, packet)
}

/// Type II, or another: what counts is the header's own version.
pub fn decode_2(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    match cursor.header::<1>()?[0] >> 4 {
        1 => type_2(cursor, packet),
        2 => type_3(cursor, packet),
        _ => Ok(Next::Stop(Stop::Unsupported)),
    }
}

/// Type III, or another.
pub fn decode_3(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    decode_2(cursor, packet)
}

fn type_2(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let header = cursor.header::<TYPE_2_LEN>()?;
    let session = be16(header, 2) & SESSION_ID;
    cursor.skip(TYPE_2_LEN)?;
    enter(Tunnel::Erspan, session.into(), cursor, packet)?;
    ethernet::inner(cursor, packet)
}

fn type_3(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let header = cursor.header::<TYPE_3_LEN>()?;
    let (session, flags) = (be16(header, 2) & SESSION_ID, be16(header, 10));
    cursor.skip(TYPE_3_LEN)?;
    if flags & OPTIONAL_SUBHEADER != 0 {
        cursor.skip(SUBHEADER_LEN)?;
    }
    match flags >> 10 & 0x1f {
        ETHERNET => {
            enter(Tunnel::Erspan, session.into(), cursor, packet)?;
            ethernet::inner(cursor, packet)
        }
        IP => {
            enter(Tunnel::Erspan, session.into(), cursor, packet)?;
            Ok(Next::Ip)
        }
        _ => Ok(Next::Stop(Stop::Unsupported)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Address;
    use crate::wire::testing::{RAW, cut_packet, in_ipv4, ipv4};

    const UDP: &str = "4500001c00000000401100000b0000010b000002 0035123400080000";
    const FRAME: &str = "00115c3dde00 00259e81b354 0800";

    #[test]
    fn all_types() {
        let cases = [
            // From captures: types I, II and III.
            ("0000 88be", 0),
            ("1000 88be 00109528 1065c001 00084065", 1),
            ("0000 22eb 20140000 a3595bff 00000006", 0),
            // Made by draft-foschiano-erspan: a subheader, and type III by the number of type II.
            ("1000 22eb 00000001 206503ff a3595bff 00000001 1c000000 00000000", 0x3ff),
            ("1000 88be 00000001 20650015 a3595bff 00000000", 0x15),
        ];
        for (header, id) in cases {
            let packet = in_ipv4(47, &format!("{header} {FRAME} {UDP}"));
            assert_eq!((packet.tunnel, packet.tunnel_id, packet.tunnel_depth), (Tunnel::Erspan, id, 1), "{header}");
            assert_eq!((packet.src(), packet.dport, packet.stop), (Address::V4(0x0b00_0001), 0x1234, Stop::Complete), "{header}");
        }
    }

    #[test]
    fn frame_types() {
        let header = |kind: &str| format!("1000 22eb 00000001 20650015 a3595bff 0000 {kind}");
        assert_eq!(in_ipv4(47, &format!("{} {UDP}", header("0800"))).dport, 0x1234);
        // From a capture: type 7.
        let other = in_ipv4(47, &format!("{} {UDP}", header("1e00")));
        assert_eq!((other.stop, other.tunnel), (Stop::Unsupported, Tunnel::None));
    }

    #[test]
    fn other_versions() {
        for version in ["0", "3", "f"] {
            let packet = in_ipv4(47, &format!("1000 88be 00000001 {version}0650015 08406501 {FRAME} {UDP}"));
            assert_eq!((packet.stop, packet.tunnel), (Stop::Unsupported, Tunnel::None));
        }
    }

    #[test]
    fn cuts() {
        let data = ipv4(47, &format!("1000 22eb 00000001 206503ff a3595bff 00000001 1c000000 00000000 {FRAME} {UDP}"));
        for captured in 20..data.len() {
            let packet = cut_packet(RAW, &data, captured);
            assert_eq!((packet.stop, packet.tunnel_depth), (Stop::Truncated, u8::from(captured >= 20 + 8 + 20)), "{captured}");
        }
        for short in
            ["1000 88be 00000001 10650015 084065", "1000 22eb 00000001", "1000 22eb 00000001 206503ff a3595bff 00000001 1c"]
        {
            assert_eq!(in_ipv4(47, short).tunnel, Tunnel::None);
        }
    }
}
