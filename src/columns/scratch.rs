//! The rows of one chunk, columns or others, reused from chunk to chunk so that their memory stays in the cache.

use super::dictionary::{Dictionary, Memo};
use super::table::{COLUMNS, Getter, place};
use crate::wire::{Depth, Packet};

/// The values of one column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Values {
    U8(Vec<u8>),
    U16(Vec<u16>),
    U32(Vec<u32>),
    I64(Vec<i64>),
}

impl Values {
    fn of(getter: &Getter) -> Self {
        match getter {
            Getter::U8(_) | Getter::Checksum(_) => Self::U8(Vec::new()),
            Getter::U16(_) => Self::U16(Vec::new()),
            Getter::U32(_) | Getter::Ip(_) | Getter::Mac(_) => Self::U32(Vec::new()),
            Getter::Time(_) => Self::I64(Vec::new()),
        }
    }

    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::U8(values) => values,
            Self::U16(values) => bytemuck::cast_slice(values),
            Self::U32(values) => bytemuck::cast_slice(values),
            Self::I64(values) => bytemuck::cast_slice(values),
        }
    }

    fn clear(&mut self) {
        match self {
            Self::U8(values) => values.clear(),
            Self::U16(values) => values.clear(),
            Self::U32(values) => values.clear(),
            Self::I64(values) => values.clear(),
        }
    }
}

/// Which columns a read fills and how deep it decodes for them.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Places in the table of all columns that are filled, companions included, in the table's order.
    pub filled: Vec<usize>,
    /// Those that were asked for.
    pub visible: Vec<usize>,
    pub depth: Depth,
}

impl Plan {
    /// `visible` are places in the table; order and repetitions do not matter.
    pub fn new(mut visible: Vec<usize>) -> Self {
        visible.sort_unstable();
        visible.dedup();
        let depth = visible.iter().map(|&c| COLUMNS[c].depth).max().unwrap_or(Depth::Record);
        let companions = visible.iter().flat_map(|&c| COLUMNS[c].companions()).map(|name| place(name));
        let mut filled: Vec<usize> = visible.iter().copied().chain(companions).collect();
        filled.sort_unstable();
        filled.dedup();
        Self { filled, visible, depth }
    }
}

/// Packets are decoded so many at a time and then stored column by column.
pub const BATCH: usize = 64;

/// Where the numbers of a source begin that is one of several.
#[derive(Clone, Copy, Debug, Default)]
pub struct Numbering {
    pub file: u32,
    /// Interfaces of the sources before it.
    pub interfaces: u32,
}

/// What keeps the rows of one chunk.
pub trait Rows: Send {
    /// Takes packets that follow those before.
    fn take(&mut self, batch: &[Packet]);

    /// Forgets all rows, but keeps its memory.
    fn clear(&mut self);
}

/// Packets on their way into the rows of one chunk.
pub struct Scratch<R: ?Sized = Filled> {
    /// Of these the first `pending` wait to be taken. All have the number of the file.
    batch: Box<[Packet; BATCH]>,
    pending: usize,
    numbering: Numbering,
    taken: usize,
    rows: R,
}

impl<R: Rows> Scratch<R> {
    pub fn with(rows: R, numbering: Numbering) -> Self {
        let batch = Box::new([Packet { file: numbering.file, ..Packet::default() }; BATCH]);
        Self { batch, pending: 0, numbering, taken: 0, rows }
    }

    /// What has all packets after [`Scratch::flush`].
    pub fn filled(&mut self) -> &mut R {
        &mut self.rows
    }
}

impl<R: Rows + ?Sized> Scratch<R> {
    pub fn clear(&mut self) {
        self.pending = 0;
        self.taken = 0;
        self.rows.clear();
    }

    /// Rows pushed so far.
    pub fn rows(&self) -> usize {
        self.taken + self.pending
    }

    /// A place for the next packet, with nothing of the one that was there before.
    #[inline(always)]
    pub fn push_cleared(&mut self) -> &mut Packet {
        let place = self.push();
        place.clear();
        place
    }

    /// A place for the next packet, in which fields keep what they had: for plans that read the record's fields only.
    #[inline(always)]
    pub fn push(&mut self) -> &mut Packet {
        if self.pending >= BATCH {
            self.flush();
        }
        // At most 63, which a mask tells the compiler as well.
        let place = &mut self.batch[self.pending % BATCH];
        self.pending += 1;
        place
    }

