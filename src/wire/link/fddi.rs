//! FDDI (ANSI X3.139, RFC 1188).

use super::llc;
use crate::wire::cursor::Cursor;
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, layer};
use crate::wire::packet::Packet;

/// Frame control, and two addresses.
const HEADER_LEN: usize = 13;
/// Asynchronous LLC frames; the other bits are their priority.
const ASYNCHRONOUS_LLC: u8 = 0x50;

pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let frame_control = cursor.header::<HEADER_LEN>()?[0];
    packet.layers |= layer::OTHER_LINK;
    cursor.skip(HEADER_LEN)?;
    match frame_control & 0xf0 {
        ASYNCHRONOUS_LLC => llc::decode(cursor, packet),
        _ => Ok(Next::Stop(Stop::Unsupported)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::{check_cuts, hex, ipv4, packet};

    const FDDI: u16 = 10;
    const MACS: &str = "40002850d000 10005a000001";

    /// Made by RFC 1188.
    fn frame(control: &str) -> Vec<u8> {
        let mut data = hex(&format!("{control} {MACS} aaaa03 000000 0800"));
        data.extend(ipv4(17, "0035 1234 0008 0000"));
        data
    }

    #[test]
    fn ip_inside() {
        for control in ["50", "57"] {
            let packet = packet(FDDI, &frame(control));
            assert_eq!((packet.sport, packet.stop), (53, Stop::Complete));
            assert_eq!(packet.layers, layer::OTHER_LINK | layer::LLC | layer::IPV4 | layer::UDP);
        }
    }

    #[test]
    fn other_frames() {
        // A token, station management, a beacon.
        for control in ["80", "41", "c2"] {
            let packet = packet(FDDI, &frame(control));
            assert_eq!((packet.layers, packet.stop), (layer::OTHER_LINK, Stop::Unsupported));
        }
    }

    #[test]
    fn cuts() {
        check_cuts(FDDI, &frame("50"), 13 + 8 + 28);
    }
}
