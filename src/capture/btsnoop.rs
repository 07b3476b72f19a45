//! btsnoop: Bluetooth's host controller interface, as Symbian, Android and BlueZ log it.

use std::sync::Arc;

use super::foreign::{LINK_ONLY, Layout, Place, Stepped, be32, be64, file_header, nanoseconds_of, packet, record, take, unknown};
use super::record::Step;
use crate::error::Result;

pub const MAGIC: &[u8] = b"btsnoop\0";
const FILE_HEADER_LEN: usize = 16;
const HEADER_LEN: usize = 24;
/// Microseconds from the year 0 to 1970, as Symbian counts them.
const EPOCH: i64 = 0x00dc_ddb3_0f2f_8000;

#[derive(Clone, Copy, Debug)]
struct Btsnoop {
    link_type: u16,
}

pub fn open(start: &[u8]) -> Result<Arc<dyn Layout>> {
    let header = file_header(start, FILE_HEADER_LEN, "btsnoop")?;
    let (version, data_link) = (be32(header, 8), be32(header, 12));
    if version != 1 {
        return Err(unknown("btsnoop", &format!("version {version}")));
    }
    let link_type = match data_link {
        1002 => 187, // H4: the packet's type comes first
        // What kind of packet it is stands in the record's header, where LINKTYPEs have it in front of the packet.
        1001 | 2001 => LINK_ONLY,
        _ => return Err(unknown("btsnoop", &format!("data link type {data_link}"))),
    };
    Ok(Arc::new(Btsnoop { link_type }))
}

impl Layout for Btsnoop {
    fn describe(&self) -> String {
        "btsnoop".into()
    }

    fn link_type(&self) -> u16 {
        self.link_type
    }

    fn first_offset(&self) -> u64 {
        FILE_HEADER_LEN as u64
    }

    fn step<'a>(&self, _place: Place, window: &'a [u8], at: usize) -> Stepped<'a> {
        let header = take(window, at, HEADER_LEN)?;
        let data = packet(window, at, HEADER_LEN, be32(header, 4))?;
        let timestamp = nanoseconds_of(be64(header, 16) as i64, EPOCH, 1_000_000);
        Ok(Step::Record(record(timestamp, be32(header, 0), self.link_type, data), at + HEADER_LEN + data.len()))
    }
}
