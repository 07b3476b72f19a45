//! A corrupt record in the middle of a capture loses itself, and nothing before or far behind it.

mod common;

use std::cell::Cell;

use common::blocks::{Blocks, Classic, Order};
use common::division::{Streaming, check_division, check_stream};
use common::{Outcome, WHOLE, buffers, cases, everything, memory, read_all, read_with};
use pcapframe::capture::pcap::Pcap;
use pcapframe::capture::pcapng::Interface;
use pcapframe::capture::record::Plausible;
use pcapframe::capture::resync::{Clues, Found, LOOK, MOST_GAPS, Search, Verdict, look};
use pcapframe::capture::{Framing, Step};
use pcapframe::error::Gap;
use pcapframe::read::{self, Options, Unwatched};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// A capture of which one record is replaced by other bytes.
#[derive(Clone, Debug)]
struct Spoilt {
    bytes: Vec<u8>,
    /// What the packets held.
    packets: Vec<Vec<u8>>,
    /// Where the records begin and, at last, where the capture ends.
    starts: Vec<usize>,
    /// The record that was replaced.
    record: usize,
}

/// Bytes in which no record header can hide.
fn payloads() -> impl Strategy<Value = Vec<Vec<u8>>> {
    vec((1..300_usize, 0x90..=0xff_u8).prop_map(|(length, byte)| vec![byte; length]), 24..80)
}

/// What a broken disk, a crash or an attacker leaves in place of a record.
fn damage() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![vec(any::<u8>(), 0..400), vec(prop_oneof![3 => Just(0_u8), 1 => 0..64_u8], 0..400), Just(vec![0; 4096])]
}

/// How one record is changed.
#[derive(Clone, Debug)]
enum Change {
    Replace(Vec<u8>),
    /// Bytes of the header, which are replaced.
    Header(Vec<(usize, u8)>),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        damage().prop_map(Change::Replace),
        vec((0..28_usize, any::<u8>()), 1..4).prop_map(Change::Header),
        (0..28_usize, 0..8_u32).prop_map(|(at, bit)| Change::Header(vec![(at, 1 << bit)])),
    ]
}

/// Puts a capture together from the bytes in front of the records and those of each.
fn spoilt(head: &[u8], mut records: Vec<Vec<u8>>, packets: Vec<Vec<u8>>, record: usize, change: Change) -> Spoilt {
    let record = record % records.len();
    match change {
        Change::Replace(bytes) => records[record] = bytes,
        Change::Header(changes) => changes.into_iter().for_each(|(at, bits)| {
            if let Some(byte) = records[record].get_mut(at) {
                *byte ^= bits;
            }
        }),
    }
    let mut starts = vec![head.len()];
    for record in &records {
        starts.push(starts.last().unwrap() + record.len());
    }
    Spoilt { bytes: [head, &records.concat()].concat(), packets, starts, record }
}

fn classic() -> impl Strategy<Value = Spoilt> {
    let magic = select(&[Classic::MICROSECONDS, Classic::NANOSECONDS, Classic::MODIFIED][..]);
    (select(&Order::BOTH[..]), magic, payloads(), any::<usize>(), change()).prop_map(|(order, magic, packets, record, change)| {
        let empty = Classic::with_header(order, magic, (2, 4), 1);
        let head = empty.bytes.clone();
        let one = |(packet, time): (&Vec<u8>, u32)| {
            empty.clone().packet(1_700_000_000 + time, 999_000 - time, packet).bytes.split_off(head.len())
        };
        let records = packets.iter().zip(0..).map(one).collect();
        spoilt(&head, records, packets, record, change)
    })
}

fn blocks() -> impl Strategy<Value = Spoilt> {
    (select(&Order::BOTH[..]), payloads(), any::<usize>(), change()).prop_map(|(order, packets, record, change)| {
        let empty = Blocks::new(order).interface(1, 0, &[]);
        let head = empty.bytes.clone();
        let one = |(packet, time): (&Vec<u8>, u64)| {
            let time = 1_700_000_000_000_000 + time;
            empty.clone().enhanced(0, time, packet.len() as u32, packet).bytes.split_off(head.len())
        };
        let records = packets.iter().zip(0..).map(one).collect();
        spoilt(&head, records, packets, record, change)
    })
}

