//! Records of several sources, put together: the form in which [`super::merge`] hands them on.
//!
//! A record is a header of [`HEADER_LEN`] bytes in little-endian order (timestamp, length on the wire, captured length, number of
//! the interface, link type, [`MARK`]) and the captured bytes.

use super::pcapng::Interface;
use super::record::{Framing, Plausible, Record, Step, max_packet_length};
use crate::bytes::{le16, le32, le64};

const HEADER_LEN: usize = 24;
/// Tells a header from what captured bytes look like by accident.
const MARK: [u8; 2] = [0xa5, 0x3c];

#[derive(Clone, Copy, Debug, Default)]
pub struct Merged;

struct Header {
    timestamp: i64,
    length: u32,
    captured: u32,
    interface: u32,
    link_type: u16,
}

/// Appends a record.
pub fn append(record: &Record, to: &mut Vec<u8>) {
    to.extend_from_slice(&record.timestamp.to_le_bytes());
    to.extend_from_slice(&record.length.to_le_bytes());
    to.extend_from_slice(&(record.data.len() as u32).to_le_bytes());
    to.extend_from_slice(&record.interface.to_le_bytes());
    to.extend_from_slice(&record.link_type.to_le_bytes());
    to.extend_from_slice(&MARK);
    to.extend_from_slice(record.data);
}

impl Header {
    fn read(bytes: &[u8; HEADER_LEN]) -> Option<Self> {
        (bytes[22..] == MARK).then(|| Self {
            timestamp: le64(bytes, 0) as i64,
            length: le32(bytes, 8),
            captured: le32(bytes, 12),
            interface: le32(bytes, 16),
            link_type: le16(bytes, 20),
        })
    }
}

impl Framing for Merged {
    const ALIGNMENT: usize = 1;
    const MIN_RECORD: u64 = HEADER_LEN as u64;
    type Mark = ();

    /// The sources have formats and interfaces.
    fn describe(&self) -> (String, Vec<Interface>) {
        (String::new(), Vec::new())
    }

    fn mark(&self) {}

    fn back_to(&self, (): &()) -> Self {
        Self
    }

    #[inline(always)]
    fn step<'a>(&mut self, window: &'a [u8], at: usize) -> Step<'a> {
        let Some(rest) = window.get(at..) else { return Step::More(HEADER_LEN) };
        let Some(header) = rest.first_chunk::<HEADER_LEN>() else { return Step::More(HEADER_LEN) };
        let Some(header) = Header::read(header) else {
            return Step::Corrupt("this is no merged record; this is a mistake in pcapframe, please report it".into());
        };
        let end = HEADER_LEN + header.captured as usize;
        let Some(data) = rest.get(HEADER_LEN..end) else { return Step::More(end) };
        let Header { timestamp, length, interface, link_type, .. } = header;
        Step::Record(Record { timestamp, length, interface, link_type, data }, at + end)
    }

    #[inline]
    fn plausible(&self, window: &[u8], at: usize) -> Option<Plausible> {
        let header = Header::read(window.get(at..)?.first_chunk()?)?;
        let next = at + HEADER_LEN + header.captured as usize;
        let seconds = header.timestamp.div_euclid(1_000_000_000) as u32;
        (header.captured <= max_packet_length(header.link_type)).then_some(Plausible { next, seconds })
    }

    fn same_state(&self, _other: &Self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_appended_is_found_again() {
        let extremes = [(i64::MIN, u32::MAX), (-1, 0), (i64::MAX, 7)];
        let records = extremes.map(|(timestamp, number)| Record {
            timestamp,
            length: number,
            interface: number,
            link_type: number as u16,
            data: &[0xa5, 0x3c, 1][..number.min(3) as usize],
        });
        let mut bytes = Vec::new();
        for record in &records {
            append(record, &mut bytes);
        }
        let mut at = 0;
        for expected in records {
            assert!(Merged.plausible(&bytes, at).is_some());
            let Step::Record(record, next) = Merged.step(&bytes, at) else { panic!("there is a record at {at}") };
            assert_eq!(record, expected);
            at = next;
        }
        assert_eq!(at, bytes.len());
        assert!(matches!(Merged.step(&bytes, at), Step::More(HEADER_LEN)));
        assert!(matches!(Merged.step(&bytes, 1), Step::Corrupt(_)));
        assert!(matches!(Merged.step(&bytes[..25], 0), Step::More(27)));
    }
}
