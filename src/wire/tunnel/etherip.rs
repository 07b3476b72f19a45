//! EtherIP (RFC 3378), and Ethernet that follows IP directly (RFC 8986).

use super::enter;
use crate::wire::cursor::Cursor;
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, Tunnel};
use crate::wire::link::ethernet;
use crate::wire::packet::Packet;

const HEADER_LEN: usize = 2;
const VERSION: u8 = 3;

pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let header = cursor.header::<HEADER_LEN>()?;
    if header[0] >> 4 != VERSION {
        return Ok(Next::Stop(Stop::Unsupported));
    }
    cursor.skip(HEADER_LEN)?;
    decode_ethernet(cursor, packet)
}

/// IP protocol 143.
pub fn decode_ethernet(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    enter(Tunnel::EtherIp, 0, cursor, packet)?;
    ethernet::inner(cursor, packet)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Address;
    use crate::wire::testing::{RAW, cut_packet, in_ipv4, in_ipv6, ipv4};

    /// Made by RFC 3378.
    const FRAME: &str = "02000a14000a 02000a140066 0800 4500001c00000000401100000b0000010b000002 0035123400080000";

    #[test]
    fn with_header_and_without() {
        for packet in [in_ipv4(97, &format!("3000 {FRAME}")), in_ipv6(97, &format!("3000 {FRAME}")), in_ipv6(143, FRAME)] {
            assert_eq!((packet.tunnel, packet.tunnel_depth, packet.tunnel_id), (Tunnel::EtherIp, 1, 0));
            assert_eq!((packet.src(), packet.sport, packet.stop), (Address::V4(0x0b00_0001), 53, Stop::Complete));
            assert_eq!((packet.ethertype, packet.eth_dst), (0x0800, [2, 0, 10, 20, 0, 10]));
        }
    }

    #[test]
    fn other_versions() {
        for header in ["2000", "4500", "0300"] {
            let packet = in_ipv4(97, &format!("{header} {FRAME}"));
            assert_eq!((packet.stop, packet.tunnel), (Stop::Unsupported, Tunnel::None));
        }
    }

    #[test]
    fn cuts() {
        let data = ipv4(97, &format!("3000 {FRAME}"));
        assert!((20..data.len()).all(|captured| cut_packet(RAW, &data, captured).stop == Stop::Truncated));
        assert_eq!((in_ipv4(97, "30").stop, in_ipv4(143, "0200").stop), (Stop::Malformed, Stop::Malformed));
    }
}
