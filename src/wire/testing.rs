//! Packets for the tests of the protocols: bytes written in hexadecimal, and the layers around them.

use super::{Context, Depth, Packet, Stop, decode};

pub const ETHERNET: u16 = 1;
pub const RAW: u16 = 101;

/// Bytes from hexadecimal digits; spaces and line ends only divide them.
pub fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.chars().filter_map(|c| c.to_digit(16)).map(|digit| digit as u8).collect();
    let (pairs, []) = digits.as_chunks::<2>() else { panic!("half a byte in {text}") };
    pairs.iter().map(|[high, low]| high << 4 | low).collect()
}

/// A packet that was captured as a whole.
pub fn packet(link_type: u16, data: &[u8]) -> Packet {
    cut_packet(link_type, data, data.len())
}

/// A packet of which only the first `captured` bytes were captured.
pub fn cut_packet(link_type: u16, data: &[u8], captured: usize) -> Packet {
    let mut packet = Packet::default();
    decode(link_type, &data[..captured], data.len() as u32, &Context::new(Depth::Transport), &mut packet);
    packet
}

/// An IPv4 packet from 10.0.0.1 to 10.0.0.2.
pub fn ipv4(protocol: u8, payload: &str) -> Vec<u8> {
    let payload = hex(payload);
    let total = 20 + payload.len();
    hex(&format!("4500 {total:04x} 1234 0000 40 {protocol:02x} 0000 0a000001 0a000002")).into_iter().chain(payload).collect()
}

/// An IPv6 packet from fd00::1 to fd00::2.
pub fn ipv6(next: u8, payload: &str) -> Vec<u8> {
    let payload = hex(payload);
    let (source, destination) = ("fd000000000000000000000000000001", "fd000000000000000000000000000002");
    let header = format!("60000000 {:04x} {next:02x} 40 {source} {destination}", payload.len() as u16);
    hex(&header).into_iter().chain(payload).collect()
}

/// What an IPv4 packet with this payload decodes to.
pub fn in_ipv4(protocol: u8, payload: &str) -> Packet {
    packet(RAW, &ipv4(protocol, payload))
}

/// What an IPv6 packet with this payload decodes to.
pub fn in_ipv6(next: u8, payload: &str) -> Packet {
    packet(RAW, &ipv6(next, payload))
}

/// Cuts a packet at every byte. Without its first `needed` bytes it is truncated if they were on the wire and malformed if
/// there never were more; with them it decodes as the whole.
pub fn check_cuts(link_type: u16, data: &[u8], needed: usize) {
    let whole = packet(link_type, data);
    for captured in 0..data.len() {
        let (cut, short) = (cut_packet(link_type, data, captured), packet(link_type, &data[..captured]));
        if captured < needed {
            assert_eq!((cut.stop, short.stop), (Stop::Truncated, Stop::Malformed), "{captured} of {} bytes", data.len());
        } else {
            assert_eq!(cut, whole, "{captured} of {} bytes", data.len());
        }
    }
}
