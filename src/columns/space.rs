//! Address space for a column: untouched, it costs nothing.

use std::io;

#[cfg(miri)]
pub use watched::Space;

/// A map of memory.
#[cfg(not(miri))]
pub struct Space(memmap2::MmapRaw);

#[cfg(not(miri))]
impl Space {
    /// `length` bytes, all of them 0.
    pub fn new(length: usize) -> io::Result<Self> {
        let map = memmap2::MmapOptions::new().len(length.max(1)).no_reserve_swap().map_anon()?;
        // Fewer page faults; where huge pages are not to be had, small ones do.
        #[cfg(target_os = "linux")]
        let _ = map.advise(memmap2::Advice::HugePage);
        Ok(Self(memmap2::MmapRaw::from(map)))
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn as_mut_ptr(&self) -> *mut u8 {
        self.0.as_mut_ptr()
    }
}

/// Miri has no such maps. Memory of its own takes their place, so that it sees what is written where, and by whom.
#[cfg(miri)]
mod watched {
    use std::sync::atomic::AtomicU64;

    pub struct Space(Vec<AtomicU64>);

    impl Space {
        pub fn new(length: usize) -> super::io::Result<Self> {
            Ok(Self((0..length.div_ceil(8).max(1)).map(|_| AtomicU64::new(0)).collect()))
        }

        pub fn len(&self) -> usize {
            self.0.len() * 8
        }

        pub fn as_mut_ptr(&self) -> *mut u8 {
            self.0.as_ptr().cast_mut().cast()
        }
    }
}
