//! InfoVista's 5View: records of which some are frames.

use std::sync::Arc;

use super::foreign::{Early, Layout, Place, Stepped, file_header, le32, nanoseconds, packet, record, take, unknown};
use super::record::Step;
use crate::error::Result;

pub const MAGIC: &[u8] = b"\xaa\xaa\xaa\xaa";
const FILE_HEADER_LEN: usize = 56;
const HEADER_LEN: usize = 36;
const VERSION: u32 = 0x0001_0000;
const ETHERNET_CAPTURE: u32 = 0x1800_1000;
const RECORD_KEY: u32 = 0x3333_eeee;
const FRAME: u32 = 0;

#[derive(Clone, Copy, Debug)]
struct FiveView;

pub fn open(start: &[u8]) -> Result<Arc<dyn Layout>> {
    let header = file_header(start, FILE_HEADER_LEN, "5View")?;
    let (version, kind) = (le32(header, 8), le32(header, 16));
    if version != VERSION {
        return Err(unknown("5View", &format!("version {version:#x}")));
    }
    if kind != ETHERNET_CAPTURE {
        return Err(unknown("5View", &format!("type {kind:#x}")));
    }
    Ok(Arc::new(FiveView))
}

impl Layout for FiveView {
    fn describe(&self) -> String {
        "5View".into()
    }

    fn link_type(&self) -> u16 {
        1
    }

    fn first_offset(&self) -> u64 {
        FILE_HEADER_LEN as u64
    }

    fn step<'a>(&self, _place: Place, window: &'a [u8], at: usize) -> Stepped<'a> {
        let header = take(window, at, HEADER_LEN)?;
        let key = le32(header, 0);
        if key != RECORD_KEY {
            return Err(Early::Corrupt(format!("a record begins with {key:#x} in place of {RECORD_KEY:#x}")));
        }
        let length = le32(header, 16);
        let data = packet(window, at, HEADER_LEN, length)?;
        let next = at + HEADER_LEN + data.len();
        if le32(header, 12) != FRAME {
            return Ok(Step::Skip(next));
        }
        let timestamp = nanoseconds(le32(header, 24).into(), le32(header, 28).into());
        Ok(Step::Record(record(timestamp, length, 1, data), next))
    }
}
