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
