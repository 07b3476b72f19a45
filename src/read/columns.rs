//! Rows become columns of one frame.

use std::sync::{Mutex, PoisonError};

use arrow_buffer::Buffer;

use super::{About, Monitor, Options, Sink, read_into};
use crate::capture::estimate;
use crate::capture::format::with_format;
use crate::capture::{Format, Framing, Source};
use crate::columns::Frame;
use crate::columns::dictionary::Dictionary;
use crate::columns::frame::Selection;
use crate::columns::scratch::{Filled, Plan, Scratch};
use crate::columns::store::{self, Store};
use crate::error::Result;
use crate::memory::Room;

/// All that reading a source gives.
pub struct Reading {
    pub frame: Frame,
    pub about: About,
}

/// Reads all of `source`.
pub fn read(source: &Source, options: &Options, monitor: &mut dyn Monitor) -> Result<Reading> {
    let (part, about) = read_part(source, options, Dictionaries::default(), monitor)?;
    Ok(Reading { frame: join(vec![part.buffers], part.rows, part.dictionaries, options, 0)?, about })
}

/// Reads all of `source`, which is one of several whose columns share the dictionaries.
pub fn read_part(
    source: &Source,
    options: &Options,
    dictionaries: Dictionaries,
    monitor: &mut dyn Monitor,
) -> Result<(Part, About)> {
    let format = Format::detect(source)?;
    let first = format.first_offset();
    with_format!(Format, format, framing => {
        check_size(source, options, first, &framing)?;
        let columns = Columns::new(source, options, &framing, dictionaries);
        let committed = read_into(source, options, first, framing, &columns, monitor)?;
        Ok((columns.finish(committed.rows)?, committed.about(source.len())))
    })
}

/// Reads the records of `source` from `first` on, which begin in the state `framing`.
pub fn read_records<F: Framing>(
    source: &Source,
    options: &Options,
    first: u64,
    framing: F,
    dictionaries: Dictionaries,
    monitor: &mut dyn Monitor,
) -> Result<Part> {
    let columns = Columns::new(source, options, &framing, dictionaries);
    let committed = read_into(source, options, first, framing, &columns, monitor)?;
    columns.finish(committed.rows)
}

/// Refuses a source whose columns would not fit in memory, before it is read.
fn check_size<F: Framing>(source: &Source, options: &Options, first: u64, framing: &F) -> Result<()> {
    let (room, width) = (Room::default(), store::row_width(&options.plan.filled));
    if room.is_ample(source.len() / F::MIN_RECORD, width) {
        return Ok(());
    }
    estimate::packets(source, first, framing)?.map_or(Ok(()), |packets| room.check(packets, width, false))
}

/// One frame of columns in pieces, whose first row is the source's `first`.
pub fn join(pieces: Vec<Vec<Buffer>>, rows: usize, dictionaries: Dictionaries, options: &Options, first: u64) -> Result<Frame> {
    let Plan { filled, visible, .. } = options.plan.clone();
    let buffers = store::join(pieces, &filled)?;
    let columns = filled.into_iter().zip(buffers).collect();
    let (ipv6, macs) = dictionaries.into_values();
    Ok(Frame::new(rows, columns, visible, ipv6, macs, Selection::From(first)))
}

/// Addresses met so far, of which columns hold the places.
#[derive(Default)]
pub struct Dictionaries {
    ipv6: Dictionary<[u8; 16]>,
    macs: Dictionary<[u8; 6]>,
}

impl Dictionaries {
    pub fn into_values(self) -> (Vec<[u8; 16]>, Vec<[u8; 6]>) {
        (self.ipv6.into_values(), self.macs.into_values())
    }
}

/// Columns of some records, as one of several pieces.
pub struct Part {
    pub rows: usize,
    pub buffers: Vec<Buffer>,
    pub dictionaries: Dictionaries,
}

/// The columns of a source while it is read.
struct Columns<'a> {
    plan: &'a Plan,
    store: Store,
    room: Room,
    dictionaries: Mutex<Dictionaries>,
}

impl<'a> Columns<'a> {
    fn new<F: Framing>(source: &Source, options: &'a Options, _framing: &F, dictionaries: Dictionaries) -> Self {
        let max_rows = usize::try_from(source.len() / F::MIN_RECORD + 1).unwrap_or(usize::MAX);
        let store = Store::new(&options.plan, source.len(), max_rows);
        Self { plan: &options.plan, store, room: Room::default(), dictionaries: Mutex::new(dictionaries) }
    }

    fn finish(self, rows: usize) -> Result<Part> {
        let dictionaries = self.dictionaries.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok(Part { rows, buffers: self.store.finish(rows)?, dictionaries })
    }
}

impl Sink for Columns<'_> {
    type Rows = Filled;

    fn rows(&self) -> Filled {
        Filled::new(self.plan)
    }

    /// Gives addresses the places that they have in all columns.
    fn meet(&self, first: usize, scratch: &mut Scratch) -> Result<()> {
        let rows = (first + scratch.rows()) as u64;
        self.room.check(rows, self.store.row_width(self.plan), true)?;
        let mut dictionaries = self.dictionaries.lock().unwrap_or_else(PoisonError::into_inner);
        let Dictionaries { ipv6, macs } = &mut *dictionaries;
        scratch.merge(ipv6, macs);
        Ok(())
    }

    unsafe fn keep(&self, _number: u64, first: usize, scratch: &mut Scratch) {
        if scratch.rows() > 0 {
            // SAFETY: passed on to the caller.
            unsafe { self.store.write(first, scratch, self.plan) };
        }
    }

    fn pause(&self, _done: u64, _total: u64) -> Result<()> {
        Ok(())
    }

    fn abandon(&self) {}
}
