//! A table while it is filled: flows that are over become rows, whenever they are over.
//!
//! Rows are known before their flows are over, so a flow is written once, from where it was kept, and its memory is free for the
//! next one. Threads share the rows among themselves, and so the columns.

use arrow_buffer::{ArrowNativeType, Buffer};
use bytemuck::Zeroable;
use bytemuck::allocation::try_zeroed_slice_box;
use rayon::prelude::*;

use crate::columns::dictionary::Dictionary;
use crate::flow::columns::{COLUMNS, Column, Get, Getter, Group, Presence, Record};
use crate::flow::history::History;
use crate::flow::rules::Rules;
use crate::flow::shard::Shard;
use crate::flow::statistics::{Statistics, Step};
use crate::flow::table::{Table, width};
use crate::flow::tcp::Tcp;

/// Flows that are looked at in one go: they stay in the cache while one column after the other is filled.
const BLOCK: usize = 256;
/// Flows that a thread takes at a time.
const PIECE: usize = 4 * BLOCK;
const TCP: u8 = 6;
/// A history that has no number yet.
const UNKNOWN: u32 = u32::MAX;

/// Where a flow that is over lies, and the row that it becomes.
#[derive(Clone, Copy)]
pub struct Place {
    pub row: u64,
    pub shard: u32,
    pub slot: u32,
}

pub struct Builder {
    /// Places of the columns in the table of columns.
    wanted: Vec<usize>,
    values: Vec<Values>,
    ipv6: Dictionary<[u8; 16]>,
    histories: Dictionary<History>,
    steps: Vec<Step>,
    sequence: usize,
    rows: usize,
}

/// Some rows of all columns, which one thread fills.
struct Piece<'a> {
    places: &'a [Place],
    parts: Vec<Part<'a>>,
    steps: &'a mut [Step],
}

/// What a thread needs to fill pieces.
#[derive(Default)]
struct Scratch<'a> {
    records: Vec<Record<'a>>,
    rows: Vec<usize>,
}

impl Builder {
    pub fn new(rules: &Rules) -> Self {
        let wanted: Vec<usize> = (0..COLUMNS.len()).filter(|place| is_kept(&COLUMNS[*place], rules)).collect();
        let mut histories = Dictionary::default();
        histories.place(History::default());
        Self {
            values: wanted.iter().map(|place| Values::new(&COLUMNS[*place].getter)).collect(),
            wanted,
            ipv6: Dictionary::default(),
            histories,
            steps: Vec::new(),
            sequence: rules.sequence,
            rows: 0,
        }
    }

    /// Bytes of a row.
    pub fn row_width(&self) -> usize {
        self.wanted.iter().map(|place| width(&COLUMNS[*place].getter)).sum::<usize>() + self.sequence * size_of::<Step>()
    }

    /// Fills the rows of flows that are over, in ascending order. The table has `rows` rows by now, and about `expected` in the end.
    pub fn fill(&mut self, shards: &mut [&mut Shard], places: &[Place], rows: usize, expected: usize) {
        for shard in shards.iter_mut() {
            shard.name_addresses(|address| self.ipv6.place(address));
        }
        self.rows = rows;
        self.values.par_iter_mut().for_each(|values| values.grow(rows, expected));
        self.steps.resize(rows * self.sequence, Step::default());

        let (shards, histories, sequence) = (&*shards, &self.histories, self.sequence);
        let pieces = pieces(&mut self.values, &mut self.steps, sequence, places);
        let unknown: Vec<(u64, History)> = pieces
            .into_par_iter()
            .map_init(Scratch::default, |scratch, piece| piece.fill(&self.wanted, shards, histories, sequence, scratch))
            .flatten_iter()
            .collect();
        for values in &mut self.values {
            let Values::Letters(codes) = values else { continue };
            for (row, history) in &unknown {
                codes[*row as usize] = self.histories.place(*history);
            }
        }
    }

    pub fn finish(mut self) -> Table {
        let ipv6 = self.order_addresses();
        let (texts, codes) = spell(self.histories.into_values());
        let rows = self.rows;
        let into_column = |(place, values): (usize, Values)| (place, values.into_buffer(rows, &codes));
        let columns = self.wanted.into_par_iter().zip(self.values).map(into_column).collect();
        Table::from_parts(self.rows, columns, ipv6, texts, self.steps, self.sequence)
    }

