//! A TCP connection as an observer follows it: states of both ends, `conn_state` and `history` by Zeek's definitions,
//! retransmissions and the handshake's time.
//!
//! <https://docs.zeek.org/en/master/scripts/base/protocols/conn/main.zeek.html>

use std::sync::LazyLock;

use crate::flow::history::{Event, History, is_due};
use crate::flow::rules::Rules;

pub mod flag {
    pub const FIN: u16 = 1;
    pub const SYN: u16 = 2;
    pub const RST: u16 = 4;
    pub const ACK: u16 = 16;
}

/// A jump of sequence numbers that is not believed of a SYN or RST, nor of an acknowledgment of 0.
const LARGE_JUMP: i32 = 1 << 20;

/// How far an end has come, as seen by what it sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum State {
    /// Nothing was seen of it.
    #[default]
    Inactive,
    SynSent,
    /// A SYN-ACK came where a SYN was due.
    SynAckSent,
    /// It sent without a handshake that was seen.
    Partial,
    Established,
    Closed,
    Reset,
}

impl State {
    fn has_not_opened(self) -> bool {
        matches!(self, Self::Inactive | Self::Partial)
    }
}

/// One end of a connection.
#[derive(Clone, Copy, Debug, Default)]
pub struct End {
    /// The sequence number of its SYN, or that which a SYN would have had.
    start: u32,
    /// What was sent and what was acknowledged, counted from `start`, the SYN included.
    sent: u64,
    acknowledged: u64,
    /// The stretch of sequence numbers in which something is missing; equal if nothing is.
    hole: (u32, u32),
    last_fin: u32,
    last_rst: u32,
    pub retransmitted: u32,
    pub out_of_order: u32,
    zero_windows: u16,
    gaps: u16,
    /// Its first window, not scaled.
    pub window: u16,
    /// Events that are in the history already.
    seen: u16,
    pub state: State,
    previous: State,
    closed: bool,
    has_fin: bool,
}

/// What a connection takes from a packet.
#[derive(Clone, Copy, Debug, Default)]
pub struct Segment {
    pub time: i64,
    pub seq: u32,
    pub ack: u32,
    pub payload: u32,
    pub window: u16,
    pub flags: u16,
}

impl Segment {
    #[inline]
    fn has(&self, flags: u16) -> bool {
        self.flags & flags != 0
    }

    /// The sequence numbers it takes.
    #[inline]
    fn span(&self) -> u32 {
        let payload = if self.has(flag::RST) { 0 } else { self.payload };
        payload.wrapping_add(u32::from(self.has(flag::SYN)) + u32::from(self.has(flag::FIN)))
    }
}

/// A connection; `ends[0]` is the originator.
#[derive(Clone, Copy, Debug)]
pub struct Tcp {
    pub ends: [End; 2],
    pub history: History,
    /// When the flow is over, whatever still comes.
    pub deadline: i64,
    /// The last packet's time until both ends were closed.
    pub last_time: i64,
    /// The time of the SYN; then the handshake's nanoseconds.
    handshake: i64,
    handshake_is: Handshake,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
enum Handshake {
    #[default]
    Unseen,
    Syn,
    SynAck,
    Complete,
}

/// The end of a connection that sent a packet.
pub const ORIGINATOR: usize = 0;
pub const RESPONDER: usize = 1;

impl Default for Tcp {
    fn default() -> Self {
        Self {
            ends: [End::default(); 2],
            history: History::default(),
            deadline: i64::MAX,
            last_time: i64::MIN,
            handshake: 0,
            handshake_is: Handshake::Unseen,
        }
    }
}

/// Zeek's `conn_state`s, in the order of their codes.
pub const CONN_STATES: &[(&str, &str)] = &[
    ("", "No connection."),
    ("S0", "Connection attempt seen, no reply."),
    ("S1", "Connection established, not terminated."),
    ("SF", "Normal establishment and termination."),
    ("REJ", "Connection attempt rejected."),
    ("S2", "Connection established and close attempt by originator seen, but no reply from responder."),
    ("S3", "Connection established and close attempt by responder seen, but no reply from originator."),
    ("RSTO", "Connection established, originator aborted."),
    ("RSTR", "Responder sent a RST."),
    ("RSTOS0", "Originator sent a SYN followed by a RST, no SYN-ACK from the responder was seen."),
    ("RSTRH", "Responder sent a SYN-ACK followed by a RST, no SYN from the originator was seen."),
    ("SH", "Originator sent a SYN followed by a FIN, no SYN-ACK from the responder was seen: half open."),
    ("SHR", "Responder sent a SYN-ACK followed by a FIN, no SYN from the originator was seen."),
    ("OTH", "No SYN seen, just midstream traffic."),
];

/// The code of a `conn_state`, which must be one: to be worked out when it is compiled.
pub const fn code(name: &str) -> u8 {
    let mut code = 0;
    while !is_same(CONN_STATES[code].0.as_bytes(), name.as_bytes()) {
        code += 1;
    }
    code as u8
}

const fn is_same(one: &[u8], other: &[u8]) -> bool {
    let (mut at, mut same) = (0, one.len() == other.len());
    while same && at < one.len() {
        same = one[at] == other[at];
        at += 1;
    }
    same
}

impl Tcp {
    /// A connection of which a SYN was seen.
    pub fn after_syn(syn: &Segment, rules: &Rules) -> Self {
        let mut tcp = Self::default();
        tcp.add(syn, ORIGINATOR, rules);
        tcp
    }

