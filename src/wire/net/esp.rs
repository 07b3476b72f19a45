//! ESP (RFC 4303): what follows is encrypted.

use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, layer};
use crate::wire::packet::Packet;

pub fn decode(packet: &mut Packet) -> Decoded {
    packet.layers |= layer::ESP;
    Ok(Next::Stop(Stop::Unsupported))
}
