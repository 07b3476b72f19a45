//! TCP (RFC 9293), with the options MSS, window scale and timestamps (RFC 9293, RFC 7323).

use crate::wire::cursor::{Cursor, be16, be32};
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, layer};
use crate::wire::packet::Packet;

const MIN_HEADER_LEN: usize = 20;
/// Data offset, three reserved bits, and the nine flags: NS, CWR, ECE, URG, ACK, PSH, RST, SYN, FIN.
const FLAGS: u16 = 0x01ff;

/// The bits of `tcp_options`.
pub mod option {
    pub const MSS: u8 = 1;
    pub const WINDOW_SCALE: u8 = 2;
    pub const TIMESTAMPS: u8 = 4;
    pub const SACK_PERMITTED: u8 = 8;
    pub const SACK: u8 = 16;
    pub const OTHER: u8 = 128;
}

#[inline(always)]
pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let header = cursor.header::<MIN_HEADER_LEN>()?;
    packet.layers |= layer::TCP;
    packet.sport = be16(header, 0);
    packet.dport = be16(header, 2);
    packet.tcp_seq = be32(header, 4);
    packet.tcp_ack = be32(header, 8);
    packet.tcp_flags = be16(header, 12) & FLAGS;
    packet.tcp_window = be16(header, 14);

    let header_len = usize::from(header[12] >> 4) * 4;
    if header_len < MIN_HEADER_LEN || header_len > cursor.wire() as usize {
        return Err(Next::Stop(Stop::Malformed));
    }
    packet.payload_length = cursor.wire() - header_len as u32;
    if header_len > MIN_HEADER_LEN {
        let Some(bytes) = cursor.data().get(MIN_HEADER_LEN..header_len) else {
            return Err(cursor.missing(header_len));
        };
        options(bytes, packet)?;
    }
    Ok(Next::Stop(Stop::Complete))
}

#[inline(always)]
fn options(bytes: &[u8], packet: &mut Packet) -> Result<(), Next> {
    // Two NOPs and a timestamp: nearly every segment of an established connection.
    if let [1, 1, 8, 10, rest @ ..] = bytes
        && rest.len() == 8
    {
        timestamps(rest, packet);
        return Ok(());
    }
    any_options(bytes, packet)
}

/// The options, until the end or the first one whose length is impossible.
#[inline(never)]
fn any_options(mut bytes: &[u8], packet: &mut Packet) -> Result<(), Next> {
    while let [kind, rest @ ..] = bytes {
        match kind {
            0 => return Ok(()),
            1 => bytes = rest,
            _ => bytes = one_option(*kind, bytes, packet).ok_or(Next::Stop(Stop::Malformed))?,
        }
    }
    Ok(())
}

/// Takes one option that has a length off `bytes`; None if the length is impossible.
fn one_option<'a>(kind: u8, bytes: &'a [u8], packet: &mut Packet) -> Option<&'a [u8]> {
    let length = usize::from(*bytes.get(1)?);
    let body = bytes.get(2..length)?;
    match (kind, body.len()) {
        (2, 2) => {
            packet.tcp_mss = be16(body, 0);
            packet.tcp_options |= option::MSS;
        }
        (3, 1) => {
            packet.tcp_wscale = body[0];
            packet.tcp_options |= option::WINDOW_SCALE;
        }
        (4, 0) => packet.tcp_options |= option::SACK_PERMITTED,
        (5, _) => packet.tcp_options |= option::SACK,
        (8, 8) => timestamps(body, packet),
        _ => packet.tcp_options |= option::OTHER,
    }
    Some(&bytes[length..])
}

