//! Which format a source has, found by its first bytes and never by its name.

use std::sync::Arc;

use super::foreign::{Foreign, Layout};
use super::pcap::{self, Pcap};
use super::pcapng::{self, Pcapng};
use super::source::Source;
use super::{btsnoop, erf, fiveview, iptrace, netmon, netxray, peek, sniffer, snoop, visual};
use crate::error::{Error, Result};

/// A format whose file header was read.
#[derive(Clone, Debug)]
pub enum Format {
    Pcap(Pcap),
    Pcapng(Pcapng),
    Foreign(Foreign),
}

/// Evaluates an expression with what an enum over the formats holds, whichever it is.
macro_rules! with_format {
    ($any:ident, $value:expr, $held:pat => $result:expr $(, $other:pat => $otherwise:expr)?) => {
        match $value {
            $any::Pcap($held) => $result,
            $any::Pcapng($held) => $result,
            $any::Foreign($held) => $result,
            $($other => $otherwise,)?
        }
    };
}
pub(crate) use with_format;

/// Enough for any format's file header, and for what looks like records to be told from what is none.
pub const START_LEN: usize = 64 << 10;

/// What to do with a file that Wireshark may read.
pub const WAY_OUT: &str = "convert it with `editcap -F pcapng IN OUT`";

type Open = fn(&[u8]) -> Result<Arc<dyn Layout>>;

/// Formats that are read, by their first bytes.
const FOREIGN: &[(&[u8], Open)] = &[
    (snoop::MAGIC, snoop::open),
    (netmon::MAGICS[0], netmon::open),
    (netmon::MAGICS[1], netmon::open),
    (netxray::MAGICS[0], netxray::open),
    (netxray::MAGICS[1], netxray::open),
    (sniffer::MAGIC, sniffer::open),
    (iptrace::MAGICS[0], iptrace::open),
    (iptrace::MAGICS[1], iptrace::open),
    (visual::MAGIC, visual::open),
    (btsnoop::MAGIC, btsnoop::open),
    (peek::TAGGED_MAGIC, peek::open),
    (fiveview::MAGIC, fiveview::open),
];

/// Formats that are not read, by their first bytes.
const OTHER_CAPTURES: &[(&[u8], &str)] = &[
    (b"\x01\x10\x4c\x00", "Novell LANalyzer"),
    (b"TR\0\x64\0", "HP-UX nettl"),
    (b"\xce\x0a\0\0\0", "HP-UX nettl"),
    (b"ObserverPktBuffe", "Viavi Observer"),
    (b"\0\0\x02\0\x12\x05\0\x10", "Tektronix K12xx"),
    (b"+---------+-----", "K12 text"),
    (b"EyeSDN", "EyeSDN"),
    (b"LOGG", "Vector's BLF"),
    (b"\x42\xd2\0\x34\x12\x66\x22\x88", "RADCOM"),
    (b"cpse", "Colasoft Capsa"),
    (b"#Format=4", "Daintree"),
];

/// Other kinds of file that people pass by mistake, by their first bytes.
const NO_CAPTURES: &[(&[u8], &str)] = &[
    (b"\x1f\x8b", "gzip-compressed"),
    (b"\x28\xb5\x2f\xfd", "zstd-compressed"),
    (b"\x04\x22\x4d\x18", "lz4-compressed"),
    (b"\xfd7zXZ\x00", "xz-compressed"),
    (b"BZh", "bzip2-compressed"),
    (b"PK\x03\x04", "a zip archive"),
    (b"<", "markup text"),
];

impl Format {
    pub fn detect(source: &Source) -> Result<Self> {
        let mut buffer = Vec::new();
        match Self::from_start(source.window(0, START_LEN, &mut buffer)?)? {
            Self::Foreign(foreign) => Ok(Self::Foreign(foreign.completed(source)?)),
            format => Ok(format),
        }
    }

    /// The format of a source that begins with `start`: [`START_LEN`] bytes, or all if there are fewer. It may have to be
    /// found once more, by [`detect`](Self::detect), when the end is known.
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
        if let Some(open) = by_start(FOREIGN, start) {
            return Ok(Self::Foreign(Foreign::new(open(start)?)));
        }
        if let Some(name) = by_start(OTHER_CAPTURES, start) {
            return Err(Error::NotACapture(format!("this is a capture of {name}, which is not read; {WAY_OUT}")));
        }
        if let Some(kind) = by_start(NO_CAPTURES, start) {
            return Err(Error::NotACapture(format!("this is {kind}, not a capture")));
        }
        if let Some(layout) = erf::recognise(start, start.len() < START_LEN).or_else(|| peek::recognise(start)) {
            return Ok(Self::Foreign(Foreign::new(layout)));
        }
        Err(Error::NotACapture(format!("this is no capture in any known format: it begins with {}", preview(start))))
    }

    /// Where the first record may begin.
    pub fn first_offset(&self) -> u64 {
        match self {
            Self::Pcap(pcap) => pcap.first_offset(),
            Self::Pcapng(_) => 0,
            Self::Foreign(foreign) => foreign.first_offset(),
        }
    }

    /// Whether a stream must be known to its end before its first record can be found.
    pub fn needs_end(&self) -> bool {
        matches!(self, Self::Foreign(foreign) if foreign.needs_end())
    }
}

/// What stands in a table beside the bytes that `start` begins with.
fn by_start<T: Copy>(table: &[(&[u8], T)], start: &[u8]) -> Option<T> {
    table.iter().find(|(prefix, _)| start.starts_with(prefix)).map(|&(_, found)| found)
}

/// The first bytes in hexadecimal: safe to print, whatever they are.
fn preview(start: &[u8]) -> String {
    let hex: Vec<String> = start.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    hex.join(" ")
}
