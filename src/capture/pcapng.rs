//! pcapng: sections, interfaces with their own resolution, offset and link type, and three kinds of packet block.
//!
//! Format: <https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-03.html>.

use super::interfaces::Interfaces;
use super::record::{Framing, Plausible, Record, Step, max_packet_length, saturated};
use super::resync::{Clues, ORDINARY_PACKET_LEN, Times, Verdict};
use crate::bytes::{be32, le16, le32};
use crate::error::{Error, Result};

pub const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const BYTE_ORDER_MAGIC: u32 = 0x1a2b_3c4d;
pub const INTERFACE_DESCRIPTION: u32 = 1;
const PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const ENHANCED_PACKET: u32 = 6;

const END_OF_OPTIONS: u16 = 0;
const IF_NAME: u16 = 2;
const IF_TSRESOL: u16 = 9;
const IF_TSOFFSET: u16 = 14;

/// Type, length, and the length again at the end.
pub const MIN_BLOCK_LEN: usize = 12;
const MIN_SECTION_LEN: usize = 28;
/// No block but a packet's is believed to be larger than this (Wireshark's limit).
const MAX_BLOCK_LEN: usize = 16 << 20;
const MAX_PACKET_BLOCK_LEN: usize = (128 << 20) + 4096;
/// Header and trailing length of a block with a packet and its time.
const MIN_PACKET_BLOCK_LEN: usize = 32;

/// So many blocks in a row are evidence of more: each gives its length twice.
const CHAIN: usize = 4;
/// So many are if the last one ends where the source ends, or the first one is a section header.
const SHORT_CHAIN: usize = 2;

/// How an interface counts time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Resolution {
    /// A unit is so many nanoseconds.
    Multiply(u64),
    /// A nanosecond is so many units.
    Divide(u64),
    /// A second is 2 to this power units.
    PowerOfTwo(u32),
}

impl Resolution {
    /// From `if_tsresol`: the upper bit chooses between powers of ten and of two.
    fn from_option(value: u8) -> Self {
        let exponent = u32::from(value & 0x7f);
        if value & 0x80 != 0 {
            return Self::PowerOfTwo(exponent);
        }
        match exponent {
            0..=9 => Self::Multiply(10u64.pow(9 - exponent)),
            // Beyond 10^28 a whole u64 of units is less than a nanosecond.
            _ => 10u64.checked_pow(exponent - 9).map_or(Self::Multiply(0), Self::Divide),
        }
    }

    /// Nanoseconds since 1970, the ends of the range standing for times beyond it.
    #[inline(always)]
    fn nanoseconds(self, units: u64, offset_seconds: i64) -> i64 {
        if let (Self::Multiply(factor), 0) = (self, offset_seconds)
            && let Some(Ok(nanoseconds)) = units.checked_mul(factor).map(i64::try_from)
        {
            return nanoseconds;
        }
        self.any_nanoseconds(units, offset_seconds)
    }

    /// The same for every resolution, offset and time.
    fn any_nanoseconds(self, units: u64, offset_seconds: i64) -> i64 {
        let whole = match self {
            Self::Multiply(factor) => u128::from(units) * u128::from(factor),
            Self::Divide(divisor) => u128::from(units / divisor),
            Self::PowerOfTwo(bits) => (u128::from(units) * 1_000_000_000).checked_shr(bits).unwrap_or(0),
        };
        saturated(whole as i128 + i128::from(offset_seconds) * 1_000_000_000)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    pub name: String,
    pub link_type: u16,
    pub snaplen: u32,
    resolution: Resolution,
    /// `if_tsresol` as it stands in the file.
    tsresol: u8,
    offset_seconds: i64,
}

impl Interface {
    /// Units in a second, as the float next to it.
    fn units_in_a_second(&self) -> f64 {
        let exponent = self.tsresol & 0x7f;
        if self.tsresol & 0x80 != 0 {
            return 2f64.powi(i32::from(exponent));
        }
        // Exact up to 10^22, and rounded once beyond.
        if exponent <= 22 { 10f64.powi(i32::from(exponent)) } else { format!("1e{exponent}").parse().unwrap_or(f64::INFINITY) }
    }

