//! Streams become frames of columns or flows, a batch at a time and in bounded memory, or all in one; or their packets are written.
//!
//! One thread reads and decompresses ahead ([`crate::capture::stream`]); this one walks the records and cuts segments of whole ones,
//! which [`crate::read`] parses on all cores as it parses a file. Several streams are merged before ([`crate::capture::merge`]).

use std::time::Duration;

use arrow_buffer::Buffer;

use crate::capture::format::with_format;
use crate::capture::index::Packet;
use crate::capture::merge::Merge;
use crate::capture::pcapng::Interface;
use crate::capture::walk::{AnyWalk, Limits, Opened, Patience, Segment};
use crate::capture::{Framing, Index, Record, Source};
use crate::columns::Frame;
use crate::columns::store;
use crate::columns::table::place;
use crate::error::{Fault, Gap, Result};
use crate::memory::Room;
use crate::read::{About, Dictionaries, Flows, Monitor, Options, Part, Unwatched, join, read_records};

/// Parsed at a time: enough for all threads, little enough that a few of them are no burden.
const SEGMENT: usize = 6 << 20;

/// How large a batch is.
#[derive(Clone, Copy, Debug)]
pub struct BatchSize {
    pub packets: usize,
    /// A batch that has packets is handed out after this time, full or not.
    pub patience: Option<Duration>,
}

impl BatchSize {
    pub const EVERYTHING: Self = Self { packets: usize::MAX, patience: None };
}

/// Streams whose formats are known.
pub struct Scan {
    records: Records,
    options: Options,
    /// Bytes of the input, if that is known: for the progress.
    total: u64,
    first_row: u64,
}

enum Records {
    Of(Box<Opened>),
    Merged(Merge),
}

/// Evaluates an expression with the next segment, whatever its format; false if there is none.
macro_rules! with_segment {
    ($records:expr, ($limits:expr, $patience:expr, $wait:expr), $segment:ident => $result:expr) => {
        match $records {
            Records::Of(one) => {
                let Opened { stream, walk } = &mut **one;
                with_format!(AnyWalk, walk, walk => match walk.segment(stream, $limits, $patience, $wait)? {
                    Some($segment) => { $result; true }
                    None => false,
                })
            }
            Records::Merged(merge) => match merge.segment($limits, $patience, $wait)? {
                Some($segment) => { $result; true }
                None => false,
            },
        }
    };
}

impl Scan {
    /// Of one stream, or of several, whose records are to come in the order of their times.
    pub fn new(mut opened: Vec<Opened>, mut options: Options, total: u64) -> Self {
        // Threads that decompress are among those that were asked for: one more than there are cores would delay them, and all.
        let decompressing = opened.iter().filter(|one| one.stream.is_decompressed()).count();
        options.threads = options.threads.saturating_sub(decompressing).max(1);
        let records = match opened.pop() {
            Some(only) if opened.is_empty() => Records::Of(Box::new(only)),
            last => Records::Merged(Merge::new(opened.into_iter().chain(last))),
        };
        Self { records, options, total, first_row: 0 }
    }

    /// The next batch; None when there are no more packets, or none yet.
    pub fn next(&mut self, size: BatchSize, monitor: &mut dyn Monitor) -> Result<Option<Frame>> {
        let mut batch = Batch::default();
        self.fill(&mut batch, size, monitor)?;
        let first = self.first_row;
        self.first_row += batch.rows as u64;
        let Batch { pieces, rows, dictionaries } = batch;
        (rows > 0).then(|| join(pieces, rows, dictionaries, &self.options, first)).transpose()
    }

    /// All that is left, as columns that share `dictionaries` with others.
    pub fn rest(&mut self, dictionaries: Dictionaries, monitor: &mut dyn Monitor) -> Result<Part> {
        let mut batch = Batch { dictionaries, ..Batch::default() };
        self.fill(&mut batch, BatchSize::EVERYTHING, monitor)?;
        let Batch { pieces, rows, dictionaries } = batch;
        let buffers = store::join(pieces, &self.options.plan.filled)?;
        Ok(Part { rows, buffers, dictionaries })
    }

    /// Gives the packets of the next batch to `flows`; none if there are no more, or none yet.
    pub fn flows(&mut self, flows: &mut Flows, size: BatchSize, monitor: &mut dyn Monitor) -> Result<usize> {
        let mut counted = Counted { flows, rows: 0 };
        self.fill(&mut counted, size, monitor)?;
        Ok(counted.rows)
    }

    fn fill(&mut self, target: &mut impl Target, size: BatchSize, monitor: &mut dyn Monitor) -> Result<()> {
        let Self { records, options, total, .. } = self;
        let mut patience = Patience { time: size.patience, since: None };
        let room = Room::default();
        while target.rows() < size.packets {
            let limits = Limits { bytes: SEGMENT, records: size.packets - target.rows() };
            let wait = &mut |taken| monitor.progress(taken, *total);
            let found = with_segment!(records, (limits, &mut patience, wait), segment => target.take(segment, options, &room)?);
            patience.note(target.rows());
            if !found || patience.is_over() {
                break;
            }
        }
        Ok(())
    }