    /// One of which nothing else will be seen, all but times, sequence numbers and the window, which the flow has.
    pub fn attempt(window: u16) -> &'static Self {
        static ATTEMPTS: LazyLock<[Tcp; 2]> = LazyLock::new(|| {
            let syn = |window| Segment { window, flags: flag::SYN, ..Segment::default() };
            [0, 1].map(|window| Tcp::after_syn(&syn(window), &Rules::default()))
        });
        &ATTEMPTS[usize::from(window.min(1))]
    }

    /// Something from each of its cache lines.
    #[inline]
    pub fn touch(&self) -> u64 {
        self.ends[0].sent ^ self.ends[1].sent ^ self.deadline as u64
    }

    /// Takes a segment from the end `from`; whether the ends turn out to be the other way round.
    pub fn add(&mut self, segment: &Segment, from: usize, rules: &Rules) -> bool {
        let peer = 1 - from;
        self.begin(segment, from);
        self.ends[from].has_fin |= segment.has(flag::FIN);
        self.note_flags(segment, from);
        self.note_window(segment, from);
        if !(self.ends[0].closed && self.ends[1].closed) {
            self.last_time = self.last_time.max(segment.time);
        }
        self.time_handshake(segment, from);
        let advanced = segment.has(flag::ACK) && self.acknowledge(segment, peer);
        self.advance(segment, from);
        let (closes, flip) = self.change_state(segment, from);
        let flip = flip && rules.tcp_ends;
        if advanced && !segment.has(flag::FIN | flag::RST) {
            self.note_gap(segment.ack, peer);
        }
        if closes {
            self.close(from, rules.linger);
        }
        if flip {
            self.history.push(Event::Flip, true);
            self.ends.swap(0, 1);
        }
        flip
    }

    /// Takes the first sequence number of an end from what it sends first, or from a SYN that changes it.
    fn begin(&mut self, segment: &Segment, from: usize) {
        let end = &mut self.ends[from];
        let syn = segment.has(flag::SYN);
        match end.state {
            State::Inactive if !syn => {
                (end.start, end.sent, end.acknowledged) = (segment.seq.wrapping_sub(1), 1, 0);
                end.hole = (0, 0);
            }
            State::Inactive | State::Established | State::Partial if syn => end.restart(segment),
            State::SynSent | State::SynAckSent if syn && segment.seq != end.start => end.restart(segment),
            // Its numbers came from a RST, which may have been forged.
            State::Reset if syn && end.previous == State::Inactive => end.restart(segment),
            _ => {}
        }
        if end.state == State::Inactive {
            end.window = segment.window;
        }
    }

    fn note_flags(&mut self, segment: &Segment, from: usize) {
        let at_end = segment.seq.wrapping_add(segment.payload);
        match segment.flags & (flag::SYN | flag::FIN | flag::RST) {
            0 if segment.payload > 0 => _ = self.note_once(Event::Data, from),
            0 if segment.has(flag::ACK) => _ = self.note_once(Event::Ack, from),
            0 => {}
            flag::SYN => _ = self.note_once(if segment.has(flag::ACK) { Event::SynAck } else { Event::Syn }, from),
            flag::FIN => {
                if !self.note_once(Event::Fin, from) && self.ends[from].last_fin != at_end {
                    self.history.push(Event::Fin, from == ORIGINATOR);
                }
                self.ends[from].last_fin = at_end;
            }
            flag::RST => {
                if !self.note_once(Event::Reset, from) && self.ends[from].last_rst != segment.seq {
                    self.history.push(Event::Reset, from == ORIGINATOR);
                }
                self.ends[from].last_rst = segment.seq;
            }
            flags if flags & flag::FIN != 0 && flags & flag::RST != 0 => _ = self.note_once(Event::Inconsistent, from),
            _ => _ = self.note_once(Event::SeveralFlags, from),
        }
    }

