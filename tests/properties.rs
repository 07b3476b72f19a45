//! What must hold for any bytes: no panic, the same values however little is decoded or captured, and the same capture however
//! it is divided among threads.

mod common;

use std::panic::resume_unwind;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use common::blocks::{Blocks, Classic, Order};
use common::decoding::{DEPTHS, check_depths, check_prefixes, decoded, link_types};
use common::division::check_division;
use common::frames::{frame, spoilt, spoilt_frame};
use common::{cases, memory, read_with};
use pcapframe::wire::{Context, Depth, layer};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn any_bytes_of_any_link_type_are_decoded(data in vec(any::<u8>(), 0..160), wire_length in any::<u32>()) {
        let contexts = DEPTHS.map(Context::new);
        for link_type in 0..=300 {
            for context in &contexts {
                decoded(link_type, &data, wire_length, context);
            }
        }
        for link_type in link_types() {
            check_depths(*link_type, &data, wire_length, &contexts[3]);
        }
    }
}

proptest! {
    #![proptest_config(cases(10_000))]

    #[test]
    fn less_depth_gives_the_same_values((link_type, data) in frame(), (spoilt_type, spoilt, wire_length) in spoilt_frame()) {
        let context = Context::new(Depth::Transport);
        check_depths(link_type, &data, data.len() as u32, &context);
        check_depths(spoilt_type, &spoilt, wire_length, &context);
    }
}

proptest! {
    #![proptest_config(cases(4000))]

    #[test]
    fn a_prefix_never_contradicts((link_type, data) in frame(), (spoilt_type, spoilt, wire_length) in spoilt_frame()) {
        let context = Context::new(Depth::Transport);
        check_prefixes(link_type, &data, data.len() as u32, &context);
        check_prefixes(spoilt_type, &spoilt, wire_length, &context);
    }
}

#[test]
fn every_header_and_every_end_is_among_the_frames() {
    let mut runner = TestRunner::deterministic();
    let context = Context::new(Depth::Transport);
    let (mut layers, mut stops) = (0, 0_u32);
    for _ in 0..5000 {
        let (link_type, data, wire_length) = spoilt_frame().new_tree(&mut runner).unwrap().current();
        let packet = decoded(link_type, &data, wire_length, &context);
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
        in_time(move || check_division(&bytes, &[2, 3], chunk, None));
    }
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn nor_does_it_matter_where_the_bytes_are(bytes in capture(), chunk in 64..=4096_u64) {
        let path = std::env::temp_dir().join(format!("pcapframe-properties-{}", std::process::id()));
        std::fs::write(&path, &bytes).unwrap();
        in_time(move || {
            check_division(&bytes, &[2, 3], chunk, Some(&path));
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
            check_division(&bytes, &[2, 3], chunk, None);
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
        check_division(&capture.bytes, &[2, 3], chunk, None);
    }
}
