//! Captures spoilt at every byte: changed in several ways, cut, and with a byte more. Nothing panics, threads and chunks make no
//! difference, a stream is as a file, and packets in front of the fault are kept.

mod common;

use std::path::Path;

use common::blocks::{Blocks, Classic, Order};
use common::captures::others;
use common::division::{EXPANSION, Streaming, check_division, check_stream, in_one_piece, streamed};
use common::samples::{COMPRESSIONS, block_capture, classic_captures, compress, in_udp};
use common::{Column, Outcome};
use pcapframe::capture::{Format, Framing, Step};

/// How much is done to each byte of a capture.
#[derive(Clone, Copy)]
struct Extent {
    /// What it is combined with by exclusive or.
    changes: &'static [u8],
    /// What is put in before it.
    added: &'static [u8],
    /// Every so many-th spoilt capture is also divided, and read as a stream.
    often: usize,
}

const ALL: Extent = Extent { changes: &[0x01, 0x80, 0xff], added: &[0x00, 0xff], often: 20 };
/// For those that take long to decompress.
const MOST: Extent = Extent { changes: &[0x01, 0xff], added: &[0xff], often: usize::MAX };
/// For captures of which there are many.
const SOME: Extent = Extent { changes: &[0xff], added: &[], often: 100 };

const STREAMING: Streaming = Streaming { piece: 1000, batch: 3, threads: 2, chunk: 100, expansion: EXPANSION };

/// Offsets after each packet of a capture.
fn ends(bytes: &[u8]) -> Vec<usize> {
    fn walk(mut framing: impl Framing, mut at: usize, bytes: &[u8]) -> Vec<usize> {
        let mut ends = Vec::new();
        loop {
            match framing.step(bytes, at) {
                Step::Record(_, next) => {
                    ends.push(next);
                    at = next;
                }
                Step::Skip(next) => at = next,
                Step::More(_) | Step::Corrupt(_) => return ends,
            }
        }
    }
    let Ok(format) = Format::from_start(bytes) else { return Vec::new() };
    let first = format.first_offset() as usize;
    match format {
        Format::Pcap(framing) => walk(framing, first, bytes),
        Format::Pcapng(framing) => walk(framing, first, bytes),
        Format::Foreign(framing) => walk(framing, first, bytes),
    }
}

/// A capture, and how it reads.
struct Whole {
    outcome: Outcome,
    ends: Vec<usize>,
}

impl Whole {
    fn new(bytes: &[u8]) -> Self {
        let (outcome, ends) = (in_one_piece(bytes).unwrap(), ends(bytes));
        assert_eq!(outcome.rows, ends.len());
        Self { outcome, ends }
    }

    /// Packets whose records lie before this byte.
    fn before(&self, at: usize) -> usize {
        self.ends.partition_point(|end| *end <= at)
    }

    /// The first packets of a spoilt capture are those of the whole one.
    fn check_kept(&self, kept: usize, spoilt: &Outcome) {
        assert!(spoilt.rows >= kept, "{} of {kept} packets", spoilt.rows);
        assert_eq!(spoilt.packets[..kept], self.outcome.packets[..kept]);
        for ((name, column), (_, expected)) in spoilt.columns.iter().zip(&self.outcome.columns) {
            assert_eq!(first(column, spoilt.rows, kept), first(expected, self.outcome.rows, kept), "{name}");
        }
    }
}

/// The first `count` rows of a column that has `rows`.
fn first(column: &Column, rows: usize, count: usize) -> Column {
    match column {
        Column::Values(values) => Column::Values(values[..count * values.len().checked_div(rows).unwrap_or(0)].to_vec()),
        Column::Ip(values) => Column::Ip(values[..count].to_vec()),
        Column::Mac(values) => Column::Mac(values[..count].to_vec()),
    }
}

/// All that happens to a capture: where, and what comes of it.
fn mutations(bytes: &[u8], Extent { changes, added, .. }: Extent) -> impl Iterator<Item = (usize, Vec<u8>)> + '_ {
    (0..bytes.len()).flat_map(move |at| {
        let changed = changes.iter().map(move |change| {
            let mut spoilt = bytes.to_vec();
            spoilt[at] ^= change;
            spoilt
        });
        let longer = added.iter().map(move |byte| [&bytes[..at], &[*byte], &bytes[at..]].concat());
        changed.chain(longer).chain([bytes[..at].to_vec()]).map(move |spoilt| (at, spoilt))
    })
}

