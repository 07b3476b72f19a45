//! Records of several streams as one, in the order of their times.
//!
//! Of each stream some records wait in a queue in order of time, so that one which stands a little late in its stream still comes
//! when it is due; of the queues' first records the earliest is next. Where no record stands further behind than a queue reaches,
//! the order is that of a stable sort of all records, stream after stream.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use super::format::with_format;
use super::merged::{self, Merged};
use super::pcapng::Interface;
use super::record::{Framing, Record};
use super::stream::Stream;
use super::walk::{AnyWalk, Limits, Opened, Patience, Segment, Wait, Walk};
use crate::error::Result;

/// So many records of each stream are in its queue before one is taken from it,
pub const AHEAD: usize = 1024;
/// or so many captured bytes, which is enough of records that are large.
pub const AHEAD_BYTES: usize = 1 << 20;
/// Read from a stream at a time.
const LIMITS: Limits = Limits { bytes: 256 << 10, records: 1024 };

pub struct Merge {
    lanes: Vec<Lane>,
    /// Time and number of each lane's first record, of lanes that are full or have ended.
    heads: BinaryHeap<Reverse<(i64, usize)>>,
    /// Lanes of which something has to be read before any record is taken; the last one first.
    hungry: Vec<usize>,
    /// Of all lanes, in their order; those that are described only later come last.
    interfaces: Vec<Interface>,
}

/// One stream.
struct Lane {
    of: Opened,
    /// In order of time.
    queue: VecDeque<Entry>,
    queued_bytes: usize,
    /// What the entries' bytes are in, by number, and how many entries each still has.
    pages: VecDeque<Page>,
    first_page: u64,
    /// Number among all interfaces of each of its own.
    interfaces: Vec<u32>,
}

struct Page {
    bytes: Vec<u8>,
    left: usize,
}

/// A record, and where its bytes are.
struct Entry {
    timestamp: i64,
    length: u32,
    interface: u32,
    link_type: u16,
    page: u64,
    start: usize,
    captured: usize,
}

impl Merge {
    pub fn new(streams: impl IntoIterator<Item = Opened>) -> Self {
        let lanes: Vec<Lane> = streams.into_iter().map(Lane::new).collect();
        let hungry = (0..lanes.len()).rev().collect();
        Self { lanes, heads: BinaryHeap::new(), hungry, interfaces: Vec::new() }
    }

    /// The next records, up to the limits; none at the end, or when patience is over.
    pub fn segment(&mut self, limits: Limits, patience: &mut Patience, wait: &mut Wait) -> Result<Option<Segment<Merged>>> {
        let (mut bytes, mut files) = (Vec::new(), Vec::new());
        while bytes.len() < limits.bytes && files.len() < limits.records && self.feed(patience, wait)? {
            let Some(Reverse((_, number))) = self.heads.pop() else { break };
            let lane = &mut self.lanes[number];
            if lane.has_undescribed() {
                lane.describe(&mut self.interfaces);
            }
            lane.give(&mut bytes);
            files.push(number as u32);
            self.hungry.push(number);
        }
        let records = files.len();
        Ok((records > 0).then_some(Segment { bytes, framing: Merged, records, files: Some(files) }))
    }

    /// Fills the queues; false when patience was over before that.
    fn feed(&mut self, patience: &mut Patience, wait: &mut Wait) -> Result<bool> {
        let first = self.interfaces.is_empty();
        while let Some(&number) = self.hungry.last() {
            if !self.lanes[number].is_full() {
                let others = self.taken() - self.lanes[number].of.stream.taken();
                let wait: &mut Wait = &mut |taken| wait(others + taken);
                if !self.lanes[number].fill(patience, wait)? {
                    return Ok(false);
                }
            }
            self.hungry.pop();
            let head = self.lanes[number].queue.front();
            self.heads.extend(head.map(|entry| Reverse((entry.timestamp, number))));
        }
        if first {
            let interfaces = &mut self.interfaces;
            self.lanes.iter_mut().for_each(|lane| lane.describe(interfaces));
        }
        Ok(true)
    }

    /// Bytes taken from the inputs so far.
    pub fn taken(&self) -> u64 {
        self.lanes.iter().map(|lane| lane.of.stream.taken()).sum()
    }

