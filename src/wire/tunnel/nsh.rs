//! Network Service Header (RFC 8300).

use super::enter;
use crate::wire::cursor::{Cursor, be16, be32};
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, Tunnel, layer};
use crate::wire::link::ethernet;
use crate::wire::packet::Packet;

/// Base header and service path header; context headers follow.
const MIN_HEADER_LEN: usize = 8;
const VERSION: u8 = 0xc0;
const LENGTH: u16 = 0x003f;
const METADATA_TYPE: u8 = 0x0f;
/// Metadata type 1 has four context headers, no fewer and no more.
const FIXED_METADATA: u8 = 1;
const FIXED_METADATA_LEN: usize = 24;

// Next protocol.
const IPV4: u8 = 1;
const IPV6: u8 = 2;
const ETHERNET: u8 = 3;
const NSH: u8 = 4;
const MPLS: u8 = 5;

pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let header = cursor.header::<MIN_HEADER_LEN>()?;
    if header[0] & VERSION != 0 {
        return Ok(Next::Stop(Stop::Unsupported));
    }
    let length = usize::from(be16(header, 0) & LENGTH) * 4;
    let fixed = header[2] & METADATA_TYPE == FIXED_METADATA;
    if length < MIN_HEADER_LEN || fixed && length != FIXED_METADATA_LEN {
        return Err(Next::Stop(Stop::Malformed));
    }
    let path = be32(header, 4) >> 8;
    let protocol = header[3];
    cursor.skip(length)?;
    packet.layers |= layer::NSH;
    let next = match protocol {
        IPV4 => Next::EtherType(0x0800),
        IPV6 => Next::EtherType(0x86dd),
        MPLS => Next::EtherType(0x8847),
        NSH => return Ok(Next::EtherType(0x894f)),
        ETHERNET => {
            enter(Tunnel::Nsh, path, cursor, packet)?;
            return ethernet::inner(cursor, packet);
        }
        _ => return Ok(Next::Stop(Stop::Unsupported)),
    };
    enter(Tunnel::Nsh, path, cursor, packet)?;
    Ok(next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Address;
    use crate::wire::testing::{ETHERNET, check_cuts, hex, ipv4, ipv6, packet};

    const MACS: &str = "5254004b735f 02420a000803 894f";
    const UDP: &str = "0035 1234 0008 0000";

    fn service(header: &str, inside: &[u8]) -> Packet {
        packet(ETHERNET, &[&hex(&format!("{MACS} {header}")), inside].concat())
    }

    #[test]
    fn from_a_capture() {
        let data = hex(&format!(
            "{MACS} 00060101 00030907 00000001 00000002 00000003 00000004
                45000022284440004011e96a0a0008030a0d0d0d cc051f40000e0000 626567696e0a"
        ));
        let packet = packet(ETHERNET, &data);
        assert_eq!((packet.src(), packet.sport, packet.payload_length), (Address::V4(0x0a00_0803), 52229, 6));
        assert_eq!((packet.tunnel, packet.tunnel_id, packet.tunnel_depth), (Tunnel::Nsh, 0x309, 1));
        assert_eq!(packet.layers, layer::ETHERNET | layer::NSH | layer::IPV4 | layer::UDP);
        assert_eq!((packet.ethertype, packet.stop), (0x894f, Stop::Complete));
        check_cuts(ETHERNET, &data, 14 + 24 + 20 + 8);
    }

    #[test]
    fn next_protocols() {
        let frame = [hex("02000a000001 02000a000002 0800"), ipv4(17, UDP)].concat();
        let again = [hex("0fc20201 00000a07"), ipv4(17, UDP)].concat();
        for (header, inside) in
            [("0fc20201", ipv4(17, UDP)), ("0fc20202", ipv6(17, UDP)), ("0fc20203", frame), ("0fc20204", again)]
        {
            let packet = service(&format!("{header} 00000a07"), &inside);
            assert_eq!(
                (packet.tunnel_id, packet.tunnel_depth, packet.sport, packet.stop),
                (10, 1, 53, Stop::Complete),
                "{header}"
            );
            assert_eq!(packet.eth_src, [0x02, 0x42, 0x0a, 0, 8, 3]);
        }
        let unknown = service("0fc20209 00000a07", &ipv4(17, UDP));
        assert_eq!((unknown.stop, unknown.tunnel), (Stop::Unsupported, Tunnel::None));
        assert_eq!(service("0fc20205 00000a07", &hex("00010140")).tunnel, Tunnel::Nsh);
    }

    #[test]
    fn header_forms() {
        let stop = |header: &str| service(header, &ipv4(17, UDP)).stop;
        // Context headers of variable length; an operations packet.
        assert_eq!(stop("0fc40201 00000a07 0001000400000000"), Stop::Complete);
        assert_eq!(stop("2fc20201 00000a07"), Stop::Complete);
        // Another version; less than the two fixed headers; a length that the metadata type forbids, or that is not there.
        assert_eq!(stop("4fc20201 00000a07"), Stop::Unsupported);
        for header in ["0fc00201 00000a07", "0fc10201 00000a07", "0fc20101 00000a07", "0fff0201 00000a07"] {
            assert_eq!(stop(header), Stop::Malformed, "{header}");
        }
    }
}