    /// The same interface under a name.
    #[must_use]
    pub fn named(self, name: String) -> Self {
        Self { name, ..self }
    }

    /// What a file of a format that knows no interfaces says of its one.
    pub fn of_file(link_type: u16, snaplen: u32) -> Self {
        Self { name: String::new(), link_type, snaplen, resolution: Resolution::Multiply(1), tsresol: 9, offset_seconds: 0 }
    }
}

/// A state, given the interfaces of a later one.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    big_endian: bool,
    section_start: usize,
    interfaces: usize,
}

#[derive(Clone, Debug)]
pub struct Pcapng {
    big_endian: bool,
    /// All of the source so far.
    interfaces: Interfaces,
    /// Where those of the current section begin.
    section_start: usize,
    /// Whether the last section header could not be read: nothing can be said of the blocks behind it.
    is_lost: bool,
    /// Whether other minor versions are read, and packets longer than libpcap's limits.
    is_lenient: bool,
}

/// Whether `start` begins with the magic number of this format.
pub fn is_magic(start: [u8; 4]) -> bool {
    u32::from_be_bytes(start) == SECTION_HEADER
}

impl Pcapng {
    /// A reader for a file that begins with `start`. Nothing is consumed: the first step reads the section header.
    pub fn from_header(start: &[u8]) -> Result<Self> {
        Self::begin(start, false)
    }

    /// The same for one that takes what most programs would refuse.
    pub fn lenient_from_header(start: &[u8]) -> Result<Self> {
        Self::begin(start, true)
    }

    fn begin(start: &[u8], is_lenient: bool) -> Result<Self> {
        let mut reader =
            Self { big_endian: false, interfaces: Interfaces::default(), section_start: 0, is_lost: false, is_lenient };
        match reader.step(start, 0) {
            Step::Skip(_) => Ok(reader),
            Step::More(_) if start.len() < MIN_SECTION_LEN => Err(Error::NotACapture(format!(
                "a pcapng section header has at least {MIN_SECTION_LEN} bytes, but the file ends after {}",
                start.len()
            ))),
            Step::More(_) => Ok(reader), // long options: read in full when framing begins
            Step::Corrupt(reason) => Err(Error::NotACapture(format!("pcapng: {reason}"))),
            Step::Record(..) => Err(Error::NotACapture("pcapng: the file does not begin with a section header".into())),
        }
    }

    /// The type of the block that a window begins with.
    pub fn kind(&self, window: &[u8]) -> u32 {
        self.u32_at(window, 0)
    }

    /// The time of the packet block that a window begins with, in its interface's units; None if the block has none.
    pub fn units(&self, window: &[u8]) -> Option<u64> {
        let has_time = matches!(self.u32_at(window, 0), ENHANCED_PACKET | PACKET);
        has_time.then(|| (u64::from(self.u32_at(window, 12)) << 32) | u64::from(self.u32_at(window, 16)))
    }

    /// Units of an interface, counted over the whole source, as seconds since 1970: a float, which loses what it must.
    #[allow(clippy::cast_precision_loss)]
    pub fn seconds(&self, interface: u32, units: u64) -> f64 {
        let Some(interface) = self.interfaces.get(interface as usize) else { return 0.0 };
        interface.offset_seconds as f64 + units as f64 / interface.units_in_a_second()
    }

    /// The same in nanoseconds, the ends of the range standing for times beyond it.
    pub fn nanoseconds(&self, interface: u32, units: u64) -> i64 {
        let interface = self.interfaces.get(interface as usize);
        interface.map_or(0, |interface| interface.resolution.nanoseconds(units, interface.offset_seconds))
    }

    #[inline(always)]
    fn u16_at(&self, bytes: &[u8], at: usize) -> u16 {
        u16_in(self.big_endian, bytes, at)
    }

    #[inline(always)]
    fn u32_at(&self, bytes: &[u8], at: usize) -> u32 {
        u32_in(self.big_endian, bytes, at)
    }

