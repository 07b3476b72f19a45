//! Packets of a stream that can be read again, but only from its beginning: a compressed file's.

use super::format::with_format;
use super::record::{Framing, Record};
use super::stream::Stream;
use super::walk::{AnyWalk, Limits, Patience, Walk};
use crate::error::{Error, Result};

type Open = Box<dyn Fn() -> Result<Stream> + Send>;

/// Little enough to be kept, enough that packets in order are cheap.
const LIMITS: Limits = Limits { bytes: 1 << 20, records: 4096 };

pub struct Replay {
    open: Open,
    at: Option<Place>,
}

/// A stream, and the row of the packet that comes next.
struct Place {
    stream: Stream,
    walk: AnyWalk,
    row: u64,
}

impl Replay {
    pub fn new(open: Open) -> Self {
        Self { open, at: None }
    }

    /// Hands the records of the segment that has `row` to `each`. Returns the row of the first.
    pub fn load(&mut self, row: u64, each: &mut dyn FnMut(Record)) -> Result<u64> {
        if self.at.as_ref().is_none_or(|at| at.row > row) {
            let mut stream = (self.open)()?;
            let walk = AnyWalk::begin(&mut stream, true, &mut |_| Ok(()))?;
            self.at = Some(Place { stream, walk, row: 0 });
        }
        let at = self.at.as_mut().expect("it was just set");
        let Place { stream, walk, row: next } = at;
        let found = with_format!(AnyWalk, walk, walk => find(walk, stream, next, row, each)?);
        found.ok_or(Error::PacketGone { row })
    }
}

fn find<F: Framing>(
    walk: &mut Walk<F>,
    stream: &mut Stream,
    next: &mut u64,
    row: u64,
    each: &mut dyn FnMut(Record),
) -> Result<Option<u64>> {
    while let Some(segment) = walk.segment(stream, LIMITS, &mut Patience::default(), &mut |_| Ok(()))? {
        let first = *next;
        *next += segment.records as u64;
        if row < *next {
            segment.each(each);
            return Ok(Some(first));
        }
    }
    Ok(None)
}