    /// Hands the batch on; to be called once more after the last push.
    pub fn flush(&mut self) {
        self.number_interfaces();
        self.rows.take(&self.batch[..self.pending]);
        self.taken += self.pending;
        self.pending = 0;
    }

    /// Counts interfaces on from those of the sources before this one; here, because most packets' source is the first.
    fn number_interfaces(&mut self) {
        if self.numbering.interfaces == 0 {
            return;
        }
        let before = u16::try_from(self.numbering.interfaces).unwrap_or(u16::MAX);
        for packet in &mut self.batch[..self.pending] {
            packet.interface = packet.interface.saturating_add(before);
        }
    }
}

impl Scratch {
    pub fn new(plan: &Plan, numbering: Numbering) -> Self {
        Self::with(Filled::new(plan), numbering)
    }

    pub fn columns(&self) -> impl Iterator<Item = &Values> {
        self.rows.columns.iter().map(|(_, values)| values)
    }

    pub fn into_values(self) -> Vec<Values> {
        self.rows.columns.into_iter().map(|(_, values)| values).collect()
    }

    /// An empty one of the same kind, in exchange for all that is in this.
    #[must_use]
    pub fn replace(&mut self, plan: &Plan) -> Self {
        let empty = Self::new(plan, self.numbering);
        std::mem::replace(self, empty)
    }

    /// Replaces this chunk's places of addresses by those in the dictionaries of the whole capture.
    pub fn merge(&mut self, ipv6: &mut Dictionary<[u8; 16]>, macs: &mut Dictionary<[u8; 6]>) {
        self.rows.merge(ipv6, macs);
    }
}

/// The columns of one chunk.
pub struct Filled {
    columns: Vec<(usize, Values)>,
    ipv6: Memo<[u8; 16]>,
    macs: Memo<[u8; 6]>,
}

impl Rows for Filled {
    fn take(&mut self, batch: &[Packet]) {
        for (column, values) in &mut self.columns {
            match (&COLUMNS[*column].getter, values) {
                (Getter::U8(get) | Getter::Checksum(get), Values::U8(values)) => get(batch, values),
                (Getter::U16(get), Values::U16(values)) => get(batch, values),
                (Getter::U32(get), Values::U32(values)) => get(batch, values),
                (Getter::Time(get), Values::I64(values)) => get(batch, values),
                (Getter::Ip(get), Values::U32(values)) => get(batch, &mut self.ipv6, values),
                (Getter::Mac(get), Values::U32(values)) => get(batch, &mut self.macs, values),
                _ => unreachable!("values are made from the getter"),
            }
        }
    }

    fn clear(&mut self) {
        self.ipv6.clear();
        self.macs.clear();
        for (_, values) in &mut self.columns {
            values.clear();
        }
    }
}

impl Filled {
    pub fn new(plan: &Plan) -> Self {
        let columns = plan.filled.iter().map(|&c| (c, Values::of(&COLUMNS[c].getter))).collect();
        Self { columns, ipv6: Memo::default(), macs: Memo::default() }
    }

    fn merge(&mut self, ipv6: &mut Dictionary<[u8; 16]>, macs: &mut Dictionary<[u8; 6]>) {
        if !self.ipv6.values().is_empty() {
            let places: Vec<u32> = self.ipv6.values().iter().map(|address| ipv6.place(*address)).collect();
            self.renumber_ipv6(&places);
        }
        if !self.macs.values().is_empty() {
            let places: Vec<u32> = self.macs.values().iter().map(|address| macs.place(*address)).collect();
            for (column, values) in &mut self.columns {
                if let (Getter::Mac(_), Values::U32(values)) = (&COLUMNS[*column].getter, values) {
                    for value in values.iter_mut().filter(|value| **value != 0) {
                        *value = 1 + places[*value as usize - 1];
                    }
                }
            }
        }
    }

    fn renumber_ipv6(&mut self, places: &[u32]) {
        for version in ["ip_version", "outer_ip_version"] {
            let at = place(version);
            let versions = self.columns.iter().find_map(|(column, values)| match values {
                Values::U8(versions) if *column == at => Some(versions.clone()),
                _ => None,
            });
            // It accompanies every address column: where it is not, there is none.
            let Some(versions) = versions else { continue };
            for (column, values) in &mut self.columns {
                let column = &COLUMNS[*column];
                if let (Getter::Ip(_), Values::U32(values)) = (&column.getter, values)
                    && column.version() == version
                {
                    for (value, _) in values.iter_mut().zip(&versions).filter(|(_, version)| **version == 6) {
                        *value = places[*value as usize];
                    }
                }
            }
        }
    }
}
