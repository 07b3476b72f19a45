//! Statistics of a flow's packets: sizes, times between packets, flags, bulks, subflows, times of activity and of idleness.
//!
//! Everything is kept in whole numbers, sums of squares included, so that means and deviations are exact whatever the order of
//! magnitude; they become fractions when a table is made. Definitions are in `docs/flow-features.md`.

#![allow(clippy::cast_precision_loss, reason = "means and deviations are fractions")]

use crate::flow::packet::Packet;
use crate::flow::rules::SECOND;
use crate::flow::state::{Both, Flow};

/// The flags that are counted: FIN, SYN, RST, PSH, ACK, URG, ECE, CWR, each at the place of its bit.
pub const FLAGS: usize = 8;
/// A longer silence begins a new subflow, and ends a bulk.
const SUBFLOW_GAP: i64 = SECOND;
/// A longer silence is idleness.
const ACTIVITY_GAP: i64 = 5 * SECOND;
/// So many packets with payload make a bulk.
const BULK: u32 = 4;

/// A number of 128 bits that does not ask for more alignment than its halves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Wide([u64; 2]);

impl Wide {
    #[inline]
    fn get(self) -> u128 {
        u128::from(self.0[1]) << 64 | u128::from(self.0[0])
    }

    #[inline]
    fn add(&mut self, value: u128) {
        let sum = self.get().saturating_add(value);
        self.0 = [sum as u64, (sum >> 64) as u64];
    }
}

/// Least, greatest and sum of squares of sizes; their sum and number are known from elsewhere.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    min: u32,
    max: u32,
    squares: Wide,
}

impl Sizes {
    const NEW: Self = Self { min: u32::MAX, max: 0, squares: Wide([0; 2]) };

    #[inline]
    fn add(&mut self, size: u32) {
        self.min = self.min.min(size);
        self.max = self.max.max(size);
        self.squares.add(u128::from(size) * u128::from(size));
    }

    /// As a spread, with the sum.
    pub fn spread(&self, sum: u64) -> Spread {
        let min = if self.min > self.max { u64::MAX } else { self.min.into() };
        Spread { min, max: self.max.into(), sum, squares: self.squares }
    }
}

/// Least, greatest, sum and sum of squares; how many values there are is known from elsewhere.
#[derive(Clone, Copy, Debug)]
pub struct Spread {
    pub min: u64,
    pub max: u64,
    pub sum: u64,
    squares: Wide,
}

impl Spread {
    const NEW: Self = Self { min: u64::MAX, max: 0, sum: 0, squares: Wide([0; 2]) };
}

impl Default for Spread {
    fn default() -> Self {
        Self::NEW
    }
}

/// A spread of so many values. Each of its answers is worked out by itself: a deviation costs more than all others.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sample {
    spread: Spread,
    count: u64,
}

impl Sample {
    /// 0 where there is no value, as the others are.
    #[inline]
    pub fn min(&self) -> u64 {
        if self.count == 0 { 0 } else { self.spread.min }
    }

    #[inline]
    pub fn max(&self) -> u64 {
        if self.count == 0 { 0 } else { self.spread.max }
    }

    #[inline]
    pub fn mean(&self) -> f64 {
        if self.count == 0 { 0.0 } else { self.spread.sum as f64 / self.count as f64 }
    }

    /// Standard deviation of a sample, with `count - 1`; 0 of a single value.
    #[inline]
    pub fn std(&self) -> f64 {
        if self.count < 2 { 0.0 } else { self.spread.variance(self.count).sqrt() }
    }
}

impl Spread {
    #[inline]
    fn add(&mut self, value: u64) {
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        self.sum = self.sum.saturating_add(value);
        self.squares.add(u128::from(value) * u128::from(value));
    }

    /// Both directions together.
    #[must_use]
    pub fn with(&self, other: &Self) -> Self {
        let mut squares = self.squares;
        squares.add(other.squares.get());
        Self { min: self.min.min(other.min), max: self.max.max(other.max), sum: self.sum.saturating_add(other.sum), squares }
    }

    /// Of one value.
    pub fn of_one(value: u64) -> Self {
        let mut spread = Self::NEW;
        spread.add(value);
        spread
    }

    #[inline]
    pub fn sample(self, count: u64) -> Sample {
        Sample { spread: self, count }
    }

