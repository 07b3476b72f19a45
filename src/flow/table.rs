//! Flows that are over, column by column.

use std::net::IpAddr;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use arrow_buffer::{ArrowNativeType, Buffer, ScalarBuffer};
use rayon::prelude::*;

use crate::columns::address::Addresses;
use crate::flow::columns::{COLUMNS, Column, Getter, Group, Presence, find};
use crate::flow::statistics::Step;
use crate::flow::tcp::CONN_STATES;

/// Immutable columns of flows. Cloning and slicing share the buffers.
#[derive(Clone)]
pub struct Table {
    rows: usize,
    /// Those that follow from others are empty until they are asked for.
    columns: Vec<(usize, OnceLock<Buffer>)>,
    /// The IPv6 addresses of which address columns hold the places.
    pub ipv6: Arc<Vec<[u8; 16]>>,
    /// The texts of which columns of letters hold the places; the first is empty.
    pub texts: Arc<Vec<String>>,
    /// The first packets of each flow, as many of each as were asked for.
    steps: Arc<Vec<Step>>,
    sequence: usize,
}

impl Table {
    /// A table of columns as they are kept; those that follow from others are there with those of their group.
    pub fn from_parts(
        rows: usize,
        columns: Vec<(usize, Buffer)>,
        ipv6: Vec<[u8; 16]>,
        texts: Vec<String>,
        steps: Vec<Step>,
        sequence: usize,
    ) -> Self {
        let groups: Vec<Group> = columns.iter().map(|(place, _)| COLUMNS[*place].group).collect();
        let mut kept = columns;
        let column = |(place, column): (usize, &Column)| {
            if let Some(at) = kept.iter().position(|(here, _)| *here == place) {
                return Some((place, OnceLock::from(kept.swap_remove(at).1)));
            }
            (column.getter.is_made() && groups.contains(&column.group)).then(|| (place, OnceLock::new()))
        };
        let columns = COLUMNS.iter().enumerate().filter_map(column).collect();
        Self { rows, columns, ipv6: Arc::new(ipv6), texts: Arc::new(texts), steps: Arc::new(steps), sequence }
    }

    /// The first packets of each flow, and of how many there is room.
    pub fn steps(&self) -> (&[Step], usize) {
        (&self.steps, self.sequence)
    }

    /// The first packets of these rows.
    fn steps_of(&self, rows: impl Iterator<Item = usize>) -> Arc<Vec<Step>> {
        Arc::new(rows.flat_map(|row| self.steps[row * self.sequence..][..self.sequence].iter().copied()).collect())
    }

