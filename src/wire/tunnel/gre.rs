//! GRE (RFC 2784, 2890, and 1701 before them; version 1: RFC 2637), NVGRE (RFC 7637) among it.

use super::{enter, erspan};
use crate::wire::cursor::{Cursor, be16, be32};
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, Tunnel};
use crate::wire::link;
use crate::wire::packet::Packet;

/// The fixed part, and each of the optional fields.
const WORD_LEN: usize = 4;

const CHECKSUM: u16 = 0x8000;
const ROUTING: u16 = 0x4000;
const KEY: u16 = 0x2000;
const SEQUENCE: u16 = 0x1000;
const ACKNOWLEDGMENT: u16 = 0x0080;
const VERSION: u16 = 0x0007;

const KEEPALIVE: u16 = 0x0000;
const ETHERNET_BRIDGING: u16 = 0x6558;
/// MikroTik's Ethernet over IP.
const EOIP: u16 = 0x6400;
const WCCP: u16 = 0x883e;
const WCCP_REDIRECT_LEN: usize = 4;
/// Cisco's metadata, security group tags.
const METADATA: u16 = 0x8909;
const METADATA_VERSION: u8 = 1;

pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let fixed = cursor.header::<WORD_LEN>()?;
    let (flags, protocol) = (be16(fixed, 0), be16(fixed, 2));
    if flags & VERSION > 1 {
        return Ok(Next::Stop(Stop::Unsupported));
    }
    cursor.skip(WORD_LEN)?;
    let key = optional_fields(flags, cursor)?;
    // An acknowledgment of version 1 carries nothing.
    if protocol == KEEPALIVE || cursor.wire() == 0 {
        return Ok(Next::Stop(Stop::Complete));
    }
    payload(flags, protocol, key, cursor, packet)
}

/// Takes the optional fields off; the key, 0 if there is none.
fn optional_fields(flags: u16, cursor: &mut Cursor) -> Result<u32, Next> {
    if flags & (CHECKSUM | ROUTING) != 0 {
        cursor.skip(WORD_LEN)?;
    }
    let mut key = 0;
    if flags & KEY != 0 {
        key = be32(cursor.header::<WORD_LEN>()?, 0);
        cursor.skip(WORD_LEN)?;
    }
    if flags & SEQUENCE != 0 {
        cursor.skip(WORD_LEN)?;
    }
    if flags & VERSION == 1 && flags & ACKNOWLEDGMENT != 0 {
        cursor.skip(WORD_LEN)?;
    }
    if flags & ROUTING != 0 {
        source_routes(cursor)?;
    }
    Ok(key)
}

/// Takes the source route entries off (RFC 1701); the last has neither address family nor length.
fn source_routes(cursor: &mut Cursor) -> Result<(), Next> {
    loop {
        let &[family_high, family_low, _, length] = cursor.header::<WORD_LEN>()?;
        cursor.skip(WORD_LEN)?;
        if [family_high, family_low, length] == [0, 0, 0] {
            return Ok(());
        }
        cursor.skip(usize::from(length))?;
    }
}

/// What tells the tunnel from others.
fn id(flags: u16, protocol: u16, key: u32) -> u32 {
    match protocol {
        // NVGRE: a virtual subnet, and a number for each of its flows.
        ETHERNET_BRIDGING if flags == KEY => key >> 8,
        // Behind the payload's length; little-endian.
        EOIP => u32::from((key as u16).swap_bytes()),
        // A call, behind the payload's length.
        _ if flags & VERSION == 1 => key & 0xffff,
        _ => key,
    }
}

