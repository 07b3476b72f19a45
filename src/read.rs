//! The pipeline: a source becomes rows, on all cores, with the result of a single one: [`columns`] or, without these, [`flows`].
//!
//! Workers claim chunks in order. For each, a worker guesses where the first record begins, parses from there into rows of its own
//! and hands them in. Whoever hands in the chunk whose turn it is settles it and those behind it that are there already, one after
//! the other: it compares the guess with where the chunk before really ended, and in which state of the format; on a difference
//! it parses again from the truth; then the chunk has its row numbers. Its rows go to the sink when the next one may settle. So nobody
//! waits for a slower neighbour, and the outcome can not depend on guesses, threads or chunk sizes.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rayon::ThreadPool;

use crate::capture::index::{Anchor, Chunks, Index};
use crate::capture::pcapng::Interface;
use crate::capture::resync::{MOST_GAPS, Recent, Search};
use crate::capture::split::{End, Stopped, Window};
use crate::capture::{Framing, Record, Source};
use crate::columns::scratch::{Numbering, Plan, Rows, Scratch};
use crate::error::{Error, Fault, Gap, Result};
use crate::parallel;
use crate::wire::{self, Context, Depth};

mod columns;
mod flows;

pub use columns::{Dictionaries, Part, Reading, join, read, read_part, read_records};
pub use flows::Flows;

/// Large enough that a wait costs nothing, small enough that a chunk's columns stay in the cache.
pub const CHUNK: u64 = 1 << 20;
/// Below this one thread does it all.
const PARALLEL_FROM: u64 = 4 << 20;
/// How often the caller is asked whether to go on.
const POLL: Duration = Duration::from_millis(20);
/// So many chunks for each thread may wait for their turn, so that scratch columns stay few.
const MOST_WAITING: usize = 2;

#[derive(Clone, Debug)]
pub struct Options {
    pub plan: Plan,
    pub context: Context,
    /// Which of several sources this is.
    pub numbering: Numbering,
    pub threads: usize,
    pub chunk: u64,
    /// Whether records are looked for behind a fault.
    pub resync: bool,
}

impl Options {
    pub fn new(plan: Plan) -> Self {
        let context = Context::new(plan.depth);
        Self { plan, context, numbering: Numbering::default(), threads: parallel::default_threads(), chunk: CHUNK, resync: true }
    }
}

/// Told of progress now and then, by the thread that called [`read`]; an error ends the reading.
pub trait Monitor {
    fn progress(&mut self, done: u64, total: u64) -> Result<()>;
}

/// Nobody watches.
pub struct Unwatched;

impl Monitor for Unwatched {
    fn progress(&mut self, _done: u64, _total: u64) -> Result<()> {
        Ok(())
    }
}

/// What a source has to tell beside its packets.
pub struct About {
    pub format: String,
    pub interfaces: Vec<Interface>,
    pub index: Index,
    /// Where reading has ended before the source did.
    pub fault: Option<Fault>,
    /// What was passed over on the way.
    pub gaps: Vec<Gap>,
    pub packets: u64,
    /// Bytes of the source, decompressed.
    pub bytes: u64,
    /// Chunks whose guess did not hold.
    pub wrong_guesses: u64,
}

/// What takes the rows of a source, chunk by chunk.
pub trait Sink: Sync {
    type Rows: Rows;

    /// After so many chunks it wants a pause.
    fn chunks(&self) -> u64 {
        WHOLE
    }

    /// What is to keep the rows of a chunk.
    fn rows(&self) -> Self::Rows;

    /// Looks at the rows of the chunk whose turn it is, before which there are `first`: one chunk at a time, in their order.
    fn meet(&self, first: usize, scratch: &mut Scratch<Self::Rows>) -> Result<()>;

    /// Takes the rows of the chunk with this number, which it has met, while others are read and taken. Leaves the scratch empty.
    ///
    /// # Safety
    /// No two calls may be given overlapping ranges of rows.
    unsafe fn keep(&self, number: u64, first: usize, scratch: &mut Scratch<Self::Rows>);

    /// All rows of `done` of the `total` bytes have been taken, and nothing is read meanwhile. Runs on the reading threads.
    fn pause(&self, done: u64, total: u64) -> Result<()>;

    /// Reading has failed: rows that it has met may not come.
    fn abandon(&self);
}

/// No pause but the one at the end.
const WHOLE: u64 = u64::MAX;

/// Reads the records of `source` from `first` on, which begin in the state `framing`.
fn read_into<F: Framing, S: Sink>(
    source: &Source,
    options: &Options,
    first: u64,
    framing: F,
    sink: &S,
    monitor: &mut dyn Monitor,
) -> Result<Committed<F, S::Rows>> {
    Reader::new(source, options, first, framing, sink).run(monitor)
}

