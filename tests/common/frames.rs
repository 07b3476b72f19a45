//! Packets of every kind that is decoded, well formed, and ways to spoil them. Strategies are boxed on the way: nested by
//! value they overflow the stack of a debug build.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::decoding::link_types;
use super::samples::{self, ETHERNET, links};

fn bytes(length: impl Into<proptest::collection::SizeRange>) -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), length)
}

/// What an IP header announces, and a number for it.
type Payload = (u8, Vec<u8>);

fn tcp_option() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        Just(vec![1]),
        any::<[u8; 2]>().prop_map(|mss| [&[2, 4][..], &mss].concat()),
        any::<u8>().prop_map(|shift| vec![3, 3, shift]),
        Just(vec![4, 2]),
        any::<[u8; 8]>().prop_map(|sack| [&[5, 10][..], &sack].concat()),
        any::<[u8; 8]>().prop_map(|times| [&[8, 10][..], &times].concat()),
        any::<[u8; 2]>().prop_map(|other| [&[30, 4][..], &other].concat()),
    ]
}

fn tcp() -> impl Strategy<Value = Payload> {
    (any::<[u8; 20]>(), vec(tcp_option(), 0..4), bytes(0..40)).prop_map(|(mut header, options, payload)| {
        let mut options = options.concat();
        options.resize(options.len().next_multiple_of(4), 0);
        header[12] = ((20 + options.len()) / 4) as u8 * 16 + (header[12] & 0x0f);
        (6, [&header[..], &options, &payload].concat())
    })
}

fn transport() -> BoxedStrategy<Payload> {
    let datagram = |number| {
        (any::<u32>(), bytes(0..40)).prop_map(move |(ports, payload)| {
            let length = (8 + payload.len() as u32) << 16;
            (number, [&ports.to_be_bytes()[..], &length.to_be_bytes(), &payload].concat())
        })
    };
    let message = |number| bytes(12..60).prop_map(move |bytes| (number, bytes));
    prop_oneof![
        4 => tcp(),
        3 => datagram(17),
        1 => datagram(136),
        1 => message(132),
        1 => (message(33), 3..=8u8).prop_map(|((number, mut bytes), words)| {
            bytes[4] = words;
            bytes.resize(60, 0);
            (number, bytes)
        }),
        1 => message(1),
        1 => message(58),
        1 => message(50),
        1 => message(59),
        1 => (any::<u8>(), bytes(0..60)),
    ]
    .boxed()
}

/// An IPv6 extension header or the authentication header before a payload.
fn extended(kind: u8, words: u8, fragment: u16, (next, payload): Payload) -> Payload {
    let (length, second) = match kind {
        44 => (8, 0),
        51 => (12 + 4 * usize::from(words), words + 1),
        _ => (8 + 8 * usize::from(words), words),
    };
    let mut header = vec![0x11; length];
    header[..2].copy_from_slice(&[next, second]);
    if kind == 44 {
        header[2..4].copy_from_slice(&fragment.to_be_bytes());
    }
    (kind, [header, payload].concat())
}

fn ipv4() -> impl Strategy<Value = Vec<u8>> {
    let fragment = prop_oneof![6 => Just(0x4000), 1 => Just(0x2000), 1 => any::<u16>()];
    (transport(), any::<[u8; 20]>(), fragment, bytes(0..=40), 0..8u8).prop_map(
        |(inner, mut header, fragment, mut options, ah)| {
            let (number, payload) = if ah == 0 { extended(51, 2, 0, inner) } else { inner };
            options.truncate(options.len() / 8 * 4);
            header[0] = 0x45 + (options.len() / 4) as u8;
            header[2..4].copy_from_slice(&((20 + options.len() + payload.len()) as u16).to_be_bytes());
            header[6..8].copy_from_slice(&fragment.to_be_bytes());
            header[9] = number;
            [&header[..], &options, &payload].concat()
        },
    )
}

fn ipv6() -> impl Strategy<Value = Vec<u8>> {
    let fragment = prop_oneof![2 => Just(0), 1 => Just(1), 1 => any::<u16>()];
    let chain = vec((select(&[43, 44, 51, 60, 135, 139, 140][..]), 0..3u8), 0..3);
    (transport(), any::<[u8; 40]>(), chain, fragment, any::<bool>()).prop_map(
        |(inner, mut header, chain, fragment, hop_by_hop)| {
            let inner = chain.into_iter().fold(inner, |inner, (kind, words)| extended(kind, words, fragment, inner));
            let (next, payload) = if hop_by_hop { extended(0, 0, 0, inner) } else { inner };
            header[0] = 0x60 | (header[0] & 0x0f);
            header[4..6].copy_from_slice(&(payload.len() as u16).to_be_bytes());
            header[6] = next;
            [&header[..], &payload].concat()
        },
    )
}

