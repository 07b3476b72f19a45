//! ESP (RFC 4303): what follows is encrypted.

use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, layer};
use crate::wire::packet::Packet;

pub fn decode(packet: &mut Packet) -> Decoded {
    packet.layers |= layer::ESP;
    Ok(Next::Stop(Stop::Unsupported))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::{in_ipv4, in_ipv6};

    #[test]
    fn nothing_inside_is_decoded() {
        for packet in [in_ipv4(50, "0000abcd 00000001 0102030405060708"), in_ipv6(50, "0000abcd 00000001 0102030405060708")] {
            assert_eq!((packet.protocol, packet.stop, packet.payload_length), (50, Stop::Unsupported, 0));
            assert_eq!(packet.layers & !layer::IP, layer::ESP);
        }
    }
}
