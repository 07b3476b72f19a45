//! UDP-Lite (RFC 3828): the length field of UDP is the checksum's coverage here.

use crate::wire::cursor::{Cursor, be16};
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, layer};
use crate::wire::packet::Packet;

const HEADER_LEN: usize = 8;

pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let header = cursor.header::<HEADER_LEN>()?;
    packet.layers |= layer::UDPLITE;
    packet.sport = be16(header, 0);
    packet.dport = be16(header, 2);
    packet.payload_length = cursor.wire() - HEADER_LEN as u32;
    Ok(Next::Stop(Stop::Complete))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::{RAW, check_cuts, in_ipv4, ipv4};

    #[test]
    fn header() {
        // A datagram sent on loopback.
        let packet = in_ipv4(136, "aecb 0009 000d 0eb4 68656c6c6f");
        assert_eq!((packet.sport, packet.dport, packet.payload_length), (44747, 9, 5));
        assert_eq!((packet.layers, packet.stop), (layer::IPV4 | layer::UDPLITE, Stop::Complete));
    }

    #[test]
    fn coverage_is_no_length() {
        for coverage in ["0000", "0008", "0009", "ffff"] {
            let packet = in_ipv4(136, &format!("aecb 0009 {coverage} 0eb4 68656c6c6f"));
            assert_eq!((packet.payload_length, packet.stop), (5, Stop::Complete));
        }
    }

    #[test]
    fn cuts() {
        check_cuts(RAW, &ipv4(136, "aecb 0009 000d 0eb4 68656c6c6f"), 28);
    }
}