fn arp() -> impl Strategy<Value = Vec<u8>> {
    (any::<[u8; 20]>(), any::<bool>()).prop_map(|(addresses, ipv4)| {
        let protocol = if ipv4 { 0x00 } else { 0x04 };
        [&[0, 1, 8, protocol, 6, 4, 0, 1][..], &addresses].concat()
    })
}

/// What an EtherType announces, and the number.
type Network = (u16, Vec<u8>);

fn in_ipv4(number: u8, payload: &[u8]) -> Network {
    (0x0800, samples::in_ipv4(number, payload))
}

fn in_udp(port: u16, payload: &[u8]) -> Network {
    (0x0800, samples::in_udp(port, payload))
}

/// The EtherType of a VLAN tag, mostly 802.1Q's.
fn select_tag(bits: u8) -> u16 {
    [0x8100, 0x8100, 0x88a8, 0x9200][usize::from(bits % 4)]
}

/// A packet in a tunnel or behind a shim; `bits` are what the header chooses from.
fn carried(kind: u8, bits: u32, (ethertype, packet): Network) -> Network {
    let number = ethertype.to_be_bytes();
    let word = bits.to_be_bytes();
    let frame = [&[2; 12][..], &number, &packet].concat();
    match kind {
        0 => (0x8847, [&[word[0], word[1], 0x11, 64][..], &packet].concat()),
        1 => (0x8847, [&[0, 1, 0x11, 64, 0, 0, 0, 0][..], &frame].concat()),
        2 => {
            let length = (2 + packet.len() as u16).to_be_bytes();
            let protocol = if ethertype == 0x86dd { [0, 0x57] } else { [0, 0x21] };
            (0x8864, [&[0x11, 0, 0, 1][..], &length, &protocol, &packet].concat())
        }
        3 => {
            let flags = word[0] & 0xb0;
            let options = 4 * (flags & 0xb0).count_ones() as usize;
            in_ipv4(47, &[&[flags, 0][..], &number, &vec![word[1]; options], &packet].concat())
        }
        4 => in_ipv4(if ethertype == 0x86dd { 41 } else { 4 }, &packet),
        5 => in_udp(4789, &[&[8, 0, 0, 0, word[0], word[1], word[2], 0][..], &frame].concat()),
        6 => in_udp(6081, &[&[0, 0][..], &number, &[word[0], word[1], word[2], 0], &packet].concat()),
        7 => in_udp(2152, &[&[0x30, 255, 0, 0][..], &word, &packet].concat()),
        8 => in_udp(3544, &packet),
        9 => (0x88e5, [&[0x00, 0][..], &word, &number, &packet, &[0; 16]].concat()),
        10 => (0x88e7, [&word[..], &frame].concat()),
        11 => (0x894f, [&[0x0f, 0xc6, 2, if ethertype == 0x86dd { 2 } else { 1 }][..], &word, &[0; 16], &packet].concat()),
        12 => in_ipv4(97, &[&[0x30, 0][..], &frame].concat()),
        13 => in_udp(4341, &[&[0x08, 0, 0, 0][..], &word, &packet].concat()),
        14 => in_udp(1701, &[&[0, 2][..], &word, &[0xff, 3, 0, 0x21], &packet].concat()),
        15 => (select_tag(word[0]), [&word[2..], &number, &packet].concat()),
        16 => (0x8903, [&word[..2], &frame].concat()),
        17 => (0x8909, [&[1, 1][..], &word, &number, &packet].concat()),
        18 => (0xd28b, [&[0, 1, 0, 0x20][..], &word, &word[..2], &number, &packet].concat()),
        19 => in_ipv4(103, &[&[0x21, 0][..], &word, &[0, 0], &packet].concat()),
        _ => (packet.len().min(0x5dc) as u16 + 8, [&[0xaa, 0xaa, 3, 0, 0, 0][..], &number, &packet].concat()),
    }
}

/// An 802.11 data frame with LLC and SNAP.
fn wireless((ethertype, packet): Network) -> Vec<u8> {
    [&[0x08, 0x01][..], &[3; 22], &[0xaa, 0xaa, 3, 0, 0, 0], &ethertype.to_be_bytes(), &packet].concat()
}

