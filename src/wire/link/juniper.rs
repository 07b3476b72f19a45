//! Juniper encapsulations (LINKTYPE_JUNIPER_*): a header with extensions, what the interface card adds, and the packet.
//!
//! The format is not published; Wireshark and tcpdump say how it is read, and where it must be guessed.

use super::{chdlc, ethernet, frame_relay, llc, ppp};
use crate::wire::cursor::{Cursor, be16, le16, le32};
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, layer};
use crate::wire::packet::Packet;

const MAGIC: &[u8; 3] = b"MGC";
/// The magic number and flags.
const HEADER_LEN: usize = 4;
/// The length of the extensions, where there are any.
const EXTENSIONS_LEN: usize = 2;
/// How cookies of adaptive and of link services are long.
const AS_COOKIE_LEN: usize = 8;
const LS_COOKIE_LEN: usize = 4;

/// Flags.
const INCOMING: u8 = 0x01;
const NO_LINK_HEADER: u8 = 0x02;
const EXTENSIONS: u8 = 0x80;

/// Payload numbers: those below 200 are JUNOS' own.
const IP: u32 = 2;
const MPLS: u32 = 5;
const PPP: u32 = 200;
const OSI: u32 = 201;
const LLC: u32 = 202;
const ETHERNET: u32 = 204;
const UNKNOWN: u32 = 0;

const UNNUMBERED_INFORMATION: u8 = 0x03;

pub fn decode(link_type: u16, cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let flags = header(cursor, packet)?;
    if flags & NO_LINK_HEADER != 0 {
        let number = le32(cursor.header::<4>()?, 0);
        cursor.skip(4)?;
        return payload(number, cursor, packet);
    }
    let number = match link_type {
        130 => multilink_ppp(flags, cursor)?,
        131 => multilink_frame_relay(cursor)?,
        133 => ggsn(cursor)?,
        135 | 137 => atm(link_type == 135, flags, cursor)?,
        136 => after(if flags & INCOMING != 0 { 16 } else { 12 }, IP, cursor)?,
        167 | 178 => ETHERNET,
        179 => after(2, PPP, cursor)?,
        180 => return frame_relay::decode(cursor, packet),
        181 => return chdlc::decode(cursor, packet),
        183 => after(18, IP, cursor)?,
        200 => secure_tunnel(cursor)?,
        _ => UNKNOWN,
    };
    payload(number, cursor, packet)
}

/// Takes the header and its extensions off and gives its flags. JUNOS releases before 7 wrote no header at all.
fn header(cursor: &mut Cursor, packet: &mut Packet) -> Result<u8, Next> {
    let header = cursor.header::<HEADER_LEN>()?;
    packet.layers |= layer::OTHER_LINK;
    let flags = header[3];
    if !header.starts_with(MAGIC) {
        return Ok(flags & INCOMING);
    }
    cursor.skip(HEADER_LEN)?;
    if flags & EXTENSIONS != 0 {
        let length = be16(cursor.header::<EXTENSIONS_LEN>()?, 0);
        cursor.skip(EXTENSIONS_LEN + usize::from(length))?;
    }
    Ok(flags)
}

fn payload(number: u32, cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    match number {
        // IPv4 and IPv6, and both behind an MPLS label that was taken off.
        IP | 3 | 6 | 7 => Ok(Next::Ip),
        MPLS | 4 | 8 | 32 => Ok(Next::EtherType(0x8847)),
        PPP => ppp::protocol(cursor, packet),
        OSI => frame_relay::network_layer(cursor, packet),
        LLC | 203 => llc::decode(cursor, packet),
        ETHERNET if packet.tunnel_depth > 0 => ethernet::inner(cursor, packet),
        ETHERNET => {
            let next = ethernet::decode(cursor, packet);
            packet.layers |= layer::OTHER_LINK;
            next
        }
        _ => Ok(Next::Stop(Stop::Unsupported)),
    }
}

fn after(length: usize, number: u32, cursor: &mut Cursor) -> Result<u32, Next> {
    cursor.skip(length)?;
    Ok(number)
}

/// A gateway GPRS support node names the payload, then a VLAN.
fn ggsn(cursor: &mut Cursor) -> Result<u32, Next> {
    let number = le16(cursor.header::<4>()?, 0);
    after(4, number.into(), cursor)
}

