//! IEEE 802.2 LLC, and SNAP behind it (IEEE 802, RFC 1042, RFC 2684).

use super::{ethernet, frame_relay};
use crate::wire::cursor::{Cursor, be16};
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, layer};
use crate::wire::packet::Packet;

/// Both service access points and the first byte of the control field.
const MIN_HEADER_LEN: usize = 3;
const SNAP_LEN: usize = 5;
/// The addresses in front of LLC on Fibre Channel (RFC 2625).
const NETWORK_HEADER_LEN: usize = 16;
/// The padding in front of a bridged frame on ATM (RFC 2684), which Frame Relay does not have (RFC 2427).
const BRIDGED_PADDING: usize = 2;

/// Service access points.
const IP: u8 = 0x06;
const SNAP: u8 = 0xaa;
const OSI: u8 = 0xfe;
const GLOBAL: u8 = 0xff;

const UNNUMBERED_INFORMATION: u8 = 0x03;

/// The longest payload that a length stands for (IEEE 802.3, clause 3.2.6); numbers from here to the first EtherType are neither.
const MAX_LENGTH: u16 = 0x05dc;

/// LLC as long as an IEEE 802.3 length says: padding is no part of it.
pub fn decode_802_3(length: u16, cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    if length > MAX_LENGTH {
        return Ok(Next::Stop(Stop::Unsupported));
    }
    cursor.limit(length.into());
    decode(cursor, packet)
}

pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let &[destination, source, control] = cursor.header::<MIN_HEADER_LEN>()?;
    // Novell's IPX without LLC: its checksum is always FFFF.
    if (destination, source) == (GLOBAL, GLOBAL) {
        return Ok(Next::Stop(Stop::Unsupported));
    }
    packet.layers |= layer::LLC;
    // Unnumbered frames have a control field of one byte, information and supervisory frames one of two.
    let unnumbered = control & 0b11 == 0b11;
    cursor.skip(if unnumbered { MIN_HEADER_LEN } else { MIN_HEADER_LEN + 1 })?;
    if control & 1 != 0 && control != UNNUMBERED_INFORMATION {
        return Ok(Next::Stop(Stop::Unsupported));
    }
    match (destination, source) {
        (SNAP, SNAP) => snap(BRIDGED_PADDING, cursor, packet),
        (IP, _) => Ok(Next::Ip),
        (OSI, _) => frame_relay::network_layer(cursor, packet),
        _ => Ok(Next::Stop(Stop::Unsupported)),
    }
}

/// IP over Fibre Channel.
pub fn decode_fibre_channel(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    cursor.header::<NETWORK_HEADER_LEN>()?;
    packet.layers |= layer::OTHER_LINK;
    cursor.skip(NETWORK_HEADER_LEN)?;
    decode(cursor, packet)
}

/// What a SNAP header says follows; `padding` is what this link puts in front of a bridged frame.
pub fn snap(padding: usize, cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let header = cursor.header::<SNAP_LEN>()?;
    let number = be16(header, 3);
    cursor.skip(SNAP_LEN)?;
    match header {
        // RFC 1042 and IEEE 802.1H.
        [0x00, 0x00, 0x00 | 0xf8, ..] => Ok(Next::EtherType(number)),
        [0x00, 0x80, 0xc2, ..] => bridged(number, padding, cursor, packet),
        _ => Ok(Next::Stop(Stop::Unsupported)),
    }
}

/// A bridged frame, by IEEE 802.1 protocol identifier: with FCS or without.
fn bridged(identifier: u16, padding: usize, cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    const TOKEN_RING: u16 = 6;
    const FDDI: u16 = 10;
    match identifier {
        0x0001 | 0x0007 => {
            cursor.skip(padding)?;
            ethernet::inner(cursor, packet)
        }
        // The last byte of the padding stands for the access control byte.
        0x0003 | 0x0009 => {
            cursor.skip(padding)?;
            Ok(Next::Link(TOKEN_RING))
        }
        0x0004 | 0x000a => {
            cursor.skip(padding + 1)?;
            Ok(Next::Link(FDDI))
        }
        _ => Ok(Next::Stop(Stop::Unsupported)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::{check_cuts, hex, packet};

    const ATM_RFC1483: u16 = 100;
    /// From a capture: UDP 53550 → 443 behind RFC 1042's SNAP header.
    const UDP: &str = "4500002d0001000040118e3bc0000228c6336428d12e01bb0019e463 6c6c632d736e61702d697076342d756470";

    fn ports(header: &str) -> (u16, u16, u32) {
        let packet = packet(ATM_RFC1483, &hex(&format!("{header} {UDP}")));
        (packet.sport, packet.ethertype, packet.layers)
    }

    #[test]
    fn ip_in_every_encapsulation() {
        let found = (53550, 0, layer::LLC | layer::IPV4 | layer::UDP);
        assert_eq!(ports("aaaa03 000000 0800"), found);
        assert_eq!(ports("aaaa03 0000f8 0800"), found);
        assert_eq!(ports("060603"), found);
        // A response (RFC 2427: NLPID), and an information frame, whose control field has two bytes.
        assert_eq!(ports("feff03 cc"), found);
        assert_eq!(ports("aaaa0000 000000 0800"), found);
        // Bridged Ethernet, with and without FCS, made by RFC 2684.
        let bridged = (53550, 0x0800, found.2 | layer::ETHERNET);
        for identifier in ["0001", "0007"] {
            assert_eq!(ports(&format!("aaaa03 0080c2 {identifier} 0000 02000a140001 02000a140066 0800")), bridged);
        }
    }

    #[test]
    fn bridged_rings() {
        let found = (53550, 0, layer::LLC | layer::OTHER_LINK | layer::IPV4 | layer::UDP);
        assert_eq!(ports("aaaa03 0080c2 0009 0000 10 40 02000a140001 02000a140066 aaaa03 000000 0800"), found);
        assert_eq!(ports("aaaa03 0080c2 000a 0000 00 50 02000a140001 02000a140066 aaaa03 000000 0800"), found);
    }

    #[test]
    fn what_carries_no_packet() {
        // Spanning tree, NetBIOS' SABME, a test frame, Cisco's protocols, BPDUs, a SNAP header in a supervisory frame.
        let frames = ["42420300", "f0f07f", "0000e3", "aaaa0300000c2000", "aaaa030080c2000e", "aaaa0100000000000800"];
        for frame in frames {
            let packet = packet(ATM_RFC1483, &hex(frame));
            assert_eq!((packet.layers, packet.stop), (layer::LLC, Stop::Unsupported), "{frame}");
        }
        let ipx = packet(ATM_RFC1483, &hex("ffff00300011"));
        assert_eq!((ipx.layers, ipx.stop), (0, Stop::Unsupported));
    }

    #[test]
    fn cuts() {
        check_cuts(ATM_RFC1483, &hex(&format!("aaaa03 000000 0800 {UDP}")), 8 + 28);
    }
}