    fn i64_of(&self, value: &[u8]) -> Option<i64> {
        let bytes = <[u8; 8]>::try_from(value).ok()?;
        Some(if self.big_endian { i64::from_be_bytes(bytes) } else { i64::from_le_bytes(bytes) })
    }

    /// The whole block at `at`, its bytes up to the trailing length.
    #[inline(always)]
    fn block<'a>(&mut self, window: &'a [u8], at: usize) -> std::result::Result<(u32, &'a [u8], usize), Step<'a>> {
        let Some(rest) = window.get(at..).filter(|rest| rest.len() >= MIN_BLOCK_LEN) else {
            return Err(Step::More(MIN_BLOCK_LEN));
        };
        let kind = self.u32_at(rest, 0);
        if kind == SECTION_HEADER {
            self.learn_byte_order(rest).map_err(Step::Corrupt)?;
        }
        let length = self.u32_at(rest, 4) as usize;
        let limit = if matches!(kind, PACKET | SIMPLE_PACKET | ENHANCED_PACKET) { MAX_PACKET_BLOCK_LEN } else { MAX_BLOCK_LEN };
        if length < MIN_BLOCK_LEN || length > limit {
            return Err(impossible_length(kind, length));
        }
        // Padding to four bytes is part of the block, whether or not the length counts it.
        let padded = length.next_multiple_of(4);
        let Some(block) = rest.get(..padded) else {
            return Err(Step::More(padded));
        };
        let trailing = self.u32_at(block, padded - 4) as usize;
        if trailing != length {
            return Err(unequal_lengths(kind, length, trailing));
        }
        Ok((kind, &block[..padded - 4], at + padded))
    }

    /// The section's byte order must be known before its length can be read.
    #[cold]
    fn learn_byte_order(&mut self, section: &[u8]) -> std::result::Result<(), String> {
        self.is_lost = true;
        let magic = be32(section, 8);
        self.big_endian = match magic {
            BYTE_ORDER_MAGIC => true,
            _ if magic.swap_bytes() == BYTE_ORDER_MAGIC => false,
            _ => return Err(format!("the section header's byte-order magic is {magic:#010x}")),
        };
        Ok(())
    }

    fn section(&mut self, block: &[u8]) -> std::result::Result<(), String> {
        if block.len() + 4 < MIN_SECTION_LEN {
            return Err(format!("a section header of {} bytes is too short", block.len() + 4));
        }
        // 1.2 is 1.0 by another name (the specification, section 4.1).
        let version = (self.u16_at(block, 12), self.u16_at(block, 14));
        let is_known = matches!(version, (1, 0 | 2)) || (self.is_lenient && version.0 == 1);
        if !is_known {
            return Err(format!("pcapng version {}.{} is not known", version.0, version.1));
        }
        self.section_start = self.interfaces.len();
        self.is_lost = false;
        Ok(())
    }

    fn interface_description(&mut self, block: &[u8]) -> std::result::Result<(), String> {
        if block.len() < 16 {
            return Err(format!("an interface description of {} bytes is too short", block.len() + 4));
        }
        let mut interface = Interface {
            name: String::new(),
            link_type: self.u16_at(block, 8),
            snaplen: self.u32_at(block, 12),
            resolution: Resolution::from_option(6),
            tsresol: 6,
            offset_seconds: 0,
        };
        let mut options = &block[16..];
        while let Some((code, value, rest)) = split_option(self.big_endian, options) {
            match (code, value) {
                (IF_NAME, name) => interface.name = String::from_utf8_lossy(name).into_owned(),
                (IF_TSRESOL, [resolution]) => {
                    interface.resolution = Resolution::from_option(*resolution);
                    interface.tsresol = *resolution;
                }
                (IF_TSOFFSET, _) => interface.offset_seconds = self.i64_of(value).unwrap_or(0),
                _ => {}
            }
            options = rest;
        }
        self.interfaces.push(interface);
        Ok(())
    }

    /// The interface with this number in the current section, and its number in the source.
    #[inline(always)]
    fn interface(&self, number: u32) -> std::result::Result<(&Interface, u32), String> {
        let index = self.section_start + number as usize;
        match self.interfaces.get(index) {
            Some(interface) => Ok((interface, index as u32)),
            None => Err(self.no_interface(number)),
        }
    }

    #[cold]
    fn no_interface(&self, number: u32) -> String {
        let described = self.interfaces.len() - self.section_start;
        format!("a packet names interface {number}, but its section has described {described}")
    }

    #[inline(always)]
    fn enhanced_packet<'a>(&self, block: &'a [u8]) -> std::result::Result<Record<'a>, String> {
        if block.len() < 28 {
            return Err(format!("an enhanced packet block of {} bytes is too short", block.len() + 4));
        }
        let number = self.u32_at(block, 8);
        self.packet(number, block)
    }

    fn obsolete_packet<'a>(&self, block: &'a [u8]) -> std::result::Result<Record<'a>, String> {
        if block.len() < 28 {
            return Err(format!("a packet block of {} bytes is too short", block.len() + 4));
        }
        let number = u32::from(self.u16_at(block, 8));
        self.packet(number, block)
    }

    /// Enhanced and obsolete packet blocks differ only in how they name the interface.
    #[inline(always)]
    fn packet<'a>(&self, number: u32, block: &'a [u8]) -> std::result::Result<Record<'a>, String> {
        let (interface, index) = self.interface(number)?;
        let units = (u64::from(self.u32_at(block, 12)) << 32) | u64::from(self.u32_at(block, 16));
        let captured = self.u32_at(block, 20);
        let max_length = self.max_length(interface.link_type);
        if captured > max_length {
            return Err(format!("a packet claims {captured} captured bytes, more than the {max_length} that are believed"));
        }
        let Some(data) = block.get(28..28 + captured as usize) else {
            return Err(format!("a packet claims {captured} captured bytes in a block of {}", block.len() + 4));
        };
        Ok(Record {
            timestamp: interface.resolution.nanoseconds(units, interface.offset_seconds),
            length: self.u32_at(block, 24),
            interface: index,
            link_type: interface.link_type,
            data,
        })
    }

    #[inline(always)]
    fn max_length(&self, link_type: u16) -> u32 {
        if self.is_lenient { MAX_PACKET_BLOCK_LEN as u32 } else { max_packet_length(link_type) }
    }

    /// A packet without a time, of the section's first interface, whose snaplen is the only word on how much was captured.
    fn simple_packet<'a>(&self, block: &'a [u8]) -> std::result::Result<Record<'a>, String> {
        if block.len() < 12 {
            return Err(format!("a simple packet block of {} bytes is too short", block.len() + 4));
        }
        let (interface, index) = self.interface(0)?;
        let length = self.u32_at(block, 8);
        let limit = if interface.snaplen == 0 { u32::MAX } else { interface.snaplen };
        let captured = length.min(limit).min((block.len() - 12) as u32);
        let max_length = self.max_length(interface.link_type);
        if captured > max_length {
            return Err(format!("a packet has {captured} captured bytes, more than the {max_length} that are believed"));
        }
        let data = &block[12..12 + captured as usize];
        Ok(Record { timestamp: 0, length, interface: index, link_type: interface.link_type, data })
    }
}

