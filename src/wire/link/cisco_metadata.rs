//! Cisco MetaData (TrustSec): a tag of EtherType 0x8909 with the sender's security group.

use super::ethernet;
use crate::wire::cursor::{Cursor, be16};
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::Stop;

/// Version and length, one option with the security group, and the EtherType of what follows.
const TAG_LEN: usize = 8;
const VERSION_AND_LENGTH: [u8; 2] = [1, 1];

pub fn decode(cursor: &mut Cursor) -> Decoded {
    let tag = cursor.header::<TAG_LEN>()?;
    if tag[..2] != VERSION_AND_LENGTH {
        return Ok(Next::Stop(Stop::Unsupported));
    }
    cursor.skip(TAG_LEN)?;
    ethernet::inner_payload(be16(tag, 6))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::{ETHERNET, check_cuts, hex, ipv4, packet};

    /// A frame with a tag made as Wireshark's dissector reads it.
    fn tagged(tag: &str) -> Vec<u8> {
        [hex(&format!("02000a000001 02000a000002 8909 {tag}")), ipv4(17, "0035 1234 0008 0000")].concat()
    }

    #[test]
    fn one_group() {
        let frame = packet(ETHERNET, &tagged("01 01 0001 0064 0800"));
        assert_eq!((frame.sport, frame.ethertype, frame.stop), (53, 0x8909, Stop::Complete));
        for other in ["02 01 0001 0064 0800", "01 02 0001 0064 0800"] {
            assert_eq!(packet(ETHERNET, &tagged(other)).stop, Stop::Unsupported, "{other}");
        }
    }

    #[test]
    fn cuts() {
        let frame = tagged("01 01 0001 0064 0800");
        check_cuts(ETHERNET, &frame, frame.len());
    }
}