#[inline]
fn timestamps(body: &[u8], packet: &mut Packet) {
    packet.tcp_tsval = be32(body, 0);
    packet.tcp_tsecr = be32(body, 4);
    packet.tcp_options |= option::TIMESTAMPS;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::{RAW, check_cuts, in_ipv4, ipv4};

    /// A segment with these options, which fill whole words, and four bytes of payload.
    fn with_options(options: &str) -> Packet {
        let bytes = options.chars().filter(char::is_ascii_hexdigit).count() / 2;
        assert!(bytes.is_multiple_of(4), "{options}");
        in_ipv4(6, &format!("01bb c000 00000001 00000002 {:x}010 2000 0000 0000 {options} 61626364", 5 + bytes / 4))
    }

    fn found(packet: &Packet) -> (u8, Stop) {
        (packet.tcp_options, packet.stop)
    }

    #[test]
    fn header() {
        // From `examples/data/lab.pcap`: a line of an echo session.
        let packet = in_ipv4(6, "9f9a 1b5f 27debe2b fd9c4050 8018 003f be24 0000 0101080adff5409a1713881f 6c696e6520310a");
        assert_eq!((packet.sport, packet.dport), (40858, 7007));
        assert_eq!((packet.tcp_seq, packet.tcp_ack), (0x27de_be2b, 0xfd9c_4050));
        assert_eq!((packet.tcp_flags, packet.tcp_window, packet.payload_length), (0x18, 63, 7));
        assert_eq!((packet.tcp_tsval, packet.tcp_tsecr), (0xdff5_409a, 0x1713_881f));
        assert_eq!(found(&packet), (option::TIMESTAMPS, Stop::Complete));
    }

    #[test]
    fn nine_flags() {
        for (field, flags) in [("5fff", 0x1ff), ("5100", 0x100), ("5e00", 0), ("5001", 1), ("50c2", 0xc2), ("5000", 0)] {
            assert_eq!(in_ipv4(6, &format!("01bb c000 00000001 00000002 {field} 2000 0000 0000")).tcp_flags, flags);
        }
    }

    #[test]
    fn data_offset() {
        // In the header, then: why decoding stops, payload. There are 24 bytes of TCP.
        let cases = [("4", Stop::Malformed, 0), ("5", Stop::Complete, 4), ("6", Stop::Complete, 0), ("7", Stop::Malformed, 0)];
        for (words, stop, payload) in cases {
            let packet = in_ipv4(6, &format!("01bb c000 00000001 00000002 {words}010 2000 0000 0000 01010101"));
            assert_eq!((packet.stop, packet.payload_length), (stop, payload), "{words}");
            assert_eq!((packet.sport, packet.tcp_ack), (443, 2), "fields before the offset are there");
        }
    }

    #[test]
    fn options_of_a_syn() {
        use option::{MSS, SACK_PERMITTED, TIMESTAMPS, WINDOW_SCALE};
        // Linux, then Windows: their order differs.
        let linux = with_options("020405b4 0402 080adff5254600000000 01 03030a");
        assert_eq!(found(&linux), (MSS | SACK_PERMITTED | TIMESTAMPS | WINDOW_SCALE, Stop::Complete));
        assert_eq!((linux.tcp_mss, linux.tcp_wscale, linux.tcp_tsval, linux.tcp_tsecr), (1460, 10, 0xdff5_2546, 0));
        let windows = with_options("020405b4 01 030308 01 01 0402");
        assert_eq!(found(&windows), (MSS | SACK_PERMITTED | WINDOW_SCALE, Stop::Complete));
        assert_eq!((windows.tcp_mss, windows.tcp_wscale, windows.payload_length), (1460, 8, 4));
    }

    #[test]
    fn the_usual_timestamps_and_unusual_places_for_them() {
        for options in ["0101 080a 00000007 00000008", "080a 00000007 00000008 0101", "01 080a 00000007 00000008 00"] {
            let packet = with_options(options);
            assert_eq!((packet.tcp_tsval, packet.tcp_tsecr, packet.tcp_options), (7, 8, option::TIMESTAMPS), "{options}");
        }
        // As usual, and more behind it.
        let more = with_options("0101 080a 00000007 00000008 02040218");
        assert_eq!(found(&more), (option::TIMESTAMPS | option::MSS, Stop::Complete));
    }

    #[test]
    fn sack() {
        // From `examples/data/lab.pcap`.
        let packet = with_options("0101 080afd5e728893512d72 0101 050abd0d5fb4bd0d6018");
        assert_eq!(found(&packet), (option::TIMESTAMPS | option::SACK, Stop::Complete));
    }

    #[test]
    fn end_of_options() {
        let packet = with_options("020405b4 00 0300 ff");
        assert_eq!((found(&packet), packet.tcp_mss), ((option::MSS, Stop::Complete), 1460));
    }

    #[test]
    fn other_options() {
        // TCP Fast Open (RFC 7413), Multipath TCP (RFC 8684), and known kinds of a length that is not theirs.
        for options in
            ["220a 0102030405060708 0101", "1e0c 0081 0102030405060708", "0203 05 01", "0304 0102", "0403 01 01", "0802 0101"]
        {
            assert_eq!(found(&with_options(options)), (option::OTHER, Stop::Complete), "{options}");
        }
        assert_eq!(with_options("0203 05 01").tcp_mss, 0);
    }

    #[test]
    fn impossible_lengths() {
        // 0, 1, more than there is, and no length at all; what came before stays.
        for options in ["0101 fd00", "fd01 0101", "fd05 0101", "010101 fd", "010101 02"] {
            assert_eq!(found(&with_options(options)), (0, Stop::Malformed), "{options}");
        }
        let packet = with_options("020405b4 03000000");
        assert_eq!((packet.tcp_mss, packet.stop, packet.payload_length), (1460, Stop::Malformed, 4));
    }

    #[test]
    fn the_longest_options() {
        let packet = with_options(&"01".repeat(40));
        assert_eq!((packet.payload_length, packet.stop), (4, Stop::Complete));
    }

    #[test]
    fn cuts() {
        let header = "01bb c000 00000001 00000002 7010 2000 0000 0000";
        check_cuts(RAW, &ipv4(6, &format!("{header} 020405b4 01010402 61626364")), 20 + 28);
    }
}
