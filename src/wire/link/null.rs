//! BSD loopback encapsulation: LINKTYPE_NULL, in the capturing host's byte order, and LINKTYPE_LOOP, in network byte order.

use crate::wire::cursor::{Cursor, be32};
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, layer};
use crate::wire::packet::Packet;

const HEADER_LEN: usize = 4;

/// The host's byte order is not recorded; address families are small, which tells it.
#[inline]
pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let family = be32(cursor.header::<HEADER_LEN>()?, 0);
    let family = if family > 0xffff { family.swap_bytes() } else { family };
    payload(family, cursor, packet)
}

#[inline]
pub fn decode_loop(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let family = be32(cursor.header::<HEADER_LEN>()?, 0);
    payload(family, cursor, packet)
}

/// By address family: 2 is AF_INET everywhere; AF_INET6 is 10 (Linux), 24 (NetBSD), 28 (FreeBSD), 30 (macOS).
#[inline]
fn payload(family: u32, cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    packet.layers = layer::LOOPBACK;
    cursor.skip(HEADER_LEN)?;
    match family {
        2 | 10 | 24 | 28 | 30 => Ok(Next::Ip),
        _ => Ok(Next::Stop(Stop::Unsupported)),
    }
}
