//! ICMP (RFC 792). What an error message quotes is no tunnel and is not decoded.

use crate::wire::cursor::Cursor;
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, layer};
use crate::wire::packet::Packet;

/// Type, code and checksum: what every message has.
const COMMON_LEN: usize = 4;
/// With the four bytes whose meaning depends on the type.
const HEADER_LEN: u32 = 8;

#[inline]
pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    message(layer::ICMP, cursor, packet)
}

/// A message of either ICMP: they begin alike.
#[inline]
pub fn message(layer: u32, cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let header = cursor.header::<COMMON_LEN>()?;
    packet.layers |= layer;
    packet.icmp_type = header[0];
    packet.icmp_code = header[1];
    packet.payload_length = cursor.wire().saturating_sub(HEADER_LEN);
    Ok(Next::Stop(Stop::Complete))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::{RAW, check_cuts, hex, in_ipv4, packet};

    /// From `examples/data/lab.pcap`: port unreachable, quoting a UDP datagram.
    const UNREACHABLE: &str = "45c0 0058 f9a5 0000 3e 01 3bbb cb00710a 0a140066 03 03 43bb 00000000
        4500003cd8ab000001119a810a140066cb00710a bd9c829e002883d9 404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f";

    #[test]
    fn what_an_error_quotes_is_not_decoded() {
        let packet = packet(RAW, &hex(UNREACHABLE));
        assert_eq!((packet.icmp_type, packet.icmp_code, packet.payload_length), (3, 3, 60));
        assert_eq!((packet.ipv4_src, packet.protocol, packet.ttl), (0xcb00_710a, 1, 62));
        assert_eq!((packet.sport, packet.dport), (0, 0));
        assert_eq!((packet.layers, packet.stop), (layer::IPV4 | layer::ICMP, Stop::Complete));
    }

    #[test]
    fn echo() {
        let packet = in_ipv4(1, "08 00 5da1 6267 0001 49bc046b00000000");
        assert_eq!((packet.icmp_type, packet.icmp_code, packet.payload_length), (8, 0, 8));
    }

    #[test]
    fn shorter_than_eight_bytes() {
        let packet = in_ipv4(1, "0d 00 0000");
        assert_eq!((packet.icmp_type, packet.payload_length, packet.stop), (13, 0, Stop::Complete));
    }

    #[test]
    fn cuts() {
        check_cuts(RAW, &hex(UNREACHABLE), 24);
    }
}