    fn variance(&self, count: u64) -> f64 {
        let (n, sum) = (u128::from(count), u128::from(self.sum));
        let exact = n.checked_mul(self.squares.get()).and_then(|all| all.checked_sub(sum * sum));
        let times_n = match exact {
            Some(exact) => exact as f64,
            // Beyond 128 bits: centuries between packets.
            None => (count as f64 * self.squares.get() as f64 - (self.sum as f64).powi(2)).max(0.0),
        };
        times_n / (count as f64 * (count - 1) as f64)
    }
}

/// Packets with payload that follow one another in one direction.
#[derive(Clone, Copy, Debug, Default)]
struct Run {
    direction: u8,
    packets: u32,
    bytes: u64,
    since: i64,
    last: i64,
}

/// The bulks of a direction.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bulks {
    pub count: u32,
    pub packets: u32,
    pub bytes: u64,
    /// Nanoseconds.
    pub duration: u64,
}

#[derive(Clone, Copy, Debug)]
pub struct Statistics {
    /// Of bytes on the wire, and of transport payload.
    pub sizes: Both<Sizes>,
    pub payloads: Both<Sizes>,
    /// Nanoseconds between packets: forward, reverse, of either direction.
    pub gaps: [Spread; 3],
    pub first_seen: Both<i64>,
    pub last_seen: Both<i64>,
    pub flags: Both<[u32; FLAGS]>,
    /// Bytes of headers behind the fixed part of IP's.
    pub header_bytes: Both<u64>,
    pub header_min: Both<u32>,
    /// Packets with payload.
    pub data_packets: Both<u32>,
    pub bulks: Both<Bulks>,
    run: Run,
    pub subflows: u32,
    /// How many times the flow became idle.
    pub idle_count: u32,
    pub active: Spread,
    pub idle: Spread,
    active_since: i64,
    latest: i64,
    begun: Both<bool>,
}

impl Statistics {
    /// Of no packets. A constant, which is copied to its place at once.
    pub const NEW: Self = Self {
        sizes: [Sizes::NEW; 2],
        payloads: [Sizes::NEW; 2],
        gaps: [Spread::NEW; 3],
        first_seen: [0; 2],
        last_seen: [0; 2],
        flags: [[0; FLAGS]; 2],
        header_bytes: [0; 2],
        header_min: [u32::MAX; 2],
        data_packets: [0; 2],
        bulks: [Bulks { count: 0, packets: 0, bytes: 0, duration: 0 }; 2],
        run: Run { direction: 0, packets: 0, bytes: 0, since: 0, last: 0 },
        subflows: 1,
        idle_count: 0,
        active: Spread::NEW,
        idle: Spread::NEW,
        active_since: 0,
        latest: 0,
        begun: [false; 2],
    };
}

/// Nanoseconds since a time, none if it is later.
fn since(time: i64, earlier: i64) -> u64 {
    time.checked_sub(earlier).map_or(if time > earlier { i64::MAX as u64 } else { 0 }, |gap| gap.max(0) as u64)
}

impl Statistics {
    /// Those of a flow that has had one packet.
    pub fn of_one(flow: &Flow) -> Self {
        let direction = usize::from(flow.packets[0] == 0);
        let packet = Packet {
            length: flow.bytes[direction] as u32,
            payload: flow.payload_bytes[direction] as u32,
            header: flow.first.header,
            flags: flow.first.flags,
            ..Packet::default()
        };
        let mut statistics = Self::NEW;
        statistics.add(&packet, flow.first_seen, direction);
        statistics
    }

    /// Something from each of its cache lines.
    #[inline]
    pub fn touch(&self) -> u64 {
        let spreads = self.gaps.iter().chain([&self.active, &self.idle]).fold(0, |all, spread| all ^ spread.sum);
        let sizes = u64::from(self.sizes[0].min ^ self.payloads[0].min ^ self.flags[0][0] ^ self.flags[1][FLAGS - 1]);
        spreads ^ sizes ^ self.bulks[0].bytes ^ self.latest as u64
    }

    /// Takes a packet of direction 0 or 1 at a time; how long it came after the one before.
    pub fn add(&mut self, packet: &Packet, time: i64, direction: usize) -> u64 {
        self.sizes[direction].add(packet.length);
        self.payloads[direction].add(packet.payload);
        self.data_packets[direction] += u32::from(packet.payload > 0);
        self.header_bytes[direction] += u64::from(packet.header);
        self.header_min[direction] = self.header_min[direction].min(packet.header);
        for (bit, count) in self.flags[direction].iter_mut().enumerate() {
            *count += u32::from(packet.flags >> bit & 1);
        }
        let gap = self.note_time(time, direction);
        if packet.payload > 0 {
            self.note_payload(packet.payload, time, direction);
        }
        gap
    }

