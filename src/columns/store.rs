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

use arrow_buffer::Buffer;

use super::scratch::{Plan, Scratch, Values};
use super::space::Space;
use super::table::{COLUMNS, Getter};

/// Below this, columns are small enough to be kept and concatenated. Fuzz targets meet both kinds with short inputs.
const RESERVE_FROM: u64 = if cfg!(fuzzing) { 1 << 11 } else { 8 << 20 };

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
    pub fn finish(self, rows: usize) -> Vec<Buffer> {
        match self {
            Self::Reserved(columns) => columns.into_iter().map(|column| column.into_buffer(rows)).collect(),
            Self::Pieces { widths, pieces } => {
                let mut pieces = pieces.into_inner().expect("no thread panics while it holds this");
                pieces.sort_unstable_by_key(|(base, _)| *base);
                (0..widths.len()).map(|column| concatenate(&mut pieces, column)).collect()
            }
        }
    }
}

/// Bytes of one value of a column.
pub fn width(column: usize) -> usize {
    match COLUMNS[column].getter {
        Getter::U8(_) => 1,
        Getter::U16(_) => 2,
        Getter::U32(_) | Getter::Ip(_) | Getter::Mac(_) => 4,
        Getter::Time(_) => 8,
    }
}

/// One column of all pieces, which are let go of on the way.
fn concatenate(pieces: &mut [(usize, Vec<Values>)], column: usize) -> Buffer {
    let empty = Values::U8(Vec::new());
    match pieces {
        [] => Buffer::from(Vec::<u64>::new()),
        [(_, only)] => into_buffer(std::mem::replace(&mut only[column], empty)),
        _ => {
            let length = pieces.iter().map(|(_, values)| values[column].bytes().len()).sum::<usize>();
            // Words, so that the bytes are aligned for every type of value.
            let mut words = vec![0u64; length.div_ceil(8)];
            let mut rest: &mut [u8] = bytemuck::cast_slice_mut(&mut words);
            for (_, values) in pieces {
                let values = std::mem::replace(&mut values[column], empty.clone());
                let (place, after) = rest.split_at_mut(values.bytes().len());
                place.copy_from_slice(values.bytes());
                rest = after;
            }
            Buffer::from(words).slice_with_length(0, length)
        }
    }
}

/// The pieces of `columns` columns, each joined to one.
pub fn join(pieces: Vec<Vec<Buffer>>, columns: usize) -> Vec<Buffer> {
    if pieces.len() == 1 {
        return pieces.into_iter().flatten().collect();
    }
    let mut pieces: Vec<Vec<Option<Buffer>>> = pieces.into_iter().map(|piece| piece.into_iter().map(Some).collect()).collect();
    let column = |column: usize| {
        let length = pieces.iter().filter_map(|piece| piece[column].as_ref()).map(Buffer::len).sum();
        let mut words = vec![0u64; usize::div_ceil(length, 8)];
        let mut rest: &mut [u8] = bytemuck::cast_slice_mut(&mut words);
        for piece in &mut pieces {
            // Let go of on the way: no more than one column is there twice.
            let Some(buffer) = piece[column].take() else { continue };
            let (place, after) = rest.split_at_mut(buffer.len());
            place.copy_from_slice(&buffer);
            rest = after;
        }
        Buffer::from(words).slice_with_length(0, length)
    };
    (0..columns).map(column).collect()
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
        store.finish(rows)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 2 } else { 64 }))]

        #[test]
        fn both_kinds_give_the_same(chunks in vec(0..200_usize, 0..6)) {
            let rows = chunks.iter().sum();
            let (pieces, reserved) = (Store::new(&plan(), 0, rows), Store::new(&plan(), RESERVE_FROM, rows));
            assert!(matches!((&pieces, &reserved), (Store::Pieces { .. }, Store::Reserved(_))));
            let (pieces, reserved) = (written(pieces, &chunks), written(reserved, &chunks));
            for (place, (pieces, reserved)) in pieces.iter().zip(&reserved).enumerate() {
                prop_assert_eq!(pieces.as_slice(), reserved.as_slice(), "{}", COLUMNS[place].name);
                prop_assert_eq!(pieces.len(), rows * width(place));
                prop_assert!(pieces.as_ptr().addr().is_multiple_of(8), "aligned for every type");
            }
            let times: Vec<i64> = (0..rows as i64).map(|row| -row).collect();
            prop_assert_eq!(pieces[0].typed_data::<i64>(), times);
        }
    }

    #[test]
    fn threads_write_at_the_same_time() {
        const ROWS: usize = 50;
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
            let columns = store.finish(threads * ROWS);
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