    /// Whether there are no more records.
    pub fn ended(&self) -> bool {
        self.lanes.iter().all(|lane| lane.queue.is_empty() && lane.of.walk.ended())
    }

    pub fn streams(&self) -> impl Iterator<Item = &Opened> {
        self.lanes.iter().map(|lane| &lane.of)
    }

    /// The interfaces of all streams, by their numbers.
    pub fn interfaces(&self) -> &[Interface] {
        &self.interfaces
    }
}

impl Lane {
    fn new(of: Opened) -> Self {
        Self { of, queue: VecDeque::new(), queued_bytes: 0, pages: VecDeque::new(), first_page: 0, interfaces: Vec::new() }
    }

    fn is_full(&self) -> bool {
        self.queue.len() > AHEAD || self.queued_bytes >= AHEAD_BYTES
    }

    /// Reads until it is full or the stream has ended; false when patience is over.
    fn fill(&mut self, patience: &mut Patience, wait: &mut Wait) -> Result<bool> {
        while !self.is_full() && !self.of.walk.ended() {
            let Opened { stream, walk } = &mut self.of;
            let read = with_format!(AnyWalk, walk, walk => entries(walk, stream, patience, wait)?);
            match read {
                Some((bytes, entries)) => self.keep(bytes, entries),
                None if self.of.walk.ended() => break,
                None => return Ok(false),
            }
        }
        Ok(true)
    }

    fn keep(&mut self, bytes: Vec<u8>, entries: Vec<Entry>) {
        if entries.is_empty() {
            return;
        }
        let page = self.first_page + self.pages.len() as u64;
        self.pages.push_back(Page { bytes, left: entries.len() });
        for entry in entries {
            self.queued_bytes += entry.captured;
            let in_order = self.queue.back().is_none_or(|last| last.timestamp <= entry.timestamp);
            let end = self.queue.len();
            let place = if in_order { end } else { self.queue.partition_point(|before| before.timestamp <= entry.timestamp) };
            self.queue.insert(place, Entry { page, ..entry });
        }
    }

    /// Whether the first record's interface has no number yet.
    fn has_undescribed(&self) -> bool {
        self.queue.front().is_some_and(|entry| entry.interface as usize >= self.interfaces.len())
    }

    /// Gives numbers to the interfaces that have none yet.
    fn describe(&mut self, all: &mut Vec<Interface>) {
        for interface in self.of.describe().1.drain(self.interfaces.len()..) {
            self.interfaces.push(all.len() as u32);
            all.push(interface);
        }
    }

    /// Appends the first record, which must be there.
    fn give(&mut self, to: &mut Vec<u8>) {
        let entry = self.queue.pop_front().expect("a lane among the heads has a first record");
        self.queued_bytes -= entry.captured;
        let page = &mut self.pages[(entry.page - self.first_page) as usize];
        let Entry { timestamp, length, link_type, .. } = entry;
        let interface = self.interfaces.get(entry.interface as usize).copied().unwrap_or(u32::MAX);
        let data = &page.bytes[entry.start..entry.start + entry.captured];
        merged::append(&Record { timestamp, length, interface, link_type, data }, to);
        page.left -= 1;
        while self.pages.front().is_some_and(|page| page.left == 0) {
            self.pages.pop_front();
            self.first_page += 1;
        }
    }
}

/// The next bytes of a stream, and the records in them; their page is not known yet.
fn entries<F: Framing>(
    walk: &mut Walk<F>,
    stream: &mut Stream,
    patience: &mut Patience,
    wait: &mut Wait,
) -> Result<Option<(Vec<u8>, Vec<Entry>)>> {
    let Some(segment) = walk.segment(stream, LIMITS, patience, wait)? else { return Ok(None) };
    let mut entries = Vec::with_capacity(segment.records);
    let (base, end) = (segment.bytes.as_ptr() as usize, segment.bytes.len());
    let bytes = segment.each(&mut |record| {
        let Record { timestamp, length, interface, link_type, data } = record;
        let start = (data.as_ptr() as usize).wrapping_sub(base).min(end - data.len());
        entries.push(Entry { timestamp, length, interface, link_type, page: 0, start, captured: data.len() });
    });
    Ok(Some((bytes, entries)))
}
