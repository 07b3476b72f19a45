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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::{RAW, check_cuts, hex, in_ipv6, ipv6, packet};

    /// A UDP header.
    const UDP: &str = "0035 1234 0008 0000";

    #[test]
    fn hop_by_hop() {
        // From `examples/data/lab.pcap`: Router Alert before a Multicast Listener Report.
        let packet = packet(
            RAW,
            &hex("60000000 0038 00 01 00000000000000000000000000000000 ff020000000000000000000000000016
                3a00050200000100 8f006d5a00000002 04000000ff0200000000000000000001ff000001 04000000ff0200000000000000000001ff140001"),
        );
        assert_eq!((packet.protocol, packet.icmp_type, packet.payload_length), (58, 143, 40));
        assert_eq!((packet.layers, packet.stop), (layer::IPV6 | layer::IPV6_EXTENSION | layer::ICMPV6, Stop::Complete));
    }

    #[test]
    fn a_chain() {
        // Hop-by-Hop Options, Routing with one address, Destination Options, UDP.
        let routing = format!("3c 02 0401 00000000 {}", "20".repeat(16));
        let packet = in_ipv6(0, &format!("2b 00 0104 00000000 {routing} 11 00 0104 00000000 {UDP}"));
        assert_eq!((packet.protocol, packet.sport, packet.stop), (17, 53, Stop::Complete));
    }

    #[test]
    fn mobility_and_hip_end_the_chain() {
        for number in [135, 139] {
            let packet = in_ipv6(number, "3b 01 0500 00000000 0000000000000000");
            assert_eq!((packet.protocol, packet.stop), (number, Stop::Complete));
            let followed = in_ipv6(number, &format!("11 00 0500 00000000 {UDP}"));
            assert_eq!((followed.protocol, followed.sport), (17, 53));
        }
        // Shim6 is a header like the others.
        assert_eq!(in_ipv6(140, "3b 00 0000 00000000").protocol, 59);
    }

    #[test]
    fn the_longest() {
        let packet = in_ipv6(60, &format!("11 ff 0104 {} {UDP}", "00".repeat(2044)));
        assert_eq!((packet.sport, packet.stop), (53, Stop::Complete));
    }

    #[test]
    fn longer_than_the_packet() {
        let packet = in_ipv6(60, &format!("11 02 0104 00000000 {UDP}"));
        assert_eq!((packet.protocol, packet.stop, packet.layers), (60, Stop::Malformed, layer::IPV6));
    }

    #[test]
    fn cuts() {
        check_cuts(RAW, &ipv6(0, &format!("2b 00 0104 00000000 11 00 0000 00000000 {UDP}")), 40 + 8 + 8 + 8);
    }
}