/// Splits the first option, its code and value, off a list of options; None at the end or where the list is broken.
///
/// Own code, since pcap-file drops every option of a list that lacks its end mark or holds one that is not as expected; a
/// lost `if_tsresol` would make every timestamp wrong.
fn split_option(big_endian: bool, list: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    let number = |at: usize| {
        let bytes = [*list.get(at)?, *list.get(at + 1)?];
        Some(if big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    };
    let (code, length) = (number(0)?, usize::from(number(2)?));
    if code == END_OF_OPTIONS {
        return None;
    }
    let rest = list.get(4 + length.next_multiple_of(4)..).unwrap_or_default();
    Some((code, list.get(4..4 + length)?, rest))
}

impl Framing for Pcapng {
    const ALIGNMENT: usize = 4;
    const MIN_RECORD: u64 = 16;
    type Mark = Mark;

    fn describe(&self) -> (String, Vec<Interface>) {
        ("pcapng".into(), self.interfaces.to_vec())
    }

    fn mark(&self) -> Mark {
        Mark { big_endian: self.big_endian, section_start: self.section_start, interfaces: self.interfaces.len() }
    }

    fn back_to(&self, mark: &Mark) -> Self {
        let interfaces = self.interfaces.first(mark.interfaces);
        Self {
            big_endian: mark.big_endian,
            interfaces,
            section_start: mark.section_start,
            is_lost: false,
            is_lenient: self.is_lenient,
        }
    }

    #[inline(always)]
    fn step<'a>(&mut self, window: &'a [u8], at: usize) -> Step<'a> {
        let (kind, block, next) = match self.block(window, at) {
            Ok(found) => found,
            Err(step) => return step,
        };
        if kind == ENHANCED_PACKET {
            return match self.enhanced_packet(block) {
                Ok(record) => Step::Record(record, next),
                Err(reason) => Step::Corrupt(reason),
            };
        }
        let record = match kind {
            SIMPLE_PACKET => self.simple_packet(block),
            PACKET => self.obsolete_packet(block),
            SECTION_HEADER => return skip(self.section(block), next),
            INTERFACE_DESCRIPTION => return skip(self.interface_description(block), next),
            _ => return Step::Skip(next),
        };
        match record {
            Ok(record) => Step::Record(record, next),
            Err(reason) => Step::Corrupt(reason),
        }
    }

    #[inline]
    fn plausible(&self, window: &[u8], at: usize) -> Option<Plausible> {
        let rest = window.get(at..)?;
        if rest.len() < 8 {
            return None;
        }
        let (kind, length) = (self.u32_at(rest, 0), self.u32_at(rest, 4) as usize);
        let known = matches!(kind, 1..=10 | SECTION_HEADER);
        if !known || !(MIN_BLOCK_LEN..=MAX_BLOCK_LEN).contains(&length) || !length.is_multiple_of(4) {
            return None;
        }
        match rest.get(length - 4..length) {
            Some(trailing) if self.u32_at(trailing, 0) as usize != length => None,
            // The length is there twice: nothing needs to be known of the time.
            _ => Some(Plausible { next: at + length, seconds: 0 }),
        }
    }

    const RESUMES: bool = true;

    /// A chain of blocks whose packets name interfaces that are described, before the fault or in the chain; behind a section
    /// header that could not be read one that begins with a section header.
    fn evidence(&self, clues: &Clues) -> Verdict {
        let mut section = Section::of(self);
        let mut times = Times::new(clues.seconds);
        let mut at = 0;
        for length in 1..=CHAIN {
            let next = match section.block(self, clues, at, &mut times) {
                Ok(next) => next,
                Err(verdict) => return verdict,
            };
            if self.is_lost && !section.is_new {
                return Verdict::Nothing;
            }
            if next == clues.bytes.len() && clues.ends {
                return clues.at_end(next, length >= SHORT_CHAIN || section.is_new);
            }
            if section.is_new && length >= SHORT_CHAIN {
                return Verdict::Records;
            }
            at = next;
        }
        Verdict::Records
    }

    fn same_state(&self, other: &Self) -> bool {
        (self.big_endian, self.section_start) == (other.big_endian, other.section_start) && self.interfaces.is(&other.interfaces)
    }
}

