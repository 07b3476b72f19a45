//! The ports of fragments: only the first fragment of a datagram has them, the others are told by its identification.

use std::collections::{HashMap, VecDeque};

use ahash::RandomState;

use crate::flow::key::Ports;
use crate::flow::rules::SECOND;

/// How long fragments of a datagram are waited for, as hosts do (RFC 791 to RFC 8200 have 15 to 60 seconds).
const PATIENCE: i64 = 30 * SECOND;
/// The most datagrams that are remembered; beyond it the oldest is forgotten.
const MOST: usize = 1 << 16;

/// What the fragments of a datagram have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Datagram {
    pub src: [u8; 16],
    pub dst: [u8; 16],
    pub identification: u32,
    pub protocol: u8,
    pub ip_version: u8,
    pub vlan: u16,
}

/// Datagrams whose first fragment was seen.
#[derive(Default)]
pub struct Fragments {
    ports: HashMap<Datagram, (Ports, i64), RandomState>,
    /// In the order of their first fragments.
    order: VecDeque<(Datagram, i64)>,
    /// The latest time of all fragments.
    clock: Option<i64>,
}

impl Fragments {
    /// A first fragment was seen.
    pub fn begin(&mut self, datagram: Datagram, ports: Ports, time: i64) {
        let clock = self.advance(time);
        while self.order.front().is_some_and(|(_, since)| self.order.len() >= MOST || is_over(*since, clock)) {
            self.forget();
        }
        self.ports.insert(datagram, (ports, clock));
        self.order.push_back((datagram, clock));
    }

    /// The ports of a later fragment, if the first one was seen.
    pub fn find(&mut self, datagram: &Datagram, time: i64) -> Option<Ports> {
        let clock = self.advance(time);
        let (ports, since) = self.ports.get(datagram)?;
        (!is_over(*since, clock)).then_some(*ports)
    }

    /// The latest time of all fragments.
    fn advance(&mut self, time: i64) -> i64 {
        let clock = self.clock.map_or(time, |clock| clock.max(time));
        self.clock = Some(clock);
        clock
    }

    fn forget(&mut self) {
        let Some((datagram, since)) = self.order.pop_front() else { return };
        // The same identification may have been used again.
        if self.ports.get(&datagram).is_some_and(|(_, latest)| *latest == since) {
            self.ports.remove(&datagram);
        }
    }
}

fn is_over(since: i64, clock: i64) -> bool {
    clock.saturating_sub(since) > PATIENCE
}

#[cfg(test)]
mod tests {
    use super::*;

    fn datagram(identification: u32) -> Datagram {
        Datagram { src: [1; 16], dst: [2; 16], identification, protocol: 17, ip_version: 4, vlan: 0 }
    }

    #[test]
    fn later_fragments_find_the_first_ones_ports() {
        let mut fragments = Fragments::default();
        fragments.begin(datagram(7), Ports::new(53, 1000), 0);
        assert_eq!(fragments.find(&datagram(7), PATIENCE), Some(Ports::new(53, 1000)));
        assert_eq!(fragments.find(&datagram(7), PATIENCE + 1), None);
        assert_eq!(fragments.find(&datagram(8), 0), None);
        // The identification is used again.
        fragments.begin(datagram(7), Ports::new(53, 2000), 10);
        assert_eq!(fragments.find(&datagram(7), PATIENCE + 5), Some(Ports::new(53, 2000)));
        fragments.begin(datagram(9), Ports::new(1, 2), PATIENCE + 5);
        assert_eq!(fragments.find(&datagram(7), PATIENCE + 5), Some(Ports::new(53, 2000)));
    }

    #[test]
    fn memory_is_bounded() {
        let mut fragments = Fragments::default();
        for identification in 0..MOST as u32 + 10 {
            fragments.begin(datagram(identification), Ports::new(1, 2), 0);
        }
        assert_eq!((fragments.order.len(), fragments.ports.len()), (MOST, MOST));
        assert_eq!(fragments.find(&datagram(9), 0), None);
        assert!(fragments.find(&datagram(10), 0).is_some());
    }
}