/// A network packet and its EtherType; some in up to three tunnels.
fn network() -> BoxedStrategy<Network> {
    let tunnels = prop_oneof![3 => Just(0..=0), 2 => Just(1..=1), 1 => Just(2..=3)];
    let tunnels = tunnels.prop_flat_map(|count| vec((0..=20_u8, any::<u32>()), count));
    (untunnelled(), tunnels)
        .prop_map(|(packet, tunnels)| tunnels.into_iter().fold(packet, |packet, (kind, bits)| carried(kind, bits, packet)))
        .boxed()
}

fn untunnelled() -> BoxedStrategy<Network> {
    prop_oneof![
        5 => ipv4().prop_map(|packet| (0x0800, packet)),
        5 => ipv6().prop_map(|packet| (0x86dd, packet)),
        1 => arp().prop_map(|packet| (0x0806, packet)),
        1 => (any::<u16>(), bytes(0..40)),
    ]
    .boxed()
}

/// An Ethernet frame, tagged up to three times, with padding.
pub fn ethernet() -> impl Strategy<Value = Vec<u8>> {
    let tags = vec((select(&[0x8100_u16, 0x8100, 0x8100, 0x88a8, 0x88a8, 0x9100, 0x9200][..]), any::<u16>()), 0..=3);
    (any::<[u8; 12]>(), tags, network(), 0..10_usize).prop_map(|(addresses, tags, (ethertype, packet), padding)| {
        let tags: Vec<u8> = tags.iter().flat_map(|(kind, id)| [kind.to_be_bytes(), id.to_be_bytes()]).flatten().collect();
        [&addresses[..], &tags, &ethertype.to_be_bytes(), &packet, &vec![0; padding]].concat()
    })
}

/// A link type and a packet of it.
pub fn frame() -> BoxedStrategy<(u16, Vec<u8>)> {
    let cooked = |link_type, length: usize, at: usize| {
        (bytes(length), network()).prop_map(move |(mut header, (ethertype, packet))| {
            header[at..at + 2].copy_from_slice(&ethertype.to_be_bytes());
            (link_type, [header, packet].concat())
        })
    };
    let family = (select(&[0_u16, 108][..]), select(&[2_u32, 10, 24, 28, 30, 0x0200_0000, 7][..]), prop_oneof![ipv4(), ipv6()]);
    prop_oneof![
        4 => ethernet().prop_map(|frame| (ETHERNET, frame)),
        1 => cooked(113, 16, 14),
        1 => cooked(276, 20, 0),
        1 => family.prop_map(|(link_type, family, packet)| (link_type, [&family.to_be_bytes()[..], &packet].concat())),
        1 => (select(&[12_u16, 14, 101, 228, 229][..]), prop_oneof![ipv4(), ipv6()]),
        1 => (select(&[0_u16, 12, 101][..]), network()).prop_map(|(link_type, (_, packet))| match link_type {
            0 => (0, [&[2, 0, 0, 0][..], &packet].concat()),
            raw => (raw, packet),
        }),
        1 => network().prop_map(|packet| (105, wireless(packet))),
        1 => network().prop_map(|packet| (127, [vec![0, 0, 8, 0, 0, 0, 0, 0], wireless(packet)].concat())),
        1 => (select(link_types()), bytes(0..120)),
        1 => select(links()),
        1 => network().prop_map(|(ethertype, packet)| (104, [&[0x0f, 0][..], &ethertype.to_be_bytes(), &packet].concat())),
    ]
    .boxed()
}

/// Puts other bytes at some places, and cuts the end off.
pub fn spoilt(clean: impl Strategy<Value = Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let changes = vec((any::<Index>(), prop_oneof![any::<u8>(), select(&[0_u8, 1, 0xff][..])]), 0..4);
    (clean, changes, proptest::option::weighted(0.3, any::<Index>())).prop_map(|(mut bytes, changes, end)| {
        for (at, value) in changes {
            if !bytes.is_empty() {
                *at.get_mut(&mut bytes) = value;
            }
        }
        bytes.truncate(end.map_or(bytes.len(), |end| end.index(bytes.len() + 1)));
        bytes
    })
}

/// A link type, a spoilt packet of it, and its length on the wire, which may be any.
pub fn spoilt_frame() -> impl Strategy<Value = (u16, Vec<u8>, u32)> {
    let wire = prop_oneof![2 => Just(None), 1 => (0..200_u32).prop_map(Some), 1 => any::<u32>().prop_map(Some)];
    let spoilt = frame().prop_flat_map(|(link_type, frame)| (Just(link_type), spoilt(Just(frame))));
    (spoilt, wire).prop_map(|((link_type, frame), wire)| {
        let wire = wire.unwrap_or(frame.len() as u32);
        (link_type, frame, wire)
    })
}
