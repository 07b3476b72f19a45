//! The flows of a part of all keys: packets come in, flows that are over go out.

use crate::flow::history::Event;
use crate::flow::index::Index;
use crate::flow::packet::Packet;
use crate::flow::rules::Rules;
use crate::flow::server_ports::is_server_port;
use crate::flow::state::{EndReason, Flow, NOWHERE};
use crate::flow::statistics::{Statistics, Step};
use crate::flow::tcp::{ORIGINATOR, RESPONDER, Segment, Tcp, flag};

/// So many packets are looked up together, so that memory answers for all of them in the time of one.
const TOGETHER: usize = 16;

pub type Pair = [[u8; 16]; 2];

/// Things of flows, in places that are used again.
pub struct Slab<T> {
    pub items: Vec<T>,
    free: Vec<u32>,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self { items: Vec::new(), free: Vec::new() }
    }
}

impl<T: Copy> Slab<T> {
    fn put(&mut self, item: T) -> u32 {
        if let Some(place) = self.free.pop() {
            self.items[place as usize] = item;
            return place;
        }
        self.items.push(item);
        self.items.len() as u32 - 1
    }

    fn take(&mut self, place: u32) -> T {
        self.free.push(place);
        self.items[place as usize]
    }
}

/// Flows that are over.
#[derive(Default)]
pub struct Finished {
    pub flows: Vec<Flow>,
    pub connections: Vec<Tcp>,
    pub addresses: Vec<Pair>,
    /// Of each flow, if they are kept.
    pub statistics: Vec<Statistics>,
    /// So many of each flow as are kept.
    pub steps: Vec<Step>,
    /// When each was over: the clock, and the row that ended it; that of timeouts comes after all rows.
    pub ends: Vec<(i64, u64)>,
}

/// What packets of a batch share.
pub struct Batch<'a> {
    pub rules: &'a Rules,
    pub ipv6: &'a [[u8; 16]],
    /// Number of the batch's first packet among all packets.
    pub first_row: u64,
}

pub struct Shard {
    index: Index,
    flows: Slab<Flow>,
    connections: Slab<Tcp>,
    addresses: Slab<Pair>,
    /// By the flows' slots, if they are kept.
    statistics: Vec<Statistics>,
    steps: Vec<Step>,
    pub finished: Finished,
    /// Row in the batch and first row of the flow, if asked for.
    pub owners: Vec<(u32, u64)>,
    /// No open flow is over before the clock is past this.
    next_due: i64,
}

impl Default for Shard {
    fn default() -> Self {
        Self {
            index: Index::default(),
            flows: Slab::default(),
            connections: Slab::default(),
            addresses: Slab::default(),
            statistics: Vec::new(),
            steps: Vec::new(),
            finished: Finished::default(),
            owners: Vec::new(),
            next_due: i64::MAX,
        }
    }
}

impl Shard {
    /// Takes packets in their order; the clock stood at `clock` before them.
    pub fn add(&mut self, packets: &[Packet], clock: i64, batch: &Batch, note_owners: bool) {
        for packets in packets.chunks(TOGETHER) {
            self.look_ahead(packets);
            for packet in packets {
                let clock = packet.clock.max(clock);
                let time = if batch.rules.in_order { clock } else { packet.time };
                let packet = &Packet { time, ..*packet };
                let slot = self.flow_of(packet, clock, batch);
                if note_owners {
                    self.owners.push((packet.row, self.flows.items[slot as usize].first_row));
                }
                self.flows.items[slot as usize].last_clock = clock;
                self.update(slot, packet, batch.rules);
            }
        }
    }

    /// Touches the memory that the packets will need. The sum keeps the loads from being left out.
    fn look_ahead(&self, packets: &[Packet]) {
        let mut slots = [NOWHERE; TOGETHER];
        for (slot, packet) in slots.iter_mut().zip(packets) {
            *slot = self.index.likely(packet.hash).unwrap_or(NOWHERE);
        }
        let touched =
            slots.iter().filter_map(|slot| self.flows.items.get(*slot as usize)).map(|flow| flow.tcp).fold(0, u32::wrapping_add);
        std::hint::black_box(touched);
    }

    fn find(&self, packet: &Packet, ipv6: &[[u8; 16]]) -> Option<u32> {
        let (rest, is_ipv6) = (packet.key.rest(), packet.key.ip_version == 6);
        self.index.find(packet.hash, |slot| {
            let key = &self.flows.items[slot as usize].key;
            if key.rest() != rest {
                return false;
            }
            if is_ipv6 {
                return self.addresses.items[key.addresses[0] as usize] == packet.key.addresses.map(|place| ipv6[place as usize]);
            }
            key.addresses == packet.key.addresses
        })
    }

