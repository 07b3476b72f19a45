//! Ethernet frames with the tags of switch chips: Marvell DSA and EDSA, Broadcom (LINKTYPE_DSA_TAG_*).

use super::ethernet;
use crate::wire::cursor::{Cursor, be16};
use crate::wire::dispatch::Decoded;
use crate::wire::layers::layer;
use crate::wire::packet::Packet;

const ADDRESSES_LEN: usize = 12;
const TAG_LEN: usize = 4;
/// In front of EDSA's tag: an EtherType, which can be configured, and two reserved bytes.
const EDSA_PREFIX_LEN: usize = 4;
const TYPE_LEN: usize = 2;

const VLAN_ID: u16 = 0x0fff;

/// Marvell: the tag is between the addresses and the EtherType, in place of a VLAN tag where the frame had one.
pub fn decode_dsa(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    const LEN: usize = ADDRESSES_LEN + TAG_LEN + TYPE_LEN;
    let header = cursor.header::<LEN>()?;
    let tag = [header[12], header[13], header[14], header[15]];
    tagged::<LEN>(header, Some(tag), cursor, packet)
}

/// Marvell, with an EtherType of its own.
pub fn decode_edsa(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    const LEN: usize = ADDRESSES_LEN + EDSA_PREFIX_LEN + TAG_LEN + TYPE_LEN;
    let header = cursor.header::<LEN>()?;
    let tag = [header[16], header[17], header[18], header[19]];
    tagged::<LEN>(header, Some(tag), cursor, packet)
}

/// Broadcom: the tag is between the addresses and the EtherType.
pub fn decode_brcm(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    const LEN: usize = ADDRESSES_LEN + TAG_LEN + TYPE_LEN;
    tagged::<LEN>(cursor.header::<LEN>()?, None, cursor, packet)
}

/// Broadcom: the tag is in front of the frame.
pub fn decode_brcm_prepend(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    cursor.skip(TAG_LEN)?;
    let next = ethernet::decode(cursor, packet);
    packet.layers |= layer::OTHER_LINK;
    next
}

/// A frame whose header has the addresses at its start and the EtherType at its end.
fn tagged<const LEN: usize>(
    header: &[u8; LEN],
    marvell: Option<[u8; TAG_LEN]>,
    cursor: &mut Cursor,
    packet: &mut Packet,
) -> Decoded {
    /// Whether the frame had a VLAN tag.
    const TAGGED: u8 = 0x20;
    packet.layers |= layer::ETHERNET | layer::OTHER_LINK;
    packet.eth_dst.copy_from_slice(&header[..6]);
    packet.eth_src.copy_from_slice(&header[6..ADDRESSES_LEN]);
    if let Some(tag) = marvell.filter(|tag| tag[0] & TAGGED != 0) {
        packet.layers |= layer::VLAN;
        packet.vlan_id = be16(&tag, 2) & VLAN_ID;
    }
    cursor.skip(LEN)?;
    ethernet::payload(be16(header, LEN - TYPE_LEN), packet)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Stop;
    use crate::wire::testing::{check_cuts, hex, packet};

    const BRCM: u16 = 281;
    const BRCM_PREPEND: u16 = 282;
    const DSA: u16 = 284;
    const EDSA: u16 = 285;
    const MACS: &str = "d6c528213eaf 0050b6291070";
    /// From a capture: an ICMP echo request.
    const ECHO: &str = "0800 4500005436e940004001466cc0a81e01c0a81e02 0800964f35120001";

    /// Of each kind: from captures, but for the addresses.
    fn frames() -> [(u16, Vec<u8>); 4] {
        [
            (BRCM, hex(&format!("{MACS} 20000080 {ECHO}"))),
            (BRCM_PREPEND, hex(&format!("00002005 {MACS} {ECHO}"))),
            (DSA, hex(&format!("{MACS} c00a0000 {ECHO}"))),
            (EDSA, hex(&format!("{MACS} dada0000 c0000000 {ECHO}"))),
        ]
    }

    #[test]
    fn addresses_and_ip() {
        for (link_type, mut data) in frames() {
            data.resize(data.len() + 56, 0);
            let packet = packet(link_type, &data);
            assert_eq!(
                (packet.eth_dst, packet.eth_src),
                ([0xd6, 0xc5, 0x28, 0x21, 0x3e, 0xaf], [0, 0x50, 0xb6, 0x29, 0x10, 0x70])
            );
            assert_eq!((packet.ethertype, packet.icmp_type, packet.stop), (0x0800, 8, Stop::Complete));
            assert_eq!(packet.layers, layer::ETHERNET | layer::OTHER_LINK | layer::IPV4 | layer::ICMP);
        }
    }

    #[test]
    fn vlan() {
        // Marvell's tag replaces the VLAN tag; behind Broadcom's it stays.
        let frames = [
            (DSA, format!("{MACS} e00a0539 {ECHO}")),
            (EDSA, format!("{MACS} dada0000 e0000539 {ECHO}")),
            (BRCM, format!("{MACS} 20000080 8100 0539 {ECHO}")),
            (BRCM_PREPEND, format!("20000080 {MACS} 8100 0539 {ECHO}")),
        ];
        for (link_type, data) in frames {
            let packet = packet(link_type, &hex(&data));
            assert_eq!((packet.vlan_id, packet.layers & layer::VLAN, packet.ethertype), (1337, layer::VLAN, 0x0800));
        }
        let untagged = packet(DSA, &hex(&format!("{MACS} c0100539 {ECHO}")));
        assert_eq!((untagged.vlan_id, untagged.layers & layer::VLAN), (0, 0));
    }

    #[test]
    fn cuts() {
        for (link_type, data) in frames() {
            let rest_of_icmp = 4;
            check_cuts(link_type, &data, data.len() - rest_of_icmp);
        }
    }
}