    /// Whether the event is new for this end.
    #[inline]
    fn note_once(&mut self, event: Event, from: usize) -> bool {
        // A SYN and a SYN-ACK are one event of an end.
        let bit = 1 << if event == Event::SynAck { Event::Syn as u16 } else { event as u16 };
        let end = &mut self.ends[from];
        let new = end.seen & bit == 0;
        if new {
            end.seen |= bit;
            self.history.push(event, from == ORIGINATOR);
        }
        new
    }

    /// A window of 0 is worth a note unless the connection is about to end anyway.
    fn note_window(&mut self, segment: &Segment, from: usize) {
        let [peer, end] = [self.ends[1 - from].state, self.ends[from].state];
        if segment.window == 0 && !segment.has(flag::RST) && peer != State::Closed && end != State::Reset {
            let count = &mut self.ends[from].zero_windows;
            *count = count.saturating_add(1);
            if is_due((*count).into()) && *count < u16::MAX {
                self.history.push(Event::ZeroWindow, from == ORIGINATOR);
            }
        }
    }

    /// From the last SYN before the SYN-ACK to the first ACK after it.
    fn time_handshake(&mut self, segment: &Segment, from: usize) {
        let flags = segment.flags & (flag::SYN | flag::ACK | flag::RST | flag::FIN);
        match (self.handshake_is, flags) {
            (Handshake::Unseen | Handshake::Syn, flag::SYN) if from == ORIGINATOR => {
                (self.handshake, self.handshake_is) = (segment.time, Handshake::Syn);
            }
            (Handshake::Syn, flags) if from == RESPONDER && flags == flag::SYN | flag::ACK => {
                self.handshake_is = Handshake::SynAck;
            }
            (Handshake::SynAck, flag::ACK) if from == ORIGINATOR => {
                self.handshake = segment.time.saturating_sub(self.handshake).max(0);
                self.handshake_is = Handshake::Complete;
            }
            _ => {}
        }
    }

    /// Notes what of the peer's data is acknowledged; whether that is more than before.
    fn acknowledge(&mut self, segment: &Segment, peer: usize) -> bool {
        let peer = &mut self.ends[peer];
        if peer.state == State::Inactive {
            // Numbers begin as if its SYN had been seen.
            (peer.start, peer.sent, peer.acknowledged) = (segment.ack.wrapping_sub(1), 0, 0);
            return false;
        }
        let delta = segment.ack.wrapping_sub(peer.start.wrapping_add(peer.acknowledged as u32)) as i32;
        let believed = delta > 0 && !segment.has(flag::RST) && !(segment.ack == 0 && delta > LARGE_JUMP);
        if believed {
            peer.acknowledged += u64::from(delta.unsigned_abs());
        }
        believed
    }

    /// Notes what was sent: whether it is new, was missing, or had been sent before.
    fn advance(&mut self, segment: &Segment, from: usize) {
        let end = &mut self.ends[from];
        let highest = end.start.wrapping_add(end.sent as u32);
        let last = segment.seq.wrapping_add(segment.span());
        let delta = last.wrapping_sub(highest) as i32;
        if segment.has(flag::SYN | flag::RST) && !(-LARGE_JUMP..=LARGE_JUMP).contains(&delta) {
            return;
        }
        if segment.has(flag::FIN) && end.sent == 1 {
            end.sent = last.wrapping_sub(end.start).into();
        } else if end.state == State::Reset {
            // Numbers after a RST are not believed.
        } else if delta > 0 {
            let skipped = segment.seq.wrapping_sub(highest) as i32 > 0;
            if skipped && end.state != State::Inactive {
                let first = if end.hole.0 == end.hole.1 { highest } else { end.hole.0 };
                end.hole = (first, segment.seq);
            }
            end.sent += u64::from(delta.unsigned_abs());
        } else if segment.payload > 0 {
            if end.fill(segment) {
                end.out_of_order = end.out_of_order.saturating_add(1);
            } else {
                end.retransmitted = end.retransmitted.saturating_add(1);
            }
            if is_due(end.retransmitted.saturating_add(end.out_of_order)) {
                self.history.push(Event::Retransmission, from == ORIGINATOR);
            }
        }
    }

