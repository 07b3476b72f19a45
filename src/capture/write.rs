//! Writing captures: classic pcap, in nanoseconds where microseconds would lose something, or pcapng.

use std::io::Write;
use std::time::Duration;

use pcap_file::pcap::PcapHeader;
use pcap_file::pcapng::PcapNgWriter;
use pcap_file::pcapng::blocks::enhanced_packet::EnhancedPacketBlock;
use pcap_file::pcapng::blocks::interface_description::{InterfaceDescriptionBlock, InterfaceDescriptionOption};
use pcap_file::{DataLink, Endianness, PcapError, TsResolution};

use super::index::Packet;
use super::record::max_packet_length;
use crate::error::{Error, Result};

const SECOND: i64 = 1_000_000_000;
/// In a microsecond.
pub const NANOSECONDS: u32 = 1000;
pub const FILE_HEADER_LEN: usize = 24;
pub const RECORD_HEADER_LEN: usize = 16;

/// A capture that is being written.
pub enum Writer<W: Write> {
    Pcap { to: W, link_type: u16, nanoseconds: bool },
    Pcapng { writer: PcapNgWriter<W>, link_types: Vec<u16> },
}

impl<W: Write> Writer<W> {
    /// Classic pcap: one link type, and times from 1970 to 2106.
    pub fn pcap(mut to: W, link_type: u16, nanoseconds: bool) -> Result<Self> {
        write_header(&mut to, link_type, nanoseconds)?;
        Ok(Self::Pcap { to, link_type, nanoseconds })
    }

    /// pcapng with nanosecond times: an interface for each link type.
    pub fn pcapng(to: W) -> Result<Self> {
        let writer = PcapNgWriter::with_endianness(to, Endianness::Little).map_err(error)?;
        Ok(Self::Pcapng { writer, link_types: Vec::new() })
    }

    pub fn write(&mut self, packet: &Packet) -> Result<()> {
        match self {
            Self::Pcap { to, link_type, nanoseconds } => write_record(to, packet, *link_type, *nanoseconds)?,
            Self::Pcapng { writer, link_types } => {
                let interface_id = interface(writer, link_types, packet.link_type)?;
                let timestamp = u64::try_from(packet.timestamp).map_err(|_| out_of_range("pcapng", packet.timestamp))?;
                let block = EnhancedPacketBlock {
                    interface_id,
                    timestamp: Duration::from_nanos(timestamp),
                    original_len: packet.length,
                    data: packet.data.into(),
                    options: Vec::new(),
                };
                writer.write_pcapng_block(block).map_err(error)?;
            }
        }
        Ok(())
    }

    pub fn into_inner(self) -> W {
        match self {
            Self::Pcap { to, .. } => to,
            Self::Pcapng { writer, .. } => writer.into_inner(),
        }
    }
}

/// The header of a classic file.
pub fn write_header(to: &mut impl Write, link_type: u16, nanoseconds: bool) -> Result<()> {
    let header = PcapHeader {
        datalink: DataLink::from(u32::from(link_type)),
        snaplen: max_packet_length(link_type),
        ts_resolution: if nanoseconds { TsResolution::NanoSecond } else { TsResolution::MicroSecond },
        endianness: Endianness::Little,
        ..PcapHeader::default()
    };
    header.write_to(to).map(drop).map_err(error)
}

/// A record of a classic file, whose link type and resolution are given.
pub fn write_record(to: &mut impl Write, packet: &Packet, link_type: u16, nanoseconds: bool) -> Result<()> {
    if packet.link_type != link_type {
        return Err(Error::Unwritable(format!(
            "a pcap file has one link type, but these packets have {link_type} and {}; give the path the suffix .pcapng",
            packet.link_type
        )));
    }
    let seconds = u32::try_from(packet.timestamp.div_euclid(SECOND)).map_err(|_| out_of_range("pcap", packet.timestamp))?;
    let fraction = packet.timestamp.rem_euclid(SECOND) as u32;
    let fraction = if nanoseconds { fraction } else { fraction / NANOSECONDS };
    let fields = [seconds, fraction, packet.data.len() as u32, packet.length].map(u32::to_le_bytes);
    to.write_all(fields.as_flattened())?;
    Ok(to.write_all(packet.data)?)
}

/// The interface for a link type, described when it is first needed.
fn interface<W: Write>(writer: &mut PcapNgWriter<W>, link_types: &mut Vec<u16>, link_type: u16) -> Result<u32> {
    if let Some(known) = link_types.iter().position(|known| *known == link_type) {
        return Ok(known as u32);
    }
    let mut description = InterfaceDescriptionBlock::new(DataLink::from(u32::from(link_type)), max_packet_length(link_type));
    description.options.push(InterfaceDescriptionOption::IfTsResol(9));
    writer.write_pcapng_block(description).map_err(error)?;
    link_types.push(link_type);
    Ok(link_types.len() as u32 - 1)
}

fn out_of_range(format: &str, timestamp: i64) -> Error {
    Error::Unwritable(format!("{format} can not hold the time {timestamp} ns since 1970"))
}

fn error(error: PcapError) -> Error {
    match error {
        PcapError::IoError(error) => Error::Io(error),
        other => Error::Unwritable(other.to_string()),
    }
}
