//! TaZmen Sniffer Protocol: frames that a sensor has captured. There is no specification: read as Wireshark does.

use super::enter;
use crate::wire::cursor::{Cursor, be16};
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, Tunnel};
use crate::wire::packet::Packet;

/// Version, type and encapsulated protocol; tagged fields follow.
const HEADER_LEN: usize = 4;
const VERSION: u8 = 1;

// Types that carry a frame: received, and to be sent.
const RECEIVED: u8 = 0;
const TRANSMIT: u8 = 1;

// Encapsulated protocols.
const NOTHING: u16 = 0;
const ETHERNET: u16 = 1;
const TOKEN_RING: u16 = 2;
const PPP: u16 = 4;
const FDDI: u16 = 5;
const RAW_IP: u16 = 7;
const IEEE80211: u16 = 18;
const PRISM: u16 = 119;
const AVS: u16 = 127;

// Tags without a length.
const PADDING: u8 = 0;
const END: u8 = 1;

pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    if cursor.wire() < HEADER_LEN as u32 {
        return Ok(Next::Stop(Stop::Complete));
    }
    let header = cursor.header::<HEADER_LEN>()?;
    let protocol = be16(header, 2);
    if header[0] != VERSION || !matches!(header[1], RECEIVED | TRANSMIT) || protocol == NOTHING {
        return Ok(Next::Stop(Stop::Complete));
    }
    cursor.skip(HEADER_LEN)?;
    skip_tags(cursor)?;
    let next = match protocol {
        // Its link columns would be those of the outermost frame.
        ETHERNET => Next::EtherType(0x6558),
        TOKEN_RING => Next::Link(6),
        PPP => Next::Link(9),
        FDDI => Next::Link(10),
        RAW_IP => Next::Ip,
        IEEE80211 => Next::Link(105),
        PRISM => Next::Link(119),
        AVS => Next::Link(163),
        _ => return Ok(Next::Stop(Stop::Unsupported)),
    };
    enter(Tunnel::Tzsp, 0, cursor, packet)?;
    Ok(next)
}

fn skip_tags(cursor: &mut Cursor) -> Result<(), Next> {
    // Ends: every turn takes at least the tag off the cursor.
    loop {
        match *cursor.header::<1>()? {
            [END] => return cursor.skip(1),
            [PADDING] => cursor.skip(1)?,
            _ => {
                let &[_, length] = cursor.header::<2>()?;
                cursor.skip(2 + usize::from(length))?;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::{RAW, cut_packet, hex, in_ipv4, ipv4};
    use crate::wire::{Address, layer};

    const PACKET: &str = "4500001c123400004011 0000 0b000001 0b000002 0035 1234 0008 0000";
    const MACS: &str = "02000a000001 02000a000002 0800";
    const WLAN: &str = "0800 0000 02000a000001 02000a000002 02000a000003 0000 aaaa03 000000 0800";

    fn datagram(payload: &str) -> String {
        format!("d431 9090 {:04x} 0000 {payload}", 8 + hex(payload).len())
    }

    fn stop_and_tunnel(payload: &str) -> (Stop, Tunnel, u16) {
        let packet = in_ipv4(17, &datagram(payload));
        (packet.stop, packet.tunnel, packet.sport)
    }

    #[test]
    fn encapsulated_protocols() {
        let avs = format!("80211001 00000040 {} {WLAN}", "00".repeat(56));
        let prism = format!("44000000 90000000 {} {WLAN}", "00".repeat(136));
        for (number, header) in [("0001", MACS), ("0007", ""), ("0012", WLAN), ("0077", &prism), ("007f", &avs)] {
            let found = stop_and_tunnel(&format!("0100 {number} 01 {header} {PACKET}"));
            assert_eq!(found, (Stop::Complete, Tunnel::Tzsp, 53), "{number}");
        }
        assert_eq!(stop_and_tunnel(&format!("0100 0099 01 {PACKET}")), (Stop::Unsupported, Tunnel::None, 54321));
    }

    #[test]
    fn tags() {
        // Padding, signal strength, original length, end.
        let data = ipv4(17, &datagram(&format!("0101 0001 00 0a0155 00 29020040 01 {MACS} {PACKET}")));
        let packet = cut_packet(RAW, &data, data.len());
        assert_eq!((packet.src(), packet.sport, packet.stop), (Address::V4(0x0b00_0001), 53, Stop::Complete));
        assert_eq!((packet.outer_src(), packet.tunnel, packet.tunnel_depth), (Address::V4(0x0a00_0001), Tunnel::Tzsp, 1));
        assert_eq!((packet.layers, packet.eth_src), (layer::ETHERNET | layer::IPV4 | layer::UDP, [2, 0, 10, 0, 0, 2]));
        for captured in 20..data.len() {
            assert_eq!(cut_packet(RAW, &data, captured).stop, Stop::Truncated, "{captured}");
        }
        for tags in ["", "00", "0a", "0aff 0000", "0000 0a01"] {
            assert_eq!(stop_and_tunnel(&format!("0100 0001 {tags}")), (Stop::Malformed, Tunnel::None, 54321), "{tags}");
        }
    }

    #[test]
    fn datagrams_that_carry_no_frame() {
        // Keep-alive, port opener, configuration, nothing encapsulated, another version, too short.
        for header in ["0104 0001", "0105 0001", "0103 0001", "0100 0000", "0200 0001", "0100 00"] {
            let payload = if header.len() < 9 { header.into() } else { format!("{header} 01 {MACS} {PACKET}") };
            assert_eq!(stop_and_tunnel(&payload), (Stop::Complete, Tunnel::None, 54321), "{header}");
        }
    }
}
