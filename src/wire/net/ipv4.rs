//! IPv4 (RFC 791).

use crate::wire::cursor::{Cursor, be16, be32};
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, layer};
use crate::wire::packet::Packet;

const MIN_HEADER_LEN: usize = 20;
const MORE_FRAGMENTS: u16 = 0x2000;
const OFFSET: u16 = 0x1fff;

#[inline(always)]
pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let header = cursor.header::<MIN_HEADER_LEN>()?;
    let header_len = usize::from(header[0] & 0x0f) * 4;
    if header_len < MIN_HEADER_LEN {
        return Err(Next::Stop(Stop::Malformed));
    }
    // Segmentation offload hands packets to the capture before their length is set: 0 is "all there is".
    let total = match u32::from(be16(header, 2)) {
        0 => cursor.wire(),
        total => total,
    };
    let fragment = be16(header, 6);

    packet.layers |= layer::IPV4;
    packet.ip_version = 4;
    packet.tos = header[1];
    packet.ip_length = total;
    packet.ip_id = u32::from(be16(header, 4));
    packet.fragment_offset = (fragment & OFFSET) * 8;
    packet.ttl = header[8];
    packet.protocol = header[9];
    packet.ipv4_src = be32(header, 12);
    packet.ipv4_dst = be32(header, 16);

    if (total as usize) < header_len {
        return Err(Next::Stop(Stop::Malformed));
    }
    cursor.limit(total);
    cursor.skip(header_len)?;
    if fragment & (MORE_FRAGMENTS | OFFSET) != 0 {
        packet.layers |= layer::FRAGMENT;
        if fragment & OFFSET != 0 {
            return Ok(Next::Stop(Stop::Complete));
        }
    }
    Ok(Next::Protocol(packet.protocol))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Address;
    use crate::wire::testing::{ETHERNET, RAW, check_cuts, cut_packet, hex, ipv4, packet};

    const UDP: &str = "0035 1234 000c 0000 61626364";

    /// A packet whose field at `at` is another.
    fn with(at: usize, field: &str) -> Vec<u8> {
        let mut data = ipv4(17, UDP);
        let field = hex(field);
        data[at..at + field.len()].copy_from_slice(&field);
        data
    }

    #[test]
    fn header() {
        // From `examples/data/lab.pcap`: a DNS query's.
        let header = "45 00 0054 002d 0000 40 11 65ab 0a140065 0a140035";
        let packet = cut_packet(RAW, &[hex(header), vec![0; 64]].concat(), 20);
        assert_eq!((packet.src(), packet.dst()), (Address::V4(0x0a14_0065), Address::V4(0x0a14_0035)));
        assert_eq!((packet.ip_version, packet.protocol, packet.ttl, packet.tos), (4, 17, 64, 0));
        assert_eq!((packet.ip_id, packet.ip_length, packet.fragment_offset), (0x2d, 84, 0));
        assert_eq!((packet.layers, packet.stop), (layer::IPV4, Stop::Truncated));
    }

    #[test]
    fn options() {
        // `ping -R` on loopback: Record Route, 40 bytes of options, the most there can be.
        let ping = hex("4f00007c4ca4400040013eca7f0000017f000001 010727087f000001000000000000000000000000
            0000000000000000000000000000000000000000 080032976268000149bc046b0000000051050500000000001011121314151617
            18191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f3031323334353637");
        let whole = packet(RAW, &ping);
        assert_eq!((whole.ip_length, whole.icmp_type, whole.payload_length, whole.stop), (124, 8, 56, Stop::Complete));
        check_cuts(RAW, &ping, 60 + 4);
    }

    #[test]
    fn header_length() {
        for (first, stop) in [("40", Stop::Malformed), ("44", Stop::Malformed), ("45", Stop::Complete), ("4f", Stop::Malformed)] {
            assert_eq!(packet(RAW, &with(0, first)).stop, stop, "{first}");
        }
        assert_eq!(packet(RAW, &with(0, "44")).layers, 0);
    }

    #[test]
    fn other_versions() {
        for first in ["05", "55", "75", "f5"] {
            let packet = packet(RAW, &with(0, first));
            assert_eq!((packet.stop, packet.ip_version), (Stop::Malformed, 0));
        }
    }

    #[test]
    fn total_length() {
        let stop_and_lengths = |field| {
            let packet = packet(RAW, &with(2, field));
            (packet.stop, packet.ip_length, packet.payload_length)
        };
        assert_eq!(stop_and_lengths("0020"), (Stop::Complete, 32, 4));
        // Segmentation offload: all there is.
        assert_eq!(stop_and_lengths("0000"), (Stop::Complete, 32, 4));
        // Less than the header itself.
        assert_eq!(stop_and_lengths("0013"), (Stop::Malformed, 19, 0));
        // The header alone: the next one is not in the packet, whatever bytes come after it.
        assert_eq!(stop_and_lengths("0014"), (Stop::Malformed, 20, 0));
        // More than there is: what is there counts.
        assert_eq!(stop_and_lengths("ffff"), (Stop::Complete, 65535, 4));
    }

    #[test]
    fn padding_is_no_payload() {
        // A TCP ACK of 40 bytes in the shortest Ethernet frame.
        let ack = ipv4(6, "01bb c000 00000001 00000002 5010 2000 0000 0000");
        let frame = [hex("02000a14000a 02000a140066 0800"), ack, vec![0; 6]].concat();
        let packet = packet(ETHERNET, &frame);
        assert_eq!((frame.len(), packet.payload_length, packet.ip_length), (60, 0, 40));
    }

    #[test]
    fn a_cut_packet_keeps_its_lengths() {
        let data = ipv4(6, &format!("01bb c000 00000001 00000002 5010 2000 0000 0000 {}", "00".repeat(1000)));
        let packet = cut_packet(RAW, &data, 54);
        assert_eq!((packet.payload_length, packet.ip_length, packet.stop), (1000, 1040, Stop::Complete));
    }

    #[test]
    fn fragments() {
        // Flags and offset, then: offset in bytes, whether a fragment, whether the transport's header is in it.
        let cases = [
            ("0000", 0, false, true),
            ("4000", 0, false, true),
            ("8000", 0, false, true),
            ("2000", 0, true, true),
            ("20b9", 1480, true, false),
            ("0172", 2960, true, false),
            ("1fff", 65528, true, false),
        ];
        for (field, offset, fragment, transport) in cases {
            let packet = packet(RAW, &with(6, field));
            assert_eq!(packet.fragment_offset, offset, "{field}");
            assert_eq!(packet.layers & layer::FRAGMENT != 0, fragment, "{field}");
            assert_eq!((packet.layers & layer::UDP != 0, packet.sport != 0), (transport, transport), "{field}");
            assert_eq!((packet.protocol, packet.stop), (17, Stop::Complete));
        }
    }

    #[test]
    fn unknown_protocol() {
        let packet = packet(RAW, &ipv4(89, "0201"));
        assert_eq!((packet.protocol, packet.stop, packet.layers), (89, Stop::Unsupported, layer::IPV4));
    }

    #[test]
    fn headers_of_ipv6_do_not_follow() {
        for number in [0, 43, 44, 60, 135, 139, 140] {
            let packet = packet(RAW, &ipv4(number, "1100 000000000000"));
            assert_eq!((packet.protocol, packet.stop, packet.layers), (number, Stop::Unsupported, layer::IPV4));
        }
    }

    #[test]
    fn cuts() {
        check_cuts(RAW, &ipv4(17, UDP), 28);
    }
}
