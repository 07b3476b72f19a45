//! What makes a flow, and when it is over.

/// Nanoseconds in a second.
pub const SECOND: i64 = 1_000_000_000;

/// The rules by which packets become flows.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "rules are independent of one another")]
pub struct Rules {
    /// A flow is over when the clock, the latest time of all packets so far, has moved on by more than so many nanoseconds since its
    /// last packet.
    pub idle_timeout: i64,
    /// The same for other protocols than TCP.
    pub idle_timeout_others: i64,
    /// A packet that comes more than so many nanoseconds after the first one of its flow begins a new flow.
    pub active_timeout: i64,
    /// Whether TCP's own signs (FIN, RST, a new SYN) end a flow.
    pub tcp_ends: bool,
    /// A closed connection keeps what comes for so many nanoseconds: the last ACK, retransmissions.
    pub linger: i64,
    /// An attempt at a connection that nobody has answered is over so many nanoseconds after its SYN.
    pub attempt_timeout: Option<i64>,
    /// What keeps networks with the same addresses apart.
    pub networks: Networks,
    /// How ICMP messages are put together.
    pub icmp: Icmp,
    /// Whether ports of transports other than TCP and UDP are part of the key.
    pub other_ports: bool,
    /// Whether a well-known port tells who answers, where a flow begins without a SYN.
    pub guess_roles: bool,
    /// Whether statistics of sizes and times are kept.
    pub statistics: bool,
    /// A packet whose time is before that of a packet of any flow before it counts as if it came together with that.
    pub in_order: bool,
    /// Time counts in units of so many nanoseconds.
    pub resolution: i64,
    /// Of how many packets size, direction and time are kept.
    pub sequence: usize,
}

/// What is part of a flow's key besides both ends and the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Networks {
    /// VLAN, tunnel and the tunnel's network.
    Apart,
    /// VLAN, and the tunnels that NFStream has a number for.
    Numbered,
    /// Nothing.
    Together,
}

/// How ICMP messages between two hosts are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icmp {
    /// Requests with their replies; other messages by type, code and direction.
    Paired,
    /// All of them.
    Together,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            idle_timeout: 120 * SECOND,
            idle_timeout_others: 120 * SECOND,
            active_timeout: 1800 * SECOND,
            tcp_ends: true,
            linger: 5 * SECOND,
            attempt_timeout: None,
            networks: Networks::Apart,
            icmp: Icmp::Paired,
            other_ports: true,
            guess_roles: false,
            statistics: false,
            in_order: false,
            resolution: 1,
            sequence: 0,
        }
    }
}

impl Rules {
    /// Zeek's: connections are told apart by addresses, ports and protocol alone; a SYN is waited on for 5 seconds, other packets
    /// of TCP for 5 minutes, and those of other protocols for one.
    #[must_use]
    pub fn zeek(self) -> Self {
        Self {
            idle_timeout: 300 * SECOND,
            idle_timeout_others: 60 * SECOND,
            active_timeout: i64::MAX,
            attempt_timeout: Some(5 * SECOND),
            networks: Networks::Together,
            other_ports: false,
            guess_roles: true,
            ..self
        }
    }

    /// With these timeouts, where they are given.
    #[must_use]
    pub fn with_timeouts(self, idle: Option<i64>, active: Option<i64>) -> Self {
        Self {
            idle_timeout: idle.unwrap_or(self.idle_timeout),
            idle_timeout_others: idle.unwrap_or(self.idle_timeout_others),
            active_timeout: active.unwrap_or(self.active_timeout),
            ..self
        }
    }

    /// The idle timeout of a protocol.
    #[inline]
    pub fn idle_timeout_of(&self, protocol: u8) -> i64 {
        const TCP: u8 = 6;
        if protocol == TCP { self.idle_timeout } else { self.idle_timeout_others }
    }

    /// A time in whole units.
    #[inline]
    pub fn cut(&self, time: i64) -> i64 {
        if self.resolution == 1 { time } else { time - time.rem_euclid(self.resolution).min(time.saturating_sub(i64::MIN)) }
    }

    /// The time after which any flow may be over.
    pub fn shortest_timeout(&self) -> i64 {
        self.idle_timeout.min(self.idle_timeout_others).min(self.attempt_timeout.unwrap_or(i64::MAX))
    }

    /// NFStream's: only time ends a flow, at these timeouts already and not after them; ICMP messages are not told apart, nor most
    /// tunnels; and times are whole milliseconds that never go backwards.
    #[must_use]
    pub fn nfstream(self) -> Self {
        Self {
            idle_timeout: self.idle_timeout - 1,
            idle_timeout_others: self.idle_timeout_others - 1,
            active_timeout: self.active_timeout - 1,
            tcp_ends: false,
            networks: Networks::Numbered,
            icmp: Icmp::Together,
            other_ports: false,
            in_order: true,
            resolution: SECOND / 1000,
            ..self
        }
    }
}
