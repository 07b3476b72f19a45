//! Prism header (linux-wlan-ng), in front of 802.11.

use super::{avs, ieee80211};
use crate::wire::cursor::{Cursor, be32};
use crate::wire::dispatch::Decoded;
use crate::wire::layers::layer;
use crate::wire::packet::Packet;

/// Message code, message length, device name, and ten values of twelve bytes. The length field says the same, in the byte
/// order of the machine that captured.
const HEADER_LEN: usize = 144;
/// Message codes of the two drivers that wrote it.
const MESSAGE_CODES: [u32; 2] = [0x41, 0x44];

pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let code = be32(cursor.header::<4>()?, 0);
    // Captures with this link type may have the header that replaced it, or none.
    if avs::is_cookie(code) {
        return avs::decode(cursor, packet);
    }
    if !MESSAGE_CODES.contains(&code) && !MESSAGE_CODES.contains(&code.swap_bytes()) {
        return ieee80211::decode(cursor, packet);
    }
    cursor.skip(HEADER_LEN)?;
    packet.layers |= layer::RADIO;
    ieee80211::decode(cursor, packet)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Stop;
    use crate::wire::testing::{check_cuts, hex, ipv4, packet};

    const PRISM: u16 = 119;
    const DATA: &str = "0800 0000 02000a000001 02000a000002 02000a000003 0000 aaaa03 000000 0800";
    /// From a capture: an acknowledgement, with its check sequence.
    const HEADER: &str = "4100000090000000 65746831000000000000000000000000
        4110000000000400bd730101 4120000000000400 4d5a8004 413000000100040000000000 4140000000000400a7ffffff
        415000000000040037000000 416000000000040001000000 417000000100040000000000 418000000000040016000000
        419000000100040000000000 41a00000000004000e000000";

    fn frame(header: &[u8]) -> Vec<u8> {
        [header, &hex(DATA), &ipv4(17, "0035 1234 0008 0000")].concat()
    }

    #[test]
    fn from_a_capture() {
        let acknowledgement = packet(PRISM, &[hex(HEADER), hex("c4006400001f6ca88980fe8cad85")].concat());
        assert_eq!((acknowledgement.stop, acknowledgement.layers), (Stop::Unsupported, layer::RADIO | layer::WLAN));
        let data = frame(&hex(HEADER));
        assert_eq!(packet(PRISM, &data).sport, 53);
        check_cuts(PRISM, &data, data.len());
    }

    #[test]
    fn other_headers() {
        let big_endian = [hex("00000044 00000090"), vec![0; 136]].concat();
        let avs = [hex("80211001 00000040"), vec![0; 56]].concat();
        for (header, layers) in [(big_endian, layer::RADIO), (avs, layer::RADIO), (Vec::new(), 0)] {
            let packet = packet(PRISM, &frame(&header));
            assert_eq!((packet.sport, packet.layers & layer::RADIO, packet.stop), (53, layers, Stop::Complete));
        }
    }
}
