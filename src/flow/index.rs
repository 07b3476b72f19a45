//! From keys to the flows that are open: a table with open addressing.
//!
//! An entry is half of the key's hash and the flow's slot, so that a search touches a flow only when it is, as good as always, the
//! one that is looked for. Entries move closer to their place when one before them is removed, so there are no graves.

/// Hash in the upper half, slot + 1 in the lower; 0 is free.
type Entry = u64;

pub struct Index {
    entries: Vec<Entry>,
    count: usize,
}

impl Default for Index {
    fn default() -> Self {
        Self { entries: vec![0; 16], count: 0 }
    }
}

#[inline]
fn entry(tag: u32, slot: u32) -> Entry {
    u64::from(tag) << 32 | (u64::from(slot) + 1)
}

/// The part of a hash that the index needs.
#[inline]
pub fn tag(hash: u64) -> u32 {
    hash as u32
}

#[inline]
fn tag_of(entry: Entry) -> u32 {
    (entry >> 32) as u32
}

#[inline]
fn slot_of(entry: Entry) -> u32 {
    (entry as u32).wrapping_sub(1)
}

impl Index {
    /// Asks for all of its memory at once, one line after the other.
    pub fn touch(&self) {
        std::hint::black_box(self.entries.iter().fold(0, |all, entry| all ^ entry));
    }

    pub fn bytes(&self) -> usize {
        size_of_val(&*self.entries)
    }

    #[inline]
    fn mask(&self) -> usize {
        self.entries.len() - 1
    }

    /// The slot that stands where a search begins, if any: asked for ahead, so that memory answers in the meantime.
    #[inline]
    pub fn likely(&self, tag: u32) -> Option<u32> {
        let entry = self.entries[tag as usize & self.mask()];
        (entry != 0).then(|| slot_of(entry))
    }

    /// The slot of the flow that `is_it`.
    #[inline]
    pub fn find(&self, tag: u32, mut is_it: impl FnMut(u32) -> bool) -> Option<u32> {
        let mask = self.mask();
        let mut at = tag as usize & mask;
        loop {
            let entry = self.entries[at];
            if entry == 0 {
                return None;
            }
            if tag_of(entry) == tag && is_it(slot_of(entry)) {
                return Some(slot_of(entry));
            }
            at = (at + 1) & mask;
        }
    }

    /// Adds a slot, whose key must not be there.
    pub fn insert(&mut self, tag: u32, slot: u32) {
        if (self.count + 1) * 2 > self.entries.len() {
            self.grow();
        }
        self.count += 1;
        self.place(entry(tag, slot));
    }

    fn place(&mut self, entry: Entry) {
        let mask = self.mask();
        let mut at = tag_of(entry) as usize & mask;
        while self.entries[at] != 0 {
            at = (at + 1) & mask;
        }
        self.entries[at] = entry;
    }

    fn grow(&mut self) {
        let old = std::mem::take(&mut self.entries);
        self.entries = vec![0; old.len() * 2];
        for entry in old.into_iter().filter(|entry| *entry != 0) {
            self.place(entry);
        }
    }

    /// Where a slot stands, if it is there.
    fn position(&self, tag: u32, slot: u32) -> Option<usize> {
        let (wanted, mask) = (entry(tag, slot), self.mask());
        let mut at = tag as usize & mask;
        while self.entries[at] != wanted {
            if self.entries[at] == 0 {
                return None;
            }
            at = (at + 1) & mask;
        }
        Some(at)
    }

    /// Puts another slot in the place of one that is there, for the same key.
    pub fn replace(&mut self, tag: u32, slot: u32, by: u32) {
        if let Some(at) = self.position(tag, slot) {
            self.entries[at] = entry(tag, by);
        }
    }

    /// Removes a slot that is there.
    pub fn remove(&mut self, tag: u32, slot: u32) {
        let Some(mut gap) = self.position(tag, slot) else { return };
        let mask = self.mask();
        self.count -= 1;
        let mut at = (gap + 1) & mask;
        while self.entries[at] != 0 {
            let home = tag_of(self.entries[at]) as usize & mask;
            // Whether the gap lies between the entry's place and where it stands.
            if at.wrapping_sub(home) & mask >= at.wrapping_sub(gap) & mask {
                self.entries[gap] = self.entries[at];
                gap = at;
            }
            at = (at + 1) & mask;
        }
        self.entries[gap] = 0;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Keys are their own hashes, of which many share a place.
        #[test]
        fn it_is_a_map(steps in vec((0..40_u32, any::<bool>(), 0..4_u32), 0..400)) {
            let mut index = Index::default();
            let mut keys: Vec<u32> = Vec::new();
            let mut model: HashMap<u32, u32> = HashMap::new();
            for (key, add, spread) in steps {
                let tag = key | spread << 20;
                let found = index.find(tag, |slot| keys[slot as usize] == tag);
                prop_assert_eq!(found, model.get(&tag).copied());
                match found {
                    None if add => {
                        keys.push(tag);
                        index.insert(tag, keys.len() as u32 - 1);
                        model.insert(tag, keys.len() as u32 - 1);
                    }
                    Some(slot) if !add => {
                        index.remove(tag, slot);
                        model.remove(&tag);
                    }
                    _ => {}
                }
                prop_assert_eq!(index.count, model.len());
            }
            for (tag, slot) in &model {
                prop_assert_eq!(index.find(*tag, |slot| keys[slot as usize] == *tag), Some(*slot));
            }
        }
    }
}
