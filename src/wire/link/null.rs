//! BSD loopback encapsulation: LINKTYPE_NULL, in the capturing host's byte order, and LINKTYPE_LOOP, in network byte order.

use super::ethernet;
use crate::wire::cursor::{Cursor, be16, be32};
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, layer};
use crate::wire::packet::Packet;

const HEADER_LEN: usize = 4;

/// The host's byte order is not recorded; address families are small, which tells it.
#[inline]
pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let header = cursor.header::<HEADER_LEN>()?;
    // Some systems keep an EtherType in the lower half.
    let ethertype = be16(header, 2);
    if ethertype >= ethernet::FIRST_ETHERTYPE {
        packet.layers = layer::LOOPBACK;
        cursor.skip(HEADER_LEN)?;
        return Ok(Next::EtherType(ethertype));
    }
    let family = be32(header, 0);
    let family = if family > 0xffff { family.swap_bytes() } else { family };
    payload(family, cursor, packet)
}

#[inline]
pub fn decode_loop(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let family = be32(cursor.header::<HEADER_LEN>()?, 0);
    payload(family, cursor, packet)
}

/// By address family: 2 is AF_INET everywhere; AF_INET6 is 10 (Linux), 24 (NetBSD), 28 (FreeBSD), 30 (macOS).
#[inline]
fn payload(family: u32, cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    packet.layers = layer::LOOPBACK;
    cursor.skip(HEADER_LEN)?;
    match family {
        2 | 10 | 24 | 28 | 30 => Ok(Next::Ip),
        _ => Ok(Next::Stop(Stop::Unsupported)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::{check_cuts, hex, ipv4, ipv6, packet};

    const NULL: u16 = 0;
    const LOOP: u16 = 108;

    fn family(link_type: u16, family: &str, ip: &[u8]) -> Packet {
        packet(link_type, &[&hex(family), ip].concat())
    }

    #[test]
    fn both_byte_orders() {
        let datagram = ipv4(17, "0035 1234 0008 0000");
        for order in ["02000000", "00000002"] {
            let packet = family(NULL, order, &datagram);
            assert_eq!((packet.sport, packet.stop), (53, Stop::Complete));
            assert_eq!(packet.layers, layer::LOOPBACK | layer::IPV4 | layer::UDP);
        }
    }

    #[test]
    fn each_system_has_its_number_for_ipv6() {
        let datagram = ipv6(17, "0035 1234 0008 0000");
        for number in ["0a000000", "18000000", "1c000000", "1e000000", "0000001e"] {
            assert_eq!(family(NULL, number, &datagram).ip_version, 6);
        }
    }

    #[test]
    fn an_ethertype_in_the_lower_half() {
        let packet = family(NULL, "0f000800", &ipv4(17, "0035 1234 0008 0000"));
        assert_eq!((packet.sport, packet.stop, packet.ethertype), (53, Stop::Complete, 0));
    }

    #[test]
    fn network_byte_order_only() {
        let datagram = ipv4(17, "0035 1234 0008 0000");
        assert_eq!(family(LOOP, "00000002", &datagram).stop, Stop::Complete);
        assert_eq!(family(LOOP, "02000000", &datagram).stop, Stop::Unsupported);
    }

    #[test]
    fn other_families() {
        let appletalk = family(NULL, "10000000", &[]);
        assert_eq!((appletalk.stop, appletalk.layers), (Stop::Unsupported, layer::LOOPBACK));
    }

    #[test]
    fn cuts() {
        let data = [hex("02000000"), ipv4(17, "0035 1234 000a 0000 6162")].concat();
        check_cuts(NULL, &data, 4 + 20 + 8);
    }
}