    /// The addresses in the order of their first row, column after column; they were noted in that in which flows were over.
    fn order_addresses(&mut self) -> Vec<[u8; 16]> {
        let noted = std::mem::take(&mut self.ipv6).into_values();
        if noted.is_empty() {
            return noted;
        }
        let version = self.wanted.iter().position(|place| COLUMNS[*place].name == "ip_version");
        let Some(Values::U8(versions)) = version.map(|at| &self.values[at]) else { unreachable!("every table has it") };
        let versions = versions[..self.rows].to_vec();
        let mut ordered = Vec::with_capacity(noted.len());
        let mut new = vec![u32::MAX; noted.len()];
        for (place, values) in self.wanted.iter().zip(&mut self.values) {
            let (Getter::Ip(_), Values::U32(codes)) = (&COLUMNS[*place].getter, values) else { continue };
            for (code, _) in codes.iter_mut().zip(&versions).filter(|(_, version)| **version == 6) {
                let new = &mut new[*code as usize];
                if *new == u32::MAX {
                    *new = ordered.len() as u32;
                    ordered.push(noted[*code as usize]);
                }
                *code = *new;
            }
        }
        ordered
    }
}

/// Whether the table keeps the column: it is wanted, and does not follow from others.
fn is_kept(column: &Column, rules: &Rules) -> bool {
    let is_wanted = match column.group {
        Group::Core => true,
        Group::Zeek => rules.attempt_timeout.is_some(),
        Group::Statistics => rules.statistics,
        Group::Sequence => rules.sequence > 0,
    };
    is_wanted && !column.getter.is_made()
}

/// The texts of histories in ascending order, and for each of `histories` the number of its text; the first one is empty.
fn spell(histories: Vec<History>) -> (Vec<String>, Vec<u32>) {
    let mut spelled: Vec<(String, usize)> = histories.iter().map(History::to_string).zip(0..).collect();
    spelled.sort_unstable();
    let mut codes = vec![0; histories.len()];
    for (code, (_, noted)) in spelled.iter().enumerate() {
        codes[*noted] = code as u32;
    }
    (spelled.into_iter().map(|(text, _)| text).collect(), codes)
}

/// The columns, cut at the first row of each piece of `places`.
fn pieces<'a>(values: &'a mut [Values], steps: &'a mut [Step], sequence: usize, places: &'a [Place]) -> Vec<Piece<'a>> {
    let firsts: Vec<usize> = places.chunks(PIECE).map(|places| places[0].row as usize).collect();
    let parts = |_: &usize| Vec::with_capacity(values.len());
    let mut parts: Vec<Vec<Part>> = firsts.iter().map(parts).collect();
    for values in values {
        values.cut(&firsts, &mut parts);
    }
    let steps = cut(steps, &firsts.iter().map(|first| first * sequence).collect::<Vec<_>>());
    places.chunks(PIECE).zip(parts).zip(steps).map(|((places, parts), steps)| Piece { places, parts, steps }).collect()
}

/// What begins at each of `firsts` and ends at the next.
fn cut<'a, T>(values: &'a mut [T], firsts: &[usize]) -> Vec<&'a mut [T]> {
    let mut rest = values;
    let mut cut: Vec<&mut [T]> = Vec::with_capacity(firsts.len());
    for first in firsts.iter().rev() {
        let (before, from) = rest.split_at_mut(*first);
        cut.push(from);
        rest = before;
    }
    cut.reverse();
    cut
}

