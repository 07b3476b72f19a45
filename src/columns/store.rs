//! The final columns of a capture while it is read, written once.
//!
//! How many rows there will be is known only at the end. Where the size of the source is known, address space for the worst
//! case is reserved (untouched pages cost nothing), so that each chunk is copied straight to its place by the thread that
//! parsed it; the alternative, keeping every chunk and concatenating, touches all memory twice and is the fallback.
//!
//! This is the one place of the crate with `unsafe`, apart from lending arrays to numpy: threads write disjoint rows of the same
//! column at the same time, which no safe type expresses when the ranges are not known beforehand.

use std::ptr::NonNull;
use std::sync::{Arc, Mutex};

use arrow_buffer::{ArrowNativeType, Buffer};
use bytemuck::Pod;

use super::scratch::{Plan, Scratch, Values};
use super::space::Space;
use super::table::{COLUMNS, Getter};
use crate::error::Result;
use crate::memory;

/// Below this, columns are small enough to be kept and concatenated. Fuzz targets and Miri meet both kinds with short inputs.
const RESERVE_FROM: u64 = if cfg!(any(fuzzing, miri)) { 1 << 11 } else { 8 << 20 };

pub enum Store {
    Reserved(Vec<Reserved>),
    Pieces { widths: Vec<usize>, pieces: Mutex<Vec<(usize, Vec<Values>)>> },
}

impl Store {
    /// A store for at most `max_rows` rows of a source of `source_len` bytes.
    pub fn new(plan: &Plan, source_len: u64, max_rows: usize) -> Self {
        let widths: Vec<usize> = plan.filled.iter().map(|&column| width(column)).collect();
        // Windows counts reserved memory as used.
        if cfg!(unix) && source_len >= RESERVE_FROM {
            let reserved = widths.iter().map(|&width| Reserved::new(width, max_rows)).collect::<std::io::Result<Vec<_>>>();
            if let Ok(reserved) = reserved {
                return Self::Reserved(reserved);
            }
        }
        Self::Pieces { widths, pieces: Mutex::default() }
    }

    /// Bytes that a row takes at most before it has come to its place. Pieces have room to spare, and are there beside what they are
    /// joined to.
    pub fn row_width(&self, plan: &Plan) -> u64 {
        let width = row_width(&plan.filled);
        if matches!(self, Self::Reserved(_)) { width } else { 2 * width }
    }

    /// Stores a chunk's rows from row `base` on, and leaves the scratch empty.
    ///
    /// # Safety
    /// No two calls may be given overlapping ranges of rows.
    pub unsafe fn write(&self, base: usize, scratch: &mut Scratch, plan: &Plan) {
        match self {
            Self::Reserved(columns) => {
                for (column, values) in columns.iter().zip(scratch.columns()) {
                    // SAFETY: passed on to the caller.
                    unsafe { column.write(base, values.bytes()) };
                }
                scratch.clear();
            }
            Self::Pieces { pieces, .. } => {
                let full = scratch.replace(plan);
                pieces.lock().expect("no thread panics while it holds this").push((base, full.into_values()));
            }
        }
    }

    /// The columns, each `rows` long, in the plan's order.
    pub fn finish(self, rows: usize) -> Result<Vec<Buffer>> {
        match self {
            Self::Reserved(columns) => Ok(columns.into_iter().map(|column| column.into_buffer(rows)).collect()),
            Self::Pieces { widths, pieces } => {
                let mut pieces = pieces.into_inner().expect("no thread panics while it holds this");
                pieces.sort_unstable_by_key(|(base, _)| *base);
                widths.iter().enumerate().map(|(column, &width)| concatenate(&mut pieces, column, width)).collect()
            }
        }
    }
}

/// Bytes of a row of these columns, places in the table.
pub fn row_width(columns: &[usize]) -> u64 {
    columns.iter().map(|&column| width(column) as u64).sum()
}

/// Bytes of a value of the widest column.
pub const MOST_WIDTH: u64 = 8;

