//! Writing a capture while its packets come in, when it is not known yet what its header has to say.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::index::Packet;
use super::write::{FILE_HEADER_LEN, NANOSECONDS, RECORD_HEADER_LEN, Writer, write_header, write_record};
use crate::bytes::le32;
use crate::error::Result;

const BUFFER: usize = 1 << 20;

/// A capture file that is not whole yet.
pub enum Saver {
    /// The file header is written last: link type and resolution are those of the packets.
    Pcap {
        to: BufWriter<File>,
        link_type: Option<u16>,
        nanoseconds: bool,
    },
    Pcapng(Writer<BufWriter<File>>),
}

impl Saver {
    /// Begins a file, pcapng or classic pcap, in place of what is at `path`.
    pub fn create(path: &Path, pcapng: bool) -> Result<Self> {
        let file = File::options().read(true).write(true).create(true).truncate(true).open(path)?;
        let mut to = BufWriter::with_capacity(BUFFER, file);
        if pcapng {
            return Ok(Self::Pcapng(Writer::pcapng(to)?));
        }
        to.write_all(&[0; FILE_HEADER_LEN])?;
        Ok(Self::Pcap { to, link_type: None, nanoseconds: false })
    }

    /// Appends a packet. Classic files are in microseconds up to the first time that needs nanoseconds; then all of it is.
    pub fn write(&mut self, packet: &Packet) -> Result<()> {
        match self {
            Self::Pcapng(writer) => writer.write(packet),
            Self::Pcap { to, link_type, nanoseconds } => {
                if !*nanoseconds && packet.timestamp.rem_euclid(i64::from(NANOSECONDS)) != 0 {
                    refine(to)?;
                    *nanoseconds = true;
                }
                write_record(to, packet, *link_type.get_or_insert(packet.link_type), *nanoseconds)
            }
        }
    }

    /// Makes the file whole; one without packets is of the link type `empty`.
    pub fn finish(self, empty: u16) -> Result<()> {
        let mut to = match self {
            Self::Pcapng(writer) => writer.into_inner(),
            Self::Pcap { mut to, link_type, nanoseconds } => {
                to.seek(SeekFrom::Start(0))?;
                write_header(&mut to, link_type.unwrap_or(empty), nanoseconds)?;
                to
            }
        };
        Ok(to.flush()?)
    }
}

/// Turns the fractions of a second that were written so far from microseconds into nanoseconds.
fn refine(to: &mut BufWriter<File>) -> io::Result<()> {
    to.flush()?;
    let file = to.get_mut();
    let end = file.seek(SeekFrom::End(0))?;
    let mut at = FILE_HEADER_LEN as u64;
    let mut buffer = Vec::new();
    while at < end {
        buffer.clear();
        file.seek(SeekFrom::Start(at))?;
        Read::by_ref(file).take(BUFFER as u64).read_to_end(&mut buffer)?;
        let next = refine_records(&mut buffer);
        if next == 0 {
            return Err(io::Error::other("what was written can not be read again whole"));
        }
        file.seek(SeekFrom::Start(at))?;
        file.write_all(&buffer)?;
        at += next as u64;
    }
    file.seek(SeekFrom::End(0)).map(drop)
}

/// Does so for the records whose headers are whole; returns where the next one begins, maybe beyond the bytes.
fn refine_records(records: &mut [u8]) -> usize {
    let mut at = 0;
    while let Some(header) = records.get_mut(at..).and_then(|rest| rest.first_chunk_mut::<RECORD_HEADER_LEN>()) {
        let (fraction, captured) = (le32(header, 4) * NANOSECONDS, le32(header, 8) as usize);
        header[4..8].copy_from_slice(&fraction.to_le_bytes());
        at += RECORD_HEADER_LEN + captured;
    }
    at
}
