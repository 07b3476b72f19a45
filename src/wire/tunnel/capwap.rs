//! CAPWAP data (RFC 5415), with IEEE 802.11 (RFC 5416) or 802.3 frames inside.

use std::ops::RangeInclusive;

use super::enter;
use crate::wire::cursor::{Cursor, be16};
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, Tunnel};
use crate::wire::link::{ethernet, ieee80211};
use crate::wire::packet::Packet;

/// The preamble, and the fields that every header has.
const MIN_HEADER_LEN: usize = 8;
/// The preamble in front of DTLS, and the type and version that a DTLS record begins with (RFC 6347).
const DTLS_LEN: usize = 6;
const DTLS_TYPES: RangeInclusive<u8> = 20..=25;
const DTLS_VERSION: u8 = 0xfe;

// The preamble: version 0, and what follows it.
const PLAIN: u8 = 0;
const DTLS: u8 = 1;

// Flags, in the third and fourth byte.
const NATIVE: u16 = 0x0100;
const FRAGMENT: u16 = 0x0080;
const KEEP_ALIVE: u16 = 0x0008;
const RESERVED_FLAGS: u16 = 0x0007;
const BINDING: u16 = 0x3e00;
const IEEE80211: u16 = 0x0200;

const FRAGMENT_OFFSET: u16 = 0xfff8;

pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let &[preamble] = cursor.header::<1>()?;
    if preamble == DTLS {
        return encrypted(cursor);
    }
    if preamble != PLAIN || cursor.wire() < MIN_HEADER_LEN as u32 {
        return Ok(Next::Stop(Stop::Complete));
    }
    let header = cursor.header::<MIN_HEADER_LEN>()?;
    let length = usize::from(header[1] >> 3) * 4;
    if length < MIN_HEADER_LEN || length >= cursor.wire() as usize {
        return Ok(Next::Stop(Stop::Complete));
    }
    let flags = be16(header, 2);
    if flags & RESERVED_FLAGS != 0 {
        return Ok(Next::Stop(Stop::Complete));
    }
    let later = flags & FRAGMENT != 0 && be16(header, 6) & FRAGMENT_OFFSET != 0;
    if later || flags & KEEP_ALIVE != 0 {
        return Ok(Next::Stop(Stop::Complete));
    }
    cursor.skip(length)?;
    if flags & NATIVE == 0 {
        enter(Tunnel::Capwap, 0, cursor, packet)?;
        return ethernet::inner(cursor, packet);
    }
    if flags & BINDING != IEEE80211 {
        return Ok(Next::Stop(Stop::Unsupported));
    }
    enter(Tunnel::Capwap, 0, cursor, packet)?;
    ieee80211::decode_swapped(cursor, packet)
}

/// DTLS behind the preamble: what it carries may be a frame or a keep-alive.
fn encrypted(cursor: &Cursor) -> Decoded {
    if cursor.wire() < DTLS_LEN as u32 {
        return Ok(Next::Stop(Stop::Complete));
    }
    let &[_, _, _, _, content, version] = cursor.header::<DTLS_LEN>()?;
    let dtls = DTLS_TYPES.contains(&content) && version == DTLS_VERSION;
    Ok(Next::Stop(if dtls { Stop::Unsupported } else { Stop::Complete }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::{RAW, cut_packet, hex, in_ipv4, ipv4};
    use crate::wire::{Address, layer};

    const FRAME: &str = "0008 0000 02000a000001 02000a000002 02000a000003 0000 aaaa03 000000 0800";
    const PACKET: &str = "4500001c123400004011 0000 0b000001 0b000002 0035 1234 0008 0000";

    fn datagram(payload: &str) -> String {
        format!("147f a130 {:04x} 0000 {payload}", 8 + hex(payload).len())
    }

    fn stop_and_tunnel(payload: &str) -> (Stop, Tunnel, u16) {
        let packet = in_ipv4(17, &datagram(payload));
        (packet.stop, packet.tunnel, packet.sport)
    }

    #[test]
    fn from_a_capture() {
        let text = datagram(
            "00100300e03c0000 0208000054f201e1b29984802d2b4590e4c722aab94f0000 aaaa030000000800
                4500003c000040004006603e4a7d82bc0a010344
                01bbb7b1d1f4745d0b21616fa01215880e140000 020405b40402080a9b6501fb0021404c01030306",
        );
        let packet = in_ipv4(17, &text);
        assert_eq!((packet.src(), packet.sport, packet.stop), (Address::V4(0x4a7d_82bc), 443, Stop::Complete));
        assert_eq!((packet.outer_src(), packet.tunnel, packet.tunnel_depth), (Address::V4(0x0a00_0001), Tunnel::Capwap, 1));
        assert_eq!(packet.layers & (layer::WLAN | layer::IP | layer::PORTS), layer::WLAN | layer::IPV4 | layer::TCP);
        let data = ipv4(17, &text);
        for captured in 20..data.len() {
            assert_eq!(cut_packet(RAW, &data, captured).stop, Stop::Truncated, "{captured}");
        }
    }

    #[test]
    fn sequence_control_is_swapped_too() {
        // From a capture: read the other way round it would be fragment 6.
        let header = "00200320 00000000 04bf230000000000 1108 2c00 84802d2b4590 54f201e1b299 10f311eaeec1 7630 aaaa030000000800";
        assert_eq!(stop_and_tunnel(&format!("{header} {PACKET}")), (Stop::Complete, Tunnel::Capwap, 53));
    }

    #[test]
    fn payloads() {
        let ethernet = format!("02000a000001 02000a000002 0800 {PACKET}");
        let found = (Stop::Complete, Tunnel::Capwap, 53);
        assert_eq!(stop_and_tunnel(&format!("00100300 00000000 {FRAME} {PACKET}")), found);
        assert_eq!(stop_and_tunnel(&format!("00100200 00000000 {ethernet}")), found);
        // With radio address and wireless information; the first fragment.
        let optional = "0602000a00000900 0411223344000000";
        assert_eq!(stop_and_tunnel(&format!("00300330 00000000 {optional} {FRAME} {PACKET}")), found);
        assert_eq!(stop_and_tunnel(&format!("00100380 00010000 {FRAME} {PACKET}")), found);
        // A binding other than 802.11's.
        let other = stop_and_tunnel(&format!("00100700 00000000 {FRAME} {PACKET}"));
        assert_eq!(other, (Stop::Unsupported, Tunnel::None, 5247));
    }

    #[test]
    fn datagrams_that_carry_no_frame() {
        let plain = (Stop::Complete, Tunnel::None, 5247);
        let keep_alive = "00100208 00000000 0014 0023 0010 01010101010101010101010101010101".into();
        let later_fragment = format!("00100380 00010040 {FRAME}");
        let not_capwap = format!("10100300 00000000 {FRAME}");
        let reserved = format!("00100301 00000000 {FRAME}");
        let (short, long, empty, cut) =
            (format!("00080300 00000000 {FRAME}"), "00f80300 00000000 00", "00100300 00000000", "001003");
        for payload in
            [keep_alive, later_fragment, not_capwap, reserved, short, long.into(), empty.into(), cut.into(), "01".into()]
        {
            assert_eq!(stop_and_tunnel(&payload), plain, "{payload}");
        }
        assert_eq!(stop_and_tunnel("01000000 17feff 0001 000000000001 0000").0, Stop::Unsupported);
        assert_eq!(stop_and_tunnel("01000000 17034f 0001"), plain);
    }
}
