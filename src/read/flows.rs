//! Rows become flows, without columns of packets in between: those of a chunk are taken while they are in the cache.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use super::{About, Monitor, Options, Sink, read_into};
use crate::capture::format::with_format;
use crate::capture::{Format, Framing, Source};
use crate::columns::dictionary::Memo;
use crate::columns::scratch::{Rows, Scratch};
use crate::error::Result;
use crate::flow::packet::Fields;
use crate::flow::{Gather, Meter, Range};
use crate::wire::Packet;

/// After so many chunks the flows that are over become rows: often enough that they are still in the cache, seldom enough that
/// threads lose little by waiting for one another.
const CHUNKS: u64 = 64;

/// A meter that takes what is read.
pub struct Flows {
    meter: RwLock<Meter>,
}

/// The packets of a chunk, gathered as they are decoded.
pub struct Gathered {
    range: Range,
    ipv6: Memo<[u8; 16]>,
    by: Arc<Gather>,
}

impl Rows for Gathered {
    fn take(&mut self, batch: &[Packet]) {
        for packet in batch {
            let fields = Fields::of(packet, &mut self.ipv6);
            self.range.push(&fields, self.ipv6.values(), &self.by);
        }
    }

    fn clear(&mut self) {
        self.range.clear();
        self.ipv6.clear();
    }
}

impl Flows {
    pub fn new(meter: Meter) -> Self {
        Self { meter: RwLock::new(meter) }
    }

    /// The meter, which has all that was read so far.
    pub fn meter(&mut self) -> &mut Meter {
        self.meter.get_mut().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn into_meter(self) -> Meter {
        self.meter.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads all of `source`, which follows what was read before. The plan must have the columns of flows. After an error the
    /// meter is worth nothing.
    pub fn read(&mut self, source: &Source, options: &Options, monitor: &mut dyn Monitor) -> Result<About> {
        let format = Format::detect(source)?;
        let first = format.first_offset();
        let sink = self.sink();
        with_format!(Format, format, framing => {
            Ok(read_into(source, options, first, framing, &sink, monitor)?.about(source.len()))
        })
    }

    /// Reads the records of `source`, which begin in the state `framing`; how many there are.
    pub fn read_records<F: Framing>(
        &mut self,
        source: &Source,
        options: &Options,
        framing: F,
        monitor: &mut dyn Monitor,
    ) -> Result<usize> {
        Ok(read_into(source, options, 0, framing, &self.sink(), monitor)?.rows)
    }

    fn sink(&mut self) -> Chunks<'_> {
        let meter = self.meter();
        let (gather, tickets, flows) = (Arc::clone(meter.gather()), meter.ticket(), meter.flows());
        Chunks { meter: &self.meter, gather, tickets, flows }
    }
}

/// What takes the chunks of one source.
struct Chunks<'a> {
    meter: &'a RwLock<Meter>,
    gather: Arc<Gather>,
    /// Tickets and flows before those of this source.
    tickets: u64,
    flows: usize,
}

impl Chunks<'_> {
    fn read_meter(&self) -> RwLockReadGuard<'_, Meter> {
        self.meter.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for Chunks<'_> {
    type Rows = Gathered;

    fn rows(&self) -> Gathered {
        Gathered { range: Range::default(), ipv6: Memo::default(), by: Arc::clone(&self.gather) }
    }

    fn chunks(&self) -> u64 {
        CHUNKS
    }

    fn meet(&self, _first: usize, _scratch: &mut Scratch<Gathered>) -> Result<()> {
        Ok(())
    }

    unsafe fn keep(&self, number: u64, _first: usize, scratch: &mut Scratch<Gathered>) {
        let Gathered { range, ipv6, .. } = scratch.filled();
        self.read_meter().take_range(self.tickets + number, range, ipv6.values());
        scratch.clear();
    }

    fn pause(&self, done: u64, total: u64) -> Result<()> {
        let in_the_end = |flows: usize| {
            let here = flows.saturating_sub(self.flows) as u64;
            self.flows + (here.saturating_mul(total) / done.max(1)) as usize
        };
        let mut meter = self.meter.write().unwrap_or_else(PoisonError::into_inner);
        meter.settle(in_the_end);
        meter.check_room()
    }

    fn abandon(&self) {
        self.read_meter().abandon();
    }
}
