//! Cisco FabricPath: a frame behind addresses that are numbers of switches, and a tag of EtherType 0x8903.

use super::ethernet;
use crate::wire::cursor::Cursor;
use crate::wire::dispatch::Decoded;
use crate::wire::packet::Packet;

pub const ETHERTYPE: u16 = 0x8903;
/// Forwarding tag and time to live.
const TAG_LEN: usize = 2;

/// The link columns are the frame's inside: those in front are no stations' addresses.
pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    cursor.header::<TAG_LEN>()?;
    cursor.skip(TAG_LEN)?;
    // Behind other tags, too, the columns are those of the frame around them.
    if packet.tunnel_depth > 0 || packet.ethertype != ETHERTYPE {
        return ethernet::inner(cursor, packet);
    }
    ethernet::in_place(cursor, packet)
}

#[cfg(test)]
mod tests {
    use crate::wire::testing::{ETHERNET, check_cuts, hex, ipv4, packet};
    use crate::wire::{Stop, Tunnel, layer};

    /// From a capture: a TCP SYN and ACK in VLAN 7.
    const FRAME: &str = "020abd000000 020abc000000 8903 4020 005056835d58 005056838ef3 8100 0007 0800
        4500003c00004000 4006cf5cac1d0993ac1d0992 1f4997c893a02eb872c5db30a012389015ec0000020405b40402080a1e57efd84e9c69e701030307";

    #[test]
    fn from_a_capture() {
        let frame = packet(ETHERNET, &hex(FRAME));
        assert_eq!((frame.eth_dst, frame.vlan_id, frame.ethertype), ([0x00, 0x50, 0x56, 0x83, 0x5d, 0x58], 7, 0x0800));
        assert_eq!((frame.sport, frame.dport, frame.stop), (8009, 38856, Stop::Complete));
    }

    #[test]
    fn a_length_inside() {
        let frame = packet(ETHERNET, &hex("020abd000000 020abc000000 8903 4020 005056835d58 005056838ef3 0003 424203"));
        assert_eq!((frame.eth_dst[5], frame.ethertype, frame.stop), (0x58, 0, Stop::Unsupported));
    }

    /// Behind a VLAN tag; then behind another, and in a tunnel, where the columns are those of the frame around it.
    #[test]
    fn inside() {
        let headers = hex(FRAME);
        let tagged = |tag: &str| packet(ETHERNET, &[&headers[..12], &hex(tag), &headers[12..]].concat());
        let vlan = tagged("8100 0005");
        assert_eq!((vlan.vlan_id, vlan.eth_dst[0], vlan.layers & layer::VLAN), (5, 0x00, layer::VLAN));
        for other in ["8909 01 01 0001 0064", "d28b 0001 0020 ed9518152474"] {
            let behind = tagged(other);
            assert_eq!((behind.eth_dst[0], behind.vlan_id, behind.sport), (0x02, 7, 8009), "{other}");
        }
        let around = hex("02000a140001 02000a140066 0800");
        let tunnelled = packet(ETHERNET, &[around, ipv4(143, FRAME)].concat());
        assert_eq!((tunnelled.eth_dst[0], tunnelled.tunnel, tunnelled.sport), (0x02, Tunnel::EtherIp, 8009));
        assert_eq!((tunnelled.eth_dst[5], tunnelled.layers & layer::ETHERNET), (0x01, layer::ETHERNET));
    }

    #[test]
    fn cuts() {
        let frame = hex(FRAME);
        check_cuts(ETHERNET, &frame, frame.len());
    }
}
