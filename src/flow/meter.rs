//! The whole: frames of packets in, flows out, on all cores.
//!
//! A block of rows goes through three steps. Ranges of it are gathered in parallel: each packet's key, hash and what its flow
//! needs, sorted by shard. Then the ranges' latest times become the clock. Then shards take their packets in parallel, range after
//! range, so each sees them in their order.

use std::ops;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rayon::prelude::*;

use crate::columns::Frame;
use crate::error::Result;
use crate::flow::builder::{Builder, Place};
use crate::flow::fragments::Fragments;
use crate::flow::packet::Columns;
use crate::flow::range::{Gather, Range, Resolved, SHARDS};
use crate::flow::ranks::Ranks;
use crate::flow::rules::Rules;
use crate::flow::shard::{Batch, Finished, Shard};
use crate::flow::table::Table;
use crate::flow::turnstile::Turnstile;

/// Rows that are gathered in one go, and how many of them make a block.
const RANGE: usize = 1 << 13;
const RANGES: usize = 16;
/// A packet that no flow has: it is no IP.
const NO_FLOW: u64 = u64::MAX;
/// How many times as many flows as there are now are expected at most; Windows counts reserved memory as used.
const MOST_EXPECTED: usize = if cfg!(unix) { 64 } else { 2 };

pub struct Meter {
    gather: Gather,
    shards: Vec<Turnstile<Shard>>,
    abandoned: AtomicBool,
    /// Kept for their memory.
    spare: Mutex<Vec<Range>>,
    front: Mutex<Front>,
    /// The first row of each packet's flow, if asked for.
    owners: Option<Vec<u64>>,
    /// The one table that all flows go to; without it, each [`Meter::take_finished`] makes one.
    whole: Option<Whole>,
}

/// How far rows have been met.
struct Front {
    fragments: Fragments,
    tickets: u64,
    rows: u64,
    clock: i64,
}

/// What rows need to know of those before them.
#[derive(Debug)]
pub struct Met {
    /// The turn of these rows.
    ticket: u64,
    /// Number of the first among all packets.
    first_row: u64,
    /// The clock before them.
    clock: i64,
    resolved: Resolved,
}

/// A table of all flows, in the order of their first packets.
struct Whole {
    ranks: Ranks,
    builder: Builder,
}

impl Whole {
    fn settle(&mut self, packets: u64, shards: &mut [&mut Shard], in_the_end: impl Fn(usize) -> usize) {
        let Self { ranks, builder } = self;
        ranks.extend(packets, shards.iter_mut().flat_map(|shard| shard.begins.drain(..)));
        let mut places = places(shards, |flow| ranks.of(flow.first_row));
        places.par_sort_unstable_by_key(|place| place.row);
        let rows = ranks.flows() as usize;
        let expected = in_the_end(rows + rows / 8).min(rows.saturating_mul(MOST_EXPECTED));
        builder.fill(shards, &places, rows, expected);
        shards.par_iter_mut().for_each(|shard| shard.release());
    }
}

impl Meter {
    /// A meter that makes one table.
    pub fn new(rules: Rules) -> Self {
        let whole = Whole { ranks: Ranks::default(), builder: Builder::new(&rules) };
        Self { whole: Some(whole), ..Self::streaming(rules) }
    }

