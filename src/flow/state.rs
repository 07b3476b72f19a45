//! An open flow: what every one has, whatever its protocol.

use crate::flow::index::tag;
use crate::flow::key::Key;
use crate::flow::packet::Packet;

/// Why a flow ended: IPFIX information element 136, flowEndReason (RFC 5102).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum EndReason {
    #[default]
    Open = 0,
    /// No packet came for the idle timeout.
    Idle = 1,
    /// It lasted longer than the active timeout.
    Active = 2,
    /// TCP said so: FIN, RST or a new SYN.
    EndOfFlow = 3,
    /// The capture ended.
    Forced = 4,
    /// Its counters were full.
    LackOfResources = 5,
}

impl EndReason {
    pub const ALL: &[(&str, u8, &str)] = &[
        ("IDLE", Self::Idle as u8, "No packet came for the idle timeout."),
        ("ACTIVE", Self::Active as u8, "It lasted longer than the active timeout."),
        ("END_OF_FLOW", Self::EndOfFlow as u8, "TCP said so: FIN, RST or a new SYN."),
        ("FORCED", Self::Forced as u8, "The capture ended."),
        ("LACK_OF_RESOURCES", Self::LackOfResources as u8, "Its counters were full."),
    ];
}

/// No place in a slab.
pub const NOWHERE: u32 = u32::MAX;

/// Both directions' counters: forward, reverse.
pub type Both<T> = [T; 2];

/// What is kept of a flow's first packet, as most flows have no other.
#[derive(Clone, Copy, Debug, Default)]
pub struct First {
    /// Bytes of headers behind the fixed part of IP's.
    pub header: u32,
    pub seq: u32,
    pub window: u16,
    pub flags: u16,
}

#[derive(Clone, Copy, Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is something of its own")]
pub struct Flow {
    /// Of IPv6 the first address is the place of both in a slab.
    pub key: Key,
    /// As much of its hash as the index needs.
    pub tag: u32,
    pub first_seen: i64,
    pub last_seen: i64,
    /// The clock at its last packet, which may be later than any of its packets.
    pub last_clock: i64,
    /// Number of its first packet among all packets.
    pub first_row: u64,
    pub packets: Both<u32>,
    pub bytes: Both<u64>,
    pub ip_bytes: Both<u64>,
    pub payload_bytes: Both<u64>,
    /// Place in the slab of connections.
    pub tcp: u32,
    /// Place in the slab of statistics, from the second packet on: the first one is all in the flow.
    pub statistics: u32,
    pub first: First,
    /// It is a SYN so far: no connection is kept for it.
    pub attempt: bool,
    /// Whether the key's lower end is the forward one.
    pub forward_is_low: bool,
    /// Whether the roles were guessed from ports.
    pub guessed: bool,
    pub open: bool,
    pub end_reason: EndReason,
}

impl Flow {
    /// A flow that begins with `packet`, sent forward or not, and has nothing of it yet.
    pub fn new(packet: &Packet, forward: bool, first_row: u64) -> Self {
        Self {
            key: packet.key,
            tag: tag(packet.hash),
            first_seen: packet.time,
            last_seen: packet.time,
            first_row,
            tcp: NOWHERE,
            statistics: NOWHERE,
            first: First { header: packet.header, seq: packet.seq, window: packet.window, flags: packet.flags },
            forward_is_low: packet.from_low == forward,
            guessed: !forward,
            open: true,
            ..Self::default()
        }
    }

    /// Something from each of its cache lines.
    #[inline]
    pub fn touch(&self) -> u64 {
        let ends = u64::from(self.key.addresses[0]) ^ self.payload_bytes[1] ^ self.bytes[0];
        ends ^ self.first_seen as u64 ^ self.last_clock as u64 ^ u64::from(self.tcp)
    }

    /// The direction of a packet: 0 forward, 1 reverse.
    #[inline]
    pub fn direction(&self, packet: &Packet) -> usize {
        usize::from(packet.from_low != self.forward_is_low)
    }

    #[inline]
    pub fn count(&mut self, packet: &Packet, direction: usize) {
        self.first_seen = self.first_seen.min(packet.time);
        self.last_seen = self.last_seen.max(packet.time);
        self.packets[direction] += 1;
        self.bytes[direction] += u64::from(packet.length);
        self.ip_bytes[direction] += u64::from(packet.ip_length);
        self.payload_bytes[direction] += u64::from(packet.payload);
    }

    /// Whether a counter could not take another packet.
    #[inline]
    pub fn is_full(&self) -> bool {
        self.packets[0] == u32::MAX || self.packets[1] == u32::MAX
    }

    /// Forward becomes reverse.
    pub fn exchange(&mut self) {
        self.forward_is_low = !self.forward_is_low;
        self.packets.swap(0, 1);
        self.bytes.swap(0, 1);
        self.ip_bytes.swap(0, 1);
        self.payload_bytes.swap(0, 1);
    }

    pub fn total_packets(&self) -> u64 {
        u64::from(self.packets[0]) + u64::from(self.packets[1])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flow_is_small() {
        assert!(size_of::<Flow>() <= 144, "{}", size_of::<Flow>());
        assert!(size_of::<crate::flow::tcp::Tcp>() <= 208, "{}", size_of::<crate::flow::tcp::Tcp>());
    }
}