struct Reader<'a, F: Framing, S: Sink> {
    source: &'a Source,
    options: &'a Options,
    first: u64,
    sink: &'a S,
    claimed: AtomicU64,
    done: AtomicU64,
    stop: AtomicBool,
    committed: Mutex<Committed<F, S::Rows>>,
    /// Told when chunks have been settled, if somebody is held up.
    settled: Condvar,
}

/// All that is certain so far.
struct Committed<F: Framing, R> {
    /// The chunk whose turn it is.
    next: u64,
    /// Where its first record begins.
    offset: u64,
    framing: F,
    rows: usize,
    anchors: Vec<Anchor<F::Mark>>,
    fault: Option<Fault>,
    gaps: Vec<Gap>,
    /// Times of the last packets up to the last fault, and how many anchors there were then.
    recent: (Recent, usize),
    search: Search,
    error: Option<Error>,
    wrong_guesses: u64,
    /// Chunks handed in before their turn, by number.
    waiting: BTreeMap<u64, Chunk<F, R>>,
    /// Workers that may not go on before some of those are settled.
    held_up: usize,
    spare: Vec<Scratch<R>>,
}

/// A chunk that was parsed, if there was a guess to begin from.
struct Chunk<F, R> {
    start: u64,
    end: u64,
    parsed: Option<Parsed<F>>,
    scratch: Scratch<R>,
}

/// A chunk that is certain, whose rows are to be kept.
struct Placed<R> {
    number: u64,
    first: usize,
    scratch: Scratch<R>,
}

/// A chunk parsed from a guess, or from the truth.
struct Parsed<F> {
    from: u64,
    before: F,
    after: F,
    end: End,
}

impl<'a, F: Framing, S: Sink> Reader<'a, F, S> {
    fn new(source: &'a Source, options: &'a Options, first: u64, framing: F, sink: &'a S) -> Self {
        Self {
            source,
            options,
            first,
            sink,
            claimed: AtomicU64::new(0),
            done: AtomicU64::new(0),
            stop: AtomicBool::new(false),
            committed: Mutex::new(Committed {
                next: 0,
                offset: first,
                framing,
                rows: 0,
                anchors: Vec::new(),
                fault: None,
                gaps: Vec::new(),
                recent: (Recent::default(), 0),
                search: Search::default(),
                error: None,
                wrong_guesses: 0,
                waiting: BTreeMap::new(),
                held_up: 0,
                spare: Vec::new(),
            }),
            settled: Condvar::new(),
        }
    }

    fn run(self, monitor: &mut dyn Monitor) -> Result<Committed<F, S::Rows>> {
        let total = self.source.len();
        let Options { threads, chunk, .. } = *self.options;
        let chunks = total.saturating_sub(self.first).div_ceil(chunk);
        let few = total < PARALLEL_FROM && (threads == 1 || chunk >= CHUNK);
        if few && self.sink.chunks() == WHOLE {
            self.work(chunks);
            self.pause(total)?;
        } else {
            self.work_in_parallel(if few { 1 } else { threads }, chunks, monitor)?;
        }
        let mut committed = self.committed.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(error) = committed.error.take() {
            return Err(error);
        }
        monitor.progress(total, total)?;
        Ok(committed)
    }

    /// Works on threads of its own, with the sink's pauses.
    fn work_in_parallel(&self, threads: usize, chunks: u64, monitor: &mut dyn Monitor) -> Result<()> {
        let pool = parallel::pool(threads)?;
        let mut first = 0_u64;
        loop {
            let end = first.saturating_add(self.sink.chunks()).min(chunks);
            self.claimed.store(first, Ordering::Relaxed);
            self.work_until(end, threads, &pool, monitor);
            pool.install(|| self.pause(self.first + end * self.options.chunk))?;
            if end == chunks || self.stopped() {
                return Ok(());
            }
            first = end;
        }
    }

    /// Runs the workers up to the chunk `end` while this thread, which the caller may want to interrupt, watches.
    fn work_until(&self, end: u64, threads: usize, pool: &ThreadPool, monitor: &mut dyn Monitor) {
        let total = self.source.len();
        pool.in_place_scope(|scope| {
            let (finished, all_finished) = mpsc::channel::<()>();
            for _ in 0..threads {
                let finished = finished.clone();
                scope.spawn(move |_| {
                    self.work(end);
                    drop(finished);
                });
            }
            drop(finished);
            // Disconnected when the last worker has dropped its end, by return or by panic.
            while all_finished.recv_timeout(POLL) == Err(RecvTimeoutError::Timeout) {
                if let Err(error) = monitor.progress(self.done.load(Ordering::Relaxed), total) {
                    self.fail(error);
                    break;
                }
            }
        });
    }

    fn pause(&self, done: u64) -> Result<()> {
        let failed = self.lock().error.is_some();
        if failed { Ok(()) } else { self.sink.pause(done.min(self.source.len()), self.source.len()) }
    }

