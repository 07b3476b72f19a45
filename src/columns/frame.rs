//! The columns of a capture, or of a part of it.

use std::ops::Range;
use std::sync::Arc;

use arrow_buffer::{ArrowNativeType, Buffer, ScalarBuffer};

use super::address::Addresses;
use super::store::width;
use super::table::{COLUMNS, Column, Presence, place};
use crate::error::Result;
use crate::{memory, parallel};

/// Immutable columns of equal length. Cloning and slicing share the buffers.
#[derive(Clone)]
pub struct Frame {
    rows: usize,
    /// Place in the table and values, in the table's order; companions included.
    columns: Vec<(usize, Buffer)>,
    visible: Vec<usize>,
    pub ipv6: Arc<Vec<[u8; 16]>>,
    pub macs: Arc<Vec<[u8; 6]>>,
    selection: Selection,
}

/// Which packets of the source the rows are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    From(u64),
    Rows(Arc<Vec<u64>>),
}

impl Frame {
    pub fn new(
        rows: usize,
        columns: Vec<(usize, Buffer)>,
        visible: Vec<usize>,
        ipv6: Vec<[u8; 16]>,
        macs: Vec<[u8; 6]>,
        selection: Selection,
    ) -> Self {
        Self { rows, columns, visible, ipv6: Arc::new(ipv6), macs: Arc::new(macs), selection }
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The columns that were asked for.
    pub fn visible(&self) -> impl Iterator<Item = (usize, &'static Column)> {
        self.visible.iter().map(|&place| (place, &COLUMNS[place]))
    }

    /// All columns that are there, companions included.
    pub fn columns(&self) -> &[(usize, Buffer)] {
        &self.columns
    }

    pub fn selection(&self) -> &Selection {
        &self.selection
    }

    pub fn buffer(&self, column: usize) -> Option<&Buffer> {
        self.columns.iter().find(|(place, _)| *place == column).map(|(_, buffer)| buffer)
    }

    /// The values of a column, whose type must be that of the table; None if the column was not read.
    pub fn values<T: ArrowNativeType>(&self, column: usize) -> Option<ScalarBuffer<T>> {
        self.buffer(column).map(|buffer| ScalarBuffer::new(buffer.clone(), 0, self.rows))
    }

    /// The values of a companion column, by name; empty if it was not read.
    pub fn companion<T: ArrowNativeType>(&self, name: &str) -> ScalarBuffer<T> {
        self.values(place(name)).unwrap_or_else(|| ScalarBuffer::from(Vec::new()))
    }

    /// Hands an address column to `work`; None if it was not read.
    pub fn with_addresses<R>(&self, column: usize, work: impl FnOnce(Addresses) -> R) -> Option<R> {
        let raw = self.values::<u32>(column)?;
        let column = &COLUMNS[column];
        let ip_version = self.companion::<u8>(column.version());
        // Only the innermost addresses may be those of ARP.
        let layers = if column.presence == Presence::Address { self.companion::<u32>("layers") } else { Vec::new().into() };
        Some(work(Addresses { raw: &raw, ip_version: &ip_version, layers: &layers, ipv6: &self.ipv6 }))
    }

    /// The number in the source of the packet in `row`.
    pub fn source_row(&self, row: usize) -> u64 {
        match &self.selection {
            Selection::From(first) => first + row as u64,
            Selection::Rows(rows) => rows[row],
        }
    }

    /// Rows `range`, sharing the buffers.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Self {
        let columns = self.columns.iter().map(|(place, buffer)| {
            let width = width(*place);
            (*place, buffer.slice_with_length(range.start * width, range.len() * width))
        });
        let selection = match &self.selection {
            Selection::From(first) => Selection::From(first + range.start as u64),
            Selection::Rows(rows) => Selection::Rows(Arc::new(rows[range.clone()].to_vec())),
        };
        Self { rows: range.len(), columns: columns.collect(), selection, ..self.clone() }
    }

    /// The rows with these numbers, in this order. Every number must be below [`Frame::rows`].
    pub fn take(&self, rows: &[usize]) -> Result<Self> {
        let gather = |(place, buffer): &(usize, Buffer)| {
            let buffer = match width(*place) {
                1 => gather::<u8>(buffer, rows),
                2 => gather::<u16>(buffer, rows),
                4 => gather::<u32>(buffer, rows),
                _ => gather::<u64>(buffer, rows),
            };
            Ok((*place, buffer?))
        };
        let columns = parallel::map(rows.len(), &self.columns, gather)?.into_iter().collect::<Result<_>>()?;
        let source_rows = memory::collect(rows.iter().map(|&row| self.source_row(row)), rows.len())?;
        let selection = Selection::Rows(Arc::new(source_rows));
        Ok(Self { rows: rows.len(), columns, selection, ..self.clone() })
    }

    /// Bytes that the columns take.
    pub fn nbytes(&self) -> usize {
        let columns: usize = self.columns.iter().map(|(_, buffer)| buffer.len()).sum();
        columns + self.ipv6.len() * 16 + self.macs.len() * 6
    }
}

fn gather<T: ArrowNativeType>(buffer: &Buffer, rows: &[usize]) -> Result<Buffer> {
    let values = buffer.typed_data::<T>();
    Ok(memory::collect(rows.iter().map(|&row| values[row]), rows.len())?.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Six rows, of which two columns were read.
    fn frame() -> Frame {
        let (length, ttl) = (Buffer::from(vec![10_u32, 11, 12, 13, 14, 15]), Buffer::from(vec![0_u8, 1, 2, 3, 4, 5]));
        let columns = vec![(place("length"), length), (place("ttl"), ttl)];
        Frame::new(6, columns, vec![place("length")], vec![], vec![], Selection::From(100))
    }

    fn rows(frame: &Frame) -> (Vec<u32>, Vec<u8>, Vec<u64>) {
        let source_rows = (0..frame.rows()).map(|row| frame.source_row(row)).collect();
        (frame.companion("length").to_vec(), frame.companion("ttl").to_vec(), source_rows)
    }

    #[test]
    fn slices_and_selections_of_each_other() {
        let slice = frame().slice(1..5);
        assert_eq!(rows(&slice), (vec![11, 12, 13, 14], vec![1, 2, 3, 4], vec![101, 102, 103, 104]));
        let taken = slice.take(&[3, 0, 0]).unwrap();
        assert_eq!(rows(&taken), (vec![14, 11, 11], vec![4, 1, 1], vec![104, 101, 101]));
        assert_eq!(rows(&taken.slice(1..2)), (vec![11], vec![1], vec![101]));
        assert_eq!(rows(&taken.take(&[]).unwrap()), (vec![], vec![], vec![]));
        assert_eq!(slice.slice(0..0).rows(), 0);
    }

    #[test]
    fn columns_that_were_not_read() {
        let frame = frame();
        assert!(frame.buffer(place("sport")).is_none());
        assert!(frame.with_addresses(place("src"), |_| ()).is_none());
        assert!(frame.companion::<u16>("sport").is_empty());
        assert!(frame.visible().map(|(_, column)| column.name).eq(["length"]));
        assert_eq!(frame.nbytes(), 30);
    }
}
