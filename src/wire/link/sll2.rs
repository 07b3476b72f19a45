//! Linux cooked capture, version 2 (LINKTYPE_LINUX_SLL2).

use super::sll;
use crate::wire::cursor::{Cursor, be16};
use crate::wire::dispatch::Decoded;
use crate::wire::layers::layer;
use crate::wire::packet::Packet;

const HEADER_LEN: usize = 20;

#[inline]
pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let header = cursor.header::<HEADER_LEN>()?;
    packet.layers = layer::SLL;
    cursor.skip(HEADER_LEN)?;
    sll::protocol(be16(header, 8), be16(header, 0), packet)
}