/// What the cookie of a services card says, if the packet begins with one: its length and the payload.
fn cookie(cursor: &Cursor) -> Result<Option<(usize, u32)>, Next> {
    let bytes = cursor.header::<AS_COOKIE_LEN>()?;
    Ok(match bytes[0] {
        0x54 => Some((LS_COOKIE_LEN, UNKNOWN)),
        0x40 | 0x47 => Some((AS_COOKIE_LEN, [IP, 6, MPLS, OSI].get(usize::from(bytes[5] >> 4)).copied().unwrap_or(UNKNOWN))),
        _ => None,
    })
}

/// Whether a cookie says that the packet goes to the routing engine.
fn to_routing_engine(cursor: &Cursor) -> bool {
    cursor.data().get(4).is_some_and(|byte| byte & 0b11 == 0b11)
}

fn multilink_ppp(flags: u8, cursor: &mut Cursor) -> Result<u32, Next> {
    let bytes = cursor.header::<AS_COOKIE_LEN>()?;
    match cookie(cursor)? {
        Some((LS_COOKIE_LEN, _)) => after(LS_COOKIE_LEN, PPP, cursor),
        Some((length, IP)) if flags & INCOMING != 0 && !to_routing_engine(cursor) => after(length, PPP, cursor),
        Some((length, number)) => after(length, number, cursor),
        None if bytes.starts_with(&[0xff, 0x03]) || is_ppp(be16(bytes, 2)) => after(2, PPP, cursor),
        None if is_ppp(be16(bytes, 0)) => Ok(PPP),
        None => Ok(UNKNOWN),
    }
}

fn multilink_frame_relay(cursor: &mut Cursor) -> Result<u32, Next> {
    let bytes = cursor.header::<AS_COOKIE_LEN>()?;
    match cookie(cursor)? {
        Some((LS_COOKIE_LEN, _)) => {
            let control = match [bytes[4], bytes[5]] {
                [UNNUMBERED_INFORMATION, 0] | [0, UNNUMBERED_INFORMATION] => 2,
                [UNNUMBERED_INFORMATION, _] => 1,
                _ => 0,
            };
            after(LS_COOKIE_LEN + control, OSI, cursor)
        }
        Some((length, IP)) if to_routing_engine(cursor) => {
            cursor.skip(length)?;
            if cursor.header::<1>()?[0] == UNNUMBERED_INFORMATION { after(1, OSI, cursor) } else { Ok(UNKNOWN) }
        }
        Some((length, number)) => after(length, number, cursor),
        // A link of a bundle has a cookie of two bytes.
        None => match [bytes[2], bytes[3]] {
            [UNNUMBERED_INFORMATION, 0] | [0, UNNUMBERED_INFORMATION] => after(4, OSI, cursor),
            [UNNUMBERED_INFORMATION, _] => after(3, OSI, cursor),
            _ => Ok(UNKNOWN),
        },
    }
}

/// ATM of the first generation of cards or the `second`: LLC, bridged Ethernet, PPP, or IP at once.
fn atm(second: bool, flags: u8, cursor: &mut Cursor) -> Result<u32, Next> {
    let cookie = *cursor.header::<8>()?;
    let operation_and_maintenance = if second { cookie[7] & 0x70 != 0 } else { cookie[0] == 0x80 };
    cursor.skip(if second { 8 } else { 4 })?;
    if operation_and_maintenance {
        return Ok(UNKNOWN);
    }
    let first = cursor.header::<3>()?;
    match first {
        [0xfe, 0xfe, 0x03] | [0xaa, 0xaa, 0x03] => Ok(LLC),
        _ if second && flags & INCOMING == 0 && cookie[3] & 0x3f != 0 => Ok(ETHERNET),
        _ if second && is_ppp(be16(first, 0)) => Ok(PPP),
        [UNNUMBERED_INFORMATION, ..] => after(1, OSI, cursor),
        _ => Ok(guess_ip(first[0])),
    }
}

/// A packet that came out of an IPsec tunnel, behind the headers of that tunnel and 16 bytes more.
fn secure_tunnel(cursor: &mut Cursor) -> Result<u32, Next> {
    const ETHERNET_LEN: usize = 14;
    const ESP: u8 = 50;
    let outer = cursor.header::<{ ETHERNET_LEN + 20 }>()?;
    if be16(outer, 12) != 0x0800 || outer[ETHERNET_LEN + 9] != ESP {
        return Ok(UNKNOWN);
    }
    let ip_length = usize::from(outer[ETHERNET_LEN] & 0x0f) * 4;
    cursor.skip(ETHERNET_LEN + ip_length + 8 + 16)?;
    Ok(guess_ip(cursor.header::<1>()?[0]))
}

