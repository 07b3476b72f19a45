//! LISP data (RFC 9300).

use super::{enter, fits};
use crate::wire::cursor::{Cursor, be32};
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, Tunnel};
use crate::wire::packet::Packet;

const HEADER_LEN: usize = 8;
const INSTANCE: u8 = 0x08;
/// Which key what follows is encrypted with (RFC 8061).
const KEY: u8 = 0x03;

pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    fits(HEADER_LEN + 1, cursor)?;
    let header = cursor.header::<HEADER_LEN>()?;
    if header[0] & KEY != 0 {
        return Ok(Next::Stop(Stop::Unsupported));
    }
    let instance = if header[0] & INSTANCE != 0 { be32(header, 4) >> 8 } else { 0 };
    cursor.skip(HEADER_LEN)?;
    if !matches!(cursor.header::<1>()?[0] >> 4, 4 | 6) {
        return Ok(Next::Stop(Stop::Complete));
    }
    enter(Tunnel::Lisp, instance, cursor, packet)?;
    Ok(Next::Ip)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Address;
    use crate::wire::testing::{RAW, cut_packet, in_ipv4, in_ipv6, ipv4};

    const UDP: &str = "4500001c00000000401100000b0000010b000002 0035123400080000";
    const LISP: &str = "c000 10f5 0000 0000";

    #[test]
    fn every_flag() {
        // Made by RFC 9300: nonce, locator status bits, echo request, map version, instance.
        let cases = [("80123456 00000000", 0), ("40000000 000000ff", 0), ("a0123456 00000000", 0), ("10001002 00000000", 0)];
        for (header, id) in cases.into_iter().chain([("08000000 00006401", 100), ("c8123456 00006401", 100)]) {
            for packet in [in_ipv4(17, &format!("{LISP} {header} {UDP}")), in_ipv6(17, &format!("{LISP} {header} {UDP}"))] {
                assert_eq!((packet.tunnel, packet.tunnel_id, packet.tunnel_depth), (Tunnel::Lisp, id, 1), "{header}");
                assert_eq!((packet.src(), packet.sport, packet.stop), (Address::V4(0x0b00_0001), 53, Stop::Complete));
            }
        }
    }

    #[test]
    fn no_packet() {
        let cases = [
            ("80123456 00000000 ff", Stop::Complete),
            ("80123456 00000000", Stop::Complete),
            ("80", Stop::Complete),
            ("81123456 00000000 4500", Stop::Unsupported),
        ];
        for (data, stop) in cases {
            let packet = in_ipv4(17, &format!("{LISP} {data}"));
            assert_eq!((packet.stop, packet.tunnel, packet.dport), (stop, Tunnel::None, 4341), "{data}");
        }
    }

    #[test]
    fn cuts() {
        let data = ipv4(17, &format!("{LISP} 80123456 00000000 {UDP}"));
        for captured in 28..data.len() {
            let packet = cut_packet(RAW, &data, captured);
            assert_eq!((packet.stop, packet.tunnel_depth), (Stop::Truncated, u8::from(captured > 36)), "{captured}");
        }
    }
}
