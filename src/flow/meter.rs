//! The whole: packets in, flows out, on all cores.
//!
//! Threads gather ranges of packets, each for itself: keys, hashes and what flows need. Then a range passes the front, where it
//! learns how many packets there are before it, the clock, and the ports of datagrams whose first fragment came earlier; then one
//! shard after the other, behind the range before it. So each shard sees its packets in their order, nobody waits for all others,
//! and a range stays in the cache of the thread that has gathered it. Now and then, when no range is on its way, the flows that are
//! over become rows.

use std::ops;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rayon::prelude::*;

use crate::columns::Frame;
use crate::error::Result;
use crate::flow::builder::{Builder, Place};
use crate::flow::fragments::Fragments;
use crate::flow::packet::Columns;
use crate::flow::range::{Gather, Range, SHARDS};
use crate::flow::ranks::Ranks;
use crate::flow::rules::Rules;
use crate::flow::shard::{Batch, Finished, Shard};
use crate::flow::table::Table;
use crate::flow::turnstile::Turnstile;
use crate::memory::Room;

/// Rows that are gathered in one go: their packets stay in the cache.
const RANGE: usize = 1 << 12;
/// After so many rows the flows that are over become rows.
const BLOCK: usize = 1 << 17;
/// A packet that no flow has: it is no IP.
const NO_FLOW: u64 = u64::MAX;
/// How many times as many flows as there are now are expected at most; Windows counts reserved memory as used.
const MOST_EXPECTED: usize = if cfg!(unix) { 64 } else { 2 };

pub struct Meter {
    gather: Arc<Gather>,
    front: Turnstile<Front>,
    shards: Vec<Turnstile<Shard>>,
    abandoned: AtomicBool,
    /// Kept for their memory.
    spare: Mutex<Vec<Range>>,
    /// The first row of each packet's flow, if asked for.
    owners: Option<Vec<u64>>,
    /// The one table that all flows go to; without it, each [`Meter::take_finished`] makes one.
    whole: Option<Whole>,
    room: Room,
}

/// What ranges need to know of those before them.
struct Front {
    fragments: Fragments,
    /// Packets so far.
    rows: u64,
    clock: i64,
}

impl Default for Front {
    fn default() -> Self {
        Self { fragments: Fragments::default(), rows: 0, clock: i64::MIN }
    }
}

impl Front {
    /// The number of the range's first row, and the clock before it.
    fn meet(&mut self, range: &mut Range, ipv6: &[[u8; 16]], by: &Gather) -> (u64, i64) {
        let before = (self.rows, self.clock);
        range.resolve(&mut self.fragments, ipv6, by);
        self.rows += u64::from(range.rows);
        self.clock = self.clock.max(range.latest);
        before
    }
}

/// A table of all flows, in the order of their first packets.
struct Whole {
    ranks: Ranks,
    builder: Builder,
}

