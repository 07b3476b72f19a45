//! ARP (RFC 826) and RARP (RFC 903), which has the same packets.

use etherparse::{ArpPacketSlice, EtherType};

use crate::wire::cursor::Cursor;
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, layer};
use crate::wire::packet::Packet;

const FIXED_LEN: usize = 8;

/// ARP for IPv4: `src` and `dst` are the protocol addresses. For other protocols it is not decoded.
pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let fixed = cursor.header::<FIXED_LEN>()?;
    let length = FIXED_LEN + 2 * (usize::from(fixed[4]) + usize::from(fixed[5]));
    let arp = ArpPacketSlice::from_slice(cursor.data()).map_err(|_| cursor.missing(length))?;
    let (Some(sender), Some(target)) = (ipv4(&arp, arp.sender_protocol_addr()), ipv4(&arp, arp.target_protocol_addr())) else {
        return Ok(Next::Stop(Stop::Unsupported));
    };
    packet.layers |= layer::ARP;
    packet.ipv4_src = sender;
    packet.ipv4_dst = target;
    Ok(Next::Stop(Stop::Complete))
}

fn ipv4(arp: &ArpPacketSlice, address: &[u8]) -> Option<u32> {
    let bytes = <[u8; 4]>::try_from(address).ok()?;
    (arp.proto_addr_type() == EtherType::IPV4).then_some(u32::from_be_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Address;
    use crate::wire::testing::{ETHERNET, check_cuts, hex, packet};

    const FRAME: &str = "ffffffffffff 02000a140066 0806";
    /// From `examples/data/lab.pcap`: who has 10.20.0.10, tell 10.20.0.102.
    const REQUEST: &str = "0001 0800 06 04 0001 02000a140066 0a140066 000000000000 0a14000a";

    fn arp(body: &str) -> Packet {
        packet(ETHERNET, &hex(&format!("{FRAME} {body}")))
    }

    #[test]
    fn request() {
        let packet = arp(REQUEST);
        assert_eq!((packet.src(), packet.dst()), (Address::V4(0x0a14_0066), Address::V4(0x0a14_000a)));
        assert_eq!((packet.layers, packet.stop), (layer::ETHERNET | layer::ARP, Stop::Complete));
        assert_eq!((packet.ip_version, packet.ipv4_src), (0, 0x0a14_0066));
    }

    #[test]
    fn other_protocols_are_not_decoded() {
        let chaosnet = arp("0001 0804 06 02 0001 02000a140066 0a66 000000000000 0a0a");
        // The right number of bytes, but not of IPv4; and the other way round.
        let four_bytes = arp("0001 0804 06 04 0001 02000a140066 0a140066 000000000000 0a14000a");
        let no_bytes = arp("0001 0800 06 00 0001 02000a140066 000000000000");
        for packet in [chaosnet, four_bytes, no_bytes] {
            assert_eq!((packet.stop, packet.layers, packet.src()), (Stop::Unsupported, layer::ETHERNET, Address::None));
        }
    }

    #[test]
    fn reverse() {
        // RFC 903: who am I? The sender knows no address yet.
        let packet = packet(
            ETHERNET,
            &hex("ffffffffffff 02000a140066 8035 0001 0800 06 04 0003 02000a140066 00000000 02000a140066 00000000"),
        );
        assert_eq!((packet.src(), packet.ethertype), (Address::V4(0), 0x8035));
        assert_eq!((packet.layers, packet.stop), (layer::ETHERNET | layer::ARP, Stop::Complete));
    }

    #[test]
    fn any_hardware() {
        let firewire = arp("0018 0800 08 04 0001 0200000a14006600 0a140066 0000000000000000 0a14000a");
        assert_eq!((firewire.ipv4_src, firewire.ipv4_dst, firewire.stop), (0x0a14_0066, 0x0a14_000a, Stop::Complete));
    }

    #[test]
    fn cuts() {
        check_cuts(ETHERNET, &hex(&format!("{FRAME} {REQUEST} {}", "00".repeat(18))), 14 + 28);
    }
}
