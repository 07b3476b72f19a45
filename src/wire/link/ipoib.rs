//! IP over InfiniBand (LINKTYPE_IPOIB, RFC 4391).

use crate::wire::cursor::{Cursor, be16};
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::layer;
use crate::wire::packet::Packet;

/// What stands in place of the global routing header.
const ROUTING_LEN: usize = 40;
/// EtherType and two reserved bytes.
const HEADER_LEN: usize = ROUTING_LEN + 4;

pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let header = cursor.header::<HEADER_LEN>()?;
    let number = be16(header, ROUTING_LEN);
    packet.layers |= layer::OTHER_LINK;
    cursor.skip(HEADER_LEN)?;
    Ok(Next::EtherType(number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Stop;
    use crate::wire::testing::{check_cuts, hex, packet};

    const IPOIB: u16 = 242;
    /// From a capture: an ICMP echo request.
    const ECHO: &str = "00000000000000000000000000000000 2fa3000a 80000550fe80000000000000 0010e000664ab451 0800 0000
        45000054aefe0000ff011b37c0a8380ac0a83818 08002bfb";

    #[test]
    fn ip_inside() {
        let packet = packet(IPOIB, &hex(&format!("{ECHO} {}", "00".repeat(60))));
        assert_eq!((packet.ipv4_src, packet.icmp_type, packet.stop), (0xc0a8_380a, 8, Stop::Complete));
        assert_eq!((packet.layers, packet.ethertype), (layer::OTHER_LINK | layer::IPV4 | layer::ICMP, 0));
    }

    #[test]
    fn cuts() {
        check_cuts(IPOIB, &hex(ECHO), 44 + 20 + 4);
    }
}
