//! Frame Relay: Q.922 addresses, and what RFC 2427 or Cisco's encapsulation put behind them.

use super::{chdlc, ethernet, llc, ppp};
use crate::wire::cursor::{Cursor, be16};
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, layer};
use crate::wire::packet::Packet;

/// Q.922 has addresses of two, three and four bytes.
const MAX_ADDRESS_LEN: usize = 4;
/// Set in the last byte of an address.
const ADDRESS_END: u8 = 0x01;
const ETHERNET_LEN: usize = 14;

const UNNUMBERED_INFORMATION: u8 = 0x03;
/// Fills up to a whole number of 16-bit words.
const PAD: u8 = 0x00;

pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let start = &cursor.data()[..cursor.data().len().min(MAX_ADDRESS_LEN)];
    let Some(end) = start.iter().position(|byte| byte & ADDRESS_END != 0) else {
        return Err(if start.len() < MAX_ADDRESS_LEN { cursor.missing(start.len() + 1) } else { Next::Stop(Stop::Malformed) });
    };
    let connection = is_connection(&start[..=end]);
    packet.layers |= layer::OTHER_LINK;
    cursor.skip(end + 1)?;
    payload(connection, cursor, packet)
}

/// Whether an address has a DLCI other than 0, which is for signalling only.
fn is_connection(address: &[u8]) -> bool {
    /// The last of three or four bytes holds flow control where this is set.
    const CONTROL: u8 = 0x02;
    let lowest = |last: u8| if last & CONTROL == 0 { last & 0xfc } else { 0 };
    match *address {
        [first, second] => first & 0xfc | second & 0xf0 != 0,
        [first, second, last] => first & 0xfc | second & 0xf0 | lowest(last) != 0,
        [first, second, third, last] => first & 0xfc | second & 0xf0 | third & 0xfe | lowest(last) != 0,
        _ => false,
    }
}

/// RFC 2427 begins with a control field, Cisco's encapsulation with an EtherType; some send Ethernet frames as they are.
fn payload(connection: bool, cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    if cursor.header::<1>()?[0] == UNNUMBERED_INFORMATION {
        cursor.skip(1)?;
        return identified(cursor, packet);
    }
    let number = be16(cursor.header::<2>()?, 0);
    if !connection {
        return Ok(Next::Stop(Stop::Unsupported));
    }
    if let Ok(next @ Next::EtherType(_)) = chdlc::payload(number) {
        cursor.skip(2)?;
        return Ok(next);
    }
    if (cursor.wire() as usize) < ETHERNET_LEN {
        return Ok(Next::Stop(Stop::Unsupported));
    }
    ethernet::inner(cursor, packet)
}

/// By network layer protocol identifier, in front of which may be one byte of padding.
fn identified(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    const SNAP: u8 = 0x80;
    if cursor.header::<1>()?[0] == PAD {
        cursor.skip(1)?;
    }
    if cursor.header::<1>()?[0] == SNAP {
        cursor.skip(1)?;
        return llc::snap(0, cursor, packet);
    }
    network_layer(cursor, packet)
}

/// By network layer protocol identifier (ISO/IEC TR 9577).
pub fn network_layer(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let identifier = cursor.header::<1>()?[0];
    cursor.skip(1)?;
    match identifier {
        0xcc | 0x8e => Ok(Next::Ip),
        0xcf => ppp::protocol(cursor, packet),
        _ => Ok(Next::Stop(Stop::Unsupported)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::{check_cuts, hex, packet};

    const FRELAY: u16 = 107;
    /// From a capture: an ICMP echo request.
    const ECHO: &str = "45000064000f0000ff01a7870a0000010a000002 0800035c00030000";

    fn frame(header: &str) -> Packet {
        packet(FRELAY, &hex(&format!("{header} {ECHO} {}", "abcd".repeat(36))))
    }

    #[test]
    fn ip_in_every_encapsulation() {
        // Cisco's, RFC 2427's with padding and without, SNAP, PPP, and bridged or plain Ethernet.
        let macs = "02000a140001 02000a140066 0800";
        let bridged = format!("1861 03 00 80 0080c2 0007 {macs}");
        let plain = format!("1861 {macs}");
        let headers = ["1861 0800", "1861 03 cc", "1861 03 00 cc", "1861 03 00 80 000000 0800", &bridged, &plain];
        for header in headers {
            let packet = frame(header);
            assert_eq!((packet.ipv4_src, packet.icmp_type, packet.stop), (0x0a00_0001, 8, Stop::Complete), "{header}");
            let (ethernet, ethertype) = if header.ends_with(macs) { (layer::ETHERNET, 0x0800) } else { (0, 0) };
            assert_eq!((packet.layers, packet.ethertype), (layer::OTHER_LINK | ethernet | layer::IPV4 | layer::ICMP, ethertype));
        }
        assert_eq!(frame("1861 03 cf 0021").layers, layer::OTHER_LINK | layer::PPP | layer::IPV4 | layer::ICMP);
    }

    #[test]
    fn every_length_of_the_address() {
        for address in ["1861", "186003", "18608003", "000005", "00000203", "00000005"] {
            assert_eq!(frame(&format!("{address} 0800")).icmp_type, 8, "{address}");
        }
        let endless = frame("1860808002 0800");
        assert_eq!((endless.stop, endless.layers), (Stop::Malformed, 0));
    }

    #[test]
    fn inverse_arp() {
        // From a capture: its hardware addresses have two bytes.
        let data = "1861 03 00 80 000000 0806 000f0800 02 04 0008 0000 0a000002 3091 0000 0000";
        let packet = packet(FRELAY, &hex(data));
        assert_eq!((packet.ipv4_src, packet.layers), (0x0a00_0002, layer::OTHER_LINK | layer::ARP));
    }

    #[test]
    fn what_carries_no_packet() {
        // From captures: Q.933 and Cisco's LMI. Then XID, and Cisco's encapsulation where there is no connection.
        let signalling = ["0001 03 08 00759501010003020100", "fcf1 03 09 007501010003"];
        for data in signalling.into_iter().chain(["1861 af 00", "0001 0800 4500", "000007 0800 4500", "19 0800 4500"]) {
            let packet = packet(FRELAY, &hex(data));
            assert_eq!((packet.stop, packet.layers), (Stop::Unsupported, layer::OTHER_LINK));
        }
    }

    #[test]
    fn cuts() {
        let echo = 20 + 4;
        check_cuts(FRELAY, &hex(&format!("1861 0800 {ECHO}")), 4 + echo);
        check_cuts(FRELAY, &hex(&format!("1861 03 00 80 000000 0800 {ECHO}")), 10 + echo);
    }
}
