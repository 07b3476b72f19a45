//! PIM Register (RFC 7761, section 4.9.3): a multicast packet that is carried to the rendezvous point.

use super::enter;
use crate::wire::cursor::Cursor;
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, Tunnel};
use crate::wire::packet::Packet;

/// Version and type, checksum, and two flags in 32 bits.
const HEADER_LEN: usize = 8;
const VERSION_2_REGISTER: u8 = 0x21;

pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let header = cursor.header::<1>()?;
    if header[0] != VERSION_2_REGISTER {
        return Ok(Next::Stop(Stop::Unsupported));
    }
    cursor.header::<HEADER_LEN>()?;
    cursor.skip(HEADER_LEN)?;
    if !matches!(cursor.header::<1>()?[0] >> 4, 4 | 6) {
        return Ok(Next::Stop(Stop::Unsupported));
    }
    enter(Tunnel::Pim, 0, cursor, packet)?;
    Ok(Next::Ip)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Address;
    use crate::wire::testing::{RAW, cut_packet, in_ipv4, in_ipv6, ipv4};

    /// From a capture: an echo request to a group.
    const REGISTER: &str = "2100deff 00000000 45000020000f0000fe01f6d2c0a8140aef010203 080090e100030000 0000000000000005";

    #[test]
    fn register() {
        for packet in [in_ipv4(103, REGISTER), in_ipv6(103, REGISTER)] {
            assert_eq!((packet.tunnel, packet.tunnel_id, packet.tunnel_depth), (Tunnel::Pim, 0, 1));
            assert_eq!((packet.dst(), packet.icmp_type, packet.stop), (Address::V4(0xef01_0203), 8, Stop::Complete));
        }
    }

    #[test]
    fn no_packet() {
        // Hello, Register-Stop, version 1, and a Register of nothing that is IP.
        for message in ["2000dfff 00010002", "22000000 00000000 4500", "11000000 00000000 4500", "21000000 00000000 ff"] {
            let packet = in_ipv4(103, message);
            assert_eq!((packet.stop, packet.tunnel, packet.protocol), (Stop::Unsupported, Tunnel::None, 103), "{message}");
        }
    }

    #[test]
    fn cuts() {
        let data = ipv4(103, REGISTER);
        for captured in 20..52 {
            let packet = cut_packet(RAW, &data, captured);
            assert_eq!((packet.stop, packet.tunnel_depth), (Stop::Truncated, u8::from(captured > 28)), "{captured}");
        }
    }
}
