//! One record of a capture, and what a step of framing can find.

use super::pcapng::Interface;
use super::resync::{Clues, Verdict};

/// One packet as the capture holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Nanoseconds since 1970-01-01 UTC; the ends of the range stand for times beyond it.
    pub timestamp: i64,
    /// Bytes on the wire.
    pub length: u32,
    /// Number of the interface within the source.
    pub interface: u32,
    /// LINKTYPE number.
    pub link_type: u16,
    /// The bytes captured.
    pub data: &'a [u8],
}

/// What framing finds at an offset.
#[derive(Debug)]
pub enum Step<'a> {
    /// A packet, and the offset of what follows it.
    Record(Record<'a>, usize),
    /// Something that holds no packet, and the offset of what follows it.
    Skip(usize),
    /// The window ends before this: so many bytes are needed from the offset on.
    More(usize),
    /// What is here can not be a record.
    Corrupt(String),
}

/// Something that could well be a record.
#[derive(Clone, Copy, Debug)]
pub struct Plausible {
    /// Where the next one would begin; maybe beyond the window.
    pub next: usize,
    /// Seconds of its time, where that can be told cheaply.
    pub seconds: u32,
}

/// How a format divides its bytes into records.
///
/// A value is a format together with all that earlier bytes of the source have told (pcapng: section and interfaces), so that
/// framing can begin at any record whose state is known.
pub trait Framing: Clone + Send + Sync {
    /// Reads what is at `at` in `window`. Never panics, whatever the bytes.
    fn step<'a>(&mut self, window: &'a [u8], at: usize) -> Step<'a>;

    /// What the bytes at `at` would be if a record began there; None if they can hardly be one.
    fn plausible(&self, window: &[u8], at: usize) -> Option<Plausible>;

    /// Records begin at multiples of this.
    const ALIGNMENT: usize;

    /// The smallest record of a packet, header included.
    const MIN_RECORD: u64;

    /// The format's name and what is particular about the file, and the interfaces described so far.
    fn describe(&self) -> (String, Vec<Interface>);

    /// A state in few bytes, to be kept for every chunk.
    type Mark: Clone + std::fmt::Debug + Send + Sync;

    fn mark(&self) -> Self::Mark;

    /// The state that was marked, `self` being a later one of the same source.
    #[must_use]
    fn back_to(&self, mark: &Self::Mark) -> Self;

    /// Whether records can be found again behind bytes that are none.
    const RESUMES: bool = false;

    /// Whether records begin where `clues` are. What it takes for records, [`Framing::step`] must take for such too.
    fn evidence(&self, _clues: &Clues) -> Verdict {
        Verdict::Nothing
    }

    /// Whether framing that began with `self` would have gone the same way as if begun with `other`.
    fn same_state(&self, other: &Self) -> bool;
}

/// The largest packet that is believed, by link type: libpcap's limits (`max_snaplen_for_dlt`).
pub fn max_packet_length(link_type: u16) -> u32 {
    match link_type {
        231 | 189 | 220 | 249 => 128 << 20, // D-Bus, USB
        279 => 8 << 20,                     // Elektrobit automotive
        _ => 262_144,
    }
}

/// Nanoseconds since 1970 in a column's 64 bits, the ends of the range standing for times beyond it.
pub fn saturated(nanoseconds: i128) -> i64 {
    // i64::MIN is numpy's NaT.
    nanoseconds.clamp(i128::from(i64::MIN + 1), i128::from(i64::MAX)) as i64
}
