//! IP Authentication Header (RFC 4302).

use etherparse::IpAuthHeaderSlice;

use crate::wire::cursor::Cursor;
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, layer};
use crate::wire::packet::Packet;

const MIN_HEADER_LEN: usize = 12;

pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let fixed = cursor.header::<MIN_HEADER_LEN>()?;
    let length = (usize::from(fixed[1]) + 2) * 4;
    if length < MIN_HEADER_LEN {
        return Err(Next::Stop(Stop::Malformed));
    }
    let header = IpAuthHeaderSlice::from_slice(cursor.data()).map_err(|_| cursor.missing(length))?;
    packet.layers |= layer::AH;
    packet.protocol = header.next_header().0;
    cursor.skip(length)?;
    Ok(Next::Protocol(packet.protocol))
}
