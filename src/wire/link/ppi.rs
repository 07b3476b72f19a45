//! Per-Packet Information (CACE Technologies, "PPI Packet Header format"), in front of any link layer.

use super::ieee80211;
use crate::wire::cursor::{Cursor, le16, le32};
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, layer};
use crate::wire::packet::Packet;

const HEADER_LEN: usize = 8;
const FIELD_LEN: usize = 4;
const COMMON_80211: u16 = 2;
/// Where the flags are in the data of an 802.11-Common field, behind a timestamp.
const COMMON_FLAGS: usize = 8;
const FCS: u8 = 0x01;
const IEEE80211: u32 = 105;

pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let fixed = cursor.header::<HEADER_LEN>()?;
    let length = usize::from(le16(fixed, 2));
    let link_type = le32(fixed, 4);
    if length < HEADER_LEN {
        return Err(Next::Stop(Stop::Malformed));
    }
    let header = cursor.data().get(..length).ok_or_else(|| cursor.missing(length))?;
    packet.layers |= layer::RADIO;
    cursor.skip(length)?;
    if link_type == IEEE80211 {
        if has_fcs(&header[HEADER_LEN..]) {
            cursor.limit(cursor.wire().saturating_sub(ieee80211::FCS_LEN));
        }
        return ieee80211::decode(cursor, packet);
    }
    Ok(u16::try_from(link_type).map_or(Next::Stop(Stop::Unsupported), Next::Link))
}

/// Whether a field says that the frame's check sequence is at its end.
fn has_fcs(mut fields: &[u8]) -> bool {
    // Ends: every turn takes at least a field's own header.
    while let Some((field, rest)) = fields.split_first_chunk::<FIELD_LEN>() {
        let length = usize::from(le16(field, 2));
        if le16(field, 0) == COMMON_80211 {
            return rest.get(COMMON_FLAGS).is_some_and(|flags| flags & FCS != 0);
        }
        let Some(next) = rest.get(length..) else { return false };
        fields = next;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Address;
    use crate::wire::testing::{check_cuts, hex, ipv4, packet};

    const PPI: u16 = 192;
    const DATA: &str = "0800 0000 02000a000001 02000a000002 02000a000003 0000 aaaa03 000000 0800";

    fn frame(header: &str) -> Vec<u8> {
        [hex(&format!("{header} {DATA}")), ipv4(17, "0035 1234 0008 0000")].concat()
    }

    #[test]
    fn ethernet_from_a_capture() {
        let some_ip = hex("0000100001000000 0800040000000000 0054afe70300 0054afe70340 0800
            4500004800004000ff1149bdc0a85849c0a8584d 771a771a00349227
            ffff8100000000240000000201010200c0000000000000100700000000eb00000100001e00");
        let packet = packet(PPI, &some_ip);
        assert_eq!((packet.src(), packet.sport, packet.stop), (Address::V4(0xc0a8_5849), 30490, Stop::Complete));
        assert_eq!((packet.ethertype, packet.eth_dst), (0x0800, [0, 0x54, 0xaf, 0xe7, 3, 0]));
    }

    #[test]
    fn wlan_from_a_capture() {
        // The field says that there is no check sequence.
        let dns = hex("0000200069000000 02001400 2983cdf300000000010004007609c0000000c7a0 8802a2000014a5cb6e1a0014a5cd747b
            00010227f9b260ce0000 aaaa030000000800 45000068082a00004011ee85c0a80101c0a80184 003504070054f882 96c18180");
        let packet = packet(PPI, &dns);
        assert_eq!((packet.src(), packet.sport, packet.dport), (Address::V4(0xc0a8_0101), 53, 1031));
        assert_eq!(packet.layers & (layer::RADIO | layer::WLAN), layer::RADIO | layer::WLAN);
    }

    #[test]
    fn check_sequence() {
        let common = |flags| format!("0200 1400 0000000000000000 {flags} 00000000000000000000");
        let stop = |header: String, end: usize| packet(PPI, &[frame(&header), vec![0; end]].concat()).stop;
        let first = format!("00002000 69000000 {}", common("0100"));
        let second = format!("00002800 69000000 0300 0400 00000000 {}", common("0100"));
        for header in [first, second] {
            assert_eq!((stop(header.clone(), 0), stop(header, 4)), (Stop::Malformed, Stop::Complete));
        }
        assert_eq!(stop(format!("00002000 69000000 {}", common("0600")), 0), Stop::Complete);
        // A field that runs out of the header, or is cut, says nothing.
        assert_eq!(stop("00000c00 69000000 0300 ffff".into(), 0), Stop::Complete);
        assert_eq!(stop("00001200 69000000 0200 1400 000000000000".into(), 0), Stop::Complete);
    }

    #[test]
    fn lengths_and_cuts() {
        assert_eq!(packet(PPI, &frame("00000700 69000000")).stop, Stop::Malformed);
        assert_eq!(packet(PPI, &frame("0000ffff 69000000")).stop, Stop::Malformed);
        assert_eq!(packet(PPI, &frame("00000800 69000100")).stop, Stop::Unsupported);
        let whole = frame("00000800 69000000");
        check_cuts(PPI, &whole, whole.len());
    }
}
