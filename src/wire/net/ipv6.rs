//! IPv6 (RFC 8200), with jumbograms (RFC 2675).

use crate::wire::cursor::{Cursor, be16, be32};
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::layer;
use crate::wire::packet::Packet;

const HEADER_LEN: usize = 40;
const NO_NEXT_HEADER: u8 = 59;

#[inline(always)]
pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let header = cursor.header::<HEADER_LEN>()?;
    // 0 is a jumbogram, or segmentation offload: all there is. Unless nothing is said to follow.
    let total = match u32::from(be16(header, 4)) {
        0 if header[6] != NO_NEXT_HEADER => cursor.wire(),
        payload => HEADER_LEN as u32 + payload,
    };

    packet.layers |= layer::IPV6;
    packet.ip_version = 6;
    packet.tos = (be32(header, 0) >> 20) as u8;
    packet.ip_length = total;
    packet.protocol = header[6];
    packet.ttl = header[7];
    packet.ipv6 =
        [*header[8..].first_chunk().expect("sixteen of 32 bytes"), *header[24..].first_chunk().expect("sixteen of 16 bytes")];

    cursor.limit(total);
    cursor.skip(HEADER_LEN)?;
    Ok(Next::Protocol(packet.protocol))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::{ETHERNET, RAW, check_cuts, hex, in_ipv6, ipv6, packet};
    use crate::wire::{Address, Stop};

    const UDP: &str = "0035 1234 000c 0000 61626364";

    #[test]
    fn header() {
        // From `examples/data/lab.pcap`: a TCP SYN, with a flow label.
        let packet = packet(
            RAW,
            &hex("60034702 0028 06 40 fd000020000000000000000000000102 fd000020000000000000000000000010
                8dca0050f87bacde00000000a002fd20ac470000020405a00402080afd5e7281000000000103030a"),
        );
        let address = |last| Address::V6(u128::to_be_bytes((0xfd00_0020_u128 << 96) | last));
        assert_eq!((packet.src(), packet.dst()), (address(0x102), address(0x10)));
        assert_eq!((packet.ip_version, packet.protocol, packet.ttl, packet.tos), (6, 6, 64, 0));
        assert_eq!((packet.ip_length, packet.ip_id, packet.fragment_offset), (80, 0, 0));
        assert_eq!((packet.sport, packet.tcp_mss), (36298, 1440));
        assert_eq!((packet.layers, packet.stop), (layer::IPV6 | layer::TCP, Stop::Complete));
    }

    #[test]
    fn traffic_class_lies_across_bytes() {
        let mut data = ipv6(17, UDP);
        data[..4].copy_from_slice(&hex("6b8fffff"));
        assert_eq!(packet(RAW, &data).tos, 0xb8);
    }

    #[test]
    fn payload_length() {
        let stop_and_lengths = |field: &str| {
            let mut data = ipv6(17, UDP);
            data[4..6].copy_from_slice(&hex(field));
            let packet = packet(RAW, &data);
            (packet.stop, packet.ip_length, packet.payload_length)
        };
        assert_eq!(stop_and_lengths("000c"), (Stop::Complete, 52, 4));
        // A jumbogram or segmentation offload: all there is.
        assert_eq!(stop_and_lengths("0000"), (Stop::Complete, 52, 4));
        // Less than the next header.
        assert_eq!(stop_and_lengths("0007"), (Stop::Malformed, 47, 0));
        // More than there is.
        assert_eq!(stop_and_lengths("ffff"), (Stop::Complete, 65575, 4));
    }

    #[test]
    fn jumbogram() {
        // RFC 2675: a hop-by-hop option has the length, the datagram's own is 0.
        let mut data = ipv6(0, &format!("11 00 c2 04 00011180 0035 1234 0000 0000 {}", "00".repeat(70_000)));
        data[4..6].fill(0);
        let packet = packet(RAW, &data);
        assert_eq!((packet.ip_length, packet.payload_length, packet.stop), (70_056, 70_000, Stop::Complete));
    }

    #[test]
    fn no_next_header() {
        let packet = in_ipv6(59, "");
        assert_eq!((packet.protocol, packet.stop, packet.layers), (59, Stop::Complete, layer::IPV6));
    }

    #[test]
    fn padding_is_no_payload() {
        let frame = [hex("02000a14000a 02000a140066 86dd"), ipv6(17, UDP), vec![0; 8]].concat();
        assert_eq!(packet(ETHERNET, &frame).payload_length, 4);
    }

    #[test]
    fn cuts() {
        check_cuts(RAW, &ipv6(17, UDP), 48);
    }
}
