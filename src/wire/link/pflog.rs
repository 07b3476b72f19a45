//! pflog(4): what the packet filter of OpenBSD and its relatives logged.

use crate::wire::cursor::Cursor;
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, layer};
use crate::wire::packet::Packet;

/// As much of the header as all versions have: its length, the address family, and what was done to the packet.
const FIXED_LEN: usize = 4;
/// The shortest header of any version.
const MIN_HEADER_LEN: usize = 45;
const AF_INET: u8 = 2;
/// OpenBSD's, FreeBSD's and Darwin's.
const AF_INET6: [u8; 3] = [24, 28, 30];

pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let &[length, family, ..] = cursor.header::<FIXED_LEN>()?;
    if usize::from(length) < MIN_HEADER_LEN {
        return Err(Next::Stop(Stop::Malformed));
    }
    packet.layers |= layer::OTHER_LINK;
    // The length does not count the padding up to a whole number of 32-bit words.
    cursor.skip(usize::from(length).next_multiple_of(4))?;
    if family == AF_INET || AF_INET6.contains(&family) {
        return Ok(Next::Ip);
    }
    Ok(Next::Stop(Stop::Unsupported))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::{check_cuts, hex, ipv4, packet};

    const PFLOG: u16 = 117;

    /// Made by OpenBSD's `if_pflog.h`: length, family, action, reason, interface, and zeros.
    fn logged(length: u8, padded: usize, family: u8) -> Vec<u8> {
        let mut data = hex(&format!("{length:02x} {family:02x} 01 00 656d30"));
        data.resize(padded, 0);
        data.extend(ipv4(17, "0035 1234 0008 0000"));
        data
    }

    #[test]
    fn every_length_of_the_header() {
        for (length, padded) in [(45, 48), (61, 64), (64, 64), (100, 100)] {
            let packet = packet(PFLOG, &logged(length, padded, 2));
            assert_eq!((packet.sport, packet.stop), (53, Stop::Complete), "{length}");
            assert_eq!(packet.layers, layer::OTHER_LINK | layer::IPV4 | layer::UDP);
        }
        assert_eq!(packet(PFLOG, &logged(44, 44, 2)).stop, Stop::Malformed);
        assert_eq!(packet(PFLOG, &logged(255, 64, 2)).stop, Stop::Malformed);
        assert_eq!(packet(PFLOG, &logged(61, 64, 1)).stop, Stop::Unsupported);
    }

    #[test]
    fn cuts() {
        check_cuts(PFLOG, &logged(61, 64, 2), 64 + 28);
    }
}
