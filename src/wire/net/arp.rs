//! ARP (RFC 826).

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
