//! The flows of a part of all keys: packets come in, flows that are over go out.

use crate::flow::columns::Record;
use crate::flow::history::Event;
use crate::flow::index::{Index, tag};
use crate::flow::packet::Packet;
use crate::flow::rules::Rules;
use crate::flow::server_ports::is_server_port;
use crate::flow::slab::Slab;
use crate::flow::state::{EndReason, First, Flow, NOWHERE};
use crate::flow::statistics::{Statistics, Step};
use crate::flow::tcp::{ORIGINATOR, RESPONDER, Segment, Tcp, flag};

/// So many packets are looked up together, so that memory answers for all of them in the time of one.
const TOGETHER: usize = 16;

type Pair = [[u8; 16]; 2];

/// A flow that is over. It keeps its slot until a table has it.
#[derive(Clone, Copy)]
pub struct Finished {
    pub slot: u32,
    pub first_row: u64,
    /// When it was over: the clock, and the row that ended it; that of timeouts comes after all rows.
    pub end: (i64, u64),
    is_ipv6: bool,
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
    /// Of flows of more than one packet, if they are kept.
    statistics: Slab<Statistics>,
    /// By the flows' slots.
    steps: Vec<Step>,
    pub finished: Vec<Finished>,
    /// Rows that have begun a flow.
    pub begins: Vec<u64>,
    /// Number of a packet and of its flow's first one among all packets, if asked for.
    pub owners: Vec<(u64, u64)>,
    /// No open flow is over before the clock is past this.
    next_due: i64,
    /// Packets since flows were last looked through for those that are over, and how many were left then.
    since_sweep: usize,
    left: usize,
}

impl Default for Shard {
    fn default() -> Self {
        Self {
            index: Index::default(),
            flows: Slab::default(),
            connections: Slab::default(),
            addresses: Slab::default(),
            statistics: Slab::default(),
            steps: Vec::new(),
            finished: Vec::new(),
            begins: Vec::new(),
            owners: Vec::new(),
            next_due: i64::MAX,
            since_sweep: 0,
            left: 0,
        }
    }
}

impl Shard {
    /// Takes those of the packets that have these places, in their order; the clock stood at `clock` before all of them.
    pub fn add(&mut self, packets: &[Packet], places: &[u32], clock: i64, batch: &Batch, note_owners: bool) {
        self.since_sweep += places.len();
        for places in places.chunks(TOGETHER) {
            self.look_ahead(packets, places);
            for place in places {
                let packet = &packets[*place as usize];
                let clock = packet.clock.max(clock);
                let in_order;
                let packet = if batch.rules.in_order {
                    in_order = Packet { time: clock, ..*packet };
                    &in_order
                } else {
                    packet
                };
                let slot = self.flow_of(packet, clock, batch);
                if note_owners {
                    self.owners.push((batch.first_row + u64::from(packet.row), self.flows.items[slot as usize].first_row));
                }
                self.flows.items[slot as usize].last_clock = clock;
                self.update(slot, packet, batch.rules);
            }
        }
    }

    /// Touches the memory that the packets will need. The sum keeps the loads from being left out.
    fn look_ahead(&self, packets: &[Packet], places: &[u32]) {
        let mut slots = [NOWHERE; TOGETHER];
        // A flow that begins takes the place that was free last.
        let mut free = self.flows.free.iter().rev();
        for (slot, place) in slots.iter_mut().zip(places) {
            let found = self.index.likely(tag(packets[*place as usize].hash));
            *slot = found.or_else(|| free.next().copied()).unwrap_or(NOWHERE);
        }
        let touch = |flow: &Flow| {
            let statistics = self.statistics.items.get(flow.statistics as usize);
            let tcp = self.connections.items.get(flow.tcp as usize);
            flow.touch() ^ tcp.map_or(0, Tcp::touch) ^ statistics.map_or(0, Statistics::touch)
        };
        let flows = slots.iter().filter_map(|slot| self.flows.items.get(*slot as usize));
        std::hint::black_box(flows.map(touch).fold(0, |all, one| all ^ one));
    }

