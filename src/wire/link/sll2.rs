//! Linux cooked capture, version 2 (LINKTYPE_LINUX_SLL2).

use super::sll;
use crate::wire::cursor::{Cursor, be16};
use crate::wire::dispatch::Decoded;
use crate::wire::layers::layer;
use crate::wire::packet::Packet;

const HEADER_LEN: usize = 20;

#[inline]
pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let header = cursor.header::<HEADER_LEN>()?;
    packet.layers = layer::SLL;
    cursor.skip(HEADER_LEN)?;
    sll::protocol(be16(header, 8), be16(header, 0), packet)
}

#[cfg(test)]
mod tests {
    use crate::wire::testing::{check_cuts, hex, packet};
    use crate::wire::{Stop, layer};

    const SLL2: u16 = 276;

    /// `tcpdump -i any -y LINUX_SLL2` on loopback: an ICMP error about a UDP-Lite datagram.
    const LOOPBACK: &str = "0800 0000 00000001 0304 00 06 0000000000000000
        45c0003d4cb8000040012f467f0000017f000001 0303fb9400000000 45000021d6774000408865db7f0000017f000001 aecb0009000d0eb468656c6c6f";

    #[test]
    fn ip_inside() {
        let packet = packet(SLL2, &hex(LOOPBACK));
        assert_eq!((packet.ethertype, packet.icmp_type, packet.icmp_code), (0x0800, 3, 3));
        assert_eq!((packet.layers, packet.stop), (layer::SLL | layer::IPV4 | layer::ICMP, Stop::Complete));
    }

    #[test]
    fn cuts() {
        check_cuts(SLL2, &hex(LOOPBACK), 20 + 20 + 4);
    }

    #[test]
    fn hardware_without_ethertypes() {
        let netlink = packet(SLL2, &hex("0800 0000 00000001 0338 04 00 0000000000000000 4500"));
        assert_eq!((netlink.ethertype, netlink.stop), (0, Stop::Unsupported));
    }
}