/// Says whether reading was lost at all.
fn check_rest(spoilt: &Spoilt) -> bool {
    let Spoilt { bytes, packets, starts, record } = spoilt;
    let read = Outcome::new(read_all(&**bytes), memory(&**bytes));
    assert!(read.packets.starts_with(&packets[..*record]), "packets before the damage");
    let first = read.gaps.first().map(|gap| &gap.fault).or(read.fault.as_ref());
    let Some(lost) = first.map(|fault| fault.offset as usize) else { return false };
    assert!(lost >= starts[*record]);
    // The record at which the damage is told may be the one that was replaced, which now is another.
    let next = (record + 1..packets.len()).find(|&next| starts[next] > lost).unwrap_or(packets.len());
    // Where all packets that are known are wrong ones, their times are, and nothing is found.
    let wrong = first.map_or(0, |fault| fault.packets as usize - record);
    let is_known = if *record == 0 { wrong == 0 } else { wrong < 16 };
    if is_known && packets.len() - next >= 4 {
        let [Gap { fault, length }] = &read.gaps[..] else { panic!("{} gaps, {:?}", read.gaps.len(), read.fault) };
        assert_eq!((fault.offset as usize + *length as usize, &read.fault), (starts[next], &None));
        assert_eq!(read.packets[fault.packets as usize..], packets[next..], "packets behind the damage");
    }
    true
}

fn check_ways(bytes: &[u8], chunk: u64, piece: usize, batch: usize) {
    check_division(bytes, &[2, 3], chunk, None);
    check_stream(bytes, Streaming { piece, batch, threads: 1, chunk: WHOLE, expansion: 1000 });
}

proptest! {
    #![proptest_config(cases(1500))]

    #[test]
    fn a_spoilt_record_loses_itself_alone(spoilt in prop_oneof![classic(), blocks()]) {
        check_rest(&spoilt);
    }
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn however_it_is_read(spoilt in prop_oneof![classic(), blocks()], chunk in 64..=4096_u64, piece in 1..5000_usize, batch in 1..40_usize) {
        check_ways(&spoilt.bytes, chunk, piece, batch);
    }
}

/// A capture with other bytes in between, here and there, with some of its bits changed, and cut.
fn worn() -> impl Strategy<Value = Vec<u8>> {
    let inserted = vec((any::<Index>(), damage()), 0..12);
    let flipped = vec((any::<Index>(), any::<u8>()), 0..8);
    (prop_oneof![classic(), blocks()], inserted, flipped, prop_oneof![Just(None), any::<Index>().prop_map(Some)]).prop_map(
        |(Spoilt { mut bytes, .. }, inserted, flipped, cut)| {
            // The format's own header stays.
            let place = |place: Index, length: usize| 70.min(length) + place.index((length + 1).saturating_sub(70).max(1));
            for (index, damage) in inserted {
                let at = place(index, bytes.len());
                bytes.splice(at..at, damage.into_iter().take(30));
            }
            for (index, bits) in flipped {
                let at = place(index, bytes.len());
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= bits;
                }
            }
            if let Some(index) = cut {
                bytes.truncate(place(index, bytes.len()));
            }
            bytes
        },
    )
}

/// Reads with and without looking behind the first fault. Says whether there was one.
fn check_what_was_before(bytes: &[u8]) -> bool {
    let options = Options { threads: 1, resync: false, ..Options::new(everything()) };
    let stopped = read::read(&memory(bytes), &options, &mut Unwatched).unwrap();
    let kept = read_with(&memory(bytes), 1, WHOLE).unwrap();
    assert!(kept.frame.rows() >= stopped.frame.rows());
    for (all, before) in buffers(&kept).into_iter().zip(buffers(&stopped)) {
        assert!(all.starts_with(before));
    }
    assert_eq!(stopped.about.gaps, []);
    let first = kept.about.gaps.first().map(|gap| &gap.fault).or(kept.about.fault.as_ref());
    assert_eq!(first, stopped.about.fault.as_ref());
    // Gaps lie one behind the other, packets between them or none.
    let ends = kept.about.gaps.iter().map(|gap| (gap.fault.offset, gap.fault.offset + gap.length));
    let last = ends.fold(0, |last, (from, to)| {
        assert!(last <= from && from < to);
        to
    });
    assert!(last < bytes.len() as u64);
    first.is_some()
}

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn many_spoilt_records(bytes in worn(), chunk in 64..=4096_u64, piece in 1..5000_usize) {
        check_ways(&bytes, chunk, piece, 7);
    }
}

