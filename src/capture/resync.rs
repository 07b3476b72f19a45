//! Where records begin again behind bytes that are none.
//!
//! Behind a fault the bytes are searched for *evidence* of records: a chain of headers that lead from one to the next and whose
//! times are near those of the records before the fault, so that a capture carried inside a packet is not taken for the one that
//! carries it. What counts as evidence at an offset depends on the [`LOOK`] bytes from there on and on the records before the
//! fault, and on nothing else: so files, streams, threads and chunks all find the same.
//!
//! The work is linear, whatever the bytes: an offset is the beginning of one chain at most, a chain has at most [`CHAIN`] headers,
//! each search begins behind the records that the one before has found, and bytes that are at hand are not fetched again.

use super::record::{Framing, Plausible, Record};
use super::source::Source;
use crate::error::Result;

/// So many records in a row are evidence.
const CHAIN: usize = 8;
/// Evidence lies within so many bytes: a chain of the largest ordinary packets does. Fuzz targets have short inputs.
pub const LOOK: usize = if cfg!(fuzzing) { 1 << 10 } else { CHAIN * (ORDINARY_PACKET_LEN + MAX_RECORD_HEADER) };
/// Read at a time, beside those.
const STRIDE: usize = LOOK;
/// Read at first: most gaps are short.
const LEAST_READ: usize = LOOK / 32;
/// So many are if the last one ends where the source ends.
const CHAIN_TO_END: usize = 4;
/// No record header is longer.
const MAX_RECORD_HEADER: usize = 32;
/// Packets of every link type may have so many bytes.
pub const ORDINARY_PACKET_LEN: usize = 262_144;
/// A time this far from that of the records before the fault is near.
const NEAR_SECONDS: u64 = 86_400;
/// A source with more gaps is read up to the next one.
pub const MOST_GAPS: usize = 10_000;

/// Times of the last packets; those without bytes do not count, since runs of zeros look like them.
#[derive(Clone, Debug, Default)]
pub struct Recent {
    nanoseconds: [i64; Self::MOST],
    count: usize,
}

impl Recent {
    const MOST: usize = 16;

    #[inline(always)]
    pub fn note(&mut self, record: &Record) {
        if !record.data.is_empty() {
            self.push(record.timestamp);
        }
    }

    #[inline(always)]
    fn push(&mut self, nanoseconds: i64) {
        self.nanoseconds[self.count % Self::MOST] = nanoseconds;
        self.count += 1;
    }

    /// Whether what was before can not be among the last any more.
    pub fn is_full(&self) -> bool {
        self.count >= Self::MOST
    }

    fn iter(&self) -> impl Iterator<Item = i64> {
        (self.count.saturating_sub(Self::MOST)..self.count).map(|number| self.nanoseconds[number % Self::MOST])
    }

    /// The last ones, `self` being later than `earlier`.
    #[must_use]
    pub fn after(&self, earlier: &Self) -> Self {
        let mut both = Self::default();
        earlier.iter().chain(self.iter()).for_each(|nanoseconds| both.push(nanoseconds));
        both
    }

    /// In seconds; packets without a time have 0, which is none.
    pub fn seconds(&self) -> Vec<i64> {
        self.iter().filter(|&time| time != 0).map(|time| time.div_euclid(1_000_000_000)).collect()
    }
}

/// What is known at an offset where records may begin.
#[derive(Clone, Copy, Debug)]
pub struct Clues<'a> {
    /// The bytes from there on, [`LOOK`] at most.
    pub bytes: &'a [u8],
    /// Whether the source ends with them.
    pub ends: bool,
    /// When the last packets before the fault were captured. Some may be none: a fault is not always noticed at once.
    pub seconds: &'a [i64],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Records begin here.
    Records,
    Nothing,
    /// More bytes would tell.
    Unknown,
}