impl Whole {
    fn settle(&mut self, packets: u64, shards: &mut [&mut Shard], room: &Room, in_the_end: impl Fn(usize) -> usize) {
        let Self { ranks, builder } = self;
        ranks.extend(packets, shards.iter_mut().flat_map(|shard| shard.begins.drain(..)));
        let mut places = places(shards, |flow| ranks.of(flow.first_row));
        places.par_sort_unstable_by_key(|place| place.row);
        let rows = ranks.flows() as usize;
        let expected = in_the_end(rows + rows / 8).clamp(rows.saturating_mul(2), rows.saturating_mul(MOST_EXPECTED));
        let expected = if room.has(expected.saturating_mul(builder.row_width()) as u64) { expected } else { rows };
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
            gather: Arc::new(Gather::new(rules)),
            front: Turnstile::default(),
            shards: (0..SHARDS).map(|_| Turnstile::default()).collect(),
            abandoned: AtomicBool::new(false),
            spare: Mutex::default(),
            owners: None,
            whole: None,
            room: Room::default(),
        }
    }

    /// A meter that also notes which flow each packet belongs to.
    pub fn noting_owners(rules: Rules) -> Self {
        Self { owners: Some(Vec::new()), ..Self::new(rules) }
    }

    /// What packets are gathered by for it.
    pub fn gather(&self) -> &Arc<Gather> {
        &self.gather
    }

    /// Flows so far, of a meter that makes one table.
    pub fn flows(&self) -> usize {
        self.whole.as_ref().map_or(0, |whole| whole.ranks.flows() as usize)
    }

    /// Fails if the flows so far do not fit in memory, be they rows or not yet.
    pub fn check_room(&mut self) -> Result<()> {
        let Self { whole: Some(whole), shards, room, .. } = self else { return Ok(()) };
        let open: usize = shards.iter_mut().map(|shard| shard.get_mut().bytes()).sum();
        let (flows, width) = (whole.ranks.flows(), whole.builder.row_width() as u64);
        room.check_flows(flows, flows.saturating_mul(width).saturating_add(open as u64))
    }

    /// The ticket of the next range, while none is on its way.
    pub fn ticket(&self) -> u64 {
        self.front.turn()
    }

    /// Takes a range whose packets have these addresses. Threads may do so at the same time, each with a range of its own: tickets
    /// say in which order ranges follow one another, and those before are waited for.
    pub fn take_range(&self, ticket: u64, range: &mut Range, ipv6: &[[u8; 16]]) {
        let met = self.front.take(ticket, &self.abandoned, |front| front.meet(range, ipv6, &self.gather));
        let Some((first_row, clock)) = met else { return };
        let note = self.owners.is_some();
        let batch = Batch { rules: &self.gather.rules, ipv6, first_row };
        let (packets, by_shard) = range.by_shard();
        for (shard, places) in self.shards.iter().zip(by_shard) {
            let taken = shard.take(ticket, &self.abandoned, |shard| shard.add(packets, places, clock, &batch, note));
            if taken.is_none() {
                return;
            }
        }
    }

    /// A range will not come: nobody waits for it any more, and what the meter has is worth nothing.
    pub fn abandon(&self) {
        self.abandoned.store(true, Ordering::Relaxed);
    }

    /// Takes the packets of a frame, which follow those before.
    pub fn add(&mut self, frame: &Frame) -> Result<()> {
        let columns = Columns::new(frame)?;
        let total = columns.rows();
        for start in (0..total).step_by(BLOCK) {
            let end = total.min(start + BLOCK);
            self.take_all(&columns, start..end);
            self.settle(|flows| flows.saturating_mul(total) / end);
            self.check_room()?;
        }
        Ok(())
    }

    /// Takes these rows on all threads, in order, so that none waits for long.
    fn take_all(&self, columns: &Columns, rows: ops::Range<usize>) {
        let (next, first_ticket) = (AtomicUsize::new(0), self.ticket());
        rayon::broadcast(|_| {
            let alarm = Alarm(self);
            let mut range = self.spare.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let first = rows.start + number * RANGE;
                if first >= rows.end {
                    break;
                }
                range.clear();
                for row in first..rows.end.min(first + RANGE) {
                    range.push(&columns.fields(row), columns.ipv6, &self.gather);
                }
                self.take_range(first_ticket + number as u64, &mut range, columns.ipv6);
            }
            self.spare.lock().unwrap_or_else(PoisonError::into_inner).push(range);
            std::mem::forget(alarm);
        });
    }

    /// No range is on its way: flows that are over become rows of the one table, if there is one. `in_the_end` says how many there
    /// may be, by how many there are.
    pub fn settle(&mut self, in_the_end: impl Fn(usize) -> usize) {
        let Self { gather, front, shards, owners, whole, room, .. } = self;
        let Front { rows, clock, .. } = *front.get_mut();
        let mut shards: Vec<&mut Shard> = shards.iter_mut().map(Turnstile::get_mut).collect();
        shards.par_iter_mut().for_each(|shard| shard.sweep_now_and_then(clock, &gather.rules));
        if let Some(owners) = owners {
            owners.resize(rows as usize, NO_FLOW);
            for (row, owner) in shards.iter_mut().flat_map(|shard| shard.owners.drain(..)) {
                owners[row as usize] = owner;
            }
        }
        if let Some(whole) = whole {
            whole.settle(rows, &mut shards, room, in_the_end);
        }
    }

    /// The flows that are over by now. In whatever pieces packets came, one after the other these are the same flows in the same
    /// order: that in which they ended. A meter that makes one table has none before it is finished.
    pub fn take_finished(&mut self) -> Table {
        let Self { gather, front, shards, whole, .. } = self;
        if whole.is_some() {
            return Builder::new(&gather.rules).finish();
        }
        let clock = front.get_mut().clock;
        let mut shards: Vec<&mut Shard> = shards.iter_mut().map(Turnstile::get_mut).collect();
        shards.par_iter_mut().for_each(|shard| shard.sweep(clock, &gather.rules));
        take(&mut shards, &gather.rules)
    }

    /// The flows that were not taken yet: all of them in the order of their first packets, or those left of a stream.
    pub fn finish(self) -> Table {
        self.finish_with_owners().0
    }

    /// The flows, and for each packet the row of its flow in the table, if it was asked for.
    pub fn finish_with_owners(mut self) -> (Table, Vec<i64>) {
        let Self { gather, front, shards, whole, owners, room, .. } = &mut self;
        let Front { rows, clock, .. } = *front.get_mut();
        let mut shards: Vec<&mut Shard> = shards.iter_mut().map(Turnstile::get_mut).collect();
        shards.par_iter_mut().for_each(|shard| shard.end(clock, &gather.rules));
        let Some(mut whole) = whole.take() else { return (take(&mut shards, &gather.rules), Vec::new()) };
        whole.settle(rows, &mut shards, room, |flows| flows);
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
