//! Linux cooked capture (LINKTYPE_LINUX_SLL): what `tcpdump -i any` wrote until 2020.

use super::ethernet;
use crate::wire::cursor::{Cursor, be16};
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, layer};
use crate::wire::packet::Packet;

const HEADER_LEN: usize = 16;

/// Hardware types (ARPHRD) whose protocol field is no EtherType: netlink and Frame Relay, and radiotap.
const NO_ETHERTYPE: [u16; 2] = [824, 770];
const RADIOTAP: u16 = 803;
/// Protocols of Linux that are no EtherTypes.
const LLC: u16 = 4;
const PPP: u16 = 7;
/// The EtherTypes that stand for the same.
const ETHERTYPE_LLC: u16 = 0x8870;
const ETHERTYPE_PPP: u16 = 0x880b;
/// Its LINKTYPE.
const RADIOTAP_LINK: u16 = 127;

#[inline]
pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let header = cursor.header::<HEADER_LEN>()?;
    packet.layers = layer::SLL;
    cursor.skip(HEADER_LEN)?;
    protocol(be16(header, 2), be16(header, 14), packet)
}

/// What the hardware type and protocol of either version of the header say follows.
#[inline]
pub fn protocol(hardware: u16, protocol: u16, packet: &mut Packet) -> Decoded {
    if hardware == RADIOTAP {
        return Ok(Next::Link(RADIOTAP_LINK));
    }
    if NO_ETHERTYPE.contains(&hardware) {
        return Ok(Next::Stop(Stop::Unsupported));
    }
    match protocol {
        LLC => Ok(Next::EtherType(ETHERTYPE_LLC)),
        PPP => Ok(Next::EtherType(ETHERTYPE_PPP)),
        0..ethernet::FIRST_ETHERTYPE => Ok(Next::Stop(Stop::Unsupported)),
        ethertype => ethernet::payload(ethertype, packet),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::{check_cuts, hex, packet};

    const SLL: u16 = 113;

    /// `tcpdump -i any -y LINUX_SLL` on loopback: UDP-Lite.
    const LOOPBACK: &str = "0000 0304 0006 0000000000000000 0800
        45000021d6774000408865db7f0000017f000001 aecb0009000d0eb468656c6c6f";

    #[test]
    fn ip_inside() {
        let packet = packet(SLL, &hex(LOOPBACK));
        assert_eq!((packet.ethertype, packet.sport, packet.payload_length), (0x0800, 44747, 5));
        assert_eq!((packet.layers, packet.stop), (layer::SLL | layer::IPV4 | layer::UDPLITE, Stop::Complete));
        assert_eq!((packet.eth_src, packet.eth_dst), ([0; 6], [0; 6]));
    }

    #[test]
    fn cuts() {
        check_cuts(SLL, &hex(LOOPBACK), 16 + 20 + 8);
    }

    #[test]
    fn a_tag_inside() {
        let packet = packet(SLL, &hex("0000 0001 0006 02000a1400010000 8100 001e 0806"));
        assert_eq!((packet.vlan_id, packet.ethertype, packet.layers), (30, 0x0806, layer::SLL | layer::VLAN));
    }

    #[test]
    fn hardware_without_ethertypes() {
        let netlink = packet(SLL, &hex("0004 0338 0000 0000000000000000 0800 4500"));
        assert_eq!((netlink.ethertype, netlink.stop, netlink.layers), (0, Stop::Unsupported, layer::SLL));
    }

    #[test]
    fn linux_protocol_numbers_below_the_ethertypes() {
        // LINUX_SLL_P_802_2: an LLC header follows.
        let llc = packet(SLL, &hex("0000 0001 0006 02000a1400010000 0004 424203"));
        assert_eq!((llc.ethertype, llc.stop), (0, Stop::Unsupported));
    }
}
