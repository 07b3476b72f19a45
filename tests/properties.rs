//! What must hold for any bytes: no panic, the same values however little is decoded or captured, and the same capture however
//! it is divided among threads.

mod common;

use std::panic::resume_unwind;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use common::blocks::{Blocks, Classic, Order};
use common::frames::{frame, spoilt, spoilt_frame};
use common::{Outcome, WHOLE, buffers, cases, memory, read_with};
use pcapframe::capture::Source;
use pcapframe::columns::table::{COLUMNS, Column, Getter, Presence};
use pcapframe::wire::{Address, Depth, Packet, Stop, decode, layer};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

const DEPTHS: [Depth; 4] = [Depth::Record, Depth::Link, Depth::Network, Depth::Transport];

fn decoded(link_type: u16, data: &[u8], wire_length: u32, depth: Depth) -> Packet {
    let mut packet = Packet { link_type, length: wire_length, ..Packet::default() };
    decode(link_type, data, wire_length, depth, &mut packet);
    packet
}

#[derive(Debug, PartialEq)]
enum Value {
    Number(i128),
    Ip(Address),
    Mac([u8; 6]),
}

fn value(column: &Column, packet: &Packet) -> Value {
    fn number<T: Copy + Into<i128>>(get: fn(&[Packet], &mut Vec<T>), packet: &Packet) -> Value {
        let mut out = Vec::new();
        get(std::slice::from_ref(packet), &mut out);
        Value::Number(out[0].into())
    }
    match column.getter {
        Getter::U8(get) => number(get, packet),
        Getter::U16(get) => number(get, packet),
        Getter::U32(get) => number(get, packet),
        Getter::Time(get) => number(get, packet),
        Getter::Ip(get) => Value::Ip(get(packet)),
        Getter::Mac(get) => Value::Mac(get(packet)),
    }
}

fn present(column: &Column, packet: &Packet) -> bool {
    match column.presence {
        Presence::Always => true,
        Presence::Layers(layers) => packet.layers & layers != 0,
        Presence::TcpOption(option) => packet.tcp_options & option != 0,
        Presence::Address => packet.ip_version != 0 || packet.layers & layer::ARP != 0,
        Presence::Identification => packet.ip_version == 4 || packet.layers & layer::FRAGMENT != 0,
    }
}

/// Where a prefix may say something that the next header, which is cut off, would have replaced: an EtherType that announces a
/// tag, the number of an extension header, and the identification of a fragment inside a fragment.
fn is_replaced(column: &Column, prefix: &Packet) -> bool {
    match column.name {
        "ethertype" => matches!(prefix.ethertype, 0x8100 | 0x88a8 | 0x9100 | 0x9200 | 0x9300),
        "protocol" => matches!(prefix.protocol, 0 | 43 | 44 | 51 | 60 | 135 | 139 | 140),
        "ip_id" => prefix.ip_version == 6 && prefix.protocol == 44,
        _ => false,
    }
}

fn check_depths(link_type: u16, data: &[u8], wire_length: u32) {
    let full = decoded(link_type, data, wire_length, Depth::Transport);
    for depth in DEPTHS {
        let shallow = decoded(link_type, data, wire_length, depth);
        for column in COLUMNS.iter().filter(|column| column.depth <= depth) {
            assert_eq!(value(column, &shallow), value(column, &full), "{} at {depth:?}", column.name);
            assert_eq!(present(column, &shallow), present(column, &full), "presence of {} at {depth:?}", column.name);
        }
    }
}

fn check_prefixes(link_type: u16, data: &[u8], wire_length: u32) {
    let wire_length = wire_length.max(data.len() as u32);
    let full = decoded(link_type, data, wire_length, Depth::Transport);
    let nothing = Packet::default();
    for captured in 0..data.len() {
        let prefix = decoded(link_type, &data[..captured], wire_length, Depth::Transport);
        if prefix == full {
            continue;
        }
        assert_eq!(prefix.stop, Stop::Truncated, "{captured} of {} bytes", data.len());
        assert_eq!(prefix.layers & !full.layers, 0, "layers of {captured} bytes");
        for column in COLUMNS.iter().filter(|column| !["layers", "stop"].contains(&column.name)) {
            let found = value(column, &prefix);
            let agrees = found == value(column, &full) || found == value(column, &nothing);
            assert!(agrees || is_replaced(column, &prefix), "{} of {captured} bytes is {found:?}", column.name);
        }
    }
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn any_bytes_of_any_link_type_are_decoded(data in vec(any::<u8>(), 0..160), wire_length in any::<u32>()) {
        for link_type in 0..=300 {
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

/// Bytes of which many are small, as in headers, so that some of them look like records.
fn noise(most: usize) -> impl Strategy<Value = Vec<u8>> {
    vec(prop_oneof![4 => Just(0_u8), 2 => 0..64_u8, 1 => any::<u8>()], 0..most)
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
    (order(), magic, version, link_type, packets(), noise(400)).prop_map(|(order, magic, version, link_type, packets, rest)| {
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
    (order(), capture, noise(400)).prop_map(|(order, (packets, kinds, link_type), rest)| {
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
