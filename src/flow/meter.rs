//! The whole: frames of packets in, flows out, on all cores.
//!
//! A block of rows goes through three steps. Ranges of it are gathered in parallel: each packet's key, hash and what its flow
//! needs, sorted by shard. Then the ranges' latest times become the clock. Then shards take their packets in parallel, range after
//! range, so each sees them in their order.

use ahash::RandomState;
use rayon::prelude::*;

use crate::columns::Frame;
use crate::error::Result;
use crate::flow::builder::{Builder, Place};
use crate::flow::fragments::Fragments;
use crate::flow::key::Ports;
use crate::flow::packet::{Columns, Packet};
use crate::flow::ranks::Ranks;
use crate::flow::rules::Rules;
use crate::flow::shard::{Batch, Finished, Shard};
use crate::flow::table::Table;

/// More than there are threads, as often as not; enough that a shard's index stays in the cache.
const SHARDS: usize = 64;
/// Rows that are gathered in one go, and how many of them make a block.
const RANGE: usize = 1 << 13;
const RANGES: usize = 16;
/// A packet that no flow has: it is no IP.
const NO_FLOW: u64 = u64::MAX;
/// How many times as many flows as there are now are expected at most.
const MOST_EXPECTED: usize = 8;

pub struct Meter {
    rules: Rules,
    hasher: RandomState,
    shards: Vec<Shard>,
    ranges: Vec<Range>,
    fragments: Fragments,
    /// The latest time of all fragments.
    fragments_clock: i64,
    clock: i64,
    last_sweep: i64,
    /// Packets so far.
    rows: u64,
    /// The first row of each packet's flow, if asked for.
    owners: Option<Vec<u64>>,
    /// The one table that all flows go to; without it, each [`Meter::take_finished`] makes one.
    whole: Option<Whole>,
}

/// A table of all flows, in the order of their first packets.
struct Whole {
    ranks: Ranks,
    builder: Builder,
}

/// Packets of a range of rows, by shard.
struct Range {
    packets: Vec<Vec<Packet>>,
    latest: i64,
}

