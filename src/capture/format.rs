//! Which format a source has, found by its first bytes and never by its name.

use super::pcap::{self, Pcap};
use super::pcapng::{self, Pcapng};
use super::source::Source;
use crate::error::{Error, Result};

/// A format whose file header was read.
#[derive(Clone, Debug)]
pub enum Format {
    Pcap(Pcap),
    Pcapng(Pcapng),
}

/// Enough for either format's first header.
pub const START_LEN: usize = 4096;

/// Other kinds of file that people pass by mistake, by their first bytes.
const OTHERS: &[(&[u8], &str)] = &[
    (b"\x1f\x8b", "gzip-compressed"),
    (b"\x28\xb5\x2f\xfd", "zstd-compressed"),
    (b"\x04\x22\x4d\x18", "lz4-compressed"),
    (b"\xfd7zXZ\x00", "xz-compressed"),
    (b"BZh", "bzip2-compressed"),
    (b"PK\x03\x04", "a zip archive"),
    (b"snoop\0\0\0", "a snoop capture"),
    (b"<", "markup text"),
];

impl Format {
    pub fn detect(source: &Source) -> Result<Self> {
        let mut buffer = Vec::new();
        Self::from_start(source.window(0, START_LEN, &mut buffer)?)
    }

    /// The format of a source that begins with `start`: [`START_LEN`] bytes, or all if there are fewer.
    pub fn from_start(start: &[u8]) -> Result<Self> {
        let Some(magic) = start.first_chunk::<4>() else {
            return Err(Error::NotACapture(match start.len() {
                0 => "the file is empty".into(),
                length => format!("the file has {length} bytes, too few for any capture"),
            }));
        };
        if pcap::is_magic(*magic) {
            return Pcap::from_header(start).map(Self::Pcap);
        }
        if pcapng::is_magic(*magic) {
            return Pcapng::from_header(start).map(Self::Pcapng);
        }
        let kind = OTHERS.iter().find(|(prefix, _)| start.starts_with(prefix));
        Err(Error::NotACapture(match kind {
            Some((_, kind)) => format!("this is {kind}, not a pcap or pcapng capture"),
            None => format!("this is no pcap or pcapng capture: it begins with {}", preview(start)),
        }))
    }

    /// Where the first record may begin.
    pub fn first_offset(&self) -> u64 {
        match self {
            Self::Pcap(_) => pcap::HEADER_LEN as u64,
            Self::Pcapng(_) => 0,
        }
    }
}

/// The first bytes in hexadecimal: safe to print, whatever they are.
fn preview(start: &[u8]) -> String {
    let hex: Vec<String> = start.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    hex.join(" ")
}