fn guess_ip(first: u8) -> u32 {
    if matches!(first, 0x45..=0x4f | 0x60..=0x6f) { IP } else { UNKNOWN }
}

/// The PPP protocols that Juniper's interfaces carry.
fn is_ppp(number: u16) -> bool {
    matches!(number, 0x21 | 0x23 | 0x3d | 0x57 | 0x281 | 0x283 | 0x8021 | 0x8023 | 0x8057 | 0x8281 | 0xc021 | 0xc023 | 0xc223)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::{check_cuts, hex, ipv4, packet};

    const MACS: &str = "0050568b5e9f 0050568b6dde";

    fn behind(header: &str) -> Vec<u8> {
        let mut data = hex(header);
        data.extend(ipv4(17, "0035 1234 0008 0000"));
        data
    }

    #[test]
    fn ethernet_frames() {
        // From a capture: a header with extensions.
        let data = behind(&format!("4d4743 80 0010 03010106010e01028c0004044c010000 {MACS} 0800"));
        let packet = packet(178, &data);
        assert_eq!((packet.eth_dst, packet.ethertype, packet.sport), ([0, 0x50, 0x56, 0x8b, 0x5e, 0x9f], 0x0800, 53));
        assert_eq!(packet.layers, layer::ETHERNET | layer::OTHER_LINK | layer::IPV4 | layer::UDP);
        check_cuts(178, &data, data.len());
    }

    fn check_ip(link_type: u16, header: &str) {
        let packet = packet(link_type, &behind(&format!("4d4743 {header}")));
        assert_eq!((packet.sport, packet.stop), (53, Stop::Complete), "{link_type}: {header}");
        assert_ne!(packet.layers & layer::OTHER_LINK, 0);
    }

    /// All made by what Wireshark reads.
    #[test]
    fn ip_in_every_encapsulation() {
        let zeros = |count: usize| "00".repeat(count);
        let (ether, outgoing, incoming) = (format!("{MACS} 0800"), zeros(12), zeros(16));
        let cases: [(u16, &[&str]); 11] = [
            (130, &["02 02000000", "00 54000000 0021", "00 47000000 03 00 0000", "01 47000000 00 00 0000 0021"]),
            (130, &["00 ff03 0021", "00 1234 0021", "00 0021"]),
            (131, &["00 54000000 03 cc", "00 54000000 0300 cc", "00 40000000 00 00 0000", "00 40000000 03 00 0000 03 cc"]),
            (131, &["00 1234 0300 cc", "00 1234 03 cc"]),
            (133, &["00 0200 0000"]),
            (135, &["01 0000000000000000 aaaa03 000000 0800", "00 0000000000000000 0021", "00 0000000000000000"]),
            (137, &["00 00000000 fefe03 cc", "00 00000000 03 cc", "00 00000000"]),
            (178, &["02 06000000"]),
            (179, &["00 ff03 0021"]),
            (180, &["00 1861 03 cc"]),
            (181, &["00 0f00 0800"]),
        ];
        for (link_type, headers) in cases {
            for header in headers {
                check_ip(link_type, header);
            }
        }
        check_ip(135, &format!("00 0000000100000000 {ether}"));
        check_ip(136, &format!("00 {outgoing}"));
        check_ip(136, &format!("01 {incoming}"));
        check_ip(183, &format!("00 {}", zeros(18)));
        check_ip(200, &format!("00 {ether} 4500 0000 0000 0000 40 32 {} {}", zeros(10), zeros(24)));
    }

    #[test]
    fn what_carries_no_packet() {
        // ATM operation and maintenance of both generations, an unknown payload, and link types that are not decoded.
        let cases = [(137, "00 80000000 00"), (135, "00 00000000 00000070 00"), (178, "02 99000000"), (131, "00 12345678")];
        for (link_type, header) in cases {
            let packet = packet(link_type, &behind(&format!("4d4743 {header}")));
            assert_eq!((packet.layers, packet.stop), (layer::OTHER_LINK, Stop::Unsupported), "{link_type}: {header}");
        }
    }

    #[test]
    fn lengths() {
        // Extensions past the end; no header at all, as JUNOS 6 wrote it.
        assert_eq!(packet(178, &hex("4d4743 80 ffff 0000")).stop, Stop::Malformed);
        assert_eq!(packet(178, &behind(&format!("{MACS} 0800"))).sport, 53);
    }
}