    fn find(&self, packet: &Packet, ipv6: &[[u8; 16]]) -> Option<u32> {
        let (rest, is_ipv6) = (packet.key.rest(), packet.key.ip_version == 6);
        self.index.find(tag(packet.hash), |slot| {
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
            let slot = self.begin(packet, batch);
            self.index.insert(tag(packet.hash), slot);
            return slot;
        };
        let due = self.due(slot, batch.rules);
        let ended = if due < clock {
            Some((self.timeout_reason(&self.flows.items[slot as usize], batch.rules), due, u64::MAX))
        } else {
            self.follow(slot, batch.rules);
            let flow = &self.flows.items[slot as usize];
            let row = batch.first_row + u64::from(packet.row);
            self.ended_by(flow, packet, batch.rules).map(|reason| (reason, clock, row))
        };
        let Some((reason, clock_then, row)) = ended else { return slot };
        self.finish(slot, reason, (clock_then, row));
        let next = self.begin(packet, batch);
        self.index.replace(tag(packet.hash), slot, next);
        next
    }

    /// A flow that was but a SYN goes on: from now on its connection is kept.
    fn follow(&mut self, slot: u32, rules: &Rules) {
        let flow = &mut self.flows.items[slot as usize];
        if !flow.attempt {
            return;
        }
        let Flow { first_seen: time, first: First { seq, window, flags, .. }, .. } = *flow;
        flow.attempt = false;
        flow.tcp = self.connections.put(Tcp::after_syn(&Segment { time, seq, window, flags, ..Segment::default() }, rules));
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

    /// A new flow's slot.
    fn begin(&mut self, packet: &Packet, batch: &Batch) -> u32 {
        let forward = !(batch.rules.guess_roles && is_answer(packet));
        let first_row = batch.first_row + u64::from(packet.row);
        self.begins.push(first_row);
        let mut flow = Flow::new(packet, forward, first_row);
        if packet.key.ip_version == 6 {
            let pair = packet.key.addresses.map(|place| batch.ipv6[place as usize]);
            flow.key.addresses = [self.addresses.put(pair), 0];
        }
        flow.attempt = is_attempt(packet, &flow, batch.rules);
        if packet.is_tcp && !flow.attempt {
            let mut tcp = Tcp::default();
            if flow.guessed {
                tcp.history.push(Event::Flip, true);
            }
            flow.tcp = self.connections.put(tcp);
        }
        let slot = self.flows.put(flow);
        self.clear_steps(slot as usize, batch.rules);
        self.next_due = self.next_due.min(packet.time.saturating_add(batch.rules.shortest_timeout()));
        slot
    }

    fn clear_steps(&mut self, slot: usize, rules: &Rules) {
        let steps = slot * rules.sequence;
        self.steps.resize(self.steps.len().max(steps + rules.sequence), Step::default());
        self.steps[steps..steps + rules.sequence].fill(Step::default());
    }

    #[inline]
    fn update(&mut self, slot: u32, packet: &Packet, rules: &Rules) {
        let flow = &mut self.flows.items[slot as usize];
        let direction = flow.direction(packet);
        if rules.statistics {
            let number = flow.total_packets() as usize;
            if number == 1 {
                flow.statistics = self.statistics.put(Statistics::of_one(flow));
            }
            let statistics = self.statistics.items.get_mut(flow.statistics as usize);
            let gap = statistics.map_or(0, |statistics| statistics.add(packet, packet.time, direction));
            if number < rules.sequence {
                let direction = if direction == 0 { 1 } else { -1 };
                self.steps[slot as usize * rules.sequence + number] = Step { gap: gap as i64, size: packet.length, direction };
            }
        }
        flow.count(packet, direction);
        if packet.is_tcp && flow.tcp != NOWHERE {
            let from = if direction == 0 { ORIGINATOR } else { RESPONDER };
            let tcp = &mut self.connections.items[flow.tcp as usize];
            if tcp.add(&segment(packet), from, rules) {
                flow.exchange();
                if let Some(statistics) = self.statistics.items.get_mut(flow.statistics as usize) {
                    statistics.exchange();
                }
                if rules.statistics {
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

    /// A flow is over; it can still be found.
    fn finish(&mut self, slot: u32, reason: EndReason, end: (i64, u64)) {
        let flow = &mut self.flows.items[slot as usize];
        flow.open = false;
        flow.end_reason = reason;
        self.finished.push(Finished { slot, first_row: flow.first_row, end, is_ipv6: flow.key.ip_version == 6 });
    }

    fn remove(&mut self, slot: u32, reason: EndReason, end: (i64, u64)) {
        self.index.remove(self.flows.items[slot as usize].tag, slot);
        self.finish(slot, reason, end);
    }

    /// All that is known of a flow.
    #[inline]
    pub fn record(&self, slot: u32) -> Record<'_> {
        let flow = &self.flows.items[slot as usize];
        let tcp = self.connections.items.get(flow.tcp as usize);
        let tcp = if flow.attempt { Some(Tcp::attempt(flow.first.window)) } else { tcp };
        Record { flow, tcp, statistics: self.statistics.items.get(flow.statistics as usize) }
    }

    /// Bytes that flows take until they are rows.
    pub fn bytes(&self) -> usize {
        fn of<T>(items: &Vec<T>) -> usize {
            items.capacity() * size_of::<T>()
        }
        let slabs = of(&self.flows.items) + of(&self.connections.items) + of(&self.addresses.items) + of(&self.statistics.items);
        slabs + of(&self.steps) + of(&self.finished) + self.index.bytes()
    }

    /// The first packets of a flow, `sequence` of them.
    pub fn steps(&self, slot: u32, sequence: usize) -> &[Step] {
        &self.steps[slot as usize * sequence..][..sequence]
    }

    /// Gives the IPv6 addresses of flows that are over to `name`, whose answers take their place.
    pub fn name_addresses(&mut self, mut name: impl FnMut([u8; 16]) -> u32) {
        for Finished { slot, .. } in self.finished.iter().filter(|flow| flow.is_ipv6) {
            let key = &mut self.flows.items[*slot as usize].key;
            key.addresses = self.addresses.take(key.addresses[0]).map(&mut name);
        }
    }

    /// A table has the flows that are over: their slots are free.
    pub fn release(&mut self) {
        self.begins.clear();
        for Finished { slot, .. } in self.finished.drain(..) {
            let Flow { tcp, statistics, .. } = self.flows.items[slot as usize];
            if tcp != NOWHERE {
                self.connections.free.push(tcp);
            }
            if statistics != NOWHERE {
                self.statistics.free.push(statistics);
            }
            self.flows.free.push(slot);
        }
    }

    /// Ends all flows that are over at this time.
    pub fn sweep(&mut self, clock: i64, rules: &Rules) {
        if clock <= self.next_due {
            return;
        }
        (self.since_sweep, self.left) = (0, 0);
        self.index.touch();
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
                self.left += 1;
            }
        }
        self.next_due = next;
    }

    /// The same, if as many packets have come since the last time as flows were left then: so a packet pays for a look at two flows.
    pub fn sweep_now_and_then(&mut self, clock: i64, rules: &Rules) {
        if self.since_sweep >= self.left {
            self.sweep(clock, rules);
        }
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

/// Whether a flow begins with a SYN and nothing else, as most of those of scans and floods do, for which time is not short.
fn is_attempt(packet: &Packet, flow: &Flow, rules: &Rules) -> bool {
    let flags = packet.flags & (flag::SYN | flag::ACK | flag::RST | flag::FIN);
    packet.is_tcp && flags == flag::SYN && packet.payload == 0 && !flow.guessed && rules.attempt_timeout.is_none()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::key::Key;
    use crate::flow::rules::SECOND;

    #[test]
    fn a_flood_of_single_packets_needs_slots_for_those_that_are_open() {
        let (mut shard, rules) = (Shard::default(), Rules::default());
        for second in 0..100_000_u32 {
            let time = i64::from(second) * SECOND;
            let key = Key { addresses: [second, 1], ip_version: 4, protocol: 17, ..Key::default() };
            let packet = Packet { key, hash: u64::from(second) * 0x9e37_79b9, time, clock: time, ..Packet::default() };
            let batch = Batch { rules: &rules, ipv6: &[], first_row: second.into() };
            shard.add(&[packet], &[0], i64::MIN, &batch, false);
            shard.sweep_now_and_then(time, &rules);
            shard.release();
        }
        // 121 are open at a time, and as many again come until the next look.
        assert!(shard.flows.items.len() <= 2 * 121 + 2, "{}", shard.flows.items.len());
        assert!(shard.bytes() < 1 << 20);
    }
}
