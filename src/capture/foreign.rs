//! What formats other than pcap and pcapng have in common: they are rare, so that one way of reading serves all of them, at the
//! price of an indirect call a record.
//!
//! A format is a [`Layout`], which [`Foreign`] turns into a [`Framing`]. What they do with link types, times and lengths follows
//! Wireshark's wiretap, which knows more files of them than there are specifications.

use std::fmt::Debug;
use std::sync::Arc;

use super::pcapng::Interface;
use super::record::{Framing, Plausible, Record, Step, max_packet_length, saturated};
use super::source::Source;
pub use crate::bytes::{be16, be32, be64, le16, le32, le64};
use crate::error::{Error, Result};

/// The LINKTYPE number of data that has none: LINKTYPE_USER0, which is reserved for private use.
pub const LINK_ONLY: u16 = 147;

/// Why a step finds nothing.
#[derive(Debug)]
pub enum Early {
    /// The window ends before this: so many bytes are needed from the offset on.
    More(usize),
    Corrupt(String),
    /// What follows are no packets.
    End,
}

/// What one step finds: [`Step::Record`] or [`Step::Skip`].
pub type Stepped<'a> = std::result::Result<Step<'a>, Early>;

/// How far reading has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Bytes from the beginning of the source on; only kept for layouts that need it, as is the number of packets.
    pub offset: u64,
    pub packets: u64,
    has_ended: bool,
}

/// A format whose file header was read.
pub trait Layout: Debug + Send + Sync {
    /// The format's name, and what is particular about the file.
    fn describe(&self) -> String;

    /// That of the file, or of its first packet where each has its own.
    fn link_type(&self) -> u16;

    /// Where the first record may begin.
    fn first_offset(&self) -> u64;

    /// Reads what is at `at` in `window`. Never panics, whatever the bytes.
    fn step<'a>(&self, place: Place, window: &'a [u8], at: usize) -> Stepped<'a>;

    /// Whether steps depend on the place, so that there is no beginning in the middle.
    fn is_placed(&self) -> bool {
        false
    }

    /// What the bytes at `at` would be if a record began there.
    fn plausible(&self, _window: &[u8], _at: usize) -> Option<Plausible> {
        None
    }

    /// Whether the format must be [`completed`](Self::completed) with what stands at the end of the source.
    fn needs_end(&self) -> bool {
        false
    }

    fn completed(&self, _source: &Source) -> Result<Option<Arc<dyn Layout>>> {
        Ok(None)
    }
}

/// A source in any such format.
#[derive(Clone, Debug)]
pub struct Foreign {
    layout: Arc<dyn Layout>,
    place: Place,
}

impl Foreign {
    pub fn new(layout: Arc<dyn Layout>) -> Self {
        let place = Place { offset: layout.first_offset(), packets: 0, has_ended: false };
        Self { layout, place }
    }

    pub fn first_offset(&self) -> u64 {
        self.layout.first_offset()
    }

    pub fn needs_end(&self) -> bool {
        self.layout.needs_end()
    }

    pub fn completed(self, source: &Source) -> Result<Self> {
        Ok(self.layout.completed(source)?.map_or(self, Self::new))
    }

    fn moved_to(&self, place: Place) -> Self {
        Self { layout: Arc::clone(&self.layout), place }
    }
}

impl Framing for Foreign {
    const ALIGNMENT: usize = 1;
    const MIN_RECORD: u64 = 8;
    type Mark = Place;

    fn describe(&self) -> (String, Vec<Interface>) {
        (self.layout.describe(), vec![Interface::of_file(self.layout.link_type(), 0)])
    }

    fn mark(&self) -> Place {
        self.place
    }

    fn back_to(&self, mark: &Place) -> Self {
        self.moved_to(*mark)
    }

    fn step<'a>(&mut self, window: &'a [u8], at: usize) -> Step<'a> {
        if self.place.has_ended {
            return pass(window, at, u64::MAX);
        }
        let step = match self.layout.step(self.place, window, at) {
            Ok(step) => step,
            Err(Early::More(need)) => return Step::More(need),
            Err(Early::Corrupt(reason)) => return Step::Corrupt(reason),
            Err(Early::End) => {
                self.place.has_ended = true;
                return pass(window, at, u64::MAX);
            }
        };
        let (next, packets) = match &step {
            Step::Record(_, next) => (*next, 1),
            Step::Skip(next) => (*next, 0),
            Step::More(_) | Step::Corrupt(_) => return step,
        };
        if self.layout.is_placed() {
            self.place.offset += (next - at) as u64;
            self.place.packets += packets;
        }
        step
    }

    fn plausible(&self, window: &[u8], at: usize) -> Option<Plausible> {
        self.layout.plausible(window, at)
    }

    fn same_state(&self, other: &Self) -> bool {
        self.place == other.place
    }
}