    /// A meter that makes tables on the way, and forgets flows that are in one.
    pub fn streaming(rules: Rules) -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Turnstile::default()).collect(),
            abandoned: AtomicBool::new(false),
            spare: Mutex::default(),
            front: Mutex::new(Front { fragments: Fragments::default(), tickets: 0, rows: 0, clock: i64::MIN }),
            gather: Gather::new(rules),
            owners: None,
            whole: None,
        }
    }

    /// A meter that also notes which flow each packet belongs to.
    pub fn noting_owners(rules: Rules) -> Self {
        Self { owners: Some(Vec::new()), ..Self::new(rules) }
    }

    /// Packets so far.
    pub fn rows(&self) -> u64 {
        self.front().rows
    }

    /// Flows so far, of a meter that makes one table.
    pub fn flows(&self) -> usize {
        self.whole.as_ref().map_or(0, |whole| whole.ranks.flows() as usize)
    }

    /// What rows need to know of those before them: to be called for all rows, in their order.
    pub fn meet(&self, columns: &Columns, rows: ops::Range<usize>) -> Met {
        let (rules, mut front) = (&self.gather.rules, self.front());
        let resolved = front.fragments.resolve(columns, rows.clone(), rules);
        let met = Met { ticket: front.tickets, first_row: front.rows, clock: front.clock, resolved };
        front.tickets += 1;
        front.rows += rows.len() as u64;
        front.clock = front.clock.max(columns.latest(rows, rules));
        met
    }

    /// Takes rows that it has met. Threads may do so at the same time, each with rows of its own: those that were met first are
    /// waited for.
    pub fn take_rows(&self, columns: &Columns, rows: ops::Range<usize>, met: &Met) {
        let mut range = self.spare.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        range.gather(columns, rows, &met.resolved, &self.gather);
        let note = self.owners.is_some();
        let batch = Batch { rules: &self.gather.rules, ipv6: columns.ipv6, first_row: met.first_row };
        for (shard, packets) in self.shards.iter().zip(&range.packets) {
            let taken = shard.take(met.ticket, &self.abandoned, |shard| shard.add(packets, met.clock, &batch, note));
            if taken.is_none() {
                return;
            }
        }
        self.spare.lock().unwrap_or_else(PoisonError::into_inner).push(range);
    }

    /// Rows that were met will not come: nobody waits for them any more, and what the meter has is worth nothing.
    pub fn abandon(&self) {
        self.abandoned.store(true, Ordering::Relaxed);
    }

    /// Takes the packets of a frame, which follow those before.
    pub fn add(&mut self, frame: &Frame) -> Result<()> {
        let columns = Columns::of_frame(frame)?;
        let total = columns.rows();
        for start in (0..total).step_by(RANGE * RANGES) {
            let end = total.min(start + RANGE * RANGES);
            let rows = |first: usize| first..end.min(first + RANGE);
            let met: Vec<_> = (start..end).step_by(RANGE).map(|first| (rows(first), self.meet(&columns, rows(first)))).collect();
            self.take_all(&columns, &met);
            self.settle(|flows| flows.saturating_mul(total) / end);
        }
        Ok(())
    }

    /// Takes what it has met on all threads, in order, so that none waits for long.
    fn take_all(&self, columns: &Columns, met: &[(ops::Range<usize>, Met)]) {
        let next = AtomicUsize::new(0);
        rayon::broadcast(|_| {
            let alarm = Alarm(self);
            while let Some((rows, met)) = met.get(next.fetch_add(1, Ordering::Relaxed)) {
                self.take_rows(columns, rows.clone(), met);
            }
            std::mem::forget(alarm);
        });
    }

    /// Packets so far, and the clock.
    fn met(&self) -> (u64, i64) {
        let front = self.front();
        (front.rows, front.clock)
    }

    fn front(&self) -> MutexGuard<'_, Front> {
        self.front.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All rows that were met have been taken: flows that are over become rows of the one table, if there is one. `in_the_end` says
    /// how many there may be, by how many there are.
    pub fn settle(&mut self, in_the_end: impl Fn(usize) -> usize) {
        let (packets, clock) = self.met();
        let Self { shards, gather: Gather { rules, .. }, owners, whole, .. } = self;
        let mut shards: Vec<&mut Shard> = shards.iter_mut().map(Turnstile::get_mut).collect();
        shards.par_iter_mut().for_each(|shard| shard.sweep_now_and_then(clock, rules));
        if let Some(owners) = owners {
            owners.resize(packets as usize, NO_FLOW);
            for (row, owner) in shards.iter_mut().flat_map(|shard| shard.owners.drain(..)) {
                owners[row as usize] = owner;
            }
        }
        if let Some(whole) = whole {
            whole.settle(packets, &mut shards, in_the_end);
        }
    }

    /// The flows that are over by now. In whatever pieces packets came, one after the other these are the same flows in the same
    /// order: that in which they ended. A meter that makes one table has none before it is finished.
    pub fn take_finished(&mut self) -> Table {
        let (_, clock) = self.met();
        let Self { shards, gather: Gather { rules, .. }, whole, .. } = self;
        if whole.is_some() {
            return Builder::new(rules).finish();
        }
        let mut shards: Vec<&mut Shard> = shards.iter_mut().map(Turnstile::get_mut).collect();
        shards.par_iter_mut().for_each(|shard| shard.sweep(clock, rules));
        take(&mut shards, rules)
    }

    /// The flows that were not taken yet: all of them in the order of their first packets, or those left of a stream.
    pub fn finish(self) -> Table {
        self.finish_with_owners().0
    }

    /// The flows, and for each packet the row of its flow in the table, if it was asked for.
    pub fn finish_with_owners(mut self) -> (Table, Vec<i64>) {
        let (packets, clock) = self.met();
        let Self { shards, gather: Gather { rules, .. }, whole, owners, .. } = &mut self;
        let mut shards: Vec<&mut Shard> = shards.iter_mut().map(Turnstile::get_mut).collect();
        shards.par_iter_mut().for_each(|shard| shard.end(clock, rules));
        let Some(mut whole) = whole.take() else { return (take(&mut shards, rules), Vec::new()) };
        whole.settle(packets, &mut shards, |flows| flows);
        let Whole { ranks, builder } = whole;
        let row = |owner: &u64| if *owner == NO_FLOW { -1 } else { ranks.of(*owner) as i64 };
        (builder.finish(), owners.take().unwrap_or_default().par_iter().map(row).collect())
    }
}

/// A table of the flows that are over, in the order in which they ended.
fn take(shards: &mut [&mut Shard], rules: &Rules) -> Table {
    let mut ended: Vec<_> = places(shards, |_| 0).into_iter().zip(shards.iter().flat_map(|shard| &shard.finished)).collect();
    ended.par_sort_unstable_by_key(|(_, flow)| (flow.end, flow.first_row));
    let places: Vec<Place> = ended.into_iter().zip(0..).map(|((place, _), row)| Place { row, ..place }).collect();
    let mut builder = Builder::new(rules);
    builder.fill(shards, &places, places.len(), places.len());
    shards.par_iter_mut().for_each(|shard| shard.release());
    builder.finish()
}

/// Where the flows lie that are over, shard by shard.
fn places(shards: &[&mut Shard], row: impl Fn(&Finished) -> u64 + Sync) -> Vec<Place> {
    let row = &row;
    let of_shard = |(number, shard): (usize, &&mut Shard)| {
        let place = move |flow: &Finished| Place { row: row(flow), shard: number as u32, slot: flow.slot };
        shard.finished.iter().map(place).collect::<Vec<_>>()
    };
    shards.par_iter().enumerate().flat_map_iter(of_shard).collect()
}

/// Lets nobody wait for ever for a thread that dies of a panic.
struct Alarm<'a>(&'a Meter);

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        self.0.abandon();
    }
}
