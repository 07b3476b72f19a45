//! AVS header (AbsoluteValue Systems, linux-wlan-ng), in front of 802.11.

use super::ieee80211;
use crate::wire::cursor::{Cursor, be32};
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, layer};
use crate::wire::packet::Packet;

/// Version and length; what else there is differs between versions.
const FIXED_LEN: usize = 8;
const COOKIE: u32 = 0x8021_1000;
const COOKIE_MASK: u32 = 0xffff_f000;

/// Whether a header's first word is an AVS header's: a cookie, with the version in its last bits.
pub fn is_cookie(word: u32) -> bool {
    word & COOKIE_MASK == COOKIE
}

pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let fixed = cursor.header::<FIXED_LEN>()?;
    let length = be32(fixed, 4) as usize;
    if length < FIXED_LEN {
        return Err(Next::Stop(Stop::Malformed));
    }
    cursor.skip(length)?;
    packet.layers |= layer::RADIO;
    ieee80211::decode(cursor, packet)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::{check_cuts, hex, ipv4, packet};

    const AVS: u16 = 163;
    const DATA: &str = "0800 0000 02000a000001 02000a000002 02000a000003 0000 aaaa03 000000 0800";

    #[test]
    fn both_versions() {
        // Made by the format's description: 64 bytes, 80 in version 2.
        for (header, length) in [("80211001 00000040", 64), ("80211002 00000050", 80)] {
            let header = [hex(header), vec![0; length - FIXED_LEN]].concat();
            let frame = [header, hex(DATA), ipv4(17, "0035 1234 0008 0000")].concat();
            let packet = packet(AVS, &frame);
            assert_eq!((packet.sport, packet.stop), (53, Stop::Complete));
            assert_eq!(packet.layers & (layer::RADIO | layer::WLAN), layer::RADIO | layer::WLAN);
            check_cuts(AVS, &frame, frame.len());
        }
    }

    #[test]
    fn impossible_lengths() {
        for length in ["00000000", "00000007", "ffffffff"] {
            assert_eq!(packet(AVS, &hex(&format!("80211001 {length} {DATA}"))).stop, Stop::Malformed);
        }
    }
}
