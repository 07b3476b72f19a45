//! Darwin's PKTAP (LINKTYPE_PKTAP): what macOS captures on several interfaces at once.

use crate::wire::cursor::{Cursor, le32};
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::Stop;
use crate::wire::packet::Packet;

/// The length of the header, the type of what follows, and its link type; more about interface and process comes behind.
const FIXED_LEN: usize = 12;
const PACKET: u32 = 1;

pub fn decode(cursor: &mut Cursor, _: &mut Packet) -> Decoded {
    let header = cursor.header::<FIXED_LEN>()?;
    let (length, kind, link_type) = (le32(header, 0) as usize, le32(header, 4), le32(header, 8));
    if length < FIXED_LEN {
        return Err(Next::Stop(Stop::Malformed));
    }
    cursor.skip(length)?;
    match u16::try_from(link_type) {
        Ok(link_type) if kind == PACKET => Ok(Next::Link(link_type)),
        _ => Ok(Next::Stop(Stop::Unsupported)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::layer;
    use crate::wire::testing::{check_cuts, hex, ipv4, packet};

    const PKTAP: u16 = 258;

    /// From a capture, but for the packet: a header of 108 bytes.
    fn frame(length: &str, kind: &str) -> Vec<u8> {
        let mut data = hex(&format!("{length} {kind} 01000000 656e30"));
        data.resize(108, 0);
        data.extend(hex("02000a140001 02000a140066 0800"));
        data.extend(ipv4(17, "0035 1234 0008 0000"));
        data
    }

    #[test]
    fn ethernet_inside() {
        let whole = packet(PKTAP, &frame("6c000000", "01000000"));
        assert_eq!((whole.sport, whole.ethertype, whole.stop), (53, 0x0800, Stop::Complete));
        assert_eq!(whole.layers, layer::ETHERNET | layer::IPV4 | layer::UDP);

        let stop = |length, kind| packet(PKTAP, &frame(length, kind)).stop;
        assert_eq!(stop("6c000000", "02000000"), Stop::Unsupported);
        assert_eq!((stop("0b000000", "01000000"), stop("ffffffff", "01000000")), (Stop::Malformed, Stop::Malformed));
    }

    #[test]
    fn cuts() {
        check_cuts(PKTAP, &frame("6c000000", "01000000"), 108 + 14 + 28);
    }
}