    /// Hands all packets that are left to `each`.
    pub fn packets(&mut self, each: &mut dyn FnMut(&Packet) -> Result<()>, monitor: &mut dyn Monitor) -> Result<()> {
        let Self { records, total, .. } = self;
        let limits = Limits { bytes: SEGMENT, records: usize::MAX };
        loop {
            let wait = &mut |taken| monitor.progress(taken, *total);
            if !with_segment!(records, (limits, &mut Patience::default(), wait), segment => hand_over(segment, each)?) {
                return Ok(());
            }
        }
    }

    /// Whether a batch may follow: not after the last one, or a fault.
    pub fn ended(&self) -> bool {
        match &self.records {
            Records::Of(one) => one.walk.ended(),
            Records::Merged(merge) => merge.ended(),
        }
    }

    /// Where each stream broke off, if it did, and what of it was passed over so far.
    pub fn damage(&self) -> impl Iterator<Item = (Option<&Fault>, &[Gap])> {
        self.streams().map(|one| (one.walk.fault(), one.walk.gaps()))
    }

    /// What is known of each stream so far, and the interfaces of all.
    pub fn about(&self) -> (Vec<About>, Vec<Interface>) {
        let about = |one: &Opened| About {
            format: one.describe().0,
            interfaces: Vec::new(),
            index: Index::None,
            fault: one.walk.fault().cloned(),
            gaps: one.walk.gaps().to_vec(),
            packets: one.walk.packets(),
            bytes: one.walk.offset(),
            wrong_guesses: 0,
        };
        (self.streams().map(about).collect(), self.interfaces())
    }

    /// The interfaces that were described so far.
    pub fn interfaces(&self) -> Vec<Interface> {
        match &self.records {
            Records::Of(one) => one.describe().1,
            Records::Merged(merge) => merge.interfaces().to_vec(),
        }
    }

    fn streams(&self) -> impl Iterator<Item = &Opened> {
        let (one, merge) = match &self.records {
            Records::Of(one) => (Some(&**one), None),
            Records::Merged(merge) => (None, Some(merge)),
        };
        one.into_iter().chain(merge.into_iter().flat_map(Merge::streams))
    }
}

/// The columns of a batch, in pieces.
#[derive(Default)]
struct Batch {
    pieces: Vec<Vec<Buffer>>,
    rows: usize,
    dictionaries: Dictionaries,
}

/// What takes segments.
trait Target {
    /// Rows taken so far.
    fn rows(&self) -> usize;

    fn take<F: Framing>(&mut self, segment: Segment<F>, options: &Options, room: &Room) -> Result<()>;
}

impl Target for Batch {
    fn rows(&self) -> usize {
        self.rows
    }

    fn take<F: Framing>(&mut self, segment: Segment<F>, options: &Options, room: &Room) -> Result<()> {
        let Segment { bytes, framing, files, .. } = segment;
        let source = Source::Memory(Box::new(bytes));
        let dictionaries = std::mem::take(&mut self.dictionaries);
        let mut done = read_records(&source, options, 0, framing, dictionaries, &mut Unwatched)?;
        let column = options.plan.filled.iter().position(|&column| column == place("file"));
        if let (Some(files), Some(column)) = (files, column) {
            done.buffers[column] = Buffer::from(files);
        }
        self.rows += done.rows;
        self.dictionaries = done.dictionaries;
        self.pieces.push(done.buffers);
        // One column at a time is there twice while pieces are joined.
        room.check(self.rows as u64, store::row_width(&options.plan.filled) + store::MOST_WIDTH, true)
    }
}

/// Flows, and how many packets of the batch they have.
struct Counted<'a> {
    flows: &'a mut Flows,
    rows: usize,
}

impl Target for Counted<'_> {
    fn rows(&self) -> usize {
        self.rows
    }

    fn take<F: Framing>(&mut self, segment: Segment<F>, options: &Options, _room: &Room) -> Result<()> {
        let Segment { bytes, framing, .. } = segment;
        self.rows += self.flows.read_records(&Source::Memory(Box::new(bytes)), options, framing, &mut Unwatched)?;
        Ok(())
    }
}

/// Hands a segment's packets to `write`.
fn hand_over<F: Framing>(segment: Segment<F>, write: &mut dyn FnMut(&Packet) -> Result<()>) -> Result<()> {
    let mut outcome = Ok(());
    segment.each(&mut |record| {
        let Record { timestamp, length, link_type, data, .. } = record;
        if outcome.is_ok() {
            outcome = write(&Packet { timestamp, length, link_type, data });
        }
    });
    outcome
}
