//! What must hold for any bytes: no panic, the same values however little is decoded or captured, and the same capture however
//! it is divided among threads.

mod common;

use std::cell::RefCell;
use std::panic::resume_unwind;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use common::blocks::{Blocks, Classic, Order};
use common::frames::{frame, spoilt, spoilt_frame};
use common::{Outcome, WHOLE, buffers, cases, everything, memory, read_with};
use pcapframe::capture::Source;
use pcapframe::columns::dictionary::Dictionary;
use pcapframe::columns::scratch::{Numbering, Scratch, Values};
use pcapframe::columns::table::{COLUMNS, Column, Getter, Presence};
use pcapframe::wire::{Context, Depth, Packet, Stop, decode, layer};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

const DEPTHS: [Depth; 4] = [Depth::Record, Depth::Link, Depth::Network, Depth::Transport];

fn decoded(link_type: u16, data: &[u8], wire_length: u32, depth: Depth) -> Packet {
    let mut packet = Packet { link_type, length: wire_length, ..Packet::default() };
    decode(link_type, data, wire_length, &Context::new(depth), &mut packet);
    packet
}

/// What one column says of a packet: the value, and the address that it stands for.
#[derive(Clone, Debug, PartialEq)]
struct Value(Values, Option<Vec<u8>>);

/// What all columns say of a packet.
fn row(packet: &Packet) -> Vec<Value> {
    thread_local!(static SCRATCH: RefCell<Scratch> = RefCell::new(Scratch::new(&everything(), Numbering::default())));
    SCRATCH.with_borrow_mut(|scratch| {
        scratch.clear();
        *scratch.push() = *packet;
        scratch.flush();
        let (mut ipv6, mut macs) = (Dictionary::default(), Dictionary::default());
        scratch.merge(&mut ipv6, &mut macs);
        let (ipv6, macs) = (ipv6.into_values(), macs.into_values());
        let value = |(column, values): (&Column, &Values)| {
            let address = match (&column.getter, values) {
                (Getter::Ip(_), Values::U32(places)) if version(column, packet) == 6 => Some(ipv6[places[0] as usize].to_vec()),
                (Getter::Mac(_), Values::U32(places)) if places[0] > 0 => Some(macs[places[0] as usize - 1].to_vec()),
                _ => return Value(values.clone(), None),
            };
            Value(Values::U32(vec![]), address)
        };
        COLUMNS.iter().zip(scratch.columns()).map(value).collect()
    })
}

/// The IP version of an address column.
fn version(column: &Column, packet: &Packet) -> u8 {
    if column.version() == "ip_version" { packet.ip_version } else { packet.outer_ip_version() }
}

fn present(column: &Column, packet: &Packet) -> bool {
    match column.presence {
        Presence::Always => true,
        Presence::Layers(layers) => packet.layers & layers != 0,
        Presence::TcpOption(option) => packet.tcp_options & option != 0,
        Presence::Address => packet.ip_version != 0 || packet.layers & layer::ARP != 0,
        Presence::Tunnel => packet.tunnel_depth != 0,
        Presence::OuterAddress => packet.outer_ip_version() != 0,
        Presence::Identification => packet.ip_version == 4 || packet.layers & layer::FRAGMENT != 0,
    }
}

/// Where a prefix may say something that the next header, which is cut off, would have replaced: an EtherType that announces a
/// tag, the number of an extension header, and the identification of a fragment inside a fragment.
fn is_replaced(column: &Column, prefix: &Packet) -> bool {
    let is_extension = matches!(prefix.protocol, 0 | 43 | 44 | 51 | 60 | 135 | 139 | 140);
    match column.name {
        "ethertype" => matches!(prefix.ethertype, 0x8100 | 0x88a8 | 0x9100 | 0x9200 | 0x9300),
        "protocol" => is_extension,
        "ip_id" => prefix.ip_version == 6 && is_extension,
        _ => false,
    }
}

fn check_depths(link_type: u16, data: &[u8], wire_length: u32) {
    let full = decoded(link_type, data, wire_length, Depth::Transport);
    let full_row = row(&full);
    for depth in DEPTHS {
        let shallow = decoded(link_type, data, wire_length, depth);
        for (column, (found, expected)) in COLUMNS.iter().zip(row(&shallow).iter().zip(&full_row)) {
            if column.depth <= depth {
                assert_eq!(found, expected, "{} at {depth:?}", column.name);
                assert_eq!(present(column, &shallow), present(column, &full), "presence of {} at {depth:?}", column.name);
            }
        }
    }
}

