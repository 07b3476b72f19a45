//! UDP (RFC 768).

use crate::wire::cursor::{Cursor, be16};
use crate::wire::dispatch::{self, Decoded, Next};
use crate::wire::layers::{Stop, layer};
use crate::wire::packet::Packet;
use crate::wire::tunnel::ports::OverUdp;

const HEADER_LEN: usize = 8;

#[inline(always)]
pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let header = cursor.header::<HEADER_LEN>()?;
    packet.layers |= layer::UDP;
    packet.sport = be16(header, 0);
    packet.dport = be16(header, 2);
    // 0 is a jumbogram (RFC 2675) or segmentation offload: all there is.
    let length = match u32::from(be16(header, 4)) {
        0 => cursor.wire(),
        length => length,
    };
    let Some(payload) = length.checked_sub(HEADER_LEN as u32) else {
        return Err(Next::Stop(Stop::Malformed));
    };
    packet.payload_length = payload;
    match cursor.context().over_udp(packet.sport, packet.dport) {
        None => Ok(Next::Stop(Stop::Complete)),
        Some(tunnel) => Ok(Next::OverUdp(tunnel, payload)),
    }
}

/// What the datagram carries, if it can be one of the tunnel's at all.
pub fn carried(tunnel: OverUdp, payload: u32, cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    cursor.skip(HEADER_LEN)?;
    cursor.limit(payload);
    // Nothing that was announced is missing where a datagram has no payload, or is a first fragment.
    if payload == 0 {
        return Ok(Next::Stop(Stop::Complete));
    }
    dispatch::over_udp(tunnel, cursor, packet)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::{RAW, check_cuts, in_ipv4, in_ipv6, ipv4};

    #[test]
    fn header() {
        // From `examples/data/lab.pcap`: a DNS query.
        let packet = in_ipv4(
            17,
            "b5eb 0035 0040 239e 69be0120000100000000000103777777036c6162076578616d706c65
                00001c000100002904d000000000000c000a0008bbc39cacc78b2aa1",
        );
        assert_eq!((packet.sport, packet.dport, packet.payload_length), (46571, 53, 56));
        assert_eq!((packet.layers, packet.stop), (layer::IPV4 | layer::UDP, Stop::Complete));
    }

    #[test]
    fn length() {
        let stop_and_payload = |length: &str| {
            let packet = in_ipv6(17, &format!("0035 1234 {length} 0000 61626364"));
            assert_eq!((packet.sport, packet.dport), (53, 0x1234));
            (packet.stop, packet.payload_length)
        };
        assert_eq!(stop_and_payload("000c"), (Stop::Complete, 4));
        assert_eq!(stop_and_payload("0008"), (Stop::Complete, 0));
        assert_eq!(stop_and_payload("0007"), (Stop::Malformed, 0));
        assert_eq!(stop_and_payload("0001"), (Stop::Malformed, 0));
        // A jumbogram or segmentation offload: all there is.
        assert_eq!(stop_and_payload("0000"), (Stop::Complete, 4));
        // A first fragment: the header speaks of the whole datagram.
        assert_eq!(stop_and_payload("05dc"), (Stop::Complete, 1492));
    }

    #[test]
    fn cuts() {
        check_cuts(RAW, &ipv4(17, "0035 1234 000c 0000 61626364"), 28);
    }
}
