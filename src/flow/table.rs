//! Flows that are over, column by column.

use std::collections::HashMap;
use std::net::IpAddr;
use std::ops::Range;
use std::sync::Arc;

use ahash::RandomState;
use arrow_buffer::{ArrowNativeType, Buffer, ScalarBuffer};
use rayon::prelude::*;

use crate::columns::address::Addresses;
use crate::columns::dictionary::Dictionary;
use crate::flow::columns::{COLUMNS, Column, Getter, Group, Presence, Record, find};
use crate::flow::history::History;
use crate::flow::rules::Rules;
use crate::flow::shard::Finished;
use crate::flow::statistics::Step;
use crate::flow::tcp::CONN_STATES;

/// Rows that are filled in one go: their flows stay in the cache while one column after the other is filled.
const BLOCK: usize = 256;

/// In which order flows come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    FirstPacket,
    End,
}

/// Immutable columns of flows. Cloning and slicing share the buffers.
#[derive(Clone)]
pub struct Table {
    rows: usize,
    columns: Vec<(usize, Buffer)>,
    /// The IPv6 addresses of which address columns hold the places.
    pub ipv6: Arc<Vec<[u8; 16]>>,
    /// The texts of which columns of letters hold the places; the first is empty.
    pub texts: Arc<Vec<String>>,
    /// The first packets of each flow, as many of each as were asked for.
    steps: Arc<Vec<Step>>,
    sequence: usize,
}

impl Table {
    pub fn new(mut finished: Vec<Finished>, order: Order, rules: &Rules) -> Self {
        let places = sort(&finished, order);
        let ipv6 = name_addresses(&mut finished, &places);
        let wanted: Vec<usize> = (0..COLUMNS.len()).filter(|place| is_wanted(COLUMNS[*place].group, rules)).collect();
        let mut values: Vec<Values> = wanted.iter().map(|place| Values::new(&COLUMNS[*place].getter, places.len())).collect();
        fill(&finished, &places, &wanted, &mut values);
        let steps = places.iter().flat_map(|place| {
            finished[place.shard as usize].steps[place.flow as usize * rules.sequence..][..rules.sequence].iter().copied()
        });
        let steps = if rules.statistics { steps.collect() } else { Vec::new() };
        drop(finished);
        let mut texts = vec![String::new()];
        let columns = wanted.into_iter().zip(values).map(|(place, values)| (place, values.into_buffer(&mut texts))).collect();
        Self {
            rows: places.len(),
            columns,
            ipv6: Arc::new(ipv6),
            texts: Arc::new(texts),
            steps: Arc::new(steps),
            sequence: rules.sequence,
        }
    }