/// What a chain of blocks has told of their section.
struct Section {
    big_endian: bool,
    /// Interfaces described so far.
    described: usize,
    /// Whether it began in the chain.
    is_new: bool,
}

impl Section {
    fn of(framing: &Pcapng) -> Self {
        let described = framing.interfaces.len() - framing.section_start;
        Self { big_endian: framing.big_endian, described, is_new: false }
    }

    fn u32_at(&self, bytes: &[u8], at: usize) -> u32 {
        u32_in(self.big_endian, bytes, at)
    }

    /// Where the block at `at` ends, if it is one beyond doubt.
    fn block(&mut self, framing: &Pcapng, clues: &Clues, at: usize, times: &mut Times) -> std::result::Result<usize, Verdict> {
        let missing = if clues.ends { Verdict::Nothing } else { Verdict::Unknown };
        let rest = clues.bytes.get(at..).filter(|rest| rest.len() >= MIN_BLOCK_LEN).ok_or(missing)?;
        let kind = self.u32_at(rest, 0);
        if kind == SECTION_HEADER {
            self.begin(rest)?;
        }
        let length = self.u32_at(rest, 4) as usize;
        let is_known = matches!(kind, 1..=10 | 0x0bad | 0x4000_0bad | SECTION_HEADER);
        if !is_known || !(MIN_BLOCK_LEN..=MAX_BLOCK_LEN).contains(&length) || !length.is_multiple_of(4) {
            return Err(Verdict::Nothing);
        }
        let block = rest.get(..length).ok_or(missing)?;
        let fits = self.u32_at(block, length - 4) as usize == length
            && match kind {
                SECTION_HEADER => self.is_known_version(framing, &block[..length - 4]),
                INTERFACE_DESCRIPTION => {
                    self.described += 1;
                    length >= 20
                }
                ENHANCED_PACKET | PACKET => self.packet(framing, kind, block, times),
                SIMPLE_PACKET => self.described > 0 && (16..ORDINARY_PACKET_LEN).contains(&length),
                _ => true,
            };
        if fits { Ok(at + length) } else { Err(Verdict::Nothing) }
    }

