//! ICMPv6 (RFC 4443).

use super::icmp;
use crate::wire::cursor::Cursor;
use crate::wire::dispatch::Decoded;
use crate::wire::layers::layer;
use crate::wire::packet::Packet;

#[inline]
pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    icmp::message(layer::ICMPV6, cursor, packet)
}