    /// Whether all addresses and texts are there, and of each group all columns.
    pub fn is_sound(&self) -> bool {
        let here = |column: &Column| self.columns().any(|(_, other)| other.name == column.name);
        let wanted = |column: &Column| self.columns().any(|(_, other)| other.group == column.group);
        if COLUMNS.iter().any(|column| wanted(column) && !here(column)) {
            return false;
        }
        if self.sequence > 0 && self.steps.len() != self.rows.saturating_mul(self.sequence) {
            return false;
        }
        let versions = self.named::<u8>("ip_version");
        self.kept().all(|(place, buffer)| match COLUMNS[place].getter {
            Getter::Ip(_) => {
                let rows = buffer.typed_data::<u32>().iter().zip(versions.iter());
                versions.len() == self.rows
                    && rows.into_iter().all(|(at, version)| *version != 6 || (*at as usize) < self.ipv6.len())
            }
            Getter::Letters(_) => buffer.typed_data::<u32>().iter().all(|at| (*at as usize) < self.texts.len()),
            Getter::State(_) => buffer.iter().all(|at| usize::from(*at) < CONN_STATES.len()),
            _ => true,
        })
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The columns that are there, with their places in the table of columns.
    pub fn columns(&self) -> impl Iterator<Item = (usize, &'static Column)> {
        self.columns.iter().map(|(place, _)| (*place, &COLUMNS[*place]))
    }

    /// Those that do not follow from others.
    pub fn kept(&self) -> impl Iterator<Item = (usize, &Buffer)> {
        let kept = self.columns.iter().filter(|(place, _)| !COLUMNS[*place].getter.is_made());
        kept.filter_map(|(place, buffer)| buffer.get().map(|buffer| (*place, buffer)))
    }

    /// Works a column out, if it follows from others and was not asked for before.
    pub fn make(&self, column: usize) {
        let _ = self.buffer(column);
    }

    fn buffer(&self, column: usize) -> Option<&Buffer> {
        let (_, buffer) = self.columns.iter().find(|(place, _)| *place == column)?;
        if let Some(made) = buffer.get() {
            return Some(made);
        }
        // Not while the lock is held: others, and a child after a fork, would wait for it.
        let made = COLUMNS[column].getter.make(self).unwrap_or_default();
        Some(buffer.get_or_init(|| made))
    }

    /// The values of a column, whose type must be that of the table of columns; None if it is not there.
    pub fn values<T: ArrowNativeType>(&self, column: usize) -> Option<ScalarBuffer<T>> {
        self.buffer(column).map(|buffer| ScalarBuffer::new(buffer.clone(), 0, self.rows))
    }

    pub fn named<T: ArrowNativeType>(&self, name: &str) -> ScalarBuffer<T> {
        find(name).and_then(|place| self.values(place)).unwrap_or_else(|| Vec::new().into())
    }

    /// Numbers of the flows' first packets.
    pub fn first_rows(&self) -> ScalarBuffer<u64> {
        self.named("first_row")
    }

    /// Hands an address column to `work`; None if it is not there.
    pub fn with_addresses<R>(&self, column: usize, work: impl FnOnce(Addresses) -> R) -> Option<R> {
        let raw = self.values::<u32>(column)?;
        let ip_version = self.named::<u8>("ip_version");
        Some(work(Addresses { raw: &raw, ip_version: &ip_version, layers: &[], ipv6: &self.ipv6 }))
    }

    /// The addresses of a column, row by row.
    pub fn addresses(&self, name: &str) -> Vec<Option<IpAddr>> {
        let rows = 0..self.rows;
        let all = find(name).and_then(|place| self.with_addresses(place, |all| rows.map(|row| all.get(row)).collect()));
        all.unwrap_or_default()
    }

    /// For each row whether the flow has the column's field; None if every flow has it.
    pub fn present(&self, place: usize) -> Option<Vec<bool>> {
        const PORTS: [u8; 5] = [6, 17, 33, 132, 136];
        const ICMP: [u8; 2] = [1, 58];
        let protocol_in = |known: &[u8]| self.named::<u8>("protocol").iter().map(|protocol| known.contains(protocol)).collect();
        match COLUMNS[place].presence {
            Presence::Always => None,
            Presence::NotZero => Some(self.at_least(place, 1)),
            Presence::Ports => Some(protocol_in(&PORTS)),
            Presence::Icmp => Some(protocol_in(&ICMP)),
            Presence::Tcp => Some(protocol_in(&[6])),
            Presence::AtLeast(name, least) => find(name).map(|other| self.at_least(other, least)),
        }
    }

    fn at_least(&self, place: usize, least: u32) -> Vec<bool> {
        fn test<T: ArrowNativeType>(values: Option<ScalarBuffer<T>>, test: impl Fn(T) -> bool) -> Vec<bool> {
            values.map_or_else(Vec::new, |values| values.iter().map(|value| test(*value)).collect())
        }
        match COLUMNS[place].getter {
            Getter::U8(_) | Getter::State(_) => test(self.values::<u8>(place), |value| u64::from(value) >= u64::from(least)),
            Getter::U16(_) => test(self.values::<u16>(place), |value| u64::from(value) >= u64::from(least)),
            Getter::U32(_) | Getter::Ip(_) | Getter::Letters(_) => {
                test(self.values::<u32>(place), |value| u64::from(value) >= u64::from(least))
            }
            Getter::U64(_) => test(self.values::<u64>(place), |value| value >= u64::from(least)),
            Getter::Time(_) | Getter::Duration(_) => test(self.values::<i64>(place), |value| value >= i64::from(least)),
            Getter::F64(_) => test(self.values::<f64>(place), |value| value >= f64::from(least)),
            Getter::Steps(_) | Getter::CommunityId => Vec::new(),
        }
    }

    /// Rows `range`, sharing the buffers.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Self {
        let part = |place: usize, buffer: &Buffer| {
            let width = width(&COLUMNS[place].getter);
            buffer.slice_with_length(range.start * width, range.len() * width)
        };
        Self { rows: range.len(), columns: self.each(part), steps: self.steps_of(range.clone()), ..self.clone() }
    }

    /// The rows with these numbers, in this order. Every number must be below [`Table::rows`].
    #[must_use]
    pub fn take(&self, rows: &[usize]) -> Self {
        let part = |place: usize, buffer: &Buffer| match width(&COLUMNS[place].getter) {
            0 => buffer.clone(),
            1 => gather::<u8>(buffer, rows),
            2 => gather::<u16>(buffer, rows),
            4 => gather::<u32>(buffer, rows),
            _ => gather::<u64>(buffer, rows),
        };
        Self { rows: rows.len(), columns: self.each(part), steps: self.steps_of(rows.iter().copied()), ..self.clone() }
    }

    /// A part of each column that is there by now.
    fn each(&self, part: impl Fn(usize, &Buffer) -> Buffer + Sync) -> Vec<(usize, OnceLock<Buffer>)> {
        let column = |(place, buffer): &(usize, OnceLock<Buffer>)| {
            (*place, buffer.get().map_or_else(OnceLock::new, |buffer| OnceLock::from(part(*place, buffer))))
        };
        self.columns.par_iter().map(column).collect()
    }

    /// Bytes that the columns take.
    pub fn nbytes(&self) -> usize {
        let columns: usize = self.columns.iter().filter_map(|(_, buffer)| buffer.get()).map(Buffer::len).sum();
        columns + self.ipv6.len() * 16 + self.steps.len() * size_of::<Step>()
    }
}

fn gather<T: ArrowNativeType>(buffer: &Buffer, rows: &[usize]) -> Buffer {
    let values = buffer.typed_data::<T>();
    rows.iter().map(|&row| values[row]).collect::<Vec<T>>().into()
}

/// Bytes of one value, none where it is not stored.
pub fn width(getter: &Getter) -> usize {
    match getter {
        Getter::Steps(_) | Getter::CommunityId => 0,
        Getter::U8(_) | Getter::State(_) => 1,
        Getter::U16(_) => 2,
        Getter::U32(_) | Getter::Ip(_) | Getter::Letters(_) => 4,
        Getter::U64(_) | Getter::F64(_) | Getter::Time(_) | Getter::Duration(_) => 8,
    }
}