impl Piece<'_> {
    /// Fills the rows; histories that have no number come back with their rows.
    fn fill<'s>(
        mut self,
        wanted: &[usize],
        shards: &'s [&'s mut Shard],
        histories: &Dictionary<History>,
        sequence: usize,
        scratch: &mut Scratch<'s>,
    ) -> Vec<(u64, History)> {
        let first = self.places[0].row;
        let mut unknown = Vec::new();
        for places in self.places.chunks(BLOCK) {
            scratch.records.clear();
            scratch.records.extend(places.iter().map(|place| shards[place.shard as usize].record(place.slot)));
            touch(&scratch.records);
            let block = Block::of(&scratch.records);
            scratch.rows.clear();
            scratch.rows.extend(places.iter().map(|place| (place.row - first) as usize));
            let parts = wanted.iter().zip(&mut self.parts).filter(|(place, _)| block.may_have(COLUMNS[**place].presence));
            for (place, part) in parts {
                part.fill(&COLUMNS[*place].getter, &scratch.records, &scratch.rows, histories);
                if let (Getter::Letters(get), Part::Letters(codes)) = (&COLUMNS[*place].getter, part) {
                    let new = scratch.rows.iter().zip(&scratch.records).filter(|(row, _)| codes[**row] == UNKNOWN);
                    unknown.extend(new.map(|(row, record)| (first + *row as u64, get(record))));
                }
            }
            if sequence > 0 {
                for (place, row) in places.iter().zip(&scratch.rows) {
                    let steps = shards[place.shard as usize].steps(place.slot, sequence);
                    self.steps[row * sequence..][..sequence].copy_from_slice(steps);
                }
            }
        }
        unknown
    }
}

/// What is true of any flow of a block: columns that none of them has are left as they are, and floods have few.
struct Block {
    /// It has more than one packet.
    several: bool,
    answered: bool,
    tcp: bool,
}

impl Block {
    fn of(records: &[Record]) -> Self {
        Self {
            several: records.iter().any(|record| record.flow.total_packets() > 1),
            answered: records.iter().any(|record| record.flow.packets[1] > 0),
            tcp: records.iter().any(|record| record.flow.key.protocol == TCP),
        }
    }

    /// Whether a flow may have a field that is not 0.
    fn may_have(&self, presence: Presence) -> bool {
        match presence {
            Presence::AtLeast("packets_rev", _) => self.answered,
            Presence::AtLeast("idle_count", _) | Presence::AtLeast(_, 2..) => self.several,
            Presence::Tcp => self.tcp,
            _ => true,
        }
    }
}

/// Asks for the memory of all records at once: column by column, one would be waited for after the other.
fn touch(records: &[Record]) {
    let touch =
        |record: &Record| record.flow.touch() ^ record.tcp.map_or(0, Tcp::touch) ^ record.statistics.map_or(0, Statistics::touch);
    std::hint::black_box(records.iter().map(touch).fold(0, |all, one| all ^ one));
}

/// A column.
enum Values {
    U8(Vec<u8>),
    U16(Vec<u16>),
    U32(Vec<u32>),
    U64(Vec<u64>),
    I64(Vec<i64>),
    F64(Vec<f64>),
    Letters(Vec<u32>),
    Nothing,
}

