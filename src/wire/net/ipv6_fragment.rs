//! IPv6 Fragment header (RFC 8200, section 4.5).

use etherparse::Ipv6FragmentHeaderSlice;

use crate::wire::cursor::Cursor;
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, layer};
use crate::wire::packet::Packet;

const HEADER_LEN: usize = 8;

pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    if packet.ip_version != 6 {
        return Ok(Next::Stop(Stop::Unsupported));
    }
    let fragment = Ipv6FragmentHeaderSlice::from_slice(cursor.data()).map_err(|_| cursor.missing(HEADER_LEN))?;
    packet.layers |= layer::FRAGMENT;
    packet.protocol = fragment.next_header().0;
    packet.ip_id = fragment.identification();
    packet.fragment_offset = fragment.fragment_offset().value() * 8;
    cursor.skip(HEADER_LEN)?;
    if packet.fragment_offset != 0 {
        return Ok(Next::Stop(Stop::Complete));
    }
    Ok(Next::Protocol(packet.protocol))
}