    /// The slot of the packet's flow, which may begin with it.
    fn flow_of(&mut self, packet: &Packet, clock: i64, batch: &Batch) -> u32 {
        let Some(slot) = self.find(packet, batch.ipv6) else {
            let slot = self.flows.put(Flow::default());
            self.index.insert(packet.hash, slot);
            self.begin(slot, packet, batch);
            return slot;
        };
        let due = self.due(slot, batch.rules);
        let flow = &self.flows.items[slot as usize];
        let ended = if due < clock {
            Some((self.timeout_reason(flow, batch.rules), due, u64::MAX))
        } else {
            let row = batch.first_row + u64::from(packet.row);
            self.ended_by(flow, packet, batch.rules).map(|reason| (reason, clock, row))
        };
        if let Some((reason, clock_then, row)) = ended {
            self.finish(slot, reason, (clock_then, row));
            self.begin(slot, packet, batch);
        }
        slot
    }

    /// The clock after which the flow is over.
    fn due(&self, slot: u32, rules: &Rules) -> i64 {
        let flow = &self.flows.items[slot as usize];
        let idle = flow.last_clock.saturating_add(rules.idle_timeout_of(flow.key.protocol));
        if flow.tcp == NOWHERE || !rules.tcp_ends {
            return idle;
        }
        let tcp = &self.connections.items[flow.tcp as usize];
        match rules.attempt_timeout {
            Some(timeout) if tcp.is_attempt() => idle.min(flow.first_seen.saturating_add(timeout)),
            _ => idle.min(tcp.deadline),
        }
    }

    fn timeout_reason(&self, flow: &Flow, rules: &Rules) -> EndReason {
        let closed = rules.tcp_ends && flow.tcp != NOWHERE && self.connections.items[flow.tcp as usize].is_closed();
        if closed { EndReason::EndOfFlow } else { EndReason::Idle }
    }

    /// Why the packet can not belong to the flow, if it can not.
    fn ended_by(&self, flow: &Flow, packet: &Packet, rules: &Rules) -> Option<EndReason> {
        if packet.time.saturating_sub(flow.first_seen) > rules.active_timeout {
            return Some(EndReason::Active);
        }
        if flow.is_full() {
            return Some(EndReason::LackOfResources);
        }
        let reused = rules.tcp_ends
            && packet.is_tcp
            && packet.flags & flag::SYN != 0
            && flow.tcp != NOWHERE
            && self.connections.items[flow.tcp as usize].is_reused_by(&segment(packet));
        reused.then_some(EndReason::EndOfFlow)
    }

    fn begin(&mut self, slot: u32, packet: &Packet, batch: &Batch) {
        let forward = !(batch.rules.guess_roles && is_answer(packet));
        let mut flow = Flow::new(packet, forward, batch.first_row + u64::from(packet.row));
        if packet.key.ip_version == 6 {
            let pair = packet.key.addresses.map(|place| batch.ipv6[place as usize]);
            flow.key.addresses = [self.addresses.put(pair), 0];
        }
        if packet.is_tcp {
            let mut tcp = Tcp::default();
            if flow.guessed {
                tcp.history.push(Event::Flip, true);
            }
            flow.tcp = self.connections.put(tcp);
        }
        self.flows.items[slot as usize] = flow;
        self.clear_statistics(slot as usize, batch.rules);
        self.next_due = self.next_due.min(packet.time.saturating_add(batch.rules.shortest_timeout()));
    }

    fn clear_statistics(&mut self, slot: usize, rules: &Rules) {
        if rules.statistics {
            if slot == self.statistics.len() {
                self.statistics.push(Statistics::default());
            } else {
                self.statistics[slot] = Statistics::default();
            }
            let steps = slot * rules.sequence;
            self.steps.resize(self.steps.len().max(steps + rules.sequence), Step::default());
            self.steps[steps..steps + rules.sequence].fill(Step::default());
        }
    }

