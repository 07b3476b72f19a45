//! TCP (RFC 9293), with the options MSS, window scale and timestamps (RFC 9293, RFC 7323).

use crate::wire::cursor::{Cursor, be16, be32};
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, layer};
use crate::wire::packet::Packet;

const MIN_HEADER_LEN: usize = 20;
/// Data offset, three reserved bits, and the nine flags: NS, CWR, ECE, URG, ACK, PSH, RST, SYN, FIN.
const FLAGS: u16 = 0x01ff;

/// The bits of `tcp_options`.
pub mod option {
    pub const MSS: u8 = 1;
    pub const WINDOW_SCALE: u8 = 2;
    pub const TIMESTAMPS: u8 = 4;
    pub const SACK_PERMITTED: u8 = 8;
    pub const SACK: u8 = 16;
    pub const OTHER: u8 = 128;
}

#[inline(always)]
pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let header = cursor.header::<MIN_HEADER_LEN>()?;
    packet.layers |= layer::TCP;
    packet.sport = be16(header, 0);
    packet.dport = be16(header, 2);
    packet.tcp_seq = be32(header, 4);
    packet.tcp_ack = be32(header, 8);
    packet.tcp_flags = be16(header, 12) & FLAGS;
    packet.tcp_window = be16(header, 14);

    let header_len = usize::from(header[12] >> 4) * 4;
    if header_len < MIN_HEADER_LEN || header_len > cursor.wire() as usize {
        return Err(Next::Stop(Stop::Malformed));
    }
    packet.payload_length = cursor.wire() - header_len as u32;
    if header_len > MIN_HEADER_LEN {
        let Some(bytes) = cursor.data().get(MIN_HEADER_LEN..header_len) else {
            return Err(cursor.missing(header_len));
        };
        options(bytes, packet)?;
    }
    Ok(Next::Stop(Stop::Complete))
}

/// The options, until the end or the first one whose length is impossible.
#[inline]
fn options(mut bytes: &[u8], packet: &mut Packet) -> Result<(), Next> {
    // Two NOPs and a timestamp: nearly every segment of an established connection.
    if let [1, 1, 8, 10, rest @ ..] = bytes
        && rest.len() == 8
    {
        timestamps(rest, packet);
        return Ok(());
    }
    while let [kind, rest @ ..] = bytes {
        match kind {
            0 => return Ok(()),
            1 => bytes = rest,
            _ => bytes = one_option(*kind, bytes, packet).ok_or(Next::Stop(Stop::Malformed))?,
        }
    }
    Ok(())
}

/// Takes one option that has a length off `bytes`; None if the length is impossible.
fn one_option<'a>(kind: u8, bytes: &'a [u8], packet: &mut Packet) -> Option<&'a [u8]> {
    let length = usize::from(*bytes.get(1)?);
    let body = bytes.get(2..length)?;
    match (kind, body.len()) {
        (2, 2) => {
            packet.tcp_mss = be16(body, 0);
            packet.tcp_options |= option::MSS;
        }
        (3, 1) => {
            packet.tcp_wscale = body[0];
            packet.tcp_options |= option::WINDOW_SCALE;
        }
        (4, 0) => packet.tcp_options |= option::SACK_PERMITTED,
        (5, _) => packet.tcp_options |= option::SACK,
        (8, 8) => timestamps(body, packet),
        _ => packet.tcp_options |= option::OTHER,
    }
    Some(&bytes[length..])
}

#[inline]
fn timestamps(body: &[u8], packet: &mut Packet) {
    packet.tcp_tsval = be32(body, 0);
    packet.tcp_tsecr = be32(body, 4);
    packet.tcp_options |= option::TIMESTAMPS;
}
