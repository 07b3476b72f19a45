//! L2TP version 2 (RFC 2661) and 3 (RFC 3931).

use super::{enter, fits, gre};
use crate::wire::cursor::{Cursor, be16, be32};
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, Tunnel};
use crate::wire::link;
use crate::wire::packet::Packet;

const FLAGS_LEN: usize = 2;
const SESSION_LEN: usize = 4;

const CONTROL: u16 = 0x8000;
const LENGTH: u16 = 0x4000;
const SEQUENCE: u16 = 0x0800;
const OFFSET: u16 = 0x0200;
const VERSION: u16 = 0x000f;

/// Over UDP the versions share a port.
pub fn decode_udp(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    fits(FLAGS_LEN + SESSION_LEN, cursor)?;
    let flags = be16(cursor.header::<FLAGS_LEN>()?, 0);
    match flags & VERSION {
        _ if flags & CONTROL != 0 => Ok(Next::Stop(Stop::Complete)),
        2 => version_2(flags, cursor, packet),
        3 => {
            const RESERVED_LEN: usize = 2;
            fits(FLAGS_LEN + RESERVED_LEN + SESSION_LEN, cursor)?;
            cursor.skip(FLAGS_LEN + RESERVED_LEN)?;
            version_3(cursor, packet)
        }
        _ => Ok(Next::Stop(Stop::Complete)),
    }
}

/// Over IP there is version 3 only, and control messages have session 0.
pub fn decode_ip(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    if *cursor.header()? == [0; SESSION_LEN] {
        return Ok(Next::Stop(Stop::Unsupported));
    }
    version_3(cursor, packet)
}

/// A data message: PPP behind fields of which the flags announce most.
fn version_2(flags: u16, cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let whole = cursor.wire();
    cursor.skip(FLAGS_LEN)?;
    if flags & LENGTH != 0 {
        let length = u32::from(field(cursor)?);
        let taken = whole - cursor.wire();
        // The length counts from the flags on.
        cursor.limit(length.saturating_sub(taken));
    }
    let (tunnel, session) = (field(cursor)?, field(cursor)?);
    if flags & SEQUENCE != 0 {
        field(cursor)?;
        field(cursor)?;
    }
    if flags & OFFSET != 0 {
        let padding = usize::from(field(cursor)?);
        fits(padding, cursor)?;
        cursor.skip(padding)?;
    }
    fits(1, cursor)?;
    gre::ppp(Tunnel::L2tp, u32::from(tunnel) << 16 | u32::from(session), link::ppp::decode, cursor, packet)
}

/// Takes a field off, all of which have two bytes.
fn field(cursor: &mut Cursor) -> Result<u16, Next> {
    fits(2, cursor)?;
    let value = be16(cursor.header::<2>()?, 0);
    cursor.skip(2)?;
    Ok(value)
}

/// A data message: what is behind the session, a cookie or not and a frame of this kind or that, only control messages say.
fn version_3(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let session = be32(cursor.header::<SESSION_LEN>()?, 0);
    cursor.skip(SESSION_LEN)?;
    enter(Tunnel::L2tp, session, cursor, packet)?;
    Ok(Next::Stop(Stop::Unsupported))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Address;
    use crate::wire::testing::{RAW, cut_packet, in_ipv4, ipv4};

    const L2TP: &str = "06a5 06a5 0000 0000";
    /// From a capture: the beginning of what follows a data message's header, PPP and TCP in IPv6.
    const PPP: &str = "ff030057 600000000028063f 2a005e800101212d050407b12572db22 2606f200000000070badf00dd00d0001
        90aa0050 1496479e 00000000 a0026cd4 1e9c0000 020405710402080a000633ce0000000001030307";

    #[test]
    fn version_2_with_every_flag() {
        let cases = [
            "0002 05f7206a",
            "4002 005c 05f7206a",
            "0802 05f7206a 00010002",
            "0202 05f7206a 0000",
            "0302 05f7206a 0003 000000",
            "4b02 0066 05f7206a 00010002 0004 00000000",
        ];
        for header in cases {
            let packet = in_ipv4(17, &format!("{L2TP} {header} {PPP}"));
            assert_eq!((packet.tunnel, packet.tunnel_id, packet.tunnel_depth), (Tunnel::L2tp, 0x05f7_206a, 1), "{header}");
            assert_eq!((packet.ip_version, packet.dport, packet.stop), (6, 80, Stop::Complete), "{header}");
            assert_eq!(packet.outer_src(), Address::V4(0x0a00_0001));
        }
    }

    #[test]
    fn no_packet() {
        let cases = [
            // From a capture: a control message, and PPP's LCP.
            ("c802 0014 05f7 0000 000f 0002 8008000000000006", Stop::Complete),
            ("0002 05f7206a ff03c021 0900000c", Stop::Unsupported),
            // Version 3's control message, other versions, too short for what the flags say, lengths that end in the header.
            ("c803 000c 00000001 00010002", Stop::Complete),
            ("0001 05f7206a ff030057", Stop::Complete),
            ("0002 05f7", Stop::Complete),
            ("0802 05f7206a 0001", Stop::Complete),
            ("0202 05f7206a ffff ff030021", Stop::Complete),
            ("4002 0008 05f7206a ff030021", Stop::Complete),
            ("4002 0003 05f7206a ff030021", Stop::Complete),
            ("0002 05f7206a", Stop::Complete),
            ("0003 0000 0000", Stop::Complete),
        ];
        for (data, stop) in cases {
            let packet = in_ipv4(17, &format!("{L2TP} {data}"));
            assert_eq!((packet.stop, packet.tunnel, packet.dport), (stop, Tunnel::None, 1701), "{data}");
        }
    }

    #[test]
    fn version_3() {
        // From a capture: Ethernet behind an empty sublayer, of which only the control messages told.
        let frame = "00000000 525a62986b49 72963f5226ac 0800 45000054";
        for packet in [in_ipv4(17, &format!("{L2TP} 0003 0000 00000fa0 {frame}")), in_ipv4(115, &format!("00000fa0 {frame}"))] {
            assert_eq!((packet.tunnel, packet.tunnel_id, packet.stop), (Tunnel::L2tp, 0xfa0, Stop::Unsupported));
            assert_eq!(packet.src(), Address::V4(0x0a00_0001));
        }
        let control = in_ipv4(115, "00000000 c803 000c 00000001 00010002");
        assert_eq!((control.tunnel, control.stop), (Tunnel::None, Stop::Unsupported));
    }

    #[test]
    fn cuts() {
        let data = ipv4(17, &format!("{L2TP} 4b02 0066 05f7206a 00010002 0004 00000000 {PPP}"));
        for captured in 28..data.len() - 20 {
            assert_eq!(cut_packet(RAW, &data, captured).stop, Stop::Truncated, "{captured}");
        }
        let data = ipv4(115, "00000fa0 00000000");
        assert_eq!((cut_packet(RAW, &data, 22).stop, in_ipv4(115, "0000").stop), (Stop::Truncated, Stop::Malformed));
    }
}