    /// A table of columns as they are, for restoring one.
    pub fn from_parts(
        rows: usize,
        columns: Vec<(usize, Buffer)>,
        ipv6: Vec<[u8; 16]>,
        texts: Vec<String>,
        steps: Vec<Step>,
        sequence: usize,
    ) -> Self {
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

    /// Whether all addresses and texts are there.
    pub fn is_sound(&self) -> bool {
        if self.sequence > 0 && self.steps.len() != self.rows.saturating_mul(self.sequence) {
            return false;
        }
        let versions = self.named::<u8>("ip_version");
        self.columns.iter().all(|(place, buffer)| match COLUMNS[*place].getter {
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
    pub fn columns(&self) -> impl Iterator<Item = (usize, &'static Column, &Buffer)> {
        self.columns.iter().map(|(place, buffer)| (*place, &COLUMNS[*place], buffer))
    }

    fn buffer(&self, column: usize) -> Option<&Buffer> {
        self.columns.iter().find(|(place, _)| *place == column).map(|(_, buffer)| buffer)
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
        let columns = self.columns.iter().map(|(place, buffer)| {
            let width = width(&COLUMNS[*place].getter);
            (*place, buffer.slice_with_length(range.start * width, range.len() * width))
        });
        Self { rows: range.len(), columns: columns.collect(), steps: self.steps_of(range), ..self.clone() }
    }

    /// The rows with these numbers, in this order. Every number must be below [`Table::rows`].
    #[must_use]
    pub fn take(&self, rows: &[usize]) -> Self {
        let gather = |(place, buffer): &(usize, Buffer)| {
            let buffer = match width(&COLUMNS[*place].getter) {
                0 => buffer.clone(),
                1 => gather::<u8>(buffer, rows),
                2 => gather::<u16>(buffer, rows),
                4 => gather::<u32>(buffer, rows),
                _ => gather::<u64>(buffer, rows),
            };
            (*place, buffer)
        };
        let steps = self.steps_of(rows.iter().copied());
        Self { rows: rows.len(), columns: self.columns.par_iter().map(gather).collect(), steps, ..self.clone() }
    }

    /// Bytes that the columns take.
    pub fn nbytes(&self) -> usize {
        let columns: usize = self.columns.iter().map(|(_, buffer)| buffer.len()).sum();
        columns + self.ipv6.len() * 16 + self.steps.len() * size_of::<Step>()
    }
}

fn is_wanted(group: Group, rules: &Rules) -> bool {
    match group {
        Group::Core => true,
        Group::Zeek => rules.attempt_timeout.is_some(),
        Group::Statistics => rules.statistics,
        Group::Sequence => rules.sequence > 0,
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

/// Where a flow lies before it becomes a row.
#[derive(Clone, Copy)]
struct Place {
    shard: u32,
    flow: u32,
}

fn sort(finished: &[Finished], order: Order) -> Vec<Place> {
    let mut keyed: Vec<((i64, u64), u64, Place)> = finished
        .par_iter()
        .enumerate()
        .flat_map_iter(|(shard, finished)| {
            finished.flows.iter().zip(&finished.ends).enumerate().map(move |(flow, (state, end))| {
                let end = if order == Order::End { *end } else { (0, 0) };
                (end, state.first_row, Place { shard: shard as u32, flow: flow as u32 })
            })
        })
        .collect();
    keyed.par_sort_unstable_by_key(|(end, first_row, _)| (*end, *first_row));
    keyed.into_iter().map(|(_, _, place)| place).collect()
}

/// Replaces places of pairs of addresses by places in one list of addresses, in the order of their first row.
fn name_addresses(finished: &mut [Finished], places: &[Place]) -> Vec<[u8; 16]> {
    let mut known = Dictionary::default();
    for place in places {
        let Finished { flows, addresses, .. } = &mut finished[place.shard as usize];
        let key = &mut flows[place.flow as usize].key;
        if key.ip_version == 6 {
            key.addresses = addresses[key.addresses[0] as usize].map(|address| known.place(address));
        }
    }
    known.into_values()
}

fn record(finished: &[Finished], place: Place) -> Record<'_> {
    let shard = &finished[place.shard as usize];
    let flow = &shard.flows[place.flow as usize];
    Record { flow, tcp: shard.connections.get(flow.tcp as usize), statistics: shard.statistics.get(place.flow as usize) }
}

/// Fills all columns, block after block, in parallel.
fn fill(finished: &[Finished], places: &[Place], wanted: &[usize], values: &mut [Values]) {
    let mut blocks: Vec<(&[Place], Vec<Part>)> =
        places.chunks(BLOCK).map(|rows| (rows, Vec::with_capacity(wanted.len()))).collect();
    for values in values {
        for ((_, parts), part) in blocks.iter_mut().zip(values.parts()) {
            parts.push(part);
        }
    }
    blocks.into_par_iter().for_each_init(Vec::new, |records, (rows, parts)| {
        records.clear();
        records.extend(rows.iter().map(|place| record(finished, *place)));
        for (place, part) in wanted.iter().zip(parts) {
            part.fill(&COLUMNS[*place].getter, records);
        }
    });
}

/// A column while it is filled.
enum Values {
    U8(Vec<u8>),
    U16(Vec<u16>),
    U32(Vec<u32>),
    U64(Vec<u64>),
    I64(Vec<i64>),
    F64(Vec<f64>),
    Letters(Vec<History>),
    Nothing,
}

/// A block of one.
enum Part<'a> {
    U8(&'a mut [u8]),
    U16(&'a mut [u16]),
    U32(&'a mut [u32]),
    U64(&'a mut [u64]),
    I64(&'a mut [i64]),
    F64(&'a mut [f64]),
    Letters(&'a mut [History]),
    Nothing,
}

impl Values {
    fn new(getter: &Getter, rows: usize) -> Self {
        match getter {
            Getter::U8(_) | Getter::State(_) => Self::U8(vec![0; rows]),
            Getter::U16(_) => Self::U16(vec![0; rows]),
            Getter::U32(_) | Getter::Ip(_) => Self::U32(vec![0; rows]),
            Getter::U64(_) => Self::U64(vec![0; rows]),
            Getter::Time(_) | Getter::Duration(_) => Self::I64(vec![0; rows]),
            Getter::F64(_) => Self::F64(vec![0.0; rows]),
            Getter::Letters(_) => Self::Letters(vec![History::default(); rows]),
            Getter::Steps(_) | Getter::CommunityId => Self::Nothing,
        }
    }

    fn parts(&mut self) -> Box<dyn Iterator<Item = Part<'_>> + '_> {
        match self {
            Self::U8(values) => Box::new(values.chunks_mut(BLOCK).map(Part::U8)),
            Self::U16(values) => Box::new(values.chunks_mut(BLOCK).map(Part::U16)),
            Self::U32(values) => Box::new(values.chunks_mut(BLOCK).map(Part::U32)),
            Self::U64(values) => Box::new(values.chunks_mut(BLOCK).map(Part::U64)),
            Self::I64(values) => Box::new(values.chunks_mut(BLOCK).map(Part::I64)),
            Self::F64(values) => Box::new(values.chunks_mut(BLOCK).map(Part::F64)),
            Self::Letters(values) => Box::new(values.chunks_mut(BLOCK).map(Part::Letters)),
            Self::Nothing => Box::new(std::iter::repeat_with(|| Part::Nothing)),
        }
    }

    /// Letters become places of texts in ascending order, which follow those there are.
    fn into_buffer(self, texts: &mut Vec<String>) -> Buffer {
        match self {
            Self::U8(values) => values.into(),
            Self::U16(values) => values.into(),
            Self::U32(values) => values.into(),
            Self::U64(values) => values.into(),
            Self::I64(values) => values.into(),
            Self::F64(values) => values.into(),
            Self::Letters(values) => spell(&values, texts).into(),
            Self::Nothing => Vec::<u8>::new().into(),
        }
    }
}

fn spell(histories: &[History], texts: &mut Vec<String>) -> Vec<u32> {
    let mut known: HashMap<History, u32, RandomState> = HashMap::default();
    for history in histories.iter().filter(|history| !history.is_empty()) {
        known.insert(*history, 0);
    }
    let mut distinct: Vec<(String, &mut u32)> = known.iter_mut().map(|(history, code)| (history.to_string(), code)).collect();
    distinct.sort_unstable();
    for (text, code) in distinct {
        *code = texts.len() as u32;
        texts.push(text);
    }
    histories.iter().map(|history| known.get(history).copied().unwrap_or(0)).collect()
}

impl Part<'_> {
    fn fill(self, getter: &Getter, records: &[Record]) {
        match (getter, self) {
            (Getter::U8(get) | Getter::State(get), Part::U8(out)) => get(records, out),
            (Getter::U16(get), Part::U16(out)) => get(records, out),
            (Getter::U32(get) | Getter::Ip(get), Part::U32(out)) => get(records, out),
            (Getter::U64(get), Part::U64(out)) => get(records, out),
            (Getter::Time(get) | Getter::Duration(get), Part::I64(out)) => get(records, out),
            (Getter::F64(get), Part::F64(out)) => get(records, out),
            (Getter::Letters(get), Part::Letters(out)) => {
                out.iter_mut().zip(records).for_each(|(out, record)| *out = get(record));
            }
            (_, Part::Nothing) => {}
            _ => unreachable!("values are made from the getter"),
        }
    }
}
