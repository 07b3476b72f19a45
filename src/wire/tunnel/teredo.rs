//! Teredo (RFC 4380).

use super::{enter, fits};
use crate::wire::cursor::Cursor;
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, Tunnel};
use crate::wire::packet::Packet;

/// Without client identifier and authentication value.
const AUTHENTICATION_LEN: usize = 13;
const ORIGIN_LEN: usize = 8;
const IPV6_HEADER_LEN: usize = 40;

pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    // All that Teredo says contains an IPv6 header.
    fits(IPV6_HEADER_LEN, cursor)?;
    if let &[0, 1, identifier, value] = cursor.header()? {
        take(AUTHENTICATION_LEN + usize::from(identifier) + usize::from(value), cursor)?;
    }
    if let [0, 0] = cursor.header()? {
        take(ORIGIN_LEN, cursor)?;
    }
    if cursor.header::<1>()?[0] >> 4 != 6 {
        return Ok(Next::Stop(Stop::Complete));
    }
    enter(Tunnel::Teredo, 0, cursor, packet)?;
    Ok(Next::Ip)
}

fn take(length: usize, cursor: &mut Cursor) -> Result<(), Next> {
    fits(length + IPV6_HEADER_LEN, cursor)?;
    cursor.skip(length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Address;
    use crate::wire::testing::{RAW, cut_packet, in_ipv4, ipv4};

    /// Made by RFC 4380: a bubble, and a datagram.
    const BUBBLE: &str = "6000000000003b00 20010000000000000000000000000001 20010000000000000000000000000002";
    const UDP: &str = "6000000000081140 20010000000000000000000000000001 20010000000000000000000000000002 0035123400080000";
    const AUTHENTICATION: &str = "0001 02 03 a1a2 b1b2b3 0102030405060708 00";
    const ORIGIN: &str = "0000 edcb f5fffffe";

    #[test]
    fn every_indicator() {
        for indicators in [String::new(), AUTHENTICATION.to_owned(), ORIGIN.to_owned(), format!("{AUTHENTICATION} {ORIGIN}")] {
            for ports in ["c000 0dd8", "0dd8 c000"] {
                let packet = in_ipv4(17, &format!("{ports} 0000 0000 {indicators} {UDP}"));
                assert_eq!((packet.tunnel, packet.tunnel_depth, packet.sport), (Tunnel::Teredo, 1, 53), "{indicators}");
                assert_eq!((packet.ip_version, packet.outer_src()), (6, Address::V4(0x0a00_0001)));
            }
            let bubble = in_ipv4(17, &format!("c000 0dd8 0000 0000 {indicators} {BUBBLE}"));
            assert_eq!((bubble.tunnel, bubble.protocol, bubble.stop), (Tunnel::Teredo, 59, Stop::Complete));
        }
    }

    #[test]
    fn only_a_datagram() {
        let not_ipv6 = UDP.replacen('6', "4", 1);
        let cases = ["60", &not_ipv6, &format!("0001 ff ff {UDP}"), &format!("0000 {BUBBLE}"), &format!("0002 {UDP}")];
        for data in cases {
            let packet = in_ipv4(17, &format!("c000 0dd8 0000 0000 {data}"));
            assert_eq!((packet.stop, packet.tunnel, packet.dport), (Stop::Complete, Tunnel::None, 3544), "{data}");
        }
    }

    #[test]
    fn cuts() {
        let data = ipv4(17, &format!("c000 0dd8 0000 0000 {AUTHENTICATION} {ORIGIN} {UDP}"));
        for captured in 28..data.len() {
            let packet = cut_packet(RAW, &data, captured);
            assert_eq!((packet.stop, packet.tunnel_depth), (Stop::Truncated, u8::from(captured > 54)), "{captured}");
        }
    }
}