    /// An acknowledgment of something that was never seen: the capture lacks it.
    fn note_gap(&mut self, ack: u32, sender: usize) {
        let end = &mut self.ends[sender];
        if !matches!(end.state, State::Established | State::Partial) {
            return;
        }
        let in_hole = end.hole.0 != end.hole.1 && ack.wrapping_sub(end.hole.0) as i32 > 0;
        if in_hole || end.acknowledged > end.sent {
            end.hole = (0, 0);
            end.gaps = end.gaps.saturating_add(1);
            if is_due(end.gaps.into()) && end.gaps < u16::MAX {
                self.history.push(Event::Gap, sender == ORIGINATOR);
            }
        }
    }

    /// Whether the end closes with this segment, and whether the ends are the other way round.
    fn change_state(&mut self, segment: &Segment, from: usize) -> (bool, bool) {
        match self.ends[from].state {
            State::Inactive => self.awake(segment, from),
            State::SynSent | State::SynAckSent => (self.end_of(segment, from, flag::FIN | flag::RST), false),
            State::Established | State::Partial => {
                let end = &mut self.ends[from];
                let syn = segment.flags & (flag::SYN | flag::ACK) == flag::SYN;
                if syn && end.state == State::Partial && self.ends[1 - from].state == State::Inactive {
                    self.ends[from].set(State::SynSent);
                }
                (self.end_of_established(segment, from), false)
            }
            State::Closed => {
                let reset = segment.has(flag::RST) && self.ends[1 - from].state != State::Closed;
                if reset {
                    self.ends[from].set(State::Reset);
                }
                (reset, false)
            }
            State::Reset => (false, false),
        }
    }

    /// The first segment of an end.
    fn awake(&mut self, segment: &Segment, from: usize) -> (bool, bool) {
        let peer = self.ends[1 - from].state;
        let ack = segment.has(flag::ACK);
        let mut flip = false;
        if segment.has(flag::SYN) && from == ORIGINATOR {
            self.ends[from].set(if ack { State::SynAckSent } else { State::SynSent });
        } else if segment.has(flag::SYN) {
            // A SYN-ACK that was captured before its SYN, whose number it acknowledges: another's would be a new connection.
            flip = !ack && peer == State::SynAckSent;
            if flip || peer == State::SynSent {
                self.ends[1 - from].set(State::Established);
            }
            self.ends[from].set(State::Established);
        }
        if self.end_of(segment, from, flag::FIN | flag::RST) {
            return (true, flip);
        }
        if self.ends[from].state == State::Inactive {
            if from == RESPONDER && segment.payload == 0 && peer == State::SynSent {
                // Some acknowledge a SYN before they answer it.
            } else if ack && peer == State::Established {
                // Only the SYN was missed.
                self.ends[from].set(State::Established);
            } else {
                self.ends[from].set(State::Partial);
            }
        }
        (false, flip)
    }

    fn end_of(&mut self, segment: &Segment, from: usize, flags: u16) -> bool {
        let end = &mut self.ends[from];
        if segment.has(flags & flag::FIN) {
            end.set(State::Closed);
        }
        if segment.has(flag::RST) {
            end.set(State::Reset);
        }
        segment.has(flags)
    }

    fn end_of_established(&mut self, segment: &Segment, from: usize) -> bool {
        if segment.has(flag::FIN) && !segment.has(flag::RST) {
            let peer = &mut self.ends[1 - from];
            // A FIN followed by a RST was an ordinary end.
            if peer.state == State::Reset && peer.previous == State::Closed {
                peer.set(State::Closed);
            }
        }
        let flags = if segment.has(flag::RST) { flag::RST } else { flag::FIN };
        self.end_of(segment, from, flags)
    }

    /// The connection is over when both ends have closed, one has given up, or the other never appeared.
    fn close(&mut self, from: usize, linger: i64) {
        let peer = self.ends[1 - from];
        let end = &mut self.ends[from];
        end.closed = true;
        if end.state == State::Reset || peer.closed || peer.state == State::Inactive {
            self.deadline = self.deadline.min(self.last_time.saturating_add(linger));
        }
    }

