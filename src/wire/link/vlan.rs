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

/// One tag; `vlan_id` is that of the outermost.
#[inline]
pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let tag = cursor.header::<TAG_LEN>()?;
    if packet.layers & layer::VLAN == 0 {
        packet.layers |= layer::VLAN;
        packet.vlan_id = be16(tag, 0) & VLAN_ID;
    }
    let number = be16(tag, 2);
    cursor.skip(TAG_LEN)?;
    packet.ethertype = 0;
    ethernet::payload(number, packet)
}