/// Some rows of one.
enum Part<'a> {
    U8(&'a mut [u8]),
    U16(&'a mut [u16]),
    U32(&'a mut [u32]),
    U64(&'a mut [u64]),
    I64(&'a mut [i64]),
    F64(&'a mut [f64]),
    Letters(&'a mut [u32]),
    Nothing,
}

impl Values {
    fn new(getter: &Getter) -> Self {
        match getter {
            Getter::U8(_) | Getter::State(_) => Self::U8(Vec::new()),
            Getter::U16(_) => Self::U16(Vec::new()),
            Getter::U32(_) | Getter::Ip(_) => Self::U32(Vec::new()),
            Getter::U64(_) => Self::U64(Vec::new()),
            Getter::Time(_) | Getter::Duration(_) => Self::I64(Vec::new()),
            Getter::F64(_) => Self::F64(Vec::new()),
            Getter::Letters(_) => Self::Letters(Vec::new()),
            Getter::Steps(_) | Getter::CommunityId => Self::Nothing,
        }
    }

    fn grow(&mut self, rows: usize, expected: usize) {
        match self {
            Self::U8(values) => grow(values, rows, expected),
            Self::U16(values) => grow(values, rows, expected),
            Self::U32(values) | Self::Letters(values) => grow(values, rows, expected),
            Self::U64(values) => grow(values, rows, expected),
            Self::I64(values) => grow(values, rows, expected),
            Self::F64(values) => grow(values, rows, expected),
            Self::Nothing => {}
        }
    }

    fn cut<'a>(&'a mut self, firsts: &[usize], parts: &mut [Vec<Part<'a>>]) {
        match self {
            Self::U8(values) => deal(cut(values, firsts), parts, Part::U8),
            Self::U16(values) => deal(cut(values, firsts), parts, Part::U16),
            Self::U32(values) => deal(cut(values, firsts), parts, Part::U32),
            Self::U64(values) => deal(cut(values, firsts), parts, Part::U64),
            Self::I64(values) => deal(cut(values, firsts), parts, Part::I64),
            Self::F64(values) => deal(cut(values, firsts), parts, Part::F64),
            Self::Letters(values) => deal(cut(values, firsts), parts, Part::Letters),
            Self::Nothing => parts.iter_mut().for_each(|parts| parts.push(Part::Nothing)),
        }
    }

    fn into_buffer(self, rows: usize, codes: &[u32]) -> Buffer {
        match self {
            Self::U8(values) => into_buffer(values, rows),
            Self::U16(values) => into_buffer(values, rows),
            Self::U32(values) => into_buffer(values, rows),
            Self::U64(values) => into_buffer(values, rows),
            Self::I64(values) => into_buffer(values, rows),
            Self::F64(values) => into_buffer(values, rows),
            Self::Letters(mut values) => {
                for code in &mut values[..rows] {
                    *code = codes[*code as usize];
                }
                into_buffer(values, rows)
            }
            Self::Nothing => Vec::<u8>::new().into(),
        }
    }
}

fn deal<'a, T>(cut: Vec<&'a mut [T]>, parts: &mut [Vec<Part<'a>>], part: fn(&'a mut [T]) -> Part<'a>) {
    for (parts, values) in parts.iter_mut().zip(cut) {
        parts.push(part(values));
    }
}

/// Makes room for `rows` values, or for as many as are expected in the end: memory that is 0 and was never touched costs nothing.
fn grow<T: ArrowNativeType + Zeroable>(values: &mut Vec<T>, rows: usize, expected: usize) {
    if rows <= values.len() {
        return;
    }
    // Where there is not so much address space, there may be when it is needed.
    let larger = try_zeroed_slice_box(expected.max(rows)).map(<[T]>::into_vec);
    let mut larger = larger.unwrap_or_else(|()| vec![T::zeroed(); rows]);
    larger[..values.len()].copy_from_slice(values);
    *values = larger;
}

fn into_buffer<T: ArrowNativeType>(mut values: Vec<T>, rows: usize) -> Buffer {
    values.truncate(rows);
    values.shrink_to_fit();
    values.into()
}

impl Part<'_> {
    fn fill(&mut self, getter: &Getter, records: &[Record], rows: &[usize], histories: &Dictionary<History>) {
        match (getter, self) {
            (Getter::U8(get) | Getter::State(get), Part::U8(out)) => put(get, records, rows, out),
            (Getter::U16(get), Part::U16(out)) => put(get, records, rows, out),
            (Getter::U32(get) | Getter::Ip(get), Part::U32(out)) => put(get, records, rows, out),
            (Getter::U64(get), Part::U64(out)) => put(get, records, rows, out),
            (Getter::Time(get) | Getter::Duration(get), Part::I64(out)) => put(get, records, rows, out),
            (Getter::F64(get), Part::F64(out)) => put(get, records, rows, out),
            (Getter::Letters(get), Part::Letters(out)) => {
                for (row, record) in rows.iter().zip(records) {
                    out[*row] = histories.find(&get(record)).unwrap_or(UNKNOWN);
                }
            }
            (_, Part::Nothing) => {}
            _ => unreachable!("values are made from the getter"),
        }
    }
}

/// Fills rows in ascending order, of which there is at least one. All are 0: where nothing else comes, nothing is touched.
fn put<T: ArrowNativeType>(get: &Get<T>, records: &[Record], rows: &[usize], out: &mut [T]) {
    let Get::Kept(get) = get else { return };
    let (first, count) = (rows[0], rows.len());
    let mut values = [T::default(); BLOCK];
    let values = &mut values[..count];
    get(records, values);
    if values.iter().all(|value| *value == T::default()) {
        return;
    }
    if rows[count - 1] - first + 1 == count {
        return out[first..first + count].copy_from_slice(values);
    }
    for (row, value) in rows.iter().zip(values) {
        out[*row] = *value;
    }
}
