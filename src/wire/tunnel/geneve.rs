//! Geneve (RFC 8926).

use super::{enter, fits};
use crate::wire::cursor::{Cursor, be16, be32};
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, Tunnel};
use crate::wire::packet::Packet;

const FIXED_LEN: usize = 8;
const OPTIONS_LEN: u8 = 0x3f;

pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    fits(FIXED_LEN, cursor)?;
    let header = cursor.header::<FIXED_LEN>()?;
    let length = FIXED_LEN + usize::from(header[0] & OPTIONS_LEN) * 4;
    // The two bits above the length are the version.
    if header[0] & !OPTIONS_LEN != 0 {
        return Ok(Next::Stop(Stop::Complete));
    }
    fits(length, cursor)?;
    cursor.skip(length)?;
    match be16(header, 2) {
        number @ (0x0800 | 0x0806 | 0x6558 | 0x86dd | 0x8847 | 0x8848 | 0x894f) => {
            enter(Tunnel::Geneve, be32(header, 4) >> 8, cursor, packet)?;
            Ok(Next::EtherType(number))
        }
        _ => Ok(Next::Stop(Stop::Unsupported)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Address;
    use crate::wire::testing::{RAW, cut_packet, in_ipv4, in_ipv6, ipv4};

    const UDP: &str = "4500001c00000000401100000b0000010b000002 0035123400080000";
    const FRAME: &str = "02000a14000a 02000a140066 0800";
    const GENEVE: &str = "c000 17c1 0000 0000";

    #[test]
    fn payloads_and_options() {
        // Made by RFC 8926: control and critical flags, and two words of options.
        let cases = [
            ("0000 6558", "", FRAME),
            ("0080 0800", "", ""),
            ("0240 0800", "0102 8001 00000000", ""),
            ("0240 6558", "0102 8001 00000000", FRAME),
        ];
        for (first, options, frame) in cases {
            let data = format!("{GENEVE} {first} 00006400 {options} {frame} {UDP}");
            for packet in [in_ipv4(17, &data), in_ipv6(17, &data)] {
                assert_eq!((packet.tunnel, packet.tunnel_id, packet.tunnel_depth), (Tunnel::Geneve, 100, 1), "{first}");
                assert_eq!((packet.src(), packet.sport, packet.stop), (Address::V4(0x0b00_0001), 53, Stop::Complete), "{first}");
            }
        }
    }

    #[test]
    fn no_packet() {
        // Another version, too short for its header or options, a payload of another kind.
        let cases = [
            ("4000 0800 00006400 4500", Stop::Complete),
            ("0000 0800 000064", Stop::Complete),
            ("3f00 0800 00006400 4500", Stop::Complete),
            ("0000 88cc 00006400 0207", Stop::Unsupported),
        ];
        for (data, stop) in cases {
            let packet = in_ipv4(17, &format!("{GENEVE} {data}"));
            assert_eq!((packet.stop, packet.tunnel, packet.dport), (stop, Tunnel::None, 6081), "{data}");
        }
    }

    #[test]
    fn cuts() {
        let data = ipv4(17, &format!("{GENEVE} 0240 6558 00006400 0102 8001 00000000 {FRAME} {UDP}"));
        for captured in 28..data.len() {
            let packet = cut_packet(RAW, &data, captured);
            assert_eq!((packet.stop, packet.tunnel_depth), (Stop::Truncated, u8::from(captured >= 44)), "{captured}");
        }
    }
}
