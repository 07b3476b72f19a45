//! ESP in UDP (RFC 3948), among IKE at the same port.

use super::fits;
use crate::wire::cursor::Cursor;
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::Stop;
use crate::wire::net::esp;
use crate::wire::packet::Packet;

/// Security parameters index and sequence number.
const ESP_HEADER_LEN: usize = 8;
/// In place of the security parameters index.
const NON_ESP_MARKER: [u8; 4] = [0; 4];

pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    // Among what is shorter is the keepalive, one byte.
    fits(ESP_HEADER_LEN, cursor)?;
    if *cursor.header()? == NON_ESP_MARKER {
        return Ok(Next::Stop(Stop::Complete));
    }
    esp::decode(packet)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::layer;
    use crate::wire::testing::{RAW, cut_packet, in_ipv4, in_ipv6, ipv4};

    /// Made by RFC 3948.
    const ESP: &str = "0000abcd 00000001 0102030405060708";

    #[test]
    fn nothing_inside_is_decoded() {
        for ports in ["1194 c000", "c000 1194"] {
            let data = format!("{ports} 0018 0000 {ESP}");
            for packet in [in_ipv4(17, &data), in_ipv6(17, &data)] {
                assert_eq!((packet.stop, packet.payload_length, packet.protocol), (Stop::Unsupported, 16, 17));
                assert_eq!(packet.layers & !layer::IP, layer::UDP | layer::ESP);
            }
        }
    }

    #[test]
    fn others_at_the_port() {
        // IKE behind the marker, a keepalive, less than ESP's header.
        for data in ["00000000 ce6fd8f5b4d1a1cd", "ff", "0000abcd 000000"] {
            let packet = in_ipv4(17, &format!("1194 1194 0000 0000 {data}"));
            assert_eq!((packet.stop, packet.layers), (Stop::Complete, layer::IPV4 | layer::UDP), "{data}");
        }
    }

    #[test]
    fn cuts() {
        let data = ipv4(17, &format!("1194 1194 0018 0000 {ESP}"));
        for captured in 28..data.len() {
            let stop = if captured < 32 { Stop::Truncated } else { Stop::Unsupported };
            assert_eq!(cut_packet(RAW, &data, captured).stop, stop, "{captured}");
        }
    }
}