    /// Ends the reading for all threads.
    fn fail(&self, error: Error) {
        self.stop.store(true, Ordering::Relaxed);
        self.lock().error.get_or_insert(error);
        self.settled.notify_all();
        self.sink.abandon();
    }

    fn lock(&self) -> MutexGuard<'_, Committed<F, S::Rows>> {
        self.committed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Works on chunks before `until`, as long as there are any.
    fn work(&self, until: u64) {
        let alarm = Alarm(self);
        let mut window = Window::new(self.source);
        loop {
            let number = self.claimed.fetch_add(1, Ordering::Relaxed);
            if number >= until || self.stopped() {
                break;
            }
            let start = self.first + number * self.options.chunk;
            let end = (start + self.options.chunk).min(self.source.len());
            let outcome = self.guess(number, start, end, &mut window).and_then(|chunk| self.hand_in(number, chunk, &mut window));
            if let Err(error) = outcome {
                self.fail(error);
                break;
            }
            self.done.fetch_add(end - start, Ordering::Relaxed);
        }
        std::mem::forget(alarm);
    }

    /// Parses a chunk from where its first record seems to begin.
    fn guess(&self, number: u64, start: u64, end: u64, window: &mut Window) -> Result<Chunk<F, S::Rows>> {
        let (framing, spare) = {
            let mut committed = self.lock();
            (committed.framing.clone(), committed.spare.pop())
        };
        let mut scratch = spare.unwrap_or_else(|| Scratch::with(self.sink.rows(), self.options.numbering));
        window.load(start, end)?;
        let from = if number == 0 { Some(start) } else { window.guess(&framing, end) };
        let parsed = match from {
            Some(from) => Some(self.parse(from, end, framing, window, &mut scratch)?),
            None => None,
        };
        Ok(Chunk { start, end, parsed, scratch })
    }

    /// Takes a chunk, and settles all whose turn has come.
    fn hand_in(&self, number: u64, chunk: Chunk<F, S::Rows>, window: &mut Window) -> Result<()> {
        let mut committed = self.lock();
        while committed.next != number && committed.waiting.len() >= MOST_WAITING * self.options.threads && !self.stopped() {
            committed.held_up += 1;
            committed = self.settled.wait(committed).unwrap_or_else(PoisonError::into_inner);
            committed.held_up -= 1;
        }
        committed.waiting.insert(number, chunk);
        let mut placed = Vec::new();
        while !self.stopped()
            && let Some(chunk) = committed.take_next()
        {
            placed.push(self.settle(&mut committed, chunk, window)?);
        }
        let held_up = committed.held_up > 0;
        drop(committed);
        if held_up {
            self.settled.notify_all();
        }
        for Placed { number, first, mut scratch } in placed {
            // SAFETY: row numbers are handed out under the lock, each once.
            unsafe { self.sink.keep(number, first, &mut scratch) };
            self.lock().spare.push(scratch);
        }
        Ok(())
    }

    /// Makes a chunk certain, that before it being so: verifies the guess, or parses again.
    fn settle(
        &self,
        committed: &mut Committed<F, S::Rows>,
        chunk: Chunk<F, S::Rows>,
        window: &mut Window,
    ) -> Result<Placed<S::Rows>> {
        let Chunk { start, end, parsed, mut scratch } = chunk;
        let mut parsed = match parsed {
            Some(parsed) if parsed.from == committed.offset && parsed.before.same_state(&committed.framing) => parsed,
            _ => {
                committed.wrong_guesses += u64::from(committed.offset < end);
                scratch.clear();
                window.load(start, end)?;
                self.parse(committed.offset, end, committed.framing.clone(), window, &mut scratch)?
            }
        };
        let base = committed.rows;
        while let Some(stopped) = committed.add(parsed, base + scratch.rows())
            && self.resume(committed, &stopped, window)?
        {
            let from = committed.offset;
            window.reach(from.min(end), end)?;
            parsed = self.parse(from, end, committed.framing.clone(), window, &mut scratch)?;
        }
        let number = committed.next;
        committed.next += 1;
        self.sink.meet(base, &mut scratch)?;
        Ok(Placed { number, first: base, scratch })
    }

    fn parse(&self, from: u64, end: u64, framing: F, window: &mut Window, scratch: &mut Scratch<S::Rows>) -> Result<Parsed<F>> {
        parse(from, end, framing, &self.options.context, window, scratch)
    }

