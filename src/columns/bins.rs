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

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    fn naive(bins: &Bins, timestamps: &[i64], groups: &[u32], weights: Option<&[u32]>) -> Vec<u64> {
        let mut sums = vec![0; bins.count * bins.groups];
        for (row, (timestamp, group)) in timestamps.iter().zip(groups).enumerate() {
            let bin = (i128::from(*timestamp) - bins.start).div_euclid(i128::from(bins.width));
            if (0..bins.count as i128).contains(&bin) && (*group as usize) < bins.groups {
                sums[*group as usize * bins.count + bin as usize] += weights.map_or(1, |weights| u64::from(weights[row]));
            }
        }
        sums
    }

    fn time() -> impl Strategy<Value = i64> {
        let ends = select(&[i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX - 1, i64::MAX][..]);
        prop_oneof![3 => -50..50_i64, 1 => any::<i64>(), 1 => ends]
    }

    fn width() -> impl Strategy<Value = u64> {
        prop_oneof![3 => 1..20_u64, 1 => any::<u64>().prop_map(|width| width.max(1)), 1 => select(&[1 << 62, 1 << 63, u64::MAX][..])]
    }

    proptest! {
        #[test]
        fn as_by_definition(
            rows in vec((time(), 0..4_u32, any::<u32>()), 0..60),
            first in time(), width in width(), before in any::<bool>(), count in 0..12_usize, groups in 0..4_usize, weighted in any::<bool>(),
        ) {
            // A timeline begins at most one bin before its first packet.
            let start = i128::from(first) - if before { i128::from(width) } else { 0 };
            let bins = Bins { start, width, count, groups };
            let timestamps: Vec<i64> = rows.iter().map(|row| row.0).collect();
            let numbers: Vec<u32> = rows.iter().map(|row| row.1).collect();
            let weights: Vec<u32> = rows.iter().map(|row| row.2).collect();
            let weights = weighted.then_some(&weights[..]);
            prop_assert_eq!(bins.sum(&timestamps, &numbers, weights), naive(&bins, &timestamps, &numbers, weights));
        }
    }

    #[test]
    fn many_pieces() {
        let rows = 2 * PIECE + 7;
        let timestamps: Vec<i64> = (0..rows as i64).map(|row| row * 7 % 1000).collect();
        let groups: Vec<u32> = (0..rows as u32).map(|row| row % 3).collect();
        let weights: Vec<u32> = (0..rows as u32).collect();
        let bins = Bins { start: 100, width: 64, count: 10, groups: 2 };
        for threads in [1, 3] {
            let pool = crate::parallel::pool(threads).unwrap();
            let sums = pool.install(|| bins.sum(&timestamps, &groups, Some(&weights)));
            assert_eq!(sums, naive(&bins, &timestamps, &groups, Some(&weights)));
        }
    }
}
