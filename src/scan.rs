//! Streams become frames of columns, a batch at a time and in bounded memory, or all in one.
//!
//! One thread reads and decompresses ([`crate::capture::stream`]); this one walks the records and cuts segments of whole ones,
//! which [`crate::read`] parses on all cores as it parses a file.

use std::time::Duration;

use arrow_buffer::Buffer;

use crate::capture::format::with_format;
use crate::capture::stream::Stream;
use crate::capture::walk::{AnyWalk, Limits, Patience, Segment, Walk};
use crate::capture::{Framing, Index, Source};
use crate::columns::Frame;
use crate::columns::store;
use crate::error::{Fault, Result};
use crate::read::{About, Dictionaries, Monitor, Options, Part, Unwatched, join, read_records};

/// Parsed at a time: enough for all threads, little enough that a few of them are no burden.
const SEGMENT: usize = 6 << 20;

/// How large a batch is.
#[derive(Clone, Copy, Debug)]
pub struct BatchSize {
    pub packets: usize,
    /// A batch that has packets is handed out after this time, full or not.
    pub patience: Option<Duration>,
}

/// A stream whose format is known.
pub struct Scan {
    stream: Stream,
    walk: AnyWalk,
    options: Options,
    /// Bytes of the input, if that is known: for the progress.
    total: u64,
    first_row: u64,
}

impl Scan {
    /// Waits for the first bytes.
    pub fn new(mut stream: Stream, options: Options, total: u64, monitor: &mut dyn Monitor) -> Result<Self> {
        let walk = AnyWalk::begin(&mut stream, &mut |taken| monitor.progress(taken, total))?;
        Ok(Self { stream, walk, options, total, first_row: 0 })
    }

    /// The next batch; None when there are no more packets, or none yet.
    pub fn next(&mut self, size: BatchSize, monitor: &mut dyn Monitor) -> Result<Option<Frame>> {
        let batch = self.gather(Batch::default(), size, monitor)?;
        let first = self.first_row;
        self.first_row += batch.rows as u64;
        let Batch { pieces, rows, dictionaries } = batch;
        Ok((rows > 0).then(|| join(pieces, rows, dictionaries, &self.options, first)))
    }

    /// All that is left, as columns that share `dictionaries` with others.
    pub fn rest(&mut self, dictionaries: Dictionaries, monitor: &mut dyn Monitor) -> Result<Part> {
        let everything = BatchSize { packets: usize::MAX, patience: None };
        let Batch { pieces, rows, dictionaries } =
            self.gather(Batch { dictionaries, ..Batch::default() }, everything, monitor)?;
        let buffers = store::join(pieces, self.options.plan.filled.len());
        Ok(Part { rows, buffers, dictionaries })
    }

    fn gather(&mut self, batch: Batch, size: BatchSize, monitor: &mut dyn Monitor) -> Result<Batch> {
        let Self { stream, walk, options, total, .. } = self;
        with_format!(AnyWalk, walk, walk => gather(batch, walk, stream, options, *total, size, monitor))
    }

    /// Whether a batch may follow: not after the last one, or a fault.
    pub fn ended(&self) -> bool {
        self.walk.ended()
    }

    pub fn fault(&self) -> Option<&Fault> {
        self.walk.fault()
    }

    pub fn about(&self) -> About {
        let (format, interfaces) = self.walk.describe();
        About {
            format: format + &self.stream.describe(),
            interfaces,
            index: Index::None,
            fault: self.fault().cloned(),
            bytes: self.walk.offset(),
            wrong_guesses: 0,
        }
    }
}

/// The columns of a batch, in pieces.
#[derive(Default)]
struct Batch {
    pieces: Vec<Vec<Buffer>>,
    rows: usize,
    dictionaries: Dictionaries,
}

fn gather<F: Framing>(
    mut batch: Batch,
    walk: &mut Walk<F>,
    stream: &mut Stream,
    options: &Options,
    total: u64,
    size: BatchSize,
    monitor: &mut dyn Monitor,
) -> Result<Batch> {
    let mut patience = Patience { time: size.patience, since: None };
    while batch.rows < size.packets && !walk.ended {
        let limits = Limits { bytes: SEGMENT, records: size.packets - batch.rows };
        let segment = walk.segment(stream, limits, &mut patience, &mut |taken| monitor.progress(taken, total))?;
        let Some(segment) = segment else { break };
        parse(segment, options, &mut batch)?;
        patience.note(batch.rows);
        if patience.is_over() {
            break;
        }
    }
    Ok(batch)
}

fn parse<F: Framing>(segment: Segment<F>, options: &Options, batch: &mut Batch) -> Result<()> {
    let source = Source::Memory(Box::new(segment.bytes));
    let dictionaries = std::mem::take(&mut batch.dictionaries);
    let done = read_records(&source, options, 0, segment.framing, dictionaries, &mut Unwatched)?;
    batch.rows += done.rows;
    batch.dictionaries = done.dictionaries;
    batch.pieces.push(done.buffers);
    Ok(())
}