proptest! {
    #![proptest_config(cases(1500))]

    #[test]
    fn looking_further_loses_nothing(bytes in worn()) {
        check_what_was_before(&bytes);
    }
}

#[test]
fn nor_do_zeros_and_rubbish_at_the_end_or_a_cut() {
    let capture = good(Classic::new(Order::Little), 9, 1_700_000_000).bytes;
    let block = |capture: Blocks, time: u64| capture.enhanced(0, 1 << 50 | time, 9, b"a packet.");
    let other = (0..9).fold(Blocks::new(Order::Big).interface(1, 0, &[]), block).bytes;
    for bytes in [capture, other] {
        let rows = read_all(bytes.clone()).frame.rows();
        assert_eq!(rows, 9);
        for rubbish in [&[0xff_u8; 4000][..], &[0x5a; 3], b"-- the end --\n"] {
            let long = [&bytes[..], rubbish].concat();
            assert!(check_what_was_before(&long), "rubbish is a fault");
            assert_eq!(read_all(long).frame.rows(), rows);
        }
        // These may be records.
        for rubbish in [&[0; 4000][..], &bytes[..23], &bytes[2..]] {
            check_what_was_before(&[&bytes[..], rubbish].concat());
        }
        for cut in 70..bytes.len() {
            check_what_was_before(&bytes[..cut]);
        }
    }
}

#[test]
fn most_damage_is_noticed() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for strategy in [classic().boxed(), blocks().boxed()] {
        let noticed = (0..200).filter(|_| check_rest(&strategy.new_tree(&mut runner).unwrap().current())).count();
        assert!(noticed > 60, "{noticed} of 200: this shows little");
    }
}

const BAD: [u32; 4] = [1_700_000_000, 0, 0x7fff_ffff, 0x7fff_ffff];

fn good(capture: Classic, count: u32, seconds: u32) -> Classic {
    (0..count).fold(capture, |capture, number| capture.packet(seconds, number, &[0xee; 40]))
}

#[test]
fn a_gap_is_where_and_as_long_as_it_is() {
    let before = good(Classic::new(Order::Little), 7, 1_700_000_000);
    let capture = good(before.clone().raw(BAD, b"lost"), 16, 1_700_000_000);
    let read = read_all(capture.bytes.clone());
    assert_eq!((read.frame.rows(), &read.about.fault), (23, &None));
    let [Gap { fault, length }] = &read.about.gaps[..] else { panic!("{:?}", read.about.gaps) };
    assert_eq!((fault.offset, *length, fault.packets), (before.bytes.len() as u64, 20, 7));
    assert_eq!(fault.reason, "the record claims 2147483647 captured bytes, more than the 262144 that are believed");
    // Without looking further, reading ends there.
    let options = Options { resync: false, ..Options::new(everything()) };
    let stopped = read::read(&memory(capture.bytes), &options, &mut Unwatched).unwrap().about;
    assert_eq!((stopped.fault, stopped.gaps), (Some(fault.clone()), vec![]));
}

#[test]
fn a_length_beyond_the_end_is_a_gap_if_records_follow() {
    let cut = [1_700_000_000, 0, 200_000, 200_000];
    let capture = good(good(Classic::new(Order::Big), 3, 1_700_000_000).raw(cut, b""), 4, 1_700_000_000);
    let read = read_all(capture.bytes);
    assert_eq!((read.frame.rows(), read.about.gaps.len(), read.about.gaps[0].length), (7, 1, 16));
    assert_eq!(read.about.gaps[0].fault.reason, "the file ends inside a record: 240 of its 200016 bytes are there");
    // Three records are too few, and four that do not reach the end.
    for (count, rest) in [(3, &b""[..]), (4, b"x")] {
        let capture = good(good(Classic::new(Order::Big), 3, 1_700_000_000).raw(cut, b""), count, 1_700_000_000);
        let read = read_all([&capture.bytes[..], rest].concat());
        assert_eq!((read.frame.rows(), read.about.gaps.len(), read.about.fault.is_some()), (3, 0, true));
    }
}

