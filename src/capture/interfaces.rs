//! The interfaces of a pcapng source, in the order in which it describes them.

use std::sync::Arc;

use super::pcapng::Interface;

/// Interfaces are copied on write in parts of so many, so that hostile numbers of them cost time and memory once.
const PART: usize = 1024;

/// A list that grows; clones share what they have in common.
#[derive(Clone, Debug, Default)]
pub struct Interfaces {
    full: Arc<Vec<Arc<Vec<Interface>>>>,
    last: Arc<Vec<Interface>>,
}

impl Interfaces {
    pub fn len(&self) -> usize {
        self.full.len() * PART + self.last.len()
    }

    #[inline(always)]
    pub fn get(&self, place: usize) -> Option<&Interface> {
        match self.full.get(place / PART) {
            Some(part) => part.get(place % PART),
            None => self.last.get(place.checked_sub(self.full.len() * PART)?),
        }
    }

    pub fn push(&mut self, interface: Interface) {
        if self.last.len() == PART {
            let part = std::mem::take(&mut self.last);
            Arc::make_mut(&mut self.full).push(part);
        }
        Arc::make_mut(&mut self.last).push(interface);
    }

    /// The first `length` of them.
    #[must_use]
    pub fn first(&self, length: usize) -> Self {
        let parts = length / PART;
        let rest = self.full.get(parts).unwrap_or(&self.last);
        Self { full: Arc::new(self.full[..parts.min(self.full.len())].to_vec()), last: Arc::new(rest[..length % PART].to_vec()) }
    }

    pub fn to_vec(&self) -> Vec<Interface> {
        self.full.iter().flat_map(|part| part.iter()).chain(self.last.iter()).cloned().collect()
    }

    /// Whether both are the same list, and not only equal ones.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.full, &other.full) && Arc::ptr_eq(&self.last, &other.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interface(number: usize) -> Interface {
        Interface::of_file(1, 0).named(number.to_string())
    }

    #[test]
    fn every_place_and_every_beginning() {
        let mut list = Interfaces::default();
        let mut beginnings = Vec::new();
        for number in 0..3 * PART + 2 {
            if number % 511 == 0 || number % PART < 2 {
                beginnings.push((number, list.clone()));
            }
            list.push(interface(number));
        }
        assert_eq!(list.len(), 3 * PART + 2);
        assert!((0..list.len()).all(|place| list.get(place) == Some(&interface(place))));
        assert_eq!(list.get(list.len()), None);
        assert_eq!(list.to_vec().len(), list.len());
        for (length, before) in beginnings {
            let again = list.first(length);
            assert_eq!((again.len(), before.len()), (length, length));
            assert_eq!(again.to_vec(), before.to_vec());
            assert_eq!(again.get(length), None);
            assert!(before.is(&before.clone()) && !before.is(&list));
        }
    }
}
