//! Checksums of made packets: right ones are good, one changed bit makes them bad, and what is cut can not be verified.

mod common;

use common::cases;
use pcapframe::wire::tunnel::ports::Ports;
use pcapframe::wire::{Checksum, Context, Depth, Packet, decode, layer};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use Checksum::{Bad, Good, NotVerifiable};

const RAW: u16 = 101;
const IPV4_LEN: usize = 20;
const IPV6_LEN: usize = 40;
const PROTOCOLS: &[u8] = &[1, 2, 6, 17, 33, 58, 132, 136];

/// A message with its right checksum, in an IP packet with one too.
#[derive(Clone, Debug)]
struct Made {
    packet: Vec<u8>,
    number: u8,
    /// Where the message begins.
    at: usize,
    /// How many of its bytes the checksum covers.
    covered: usize,
}

/// The Internet checksum, word by word.
fn internet(parts: &[&[u8]]) -> u16 {
    let bytes = parts.concat();
    let mut sum = 0_u32;
    for pair in bytes.chunks(2) {
        sum += u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0));
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

/// CRC-32C, bit by bit.
fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0x82f6_3b78 } else { crc >> 1 })
    })
}

/// Where in a message its checksum is.
fn field(number: u8) -> usize {
    match number {
        6 => 16,
        17 | 33 | 136 => 6,
        132 => 8,
        _ => 2,
    }
}

fn pseudo(number: u8, ends: &[u8], length: usize) -> Vec<u8> {
    match number {
        1 | 2 => vec![],
        _ => [ends, &(length as u32).to_be_bytes(), &[0, 0, 0, number]].concat(),
    }
}

/// Fills in what the checksum covers, and the checksum; how many bytes it covers.
fn seal(number: u8, ends: &[u8], message: &mut [u8], coverage: Index) -> usize {
    let (length, at) = (message.len(), field(number));
    let covered = match number {
        // All, as 0 or as the number, or any part.
        136 => {
            let covered = 8 + coverage.index(length - 7);
            message[4..6].copy_from_slice(&(if covered.is_multiple_of(3) { 0 } else { covered as u16 }).to_be_bytes());
            if covered.is_multiple_of(3) { length } else { covered }
        }
        33 => {
            message[4] = 4;
            let most = ((length - 16) / 4).min(14);
            message[5] = coverage.index(most + 2) as u8;
            if message[5] == 0 { length } else { 16 + usize::from(message[5] - 1) * 4 }
        }
        17 => {
            message[4..6].copy_from_slice(&(length as u16).to_be_bytes());
            length
        }
        6 => {
            message[12] = 0x50;
            length
        }
        _ => length,
    };
    if number == 132 {
        message[8..12].fill(0);
        let crc = crc32c(message);
        message[8..12].copy_from_slice(&crc.to_le_bytes());
        return covered;
    }
    message[at..at + 2].fill(0);
    let checksum = match internet(&[&pseudo(number, ends, length), &message[..covered]]) {
        0 => 0xffff, // 0 is no checksum in UDP
        checksum => checksum,
    };
    message[at..at + 2].copy_from_slice(&checksum.to_be_bytes());
    covered
}

fn ipv4(numbers: &'static [u8]) -> impl Strategy<Value = Made> {
    (select(numbers), any::<[u8; 8]>(), vec(any::<u8>(), 24..120), any::<Index>(), 0..4_usize).prop_map(
        |(number, ends, mut message, coverage, options)| {
            let covered = seal(number, &ends, &mut message, coverage);
            let at = IPV4_LEN + 4 * options;
            let total = ((at + message.len()) as u16).to_be_bytes();
            let mut header = [&[0x40 + (at / 4) as u8, 0][..], &total, &[0, 7, 0x40, 0, 64, number, 0, 0], &ends].concat();
            header.resize(at, 1);
            let checksum = internet(&[&header]);
            header[10..12].copy_from_slice(&checksum.to_be_bytes());
            Made { packet: [header, message].concat(), number, at, covered }
        },
    )
}

fn ipv6(numbers: &'static [u8]) -> impl Strategy<Value = Made> {
    let chain = vec((select(&[0_u8, 43, 44, 60, 140][..]), 0..3_usize), 0..3);
    (select(numbers), any::<[u8; 32]>(), vec(any::<u8>(), 24..120), any::<Index>(), chain).prop_map(
        |(number, ends, mut message, coverage, chain)| {
            let covered = seal(number, &ends, &mut message, coverage);
            let mut payload = (number, message);
            for (kind, units) in chain {
                // Padding; a route at its end; all of a packet that needs no fragments.
                let mut header = vec![0; if kind == 44 { 8 } else { 8 + 8 * units }];
                header[0] = payload.0;
                header[1] = (header.len() / 8 - 1) as u8;
                payload = (kind, [header, payload.1].concat());
            }
            let length = (payload.1.len() as u16).to_be_bytes();
            let packet = [&[0x60, 0, 0, 0][..], &length, &[payload.0, 64], &ends, &payload.1].concat();
            let at = packet.len() - coverage_length(&packet, &payload.1, number);
            Made { packet, number, at, covered }
        },
    )
}

