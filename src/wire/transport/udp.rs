//! UDP (RFC 768).

use crate::wire::cursor::{Cursor, be16};
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, layer};
use crate::wire::packet::Packet;

const HEADER_LEN: usize = 8;

#[inline(always)]
pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let header = cursor.header::<HEADER_LEN>()?;
    packet.layers |= layer::UDP;
    packet.sport = be16(header, 0);
    packet.dport = be16(header, 2);
    // 0 is a jumbogram (RFC 2675) or segmentation offload: all there is.
    let length = match u32::from(be16(header, 4)) {
        0 => cursor.wire(),
        length => length,
    };
    let Some(payload) = length.checked_sub(HEADER_LEN as u32) else {
        return Err(Next::Stop(Stop::Malformed));
    };
    packet.payload_length = payload;
    Ok(Next::Stop(Stop::Complete))
}
