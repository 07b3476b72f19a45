//! DCCP (RFC 4340): the generic header.

use crate::wire::cursor::{Cursor, be16};
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, layer};
use crate::wire::packet::Packet;

const MIN_HEADER_LEN: usize = 12;

pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let header = cursor.header::<MIN_HEADER_LEN>()?;
    packet.layers |= layer::DCCP;
    packet.sport = be16(header, 0);
    packet.dport = be16(header, 2);
    // The data offset counts all headers and options, in words.
    let Some(payload) = cursor.wire().checked_sub(u32::from(header[4]) * 4) else {
        return Err(Next::Stop(Stop::Malformed));
    };
    packet.payload_length = payload;
    Ok(Next::Stop(Stop::Complete))
}