#[test]
fn records_of_another_time_are_those_of_a_capture_in_a_packet() {
    for (seconds, found) in [(1_700_000_000 - 80_000, true), (1_700_000_000 - 100_000, false), (0, false)] {
        let before = good(Classic::new(Order::Little), 5, 1_700_000_000).raw(BAD, b"");
        let read = read_all(good(before, 20, seconds).bytes);
        assert_eq!(read.frame.rows(), if found { 25 } else { 5 });
    }
    // Where nothing was before, times need to be near one another only.
    let read = read_all(good(Classic::new(Order::Little).raw(BAD, b""), 20, 5).bytes);
    assert_eq!((read.frame.rows(), read.about.gaps[0].fault.packets), (20, 0));
}

#[test]
fn zeros_do_not_hide_the_time() {
    // A lost page looks like packets without bytes, of 1970.
    let capture = good(Classic::new(Order::Little), 20, 1_700_000_000);
    let bytes =
        [capture.bytes, vec![0; 4096 + 7], good(Classic::new(Order::Little), 20, 1_700_000_000).bytes.split_off(24)].concat();
    let read = read_all(bytes.clone());
    assert_eq!((read.frame.rows(), read.about.gaps.len()), (20 + 256 + 20, 1));
    check_ways(&bytes, 100, 77, 9);
}

#[test]
fn blocks_behind_a_lost_section_header_wait_for_the_next() {
    let packet = |capture: Blocks| (0..9).fold(capture, |capture, time| capture.enhanced(0, 1 << 50 | time, 9, b"a packet."));
    let start = packet(Blocks::new(Order::Little).interface(1, 0, &[]));
    let at = start.bytes.len();
    let mut capture = packet(start.section(Order::Big).interface(101, 0, &[]));
    // Its version is another.
    capture.bytes[at + 13] = 9;
    let read = read_all(capture.bytes.clone());
    assert_eq!((read.frame.rows(), read.about.gaps.len()), (9, 0));
    assert_eq!(read.about.fault.unwrap().reason, "pcapng version 9.0 is not known");
    let capture = packet(capture.section(Order::Little).interface(113, 0, &[]));
    let read = read_all(capture.bytes.clone());
    assert_eq!((read.frame.rows(), read.about.gaps.len(), read.about.interfaces.len()), (18, 1, 2));
    check_ways(&capture.bytes, 64, 50, 4);
}

#[test]
fn a_lost_interface_makes_no_packets_of_another() {
    let start = Blocks::new(Order::Little).interface(1, 0, &[]).enhanced(0, 1 << 50, 4, b"good");
    let lost = start.uneven_block(1, 20, &[0; 8], 24);
    let capture = (0..9).fold(lost, |capture, time| capture.enhanced(1, 1 << 50 | time, 4, b"lost"));
    assert_eq!(read_all(capture.bytes.clone()).frame.rows(), 1);
    let capture = (0..9).fold(capture, |capture, time| capture.enhanced(0, 1 << 50 | time, 4, b"good"));
    let read = read_all(capture.bytes);
    assert_eq!((read.frame.rows(), read.about.gaps.len()), (10, 1));
}

#[test]
fn gaps_are_bounded_in_number() {
    let gaps = (0..MOST_GAPS + 20).fold(Classic::new(Order::Little), |capture, _| good(capture.raw(BAD, b""), 16, 1_700_000_000));
    let read = read_with(&memory(gaps.bytes.clone()), 2, 1 << 16).unwrap();
    assert_eq!((read.about.gaps.len(), read.frame.rows()), (MOST_GAPS, 16 * MOST_GAPS));
    assert_eq!(read.about.fault.unwrap().offset as usize, 24 + MOST_GAPS * (16 + 16 * 56));
    check_stream(&gaps.bytes, Streaming { piece: 1 << 20, batch: 1 << 20, threads: 1, chunk: WHOLE, expansion: 1000 });
}

