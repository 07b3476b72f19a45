//! Linux cooked capture (LINKTYPE_LINUX_SLL): what `tcpdump -i any` wrote until 2020.

use super::ethernet;
use crate::wire::cursor::{Cursor, be16};
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, layer};
use crate::wire::packet::Packet;

const HEADER_LEN: usize = 16;

/// Hardware types (ARPHRD) whose protocol field is no EtherType: netlink, GRE, radiotap and Frame Relay.
const NO_ETHERTYPE: [u16; 4] = [824, 778, 803, 770];

#[inline]
pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let header = cursor.header::<HEADER_LEN>()?;
    packet.layers = layer::SLL;
    cursor.skip(HEADER_LEN)?;
    protocol(be16(header, 2), be16(header, 14), packet)
}

/// What the hardware type and protocol of either version of the header say follows.
#[inline]
pub fn protocol(hardware: u16, protocol: u16, packet: &mut Packet) -> Decoded {
    if NO_ETHERTYPE.contains(&hardware) {
        return Ok(Next::Stop(Stop::Unsupported));
    }
    ethernet::payload(protocol, packet)
}