fn check_prefixes(link_type: u16, data: &[u8], wire_length: u32) {
    let wire_length = wire_length.max(data.len() as u32);
    let full = decoded(link_type, data, wire_length, Depth::Transport);
    let (full_row, empty_row) = (row(&full), row(&Packet::default()));
    for captured in 0..data.len() {
        let prefix = decoded(link_type, &data[..captured], wire_length, Depth::Transport);
        if prefix == full {
            continue;
        }
        assert_eq!(prefix.stop, Stop::Truncated, "{captured} of {} bytes", data.len());
        // Where the headers inside a tunnel are missing, those around it have their columns.
        let tunnelled = prefix.tunnel_depth > 0 || full.tunnel_depth > 0;
        assert!(tunnelled || prefix.layers & !full.layers == 0, "layers of {captured} bytes");
        for (place, (column, found)) in COLUMNS.iter().zip(row(&prefix)).enumerate() {
            let agrees = [&full_row[place], &empty_row[place]].contains(&&found) || ["layers", "stop"].contains(&column.name);
            assert!(
                agrees || is_replaced(column, &prefix) || (tunnelled && column.depth >= Depth::Network),
                "{} of {captured} bytes is {found:?}",
                column.name
            );
        }
    }
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn any_bytes_of_any_link_type_are_decoded(data in vec(any::<u8>(), 0..160), wire_length in any::<u32>()) {
        for link_type in 0..=300 {
            for depth in DEPTHS {
                decoded(link_type, &data, wire_length, depth);
            }
        }
        for link_type in (0..=300).step_by(5).chain([1, 12, 101, 104, 107, 108, 113, 127, 276]) {
            check_depths(link_type, &data, wire_length);
        }
    }
}

proptest! {
    #![proptest_config(cases(10_000))]

    #[test]
    fn less_depth_gives_the_same_values((link_type, data) in frame(), (spoilt_type, spoilt, wire_length) in spoilt_frame()) {
        check_depths(link_type, &data, data.len() as u32);
        check_depths(spoilt_type, &spoilt, wire_length);
    }
}

proptest! {
    #![proptest_config(cases(4000))]

    #[test]
    fn a_prefix_never_contradicts((link_type, data) in frame(), (spoilt_type, spoilt, wire_length) in spoilt_frame()) {
        check_prefixes(link_type, &data, data.len() as u32);
        check_prefixes(spoilt_type, &spoilt, wire_length);
    }
}

#[test]
fn every_header_and_every_end_is_among_the_frames() {
    let mut runner = TestRunner::deterministic();
    let (mut layers, mut stops) = (0, 0_u32);
    for _ in 0..5000 {
        let (link_type, data, wire_length) = spoilt_frame().new_tree(&mut runner).unwrap().current();
        let packet = decoded(link_type, &data, wire_length, Depth::Transport);
        layers |= packet.layers;
        stops |= 1 << packet.stop as u8;
    }
    let missing: Vec<&str> = layer::ALL.iter().filter(|(_, bit, _)| layers & bit == 0).map(|(name, ..)| *name).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert_eq!(stops, 0b1111, "complete, truncated, malformed, unsupported");
}

/// Bytes of which many are small, as in headers, so that some of them look like records.
fn noise(most: usize) -> impl Strategy<Value = Vec<u8>> {
    vec(prop_oneof![4 => Just(0_u8), 2 => 0..64_u8, 1 => any::<u8>()], 0..most)
}

/// Mostly nothing: then a chain of records reaches the end of the capture.
fn rest() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![2 => Just(vec![]), 1 => noise(400)]
}

fn order() -> impl Strategy<Value = Order> {
    select(&Order::BOTH[..])
}

/// What packets of a capture hold: frames, noise, and a piece of another capture.
fn packets() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let nested = (order(), vec(noise(40), 1..6)).prop_map(|(order, packets)| {
        packets.iter().zip(0..).fold(Classic::new(order), |capture, (packet, time)| capture.packet(time, 0, packet)).bytes
    });
    vec(prop_oneof![4 => frame().prop_map(|(_, frame)| frame), 2 => noise(100), 1 => nested], 0..60)
}

fn classic() -> impl Strategy<Value = Vec<u8>> {
    let magic = select(&[Classic::MICROSECONDS, Classic::NANOSECONDS, Classic::MODIFIED][..]);
    let version = select(&[(2, 4), (2, 4), (2, 3), (2, 2)][..]);
    let link_type = select(&[1, 1, 1, 0, 101, 113, 276][..]);
    (order(), magic, version, link_type, packets(), rest()).prop_map(|(order, magic, version, link_type, packets, rest)| {
        let capture =
            packets.iter().zip(0..).fold(Classic::with_header(order, magic, version, link_type), |capture, (packet, time)| {
                capture.packet(1_700_000_000 + time, time, packet)
            });
        [capture.bytes, rest].concat()
    })
}

/// Packet blocks of the three kinds, interfaces and sections amid them.
fn blocks() -> impl Strategy<Value = Vec<u8>> {
    let capture = (packets(), vec((0..12_u8, order()), 60), select(&[1_u16, 1, 101, 113][..]));
    (order(), capture, rest()).prop_map(|(order, (packets, kinds, link_type), rest)| {
        let start = Blocks::new(order).interface(link_type, 0, &[]);
        let capture = packets.iter().zip(kinds).fold(start, |capture, (packet, (kind, order))| {
            let (length, interface) = (packet.len() as u32, 0);
            match kind {
                0 => capture.simple(length, packet),
                1 => capture.obsolete(interface, 1 << 50, length, packet),
                2 => capture.block(0x0bad, packet),
                3 => capture.clock(order as u8 * 3 + 6, 5),
                4 => capture.section(order).clock(9, -5).interface(link_type, 40, &[]),
                _ => capture.enhanced(interface.into(), 1 << 50, length, packet),
            }
        });
        [capture.bytes, rest].concat()
    })
}

