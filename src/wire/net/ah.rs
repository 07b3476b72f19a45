//! IP Authentication Header (RFC 4302).

use etherparse::IpAuthHeaderSlice;

use crate::wire::cursor::Cursor;
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, layer};
use crate::wire::packet::Packet;

const MIN_HEADER_LEN: usize = 12;

pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let fixed = cursor.header::<MIN_HEADER_LEN>()?;
    let length = (usize::from(fixed[1]) + 2) * 4;
    if length < MIN_HEADER_LEN {
        return Err(Next::Stop(Stop::Malformed));
    }
    let header = IpAuthHeaderSlice::from_slice(cursor.data()).map_err(|_| cursor.missing(length))?;
    packet.layers |= layer::AH;
    packet.protocol = header.next_header().0;
    cursor.skip(length)?;
    Ok(Next::Protocol(packet.protocol))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::{RAW, check_cuts, in_ipv4, in_ipv6, ipv4};

    /// HMAC-SHA-1-96 (RFC 2404): 12 bytes behind the fixed 12.
    const HEADER: &str = "11 04 0000 0000abcd 00000001 a1a2a3a4a5a6a7a8a9aaabac";
    const UDP: &str = "0035 1234 0008 0000";

    #[test]
    fn in_both_versions() {
        for packet in [in_ipv4(51, &format!("{HEADER} {UDP}")), in_ipv6(51, &format!("{HEADER} {UDP}"))] {
            assert_eq!((packet.protocol, packet.sport, packet.stop), (17, 53, Stop::Complete));
            assert_eq!(packet.layers & !layer::IP, layer::AH | layer::UDP);
        }
    }

    #[test]
    fn length() {
        // The length counts words but two: 0 would be less than the fixed part, 1 is that alone.
        let stop = |length: &str| in_ipv4(51, &format!("11 {length} 0000 0000abcd 00000001 {UDP}")).stop;
        assert_eq!((stop("00"), stop("01"), stop("ff")), (Stop::Malformed, Stop::Complete, Stop::Malformed));
    }

    #[test]
    fn cuts() {
        check_cuts(RAW, &ipv4(51, &format!("{HEADER} {UDP}")), 20 + 24 + 8);
    }
}
