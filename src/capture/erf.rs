//! Endace's Extensible Record Format: no file header, and records that each have a type of their own.
//!
//! Format: <https://www.endace.com/erf-extensible-record-format-types.pdf>.

use std::sync::Arc;

use super::foreign::{Early, LINK_ONLY, Layout, Place, Stepped, be16, le64, nanoseconds, record, take};
use super::record::{Plausible, Step};

const HEADER_LEN: usize = 16;
const EXTENSION_LEN: usize = 8;
const MORE_EXTENSIONS: u8 = 0x80;
const PAD: u8 = 48;
/// So many records are looked at to tell whether a file is ERF, and so many are enough if more are not at hand.
const RECORDS_LOOKED_AT: usize = 20;
const ENOUGH: usize = 3;
const YEAR: u64 = 365 * 24 * 3600;

#[derive(Clone, Copy, Debug)]
struct Erf {
    link_type: u16,
}

/// What a record's header and those after it tell.
struct Header {
    kind: u8,
    /// Length of the record, and of all headers in it.
    whole: usize,
    headers: usize,
    wire_length: u32,
}

/// ERF, if the records of `start` look like it: a format without a magic number is the last to be thought of.
pub fn recognise(start: &[u8], is_whole: bool) -> Option<Arc<dyn Layout>> {
    let (mut at, mut last, mut link_type) = (0, None, LINK_ONLY);
    for seen in 0..RECORDS_LOOKED_AT {
        if at == start.len() && is_whole && seen > 0 {
            break;
        }
        let Some(bytes) = start.get(at..).filter(|rest| rest.len() >= HEADER_LEN) else {
            return (seen >= ENOUGH).then(|| Arc::new(Erf { link_type }) as Arc<dyn Layout>);
        };
        let header = Header::read(bytes).ok()?;
        let data = bytes.get(header.headers..header.whole);
        if header.kind != PAD {
            let seconds = le64(bytes, 0) >> 32;
            // Interfaces are not in step with each other, but nearly so.
            if last.is_some_and(|last| seconds + 1 < last || seconds > last + YEAR) {
                return None;
            }
            if last.is_none() {
                link_type = header.link_type(data.unwrap_or_default());
            }
            last = Some(seconds);
        }
        if data.is_none() {
            return (seen >= ENOUGH).then(|| Arc::new(Erf { link_type }) as Arc<dyn Layout>);
        }
        at += header.whole;
    }
    Some(Arc::new(Erf { link_type }))
}

impl Header {
    /// From the beginning of a record that may be cut after its first header.
    fn read(bytes: &[u8]) -> Result<Self, String> {
        let (kind, whole) = (bytes[8] & !MORE_EXTENSIONS, usize::from(be16(bytes, 10)));
        if whole < HEADER_LEN || kind == 0 {
            return Err(format!("a record of type {kind} claims {whole} bytes"));
        }
        if whole == HEADER_LEN && kind != PAD {
            return Err("the record has no packet".into());
        }
        let mut headers = HEADER_LEN;
        let mut more = bytes[8] & MORE_EXTENSIONS != 0;
        while more {
            // Beyond the bytes at hand the record is cut, and what the extensions say does not matter.
            more = bytes.get(headers).is_some_and(|extension| extension & MORE_EXTENSIONS != 0);
            headers += EXTENSION_LEN;
        }
        headers += match kind {
            2 | 11 | 16 | 20 => 2,
            5..=9 | 12 | 17 | 18 => 4,
            _ => 0,
        };
        if headers > whole {
            return Err(format!("a record of {whole} bytes has {headers} bytes of headers"));
        }
        Ok(Self { kind, whole, headers, wire_length: be16(bytes, 14).into() })
    }

    /// LINKTYPE number of what follows the headers.
    fn link_type(&self, data: &[u8]) -> u16 {
        match self.kind {
            2 | 11 | 16 | 20 => 1,
            // HDLC: the record does not say of which kind, but the address of Cisco's does.
            1 | 5 | 10 | 15 | 17 | 19 => match data.first() {
                Some(0x0f | 0x8f) => 104,
                _ => 9,
            },
            21 => 247, // Infiniband
            22 | 23 => 101,
            _ => LINK_ONLY,
        }
    }
}

impl Layout for Erf {
    fn describe(&self) -> String {
        "ERF".into()
    }

    fn link_type(&self) -> u16 {
        self.link_type
    }

    fn first_offset(&self) -> u64 {
        0
    }

    fn step<'a>(&self, _place: Place, window: &'a [u8], at: usize) -> Stepped<'a> {
        let first = take(window, at, HEADER_LEN)?;
        let bytes = take(window, at, usize::from(be16(first, 10)).max(HEADER_LEN))?;
        let header = Header::read(bytes).map_err(Early::Corrupt)?;
        let next = at + header.whole;
        if header.kind == PAD {
            return Ok(Step::Skip(next));
        }
        let data = &bytes[header.headers..];
        let data = &data[..data.len().min(header.wire_length as usize)];
        Ok(Step::Record(record(timestamp(le64(bytes, 0)), header.wire_length, header.link_type(data), data), next))
    }

    fn plausible(&self, window: &[u8], at: usize) -> Option<Plausible> {
        let bytes = window.get(at..).filter(|rest| rest.len() >= HEADER_LEN)?;
        let header = Header::read(bytes).ok()?;
        let is_plausible = (header.kind <= 32 || header.kind == PAD) && header.whole > HEADER_LEN && header.wire_length > 0;
        is_plausible.then(|| Plausible { next: at + header.whole, seconds: (le64(bytes, 0) >> 32) as u32 })
    }
}

/// From seconds with a binary fraction of 32 bits, to the nearest nanosecond.
fn timestamp(fixed: u64) -> i64 {
    let fraction = ((fixed & 0xffff_ffff) * 1_000_000_000 + (1 << 31)) >> 32;
    nanoseconds((fixed >> 32) as i64, fraction as i64)
}
