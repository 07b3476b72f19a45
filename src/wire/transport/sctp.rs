//! SCTP (RFC 9260): the common header. Its payload is the chunks.

use crate::wire::cursor::{Cursor, be16};
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, layer};
use crate::wire::packet::Packet;

const HEADER_LEN: usize = 12;

pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let header = cursor.header::<HEADER_LEN>()?;
    packet.layers |= layer::SCTP;
    packet.sport = be16(header, 0);
    packet.dport = be16(header, 2);
    packet.payload_length = cursor.wire() - HEADER_LEN as u32;
    Ok(Next::Stop(Stop::Complete))
}
