//! OpenBSD enc(4): packets before or after IPsec.

use crate::wire::cursor::{Cursor, be32};
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, layer};
use crate::wire::packet::Packet;

/// Address family in the byte order of the machine, SPI, flags.
const HEADER_LEN: usize = 12;
const AF_INET: u32 = 2;
/// OpenBSD's, FreeBSD's and Darwin's.
const AF_INET6: [u32; 3] = [24, 28, 30];

pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let family = be32(cursor.header::<HEADER_LEN>()?, 0);
    packet.layers |= layer::OTHER_LINK;
    cursor.skip(HEADER_LEN)?;
    let family = family.min(family.swap_bytes());
    if family == AF_INET || AF_INET6.contains(&family) {
        return Ok(Next::Ip);
    }
    Ok(Next::Stop(Stop::Unsupported))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::{check_cuts, hex, ipv4, ipv6, packet};

    const ENC: u16 = 109;
    const UDP: &str = "0035 1234 0008 0000";

    /// Made by OpenBSD's `if_enc.h`.
    fn logged(family: &str, inner: &[u8]) -> Vec<u8> {
        let mut data = hex(&format!("{family} 00001234 00000c00"));
        data.extend(inner);
        data
    }

    #[test]
    fn either_byte_order_and_version() {
        for (family, inner) in [("00000002", ipv4(17, UDP)), ("02000000", ipv4(17, UDP)), ("18000000", ipv6(17, UDP))] {
            let packet = packet(ENC, &logged(family, &inner));
            assert_eq!((packet.sport, packet.stop), (53, Stop::Complete));
            assert_eq!(packet.layers & !layer::IP, layer::OTHER_LINK | layer::UDP);
        }
        let other = packet(ENC, &logged("00000001", &ipv4(17, UDP)));
        assert_eq!((other.stop, other.layers), (Stop::Unsupported, layer::OTHER_LINK));
    }

    #[test]
    fn cuts() {
        check_cuts(ENC, &logged("00000002", &ipv4(17, UDP)), 12 + 28);
    }
}
