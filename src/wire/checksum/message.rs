//! Checksums of what IP carries: TCP, UDP, UDP-Lite, DCCP, both ICMP, IGMP (all RFC 1071) and SCTP (CRC-32C).

use super::internet::{fold, holds, sum};
use super::pseudo::Ends;
use crate::wire::cursor::{Cursor, be16, le32};
use crate::wire::layers::Checksum;
use crate::wire::packet::Packet;

const ICMP: u8 = 1;
const IGMP: u8 = 2;
const TCP: u8 = 6;
const UDP: u8 = 17;
const DCCP: u8 = 33;
const ICMPV6: u8 = 58;
const SCTP: u8 = 132;
const UDPLITE: u8 = 136;

/// Whether the protocol has a checksum that is verified here.
pub fn is_known(number: u8) -> bool {
    matches!(number, ICMP | IGMP | TCP | UDP | DCCP | ICMPV6 | SCTP | UDPLITE)
}

/// What a checksum is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Coverage {
    bytes: u32,
    /// The length in the pseudo-header, if there is one.
    length: Option<u32>,
}

/// The checksum of the message that `payload` begins with, which the packet at `network` carries.
pub fn verify(number: u8, network: &Cursor, payload: &Cursor, packet: &Packet) -> Checksum {
    // Fewer bytes were on the wire than the packet has: a fragment, or cut before it was captured.
    if packet.ip_length > network.wire() {
        return Checksum::NotVerifiable;
    }
    let Some(ends) = Ends::of(network.data()) else { return Checksum::NotVerifiable };
    let coverage = match coverage(number, payload, packet) {
        Ok(coverage) => coverage,
        Err(verdict) => return verdict,
    };
    match payload.data().get(..coverage.bytes as usize) {
        None => Checksum::NotVerifiable,
        Some(covered) if number == SCTP => crc32c(covered),
        Some(covered) => internet(number, covered, &ends, coverage.length),
    }
}

/// How much the checksum is over, or what is known of it without a look at the bytes.
fn coverage(number: u8, payload: &Cursor, packet: &Packet) -> Result<Coverage, Checksum> {
    let (data, whole) = (payload.data(), payload.wire());
    let pseudo = Coverage { bytes: whole, length: Some(whole) };
    match number {
        UDP => udp(payload, packet),
        UDPLITE => match u32::from(word(data, 4)?) {
            0 => Ok(pseudo),
            coverage if coverage < 8 || coverage > whole => Err(Checksum::Bad),
            coverage => Ok(Coverage { bytes: coverage, ..pseudo }),
        },
        DCCP => {
            let offset = word(data, 4)?;
            // Header and options in words, then all data (0) or so many words of it but one.
            match (u32::from(offset >> 8) * 4, u32::from(offset & 0x0f)) {
                (_, 0) => Ok(pseudo),
                (header, words) if header + (words - 1) * 4 > whole => Err(Checksum::Bad),
                (header, words) => Ok(Coverage { bytes: header + (words - 1) * 4, ..pseudo }),
            }
        }
        TCP | ICMPV6 => Ok(pseudo),
        _ => Ok(Coverage { bytes: whole, length: None }),
    }
}

fn udp(payload: &Cursor, packet: &Packet) -> Result<Coverage, Checksum> {
    let data = payload.data();
    let length = match u32::from(word(data, 4)?) {
        0 => payload.wire(),
        length => length,
    };
    if length < 8 || length > payload.wire() {
        return Err(Checksum::NotVerifiable);
    }
    if word(data, 6)? != 0 {
        return Ok(Coverage { bytes: length, length: Some(length) });
    }
    // No checksum: allowed over IPv4, and over IPv6 for tunnels (RFC 6935).
    let tunnel = payload.context().over_udp(be16(data, 0), be16(data, 2));
    Err(if packet.ip_version == 4 || tunnel.is_some() { Checksum::NotVerifiable } else { Checksum::Bad })
}

/// The Internet checksum over `covered` and a pseudo-header with this length, if there is one.
fn internet(number: u8, covered: &[u8], ends: &Ends, length: Option<u32>) -> Checksum {
    let field = match number {
        TCP => 16,
        UDP | UDPLITE | DCCP => 6,
        _ => 2,
    };
    let Some(checksum) = covered.get(field..field + 2) else { return Checksum::NotVerifiable };
    let pseudo = |length| ends.sum(number, length);
    let is_begun_with = |length| sum(checksum) == u64::from(fold(pseudo(length)));
    match (number, length) {
        _ if holds(length.map_or(0, pseudo) + sum(covered)) => Checksum::Good,
        // The sender leaves the rest to its interface, which sees the packet after the capture does.
        (TCP | UDP, Some(length)) if is_begun_with(length) => Checksum::NotVerifiable,
        // Lengths too, where the interface divides the segment (large send offload).
        (TCP, _) if is_begun_with(0) => Checksum::NotVerifiable,
        _ => Checksum::Bad,
    }
}

/// The CRC of an SCTP packet (RFC 9260, section 6.8): over all of it, with 0 in its own place.
fn crc32c(packet: &[u8]) -> Checksum {
    let Some((header, chunks)) = packet.split_first_chunk::<12>() else { return Checksum::NotVerifiable };
    let crc = [&header[..8], &[0; 4], chunks].into_iter().fold(0, crc32c::crc32c_append);
    match le32(header, 8) {
        sent if sent == crc => Checksum::Good,
        // Left to the interface that sends it, or agreed on (RFC 9653).
        0 => Checksum::NotVerifiable,
        _ => Checksum::Bad,
    }
}

/// The 16 bits at a place, if they were captured.
fn word(data: &[u8], at: usize) -> Result<u16, Checksum> {
    data.get(at..at + 2).map(|word| be16(word, 0)).ok_or(Checksum::NotVerifiable)
}
