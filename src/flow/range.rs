//! Packets that follow one another, gathered from their columns and sorted by shard: what threads do at the same time, each for a
//! range of its own.

use std::ops;

use ahash::RandomState;

use crate::flow::key::Ports;
use crate::flow::packet::{Columns, Packet};
use crate::flow::rules::Rules;

/// More than there are threads, as often as not; enough that a shard's index stays in the cache.
pub const SHARDS: usize = 64;

/// Rows of later fragments, in ascending order, with the ports of the first one.
pub type Resolved = Vec<(usize, Ports)>;

/// What packets are gathered by.
pub struct Gather {
    pub rules: Rules,
    hasher: RandomState,
}

impl Gather {
    pub fn new(rules: Rules) -> Self {
        Self { rules, hasher: RandomState::new() }
    }
}

/// The packets of a range of rows, by shard.
pub struct Range {
    pub packets: Vec<Vec<Packet>>,
}

impl Default for Range {
    fn default() -> Self {
        Self { packets: (0..SHARDS).map(|_| Vec::new()).collect() }
    }
}

impl Range {
    /// Takes the packets in `rows` of `columns` in place of those it had.
    pub fn gather(&mut self, columns: &Columns, rows: ops::Range<usize>, resolved: &[(usize, Ports)], by: &Gather) {
        let Gather { rules, hasher } = by;
        self.packets.iter_mut().for_each(Vec::clear);
        let first = rows.start;
        let mut clock = i64::MIN;
        for row in rows {
            let is_ip = columns.is_ip(row);
            if is_ip || !rules.in_order {
                clock = clock.max(rules.cut(columns.time[row]));
            }
            if !is_ip {
                continue;
            }
            let ports = if columns.is_fragment(row) && !columns.is_first_fragment(row) {
                let at = resolved.binary_search_by_key(&row, |(row, _)| *row);
                at.map_or_else(|_| Ports::default(), |at| resolved[at].1)
            } else {
                columns.ports(row, rules)
            };
            let mut packet = columns.packet(row, ports, rules, hasher);
            packet.row = (row - first) as u32;
            packet.clock = clock;
            self.packets[(packet.hash >> 32) as usize % SHARDS].push(packet);
        }
    }
}