    fn note_time(&mut self, time: i64, direction: usize) -> u64 {
        let first = !(self.begun[0] || self.begun[1]);
        let mut gap = 0;
        if first {
            (self.latest, self.active_since) = (time, time);
        } else {
            gap = since(time, self.latest);
            self.gaps[2].add(gap);
            self.note_silence(gap, time);
            self.latest = self.latest.max(time);
        }
        if self.begun[direction] {
            self.gaps[direction].add(since(time, self.last_seen[direction]));
            self.first_seen[direction] = self.first_seen[direction].min(time);
            self.last_seen[direction] = self.last_seen[direction].max(time);
        } else {
            (self.first_seen[direction], self.last_seen[direction]) = (time, time);
            self.begun[direction] = true;
        }
        gap
    }

    fn note_silence(&mut self, gap: u64, time: i64) {
        if gap > SUBFLOW_GAP as u64 {
            self.subflows = self.subflows.saturating_add(1);
        }
        if gap > ACTIVITY_GAP as u64 {
            self.active.add(since(self.latest, self.active_since));
            self.idle.add(gap);
            self.idle_count = self.idle_count.saturating_add(1);
            self.active_since = time;
        }
    }

    fn note_payload(&mut self, payload: u32, time: i64, direction: usize) {
        let (payload, gap) = (u64::from(payload), since(time, self.run.last));
        let goes_on = self.run.packets > 0 && usize::from(self.run.direction) == direction && gap <= SUBFLOW_GAP as u64;
        if !goes_on {
            self.run = Run { direction: direction as u8, packets: 1, bytes: payload, since: time, last: time };
            return;
        }
        self.run.packets = self.run.packets.saturating_add(1);
        self.run.bytes += payload;
        let bulks = &mut self.bulks[direction];
        if self.run.packets == BULK {
            bulks.count += 1;
            bulks.packets += BULK;
            bulks.bytes += self.run.bytes;
            bulks.duration += since(time, self.run.since);
        } else if self.run.packets > BULK {
            bulks.packets = bulks.packets.saturating_add(1);
            bulks.bytes += payload;
            bulks.duration += gap;
        }
        self.run.last = self.run.last.max(time);
    }

    /// Forward becomes reverse.
    pub fn exchange(&mut self) {
        self.sizes.swap(0, 1);
        self.payloads.swap(0, 1);
        self.gaps.swap(0, 1);
        self.first_seen.swap(0, 1);
        self.last_seen.swap(0, 1);
        self.flags.swap(0, 1);
        self.header_bytes.swap(0, 1);
        self.header_min.swap(0, 1);
        self.data_packets.swap(0, 1);
        self.bulks.swap(0, 1);
        self.begun.swap(0, 1);
        self.run.direction = 1 - self.run.direction.min(1);
    }
}

