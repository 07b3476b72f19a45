//! Solaris IPNET (LINKTYPE_IPNET): IP packets with the zones they go between.

use crate::wire::cursor::{Cursor, be32};
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, layer};
use crate::wire::packet::Packet;

const HEADER_LEN: usize = 24;
/// Solaris' address families.
const AF_INET: u8 = 2;
const AF_INET6: u8 = 26;

pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let header = cursor.header::<HEADER_LEN>()?;
    packet.layers |= layer::OTHER_LINK;
    cursor.skip(HEADER_LEN)?;
    cursor.limit(be32(header, 4));
    match header[1] {
        AF_INET | AF_INET6 => Ok(Next::Ip),
        _ => Ok(Next::Stop(Stop::Unsupported)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::{check_cuts, hex, ipv6, packet};

    const IPNET: u16 = 226;
    /// From a capture: an ICMP echo request.
    const ECHO: &str = "01 02 0000 00000054 00000002 00000000 ffffffff 00000000
        45000054e58e0000f901fcd581926a370a05e975 080032e21af50000";

    #[test]
    fn ip_of_both_versions() {
        let echo = packet(IPNET, &hex(&format!("{ECHO} {}", "00".repeat(56))));
        assert_eq!((echo.ipv4_dst, echo.icmp_type, echo.stop), (0x0a05_e975, 8, Stop::Complete));
        assert_eq!(echo.layers, layer::OTHER_LINK | layer::IPV4 | layer::ICMP);

        let mut data = hex("01 1a 0000 00000030 00000002 00000000 ffffffff 00000000");
        data.extend(ipv6(17, "0035 1234 0008 0000"));
        assert_eq!(packet(IPNET, &data).sport, 53);
        data[1] = 0;
        assert_eq!((packet(IPNET, &data).stop, packet(IPNET, &data).layers), (Stop::Unsupported, layer::OTHER_LINK));
    }

    #[test]
    fn cuts() {
        check_cuts(IPNET, &hex(ECHO), 24 + 20 + 4);
    }
}
