//! Readings made comparable: all that one says, however it came about.

use std::net::IpAddr;
use std::sync::Arc;

use arrow_buffer::{ArrowNativeType, Buffer};
use pcapframe::capture::pcapng::Interface;
use pcapframe::capture::{Packets, Source};
use pcapframe::columns::Frame;
use pcapframe::columns::scratch::Plan;
use pcapframe::columns::table::{COLUMNS, Getter};
use pcapframe::error::{Fault, Gap, Result};
use pcapframe::read::{Options, Reading, Unwatched, read};

/// A chunk size that no test capture reaches: sequential reading.
pub const WHOLE: u64 = 1 << 40;

pub fn memory(bytes: impl Into<Vec<u8>>) -> Source {
    Source::Memory(Box::new(bytes.into()))
}

/// All columns.
pub fn everything() -> Plan {
    Plan::new((0..COLUMNS.len()).collect())
}

pub fn read_with(source: &Source, threads: usize, chunk: u64) -> Result<Reading> {
    read(source, &Options { threads, chunk, ..Options::new(everything()) }, &mut Unwatched)
}

/// Reads a capture that has a valid header, in one piece.
pub fn read_all(bytes: impl Into<Vec<u8>>) -> Reading {
    read_with(&memory(bytes), 1, WHOLE).expect("the header is valid")
}

pub fn column<T: ArrowNativeType>(reading: &Reading, name: &str) -> Vec<T> {
    reading.frame.companion::<T>(name).to_vec()
}

/// Why the reading stopped and where; the capture must have a fault.
pub fn fault(reading: &Reading) -> (u64, &str) {
    let fault = reading.about.fault.as_ref().expect("the capture has a fault");
    assert_eq!(fault.packets, reading.frame.rows() as u64);
    (fault.offset, &fault.reason)
}

/// All that a reading says, addresses resolved: the same however it came about.
#[derive(Debug, PartialEq)]
pub struct Outcome {
    pub rows: usize,
    pub columns: Vec<(&'static str, Column)>,
    pub packets: Vec<Vec<u8>>,
    pub format: String,
    pub interfaces: Vec<Interface>,
    pub fault: Option<Fault>,
    pub gaps: Vec<Gap>,
}

#[derive(Debug, PartialEq)]
pub enum Column {
    Values(Vec<u8>),
    Ip(Vec<Option<IpAddr>>),
    Mac(Vec<Option<[u8; 6]>>),
}

impl Outcome {
    pub fn new(reading: Reading, source: Source) -> Self {
        Self {
            rows: reading.frame.rows(),
            columns: columns(&reading.frame),
            packets: packets(&reading, source),
            format: reading.about.format,
            interfaces: reading.about.interfaces,
            fault: reading.about.fault,
            gaps: reading.about.gaps,
        }
    }
}

/// Names and values of all columns of a frame.
pub fn columns(frame: &Frame) -> Vec<(&'static str, Column)> {
    let column = |(place, buffer): &(usize, Buffer)| {
        let rows = 0..frame.rows();
        let column = match COLUMNS[*place].getter {
            Getter::Ip(_) => Column::Ip(frame.with_addresses(*place, |all| rows.map(|row| all.get(row)).collect()).unwrap()),
            Getter::Mac(_) => {
                let places = frame.values::<u32>(*place).unwrap();
                Column::Mac(rows.map(|row| places[row].checked_sub(1).map(|place| frame.macs[place as usize])).collect())
            }
            _ => Column::Values(buffer.to_vec()),
        };
        (COLUMNS[*place].name, column)
    };
    frame.columns().iter().map(column).collect()
}

impl Column {
    pub fn append(&mut self, other: Self) {
        match (self, other) {
            (Self::Values(values), Self::Values(more)) => values.extend(more),
            (Self::Ip(values), Self::Ip(more)) => values.extend(more),
            (Self::Mac(values), Self::Mac(more)) => values.extend(more),
            _ => panic!("columns of different kinds"),
        }
    }
}

/// The bytes of all packets, each read again through the index.
pub fn packets(reading: &Reading, source: Source) -> Vec<Vec<u8>> {
    let mut packets = Packets::new(Arc::new(source), Arc::new(reading.about.index.clone()));
    (0..reading.frame.rows() as u64).map(|row| packets.get(row).expect("the row is there").data.to_vec()).collect()
}

/// The columns as they lie in memory.
pub fn buffers(reading: &Reading) -> Vec<&[u8]> {
    reading.frame.columns().iter().map(|(_, buffer)| buffer.as_slice()).collect()
}
