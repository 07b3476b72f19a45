//! PPP (RFC 1661), in HDLC-like framing (RFC 1662) or not.

use super::{chdlc, ethernet};
use crate::wire::cursor::{Cursor, be16};
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, layer};
use crate::wire::net;
use crate::wire::packet::Packet;

const ADDRESS_AND_CONTROL_LEN: usize = 2;
const ALL_STATIONS: u8 = 0xff;
/// An odd first byte is a whole protocol field, compressed (RFC 1661, section 6.5).
const COMPRESSED: u8 = 1;
/// What precedes a bridged frame: flags and MAC type (RFC 3518, section 4.2).
const BRIDGING_LEN: usize = 2;
const TCP: u8 = 6;

/// With an address and a control field or, where they are compressed, without. Cisco HDLC also is found in such captures.
pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    match cursor.header::<1>()?[0] {
        chdlc::UNICAST | chdlc::MULTICAST => return chdlc::decode(cursor, packet),
        ALL_STATIONS => {
            cursor.header::<ADDRESS_AND_CONTROL_LEN>()?;
            packet.layers |= layer::PPP;
            cursor.skip(ADDRESS_AND_CONTROL_LEN)?;
        }
        _ => {}
    }
    protocol(cursor, packet)
}

/// Behind a byte that says whether the packet was sent or received.
pub fn decode_with_direction(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    cursor.skip(1)?;
    decode(cursor, packet)
}

/// From the protocol field on.
pub fn protocol(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let first = cursor.header::<1>()?[0];
    let (number, length) = if first & COMPRESSED == 0 { (be16(cursor.header::<2>()?, 0), 2) } else { (u16::from(first), 1) };
    packet.layers |= layer::PPP;
    cursor.skip(length)?;
    match number {
        0x0021 | 0x0057 => Ok(Next::Ip),
        0x0031 => bridged(cursor, packet),
        0x0281 => Ok(Next::EtherType(0x8847)),
        0x0283 => Ok(Next::EtherType(0x8848)),
        0x002f if packet.tunnel_depth == 0 => uncompressed_tcp(cursor, packet),
        _ => Ok(Next::Stop(Stop::Unsupported)),
    }
}

/// A bridged frame of IEEE 802.3; of bridge control no frame follows.
fn bridged(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    const BRIDGE_CONTROL: u8 = 0x10;
    const IEEE_802_3: u8 = 1;
    let &[flags, mac_type] = cursor.header::<BRIDGING_LEN>()?;
    if flags & BRIDGE_CONTROL != 0 || mac_type != IEEE_802_3 {
        return Ok(Next::Stop(Stop::Unsupported));
    }
    cursor.skip(BRIDGING_LEN)?;
    ethernet::inner(cursor, packet)
}

/// Van Jacobson's uncompressed TCP (RFC 1144): a connection number stands in place of IP's protocol.
fn uncompressed_tcp(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let decoded = net::ipv4::decode(cursor, packet);
    if packet.ip_version == 4 {
        packet.protocol = TCP;
    }
    let next = decoded?;
    Ok(if matches!(next, Next::Protocol(_)) { Next::Protocol(TCP) } else { next })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::{check_cuts, hex, packet};

    const PPP: u16 = 9;
    const PPP_SERIAL: u16 = 50;
    /// From a capture: a TCP SYN to Telnet.
    const SYN: &str = "45c0002c4ded0000ff06d517bf010d01bf010d03 ea3700176d0bbac30000000060021020dde10000020405b4";
    /// From the same: the third packet of the handshake, in which 0 stands for TCP.
    const UNCOMPRESSED: &str = "45c000284dee0000ff00d51abf010d01bf010d03 ea3700176d0bbac491d6adc050101020b5f70000";

    fn ppp(header: &str) -> Packet {
        packet(PPP, &hex(&format!("{header} {SYN}")))
    }

    #[test]
    fn every_form_of_the_header() {
        for header in ["ff03 0021", "ff03 21", "0021", "21"] {
            let packet = ppp(header);
            assert_eq!((packet.sport, packet.dport, packet.stop), (59959, 23, Stop::Complete), "{header}");
            assert_eq!(packet.layers, layer::PPP | layer::IPV4 | layer::TCP);
        }
        for direction in ["00 ff03 0021", "01 21"] {
            assert_eq!(packet(166, &hex(&format!("{direction} {SYN}"))).dport, 23);
            assert_eq!(packet(204, &hex(&format!("{direction} {SYN}"))).dport, 23);
        }
    }

    #[test]
    fn cisco_hdlc() {
        for header in ["0f00 0800", "8f00 0800"] {
            let packet = packet(PPP_SERIAL, &hex(&format!("{header} {SYN}")));
            assert_eq!((packet.dport, packet.layers), (23, layer::OTHER_LINK | layer::IPV4 | layer::TCP));
        }
    }

    #[test]
    fn bridging() {
        // Made by RFC 3518: with FCS and without, and bridge control.
        for header in ["8001", "0001"] {
            let packet = ppp(&format!("0031 {header} 02000a140001 02000a140066 0800"));
            assert_eq!((packet.dport, packet.ethertype, packet.stop), (23, 0x0800, Stop::Complete));
        }
        assert_eq!(ppp("0031 1001 02000a140001 02000a140066 0800").stop, Stop::Unsupported);
        assert_eq!(ppp("0031 0003 02000a140001 02000a140066 0800").stop, Stop::Unsupported);
    }

    #[test]
    fn van_jacobson() {
        let packet = packet(PPP, &hex(&format!("ff03 002f {UNCOMPRESSED}")));
        assert_eq!((packet.dport, packet.protocol, packet.tcp_flags, packet.stop), (23, 6, 0x10, Stop::Complete));
    }

    #[test]
    fn what_carries_no_packet() {
        // LCP, IPCP, CHAP, CDP, multilink, Van Jacobson's compressed TCP.
        for number in ["c021", "8021", "c223", "0207", "003d", "002d"] {
            let packet = packet(PPP, &hex(&format!("ff03 {number} 09d5000c052a670b032a6f4b")));
            assert_eq!((packet.layers, packet.stop), (layer::PPP, Stop::Unsupported), "{number}");
        }
    }

    #[test]
    fn cuts() {
        let options = 4;
        check_cuts(PPP, &hex(&format!("ff03 0021 {SYN}")), 4 + 20 + 20 + options);
        check_cuts(PPP, &hex(&format!("ff03 002f {UNCOMPRESSED}")), 4 + 20 + 20);
    }
}
