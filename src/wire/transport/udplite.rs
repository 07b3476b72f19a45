//! UDP-Lite (RFC 3828): the length field of UDP is the checksum's coverage here.

use crate::wire::cursor::{Cursor, be16};
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, layer};
use crate::wire::packet::Packet;

const HEADER_LEN: usize = 8;

pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let header = cursor.header::<HEADER_LEN>()?;
    packet.layers |= layer::UDPLITE;
    packet.sport = be16(header, 0);
    packet.dport = be16(header, 2);
    packet.payload_length = cursor.wire() - HEADER_LEN as u32;
    Ok(Next::Stop(Stop::Complete))
}
