//! IPv6 Fragment header (RFC 8200, section 4.5).

use etherparse::Ipv6FragmentHeaderSlice;

use crate::wire::cursor::Cursor;
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, layer};
use crate::wire::packet::Packet;

const HEADER_LEN: usize = 8;

pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    if packet.ip_version != 6 {
        return Ok(Next::Stop(Stop::Unsupported));
    }
    let fragment = Ipv6FragmentHeaderSlice::from_slice(cursor.data()).map_err(|_| cursor.missing(HEADER_LEN))?;
    packet.layers |= layer::FRAGMENT;
    packet.protocol = fragment.next_header().0;
    packet.ip_id = fragment.identification();
    packet.fragment_offset = fragment.fragment_offset().value() * 8;
    cursor.skip(HEADER_LEN)?;
    if packet.fragment_offset != 0 {
        return Ok(Next::Stop(Stop::Complete));
    }
    Ok(Next::Protocol(packet.protocol))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::{RAW, check_cuts, in_ipv6, ipv6};

    /// From `examples/data/lab-small.pcapng`: the beginning of a large echo request, cut into three.
    const ECHO: &str = "8000 d24c 40af 0001 6db5046b00000000";

    #[test]
    fn first_middle_last() {
        let first = in_ipv6(44, &format!("3a 00 0001 1dc5e7dd {ECHO}"));
        assert_eq!((first.ip_id, first.fragment_offset, first.icmp_type), (0x1dc5_e7dd, 0, 128));
        assert_eq!(first.layers, layer::IPV6 | layer::FRAGMENT | layer::ICMPV6);

        for (field, offset) in [("0009", 8), ("05a9", 1448), ("0b50", 2896), ("fff8", 65528)] {
            let later = in_ipv6(44, &format!("3a 00 {field} 1dc5e7dd {ECHO}"));
            assert_eq!((later.ip_id, later.fragment_offset, later.protocol), (0x1dc5_e7dd, offset, 58));
            assert_eq!((later.layers, later.icmp_type, later.stop), (layer::IPV6 | layer::FRAGMENT, 0, Stop::Complete));
        }
    }

    #[test]
    fn atomic() {
        // RFC 6946: a fragment header, but nothing is cut.
        let packet = in_ipv6(44, &format!("3a 00 0000 00000007 {ECHO}"));
        assert_eq!((packet.ip_id, packet.icmp_type, packet.stop), (7, 128, Stop::Complete));
    }

    #[test]
    fn cuts() {
        check_cuts(RAW, &ipv6(44, &format!("3a 00 0001 1dc5e7dd {ECHO}")), 40 + 8 + 4);
        check_cuts(RAW, &ipv6(44, &format!("3a 00 05a9 1dc5e7dd {ECHO}")), 40 + 8);
    }
}
