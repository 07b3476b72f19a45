//! DCCP (RFC 4340): the generic header.

use crate::wire::cursor::{Cursor, be16};
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, layer};
use crate::wire::packet::Packet;

const MIN_HEADER_LEN: usize = 12;

pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let header = cursor.header::<MIN_HEADER_LEN>()?;
    packet.layers |= layer::DCCP;
    packet.sport = be16(header, 0);
    packet.dport = be16(header, 2);
    // The data offset counts all headers and options, in words.
    let header_len = u32::from(header[4]) * 4;
    if header_len < MIN_HEADER_LEN as u32 || header_len > cursor.wire() {
        return Err(Next::Stop(Stop::Malformed));
    }
    packet.payload_length = cursor.wire() - header_len;
    Ok(Next::Stop(Stop::Complete))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::{RAW, check_cuts, in_ipv4, ipv4};

    /// A DCCP-Request with a service code and four bytes of data (RFC 4340, section 5.1): X = 1, the data offset is five words.
    const REQUEST: &str = "c000 1388 05 00 0000 01 00 000000000007 00000000 61626364";

    #[test]
    fn header() {
        let packet = in_ipv4(33, REQUEST);
        assert_eq!((packet.sport, packet.dport, packet.payload_length), (49152, 5000, 4));
        assert_eq!((packet.layers, packet.stop), (layer::IPV4 | layer::DCCP, Stop::Complete));
    }

    #[test]
    fn data_offset() {
        let stop_and_payload = |offset: &str| {
            let packet = in_ipv4(33, &format!("c000 1388 {offset} 00 0000 00000007 61626364"));
            assert_eq!((packet.sport, packet.dport), (49152, 5000));
            (packet.stop, packet.payload_length)
        };
        assert_eq!(stop_and_payload("03"), (Stop::Complete, 4));
        assert_eq!(stop_and_payload("04"), (Stop::Complete, 0));
        // More than the packet, and less than the header itself.
        for offset in ["05", "ff", "02", "00"] {
            assert_eq!(stop_and_payload(offset), (Stop::Malformed, 0), "{offset}");
        }
    }

    #[test]
    fn cuts() {
        check_cuts(RAW, &ipv4(33, REQUEST), 32);
    }
}
