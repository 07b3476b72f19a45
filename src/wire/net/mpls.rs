//! MPLS label stacks (RFC 3032), and pseudowires behind them (RFC 4385, 4448).

use crate::wire::cursor::{Cursor, be16, be32};
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, Tunnel, layer};
use crate::wire::link::ethernet;
use crate::wire::packet::Packet;
use crate::wire::tunnel::enter;

const ENTRY_LEN: usize = 4;
const CONTROL_WORD_LEN: usize = 4;
const ETHERNET_HEADER_LEN: usize = 14;
const LLC_HEADER_LEN: usize = 3;

const BOTTOM_OF_STACK: u32 = 0x100;
/// Labels that announce no packet: Generic Associated Channel (RFC 5586) and OAM Alert (RFC 3429).
const NO_PACKET: [u32; 2] = [13, 14];

pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let label = match bottom_label(cursor, packet) {
        // A datagram without a bottom of the stack is only a datagram.
        Err(Next::Stop(Stop::Malformed)) if packet.layers & layer::UDP != 0 => return Ok(Next::Stop(Stop::Complete)),
        label => label?,
    };
    packet.layers |= layer::MPLS;
    if NO_PACKET.contains(&label) {
        return Ok(Next::Stop(Stop::Unsupported));
    }
    // No header says what follows: the first four bits do (RFC 4928, 4385).
    match cursor.header::<1>()?[0] >> 4 {
        4 | 6 => {
            if packet.ip_version != 0 {
                enter(Tunnel::Mpls, label, cursor, packet)?;
            }
            Ok(Next::Ip)
        }
        0 => pseudowire(label, cursor, packet),
        _ => Ok(Next::Stop(Stop::Unsupported)),
    }
}

/// Of LLC, which two bytes tell.
const SERVICE_ACCESS_POINTS_LEN: usize = 2;

/// Takes the label stack off.
fn bottom_label(cursor: &mut Cursor, packet: &mut Packet) -> Result<u32, Next> {
    loop {
        let entry = be32(cursor.header::<ENTRY_LEN>()?, 0);
        cursor.skip(ENTRY_LEN)?;
        if entry & BOTTOM_OF_STACK != 0 {
            return Ok(entry >> 12);
        }
        // Of a stack on Ethernet or in IP the kind is known before its end.
        if packet.layers & layer::UDP == 0 {
            packet.layers |= layer::MPLS;
        }
    }
}

/// An Ethernet frame behind a control word, or one whose first address begins with a zero.
fn pseudowire(label: u32, cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let (data, wire) = (cursor.data(), cursor.wire() as usize);
    let looked_at = (CONTROL_WORD_LEN + ETHERNET_HEADER_LEN + SERVICE_ACCESS_POINTS_LEN).min(wire);
    if data.len() < looked_at {
        return Err(cursor.missing(looked_at));
    }
    // RFC 8469 demands the control word, so it is what there is in doubt.
    let control_word =
        !is_ethernet(data, wire) || data.get(CONTROL_WORD_LEN..).is_some_and(|data| is_ethernet(data, wire - CONTROL_WORD_LEN));
    enter(Tunnel::Mpls, label, cursor, packet)?;
    if control_word {
        cursor.header::<CONTROL_WORD_LEN>()?;
        cursor.skip(CONTROL_WORD_LEN)?;
    }
    ethernet::inner(cursor, packet)
}

/// Whether bytes may be an Ethernet frame: one station sent it, and its type is a known one or its length fits.
fn is_ethernet(data: &[u8], wire: usize) -> bool {
    const GROUP: u8 = 1;
    let Some((header, payload)) = data.split_first_chunk::<ETHERNET_HEADER_LEN>() else { return false };
    let number = be16(header, 12);
    let known = match number {
        0x0800 | 0x0806 | 0x8035 | 0x86dd => true,                   // IP, ARP
        0x8100 | 0x88a8 | 0x9100 | 0x88e5 | 0x88e7 => true,          // tags
        0x8847 | 0x8848 | 0x8863 | 0x8864 => true,                   // MPLS, PPPoE
        0x8809 | 0x888e | 0x88cc | 0x88f7 | 0x8902 | 0x9000 => true, // what bridges say to one another
        _ => number < ethernet::FIRST_ETHERTYPE && is_llc(number, payload, wire - ETHERNET_HEADER_LEN),
    };
    known && header[6] & GROUP == 0
}

