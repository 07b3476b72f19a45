//! Tables of distinct addresses, for the columns that hold a number in place of the address.

use std::collections::HashMap;
use std::hash::Hash;

use ahash::RandomState;

/// Distinct values in the order of their first appearance.
///
/// Captures are hostile input, so the hash is seeded.
#[derive(Default)]
pub struct Dictionary<K> {
    values: Vec<K>,
    places: HashMap<K, u32, RandomState>,
}

impl<K: Copy + Eq + Hash> Dictionary<K> {
    pub fn place(&mut self, value: K) -> u32 {
        *self.places.entry(value).or_insert_with(|| {
            self.values.push(value);
            (self.values.len() - 1) as u32
        })
    }

    /// The place of a value, if it has one.
    pub fn find(&self, value: &K) -> Option<u32> {
        self.places.get(value).copied()
    }

    pub fn into_values(self) -> Vec<K> {
        self.values
    }
}

const SLOTS: usize = 1024;

/// Like [`Dictionary`], for one chunk: a value that has left its slot gets a second place, which merging undoes.
///
/// Bounded in time and memory whatever the values are, and much cheaper than a hash table.
pub struct Memo<K> {
    values: Vec<K>,
    slots: Vec<u32>,
}

impl<K> Default for Memo<K> {
    fn default() -> Self {
        Self { values: Vec::new(), slots: vec![u32::MAX; SLOTS] }
    }
}

impl<K: Copy + Eq + AsRef<[u8]>> Memo<K> {
    #[inline]
    pub fn place(&mut self, value: K) -> u32 {
        let slot = &mut self.slots[slot(value.as_ref())];
        match self.values.get(*slot as usize) {
            Some(known) if *known == value => *slot,
            _ => {
                self.values.push(value);
                *slot = (self.values.len() - 1) as u32;
                *slot
            }
        }
    }

    pub fn values(&self) -> &[K] {
        &self.values
    }

    pub fn clear(&mut self) {
        if !self.values.is_empty() {
            self.values.clear();
            self.slots.fill(u32::MAX);
        }
    }
}

/// The slot of an address of 6 or 16 bytes: its last eight or six bytes, multiplied, the upper bits.
#[inline]
fn slot(bytes: &[u8]) -> usize {
    let mut word = [0u8; 8];
    let tail = &bytes[bytes.len().saturating_sub(8)..];
    word[..tail.len()].copy_from_slice(tail);
    (u64::from_le_bytes(word).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - SLOTS.trailing_zeros())) as usize
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// Addresses of which many are equal, and many share a slot.
    fn addresses() -> impl Strategy<Value = Vec<[u8; 6]>> {
        vec(prop_oneof![(0..3000_u16).prop_map(|n| [2, 0, 0, 0, (n >> 8) as u8, n as u8]), any::<[u8; 6]>()], 0..4000)
    }

    #[test]
    fn hashes_are_seeded() {
        let hash = || Dictionary::<[u8; 6]>::default().places.hasher().hash_one([2_u8, 0, 0, 0, 0, 1]);
        let hashes: std::collections::HashSet<u64> = (0..8).map(|_| hash()).collect();
        assert!(hashes.len() > 1, "whoever knows one table's hashes knows them all");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_dictionary_holds_each_value_once(addresses in addresses()) {
            let mut dictionary = Dictionary::default();
            let places: Vec<u32> = addresses.iter().map(|address| dictionary.place(*address)).collect();
            let values = dictionary.into_values();
            prop_assert!(addresses.iter().zip(places).all(|(address, place)| values[place as usize] == *address));
            let mut first = addresses.clone();
            let mut known = std::collections::HashSet::new();
            first.retain(|address| known.insert(*address));
            prop_assert_eq!(values, first);
        }

        #[test]
        fn a_memo_finds_every_value_again(addresses in addresses()) {
            let mut memo = Memo::default();
            for _ in 0..2 {
                let places: Vec<u32> = addresses.iter().map(|address| memo.place(*address)).collect();
                prop_assert!(addresses.iter().zip(places).all(|(address, place)| memo.values()[place as usize] == *address));
                prop_assert!(memo.values().len() <= addresses.len());
                memo.clear();
                prop_assert!(memo.values().is_empty());
            }
        }
    }

    #[test]
    fn a_memo_gives_the_same_place_while_the_slot_is_kept() {
        let mut memo = Memo::default();
        let (one, two) = ([1_u8; 16], [2_u8; 16]);
        assert_ne!(slot(&one), slot(&two));
        assert_eq!([one, two, one, two].map(|address| memo.place(address)), [0, 1, 0, 1]);
    }

    #[test]
    fn a_memo_gives_another_place_when_the_slot_was_lost() {
        // Of IPv6 addresses the last eight bytes choose the slot.
        let mut memo = Memo::default();
        let (mut one, mut two) = ([7_u8; 16], [7_u8; 16]);
        (one[0], two[0]) = (1, 2);
        assert_eq!([one, two, one].map(|address| memo.place(address)), [0, 1, 2]);
        assert_eq!(memo.values(), [one, two, one]);
    }
}
