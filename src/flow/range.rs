//! Packets that follow one another: what threads gather at the same time, each for a range of its own.

use ahash::RandomState;

use crate::flow::fragments::{Datagram, Fragments};
use crate::flow::key::Ports;
use crate::flow::packet::{Fields, Packet};
use crate::flow::rules::Rules;

/// More than there are threads, as often as not; enough that a shard's index stays in the cache.
pub const SHARDS: usize = 32;

/// What packets are gathered by.
pub struct Gather {
    pub rules: Rules,
    pub hasher: RandomState,
}

impl Gather {
    pub fn new(rules: Rules) -> Self {
        Self { rules, hasher: RandomState::new() }
    }
}

/// The packets of a range of rows.
pub struct Range {
    /// Those that belong to a flow.
    packets: Vec<Packet>,
    fragments: Vec<Fragment>,
    pub rows: u32,
    /// The latest time that the clock goes by.
    pub latest: i64,
    /// Places of the packets by shard.
    shards: Vec<Vec<u32>>,
}

struct Fragment {
    datagram: Datagram,
    time: i64,
    is: Which,
}

enum Which {
    /// It has the ports.
    First(Ports),
    /// The packet at this place, which lacks them.
    Later(usize, Fields),
}

impl Default for Range {
    fn default() -> Self {
        let shards = (0..SHARDS).map(|_| Vec::new()).collect();
        Self { packets: Vec::new(), fragments: Vec::new(), rows: 0, latest: i64::MIN, shards }
    }
}

impl Range {
    pub fn clear(&mut self) {
        self.packets.clear();
        self.fragments.clear();
        (self.rows, self.latest) = (0, i64::MIN);
    }

    /// Takes the packet in the next row; `ipv6` are the addresses of which it has the places.
    #[inline]
    pub fn push(&mut self, fields: &Fields, ipv6: &[[u8; 16]], by: &Gather) {
        let row = self.rows;
        self.rows += 1;
        if fields.is_ip() || !by.rules.in_order {
            self.latest = self.latest.max(by.rules.cut(fields.time));
        }
        if !fields.is_ip() {
            return;
        }
        let mut ports = fields.ports(&by.rules);
        if fields.is_fragment() {
            let is_first = fields.is_first_fragment();
            let is = if is_first { Which::First(ports) } else { Which::Later(self.packets.len(), *fields) };
            self.fragments.push(Fragment { datagram: fields.datagram(ipv6), time: fields.time, is });
            ports = if is_first { ports } else { Ports::default() };
        }
        self.packets.push(Packet { row, clock: self.latest, ..fields.packet(ports, ipv6, by) });
    }

    /// Gives later fragments the ports of the first one, where it was seen, in this range or before.
    pub fn resolve(&mut self, seen: &mut Fragments, ipv6: &[[u8; 16]], by: &Gather) {
        for Fragment { datagram, time, is } in self.fragments.drain(..) {
            match is {
                Which::First(ports) => seen.begin(datagram, ports, time),
                Which::Later(place, fields) => {
                    if let Some(ports) = seen.find(&datagram, time) {
                        let Packet { clock, row, .. } = self.packets[place];
                        self.packets[place] = Packet { clock, row, ..fields.packet(ports, ipv6, by) };
                    }
                }
            }
        }
    }

    /// The packets, and the places of those of each shard.
    pub fn by_shard(&mut self) -> (&[Packet], impl Iterator<Item = &[u32]>) {
        self.shards.iter_mut().for_each(Vec::clear);
        for (packet, place) in self.packets.iter().zip(0..) {
            self.shards[(packet.hash >> 32) as usize % SHARDS].push(place);
        }
        (&self.packets, self.shards.iter().map(Vec::as_slice))
    }
}
