//! The row of each flow in a table of all flows: how many flows have begun before it.

/// Packets that begin a flow, a bit for each packet.
#[derive(Default)]
pub struct Ranks {
    begins: Vec<u64>,
    /// Of each word how many flows have begun before it.
    before: Vec<u64>,
    flows: u64,
    packets: u64,
}

const BITS: u64 = u64::BITS as u64;

impl Ranks {
    /// Takes the numbers of those among the packets up to `packets` that begin a flow, in any order, none of which was given before.
    pub fn extend(&mut self, packets: u64, begins: impl Iterator<Item = u64>) {
        let first_word = (self.packets / BITS) as usize;
        self.packets = packets;
        let words = self.packets.div_ceil(BITS) as usize;
        self.begins.resize(words, 0);
        self.before.resize(words, self.flows);
        for packet in begins {
            self.begins[(packet / BITS) as usize] |= 1 << (packet % BITS);
            self.flows += 1;
        }
        for word in first_word + 1..words {
            self.before[word] = self.before[word - 1] + u64::from(self.begins[word - 1].count_ones());
        }
    }

    /// How many flows have begun so far.
    pub fn flows(&self) -> u64 {
        self.flows
    }

    /// The row of the flow that this packet has begun.
    #[inline]
    pub fn of(&self, packet: u64) -> u64 {
        let word = (packet / BITS) as usize;
        let earlier = self.begins[word] & ((1 << (packet % BITS)) - 1);
        self.before[word] + u64::from(earlier.count_ones())
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn ranks_are_places_in_order(pieces in vec(vec(any::<bool>(), 0..200), 0..6)) {
            let mut ranks = Ranks::default();
            let mut all: Vec<u64> = Vec::new();
            let mut packets = 0;
            for piece in pieces {
                let begins: Vec<u64> = (packets..).zip(&piece).filter(|(_, begins)| **begins).map(|(packet, _)| packet).collect();
                packets += piece.len() as u64;
                ranks.extend(packets, begins.iter().rev().copied());
                all.extend(begins);
                for (row, packet) in all.iter().enumerate() {
                    prop_assert_eq!(ranks.of(*packet), row as u64);
                }
                prop_assert_eq!(ranks.flows(), all.len() as u64);
            }
        }
    }
}
