//! Ethernet II and IEEE 802.3.

use crate::wire::cursor::{Cursor, be16};
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, layer};
use crate::wire::packet::Packet;

const HEADER_LEN: usize = 14;
/// Below this the type field is a length, and an LLC header follows (IEEE 802.3, clause 3.2.6).
pub const FIRST_ETHERTYPE: u16 = 0x0600;

#[inline(always)]
pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let header = cursor.header::<HEADER_LEN>()?;
    packet.layers = layer::ETHERNET;
    packet.eth_dst = *header.first_chunk().expect("six of fourteen bytes");
    packet.eth_src = *header[6..].first_chunk().expect("six of eight bytes");
    let number = be16(header, 12);
    cursor.skip(HEADER_LEN)?;
    payload(number, packet)
}

/// What follows an EtherType or 802.3 length field, behind an Ethernet header or a VLAN tag.
#[inline(always)]
pub fn payload(number: u16, packet: &mut Packet) -> Decoded {
    if number < FIRST_ETHERTYPE {
        return Ok(Next::Stop(Stop::Unsupported));
    }
    packet.ethertype = number;
    Ok(Next::EtherType(number))
}