impl Default for Range {
    fn default() -> Self {
        Self { packets: (0..SHARDS).map(|_| Vec::new()).collect(), latest: i64::MIN }
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
            rules,
            hasher: RandomState::new(),
            shards: (0..SHARDS).map(|_| Shard::default()).collect(),
            ranges: (0..RANGES).map(|_| Range::default()).collect(),
            fragments: Fragments::default(),
            fragments_clock: i64::MIN,
            clock: i64::MIN,
            last_sweep: i64::MIN,
            rows: 0,
            owners: None,
            whole: None,
        }
    }

    /// A meter that also notes which flow each packet belongs to.
    pub fn noting_owners(rules: Rules) -> Self {
        Self { owners: Some(Vec::new()), ..Self::new(rules) }
    }

    /// Takes the packets of a frame, which follow those before.
    pub fn add(&mut self, frame: &Frame) -> Result<()> {
        let columns = Columns::new(frame)?;
        let total = columns.rows();
        let mut first = 0;
        while first < total {
            let end = total.min(first + RANGE * RANGES);
            self.add_block(&columns, first..end);
            self.settle((end - first) as u64, |flows| flows.saturating_mul(total) / end);
            first = end;
        }
        self.rows += total as u64;
        Ok(())
    }

    fn add_block(&mut self, columns: &Columns, rows: std::ops::Range<usize>) {
        let fragments = self.resolve_fragments(columns, rows.clone());
        let Self { rules, hasher, ranges, .. } = self;
        ranges.par_iter_mut().enumerate().for_each(|(number, range)| {
            let first = rows.end.min(rows.start + number * RANGE);
            range.gather(columns, first..rows.end.min(first + RANGE), &fragments, rules, hasher);
        });

        let mut clock = self.clock;
        let mut before = |range: &Range| {
            let before = clock;
            clock = clock.max(range.latest);
            before
        };
        let clocks: Vec<i64> = self.ranges.iter().map(&mut before).collect();
        self.clock = clock;
        let sweep = clock.saturating_sub(self.last_sweep) > self.rules.shortest_timeout() / 4;
        if sweep {
            self.last_sweep = clock;
        }

        let Self { rules, ranges, shards, owners, .. } = self;
        let batch = Batch { rules, ipv6: &columns.ipv6, first_row: self.rows };
        let note = owners.is_some();
        shards.par_iter_mut().enumerate().for_each(|(number, shard)| {
            for (range, clock) in ranges.iter().zip(&clocks) {
                shard.add(&range.packets[number], *clock, &batch, note);
            }
            if sweep {
                shard.sweep(clock, rules);
            }
        });
        if let Some(owners) = owners {
            owners.resize((self.rows + rows.end as u64) as usize, NO_FLOW);
            for (row, owner) in shards.iter_mut().flat_map(|shard| shard.owners.drain(..)) {
                owners[(self.rows + u64::from(row)) as usize] = owner;
            }
        }
    }

    /// Rows of later fragments whose first one was seen, with its ports.
    fn resolve_fragments(&mut self, columns: &Columns, rows: std::ops::Range<usize>) -> Vec<(usize, Ports)> {
        let mut resolved = Vec::new();
        for row in columns.fragments(rows).filter(|row| columns.is_ip(*row)) {
            self.fragments_clock = self.fragments_clock.max(columns.time[row]);
            let datagram = columns.datagram(row);
            if columns.is_first_fragment(row) {
                self.fragments.begin(datagram, columns.ports(row, &self.rules), self.fragments_clock);
            } else if let Some(ports) = self.fragments.find(&datagram, self.fragments_clock) {
                resolved.push((row, ports));
            }
        }
        resolved
    }

    /// Flows that are over become rows of the one table, after so many packets more; `in_the_end` says how many flows there may be.
    fn settle(&mut self, packets: u64, in_the_end: impl Fn(usize) -> usize) {
        let Self { shards, whole, .. } = self;
        let Some(Whole { ranks, builder }) = whole else { return };
        ranks.extend(packets, shards.iter_mut().flat_map(|shard| shard.begins.drain(..)));
        let mut places = places(shards, |flow| ranks.of(flow.first_row));
        places.par_sort_unstable_by_key(|place| place.row);
        let rows = ranks.flows() as usize;
        let expected = in_the_end(rows + rows / 8).min(rows.saturating_mul(MOST_EXPECTED));
        builder.fill(shards, &places, rows, expected);
        shards.par_iter_mut().for_each(Shard::release);
    }

    /// The flows that are over by now. In whatever pieces packets came, one after the other these are the same flows in the same
    /// order: that in which they ended. A meter that makes one table has none before it is finished.
    pub fn take_finished(&mut self) -> Table {
        if self.whole.is_some() {
            return Builder::new(&self.rules).finish();
        }
        let Self { shards, rules, clock, .. } = self;
        shards.par_iter_mut().for_each(|shard| shard.sweep(*clock, rules));
        self.take()
    }

    /// The flows that were not taken yet: all of them in the order of their first packets, or those left of a stream.
    pub fn finish(self) -> Table {
        self.finish_with_owners().0
    }

    /// The flows, and for each packet the row of its flow in the table, if it was asked for.
    pub fn finish_with_owners(mut self) -> (Table, Vec<i64>) {
        let Self { shards, rules, clock, .. } = &mut self;
        shards.par_iter_mut().for_each(|shard| shard.end(*clock, rules));
        if self.whole.is_none() {
            return (self.take(), Vec::new());
        }
        self.settle(0, |flows| flows);
        let Some(Whole { ranks, builder }) = self.whole else { unreachable!("just seen") };
        let row = |owner: &u64| if *owner == NO_FLOW { -1 } else { ranks.of(*owner) as i64 };
        (builder.finish(), self.owners.unwrap_or_default().par_iter().map(row).collect())
    }

    /// A table of the flows that are over, in the order in which they ended.
    fn take(&mut self) -> Table {
        let Self { shards, rules, .. } = self;
        let mut ended: Vec<_> = places(shards, |_| 0).into_iter().zip(shards.iter().flat_map(|shard| &shard.finished)).collect();
        ended.par_sort_unstable_by_key(|(_, flow)| (flow.end, flow.first_row));
        let places: Vec<Place> = ended.into_iter().zip(0..).map(|((place, _), row)| Place { row, ..place }).collect();
        let mut builder = Builder::new(rules);
        builder.fill(shards, &places, places.len(), places.len());
        shards.par_iter_mut().for_each(Shard::release);
        builder.finish()
    }
}

/// Where the flows lie that are over, shard by shard.
fn places(shards: &[Shard], row: impl Fn(&Finished) -> u64 + Sync) -> Vec<Place> {
    let row = &row;
    let of_shard = |(number, shard): (usize, &Shard)| {
        let place = move |flow: &Finished| Place { row: row(flow), shard: number as u32, slot: flow.slot };
        shard.finished.iter().map(place).collect::<Vec<_>>()
    };
    shards.par_iter().enumerate().flat_map_iter(of_shard).collect()
}

impl Range {
    fn gather(
        &mut self,
        columns: &Columns,
        rows: std::ops::Range<usize>,
        fragments: &[(usize, Ports)],
        rules: &Rules,
        hasher: &RandomState,
    ) {
        self.packets.iter_mut().for_each(Vec::clear);
        self.latest = i64::MIN;
        for row in rows {
            let is_ip = columns.is_ip(row);
            if is_ip || !rules.in_order {
                self.latest = self.latest.max(rules.cut(columns.time[row]));
            }
            if !is_ip {
                continue;
            }
            let ports = if columns.is_fragment(row) && !columns.is_first_fragment(row) {
                let at = fragments.binary_search_by_key(&row, |(row, _)| *row);
                at.map_or_else(|_| Ports::default(), |at| fragments[at].1)
            } else {
                columns.ports(row, rules)
            };
            let mut packet = columns.packet(row, ports, rules, hasher);
            packet.clock = self.latest;
            self.packets[(packet.hash >> 32) as usize % SHARDS].push(packet);
        }
    }
}
