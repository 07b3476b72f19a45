//! SCTP (RFC 9260): the common header. Its payload is the chunks.

use crate::wire::cursor::{Cursor, be16};
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, layer};
use crate::wire::packet::Packet;

const HEADER_LEN: usize = 12;

pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let header = cursor.header::<HEADER_LEN>()?;
    packet.layers |= layer::SCTP;
    packet.sport = be16(header, 0);
    packet.dport = be16(header, 2);
    packet.payload_length = cursor.wire() - HEADER_LEN as u32;
    Ok(Next::Stop(Stop::Complete))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::{RAW, check_cuts, in_ipv4, ipv4};

    /// The common header and an INIT chunk (RFC 9260, section 3.3.2).
    const INIT: &str = "8000 0e28 00000000 00000000 01 00 0014 5b3c7d01 00020000 000a 0800 00000001";

    #[test]
    fn header() {
        let packet = in_ipv4(132, INIT);
        assert_eq!((packet.sport, packet.dport, packet.payload_length), (32768, 3624, 20));
        assert_eq!((packet.layers, packet.stop), (layer::IPV4 | layer::SCTP, Stop::Complete));
    }

    #[test]
    fn cuts() {
        check_cuts(RAW, &ipv4(132, INIT), 32);
    }
}
