//! IPv4 (RFC 791).

use crate::wire::cursor::{Cursor, be16, be32};
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, layer};
use crate::wire::packet::Packet;

const MIN_HEADER_LEN: usize = 20;
const MORE_FRAGMENTS: u16 = 0x2000;
const OFFSET: u16 = 0x1fff;

#[inline(always)]
pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let header = cursor.header::<MIN_HEADER_LEN>()?;
    let header_len = usize::from(header[0] & 0x0f) * 4;
    if header_len < MIN_HEADER_LEN {
        return Err(Next::Stop(Stop::Malformed));
    }
    // Segmentation offload hands packets to the capture before their length is set: 0 is "all there is".
    let total = match u32::from(be16(header, 2)) {
        0 => cursor.wire(),
        total => total,
    };
    let fragment = be16(header, 6);

    packet.layers |= layer::IPV4;
    packet.ip_version = 4;
    packet.tos = header[1];
    packet.ip_length = total;
    packet.ip_id = u32::from(be16(header, 4));
    packet.fragment_offset = (fragment & OFFSET) * 8;
    packet.ttl = header[8];
    packet.protocol = header[9];
    packet.ipv4_src = be32(header, 12);
    packet.ipv4_dst = be32(header, 16);

    if (total as usize) < header_len {
        return Err(Next::Stop(Stop::Malformed));
    }
    cursor.limit(total);
    cursor.skip(header_len)?;
    if fragment & (MORE_FRAGMENTS | OFFSET) != 0 {
        packet.layers |= layer::FRAGMENT;
        if fragment & OFFSET != 0 {
            return Ok(Next::Stop(Stop::Complete));
        }
    }
    Ok(Next::Protocol(packet.protocol))
}
