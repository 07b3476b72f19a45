//! PPPoE (RFC 2516).

use super::ppp;
use crate::wire::cursor::{Cursor, be16};
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, layer};
use crate::wire::packet::Packet;

const HEADER_LEN: usize = 6;

pub fn decode_session(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let header = cursor.header::<HEADER_LEN>()?;
    packet.layers |= layer::PPPOE;
    cursor.skip(HEADER_LEN)?;
    cursor.limit(be16(header, 4).into());
    ppp::protocol(cursor, packet)
}

/// The negotiation of a session, which carries no packet.
pub fn decode_discovery(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    cursor.header::<HEADER_LEN>()?;
    packet.layers |= layer::PPPOE;
    Ok(Next::Stop(Stop::Unsupported))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::{ETHERNET, check_cuts, hex, packet};

    const MACS: &str = "02000a140001 02000a140066";
    /// From a capture: UDP 54935 → 50001.
    const UDP: &str = "45000024446400007f112fc205248de44216f284 d697c3510010170a1337cafea9010000";

    fn session(length: &str) -> Packet {
        packet(ETHERNET, &hex(&format!("{MACS} 8864 1100 3d6d {length} 0021 {UDP} 00000000")))
    }

    #[test]
    fn ip_in_a_session() {
        let whole = session("0026");
        assert_eq!((whole.ethertype, whole.sport, whole.payload_length), (0x8864, 54935, 8));
        assert_eq!(whole.layers, layer::ETHERNET | layer::PPPOE | layer::PPP | layer::IPV4 | layer::UDP);
        // LINKTYPE_PPP_ETHER: the header without Ethernet around it.
        assert_eq!(packet(51, &hex(&format!("1100 3d6d 0026 0021 {UDP}"))).sport, 54935);
    }

    #[test]
    fn length() {
        // Longer than the frame: all there is. Too short for the protocol field, or for the IP header.
        assert_eq!((session("ffff").sport, session("ffff").stop), (54935, Stop::Complete));
        assert_eq!(
            (session("0000").stop, session("0001").stop, session("0002").stop),
            (Stop::Malformed, Stop::Malformed, Stop::Malformed)
        );
        assert_eq!(session("0001").layers, layer::ETHERNET | layer::PPPOE);
    }

    #[test]
    fn what_carries_no_packet() {
        // From a capture: PADI, and LCP in a session.
        let padi = packet(ETHERNET, &hex(&format!("{MACS} 8863 1109 0000 000c 0101 0000 0103 0004 64138518")));
        assert_eq!((padi.layers, padi.stop, padi.ethertype), (layer::ETHERNET | layer::PPPOE, Stop::Unsupported, 0x8863));
        let lcp = packet(ETHERNET, &hex(&format!("{MACS} 8864 1100 0017 000e c021 096a000ca4cbea340ee2f609")));
        assert_eq!((lcp.layers, lcp.stop), (layer::ETHERNET | layer::PPPOE | layer::PPP, Stop::Unsupported));
    }

    #[test]
    fn cuts() {
        check_cuts(ETHERNET, &hex(&format!("{MACS} 8864 1100 3d6d 0026 0021 {UDP}")), 14 + 8 + 28);
        check_cuts(ETHERNET, &hex(&format!("{MACS} 8863 1109 0000 0004 0101 0000")), 14 + 6);
    }
}
