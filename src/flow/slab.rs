//! Things of flows, in places that are used again.

pub struct Slab<T> {
    pub items: Vec<T>,
    pub free: Vec<u32>,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self { items: Vec::new(), free: Vec::new() }
    }
}

impl<T: Copy> Slab<T> {
    pub fn put(&mut self, item: T) -> u32 {
        if let Some(place) = self.free.pop() {
            self.items[place as usize] = item;
            return place;
        }
        self.items.push(item);
        self.items.len() as u32 - 1
    }

    pub fn take(&mut self, place: u32) -> T {
        self.free.push(place);
        self.items[place as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_used_again() {
        let mut slab = Slab::default();
        let places: Vec<u32> = (0..200_u64).map(|item| slab.put(item)).collect();
        assert_eq!(places, (0..200).collect::<Vec<u32>>());
        assert!(places.iter().all(|place| slab.items[*place as usize] == u64::from(*place)));
        assert_eq!(slab.take(130), 130);
        assert_eq!((slab.put(7), slab.put(8)), (130, 200));
        assert_eq!((slab.items[130], slab.items.len()), (7, 201));
    }
}
