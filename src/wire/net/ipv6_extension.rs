//! IPv6 extension headers of the common form (RFC 6564): Hop-by-Hop Options, Routing, Destination Options, Mobility, HIP, Shim6.

use etherparse::Ipv6RawExtHeaderSlice;

use crate::wire::cursor::Cursor;
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, layer};
use crate::wire::packet::Packet;

const MOBILITY: u8 = 135;
const HIP: u8 = 139;
const NO_NEXT_HEADER: u8 = 59;

pub fn decode(number: u8, cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    if packet.ip_version != 6 {
        return Ok(Next::Stop(Stop::Unsupported));
    }
    let fixed = cursor.header::<8>()?;
    let length = (usize::from(fixed[1]) + 1) * 8;
    let extension = Ipv6RawExtHeaderSlice::from_slice(cursor.data()).map_err(|_| cursor.missing(length))?;
    let next = extension.next_header().0;
    packet.layers |= layer::IPV6_EXTENSION;
    // Mobility and HIP messages end the chain; they are their own transport.
    if matches!(number, MOBILITY | HIP) && next == NO_NEXT_HEADER {
        return Ok(Next::Stop(Stop::Complete));
    }
    packet.protocol = next;
    cursor.skip(length)?;
    Ok(Next::Protocol(next))
}