    /// Goes on where there are records again behind a fault; false if there are none, which ends the reading.
    fn resume(&self, committed: &mut Committed<F, S::Rows>, stopped: &Stopped, window: &mut Window) -> Result<bool> {
        let offset = committed.offset;
        let fault = Fault { offset, reason: reason(stopped), packets: committed.rows as u64 };
        let mut next = None;
        if self.options.resync && F::RESUMES && committed.gaps.len() < MOST_GAPS {
            committed.recent = (committed.recent(window)?, committed.anchors.len());
            let seconds = committed.recent.0.seconds();
            let Committed { search, framing, .. } = committed;
            next = search.next(self.source, offset + 1, framing, &seconds, &|| self.stopped())?;
        }
        if let Some(next) = next {
            committed.gaps.push(Gap { fault, length: next - offset });
            committed.offset = next;
        } else {
            committed.fault = Some(fault);
            self.stop.store(true, Ordering::Relaxed);
        }
        Ok(next.is_some())
    }
}

impl<F: Framing, R> Committed<F, R> {
    /// The chunk whose turn it is, if it has been handed in.
    fn take_next(&mut self) -> Option<Chunk<F, R>> {
        self.waiting.remove(&self.next)
    }

    /// Adds what was parsed, up to which there are `rows` rows. Returns why it ended, if not at the end of its chunk.
    fn add(&mut self, parsed: Parsed<F>, rows: usize) -> Option<Stopped> {
        if rows > self.rows {
            self.anchors.push(Anchor {
                row: self.rows as u64,
                offset: parsed.from,
                end: parsed.end.offset,
                mark: parsed.before.mark(),
            });
        }
        self.offset = parsed.end.offset;
        self.framing = parsed.after;
        self.rows = rows;
        parsed.end.stopped
    }

    /// Times of the last packets: nobody has noted them, so the records are walked once more, those since the last fault at most.
    fn recent(&self, window: &mut Window) -> Result<Recent> {
        let (earlier, known) = &self.recent;
        let mut recent = Recent::default();
        for anchor in self.anchors[*known..].iter().rev() {
            if recent.is_full() {
                return Ok(recent);
            }
            let mut part = Recent::default();
            let mut framing = self.framing.back_to(&anchor.mark);
            window.reach(anchor.offset, anchor.end)?;
            window.walk(&mut framing, anchor.offset, anchor.end, |_, record| part.note(&record))?;
            recent = recent.after(&part);
        }
        Ok(recent.after(earlier))
    }
}

impl<F: Framing, R> Committed<F, R> {
    /// What there is to tell of a source of so many bytes.
    fn about(self, bytes: u64) -> About
    where
        Index: From<Chunks<F>>,
    {
        let (format, interfaces) = self.framing.describe();
        About {
            format,
            interfaces,
            index: Chunks { anchors: self.anchors, framing: self.framing }.into(),
            fault: self.fault,
            gaps: self.gaps,
            packets: self.rows as u64,
            bytes,
            wrong_guesses: self.wrong_guesses,
        }
    }
}

/// Parses the records that begin in `from..end`. The same code for whatever keeps the rows: it is large.
fn parse<F: Framing>(
    from: u64,
    end: u64,
    framing: F,
    context: &Context,
    window: &mut Window,
    scratch: &mut Scratch<dyn Rows + '_>,
) -> Result<Parsed<F>> {
    let before = framing.clone();
    let mut after = framing;
    let end = if from >= end {
        End { offset: from, stopped: None }
    } else {
        match context.depth {
            Depth::Record => window.walk(&mut after, from, end, |_, record| fill_record(scratch.push(), &record))?,
            _ => window.walk(&mut after, from, end, |_, record| fill(scratch.push_cleared(), &record, context))?,
        }
    };
    scratch.flush();
    Ok(Parsed { from, before, after, end })
}

/// Decodes a record into its row, which must be cleared.
#[inline(always)]
fn fill(packet: &mut wire::Packet, record: &Record, context: &Context) {
    fill_record(packet, record);
    wire::decode(record.link_type, record.data, record.length, context, packet);
}

/// The fields that the record itself tells.
#[inline(always)]
fn fill_record(packet: &mut wire::Packet, record: &Record) {
    packet.timestamp = record.timestamp;
    packet.length = record.length;
    packet.captured_length = record.data.len() as u32;
    packet.interface = u16::try_from(record.interface).unwrap_or(u16::MAX);
    packet.link_type = record.link_type;
}

fn reason(stopped: &Stopped) -> String {
    match stopped {
        Stopped::Cut { have, need } => format!("the file ends inside a record: {have} of its {need} bytes are there"),
        Stopped::Corrupt(reason) => reason.clone(),
    }
}

/// Wakes the others if a worker dies of a panic, so that none waits for ever.
struct Alarm<'a, 'b, F: Framing, S: Sink>(&'b Reader<'a, F, S>);

impl<F: Framing, S: Sink> Drop for Alarm<'_, '_, F, S> {
    fn drop(&mut self) {
        self.0.fail(Error::Memory("a worker thread failed; this is a mistake in pcapframe, please report it".into()));
    }
}
