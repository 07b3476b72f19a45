//! Checksums, verified only where somebody asked for them: decoding itself reads none.

pub mod internet;
mod message;
mod pseudo;

use super::cursor::{Cursor, be16};
use super::dispatch::Next;
use super::layers::Checksum;
use super::packet::Packet;
use super::step;

/// Decodes what is left header by header, and verifies the checksums that the columns then describe.
pub fn decode(mut next: Next, mut cursor: Cursor, packet: &mut Packet) {
    packet.ip_checksum = Checksum::NotVerifiable;
    packet.l4_checksum = Checksum::NotVerifiable;
    // The IP packet whose payload the cursor is in.
    let mut network = None;
    loop {
        let (now, before) = (next, cursor);
        let Some(after) = step(next, &mut cursor, packet) else { return };
        next = after;
        match now {
            // A header inside a tunnel that can not be read leaves the columns to the one around it.
            Next::Ip if cursor.wire() == before.wire() => {}
            Next::Ip => {
                packet.ip_checksum = header(before.data());
                network = Some(before);
            }
            Next::Protocol(number) => match network {
                Some(network) if message::is_known(number) => {
                    packet.l4_checksum = message::verify(number, &network, &before, packet);
                }
                Some(_) => {}
                // Behind Van Jacobson's IP header, which is another than was sent.
                None => (packet.ip_checksum, packet.l4_checksum) = (Checksum::NotVerifiable, Checksum::NotVerifiable),
            },
            _ => network = None,
        }
    }
}

/// The checksum of an IPv4 header; IPv6 has none.
fn header(data: &[u8]) -> Checksum {
    let length = match data.first() {
        Some(first) if first >> 4 == 4 => usize::from(first & 0x0f) * 4,
        _ => return Checksum::NotVerifiable,
    };
    match data.get(..length) {
        None => Checksum::NotVerifiable,
        Some(header) if internet::holds(internet::sum(header)) => Checksum::Good,
        // The interface that sends it will fill it in.
        Some(header) if be16(header, 10) == 0 => Checksum::NotVerifiable,
        Some(_) => Checksum::Bad,
    }
}