    /// Whether a segment, from either end, belongs to a new connection between the same ports.
    pub fn is_reused_by(&self, segment: &Segment) -> bool {
        if !segment.has(flag::SYN) {
            return false;
        }
        let [originator, responder] = &self.ends;
        let ack = segment.has(flag::ACK);
        if ack && originator.state != State::Inactive {
            return false;
        }
        if originator.closed || responder.closed {
            return true;
        }
        let start = if ack { responder.start } else { originator.start };
        // The SYN that a SYN-ACK, captured before it, has acknowledged.
        let late =
            !ack && originator.state == State::SynAckSent && responder.state == State::Inactive && segment.seq == responder.start;
        segment.seq != start && !late
    }

    /// Whether nobody has answered the originator's SYN.
    pub fn is_attempt(&self) -> bool {
        let [originator, responder] = &self.ends;
        matches!(originator.state, State::SynSent | State::SynAckSent) && responder.state == State::Inactive
    }

    /// Whether FIN or RST have ended the connection.
    pub fn is_closed(&self) -> bool {
        self.deadline != i64::MAX
    }

    /// Nanoseconds from the SYN to the ACK of the SYN-ACK, if all were seen.
    pub fn handshake(&self) -> Option<i64> {
        (self.handshake_is == Handshake::Complete).then_some(self.handshake)
    }

    /// The code of its `conn_state`.
    pub fn conn_state(&self) -> u8 {
        use State::{Closed, Established, Inactive, Reset, SynAckSent, SynSent};
        let [originator, responder] = self.ends;
        let nothing_sent = originator.size(&responder) == 0 && responder.size(&originator) == 0;
        match (originator.state, responder.state) {
            (SynSent | SynAckSent, Reset) => const { code("REJ") },
            (Reset, Reset) if nothing_sent => const { code("REJ") },
            (state, Reset) if state.has_not_opened() => const { code("RSTRH") },
            (_, Reset) => const { code("RSTR") },
            (Reset, state) if state.has_not_opened() => const { code("RSTOS0") },
            (Reset, _) => const { code("RSTO") },
            (Closed, Closed) => const { code("SF") },
            (Closed, state) if state.has_not_opened() => const { code("SH") },
            (Closed, _) => const { code("S2") },
            (state, Closed) if state.has_not_opened() => const { code("SHR") },
            (_, Closed) => const { code("S3") },
            (SynSent, Inactive) => const { code("S0") },
            (Established, Established) => const { code("S1") },
            _ => const { code("OTH") },
        }
    }

    /// Payload bytes of each end by sequence numbers, as Zeek counts them.
    pub fn sizes(&self) -> [u64; 2] {
        let [originator, responder] = self.ends;
        [originator.size(&responder), responder.size(&originator)]
    }

    pub fn exchange(&mut self) {
        self.ends.swap(0, 1);
    }
}

impl End {
    fn set(&mut self, state: State) {
        if state != self.state {
            (self.previous, self.state) = (self.state, state);
        }
    }

    fn restart(&mut self, segment: &Segment) {
        (self.start, self.sent, self.acknowledged) = (segment.seq, segment.span().into(), 0);
        self.hole = (0, 0);
    }

    /// Whether a segment brings what was missing.
    fn fill(&mut self, segment: &Segment) -> bool {
        let (first, end) = self.hole;
        let into = segment.seq.wrapping_sub(first);
        let length = end.wrapping_sub(first);
        if into >= length {
            return false;
        }
        let next = into.saturating_add(segment.payload);
        if into == 0 {
            self.hole.0 = first.wrapping_add(next.min(length));
        } else if next >= length {
            self.hole.1 = segment.seq;
        }
        true
    }

    /// Bytes that were sent, by sequence numbers: the SYN and the FIN do not count.
    fn size(&self, peer: &Self) -> u64 {
        let aborted = self.previous == State::SynSent && self.state == State::Reset && peer.state == State::Inactive;
        if aborted && self.acknowledged > 1 {
            return 0;
        }
        let size = self.sent.max(self.acknowledged).saturating_sub(1);
        size.saturating_sub(u64::from(self.has_fin))
    }
}

#[cfg(test)]
#[path = "tcp_tests.rs"]
mod tests;
