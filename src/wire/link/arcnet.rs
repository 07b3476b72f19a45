//! ARCNET (RFC 1201, RFC 1051), with BSD or Linux headers.

use super::llc;
use crate::wire::cursor::Cursor;
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, layer};
use crate::wire::packet::Packet;

/// Source, destination and protocol.
const BSD_HEADER_LEN: usize = 3;
/// The same, with two bytes of the hardware's header in front of the protocol.
const LINUX_HEADER_LEN: usize = 5;
/// Split flag and sequence number, of RFC 1201's protocols.
const FRAGMENT_LEN: usize = 3;
/// What an exception frame has before: a flag, padding, and the protocol again.
const EXCEPTION_LEN: usize = 4;
const EXCEPTION: u8 = 0xff;

pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let protocol = cursor.header::<BSD_HEADER_LEN>()?[2];
    packet.layers |= layer::OTHER_LINK;
    cursor.skip(BSD_HEADER_LEN)?;
    if is_rfc_1201(protocol) && cursor.header::<1>()?[0] == EXCEPTION {
        cursor.skip(EXCEPTION_LEN)?;
    }
    payload(protocol, cursor, packet)
}

pub fn decode_linux(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let protocol = cursor.header::<LINUX_HEADER_LEN>()?[4];
    packet.layers |= layer::OTHER_LINK;
    cursor.skip(LINUX_HEADER_LEN)?;
    payload(protocol, cursor, packet)
}

fn is_rfc_1201(protocol: u8) -> bool {
    matches!(protocol, 0xc4 | 0xd4 | 0xd5 | 0xd6)
}

fn payload(protocol: u8, cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    if is_rfc_1201(protocol) {
        cursor.skip(FRAGMENT_LEN)?;
    }
    match protocol {
        0xd4 | 0xf0 | 0xc4 => Ok(Next::Ip),
        0xd5 | 0xf1 => Ok(Next::EtherType(0x0806)),
        0xd6 => Ok(Next::EtherType(0x8035)),
        0xcd => llc::decode(cursor, packet), // BACnet
        _ => Ok(Next::Stop(Stop::Unsupported)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::{check_cuts, hex, packet};

    const BSD: u16 = 7;
    const LINUX: u16 = 129;
    /// From a capture: an ICMP echo request.
    const ECHO: &str = "45000054000040004001 1f0a 0a508301 0a5083fe 0800 42c8 e3000000";

    #[test]
    fn ip_inside() {
        let cases = [
            (LINUX, "be50 ab08 f0"),
            (LINUX, "be50 a8e7 d4 00 0166"),
            (BSD, "be50 f0"),
            (BSD, "be50 d4 00 0166"),
            (BSD, "be50 d4 ff 0000 d4 00 0166"),
        ];
        for (link_type, header) in cases {
            let packet = packet(link_type, &hex(&format!("{header} {ECHO} {}", "00".repeat(56))));
            assert_eq!((packet.ipv4_src, packet.icmp_type, packet.stop), (0x0a50_8301, 8, Stop::Complete), "{header}");
            assert_eq!(packet.layers, layer::OTHER_LINK | layer::IPV4 | layer::ICMP);
        }
    }

    #[test]
    fn arp_inside() {
        // From captures: hardware addresses have one byte.
        for header in ["be00 ed08 f1", "be00 ea08 d5 00 0165"] {
            let packet = packet(LINUX, &hex(&format!("{header} 0007 0800 01 04 0001 be 0a508301 00 0a5083fe")));
            assert_eq!((packet.ipv4_src, packet.layers), (0x0a50_8301, layer::OTHER_LINK | layer::ARP));
        }
    }

    #[test]
    fn other_protocols() {
        // From captures: AppleTalk, BACnet.
        let appletalk = packet(LINUX, &hex("be00 ed08 dd 00 0165"));
        assert_eq!((appletalk.stop, appletalk.layers), (Stop::Unsupported, layer::OTHER_LINK));
        let bacnet = packet(LINUX, &hex("c000 f400 cd 828203 0120ffff00ff1008"));
        assert_eq!((bacnet.stop, bacnet.layers), (Stop::Unsupported, layer::OTHER_LINK | layer::LLC));
    }

    #[test]
    fn cuts() {
        let ip_and_icmp = 20 + 4;
        check_cuts(LINUX, &hex(&format!("be50 a8e7 d4 00 0166 {ECHO}")), 8 + ip_and_icmp);
        check_cuts(BSD, &hex(&format!("be50 d4 ff 0000 d4 00 0166 {ECHO}")), 10 + ip_and_icmp);
    }
}