    #[inline]
    fn update(&mut self, slot: u32, packet: &Packet, rules: &Rules) {
        let flow = &mut self.flows.items[slot as usize];
        let direction = flow.direction(packet);
        let number = flow.total_packets() as usize;
        flow.count(packet, direction);
        if rules.statistics {
            let gap = self.statistics[slot as usize].add(packet, rules.cut(packet.time), direction);
            if number < rules.sequence {
                let direction = if direction == 0 { 1 } else { -1 };
                self.steps[slot as usize * rules.sequence + number] = Step { gap: gap as i64, size: packet.length, direction };
            }
        }
        if packet.is_tcp && flow.tcp != NOWHERE {
            let from = if direction == 0 { ORIGINATOR } else { RESPONDER };
            let tcp = &mut self.connections.items[flow.tcp as usize];
            if tcp.add(&segment(packet), from, rules) {
                flow.exchange();
                if rules.statistics {
                    self.statistics[slot as usize].exchange();
                    let steps = &mut self.steps[slot as usize * rules.sequence..][..rules.sequence];
                    for step in steps {
                        step.direction = -step.direction;
                    }
                }
            }
            let tcp = &self.connections.items[self.flows.items[slot as usize].tcp as usize];
            self.next_due = self.next_due.min(tcp.deadline);
        }
    }

    /// Moves a flow to those that are over; its slot is free.
    fn finish(&mut self, slot: u32, reason: EndReason, end: (i64, u64)) {
        let flow = &mut self.flows.items[slot as usize];
        flow.open = false;
        let mut flow = *flow;
        flow.end_reason = reason;
        if flow.key.ip_version == 6 {
            self.finished.addresses.push(self.addresses.take(flow.key.addresses[0]));
            flow.key.addresses[0] = self.finished.addresses.len() as u32 - 1;
        }
        if flow.tcp != NOWHERE {
            self.finished.connections.push(self.connections.take(flow.tcp));
            flow.tcp = self.finished.connections.len() as u32 - 1;
        }
        if !self.statistics.is_empty() {
            self.finished.statistics.push(self.statistics[slot as usize]);
            let sequence = self.steps.len() / self.statistics.len();
            self.finished.steps.extend_from_slice(&self.steps[slot as usize * sequence..][..sequence]);
        }
        self.finished.flows.push(flow);
        self.finished.ends.push(end);
    }

    fn remove(&mut self, slot: u32, reason: EndReason, end: (i64, u64)) {
        self.index.remove(self.flows.items[slot as usize].hash, slot);
        self.finish(slot, reason, end);
        self.flows.free.push(slot);
    }

    /// Ends all flows that are over at this time.
    pub fn sweep(&mut self, clock: i64, rules: &Rules) {
        if clock <= self.next_due {
            return;
        }
        let mut next = i64::MAX;
        for slot in 0..self.flows.items.len() as u32 {
            let flow = &self.flows.items[slot as usize];
            if !flow.open {
                continue;
            }
            let due = self.due(slot, rules);
            if due < clock {
                let reason = self.timeout_reason(flow, rules);
                self.remove(slot, reason, (due, u64::MAX));
            } else {
                next = next.min(due);
            }
        }
        self.next_due = next;
    }

    /// Ends all flows: the capture is over.
    pub fn end(&mut self, clock: i64, rules: &Rules) {
        self.next_due = i64::MIN;
        self.sweep(clock, rules);
        for slot in 0..self.flows.items.len() as u32 {
            let flow = &self.flows.items[slot as usize];
            if flow.open {
                let reason = match self.timeout_reason(flow, rules) {
                    EndReason::Idle => EndReason::Forced,
                    reason => reason,
                };
                self.remove(slot, reason, (i64::MAX, u64::MAX));
            }
        }
    }
}

fn segment(packet: &Packet) -> Segment {
    let Packet { time, seq, ack, payload, window, flags, .. } = *packet;
    Segment { time, seq, ack, payload, window, flags }
}

/// Whether a flow that begins without a SYN seems to begin with an answer: it comes from a well-known port.
fn is_answer(packet: &Packet) -> bool {
    let [low, high] = packet.key.ports;
    let (src, dst) = if packet.from_low { (low, high) } else { (high, low) };
    let protocol = packet.key.protocol;
    if !is_server_port(protocol, src) || packet.is_tcp && packet.flags & (flag::SYN | flag::ACK) == flag::SYN {
        return false;
    }
    if is_server_port(protocol, dst) {
        return packet.is_tcp && packet.flags & flag::SYN == 0 && src < dst;
    }
    !is_broadcast(packet)
}

fn is_broadcast(packet: &Packet) -> bool {
    let [low, high] = packet.key.addresses;
    packet.key.ip_version == 4 && (if packet.from_low { high } else { low }) == u32::MAX
}