#[test]
fn a_gap_of_several_megabytes() {
    // Everywhere a record seems to begin, but none where it ends.
    let claims = |count: usize| [1_700_000_000, 7, 262_143, 262_143_u32].map(u32::to_le_bytes).concat().repeat(count);
    for gap in [LOOK - 1, LOOK, 2 * LOOK, 2 * LOOK + 5, 3 * LOOK + 77] {
        let mut bytes = good(Classic::new(Order::Little), 20, 1_700_000_000).raw(BAD, b"").bytes;
        let start = bytes.len() - 16;
        bytes.extend(claims((gap - 300_000) / 16));
        bytes.resize(start + gap, 0xee);
        bytes.extend(good(Classic::new(Order::Little), 20, 1_700_000_000).bytes.split_off(24));
        let read = read_all(bytes.clone());
        assert_eq!((read.frame.rows(), read.about.gaps.len()), (40, 1), "{gap} bytes");
        assert_eq!((read.about.gaps[0].fault.offset, read.about.gaps[0].length), (start as u64, gap as u64));
        check_division(&bytes, &[2], 1 << 20, None);
        check_stream(&bytes, Streaming { piece: 1 << 19, batch: 1 << 20, threads: 1, chunk: WHOLE, expansion: 1000 });
    }
}

thread_local!(static HEADERS: Cell<usize> = const { Cell::new(0) });

/// Counts the headers that are looked at.
#[derive(Clone)]
struct Counted(Pcap);

impl Framing for Counted {
    const ALIGNMENT: usize = 1;
    const MIN_RECORD: u64 = 16;
    const RESUMES: bool = true;
    type Mark = ();

    fn step<'a>(&mut self, window: &'a [u8], at: usize) -> Step<'a> {
        self.0.step(window, at)
    }

    fn plausible(&self, window: &[u8], at: usize) -> Option<Plausible> {
        HEADERS.set(HEADERS.get() + 1);
        self.0.plausible(window, at)
    }

    fn describe(&self) -> (String, Vec<Interface>) {
        self.0.describe()
    }

    fn mark(&self) {}

    fn back_to(&self, (): &()) -> Self {
        self.clone()
    }

    fn evidence(&self, clues: &Clues) -> Verdict {
        clues.chain(|at| self.plausible(clues.bytes, at))
    }

    fn same_state(&self, _other: &Self) -> bool {
        true
    }
}

#[test]
fn the_work_is_linear_whatever_the_bytes() {
    let header = Classic::new(Order::Little).bytes;
    let framing = Counted(Pcap::from_header(&header).unwrap());
    // Chains that break just before they would be evidence, and bytes of which every place looks like a record.
    let broken = (0..2000).fold(Classic::new(Order::Little), |capture, _| good(capture.raw(BAD, b""), 7, 1_700_000_000));
    let broken = broken.raw(BAD, b"").bytes;
    let dense: Vec<u8> = (0..200_000_u32).flat_map(|number| [16 + (number % 3) as u8, 0, 0, 0]).collect();
    for bytes in [broken, dense] {
        HEADERS.set(0);
        let source = memory(&bytes[24..]);
        let found = Search::default().next(&source, 1, &framing, &[1_700_000_000], &|| false).unwrap();
        assert_eq!(found, None);
        let headers = HEADERS.get();
        // Windows overlap while they grow.
        assert!(headers >= bytes.len() - 25 && headers <= 9 * bytes.len(), "{headers} headers in {} bytes", bytes.len());
    }
}

#[test]
fn more_bytes_are_waited_for_where_they_would_tell() {
    let header = Classic::new(Order::Little).bytes;
    let framing = Pcap::from_header(&header).unwrap();
    let records = good(Classic::new(Order::Little), 20, 1_700_000_000).bytes.split_off(24);
    let eight = 8 * 56;
    for length in 0..records.len() {
        let expected = if length >= eight { Found::At(0) } else { Found::NotBefore(0) };
        assert_eq!(look(&framing, &records[..length], 0, false, &[]), expected, "{length} bytes");
        // At the end of the source it is told from what there is.
        let at_end = match length {
            _ if length >= eight => Found::At(0),
            _ if length % 56 == 0 && length >= 4 * 56 => Found::At(0),
            _ => Found::NotBefore(length),
        };
        assert_eq!(look(&framing, &records[..length], 0, true, &[]), at_end, "{length} bytes");
    }
    // What is farther than can be looked is no evidence.
    let far = (0..9).fold(Classic::with_header(Order::Little, Classic::MICROSECONDS, (2, 4), 189), |capture, time| {
        capture.packet(1_700_000_000 + time, 0, &vec![0xee; LOOK / 7])
    });
    let framing = Pcap::from_header(&far.bytes).unwrap();
    let found = look(&framing, &far.bytes[24..], 0, false, &[]);
    assert!(matches!(found, Found::NotBefore(at) if at > far.bytes.len() - 24 - LOOK), "{found:?}");
}
