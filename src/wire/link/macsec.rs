//! MACsec (IEEE 802.1AE): the SecTAG, and what follows where it is not encrypted.

use super::ethernet;
use crate::wire::cursor::{Cursor, be16};
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, layer};
use crate::wire::packet::Packet;

/// Tag control information, short length and packet number.
const TAG_LEN: usize = 6;
const CHANNEL_ID_LEN: usize = 8;
const ETHERTYPE_LEN: usize = 2;
/// Integrity check value, with the default cipher suite.
const ICV_LEN: u32 = 16;

// Tag control information.
const VERSION: u8 = 0x80;
const CHANNEL_ID: u8 = 0x20;
const ENCRYPTED: u8 = 0x08;
const CHANGED: u8 = 0x04;

const SHORT_LENGTH: u8 = 0x3f;

pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let &[control, length, ..] = cursor.header::<TAG_LEN>()?;
    if control & VERSION != 0 {
        return Ok(Next::Stop(Stop::Unsupported));
    }
    let tag_len = TAG_LEN + if control & CHANNEL_ID != 0 { CHANNEL_ID_LEN } else { 0 };
    cursor.skip(tag_len)?;
    packet.layers |= layer::MACSEC;
    if control & (ENCRYPTED | CHANGED) != 0 {
        return Ok(Next::Stop(Stop::Unsupported));
    }
    cursor.limit(cursor.wire().saturating_sub(ICV_LEN));
    // 0 says that there are 48 bytes or more, hence no padding behind the check value.
    match length & SHORT_LENGTH {
        0 => {}
        length => cursor.limit(u32::from(length)),
    }
    let number = be16(cursor.header::<ETHERTYPE_LEN>()?, 0);
    cursor.skip(ETHERTYPE_LEN)?;
    ethernet::inner_payload(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Address;
    use crate::wire::testing::{ETHERNET, check_cuts, hex, ipv4, packet};

    const MACS: &str = "02000a000001 02000a000002 88e5";

    /// A frame with this tag, a DNS datagram, and what is given behind it.
    fn tagged(tag: &str, behind: usize) -> Vec<u8> {
        [hex(&format!("{MACS} {tag}")), ipv4(17, "0035 1234 0008 0000"), vec![0; behind]].concat()
    }

    #[test]
    fn from_a_capture() {
        // Integrity only, with channel identifier; bytes of padding behind the check value.
        let data = hex("b6b95d808d79 caf9df4f509a 88e5 2022 00000042 caf9df4f509a0064 0800
            450000202df140004011a787c0a87201c0a87202 92531a0a000c89e7 3132330a 079d1505db571783ceb1aec143e4e374 010203040506");
        let packet = packet(ETHERNET, &data);
        assert_eq!((packet.src(), packet.sport, packet.payload_length), (Address::V4(0xc0a8_7201), 37459, 4));
        assert_eq!(packet.layers, layer::ETHERNET | layer::MACSEC | layer::IPV4 | layer::UDP);
        assert_eq!((packet.ethertype, packet.stop), (0x88e5, Stop::Complete));
        check_cuts(ETHERNET, &data, 14 + 14 + 2 + 20 + 8);
    }

    #[test]
    fn control_information() {
        let stop_and_port = |tag| {
            let packet = packet(ETHERNET, &tagged(tag, 16));
            (packet.stop, packet.sport)
        };
        assert_eq!(stop_and_port("00 00 00000001 0800"), (Stop::Complete, 53));
        assert_eq!(stop_and_port("53 00 00000001 0800"), (Stop::Complete, 53));
        assert_eq!(stop_and_port("20 00 00000001 02000a0000020001 0800"), (Stop::Complete, 53));
        // Encrypted, changed by the cipher suite all the same, both; another version.
        for tag in ["08 00 00000001 0800", "04 00 00000001 0800", "0c 00 00000001 0800", "80 00 00000001 0800"] {
            assert_eq!(stop_and_port(tag), (Stop::Unsupported, 0));
        }
    }

    #[test]
    fn lengths() {
        let stop = |length: &str, behind| packet(ETHERNET, &tagged(&format!("00 {length} 00000001 0800"), behind)).stop;
        assert_eq!((stop("00", 16), stop("00", 15), stop("00", 0)), (Stop::Complete, Stop::Malformed, Stop::Malformed));
        assert_eq!((stop("1e", 16), stop("1d", 16), stop("01", 16)), (Stop::Complete, Stop::Malformed, Stop::Malformed));
        // Two of its bits are reserved.
        assert_eq!((stop("de", 20), stop("3f", 16)), (Stop::Complete, Stop::Complete));
        assert_eq!(packet(ETHERNET, &hex(&format!("{MACS} 00 00 00000001 0800 0102"))).stop, Stop::Malformed);
    }
}