fn payload(flags: u16, protocol: u16, key: u32, cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let id = id(flags, protocol, key);
    match protocol {
        METADATA => metadata(id, cursor, packet),
        EOIP => {
            enter(Tunnel::Gre, id, cursor, packet)?;
            link::ethernet::inner(cursor, packet)
        }
        0x880b => ppp(Tunnel::Gre, id, link::ppp::decode, cursor, packet),
        0x88be if flags & SEQUENCE == 0 => erspan::decode_1(cursor, packet),
        0x88be => erspan::decode_2(cursor, packet),
        0x22eb => erspan::decode_3(cursor, packet),
        WCCP => {
            // Version 2 puts a header of its own in between, which no flag announces.
            if cursor.header::<1>()?[0] >> 4 != 4 {
                cursor.skip(WCCP_REDIRECT_LEN)?;
            }
            enter(Tunnel::Gre, id, cursor, packet)?;
            Ok(Next::Ip)
        }
        _ => ethertype(id, protocol, cursor, packet),
    }
}

fn ethertype(id: u32, number: u16, cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    if !matches!(number, 0x0800 | 0x0806 | 0x86dd | ETHERNET_BRIDGING | 0x8847 | 0x8848 | 0x894f) {
        return Ok(Next::Stop(Stop::Unsupported));
    }
    enter(Tunnel::Gre, id, cursor, packet)?;
    Ok(Next::EtherType(number))
}

/// The payload's EtherType, a version, and how many words of options follow.
fn metadata(id: u32, cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let &[high, low, version, words] = cursor.header::<WORD_LEN>()?;
    if version != METADATA_VERSION {
        return Ok(Next::Stop(Stop::Unsupported));
    }
    cursor.skip(WORD_LEN * (1 + usize::from(words)))?;
    ethertype(id, u16::from_be_bytes([high, low]), cursor, packet)
}

