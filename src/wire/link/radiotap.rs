//! Radiotap (<https://www.radiotap.org>), in front of 802.11.

use super::ieee80211;
use crate::wire::cursor::{Cursor, le16, le32};
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, layer};
use crate::wire::packet::Packet;

/// Version, pad, length, and the first word of "present" bits.
const FIXED_LEN: usize = 8;
const PRESENT_LEN: usize = 4;
const TIMESTAMP_LEN: usize = 8;

// "Present" bits.
const TIMESTAMP: u32 = 1;
const FLAGS: u32 = 1 << 1;
const ANOTHER_WORD: u32 = 1 << 31;

// The flags field.
const FCS: u8 = 0x10;
const DATA_PAD: u8 = 0x20;

pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let fixed = cursor.header::<FIXED_LEN>()?;
    let length = usize::from(le16(fixed, 2));
    if length < FIXED_LEN {
        return Err(Next::Stop(Stop::Malformed));
    }
    let header = cursor.data().get(..length).ok_or_else(|| cursor.missing(length))?;
    packet.layers |= layer::RADIO;
    let flags = flags(header);
    cursor.skip(length)?;
    // Radios report signals without a frame, too (0-length PSDU).
    if cursor.wire() == 0 {
        return Ok(Next::Stop(Stop::Complete));
    }
    if flags & FCS != 0 {
        cursor.limit(cursor.wire().saturating_sub(ieee80211::FCS_LEN));
    }
    if flags & DATA_PAD != 0 { ieee80211::decode_padded(cursor, packet) } else { ieee80211::decode(cursor, packet) }
}

/// The flags field, 0 where there is none. Fields are aligned to their own length, counted from the header's start, and only
/// the timestamp comes before the flags. A check sequence that was found wrong changes nothing in how a frame is read.
fn flags(header: &[u8]) -> u8 {
    let present = le32(header, 4);
    if present & FLAGS == 0 {
        return 0;
    }
    let (words, _) = header[PRESENT_LEN..].as_chunks::<PRESENT_LEN>();
    let more = words.iter().take_while(|word| u32::from_le_bytes(**word) & ANOTHER_WORD != 0).count();
    let mut at = FIXED_LEN + more * PRESENT_LEN;
    if present & TIMESTAMP != 0 {
        at = at.next_multiple_of(TIMESTAMP_LEN) + TIMESTAMP_LEN;
    }
    header.get(at).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Address;
    use crate::wire::testing::{cut_packet, hex, ipv4, packet};

    const RADIOTAP: u16 = 127;
    const QOS_DATA: &str = "8800 0000 02000a000001 02000a000002 02000a000003 0000 0000";
    const SNAP: &str = "aaaa03 000000 0800";

    fn radio(header: &str, between: &str) -> Vec<u8> {
        [hex(&format!("{header} {QOS_DATA} {between} {SNAP}")), ipv4(17, "0035 1234 0008 0000")].concat()
    }

    /// From a capture: an HTTP request; the flags say that a check sequence is at the end.
    const HTTP: &str = "00001a006f180000 bbfd7aa92b000000 106c8009c000efac00430801 2c000024b2f8d70600173fb72c290024b2f8d70680a9
        aaaa030000000800 450002a104ec40008006c9a2c0a80006d05098c9 e5a40050534cdbab51ae73b250180fc5ea3e0000 474554202f";

    #[test]
    fn from_a_capture() {
        let mut whole = hex(HTTP);
        whole.resize(735, 0);
        let packet = packet(RADIOTAP, &whole);
        assert_eq!((packet.src(), packet.sport, packet.dport), (Address::V4(0xc0a8_0006), 58788, 80));
        assert_eq!((packet.payload_length, packet.stop), (633, Stop::Complete));
        assert_eq!(packet.layers & (layer::RADIO | layer::WLAN), layer::RADIO | layer::WLAN);
        for captured in 0..26 + 24 + 8 + 20 + 20 {
            assert_eq!(cut_packet(RADIOTAP, &whole, captured).stop, Stop::Truncated, "{captured}");
        }
    }

    #[test]
    fn padding_is_found_wherever_the_flags_are() {
        let padded = [
            "00000900 02000000 20",
            // A timestamp in front, and more words of "present" bits: aligned to eight bytes.
            "00001100 03000000 0102030405060708 20",
            "00001900 03000080 00000000 00000000 0102030405060708 20",
            "00001900 03000080 00000080 00000000 0102030405060708 20",
        ];
        for header in padded {
            let padded = packet(RADIOTAP, &radio(header, "0000"));
            assert_eq!((padded.sport, padded.stop), (53, Stop::Complete), "{header}");
        }
        assert_eq!(packet(RADIOTAP, &radio("00000800 00000000", "")).sport, 53);
        // The field is announced, but outside the header.
        assert_eq!(packet(RADIOTAP, &radio("00000800 02000000", "")).sport, 53);
    }

    #[test]
    fn check_sequence() {
        let frame = radio("00000900 02000000 50", "");
        assert_eq!(packet(RADIOTAP, &frame).stop, Stop::Malformed);
        assert_eq!(packet(RADIOTAP, &[frame, vec![0; 4]].concat()).sport, 53);
        assert_eq!(packet(RADIOTAP, &hex("00000900 02000000 10 0800")).stop, Stop::Malformed);
    }

    #[test]
    fn length() {
        assert_eq!(packet(RADIOTAP, &radio("00000700 00000000", "")).stop, Stop::Malformed);
        assert_eq!(packet(RADIOTAP, &hex("0000ffff 00000000 0800")).stop, Stop::Malformed);
        let nothing = packet(RADIOTAP, &hex("00000800 00000000"));
        assert_eq!((nothing.stop, nothing.layers), (Stop::Complete, layer::RADIO));
    }
}