/// Spoils a capture at every byte.
fn check_mutations(bytes: &[u8], extent: Extent) {
    let whole = Whole::new(bytes);
    let mut read = 0;
    for (number, (at, spoilt)) in mutations(bytes, extent).enumerate() {
        let is_cut = spoilt.len() < bytes.len();
        match in_one_piece(&spoilt) {
            Ok(outcome) => {
                whole.check_kept(whole.before(at), &outcome);
                assert!(!is_cut || outcome.rows == whole.before(at), "cut at {at}");
                read += 1;
            }
            // The file header is one no more.
            Err(_) => assert_eq!(whole.before(at), 0, "changed at {at}"),
        }
        if number % extent.often == 0 {
            check_division(&spoilt, &[2], 100, None);
            check_stream(&spoilt, STREAMING);
        }
    }
    assert!(read > bytes.len() / 2, "{read} of the spoilt captures were read");
}

#[test]
fn every_link_type_and_tunnel() {
    for bytes in classic_captures() {
        check_mutations(&bytes, SOME);
    }
}

#[test]
fn blocks_of_every_kind() {
    let options = Blocks::new(Order::Big).option(2, b"eth0");
    let packet = in_udp(53, b"a name");
    let capture = Blocks::new(Order::Big)
        .interface(101, 0, &options)
        .clock(9, 7)
        .enhanced(0, 1 << 50, 60, &packet)
        .obsolete(1, 1 << 50, 60, &packet)
        .block(5, b"statistics..")
        .section(Order::Little)
        .interface(101, 30, &[])
        .simple(34, &packet)
        .enhanced(0, 1 << 50, 60, &packet);
    check_mutations(&capture.bytes, ALL);
    check_mutations(&block_capture()[..600], SOME);
}

#[test]
fn classic_records_of_every_kind() {
    let packet = in_udp(53, b"a name");
    for order in Order::BOTH {
        for magic in [Classic::MICROSECONDS, Classic::NANOSECONDS, Classic::MODIFIED] {
            let capture = Classic::with_header(order, magic, (2, 4), 101);
            let capture = (0..2).fold(capture, |capture, time| capture.packet(1_700_000_000 + time, time, &packet));
            check_mutations(&capture.raw([1, 0, 0, 60], b"").bytes, ALL);
        }
    }
}

#[test]
fn containers() {
    let packet = in_udp(53, b"a name");
    let capture = (0..6).fold(Classic::with_header(Order::Little, Classic::NANOSECONDS, (2, 4), 101), |capture, time| {
        capture.packet(1_700_000_000 + time, time * 7919, &packet)
    });
    let whole = Whole::new(&capture.bytes);
    for compression in COMPRESSIONS {
        let (first, second) = capture.bytes.split_at(200);
        let bytes = [compress(compression, first), compress(compression, second)].concat();
        let mut read = 0;
        for (at, spoilt) in mutations(&bytes, MOST) {
            let is_cut = spoilt.len() < bytes.len();
            let Ok(outcome) = streamed(&spoilt, STREAMING) else { continue };
            read += 1;
            if is_cut && outcome.rows > 0 {
                whole.check_kept(outcome.rows, &outcome);
                assert!(outcome.rows == whole.outcome.rows || outcome.fault.is_some(), "{} cut at {at}", compression.name());
            }
        }
        assert!(read > 200, "{read} of the spoilt {} captures were read", compression.name());
    }
}

#[test]
fn real_captures() {
    for (name, length) in [("lab.pcap", 600), ("lab-small.pcapng", 600)] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data").join(name);
        check_mutations(&std::fs::read(path).unwrap()[..length], ALL);
    }
    let paths = others(Path::new(env!("CARGO_MANIFEST_DIR")));
    if paths.is_empty() {
        println!("skipped: there are no captures beside the repository");
        return;
    }
    let small = paths.into_iter().filter_map(|path| std::fs::read(path).ok()).filter(|bytes| bytes.len() <= 300);
    let small = small.filter(|bytes| in_one_piece(bytes).is_ok_and(|outcome| outcome.rows > 0)).step_by(80);
    let count = small.map(|bytes| check_mutations(&bytes, SOME)).count();
    assert!(count > 5, "{count} captures");
}
