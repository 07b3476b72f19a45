//! VLAN tags: IEEE 802.1Q, 802.1ad (QinQ) and their older EtherTypes.

use super::ethernet;
use crate::wire::cursor::{Cursor, be16};
use crate::wire::dispatch::Decoded;
use crate::wire::layers::layer;
use crate::wire::packet::Packet;

const TAG_LEN: usize = 4;
const VLAN_ID: u16 = 0x0fff;

/// Whether an EtherType announces a tag: 802.1Q, 802.1ad, and the three used before 802.1ad.
#[inline]
pub fn is_tag(ethertype: u16) -> bool {
    matches!(ethertype, 0x8100 | 0x88a8 | 0x9100 | 0x9200 | 0x9300)
}

/// One tag; `vlan_id` is that of the outermost, which may be one of a frame inside another.
#[inline]
pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let tag = cursor.header::<TAG_LEN>()?;
    if packet.layers & layer::VLAN == 0 {
        packet.layers |= layer::VLAN;
        packet.vlan_id = be16(tag, 0) & VLAN_ID;
    }
    let number = be16(tag, 2);
    cursor.skip(TAG_LEN)?;
    // The column may be another header's, such as that of the frame around this one.
    if !is_tag(packet.ethertype) {
        return ethernet::inner_payload(number);
    }
    packet.ethertype = 0;
    ethernet::payload(number, packet)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Stop;
    use crate::wire::testing::{ETHERNET, check_cuts, hex, packet};

    const MACS: &str = "02000a1e000b 02000a1e000c";
    /// From `examples/data/lab.pcap`, where it was in VLAN 30: a TCP SYN.
    const SYN: &str = "0800 4500003ccf2b40004006573e0a1e000c0a1e000b
        91d60050decf071600000000a002faf03a180000020405b40402080a78d80dbd000000000103030a";

    fn tagged(tags: &str) -> Vec<u8> {
        hex(&format!("{MACS} {tags} {SYN}"))
    }

    #[test]
    fn one_to_three_tags() {
        let stacks = ["8100 001e", "88a8 001e 8100 6fff", "9100 001e 8100 0002 8100 0003", "9200 001e 9300 0001 9300 0002"];
        for tags in stacks {
            let packet = packet(ETHERNET, &tagged(tags));
            assert_eq!((packet.vlan_id, packet.ethertype, packet.dport), (30, 0x0800, 80), "{tags}");
            assert_eq!(packet.layers, layer::ETHERNET | layer::VLAN | layer::IPV4 | layer::TCP);
        }
    }

    #[test]
    fn priority_is_no_part_of_the_id() {
        assert_eq!(packet(ETHERNET, &tagged("8100 ffff")).vlan_id, 0x0fff);
        // A priority tag: there is a tag, but no VLAN; the one inside does not count.
        let priority = packet(ETHERNET, &tagged("8100 6000 8100 0005"));
        assert_eq!((priority.vlan_id, priority.layers & layer::VLAN), (0, layer::VLAN));
    }

    #[test]
    fn cuts() {
        let options = 20;
        check_cuts(ETHERNET, &tagged("88a8 0064 8100 001e"), 14 + 8 + 20 + 20 + options);
    }

    #[test]
    fn a_tag_that_is_missing_leaves_its_ethertype() {
        let packet = packet(ETHERNET, &hex(&format!("{MACS} 8100 00")));
        assert_eq!((packet.ethertype, packet.vlan_id, packet.stop), (0x8100, 0, Stop::Malformed));
        assert_eq!(packet.layers, layer::ETHERNET);
    }

    #[test]
    fn a_length_behind_the_tag() {
        let packet = packet(ETHERNET, &hex(&format!("{MACS} 8100 001e 0003 424203")));
        assert_eq!((packet.ethertype, packet.vlan_id, packet.stop), (0, 30, Stop::Unsupported));
    }
}
