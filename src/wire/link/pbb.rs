//! Provider backbone bridging (IEEE 802.1ah): the I-tag and the frame inside.

use super::ethernet;
use crate::wire::cursor::{Cursor, be32};
use crate::wire::dispatch::Decoded;
use crate::wire::layers::Tunnel;
use crate::wire::packet::Packet;
use crate::wire::tunnel::enter;

/// Priority, flags and service identifier; the customer's addresses that the standard counts to the tag are the frame's.
const TAG_LEN: usize = 4;
const SERVICE_ID: u32 = 0x00ff_ffff;

pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let service = be32(cursor.header::<TAG_LEN>()?, 0) & SERVICE_ID;
    enter(Tunnel::Pbb, service, cursor, packet)?;
    cursor.skip(TAG_LEN)?;
    ethernet::inner(cursor, packet)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::{ETHERNET, check_cuts, hex, packet};
    use crate::wire::{Address, Stop, layer};

    const BACKBONE: &str = "020000006002 020000006001 88e7";
    /// From a capture: a UDP datagram.
    const CUSTOMER: &str = "020000006102 020000006101 0800
        4500002c0000000040110000c000023cc6336443 d142 01bb 0018 0000 7062622d636f6e74726163742d756470";

    #[test]
    fn frame_inside() {
        let packet = packet(ETHERNET, &hex(&format!("{BACKBONE} 00123456 {CUSTOMER}")));
        assert_eq!((packet.tunnel, packet.tunnel_id, packet.tunnel_depth), (Tunnel::Pbb, 0x0012_3456, 1));
        assert_eq!((packet.src(), packet.sport, packet.stop), (Address::V4(0xc000_023c), 53570, Stop::Complete));
        assert_eq!((packet.ethertype, packet.eth_src), (0x88e7, [2, 0, 0, 0, 0x60, 1]));
        assert_eq!((packet.layers, packet.outer_ip_version), (layer::ETHERNET | layer::IPV4 | layer::UDP, 0));
    }

    #[test]
    fn flags_are_no_part_of_the_id() {
        for flags in ["00", "10", "e0", "0f", "ff"] {
            let packet = packet(ETHERNET, &hex(&format!("{BACKBONE} {flags}000001 {CUSTOMER}")));
            assert_eq!((packet.tunnel_id, packet.sport), (1, 53570), "{flags}");
        }
    }

    #[test]
    fn a_vlan_tag_inside_counts_where_there_is_none_around() {
        let tagged = CUSTOMER.replacen("0800", "8100 0005 0800", 1);
        // A tag of the backbone's is the outermost.
        for (backbone, id) in [(BACKBONE.to_owned(), 5), (BACKBONE.replacen("88e7", "88a8 0064 88e7", 1), 100)] {
            let packet = packet(ETHERNET, &hex(&format!("{backbone} 00000001 {tagged}")));
            assert_eq!((packet.vlan_id, packet.ethertype, packet.sport), (id, 0x88e7, 53570));
        }
    }

    #[test]
    fn cuts() {
        check_cuts(ETHERNET, &hex(&format!("{BACKBONE} 00123456 {CUSTOMER}")), 14 + 4 + 14 + 20 + 8);
    }
}
