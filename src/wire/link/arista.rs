//! Arista's timestamps: a tag of EtherType 0xd28b with the time at which a switch saw the frame.

use super::ethernet;
use crate::wire::cursor::{Cursor, be16};
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::Stop;

/// What it is, and how the time is written.
const HEADER_LEN: usize = 4;
const ETHERTYPE_LEN: usize = 2;
const TIMESTAMP: u16 = 1;

// Time scales.
const ATOMIC_TIME: u8 = 0;
const UTC: u8 = 1;

pub fn decode(cursor: &mut Cursor) -> Decoded {
    let header = cursor.header::<HEADER_LEN>()?;
    let [.., ATOMIC_TIME | UTC, format] = *header else { return Ok(Next::Stop(Stop::Unsupported)) };
    // What hardware wrote it is in the lower half.
    let time = match (be16(header, 0), format >> 4) {
        (TIMESTAMP, 1) => 8,
        (TIMESTAMP, 2) => 6,
        _ => return Ok(Next::Stop(Stop::Unsupported)),
    };
    cursor.skip(HEADER_LEN + time)?;
    let number = be16(cursor.header::<ETHERTYPE_LEN>()?, 0);
    cursor.skip(ETHERTYPE_LEN)?;
    ethernet::inner_payload(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Packet;
    use crate::wire::testing::{ETHERNET, check_cuts, hex, ipv4, packet};

    const MACS: &str = "000000000001 001122334455 d28b";
    /// From a capture: 64 bits and 48, of two kinds of hardware, then of the other scale.
    const TIMES: [&str; 6] = [
        "0001 0010 5ceeed57384f59c8",
        "0001 0011 5ceeed5819c38c2c",
        "0001 0020 ed9518152474",
        "0001 0021 ed9535464208",
        "0001 0110 5ceeed7c1ac227a3",
        "0001 0111 5ceeed7d19138923",
    ];

    fn tagged(tag: &str) -> Vec<u8> {
        [hex(&format!("{MACS} {tag}")), ipv4(17, "0035 1234 0008 0000")].concat()
    }

    fn decoded(tag: &str) -> Packet {
        packet(ETHERNET, &tagged(tag))
    }

    #[test]
    fn every_form() {
        for time in TIMES {
            let plain = decoded(&format!("{time} 0800"));
            assert_eq!((plain.sport, plain.ethertype, plain.stop), (53, 0xd28b, Stop::Complete), "{time}");
            let in_vlan = decoded(&format!("{time} 8100 0064 0800"));
            assert_eq!((in_vlan.sport, in_vlan.vlan_id, in_vlan.ethertype), (53, 100, 0xd28b), "{time}");
        }
        for other in ["0001 0030 5ceeed57384f59c8", "0001 0210 5ceeed57384f59c8", "0002 0010 5ceeed57384f59c8"] {
            assert_eq!(decoded(&format!("{other} 0800")).stop, Stop::Unsupported);
        }
    }

    #[test]
    fn cuts() {
        for time in TIMES {
            let frame = tagged(&format!("{time} 0800"));
            check_cuts(ETHERNET, &frame, frame.len());
        }
    }
}
