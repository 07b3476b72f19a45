//! Token Ring (IEEE 802.5), with source routing (IEEE 802.1D, annex C) or without.

use super::llc;
use crate::wire::cursor::Cursor;
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, layer};
use crate::wire::packet::Packet;

/// Access control, frame control, and two addresses.
const HEADER_LEN: usize = 14;
const SOURCE: usize = 8;
/// Where a group address has its mark, a source address says whether a routing information field follows.
const ROUTED: u8 = 0x80;
const ROUTING_LENGTH: u8 = 0x1f;
/// The frame type, in the upper bits of frame control.
const LLC: u8 = 0b01;

pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let header = cursor.header::<HEADER_LEN>()?;
    packet.layers |= layer::OTHER_LINK;
    cursor.skip(HEADER_LEN)?;
    if header[1] >> 6 != LLC {
        return Ok(Next::Stop(Stop::Unsupported));
    }
    if header[SOURCE] & ROUTED != 0 {
        let length = usize::from(cursor.header::<2>()?[0] & ROUTING_LENGTH);
        if length < 2 || length % 2 != 0 {
            return Err(Next::Stop(Stop::Malformed));
        }
        cursor.skip(length)?;
    }
    llc::decode(cursor, packet)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::{check_cuts, hex, ipv4, packet};

    const IEEE_802_5: u16 = 6;

    /// Made by RFC 1042.
    fn frame(control: &str, source: &str, routing: &str) -> Vec<u8> {
        let mut data = hex(&format!("10 {control} c00000000001 {source}005a000001 {routing} aaaa03 000000 0800"));
        data.extend(ipv4(17, "0035 1234 0008 0000"));
        data
    }

    #[test]
    fn ip_with_routing_and_without() {
        for data in [frame("40", "10", ""), frame("40", "90", "0230"), frame("40", "90", "0830 0011 0022 0030")] {
            let packet = packet(IEEE_802_5, &data);
            assert_eq!((packet.sport, packet.stop), (53, Stop::Complete));
            assert_eq!(packet.layers, layer::OTHER_LINK | layer::LLC | layer::IPV4 | layer::UDP);
        }
    }

    #[test]
    fn routing_length() {
        let stop = |routing| packet(IEEE_802_5, &frame("40", "90", routing)).stop;
        assert_eq!((stop("0030"), stop("0330"), stop("1f30")), (Stop::Malformed, Stop::Malformed, Stop::Malformed));
    }

    #[test]
    fn medium_access_control() {
        let packet = packet(IEEE_802_5, &frame("05", "10", ""));
        assert_eq!((packet.layers, packet.stop), (layer::OTHER_LINK, Stop::Unsupported));
    }

    #[test]
    fn cuts() {
        check_cuts(IEEE_802_5, &frame("40", "90", "0630 0011 0020"), 14 + 6 + 8 + 28);
    }
}