impl Clues<'_> {
    /// Evidence of records of which no more is known than that they are plausible.
    pub fn chain(&self, plausible: impl Fn(usize) -> Option<Plausible>) -> Verdict {
        let mut times = Times::new(self.seconds);
        let mut at = 0;
        for length in 1..=CHAIN {
            if at + MAX_RECORD_HEADER > self.bytes.len() && !self.ends {
                return Verdict::Unknown;
            }
            let Some(record) = plausible(at) else { return Verdict::Nothing };
            if !times.fit(record.seconds.into()) {
                return Verdict::Nothing;
            }
            at = record.next;
            if at > self.bytes.len() || (at == self.bytes.len() && length < CHAIN) {
                return self.at_end(at, length >= CHAIN_TO_END);
            }
        }
        Verdict::Records
    }

    /// What a chain tells that has come to `at`, where the bytes have ended.
    pub fn at_end(&self, at: usize, is_long: bool) -> Verdict {
        match (self.ends, at == self.bytes.len() && is_long) {
            (false, _) => Verdict::Unknown,
            (true, true) => Verdict::Records,
            (true, false) => Verdict::Nothing,
        }
    }
}

/// The times of a chain: the first is near that of a packet before the fault, and so are at least three of four.
pub struct Times<'a> {
    before: &'a [i64],
    around: Option<i64>,
    near: usize,
    count: usize,
}

impl<'a> Times<'a> {
    /// Near one of `before`, or, where nothing was before, near the first of them.
    pub fn new(before: &'a [i64]) -> Self {
        Self { before, around: None, near: 0, count: 0 }
    }

    /// Whether the chain may have a record of this time next.
    pub fn fit(&mut self, seconds: i64) -> bool {
        let is_near = |around: &i64| seconds.abs_diff(*around) <= NEAR_SECONDS;
        let around = self.around.or_else(|| self.before.iter().copied().find(is_near));
        let around = around.or(self.before.is_empty().then_some(seconds));
        self.around = around;
        self.near += usize::from(around.is_some_and(|around| is_near(&around)));
        self.count += 1;
        self.near * 4 >= self.count * 3
    }
}

/// What looking for records in some bytes gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    At(usize),
    /// Nowhere before this place, where more bytes would tell.
    NotBefore(usize),
}

/// Looks for records in `bytes` from `from` on; `ended` says that the source ends with them.
pub fn look<F: Framing>(framing: &F, bytes: &[u8], from: usize, ended: bool, seconds: &[i64]) -> Found {
    for at in from..bytes.len() {
        let rest = &bytes[at..bytes.len().min(at + LOOK)];
        let is_all = rest.len() == LOOK;
        match framing.evidence(&Clues { bytes: rest, ends: ended && !is_all, seconds }) {
            Verdict::Records => return Found::At(at),
            Verdict::Unknown if !is_all && !ended => return Found::NotBefore(at),
            Verdict::Unknown | Verdict::Nothing => {}
        }
    }
    Found::NotBefore(bytes.len())
}

/// Looks for records in a source at one fault after the other, without reading the same bytes at each.
#[derive(Debug, Default)]
pub struct Search {
    buffer: Vec<u8>,
    /// The bytes that were read last: where they begin, how many there are, and how many were asked for.
    start: u64,
    length: usize,
    asked: usize,
}

impl Search {
    /// The first offset from `from` on where records begin; None if there is none, or once `stopped` says so.
    pub fn next<F: Framing>(
        &mut self,
        source: &Source,
        from: u64,
        framing: &F,
        seconds: &[i64],
        stopped: &dyn Fn() -> bool,
    ) -> Result<Option<u64>> {
        let mut offset = from;
        if !(self.start..self.start + self.length as u64).contains(&offset) {
            self.load(source, offset, LEAST_READ)?;
        }
        while !stopped() {
            let ended = self.length < self.asked;
            match look(framing, self.bytes(source, offset), 0, ended, seconds) {
                Found::At(at) => return Ok(Some(offset + at as u64)),
                Found::NotBefore(_) if ended => return Ok(None),
                Found::NotBefore(at) => offset += at as u64,
            }
            self.load(source, offset, (self.asked * 4).min(STRIDE + LOOK))?;
        }
        Ok(None)
    }

    fn load(&mut self, source: &Source, offset: u64, length: usize) -> Result<()> {
        (self.start, self.asked) = (offset, length);
        self.length = source.fetch(offset, 0, length, &mut self.buffer)?;
        Ok(())
    }

    fn bytes<'a>(&'a self, source: &'a Source, offset: u64) -> &'a [u8] {
        &source.fetched(self.start, self.length, &self.buffer)[(offset - self.start) as usize..]
    }
}