/// How long the message at the end of a chain of extension headers is.
fn coverage_length(packet: &[u8], payload: &[u8], number: u8) -> usize {
    let (mut next, mut rest) = (packet[6], payload);
    while next != number {
        (next, rest) = (rest[0], &rest[8 + 8 * usize::from(rest[1])..]);
    }
    rest.len()
}

fn made(numbers: &'static [u8]) -> BoxedStrategy<Made> {
    prop_oneof![ipv4(numbers), ipv6(numbers)].boxed()
}

fn decoded(link_type: u16, context: &Context, data: &[u8], wire: usize) -> Packet {
    let mut packet = Packet::default();
    decode(link_type, data, wire as u32, context, &mut packet);
    packet
}

/// Without tunnels over UDP: made ports and messages may happen to be one's.
fn context() -> Context {
    Context { ports: Ports::none(), ..Context::new(Depth::Checksum) }
}

/// What is known of both checksums of the first `captured` bytes.
fn verdicts(data: &[u8], captured: usize) -> (Checksum, Checksum) {
    let packet = decoded(RAW, &context(), &data[..captured], data.len());
    (packet.ip_checksum, packet.l4_checksum)
}

fn of_ip(packet: &[u8]) -> Checksum {
    if packet[0] >> 4 == 4 { Good } else { NotVerifiable }
}

/// Bytes of the message's header that say how much is covered.
fn is_extent(number: u8, at: usize) -> bool {
    matches!(number, 17 | 33 | 136) && (4..6).contains(&at)
}

proptest! {
    #![proptest_config(cases(2000))]

    #[test]
    fn right_ones_are_good(made in made(PROTOCOLS)) {
        prop_assert_eq!(verdicts(&made.packet, made.packet.len()), (of_ip(&made.packet), Good));
    }

    #[test]
    fn a_changed_bit_is_seen(made in made(PROTOCOLS), at in any::<Index>(), bit in 0..8_u8) {
        let mut packet = made.packet.clone();
        let places: Vec<usize> = (0..packet.len() - made.at).filter(|&at| !is_extent(made.number, at)).collect();
        let at = *at.get(&places);
        packet[made.at + at] ^= 1 << bit;
        let (ip, l4) = verdicts(&packet, packet.len());
        prop_assert_eq!(ip, of_ip(&packet));
        let in_field = (field(made.number)..field(made.number) + 4).contains(&at);
        match l4 {
            Good => prop_assert!(at >= made.covered),
            Bad => prop_assert!(at < made.covered),
            // No checksum, or what looks like one that is to be filled in.
            NotVerifiable => prop_assert!(in_field || matches!(made.number, 6 | 17)),
        }
    }

    #[test]
    fn a_changed_bit_of_the_ip_header_is_seen(made in ipv4(PROTOCOLS), at in any::<Index>(), bit in 0..8_u8) {
        let mut packet = made.packet.clone();
        // Another length or version covers other bytes, and another protocol may be a tunnel.
        let places: Vec<usize> = (1..made.at).filter(|&at| at != 9).collect();
        let at = *at.get(&places);
        packet[at] ^= 1 << bit;
        let (ip, l4) = verdicts(&packet, packet.len());
        prop_assert!(ip == Bad || (ip == NotVerifiable && (packet[10..12] == [0, 0] || matches!(at, 2 | 3))));
        let in_pseudo = (12..20).contains(&at) && !matches!(made.number, 1 | 2 | 132);
        match at {
            // Length and fragment.
            2 | 3 | 6 | 7 => {}
            _ if in_pseudo => prop_assert!(l4 == Bad || (l4 == NotVerifiable && matches!(made.number, 6 | 17))),
            _ => prop_assert_eq!(l4, Good),
        }
    }

    #[test]
    fn what_is_cut_can_not_be_verified(made in made(PROTOCOLS), captured in any::<Index>()) {
        let captured = captured.index(made.packet.len());
        let (ip, l4) = verdicts(&made.packet, captured);
        let header = if made.packet[0] >> 4 == 4 { made.at } else { IPV6_LEN };
        prop_assert_eq!(ip, if captured >= header { of_ip(&made.packet) } else { NotVerifiable });
        prop_assert_eq!(l4, if captured >= made.at + made.covered { Good } else { NotVerifiable });
        // Nor where the rest never was on the wire.
        let short = decoded(RAW, &context(), &made.packet[..captured], captured);
        prop_assert_eq!(short.l4_checksum, NotVerifiable);
    }

    #[test]
    fn a_fragment_can_not_be_verified(made in ipv4(PROTOCOLS), more in any::<bool>()) {
        let mut packet = made.packet.clone();
        packet[6..8].copy_from_slice(if more { &[0x20, 0] } else { &[0, 9] });
        packet[10..12].fill(0);
        let checksum = internet(&[&packet[..made.at]]);
        packet[10..12].copy_from_slice(&checksum.to_be_bytes());
        prop_assert_eq!(verdicts(&packet, packet.len()), (Good, NotVerifiable));
    }

    #[test]
    fn offload_can_not_be_verified(made in made(&[6, 17, 132]), divided in any::<bool>()) {
        let (mut packet, at) = (made.packet.clone(), made.at + field(made.number));
        let ends = if packet[0] >> 4 == 4 { &made.packet[12..20] } else { &made.packet[8..40] };
        match made.number {
            132 => packet[at..at + 4].fill(0),
            number => {
                // An interface that divides a TCP segment adds the lengths itself.
                let length = if divided && number == 6 { 0 } else { packet.len() - made.at };
                let partial = !internet(&[&pseudo(number, ends, length)]);
                prop_assume!(partial != 0); // no checksum in UDP
                packet[at..at + 2].copy_from_slice(&partial.to_be_bytes());
            }
        }
        let begun = verdicts(&packet, packet.len());
        // The begun sum may happen to be the right one.
        prop_assert!(begun == (of_ip(&packet), NotVerifiable) || packet == made.packet);
        if of_ip(&packet) == Good {
            packet[10..12].fill(0);
            let right = internet(&[&packet[..made.at]]) == 0;
            prop_assert_eq!(verdicts(&packet, packet.len()).0, if right { Good } else { NotVerifiable });
        }
    }

    #[test]
    fn tunnels(outside in ipv4(PROTOCOLS), inside in made(PROTOCOLS)) {
        let number = if inside.packet[0] >> 4 == 4 { 4 } else { 41 };
        let total = ((IPV4_LEN + inside.packet.len()) as u16).to_be_bytes();
        let mut header = [&[0x45, 0][..], &total, &[0, 7, 0, 0, 64, number, 0, 0], &outside.packet[12..20]].concat();
        let mut packet = [&header[..], &inside.packet].concat();
        // The outer header's checksum is 0, and wrong: not those are described.
        prop_assert_eq!(verdicts(&packet, packet.len()), (of_ip(&inside.packet), Good));
        let checksum = internet(&[&header]);
        header[10..12].copy_from_slice(&checksum.to_be_bytes());
        packet[..IPV4_LEN].copy_from_slice(&header);
        let outermost = Context::new(Depth::Checksum).outermost();
        let packet = decoded(RAW, &outermost, &packet, packet.len());
        prop_assert_eq!((packet.ip_checksum, packet.l4_checksum), (Good, NotVerifiable));
    }
}

