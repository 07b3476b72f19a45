//! Records of a stream, in order: where they are is known only by walking.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::foreign::Foreign;
use super::format::{Format, START_LEN, with_format};
use super::pcap::Pcap;
use super::pcapng::{Interface, Pcapng};
use super::record::{Framing, Record, Step};
use super::source::Source;
use super::stream::{Next, POLL, Stream};
use crate::error::{Error, Fault, Result};

/// Whole records that follow one another, and the state of the format in front of the first.
pub struct Segment<F> {
    pub bytes: Vec<u8>,
    pub framing: F,
    pub records: usize,
    /// Which file each record is of, where those of several are mixed.
    pub files: Option<Vec<u32>>,
}

impl<F: Framing> Segment<F> {
    /// Hands the records to `each`, and gives the bytes back.
    pub fn each(self, each: &mut dyn FnMut(Record)) -> Vec<u8> {
        let Self { bytes, mut framing, .. } = self;
        let mut at = 0;
        loop {
            match framing.step(&bytes, at) {
                Step::Record(record, next) => {
                    each(record);
                    at = next;
                }
                Step::Skip(next) => at = next,
                Step::More(_) | Step::Corrupt(_) => return bytes,
            }
        }
    }
}

/// When a segment is handed out.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub bytes: usize,
    pub records: usize,
}

/// Called while a stream is read, with the bytes taken from its input so far; an error ends the reading.
pub type Wait<'a> = dyn FnMut(u64) -> Result<()> + 'a;

/// How long whoever has records waits for more of them, in one segment or several.
#[derive(Debug, Default)]
pub struct Patience {
    pub time: Option<Duration>,
    /// Since when there are records.
    pub since: Option<Instant>,
}

impl Patience {
    /// Notes whether there are records by now.
    pub fn note(&mut self, records: usize) {
        if records > 0 && self.time.is_some() {
            self.since.get_or_insert_with(Instant::now);
        }
    }

    pub fn is_over(&self) -> bool {
        matches!((self.time, self.since), (Some(time), Some(since)) if since.elapsed() >= time)
    }
}

/// The first bytes of a stream, enough to tell its format by.
fn start_of(stream: &mut Stream, wait: &mut Wait) -> Result<Vec<u8>> {
    let mut start = Vec::new();
    while start.len() < START_LEN {
        match stream.next(POLL)? {
            Next::Bytes(bytes) => {
                start.extend_from_slice(&bytes);
                stream.done_with(bytes);
            }
            // A pipe may hold back what follows the file header until there is a packet.
            Next::Nothing if Format::from_start(&start).is_ok() => break,
            Next::Nothing => {}
            Next::End(Some(reason)) if start.is_empty() => return Err(Error::NotACapture(reason)),
            Next::End(reason) => {
                stream.end_again(reason);
                break;
            }
        }
        wait(stream.taken())?;
    }
    Ok(start)
}

struct Shared(Arc<Vec<u8>>);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// A place in a stream of any format.
pub enum AnyWalk {
    Pcap(Walk<Pcap>),
    Pcapng(Walk<Pcapng>),
    Foreign(Walk<Foreign>),
}

impl AnyWalk {
    /// Waits for the first bytes, which tell the format.
    pub fn begin(stream: &mut Stream, wait: &mut Wait) -> Result<Self> {
        let mut start = start_of(stream, wait)?;
        let mut format = Format::from_start(&start)?;
        if format.needs_end() {
            let (all, reason) = stream.rest(start, wait)?;
            stream.end_again(reason);
            let all = Arc::new(all);
            format = Format::detect(&Source::Memory(Box::new(Shared(Arc::clone(&all)))))?;
            start = Arc::unwrap_or_clone(all);
        }
        let first = format.first_offset() as usize;
        Ok(match format {
            Format::Pcap(framing) => Self::Pcap(Walk::new(framing, start, first)),
            Format::Pcapng(framing) => Self::Pcapng(Walk::new(framing, start, first)),
            Format::Foreign(framing) => Self::Foreign(Walk::new(framing, start, first)),
        })
    }

    /// Whether there are no more records: at the end of the stream, or at a fault.
    pub fn ended(&self) -> bool {
        with_format!(Self, self, walk => walk.ended)
    }

