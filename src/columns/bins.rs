//! Counting rows into bins of time: what a traffic plot draws, whatever the number of packets.

use rayon::prelude::*;

const PIECE: usize = 1 << 18;

/// Bins of equal width, for several groups of rows.
#[derive(Clone, Copy, Debug)]
pub struct Bins {
    /// Where the first bin begins, in nanoseconds; maybe before all times that there are.
    pub start: i128,
    /// Nanoseconds, at least 1.
    pub width: u64,
    pub count: usize,
    pub groups: usize,
}

impl Bins {
    /// The first time that can be in a bin, and how far into the first bin it is.
    fn first(&self) -> (i64, u64) {
        let first = self.start.clamp(i128::from(i64::MIN), i128::from(i64::MAX));
        (first as i64, u64::try_from(first - self.start).unwrap_or(u64::MAX))
    }

    #[inline]
    fn place(&self, (first, into): (i64, u64), timestamp: i64, group: u32) -> Option<usize> {
        if timestamp < first {
            return None;
        }
        let bin = match timestamp.abs_diff(first).checked_add(into) {
            Some(since) => since / self.width,
            None => self.far_bin(timestamp.abs_diff(first), into),
        };
        let bin = usize::try_from(bin).ok()?;
        (bin < self.count && (group as usize) < self.groups).then(|| group as usize * self.count + bin)
    }

    /// More than 584 years into the bins.
    #[cold]
    fn far_bin(&self, since: u64, into: u64) -> u64 {
        let bin = (u128::from(since) + u128::from(into)) / u128::from(self.width);
        u64::try_from(bin).unwrap_or(u64::MAX)
    }

    /// Sums of `weights` (of 1 where there are none) by group and bin, group after group. Rows outside are left out.
    pub fn sum(&self, timestamps: &[i64], groups: &[u32], weights: Option<&[u32]>) -> Vec<u64> {
        let first = self.first();
        let empty = || vec![0u64; self.count * self.groups];
        timestamps
            .par_chunks(PIECE)
            .zip(groups.par_chunks(PIECE))
            .enumerate()
            .fold(empty, |mut sums, (piece, (timestamps, groups))| {
                let weights = weights.map(|all| &all[piece * PIECE..]);
                for (i, (timestamp, group)) in timestamps.iter().zip(groups).enumerate() {
                    if let Some(place) = self.place(first, *timestamp, *group) {
                        sums[place] += weights.map_or(1, |weights| u64::from(weights[i]));
                    }
                }
                sums
            })
            .reduce(empty, |mut left, right| {
                left.iter_mut().zip(right).for_each(|(left, right)| *left += right);
                left
            })
    }
}
