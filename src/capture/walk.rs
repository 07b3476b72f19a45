//! Records of a stream, in order: where they are is known only by walking.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::foreign::Foreign;
use super::format::{Format, START_LEN, with_format};
use super::pcap::Pcap;
use super::pcapng::{Interface, Pcapng};
use super::record::{Framing, Record, Step};
use super::resync::{self, Found, LOOK, MOST_GAPS, Recent};
use super::source::Source;
use super::stream::{Next, POLL, Stream};
use crate::error::{Error, Fault, Gap, Result};

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
            Next::Bytes(bytes) => stream.move_to(&mut start, bytes),
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
    /// Waits for the first bytes, which tell the format. `resync` says whether records are looked for behind a fault.
    pub fn begin(stream: &mut Stream, resync: bool, wait: &mut Wait) -> Result<Self> {
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
            Format::Pcap(framing) => Self::Pcap(Walk::new(framing, start, first, resync)),
            Format::Pcapng(framing) => Self::Pcapng(Walk::new(framing, start, first, resync)),
            Format::Foreign(framing) => Self::Foreign(Walk::new(framing, start, first, resync)),
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

    /// What was passed over so far.
    pub fn gaps(&self) -> &[Gap] {
        with_format!(Self, self, walk => &walk.gaps)
    }

    /// Bytes of the stream that have been walked.
    pub fn offset(&self) -> u64 {
        with_format!(Self, self, walk => walk.offset + walk.begin as u64)
    }

    /// Packets so far.
    pub fn packets(&self) -> u64 {
        with_format!(Self, self, walk => walk.packets)
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
    /// Waits for the first bytes. `resync` says whether records are looked for behind a fault.
    pub fn begin(mut stream: Stream, resync: bool, wait: &mut Wait) -> Result<Self> {
        let walk = AnyWalk::begin(&mut stream, resync, wait)?;
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
    /// Bytes at the beginning of the buffer that are done with.
    begin: usize,
    packets: u64,
    recent: Recent,
    resync: bool,
    lost: Option<Lost>,
    gaps: Vec<Gap>,
    fault: Option<Fault>,
    pub ended: bool,
}

/// A fault behind which records are looked for.
struct Lost {
    fault: Fault,
    /// Bytes from the beginning on where none begin.
    searched: usize,
}

impl<F: Framing> Walk<F> {
    /// `start` are the bytes that were looked at already; the first record begins at `first`.
    fn new(framing: F, start: Vec<u8>, first: usize, resync: bool) -> Self {
        Self {
            framing,
            buffer: start,
            offset: 0,
            begin: first,
            packets: 0,
            recent: Recent::default(),
            resync: resync && F::RESUMES,
            lost: None,
            gaps: Vec::new(),
            fault: None,
            ended: false,
        }
    }

    /// The next records, up to the limits; none at the end, or when patience is over. `wait` is called while nothing comes.
    pub fn segment(
        &mut self,
        stream: &mut Stream,
        limits: Limits,
        patience: &mut Patience,
        wait: &mut Wait,
    ) -> Result<Option<Segment<F>>> {
        loop {
            if self.lost.is_some() && !self.find(stream, patience, wait)? {
                return Ok(None);
            }
            let segment = self.walk(stream, limits, patience, wait)?;
            if segment.is_some() || self.lost.is_none() {
                return Ok(segment);
            }
        }
    }

    /// The records up to the limits, the end or a fault.
    fn walk(
        &mut self,
        stream: &mut Stream,
        limits: Limits,
        patience: &mut Patience,
        wait: &mut Wait,
    ) -> Result<Option<Segment<F>>> {
        let framing = self.framing.clone();
        let (mut at, mut records) = (self.begin, 0);
        let limit = at.saturating_add(limits.bytes);
        while self.lost.is_none() && !self.ended && at < limit && records < limits.records {
            match self.framing.step(&self.buffer, at) {
                Step::Record(record, next) => {
                    self.recent.note(&record);
                    at = next;
                    records += 1;
                }
                Step::Skip(next) => at = next,
                Step::More(need) => match self.more(at, need, records, stream, patience, wait)? {
                    More::Read => {}
                    More::Late => break,
                    More::Ended(None) => self.ended = true,
                    More::Ended(Some(reason)) => self.lose(at, records, reason),
                },
                Step::Corrupt(reason) => self.lose(at, records, reason),
            }
        }
        if at == self.begin {
            return Ok(None);
        }
        let bytes = self.take(at);
        self.packets += records as u64;
        Ok(Some(Segment { bytes, framing, records, files: None }))
    }

    /// The bytes up to `end`. Whichever is shorter is copied, they or the rest, which may be long where gaps are many.
    fn take(&mut self, end: usize) -> Vec<u8> {
        if end - self.begin < self.buffer.len() - end {
            let bytes = self.buffer[self.begin..end].to_vec();
            self.pass(end);
            return bytes;
        }
        let rest = self.buffer.split_off(end);
        let mut bytes = std::mem::replace(&mut self.buffer, rest);
        bytes.drain(..self.begin);
        self.offset += end as u64;
        self.begin = 0;
        bytes
    }

    /// Is done with the bytes up to `end`.
    fn pass(&mut self, end: usize) {
        self.begin = end;
        if end > self.buffer.len() / 2 {
            self.buffer.drain(..end);
            self.offset += end as u64;
            self.begin = 0;
        }
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
                Next::Bytes(bytes) => stream.move_to(&mut self.buffer, bytes),
                Next::End(reason) => {
                    let have = self.buffer.len() - at;
                    let cut = (have > 0).then(|| format!("the file ends inside a record: {have} of its {need} bytes are there"));
                    stream.end_again(reason.clone());
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

    /// Notes a fault, which ends the reading unless records are found behind it.
    fn lose(&mut self, at: usize, records: usize, reason: String) {
        let fault = Fault { offset: self.offset + at as u64, reason, packets: self.packets + records as u64 };
        if self.resync && self.gaps.len() < MOST_GAPS {
            // No record begins at the fault itself.
            self.lost = Some(Lost { fault, searched: 1 });
        } else {
            self.ended = true;
            self.fault = Some(fault);
        }
    }

    /// Looks for records behind a fault. False if there are none, or none yet when patience is over.
    fn find(&mut self, stream: &mut Stream, patience: &mut Patience, wait: &mut Wait) -> Result<bool> {
        let seconds = self.recent.seconds();
        let mut ended = false;
        while let Some(lost) = &mut self.lost {
            match resync::look(&self.framing, &self.buffer[self.begin..], lost.searched, ended, &seconds) {
                Found::At(at) => {
                    let fault = self.lost.take().expect("it is there").fault;
                    let length = self.offset + (self.begin + at) as u64 - fault.offset;
                    self.gaps.push(Gap { fault, length });
                    self.pass(self.begin + at);
                    return Ok(true);
                }
                Found::NotBefore(_) if ended => {
                    self.fault = self.lost.take().map(|lost| lost.fault);
                    self.ended = true;
                    return Ok(false);
                }
                Found::NotBefore(at) => lost.searched = lost.searched.max(at),
            }
            if lost.searched > LOOK {
                let searched = std::mem::take(&mut lost.searched);
                self.pass(self.begin + searched);
            }
            match stream.next(POLL)? {
                Next::Bytes(bytes) => stream.move_to(&mut self.buffer, bytes),
                Next::End(reason) => {
                    stream.end_again(reason);
                    ended = true;
                }
                Next::Nothing => {}
            }
            wait(stream.taken())?;
            if patience.is_over() {
                break;
            }
        }
        Ok(false)
    }
}

enum More {
    Read,
    /// Patience is over.
    Late,
    /// The stream has ended, with a reason if that is not where a record ends.
    Ended(Option<String>),
}
