//! VXLAN (RFC 7348) and VXLAN-GPE (draft-ietf-nvo3-vxlan-gpe).

use super::{enter, fits};
use crate::wire::cursor::{Cursor, be32};
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, Tunnel};
use crate::wire::link::ethernet;
use crate::wire::packet::Packet;

const HEADER_LEN: usize = 8;
const VERSION: u8 = 0x30;
const INSTANCE: u8 = 0x08;
const NEXT_PROTOCOL: u8 = 0x04;

pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    fits(HEADER_LEN, cursor)?;
    let header = cursor.header::<HEADER_LEN>()?;
    if header[0] & INSTANCE == 0 {
        return Ok(Next::Stop(Stop::Complete));
    }
    let network = be32(header, 4) >> 8;
    cursor.skip(HEADER_LEN)?;
    enter(Tunnel::Vxlan, network, cursor, packet)?;
    ethernet::inner(cursor, packet)
}

pub fn decode_gpe(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    fits(HEADER_LEN, cursor)?;
    let header = cursor.header::<HEADER_LEN>()?;
    if header[0] & VERSION != 0 {
        return Ok(Next::Stop(Stop::Complete));
    }
    // Without the flag it is VXLAN as it was.
    let ethertype = match header[3] {
        _ if header[0] & NEXT_PROTOCOL == 0 => 0x6558,
        1 => 0x0800,
        2 => 0x86dd,
        3 => 0x6558,
        4 => 0x894f,
        5 => 0x8847,
        _ => return Ok(Next::Stop(Stop::Unsupported)),
    };
    let network = be32(header, 4) >> 8;
    cursor.skip(HEADER_LEN)?;
    enter(Tunnel::VxlanGpe, network, cursor, packet)?;
    Ok(Next::EtherType(ethertype))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Address;
    use crate::wire::testing::{RAW, cut_packet, in_ipv4, in_ipv6, ipv4};

    const UDP: &str = "4500001c00000000401100000b0000010b000002 0035123400080000";
    const FRAME: &str = "02000a14000a 02000a140066 0800";
    const VXLAN: &str = "c000 12b5 0000 0000";
    const GPE: &str = "c000 12b6 0000 0000";

    #[test]
    fn frame_inside() {
        // Made by RFC 7348, and the group policy draft whose flag is 0x80.
        for header in ["08000000 00006400", "88000123 00006400"] {
            let data = format!("{VXLAN} {header} {FRAME} {UDP}");
            for packet in [in_ipv4(17, &data), in_ipv6(17, &data)] {
                assert_eq!((packet.tunnel, packet.tunnel_id, packet.tunnel_depth), (Tunnel::Vxlan, 100, 1));
                assert_eq!((packet.src(), packet.sport, packet.stop), (Address::V4(0x0b00_0001), 53, Stop::Complete));
            }
        }
    }

    #[test]
    fn next_protocols() {
        let cases = [
            ("0c000001", "", true),
            ("0c000002", "", true),
            ("0c000003", FRAME, true),
            ("08000001", FRAME, true),
            ("0c000007", "", false),
        ];
        for (first, between, known) in cases {
            let packet = in_ipv4(17, &format!("{GPE} {first} ffffff00 {between} {UDP}"));
            assert_eq!((packet.tunnel == Tunnel::VxlanGpe, packet.sport == 53), (known, known), "{first}");
            assert_eq!(packet.stop, if known { Stop::Complete } else { Stop::Unsupported });
        }
        let labels = in_ipv4(17, &format!("{GPE} 0c000005 ffffff00 00010140 {UDP}"));
        assert_eq!((labels.tunnel, labels.tunnel_depth, labels.sport), (Tunnel::Mpls, 2, 53));
    }

    #[test]
    fn only_a_datagram() {
        // No network identifier, another version, too short.
        for data in [format!("{VXLAN} 00000000 00006400 {FRAME}"), format!("{GPE} 1c000001 00006400"), format!("{VXLAN} 080000")]
        {
            let packet = in_ipv4(17, &data);
            assert_eq!((packet.stop, packet.tunnel, packet.sport), (Stop::Complete, Tunnel::None, 0xc000), "{data}");
        }
    }

    #[test]
    fn cuts() {
        for data in [format!("{VXLAN} 08000000 00006400 {FRAME} {UDP}"), format!("{GPE} 0c000003 00006400 {FRAME} {UDP}")] {
            let data = ipv4(17, &data);
            for captured in 28..data.len() {
                let packet = cut_packet(RAW, &data, captured);
                assert_eq!((packet.stop, packet.tunnel_depth), (Stop::Truncated, u8::from(captured >= 36)), "{captured}");
            }
        }
    }
}
