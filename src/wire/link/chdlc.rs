//! Cisco HDLC (RFC 1547, section 4.3.1).

use crate::wire::cursor::{Cursor, be16};
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, layer};
use crate::wire::packet::Packet;

const HEADER_LEN: usize = 4;
/// The addresses by which it is told from PPP.
pub const UNICAST: u8 = 0x0f;
pub const MULTICAST: u8 = 0x8f;

pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let header = cursor.header::<HEADER_LEN>()?;
    packet.layers |= layer::OTHER_LINK;
    cursor.skip(HEADER_LEN)?;
    payload(be16(header, 2))
}

/// What a protocol number says follows. Most are EtherTypes, but 8035 is Cisco's SLARP and not RARP.
pub fn payload(number: u16) -> Decoded {
    match number {
        0x0800 | 0x86dd | 0x8847 | 0x8848 | 0x6558 => Ok(Next::EtherType(number)),
        _ => Ok(Next::Stop(Stop::Unsupported)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::{check_cuts, hex, packet};

    const C_HDLC: u16 = 104;
    /// From a capture: a TCP SYN to BGP.
    const SYN: &str = "45c0002cf89240000106b6566410010264100101 479400b3bcea75d1000000006002400013000000020405b4";

    #[test]
    fn ip_inside() {
        for address in ["0f00", "8f00", "0080"] {
            let packet = packet(C_HDLC, &hex(&format!("{address} 0800 {SYN}")));
            assert_eq!((packet.sport, packet.dport, packet.ethertype), (18324, 179, 0));
            assert_eq!((packet.layers, packet.stop), (layer::OTHER_LINK | layer::IPV4 | layer::TCP, Stop::Complete));
        }
    }

    #[test]
    fn bridged_ethernet() {
        let packet = packet(C_HDLC, &hex(&format!("0f00 6558 02000a140001 02000a140066 0800 {SYN}")));
        assert_eq!((packet.dport, packet.ethertype, packet.stop), (179, 0x0800, Stop::Complete));
    }

    #[test]
    fn what_carries_no_packet() {
        // SLARP, CDP, OSI.
        for number in ["8035 00000002 00000000 00000000 ffff", "2000 02b4", "fefe 03"] {
            let packet = packet(C_HDLC, &hex(&format!("8f00 {number}")));
            assert_eq!((packet.layers, packet.stop), (layer::OTHER_LINK, Stop::Unsupported));
        }
    }

    #[test]
    fn cuts() {
        let options = 4;
        check_cuts(C_HDLC, &hex(&format!("0f00 0800 {SYN}")), 4 + 20 + 20 + options);
    }
}