fn capture() -> impl Strategy<Value = Vec<u8>> {
    let header_and_noise = (order(), noise(3000), any::<bool>()).prop_map(|(order, noise, ng)| {
        let header = if ng { Blocks::new(order).clock(9, 0).bytes } else { Classic::new(order).bytes };
        [header, noise].concat()
    });
    prop_oneof![2 => classic(), 2 => blocks(), 2 => spoilt(classic()), 2 => spoilt(blocks()), 1 => header_and_noise]
}

fn source(bytes: &[u8], file: Option<&std::path::Path>) -> Source {
    match file {
        Some(path) => Source::open(path).unwrap(),
        None => memory(bytes),
    }
}

/// Reads a capture in every way, which must be the same as reading it in one piece.
fn check_division(bytes: &[u8], chunk: u64, file: Option<&std::path::Path>) {
    let read = |threads, chunk| read_with(&source(bytes, file), threads, chunk).map_err(|error| error.to_string());
    let outcome = |reading| Outcome::new(reading, memory(bytes));
    let whole = read(1, WHOLE).map(outcome);
    let divided = read(1, chunk);
    for threads in [2, 3] {
        match (&divided, read(threads, chunk)) {
            (Ok(one), Ok(more)) => {
                assert_eq!(buffers(one), buffers(&more), "{threads} threads, chunks of {chunk}");
                assert_eq!(Ok(outcome(more)), whole, "{threads} threads, chunks of {chunk}");
            }
            (one, more) => assert_eq!(one.as_ref().err(), more.as_ref().err()),
        }
    }
    assert_eq!(divided.map(outcome), whole, "chunks of {chunk}");
}

/// Runs `work`, and fails if it seems never to end.
fn in_time(work: impl FnOnce() + Send + 'static) {
    let (done, finished) = mpsc::channel::<()>();
    let worker = thread::spawn(move || {
        let _done = done;
        work();
    });
    let outcome = finished.recv_timeout(Duration::from_secs(60));
    assert_ne!(outcome, Err(RecvTimeoutError::Timeout), "reading does not end");
    worker.join().unwrap_or_else(|panic| resume_unwind(panic));
}

proptest! {
    #![proptest_config(cases(1200))]

    #[test]
    fn threads_and_chunks_make_no_difference(bytes in capture(), chunk in 64..=4096_u64) {
        in_time(move || check_division(&bytes, chunk, None));
    }
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn nor_does_it_matter_where_the_bytes_are(bytes in capture(), chunk in 64..=4096_u64) {
        let path = std::env::temp_dir().join(format!("pcapframe-properties-{}", std::process::id()));
        std::fs::write(&path, &bytes).unwrap();
        in_time(move || {
            check_division(&bytes, chunk, Some(&path));
            std::fs::remove_file(&path).unwrap();
        });
    }
}

#[test]
fn captures_inside_packets_are_not_taken_for_the_capture() {
    let nested =
        (0..60).fold(Classic::new(Order::Little), |capture, time| capture.packet(time, 0, b"a packet in a packet")).bytes;
    let nested_blocks = (0..60).fold(Blocks::new(Order::Little), |capture, _| capture.block(5, b"a block in a packet.")).bytes;
    let classic = (0..20).fold(Classic::new(Order::Little), |capture, time| capture.packet(time, 0, &nested)).bytes;
    let start = Blocks::new(Order::Little).interface(1, 0, &[]);
    let blocks = (0..20).fold(start, |capture, time| capture.enhanced(0, time, 9999, &nested_blocks)).bytes;
    for bytes in [classic, blocks] {
        let wrong_guesses = |chunk| {
            check_division(&bytes, chunk, None);
            read_with(&memory(&*bytes), 2, chunk).unwrap().about.wrong_guesses
        };
        let wrong_guesses: u64 = [64, 1000, 4096].into_iter().map(wrong_guesses).sum();
        assert!(wrong_guesses > 0, "every guess was right: this shows nothing");
    }
}

#[test]
fn interfaces_and_sections_change_amid_chunks() {
    // A worker that begins a chunk too early knows nothing of them: packets would get other times, or none.
    let mut capture = Blocks::new(Order::Little);
    for number in 0..6000_u32 {
        capture = match number {
            _ if number % 600 == 0 => capture.section(Order::BOTH[number as usize / 1200 % 2]).clock((number / 600) as u8, 0),
            _ if number % 40 == 0 => capture.clock((number % 13) as u8, i64::from(number)),
            _ => capture.enhanced(number % 600 / 40, u64::from(number), 9, b"a packet."),
        };
    }
    for chunk in [512, 4096, 30_000] {
        check_division(&capture.bytes, chunk, None);
    }
}