/// Bytes of one value of a column.
pub fn width(column: usize) -> usize {
    match COLUMNS[column].getter {
        Getter::U8(_) | Getter::Checksum(_) => 1,
        Getter::U16(_) => 2,
        Getter::U32(_) | Getter::Ip(_) | Getter::Mac(_) => 4,
        Getter::Time(_) => 8,
    }
}

/// One column of all pieces, which are let go of on the way.
fn concatenate(pieces: &mut [(usize, Vec<Values>)], column: usize, width: usize) -> Result<Buffer> {
    let take = |(_, values): &mut (usize, Vec<Values>)| std::mem::replace(&mut values[column], Values::U8(Vec::new()));
    if let [only] = pieces {
        return Ok(into_buffer(take(only)));
    }
    let length = pieces.iter().map(|(_, values)| values[column].bytes().len()).sum();
    joined(pieces.iter_mut().map(take), Values::bytes, length, width)
}

/// The pieces of these columns, places in the table, each joined to one.
pub fn join(mut pieces: Vec<Vec<Buffer>>, columns: &[usize]) -> Result<Vec<Buffer>> {
    if pieces.len() == 1 {
        return Ok(pieces.remove(0));
    }
    let column = |(number, &column): (usize, &usize)| {
        let length = pieces.iter().map(|piece| piece[number].len()).sum();
        // Let go of on the way: no more than one column is there twice.
        let take = |piece: &mut Vec<Buffer>| std::mem::take(&mut piece[number]);
        joined(pieces.iter_mut().map(take), Buffer::as_slice, length, width(column))
    };
    columns.iter().enumerate().map(column).collect()
}

/// The values of all pieces in one, `length` bytes in values of `width`.
fn joined<P>(pieces: impl Iterator<Item = P>, bytes: fn(&P) -> &[u8], length: usize, width: usize) -> Result<Buffer> {
    match width {
        1 => joined_values::<u8, P>(pieces, bytes, length),
        2 => joined_values::<u16, P>(pieces, bytes, length),
        4 => joined_values::<u32, P>(pieces, bytes, length),
        _ => joined_values::<u64, P>(pieces, bytes, length),
    }
}

fn joined_values<T: Pod + ArrowNativeType, P>(
    pieces: impl Iterator<Item = P>,
    bytes: fn(&P) -> &[u8],
    length: usize,
) -> Result<Buffer> {
    let mut values: Vec<T> = Vec::new();
    memory::reserve(&mut values, length / size_of::<T>())?;
    for piece in pieces {
        values.extend_from_slice(bytemuck::cast_slice(bytes(&piece)));
    }
    Ok(Buffer::from(values))
}

fn into_buffer(values: Values) -> Buffer {
    match values {
        Values::U8(values) => Buffer::from(values),
        Values::U16(values) => Buffer::from(values),
        Values::U32(values) => Buffer::from(values),
        Values::I64(values) => Buffer::from(values),
    }
}

/// Address space for one column.
pub struct Reserved {
    space: Space,
    width: usize,
}

impl Reserved {
    fn new(width: usize, max_rows: usize) -> std::io::Result<Self> {
        let length = width.checked_mul(max_rows).ok_or(std::io::ErrorKind::OutOfMemory)?;
        Ok(Self { space: Space::new(length)?, width })
    }

