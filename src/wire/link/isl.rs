//! Cisco's Inter-Switch Link: a frame behind an IEEE 802.3 header to a group of its own, and a tag with the number of the VLAN.

use super::{ethernet, llc};
use crate::wire::cursor::Cursor;
use crate::wire::dispatch::Decoded;
use crate::wire::layers::layer;
use crate::wire::packet::Packet;

/// The groups, but for a last byte whose upper half is 0 for Ethernet.
const DESTINATIONS: [[u8; 5]; 2] = [[0x01, 0x00, 0x0c, 0x00, 0x00], [0x03, 0x00, 0x0c, 0x00, 0x00]];
/// SNAP's service access points, the source's first bytes, VLAN, port and a reserved number.
const TAG_LEN: usize = 12;
const TAG: [u8; 6] = [0xaa, 0xaa, 0x03, 0x00, 0x00, 0x0c];

/// Whether an 802.3 length is that of such a header: nothing but VLAN tags is in between.
pub fn is_announced(packet: &Packet) -> bool {
    let [group @ .., kind] = packet.eth_dst;
    let follows = packet.ethertype == 0 && packet.layers & layer::LLC == 0 && packet.tunnel_depth == 0;
    follows && DESTINATIONS.contains(&group) && kind >> 4 == 0
}

/// The link columns are the frame's inside: the header in front is one from a switch to all others.
pub fn decode(length: u16, cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    if !cursor.header::<TAG_LEN>()?.starts_with(&TAG) {
        return llc::decode_802_3(length, cursor, packet);
    }
    cursor.skip(TAG_LEN)?;
    ethernet::in_place(cursor, packet)
}

#[cfg(test)]
mod tests {
    use crate::wire::Stop;
    use crate::wire::testing::{ETHERNET, check_cuts, hex, ipv4, packet};

    const HEADER: &str = "01000c000000 001906eab885";
    /// From a capture, where a message of Cisco's Dynamic Trunking Protocol was inside.
    const TAG: &str = "aaaa03 00000c 0003 0000 0000";
    const MACS: &str = "02000a140001 02000a140066";

    fn behind(header: &str) -> Vec<u8> {
        [hex(header), ipv4(17, "0035 1234 0008 0000")].concat()
    }

    #[test]
    fn a_frame_inside() {
        // A long frame's length is more than any of 802.3.
        for length in ["0036", "05f8"] {
            let frame = packet(ETHERNET, &behind(&format!("{HEADER} {length} {TAG} {MACS} 8100 0007 0800")));
            assert_eq!((frame.eth_src[5], frame.eth_dst[0], frame.vlan_id), (0x66, 0x02, 7), "{length}");
            assert_eq!((frame.ethertype, frame.sport, frame.stop), (0x0800, 53, Stop::Complete), "{length}");
        }
    }

    #[test]
    fn no_frame_inside() {
        // LLC, and a ring's frame.
        let llc = packet(ETHERNET, &behind(&format!("{HEADER} 0036 aaaa03 000000 0800")));
        assert_eq!((llc.eth_dst[0], llc.sport, llc.stop), (0x01, 53, Stop::Complete));
        let tagged = packet(ETHERNET, &behind(&format!("{HEADER} 8909 01 01 0001 0064 0036 {TAG} {MACS} 0800")));
        assert_eq!((tagged.eth_dst[0], tagged.stop), (0x01, Stop::Unsupported));
        let ring = packet(ETHERNET, &behind(&format!("01000c000010 001906eab885 0036 {TAG} {MACS} 0800")));
        assert_eq!((ring.eth_dst[5], ring.stop), (0x10, Stop::Unsupported));
    }

    #[test]
    fn cuts() {
        let frame = behind(&format!("{HEADER} 0036 {TAG} {MACS} 0800"));
        check_cuts(ETHERNET, &frame, frame.len());
    }
}
