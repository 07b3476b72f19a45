//! IPv6 (RFC 8200), with jumbograms (RFC 2675).

use crate::wire::cursor::{Cursor, be16, be32};
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::layer;
use crate::wire::packet::Packet;

const HEADER_LEN: usize = 40;

#[inline]
pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let header = cursor.header::<HEADER_LEN>()?;
    // 0 is a jumbogram, or segmentation offload: all there is.
    let total = match u32::from(be16(header, 4)) {
        0 => cursor.wire(),
        payload => HEADER_LEN as u32 + payload,
    };

    packet.layers |= layer::IPV6;
    packet.ip_version = 6;
    packet.tos = (be32(header, 0) >> 20) as u8;
    packet.ip_length = total;
    packet.protocol = header[6];
    packet.ttl = header[7];
    packet.ipv6 =
        [*header[8..].first_chunk().expect("sixteen of 32 bytes"), *header[24..].first_chunk().expect("sixteen of 16 bytes")];

    cursor.limit(total);
    cursor.skip(HEADER_LEN)?;
    Ok(Next::Protocol(packet.protocol))
}
