//! pcapng captures made of an input, block by block, so that most of them are read far beyond their first error.

use arbitrary::Arbitrary;

use crate::blocks::{Blocks, Order};

#[derive(Arbitrary, Debug)]
pub struct Made {
    pub threads: u8,
    pub chunk: u8,
    pub piece: u8,
    pub batch: u8,
    big_endian: bool,
    blocks: Vec<Block>,
}

#[derive(Arbitrary, Debug)]
enum Block {
    Section {
        big_endian: bool,
        minor: bool,
        options: Vec<Entry>,
    },
    Interface {
        link_type: LinkType,
        snaplen: u8,
        options: Vec<Entry>,
    },
    Enhanced {
        interface: u8,
        units: u64,
        more: u8,
        data: Vec<u8>,
        options: Vec<Entry>,
    },
    Obsolete {
        interface: u8,
        units: u64,
        more: u8,
        data: Vec<u8>,
    },
    Simple {
        length: u8,
        data: Vec<u8>,
    },
    Other {
        kind: u8,
        body: Vec<u8>,
    },
    /// The lengths are these.
    Uneven {
        kind: u8,
        length: u8,
        body: Vec<u8>,
        trailing: u8,
    },
    /// No block at all.
    Bytes(Vec<u8>),
}

#[derive(Arbitrary, Debug)]
enum LinkType {
    Ethernet,
    Raw,
    Usb,
    Any(u16),
}

/// An option; the length in front of it may be another than its value has.
#[derive(Arbitrary, Debug)]
struct Entry {
    kind: EntryKind,
    lie: Option<u8>,
}

#[derive(Arbitrary, Debug)]
enum EntryKind {
    End,
    Name(String),
    Resolution(u8),
    Offset(i64),
    Any(u8, Vec<u8>),
}

impl Made {
    pub fn bytes(&self) -> Vec<u8> {
        let mut order = order(self.big_endian);
        let mut capture = Blocks::new(order);
        for block in &self.blocks {
            if let Block::Section { big_endian, .. } = block {
                order = self::order(*big_endian);
            }
            capture = block.add(order, capture);
        }
        capture.bytes
    }
}

fn order(big_endian: bool) -> Order {
    if big_endian { Order::Big } else { Order::Little }
}

impl Block {
    fn add(&self, order: Order, capture: Blocks) -> Blocks {
        match self {
            Self::Section { minor, options, .. } => {
                let version = [order.u16(1), order.u16(u16::from(*minor) * 2)].concat();
                let body = [order.u32(0x1a2b_3c4d).to_vec(), version, vec![0xff; 8], entries(order, options)].concat();
                // Sets the order; the section that follows is the one with options.
                capture.section(order).block(0x0a0d_0d0a, &body)
            }
            Self::Interface { link_type, snaplen, options } => {
                capture.interface(link_type.number(), (*snaplen).into(), &entries(order, options))
            }
            Self::Enhanced { interface, units, more, data, options } => {
                let captured = data.len() as u32;
                let (high, low) = ((units >> 32) as u32, *units as u32);
                let header = order.words(&[(interface % 8).into(), high, low, captured, captured + u32::from(*more)]);
                let padding = vec![0; data.len().next_multiple_of(4) - data.len()];
                capture.block(6, &[header, data.clone(), padding, entries(order, options)].concat())
            }
            Self::Obsolete { interface, units, more, data } => {
                capture.obsolete((interface % 8).into(), *units, data.len() as u32 + u32::from(*more), data)
            }
            Self::Simple { length, data } => capture.simple((*length).into(), data),
            Self::Other { kind, body } => capture.block((*kind).into(), body),
            Self::Uneven { kind, length, body, trailing } => {
                capture.uneven_block((*kind).into(), (*length).into(), body, (*trailing).into())
            }
            Self::Bytes(bytes) => {
                let mut capture = capture;
                capture.bytes.extend(bytes);
                capture
            }
        }
    }
}

impl LinkType {
    fn number(&self) -> u16 {
        match self {
            Self::Ethernet => 1,
            Self::Raw => 101,
            Self::Usb => 249,
            Self::Any(number) => *number,
        }
    }
}

fn entries(order: Order, entries: &[Entry]) -> Vec<u8> {
    entries.iter().flat_map(|entry| entry.bytes(order)).collect()
}

impl Entry {
    fn bytes(&self, order: Order) -> Vec<u8> {
        let (code, value) = match &self.kind {
            EntryKind::End => (0, Vec::new()),
            EntryKind::Name(name) => (2, name.clone().into_bytes()),
            EntryKind::Resolution(resolution) => (9, vec![*resolution]),
            EntryKind::Offset(offset) => {
                (14, if order == Order::Big { offset.to_be_bytes() } else { offset.to_le_bytes() }.to_vec())
            }
            EntryKind::Any(code, value) => (u16::from(*code), value.clone()),
        };
        let length = self.lie.map_or(value.len() as u16, u16::from);
        let padding = vec![0; value.len().next_multiple_of(4) - value.len()];
        [&order.u16(code)[..], &order.u16(length), &value, &padding].concat()
    }
}