    /// Copies whole values to row `base` and after.
    ///
    /// # Safety
    /// No two calls may be given overlapping ranges of rows.
    unsafe fn write(&self, base: usize, bytes: &[u8]) {
        let start = base * self.width;
        assert!(start + bytes.len() <= self.space.len(), "more rows than a source of this size can hold");
        // SAFETY: the range is inside the space (just checked), nobody reads it before `into_buffer`, which takes `self`,
        // and no other call writes this range (the caller's promise).
        unsafe { self.space.as_mut_ptr().add(start).copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
    }

    fn into_buffer(self, rows: usize) -> Buffer {
        let start = NonNull::new(self.space.as_mut_ptr()).expect("memory is never at address 0");
        let length = (rows * self.width).min(self.space.len());
        // SAFETY: the space is valid for its length, begins as zeros, and lives as long as the buffer, which owns it
        // from here on; nobody writes to it any more.
        unsafe { Buffer::from_custom_allocation(start, length, Arc::new(Owned(self.space))) }
    }
}

/// A space that nobody writes to any more.
struct Owned(#[allow(dead_code, reason = "held for its Drop")] Space);
impl std::panic::RefUnwindSafe for Owned {}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::columns::scratch::Numbering;
    use crate::wire::Packet;

    // Miri takes a thousand times as long.
    const CASES: u32 = if cfg!(miri) { 4 } else { 64 };
    const MOST_ROWS: usize = if cfg!(miri) { 10 } else { 200 };

    /// Every column.
    fn plan() -> Plan {
        Plan::new((0..COLUMNS.len()).collect())
    }

    fn packet(row: usize) -> Packet {
        let number = row as u32;
        let tcp_flags = number as u16;
        Packet {
            timestamp: -(row as i64),
            length: number,
            ip_version: 4,
            ipv4_src: !number,
            tcp_flags,
            ttl: number as u8,
            ..Packet::default()
        }
    }

    /// Writes chunks of these sizes, the last first, so that places do not follow one another.
    fn written(store: Store, chunks: &[usize]) -> Vec<Buffer> {
        let plan = plan();
        let mut scratch = Scratch::new(&plan, Numbering::default());
        let rows: usize = chunks.iter().sum();
        let mut base = rows;
        for chunk in chunks.iter().rev().filter(|chunk| **chunk > 0) {
            base -= chunk;
            (base..base + chunk).for_each(|row| *scratch.push() = packet(row));
            scratch.flush();
            assert_eq!(scratch.rows(), *chunk);
            // SAFETY: each chunk has rows of its own.
            unsafe { store.write(base, &mut scratch, &plan) };
            assert_eq!(scratch.rows(), 0);
        }
        store.finish(rows).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(CASES))]

        #[test]
        fn both_kinds_give_the_same(chunks in vec(0..MOST_ROWS, 0..6)) {
            let rows = chunks.iter().sum();
            let (pieces, reserved) = (Store::new(&plan(), 0, rows), Store::new(&plan(), RESERVE_FROM, rows));
            assert!(matches!((&pieces, &reserved), (Store::Pieces { .. }, Store::Reserved(_))));
            let (pieces, reserved) = (written(pieces, &chunks), written(reserved, &chunks));
            for (place, (pieces, reserved)) in pieces.iter().zip(&reserved).enumerate() {
                prop_assert_eq!(pieces.as_slice(), reserved.as_slice(), "{}", COLUMNS[place].name);
                prop_assert_eq!(pieces.len(), rows * width(place));
                for buffer in [pieces, reserved] {
                    prop_assert!(buffer.as_ptr().addr().is_multiple_of(width(place)), "aligned for its type");
                }
            }
            let times: Vec<i64> = (0..rows as i64).map(|row| -row).collect();
            prop_assert_eq!(pieces[0].typed_data::<i64>(), times);
        }
    }

    #[test]
    fn threads_write_at_the_same_time() {
        const ROWS: usize = MOST_ROWS / 4;
        let threads = if cfg!(miri) { 3 } else { 16 };
        for source_len in [0, RESERVE_FROM] {
            let plan = plan();
            let store = Store::new(&plan, source_len, threads * ROWS);
            std::thread::scope(|scope| {
                for base in (0..threads).map(|thread| thread * ROWS) {
                    let (store, plan) = (&store, &plan);
                    scope.spawn(move || {
                        let mut scratch = Scratch::new(plan, Numbering::default());
                        (base..base + ROWS).for_each(|row| *scratch.push() = packet(row));
                        scratch.flush();
                        // SAFETY: each thread has rows of its own.
                        unsafe { store.write(base, &mut scratch, plan) };
                    });
                }
            });
            let columns = store.finish(threads * ROWS).unwrap();
            let times: Vec<i64> = (0..(threads * ROWS) as i64).map(|row| -row).collect();
            assert_eq!(columns[0].typed_data::<i64>(), times);
        }
    }

    #[test]
    #[should_panic = "more rows than a source of this size can hold"]
    fn more_rows_than_reserved() {
        written(Store::new(&plan(), RESERVE_FROM, 5), &[6]);
    }
}
