//! ATM: multiprotocol encapsulation over AAL5 (RFC 2684), SunATM, Classical IP (RFC 2225).

use super::{ethernet, llc};
use crate::wire::cursor::{Cursor, be16};
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, layer};
use crate::wire::packet::Packet;

/// Traffic type and direction, VPI, VCI.
const SUN_HEADER_LEN: usize = 4;
/// What LAN emulation puts in front of a frame: the client that sent it, or a marker of control frames.
const LANE_HEADER_LEN: usize = 2;
const LANE_CONTROL: u16 = 0xff00;
const SNAP: [u8; 3] = [0xaa, 0xaa, 0x03];

pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    llc::decode(cursor, packet)
}

/// Linux Classical IP: with an LLC header, or IP at once.
pub fn decode_classical_ip(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    if *cursor.header::<3>()? == SNAP {
        return llc::decode(cursor, packet);
    }
    Ok(Next::Ip)
}

/// LINKTYPE_SUNATM, which Solaris writes.
pub fn decode_sunatm(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    const TRAFFIC_TYPE: u8 = 0x0f;
    const LANE: u8 = 1;
    const LLC: u8 = 2;
    const ILMI: u8 = 5;
    const SIGNALLING: u8 = 6;
    let header = cursor.header::<SUN_HEADER_LEN>()?;
    packet.layers |= layer::OTHER_LINK;
    cursor.skip(SUN_HEADER_LEN)?;
    match header[0] & TRAFFIC_TYPE {
        LANE => lan_emulation(cursor, packet),
        LLC => llc::decode(cursor, packet),
        ILMI | SIGNALLING => Ok(Next::Stop(Stop::Unsupported)),
        _ if *cursor.header::<3>()? == SNAP => llc::decode(cursor, packet),
        _ => Ok(Next::Stop(Stop::Unsupported)),
    }
}

/// LAN emulation (af-lane-0084), of IEEE 802.3.
fn lan_emulation(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let marker = be16(cursor.header::<LANE_HEADER_LEN>()?, 0);
    cursor.skip(LANE_HEADER_LEN)?;
    if marker == LANE_CONTROL {
        return Ok(Next::Stop(Stop::Unsupported));
    }
    ethernet::inner(cursor, packet)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::{check_cuts, hex, ipv4, packet};

    const ATM_RFC1483: u16 = 100;
    const SUNATM: u16 = 123;

    fn udp_behind(header: &str) -> Vec<u8> {
        let mut data = hex(header);
        data.extend(ipv4(17, "0035 1234 0008 0000"));
        data
    }

    #[test]
    fn llc_encapsulation() {
        // Made by RFC 2684.
        let packet = packet(ATM_RFC1483, &udp_behind("aaaa03 000000 0800"));
        assert_eq!((packet.sport, packet.layers), (53, layer::LLC | layer::IPV4 | layer::UDP));
    }

    #[test]
    fn sunatm() {
        let llc = packet(SUNATM, &udp_behind("82 00 0064 aaaa03 000000 0800"));
        assert_eq!((llc.sport, llc.layers), (53, layer::OTHER_LINK | layer::LLC | layer::IPV4 | layer::UDP));
        assert_eq!(packet(SUNATM, &udp_behind("30 00 0064 aaaa03 000000 0800")).layers, llc.layers);
        let lane = packet(SUNATM, &udp_behind("01 00 0064 0003 02000a140001 02000a140066 0800"));
        assert_eq!(
            (lane.sport, lane.layers, lane.ethertype),
            (53, layer::OTHER_LINK | layer::ETHERNET | layer::IPV4 | layer::UDP, 0x0800)
        );
        // LAN emulation control, ILMI, signalling, and AAL5 of no known type.
        for header in ["01 00 0064 ff00", "05 00 0010", "06 00 0005", "30 00 0003"] {
            let packet = packet(SUNATM, &udp_behind(header));
            assert_eq!((packet.stop, packet.layers), (Stop::Unsupported, layer::OTHER_LINK));
        }
    }

    #[test]
    fn cuts() {
        check_cuts(SUNATM, &udp_behind("02 00 0064 aaaa03 000000 0800"), 4 + 8 + 28);
        check_cuts(SUNATM, &udp_behind("01 00 0064 0003 02000a140001 02000a140066 0800"), 4 + 16 + 28);
    }
}