    fn begin(&mut self, header: &[u8]) -> std::result::Result<(), Verdict> {
        let magic = be32(header, 8);
        if magic != BYTE_ORDER_MAGIC && magic.swap_bytes() != BYTE_ORDER_MAGIC {
            return Err(Verdict::Nothing);
        }
        *self = Self { big_endian: magic == BYTE_ORDER_MAGIC, described: 0, is_new: true };
        Ok(())
    }

    fn is_known_version(&self, framing: &Pcapng, header: &[u8]) -> bool {
        Pcapng { big_endian: self.big_endian, ..framing.clone() }.section(header).is_ok()
    }

    fn packet(&self, framing: &Pcapng, kind: u32, block: &[u8], times: &mut Times) -> bool {
        if block.len() < MIN_PACKET_BLOCK_LEN {
            return false;
        }
        let number = match kind {
            ENHANCED_PACKET => self.u32_at(block, 8) as usize,
            _ => usize::from(u16_in(self.big_endian, block, 8)),
        };
        let captured = self.u32_at(block, 20) as usize;
        if number >= self.described || captured > block.len() - MIN_PACKET_BLOCK_LEN {
            return false;
        }
        // Of an interface that the chain describes, clock and link type are not known.
        let known = if self.is_new { None } else { framing.interfaces.get(framing.section_start + number) };
        let Some(interface) = known else { return captured <= ORDINARY_PACKET_LEN };
        let units = (u64::from(self.u32_at(block, 12)) << 32) | u64::from(self.u32_at(block, 16));
        let nanoseconds = interface.resolution.nanoseconds(units, interface.offset_seconds);
        captured <= framing.max_length(interface.link_type) as usize && times.fit(nanoseconds.div_euclid(1_000_000_000))
    }
}

#[inline(always)]
fn u16_in(big_endian: bool, bytes: &[u8], at: usize) -> u16 {
    let number = le16(bytes, at);
    if big_endian { number.swap_bytes() } else { number }
}

#[inline(always)]
fn u32_in(big_endian: bool, bytes: &[u8], at: usize) -> u32 {
    let number = le32(bytes, at);
    if big_endian { number.swap_bytes() } else { number }
}

#[cold]
fn impossible_length<'a>(kind: u32, length: usize) -> Step<'a> {
    Step::Corrupt(format!("a block of type {kind:#x} claims {length} bytes"))
}

#[cold]
fn unequal_lengths<'a>(kind: u32, length: usize, trailing: usize) -> Step<'a> {
    Step::Corrupt(format!("a block of type {kind:#x} gives its length as {length} and again as {trailing}"))
}

#[cold]
fn skip<'a>(outcome: std::result::Result<(), String>, next: usize) -> Step<'a> {
    match outcome {
        Ok(()) => Step::Skip(next),
        Err(reason) => Step::Corrupt(reason),
    }
}