/// One of the first packets of a flow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Nanoseconds since the packet before.
    pub gap: i64,
    /// Bytes on the wire.
    pub size: u32,
    /// 1 forward, -1 reverse, 0 where the flow has no such packet.
    pub direction: i8,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(milliseconds: i64, length: u32, payload: u32) -> Packet {
        Packet { time: milliseconds * 1_000_000, length, payload, ..Packet::default() }
    }

    /// Packets as direction, milliseconds and payload; 40 bytes of headers each.
    fn statistics(packets: &[(usize, i64, u32)]) -> Statistics {
        let mut statistics = Statistics::NEW;
        for (direction, milliseconds, payload) in packets {
            let packet = packet(*milliseconds, payload + 40, *payload);
            statistics.add(&packet, packet.time, *direction);
        }
        statistics
    }

    fn answers(spread: Spread, count: u64) -> (u64, u64, f64, f64) {
        let sample = spread.sample(count);
        (sample.min(), sample.max(), sample.mean(), sample.std())
    }

    #[test]
    fn spread_by_hand() {
        let mut spread = Spread::default();
        for value in [2, 4, 4, 4, 5, 5, 7, 9] {
            spread.add(value);
        }
        // Mean 5, squares of deviations 9+1+1+1+0+0+4+16 = 32, over 7.
        assert_eq!(answers(spread, 8), (2, 9, 5.0, (32.0_f64 / 7.0).sqrt()));
        assert_eq!(answers(Spread::default(), 0), (0, 0, 0.0, 0.0));
        let mut one = Spread::default();
        one.add(7);
        assert_eq!(answers(one, 1), (7, 7, 7.0, 0.0));
        // Nothing cancels out: centuries, a nanosecond apart.
        let mut far = Spread::default();
        for value in [u64::from(u32::MAX) << 28, (u64::from(u32::MAX) << 28) + 2] {
            far.add(value);
        }
        assert!((far.sample(2).std() - 2.0_f64.sqrt()).abs() < 1e-12);
        let mut beyond = Spread::default();
        (0..8).for_each(|_| beyond.add(i64::MAX as u64));
        assert!(beyond.sample(8).std().is_finite());
    }

    #[test]
    fn gaps_by_hand() {
        let s = statistics(&[(0, 0, 0), (1, 10, 0), (0, 30, 0), (0, 35, 0)]);
        let gaps = |which: usize, count| {
            let sample = s.gaps[which].sample(count);
            (sample.min() / 1_000_000, sample.max() / 1_000_000, s.gaps[which].sum / 1_000_000)
        };
        // Forward 30, 5; either 10, 20, 5.
        assert_eq!((gaps(0, 2), gaps(2, 3)), ((5, 30, 35), (5, 20, 35)));
        assert_eq!(answers(s.gaps[1], 0), (0, 0, 0.0, 0.0));
        assert_eq!((s.first_seen, s.last_seen), ([0, 10_000_000], [35_000_000, 10_000_000]));
    }

    #[test]
    fn times_that_go_backwards_have_no_gap() {
        let s = statistics(&[(0, 100, 0), (0, 40, 0), (0, 110, 0)]);
        assert_eq!((s.gaps[0].min, s.gaps[0].max, s.gaps[0].sum), (0, 10_000_000, 10_000_000));
        assert_eq!((s.first_seen[0], s.last_seen[0]), (40_000_000, 110_000_000));
        let mut s = Statistics::NEW;
        for time in [i64::MIN, i64::MAX, i64::MIN] {
            s.add(&Packet::default(), time, 0);
        }
        assert_eq!((s.gaps[2].min, s.gaps[2].max), (0, i64::MAX as u64));
    }

    #[test]
    fn a_bulk_is_four_packets_of_one_side_within_a_second_each() {
        let three = statistics(&[(0, 0, 10), (0, 1, 10), (0, 2, 10)]);
        assert_eq!(three.bulks[0].count, 0);
        // Packets without payload do not interrupt it.
        let four = statistics(&[(0, 0, 10), (0, 1, 10), (1, 2, 0), (0, 3, 10), (0, 10, 20), (0, 1010, 5)]);
        let Bulks { count, packets, bytes, duration } = four.bulks[0];
        assert_eq!((count, packets, bytes, duration), (1, 5, 55, 1_010_000_000));
        let interrupted = statistics(&[(0, 0, 10), (0, 1, 10), (1, 2, 1), (0, 3, 10), (0, 10, 20)]);
        assert_eq!(interrupted.bulks[0].count, 0);
        let slow = statistics(&[(0, 0, 10), (0, 1, 10), (0, 2, 10), (0, 1003, 20)]);
        assert_eq!(slow.bulks[0].count, 0);
        let two =
            statistics(&[(1, 0, 1), (1, 0, 1), (1, 0, 1), (1, 0, 1), (0, 5, 1), (1, 6, 2), (1, 7, 2), (1, 8, 2), (1, 9, 2)]);
        assert_eq!((two.bulks[1].count, two.bulks[1].packets, two.bulks[1].bytes, two.bulks[1].duration), (2, 8, 12, 3_000_000));
    }

    #[test]
    fn subflows_activity_and_idleness() {
        // Silences of 1 s (not longer than a second), 2 s and 6 s.
        let s = statistics(&[(0, 0, 0), (0, 1000, 0), (1, 3000, 0), (0, 9000, 0), (0, 9500, 0)]);
        assert_eq!((s.subflows, s.idle_count), (3, 1));
        assert_eq!((s.active.sum, s.idle.sum), (3 * SECOND as u64, 6 * SECOND as u64));
        // It never became idle.
        assert_eq!((statistics(&[(0, 0, 0), (0, 5000, 0)]).idle_count, statistics(&[(0, 0, 0)]).subflows), (0, 1));
    }

    #[test]
    fn exchange_is_seeing_it_from_the_other_side() {
        let packets = [(0, 0, 5), (1, 10, 7), (0, 30, 0), (1, 35, 9), (1, 36, 9), (1, 37, 9), (1, 38, 9)];
        let mut one = statistics(&packets);
        one.exchange();
        let other = statistics(&packets.map(|(direction, time, payload)| (1 - direction, time, payload)));
        assert_eq!(format!("{one:?}"), format!("{other:?}"));
    }
}
