//! Rows become flows, without columns of packets in between: those of a chunk are taken while they are in the cache.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use super::{About, Monitor, Options, Sink, read_into};
use crate::capture::format::with_format;
use crate::capture::{Format, Framing, Source};
use crate::columns::scratch::Scratch;
use crate::error::Result;
use crate::flow::packet::Columns;
use crate::flow::{Met, Meter};

/// After so many bytes the flows that are over become rows: often enough that they are still in the cache, seldom enough that
/// threads lose little by waiting for one another.
const BLOCK: u64 = 64 << 20;

/// A meter that takes what is read.
pub struct Flows {
    meter: RwLock<Meter>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Flows before those of the present source.
    before: usize,
    /// By the first row of chunks that are to be kept.
    met: BTreeMap<usize, Met>,
}

impl Flows {
    pub fn new(meter: Meter) -> Self {
        Self { meter: RwLock::new(meter), state: Mutex::default() }
    }

    /// The meter, which has all that was read so far.
    pub fn meter(&mut self) -> &mut Meter {
        self.meter.get_mut().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn into_meter(self) -> Meter {
        self.meter.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads all of `source`, which follows what was read before. The plan must have the columns of flows.
    pub fn read(&self, source: &Source, options: &Options, monitor: &mut dyn Monitor) -> Result<About> {
        let format = Format::detect(source)?;
        let first = format.first_offset();
        self.begin();
        with_format!(Format, format, framing => {
            Ok(read_into(source, options, first, framing, self, monitor)?.about(source.len()))
        })
    }

    /// Reads the records of `source`, which begin in the state `framing`; how many there are.
    pub fn read_records<F: Framing>(
        &self,
        source: &Source,
        options: &Options,
        framing: F,
        monitor: &mut dyn Monitor,
    ) -> Result<usize> {
        self.begin();
        Ok(read_into(source, options, 0, framing, self, monitor)?.rows)
    }

    fn begin(&self) {
        self.state().before = self.meter.read().unwrap_or_else(PoisonError::into_inner).flows();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for Flows {
    fn block(&self) -> u64 {
        BLOCK
    }

    fn meet(&self, first: usize, scratch: &mut Scratch) -> Result<()> {
        if scratch.rows() == 0 {
            return Ok(());
        }
        let columns = Columns::of_scratch(scratch);
        let met = self.meter.read().unwrap_or_else(PoisonError::into_inner).meet(&columns, 0..columns.rows());
        self.state().met.insert(first, met);
        Ok(())
    }

    unsafe fn keep(&self, first: usize, scratch: &mut Scratch) {
        let met = self.state().met.remove(&first).expect("the chunk was met");
        let columns = Columns::of_scratch(scratch);
        self.meter.read().unwrap_or_else(PoisonError::into_inner).take_rows(&columns, 0..columns.rows(), &met);
        scratch.clear();
    }

    fn pause(&self, done: u64, total: u64) -> Result<()> {
        let before = self.state().before;
        let in_the_end = |flows: usize| {
            let here = flows.saturating_sub(before) as u64;
            before + (here.saturating_mul(total) / done.max(1)) as usize
        };
        self.meter.write().unwrap_or_else(PoisonError::into_inner).settle(in_the_end);
        Ok(())
    }

    fn abandon(&self) {
        self.meter.read().unwrap_or_else(PoisonError::into_inner).abandon();
    }
}
