//! What the pcap-file crate reads of a capture, where it is right.

use pcap_file::pcap::{PcapHeader, PcapParser};
use pcap_file::pcapng::blocks::interface_description::{InterfaceDescriptionBlock, InterfaceDescriptionOption};
use pcap_file::pcapng::{Block, PcapNgParser};
use pcap_file::{Endianness, TsResolution};
use pcapframe::capture::record::max_packet_length;

use super::outcome::{WHOLE, column, memory, packets, read_with};

const SECOND: i64 = 1_000_000_000;

/// One packet as its record tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// None where the crate reads another one than there is.
    pub time: Option<i64>,
    pub length: u32,
    pub interface: u16,
    pub link_type: u16,
    pub data: Vec<u8>,
}

/// The first packets of a capture, and whether these are all.
#[derive(Debug)]
pub struct Reference {
    pub packets: Vec<Packet>,
    pub is_whole: bool,
    /// A file of classic records may also be read as one of longer ones.
    pub may_be_variant: bool,
}

/// Reads a capture with the crate as far as it is right; None if it is not from the header on.
pub fn reference(bytes: &[u8]) -> Option<Reference> {
    if let Ok((rest, parser)) = PcapParser::new(bytes) {
        return classic(&parser, rest);
    }
    let (rest, parser) = PcapNgParser::new(bytes).ok()?;
    Some(pcapng(parser, rest))
}

fn classic(parser: &PcapParser, mut rest: &[u8]) -> Option<Reference> {
    let header = parser.header();
    // Before version 2.4 lengths are in another order, which the crate does not know.
    if (header.version_major, header.version_minor) != (2, 4) {
        return None;
    }
    // The upper bits tell of frame check sequences.
    let link_type = u16::try_from(u32::from(header.datalink) & 0x03ff_ffff).ok()?;
    let unit = if header.ts_resolution == TsResolution::NanoSecond { 1 } else { 1000 };
    let may_be_variant = unit == 1000 && is_unlikely(header, link_type, rest);
    let mut packets = Vec::new();
    while let Ok((after, packet)) = parser.next_raw_packet(rest)
        && packet.incl_len <= max_packet_length(link_type)
    {
        rest = after;
        let time = Some(i64::from(packet.ts_sec) * SECOND + i64::from(packet.ts_frac) * unit);
        packets.push(Packet { time, length: packet.orig_len, interface: 0, link_type, data: packet.data.into_owned() });
    }
    Some(Reference { packets, is_whole: rest.is_empty(), may_be_variant })
}

/// Whether one of the first three records is so unlikely that those of a variant may be meant, which the crate does not know.
fn is_unlikely(header: PcapHeader, link_type: u16, mut records: &[u8]) -> bool {
    for _ in 0..3 {
        let Some(record) = records.first_chunk::<16>() else { return false };
        let [_, fraction, captured, length] = [0, 4, 8, 12].map(|at| {
            let field = *record[at..].first_chunk().expect("four bytes of sixteen");
            if header.endianness == Endianness::Big { u32::from_be_bytes(field) } else { u32::from_le_bytes(field) }
        });
        let longest = max_packet_length(link_type).min(header.snaplen).min(length);
        if fraction >= 1_000_000 || captured > longest || length > 128 << 20 {
            return true;
        }
        let Some(rest) = records.get(16 + captured as usize..) else { return false };
        records = rest;
    }
    false
}

fn pcapng(mut parser: PcapNgParser, mut rest: &[u8]) -> Reference {
    // `before` counts the interfaces of earlier sections.
    let (mut before, mut packets) = (0, Vec::new());
    loop {
        let section = parser.section();
        let is_known = matches!((section.major_version, section.minor_version), (1, 0 | 2));
        if !is_known || rest.is_empty() {
            return Reference { packets, is_whole: is_known, may_be_variant: false };
        }
        let described = parser.interfaces().len();
        let Ok((after, block)) = parser.next_block(rest) else { break };
        rest = after;
        let Some((number, time, length, data)) = record(&block) else {
            before += if matches!(block, Block::SectionHeader(_)) { described } else { 0 };
            continue;
        };
        let Some(interface) = parser.interfaces().get(number) else { break };
        let link_type = u32::from(interface.linktype) as u16;
        let data = if matches!(block, Block::SimplePacket(_)) { simple(length, interface, data) } else { data };
        if data.len() > max_packet_length(link_type) as usize {
            break;
        }
        let time = match time {
            Time::Units(units) => Some(time_of(interface, units)),
            Time::None => Some(0),
            Time::Misread => None,
        };
        let interface = u16::try_from(before + number).unwrap_or(u16::MAX);
        packets.push(Packet { time, length, interface, link_type, data: data.to_vec() });
    }
    Reference { packets, is_whole: false, may_be_variant: false }
}

