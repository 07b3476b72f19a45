//! IP in IP (RFC 2003, 2473, 4213).

use super::enter;
use crate::wire::cursor::Cursor;
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::Tunnel;
use crate::wire::packet::Packet;

const IPV4: u8 = 4;

/// `number` is the protocol number that announced it: 4 or 41.
pub fn decode(number: u8, cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let tunnel = match (number, packet.ip_version) {
        (IPV4, 6) => Tunnel::FourInSix,
        (IPV4, _) => Tunnel::IpIp,
        (_, 6) => Tunnel::SixInSix,
        _ => Tunnel::SixInFour,
    };
    enter(tunnel, 0, cursor, packet)?;
    Ok(Next::Ip)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::{RAW, hex, ipv4, ipv6, packet};
    use crate::wire::{Address, Stop, layer};

    const UDP: &str = "0035 1234 0008 0000";

    fn text(bytes: &[u8]) -> String {
        let digit = |value: u8| char::from_digit(value.into(), 16).expect("half a byte");
        bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
    }

    #[test]
    fn all_four() {
        let cases = [
            (ipv4(4, &text(&ipv4(17, UDP))), Tunnel::IpIp),
            (ipv4(41, &text(&ipv6(17, UDP))), Tunnel::SixInFour),
            (ipv6(4, &text(&ipv4(17, UDP))), Tunnel::FourInSix),
            (ipv6(41, &text(&ipv6(17, UDP))), Tunnel::SixInSix),
        ];
        for (data, tunnel) in cases {
            let packet = packet(RAW, &data);
            assert_eq!((packet.tunnel, packet.tunnel_depth, packet.sport, packet.stop), (tunnel, 1, 53, Stop::Complete));
            assert_ne!(packet.outer_src(), Address::None);
        }
    }

    #[test]
    fn columns_are_those_inside() {
        let mut inner = ipv4(17, UDP);
        inner[12..20].copy_from_slice(&hex("0b000001 0b000002"));
        let packet = packet(RAW, &ipv6(4, &text(&inner)));
        assert_eq!((packet.src(), packet.dst()), (Address::V4(0x0b00_0001), Address::V4(0x0b00_0002)));
        assert_eq!((packet.ip_version, packet.ip_length, packet.layers), (4, 28, layer::IPV4 | layer::UDP));
        assert_eq!(packet.outer_ip_version, 6);
    }

    #[test]
    fn what_can_not_be_read_leaves_the_packet_around_it() {
        let packet = packet(RAW, &ipv4(4, "4500"));
        assert_eq!((packet.ip_version, packet.protocol, packet.stop), (4, 4, Stop::Malformed));
        assert_eq!((packet.src(), packet.tunnel), (Address::V4(0x0a00_0001), Tunnel::IpIp));
    }

    #[test]
    fn too_deep() {
        let mut data = ipv4(17, UDP);
        for _ in 0..12 {
            data = ipv4(4, &text(&data));
        }
        let packet = packet(RAW, &data);
        assert_eq!((packet.stop, packet.tunnel_depth), (Stop::TooDeep, super::super::MAX_DEPTH));
    }
}
