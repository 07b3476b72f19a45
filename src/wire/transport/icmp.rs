//! ICMP (RFC 792). What an error message quotes is no tunnel and is not decoded.

use crate::wire::cursor::Cursor;
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, layer};
use crate::wire::packet::Packet;

/// Type, code and checksum: what every message has.
const COMMON_LEN: usize = 4;
/// With the four bytes whose meaning depends on the type.
const HEADER_LEN: u32 = 8;

#[inline]
pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    message(layer::ICMP, cursor, packet)
}

/// A message of either ICMP: they begin alike.
#[inline]
pub fn message(layer: u32, cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let header = cursor.header::<COMMON_LEN>()?;
    packet.layers |= layer;
    packet.icmp_type = header[0];
    packet.icmp_code = header[1];
    packet.payload_length = cursor.wire().saturating_sub(HEADER_LEN);
    Ok(Next::Stop(Stop::Complete))
}