/// PPP in a tunnel, which counts as one only around a packet: PPP's control protocols carry none.
pub(super) fn ppp(
    tunnel: Tunnel,
    id: u32,
    decode: fn(&mut Cursor, &mut Packet) -> Decoded,
    cursor: &mut Cursor,
    packet: &mut Packet,
) -> Decoded {
    let mut inside = *packet;
    enter(tunnel, id, cursor, &mut inside)?;
    let next = decode(cursor, &mut inside);
    packet.layers |= inside.layers;
    let next = next?;
    if !matches!(next, Next::Stop(_)) {
        *packet = inside;
    }
    Ok(next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::{RAW, cut_packet, in_ipv4, in_ipv6, ipv4};
    use crate::wire::{Address, Context, Depth};

    const UDP: &str = "4500001c00000000401100000b0000010b000002 0035123400080000";
    const FRAME: &str = "02000a14000a 02000a140066 0800";
    const KEY_FIELD: &str = "00abcd12";

    #[test]
    fn every_flag_alone_and_all() {
        let routes = "0002 0004 0a000003 0000 0000";
        let cases = [
            ("0000 0800".to_owned(), 0),
            ("8000 0800 1234 0000".to_owned(), 0),
            (format!("2000 0800 {KEY_FIELD}"), 0x00ab_cd12),
            ("1000 0800 00000001".to_owned(), 0),
            (format!("4000 0800 1234 0000 {routes}"), 0),
            (format!("f800 0800 1234 0000 {KEY_FIELD} 00000001 {routes}"), 0x00ab_cd12),
            // Version 1 with an acknowledgment: the key is a length and a call.
            (format!("3081 0800 {KEY_FIELD} 00000001 00000002"), 0xcd12),
        ];
        for (header, id) in cases {
            for packet in [in_ipv4(47, &format!("{header} {UDP}")), in_ipv6(47, &format!("{header} {UDP}"))] {
                assert_eq!((packet.tunnel, packet.tunnel_id, packet.tunnel_depth), (Tunnel::Gre, id, 1), "{header}");
                assert_eq!((packet.src(), packet.sport, packet.stop), (Address::V4(0x0b00_0001), 53, Stop::Complete), "{header}");
            }
        }
    }

    #[test]
    fn payloads() {
        let udp_behind = [
            ("0000 6558", FRAME, 0),
            ("2000 6558 00abcd12", FRAME, 0xabcd), // NVGRE
            ("3000 6558 00abcd12 0000", "0001 02000a14000a 02000a140066 0800", 0x00ab_cd12),
            ("2001 6400 00460019", FRAME, 0x1900), // EoIP
            ("0000 883e", "", 0),                  // WCCP
            ("0000 883e", "05590048", 0),          // WCCP version 2
            ("2000 8909 00000028", "08000101 00010000", 0x28),
        ];
        for (header, between, id) in udp_behind {
            let packet = in_ipv4(47, &format!("{header} {between} {UDP}"));
            assert_eq!((packet.tunnel, packet.tunnel_id, packet.dport), (Tunnel::Gre, id, 0x1234), "{header} {between}");
        }
        let switched = in_ipv4(47, &format!("0000 8847 00010140 {UDP}"));
        assert_eq!((switched.tunnel, switched.tunnel_depth, switched.dport), (Tunnel::Mpls, 2, 0x1234));
    }

    #[test]
    fn no_packet() {
        // A keepalive's answer, an acknowledgment, versions to come, CDP, Aruba, metadata of another version or of a number
        // that is no payload.
        let cases = [
            ("0000 0000", Stop::Complete),
            ("2081 880b 00000000 00000007", Stop::Complete),
            ("0002 0800 4500", Stop::Unsupported),
            ("0000 2000 02b4", Stop::Unsupported),
            ("0000 8200 0801", Stop::Unsupported),
            ("0000 8909 08000200 4500", Stop::Unsupported),
            ("0000 8909 88cc0100 0207", Stop::Unsupported),
        ];
        for (data, stop) in cases {
            let packet = in_ipv4(47, data);
            assert_eq!((packet.stop, packet.tunnel, packet.protocol), (stop, Tunnel::None, 47), "{data}");
        }
    }

    #[test]
    fn a_keepalive_asks_for_what_it_carries() {
        let packet = in_ipv4(47, "0000 0800 45000018 00000000 ff2f0000 0a000002 0a000001 00000000");
        assert_eq!((packet.src(), packet.tunnel_depth, packet.stop), (Address::V4(0x0a00_0002), 1, Stop::Complete));
    }

    #[test]
    fn ppp_around_a_packet_and_around_nothing() {
        let context = Context::new(Depth::Transport);
        let tunnel_of = |decode: fn(&mut Cursor, &mut Packet) -> Decoded| {
            let mut packet = Packet { ip_version: 4, ..Packet::default() };
            let _ = ppp(Tunnel::L2tp, 7, decode, &mut Cursor::new(&[], 0, &context), &mut packet);
            (packet.tunnel, packet.tunnel_id, packet.outer_ip_version)
        };
        assert_eq!(tunnel_of(|_, _| Ok(Next::Ip)), (Tunnel::L2tp, 7, 4));
        assert_eq!(tunnel_of(|_, _| Ok(Next::Stop(Stop::Unsupported))), (Tunnel::None, 0, 0));
        assert_eq!(tunnel_of(|_, _| Err(Next::Stop(Stop::Truncated))), (Tunnel::None, 0, 0));
    }

    #[test]
    fn ppp_negotiation() {
        // From a capture: a PPTP call's LCP request.
        let packet = in_ipv4(47, "3001 880b 0030 0000 00000000 ff03c021 0100002c0506021952cf0702");
        assert_eq!((packet.tunnel, packet.src(), packet.stop), (Tunnel::None, Address::V4(0x0a00_0001), Stop::Unsupported));
    }

    #[test]
    fn cuts_and_lengths() {
        let data = ipv4(47, &format!("f000 0800 1234 0000 {KEY_FIELD} 00000001 0002 0004 0a000003 0000 0000 {UDP}"));
        for captured in 20..data.len() {
            let packet = cut_packet(RAW, &data, captured);
            assert_eq!((packet.stop, packet.tunnel_depth), (Stop::Truncated, u8::from(captured >= 48)), "{captured}");
        }
        for short in ["2000 0800 0000", "4000 0800 1234 0000 0002 0004 0a00", "4000 0800 1234 0000 0000 0001 00", "00"] {
            assert_eq!(in_ipv4(47, short).stop, Stop::Malformed, "{short}");
        }
    }
}
