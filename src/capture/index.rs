//! Where the records of a source are, so that single packets can be read again.

use std::sync::Arc;

use super::foreign::Foreign;
use super::format::with_format;
use super::pcap::Pcap;
use super::pcapng::Pcapng;
use super::record::{Framing, Record};
use super::replay::Replay;
use super::source::Source;
use super::split::Window;
use super::stream::Stream;
use crate::error::{Error, Result};

/// The chunks of a source.
#[derive(Clone, Debug)]
pub enum Index {
    Pcap(Chunks<Pcap>),
    Pcapng(Chunks<Pcapng>),
    Foreign(Chunks<Foreign>),
    /// A stream's records have no place that one could go back to.
    None,
}

impl From<Chunks<Pcap>> for Index {
    fn from(chunks: Chunks<Pcap>) -> Self {
        Self::Pcap(chunks)
    }
}

impl From<Chunks<Pcapng>> for Index {
    fn from(chunks: Chunks<Pcapng>) -> Self {
        Self::Pcapng(chunks)
    }
}

impl From<Chunks<Foreign>> for Index {
    fn from(chunks: Chunks<Foreign>) -> Self {
        Self::Foreign(chunks)
    }
}

/// An anchor for each chunk, and the format's state at the end.
#[derive(Clone, Debug)]
pub struct Chunks<F: Framing> {
    pub anchors: Vec<Anchor<F::Mark>>,
    pub framing: F,
}

/// A chunk's first row, where it begins and ends, and the format's state there.
#[derive(Clone, Debug)]
pub struct Anchor<M> {
    pub row: u64,
    pub offset: u64,
    pub end: u64,
    pub mark: M,
}

/// A packet read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    pub timestamp: i64,
    pub length: u32,
    pub link_type: u16,
    pub data: &'a [u8],
}

/// Reads packets by row. What was read last is kept, so rows in ascending order cost one read of the source.
pub struct Packets {
    place: Place,
    first_row: u64,
    loaded: Vec<Entry>,
    bytes: Vec<u8>,
}

enum Place {
    Indexed(Arc<Source>, Arc<Index>),
    /// Read from the beginning again, as far as the row that is wanted.
    Streamed(Box<Replay>),
}

struct Entry {
    timestamp: i64,
    length: u32,
    link_type: u16,
    start: usize,
    captured: usize,
}

impl Packets {
    pub fn new(source: Arc<Source>, index: Arc<Index>) -> Self {
        Self::at(Place::Indexed(source, index))
    }

    /// Packets of a stream that `open` begins anew.
    pub fn of_stream(open: impl Fn() -> Result<Stream> + Send + 'static) -> Self {
        Self::at(Place::Streamed(Box::new(Replay::new(Box::new(open)))))
    }

    fn at(place: Place) -> Self {
        Self { place, first_row: 0, loaded: Vec::new(), bytes: Vec::new() }
    }

    pub fn get(&mut self, row: u64) -> Result<Packet<'_>> {
        if row < self.first_row || row >= self.first_row + self.loaded.len() as u64 {
            self.load(row)?;
        }
        let entry = &self.loaded[(row - self.first_row) as usize];
        let data = &self.bytes[entry.start..entry.start + entry.captured];
        Ok(Packet { timestamp: entry.timestamp, length: entry.length, link_type: entry.link_type, data })
    }

    fn load(&mut self, row: u64) -> Result<()> {
        match &mut self.place {
            Place::Indexed(source, index) => {
                let (source, index) = (Arc::clone(source), Arc::clone(index));
                with_format!(
                    Index, &*index,
                    chunks => self.load_chunk(row, &source, chunks),
                    Index::None => Err(Error::PacketGone { row })
                )
            }
            Place::Streamed(replay) => {
                let (loaded, bytes) = (&mut self.loaded, &mut self.bytes);
                loaded.clear();
                bytes.clear();
                self.first_row = replay.load(row, &mut |record| loaded.push(Entry::keep(&record, bytes)))?;
                Ok(())
            }
        }
    }

    fn load_chunk<F: Framing>(&mut self, row: u64, source: &Source, chunks: &Chunks<F>) -> Result<()> {
        let anchors = &chunks.anchors;
        let after = anchors.partition_point(|anchor| anchor.row <= row);
        let anchor = after.checked_sub(1).map(|i| &anchors[i]).ok_or(Error::PacketGone { row })?;
        // Before the walk: should it fail half-way, what is loaded still has its own numbers.
        self.first_row = anchor.row;
        let (loaded, bytes) = (&mut self.loaded, &mut self.bytes);
        loaded.clear();
        bytes.clear();
        let mut window = Window::new(source);
        window.load(anchor.offset, anchor.end)?;
        let mut framing = chunks.framing.back_to(&anchor.mark);
        window.walk(&mut framing, anchor.offset, anchor.end, |_, record| loaded.push(Entry::keep(&record, bytes)))?;
        if row < self.first_row + self.loaded.len() as u64 { Ok(()) } else { Err(Error::PacketGone { row }) }
    }
}

impl Entry {
    fn keep(record: &Record, bytes: &mut Vec<u8>) -> Self {
        let start = bytes.len();
        bytes.extend_from_slice(record.data);
        Self {
            timestamp: record.timestamp,
            length: record.length,
            link_type: record.link_type,
            start,
            captured: record.data.len(),
        }
    }
}