    /// Where and why the stream breaks off, if it has.
    pub fn fault(&self) -> Option<&Fault> {
        with_format!(Self, self, walk => walk.fault.as_ref())
    }

    /// Bytes of the stream that have been walked.
    pub fn offset(&self) -> u64 {
        with_format!(Self, self, walk => walk.offset)
    }

    /// The format, and the interfaces described so far.
    pub fn describe(&self) -> (String, Vec<Interface>) {
        with_format!(Self, self, walk => walk.framing.describe())
    }
}

/// A stream whose format is known, and a place in it.
pub struct Opened {
    pub stream: Stream,
    pub walk: AnyWalk,
}

impl Opened {
    /// Waits for the first bytes.
    pub fn begin(mut stream: Stream, wait: &mut Wait) -> Result<Self> {
        let walk = AnyWalk::begin(&mut stream, wait)?;
        Ok(Self { stream, walk })
    }

    /// The format and the interfaces described so far.
    pub fn describe(&self) -> (String, Vec<Interface>) {
        let (format, interfaces) = self.walk.describe();
        (format + &self.stream.describe(), interfaces)
    }
}

/// A place in a stream.
pub struct Walk<F> {
    framing: F,
    buffer: Vec<u8>,
    /// Offset of the buffer's first byte in the stream.
    offset: u64,
    packets: u64,
    fault: Option<Fault>,
    pub ended: bool,
}

impl<F: Framing> Walk<F> {
    /// `start` are the bytes that were looked at already; the first record begins at `first`.
    fn new(framing: F, mut start: Vec<u8>, first: usize) -> Self {
        start.drain(..first);
        Self { framing, buffer: start, offset: first as u64, packets: 0, fault: None, ended: false }
    }

    /// The next records, up to the limits; none at the end, or when patience is over. `wait` is called while nothing comes.
    pub fn segment(
        &mut self,
        stream: &mut Stream,
        limits: Limits,
        patience: &mut Patience,
        wait: &mut Wait,
    ) -> Result<Option<Segment<F>>> {
        let framing = self.framing.clone();
        let (mut at, mut records) = (0, 0);
        while !self.ended && at < limits.bytes && records < limits.records {
            match self.framing.step(&self.buffer, at) {
                Step::Record(_, next) => {
                    at = next;
                    records += 1;
                }
                Step::Skip(next) => at = next,
                Step::More(need) => match self.more(at, need, records, stream, patience, wait)? {
                    More::Read => {}
                    More::Late => break,
                    More::Ended(reason) => self.end(at, records, reason),
                },
                Step::Corrupt(reason) => self.end(at, records, Some(reason)),
            }
        }
        if at == 0 {
            return Ok(None);
        }
        let rest = self.buffer.split_off(at);
        let bytes = std::mem::replace(&mut self.buffer, rest);
        self.offset += at as u64;
        self.packets += records as u64;
        Ok(Some(Segment { bytes, framing, records, files: None }))
    }

    fn more(
        &mut self,
        at: usize,
        need: usize,
        records: usize,
        stream: &mut Stream,
        patience: &mut Patience,
        wait: &mut Wait,
    ) -> Result<More> {
        while self.buffer.len() < at + need {
            match stream.next(POLL)? {
                Next::Bytes(bytes) => {
                    self.buffer.extend_from_slice(&bytes);
                    stream.done_with(bytes);
                }
                Next::End(reason) => {
                    let have = self.buffer.len() - at;
                    let cut = (have > 0).then(|| format!("the file ends inside a record: {have} of its {need} bytes are there"));
                    return Ok(More::Ended(reason.or(cut)));
                }
                Next::Nothing => {}
            }
            wait(stream.taken())?;
            patience.note(records);
            if patience.is_over() {
                return Ok(More::Late);
            }
        }
        Ok(More::Read)
    }

    fn end(&mut self, at: usize, records: usize, reason: Option<String>) {
        self.ended = true;
        self.fault =
            reason.map(|reason| Fault { offset: self.offset + at as u64, reason, packets: self.packets + records as u64 });
    }
}

enum More {
    Read,
    /// Patience is over.
    Late,
    Ended(Option<String>),
}
