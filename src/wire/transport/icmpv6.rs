//! ICMPv6 (RFC 4443).

use super::icmp;
use crate::wire::cursor::Cursor;
use crate::wire::dispatch::Decoded;
use crate::wire::layers::layer;
use crate::wire::packet::Packet;

#[inline]
pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    icmp::message(layer::ICMPV6, cursor, packet)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Stop;
    use crate::wire::testing::{RAW, check_cuts, in_ipv4, in_ipv6, ipv6};

    /// From `examples/data/lab.pcap`: a neighbor solicitation.
    const SOLICITATION: &str = "87 00 5869 00000000 fe8000000000000000000afffe140042 0e01 50fccc08ef03";

    #[test]
    fn header() {
        let packet = in_ipv6(58, SOLICITATION);
        assert_eq!((packet.icmp_type, packet.icmp_code, packet.payload_length), (135, 0, 24));
        assert_eq!((packet.layers, packet.stop), (layer::IPV6 | layer::ICMPV6, Stop::Complete));
    }

    #[test]
    fn the_number_says_which_icmp_it_is() {
        assert_eq!(in_ipv6(1, "08 00 0000 00000000").layers, layer::IPV6 | layer::ICMP);
        assert_eq!(in_ipv4(58, "80 00 0000 00000000").layers, layer::IPV4 | layer::ICMPV6);
    }

    #[test]
    fn cuts() {
        check_cuts(RAW, &ipv6(58, SOLICITATION), 44);
    }
}
