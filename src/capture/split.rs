//! How one source is framed in pieces: guess where records begin in a chunk, and walk from there.
//!
//! A guess is only ever a guess. Whoever uses one verifies that the walk of the chunk before ended exactly on it, in the same
//! state; see [`crate::read`].

use super::record::{Framing, Record, Step};
use super::source::Source;
use crate::error::Result;

/// Read beyond a chunk's end, so that the record across it is there at once.
const SLACK: usize = 16 << 10;
/// No record header is longer.
const MAX_RECORD_HEADER: usize = 32;
/// So many plausible records in a row make a guess.
const CHAIN: usize = 16;
/// So many are enough if the next is beyond what has been read.
const LEAST_CHAIN: usize = 4;
/// Records of a chain are mostly this close in time; merged captures jump now and then.
const NEAR_SECONDS: u32 = 3600;

/// Where a walk ended, and why if not at the end of its chunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// Offset in the source of the first byte that was not consumed.
    pub offset: u64,
    pub stopped: Option<Stopped>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// The source ends inside a record: so many of its bytes are there, so many it needs.
    Cut { have: u64, need: u64 },
    /// What is there can not be a record.
    Corrupt(String),
}

/// The bytes of a chunk, and more when a record needs more.
pub struct Window<'s> {
    source: &'s Source,
    buffer: Vec<u8>,
    start: u64,
    length: usize,
}

impl<'s> Window<'s> {
    pub fn new(source: &'s Source) -> Self {
        Self { source, buffer: Vec::new(), start: 0, length: 0 }
    }

    /// Moves to the chunk `start..end`.
    pub fn load(&mut self, start: u64, end: u64) -> Result<()> {
        (self.start, self.length) = (start, 0);
        self.extend((end - start) as usize + SLACK)?;
        Ok(())
    }

    /// The same, unless that chunk is at hand already.
    pub fn reach(&mut self, start: u64, end: u64) -> Result<()> {
        let is_here = self.start <= start && end <= self.start + self.length as u64;
        if is_here { Ok(()) } else { self.load(start, end) }
    }

    /// Makes `length` bytes from the window's start available; false if the source ends before.
    fn extend(&mut self, length: usize) -> Result<bool> {
        self.length = self.source.fetch(self.start, self.length, length, &mut self.buffer)?;
        Ok(self.length >= length)
    }

    fn bytes(&self) -> &[u8] {
        self.source.fetched(self.start, self.length, &self.buffer)
    }

    /// Whether the window reaches the end of the source as it was when opened.
    fn at_end(&self) -> bool {
        self.start + self.length as u64 >= self.source.len()
    }

    /// The first offset before `end` from which plausible records follow one another.
    pub fn guess<F: Framing>(&self, framing: &F, end: u64) -> Option<u64> {
        let bytes = self.bytes();
        let first = (self.start as usize).next_multiple_of(F::ALIGNMENT) - self.start as usize;
        let last = ((end - self.start) as usize).min(bytes.len());
        (first..last).step_by(F::ALIGNMENT).find(|&at| self.chain(framing, bytes, at)).map(|at| self.start + at as u64)
    }

    /// Whether plausible records follow one another from `at` on, most of them close in time to the one before: constant
    /// bytes in equal packets can look like lengths, but then other fields stand where the times should be.
    fn chain<F: Framing>(&self, framing: &F, bytes: &[u8], mut at: usize) -> bool {
        let at_end = |at: usize| self.at_end() && at == bytes.len();
        let (mut last, mut near) = (None, 0);
        for length in 1..=CHAIN {
            let Some(record) = framing.plausible(bytes, at) else { return false };
            near += usize::from(last.is_none_or(|last| record.seconds.abs_diff(last) <= NEAR_SECONDS));
            last = Some(record.seconds);
            at = record.next;
            if near * 4 < length * 3 {
                return false;
            }
            if at + MAX_RECORD_HEADER > bytes.len() {
                return at_end(at) || (length >= LEAST_CHAIN && !self.at_end());
            }
        }
        true
    }

    /// Walks the records that begin in `from..end`, handing each to `each`, which says whether to go on.
    pub fn walk<F: Framing>(&mut self, framing: &mut F, from: u64, end: u64, mut each: impl FnMut(u64, Record)) -> Result<End> {
        let base = self.start;
        let mut at = (from - base) as usize;
        let limit = (end - base) as usize;
        loop {
            let need = {
                let bytes = self.bytes();
                loop {
                    if at >= limit {
                        return Ok(End { offset: base + at as u64, stopped: None });
                    }
                    match framing.step(bytes, at) {
                        Step::Record(record, next) => {
                            each(base + at as u64, record);
                            at = next;
                        }
                        Step::Skip(next) => at = next,
                        Step::More(need) => break need,
                        Step::Corrupt(reason) => {
                            return Ok(End { offset: base + at as u64, stopped: Some(Stopped::Corrupt(reason)) });
                        }
                    }
                }
            };
            if !self.extend(at + need)? {
                return Ok(self.cut(at, need));
            }
        }
    }

    /// The source ends before the record at `at` does.
    fn cut(&self, at: usize, need: usize) -> End {
        let have = self.length.saturating_sub(at) as u64;
        let offset = self.start + at as u64;
        // A file that has shrunk to the end of a record is cut all the same.
        let stopped = (offset < self.source.len()).then_some(Stopped::Cut { have, need: need as u64 });
        End { offset, stopped }
    }
}