/// The service access points that are in use, which are the same on both sides.
fn is_llc(length: u16, payload: &[u8], wire: usize) -> bool {
    wire >= usize::from(length).max(LLC_HEADER_LEN)
        && matches!(
            payload[..],
            [0x42, 0x42, ..] | [0xaa, 0xaa, ..] | [0xe0, 0xe0, ..] | [0xf0, 0xf0, ..] | [0xfe, 0xfe, ..] | [0xff, 0xff, ..]
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Address;
    use crate::wire::testing::{ETHERNET, RAW, check_cuts, cut_packet, hex, in_ipv4, in_ipv6, ipv4, packet};

    const MPLS: u16 = 219;
    const UDP: &str = "4500001c00000000401100000b0000010b000002 0035123400080000";
    const FRAME: &str = "00005e000101 02000a140066 0800";
    /// From a capture: the frame around a label switched LDP hello.
    const SWITCHED: &str = "cc010d5c0010 cc000d5c0010 8847";
    /// From a capture: a ping behind two labels and a control word.
    const PSEUDOWIRE: &str = "cc000d5c0010 cc010d5c0010 8847 000130fe 000101ff 00000000 005079666801 005079666800 0800
        45000054cc7040004001ecc9c0a8000ac0a80014 0800529bcc70010008090a0b0c0d0e0f";

    #[test]
    fn ip_behind_labels() {
        // None, explicit nulls, router alert, an entropy label indicator with its label.
        for labels in ["00012dfe", "00000140", "00002140", "00001040 00012dfe", "00010040 0000703f 00aaa100"] {
            let packet = packet(ETHERNET, &hex(&format!("{SWITCHED} {labels} {UDP}")));
            assert_eq!((packet.sport, packet.ethertype, packet.stop), (53, 0x8847, Stop::Complete), "{labels}");
            assert_eq!(packet.layers, layer::ETHERNET | layer::MPLS | layer::IPV4 | layer::UDP);
            assert_eq!((packet.tunnel, packet.tunnel_id), (Tunnel::None, 0));
        }
        assert_eq!(packet(MPLS, &hex(&format!("00012dfe {UDP}"))).sport, 53);
    }

    #[test]
    fn in_ip_and_udp_it_is_a_tunnel() {
        let inside = format!("000100ff 0001513f {UDP}");
        let datagram = format!("e54b 19eb 0000 0000 {inside}");
        for packet in [in_ipv4(137, &inside), in_ipv6(137, &inside), in_ipv4(17, &datagram)] {
            assert_eq!((packet.tunnel, packet.tunnel_id, packet.tunnel_depth), (Tunnel::Mpls, 0x15, 1));
            assert_eq!((packet.src(), packet.sport, packet.stop), (Address::V4(0x0b00_0001), 53, Stop::Complete));
            assert_ne!(packet.outer_ip_version, 0);
        }
    }

    #[test]
    fn pseudowire_with_control_word() {
        let data = hex(PSEUDOWIRE);
        let ping = packet(ETHERNET, &data);
        assert_eq!((ping.tunnel, ping.tunnel_id, ping.tunnel_depth), (Tunnel::Mpls, 0x10, 1));
        assert_eq!((ping.src(), ping.icmp_type, ping.outer_src()), (Address::V4(0xc0a8_000a), 8, Address::None));
        assert_eq!((ping.ethertype, ping.eth_dst[0]), (0x8847, 0xcc));
        for captured in 0..14 + 12 + 14 + 20 + 4 {
            assert_eq!(cut_packet(ETHERNET, &data, captured).stop, Stop::Truncated, "{captured}");
        }
    }

    #[test]
    fn pseudowire_without_control_word() {
        let dport = |inside: &str| packet(ETHERNET, &hex(&format!("{SWITCHED} 000101ff {inside} {UDP}"))).dport;
        assert_eq!((dport(FRAME), dport(&format!("00000007 {FRAME}"))), (0x1234, 0x1234));
        // A group address can not be the source.
        assert_eq!(dport("00005e000101 03000a140066 0800"), 0);
    }

    #[test]
    fn spanning_tree_in_a_pseudowire() {
        for control_word in ["", "00000000"] {
            let frame =
                packet(ETHERNET, &hex(&format!("{SWITCHED} 000101ff {control_word} 0180c2000000 005079666800 0003 424203")));
            assert_eq!((frame.tunnel, frame.ip_version), (Tunnel::Mpls, 0));
        }
    }

    #[test]
    fn no_packet() {
        // Generic Associated Channel, OAM Alert, a pseudowire's associated channel, nibbles that stand for nothing.
        for inside in ["0000d1ff 10000021 4500", "0000e1ff 4500", "000101ff 10000021 4500", "000101ff 2000", "000101ff f000"] {
            let packet = packet(ETHERNET, &hex(&format!("{SWITCHED} {inside}")));
            assert_eq!((packet.stop, packet.tunnel_depth), (Stop::Unsupported, 0), "{inside}");
            assert_eq!(packet.layers, layer::ETHERNET | layer::MPLS);
        }
    }

    #[test]
    fn stacks_without_an_end() {
        let switched = packet(ETHERNET, &hex(&format!("{SWITCHED} {}", "00010040".repeat(300))));
        assert_eq!((switched.stop, switched.layers), (Stop::Malformed, layer::ETHERNET | layer::MPLS));
        let datagram = in_ipv4(17, "e54b 19eb 0000 0000 00010040 00010040 00");
        assert_eq!((datagram.stop, datagram.layers, datagram.dport), (Stop::Complete, layer::IPV4 | layer::UDP, 6635));
        check_cuts(ETHERNET, &hex(&format!("{SWITCHED} 00010040 00012dfe {UDP}")), 14 + 8 + 28);
        assert_eq!(cut_packet(RAW, &ipv4(137, "00010140 4500"), 22).stop, Stop::Truncated);
    }
}