enum Time {
    /// As the file has it: in units of the interface.
    Units(u64),
    None,
    /// The crate takes the halves for one number, which they are in big-endian files only.
    Misread,
}

/// The interface, time, length on the wire and bytes of a block that has a packet.
fn record<'a>(block: &'a Block) -> Option<(usize, Time, u32, &'a [u8])> {
    match block {
        // The crate takes any unit for nanoseconds: what it gives is the number in the file.
        Block::EnhancedPacket(packet) => {
            let time = Time::Units(packet.timestamp.as_nanos() as u64);
            Some((packet.interface_id as usize, time, packet.original_len, &packet.data))
        }
        Block::Packet(packet) => Some((packet.interface_id.into(), Time::Misread, packet.original_len, &packet.data)),
        Block::SimplePacket(packet) => Some((0, Time::None, packet.original_len, &packet.data)),
        _ => None,
    }
}

/// Of a simple packet the crate gives all bytes up to the end of the block.
fn simple<'a>(length: u32, interface: &InterfaceDescriptionBlock, data: &'a [u8]) -> &'a [u8] {
    let limit = if interface.snaplen == 0 { u32::MAX } else { interface.snaplen };
    &data[..data.len().min(length.min(limit) as usize)]
}

fn time_of(interface: &InterfaceDescriptionBlock, units: u64) -> i64 {
    let (mut resolution, mut offset) = (6, 0);
    for option in &interface.options {
        match option {
            InterfaceDescriptionOption::IfTsResol(value) => resolution = *value,
            InterfaceDescriptionOption::IfTsOffset(value) => offset = *value as i64,
            _ => {}
        }
    }
    nanoseconds(units, resolution, offset)
}

/// The time by definition: so many units of 10 or 2 to a negative power seconds, and the offset.
pub fn nanoseconds(units: u64, resolution: u8, offset: i64) -> i64 {
    let base: u128 = if resolution & 0x80 == 0 { 10 } else { 2 };
    let whole = base.checked_pow(u32::from(resolution & 0x7f)).map_or(0, |divisor| u128::from(units) * 1_000_000_000 / divisor);
    let total = whole as i128 + i128::from(offset) * i128::from(SECOND);
    total.clamp(i128::from(i64::MIN + 1), i128::from(i64::MAX)) as i64
}

/// Reads a capture, which must begin with the packets that the crate finds, and end with them if these are all. Says how many.
pub fn check_reference(bytes: &[u8]) -> usize {
    let Some(Reference { packets: expected, is_whole, may_be_variant }) = reference(bytes) else { return 0 };
    let reading = match read_with(&memory(bytes), 1, WHOLE) {
        Ok(reading) => reading,
        // A version that is not known: the crate does not look at it.
        Err(_) if expected.is_empty() && !is_whole => return 0,
        Err(error) => panic!("{error}, but there are {} packets", expected.len()),
    };
    if may_be_variant && reading.about.format.ends_with("records)") {
        return 0;
    }
    let rows = reading.frame.rows();
    assert!(rows >= expected.len(), "{rows} of {} packets", expected.len());
    if is_whole {
        assert_eq!((rows, &reading.about.fault), (expected.len(), &None));
    }
    let (times, lengths) = (column::<i64>(&reading, "timestamp"), column::<u32>(&reading, "length"));
    let (interfaces, link_types) = (column::<u16>(&reading, "interface"), column::<u16>(&reading, "link_type"));
    let data = packets(&reading, memory(bytes));
    for (row, (expected, data)) in expected.iter().zip(data).enumerate() {
        let time = expected.time.map(|_| times[row]);
        let (length, interface, link_type) = (lengths[row], interfaces[row], link_types[row]);
        assert_eq!(Packet { time, length, interface, link_type, data }, *expected, "packet {row}");
    }
    expected.len()
}