/// So many bytes at `at`.
pub fn take(window: &[u8], at: usize, length: usize) -> std::result::Result<&[u8], Early> {
    window.get(at..).and_then(|rest| rest.get(..length)).ok_or(Early::More(length))
}

/// The bytes `header..header + captured` of the record at `at`, if so many are believed.
pub fn packet(window: &[u8], at: usize, header: usize, captured: u32) -> std::result::Result<&[u8], Early> {
    let most = max_packet_length(LINK_ONLY);
    if captured > most {
        return Err(Early::Corrupt(format!(
            "the record claims {captured} captured bytes, more than the {most} that are believed"
        )));
    }
    Ok(&take(window, at, header + captured as usize)?[header..])
}

/// Passes over so many bytes, in parts if they are many.
pub fn pass<'a>(window: &[u8], at: usize, length: u64) -> Step<'a> {
    let there = window.len().saturating_sub(at);
    match usize::try_from(length).unwrap_or(usize::MAX).min(there) {
        0 => Step::More(1),
        length => Step::Skip(at + length),
    }
}

/// A record of a source that tells no interfaces apart.
pub fn record(timestamp: i64, length: u32, link_type: u16, data: &[u8]) -> Record<'_> {
    Record { timestamp, length, interface: 0, link_type, data }
}

/// Nanoseconds since 1970, the ends of the range standing for times beyond it.
pub fn nanoseconds(seconds: i64, nanoseconds: i64) -> i64 {
    saturated(i128::from(seconds) * 1_000_000_000 + i128::from(nanoseconds))
}

/// The same of units, so many `per_second`, since what was `epoch` units before 1970.
pub fn nanoseconds_of(units: i64, epoch: i64, per_second: i64) -> i64 {
    let since_1970 = units.saturating_sub(epoch);
    nanoseconds(since_1970.div_euclid(per_second), since_1970.rem_euclid(per_second) * (1_000_000_000 / per_second))
}

/// Seconds between 1970 and a date and time of the Gregorian calendar, both in the same time zone.
pub fn seconds_of(year: i64, month: i64, day: i64, hour: i64, minute: i64, second: i64) -> i64 {
    // Years that begin in March end with the leap day.
    let months = year * 12 + month - 3;
    let (year, month) = (months.div_euclid(12), months.rem_euclid(12));
    let days = year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + (month * 153 + 2) / 5 + day - 1;
    // From 0000-03-01 to 1970-01-01.
    ((days - 719_468) * 24 + hour) * 3600 + minute * 60 + second
}

/// The file header, or why there is none.
pub fn file_header<'a>(start: &'a [u8], length: usize, format: &str) -> Result<&'a [u8]> {
    start.get(..length).ok_or_else(|| {
        Error::NotACapture(format!("a {format} file header has {length} bytes, but the file ends after {}", start.len()))
    })
}

/// A variant of a format that is not read.
pub fn unknown(format: &str, what: &str) -> Error {
    Error::NotACapture(format!("this {format} file has {what}, which is not read; {}", super::format::WAY_OUT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        // As `date -u -d ... +%s` says.
        assert_eq!(seconds_of(1970, 1, 1, 0, 0, 0), 0);
        assert_eq!(seconds_of(2000, 2, 29, 23, 59, 59), 951_868_799);
        assert_eq!(seconds_of(2024, 12, 31, 12, 0, 1), 1_735_646_401);
        assert_eq!(seconds_of(1969, 12, 31, 0, 0, 0), -86_400);
        assert_eq!(seconds_of(1900, 3, 1, 0, 0, 0), -2_203_891_200);
        assert_eq!(seconds_of(2023, 13, 1, 0, 0, 0), seconds_of(2024, 1, 1, 0, 0, 0));
    }

    #[test]
    fn what_is_passed_over_is_never_beyond_the_window() {
        assert!(matches!(pass(&[0; 8], 3, 2), Step::Skip(5)));
        assert!(matches!(pass(&[0; 8], 3, u64::MAX), Step::Skip(8)));
        assert!(matches!(pass(&[0; 8], 8, 1), Step::More(1)));
        assert!(matches!(pass(&[0; 8], 9, 1), Step::More(1)));
    }
}