/// A UDP datagram without a checksum.
fn without_checksum(version: u8, port: u16) -> Vec<u8> {
    let datagram = [&[0xc0, 0][..], &port.to_be_bytes(), &[0, 12, 0, 0, 1, 2, 3, 4]].concat();
    match version {
        4 => [&[0x45, 0, 0, 32, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2][..], &datagram].concat(),
        _ => [&[0x60, 0, 0, 0, 0, 12, 17, 64][..], &[0xfd; 32], &datagram].concat(),
    }
}

#[test]
fn no_checksum_in_udp() {
    // Over IPv6 only tunnels may go without (RFC 6935); these four bytes are not one's, so the datagram is described.
    for (version, port, verdict) in [(4, 53, NotVerifiable), (6, 53, Bad), (6, 2152, NotVerifiable)] {
        let packet = without_checksum(version, port);
        let known = decoded(RAW, &Context::new(Depth::Checksum), &packet, packet.len()).l4_checksum;
        assert_eq!(known, verdict, "IPv{version}, port {port}");
    }
}

#[test]
fn impossible_coverage() {
    for coverage in [1_u16, 7, 13, u16::MAX] {
        let mut packet = without_checksum(4, 53);
        packet[9] = 136;
        packet[24..26].copy_from_slice(&coverage.to_be_bytes());
        assert_eq!(verdicts(&packet, packet.len()).1, Bad, "{coverage}");
    }
}

#[test]
fn nothing_to_verify() {
    let arp = [&[2; 12][..], &[8, 6, 0, 1, 8, 0, 6, 4, 0, 1], &[1; 20]].concat();
    let packet = decoded(1, &Context::new(Depth::Checksum), &arp, arp.len());
    assert_eq!((packet.layers & layer::ARP != 0, packet.ip_checksum, packet.l4_checksum), (true, NotVerifiable, NotVerifiable));
    for number in [47, 50, 89, 255] {
        let mut packet = without_checksum(4, 53);
        packet[9] = number;
        assert_eq!(verdicts(&packet, packet.len()).1, NotVerifiable, "{number}");
    }
}
