//! `_core.Frame`: the columns of a capture and where they came from. The user's class, `pcapframe.Capture`, wraps it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use arrow_array::RecordBatch;
use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use pyo3::exceptions::{PyAttributeError, PyIndexError};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::address::CodedColumn;
use super::errors::{detached, to_python};
use super::lend::lend;
use crate::capture::Index;
use crate::capture::pcapng::Interface;
use crate::capture::source::{Source, Stamp};
use crate::columns::table::{Getter, Presence, find};
use crate::columns::{self, COLUMNS, Column};
use crate::error::{Error, Fault, Gap};
use crate::memory;
use crate::read::About;
use crate::wire::Context;

/// Immutable columns of packets.
#[pyclass(frozen, module = "pcapframe._core")]
pub struct Frame {
    pub(super) data: columns::Frame,
    pub(super) origin: Arc<Origins>,
    pub(super) codes: Vec<OnceLock<CodedColumn>>,
    pub(super) batch: OnceLock<RecordBatch>,
}

/// Where packets came from, shared by all parts of a capture.
pub struct Origins {
    /// One or several, in order.
    pub sources: Vec<Origin>,
    pub interfaces: Vec<Interface>,
    /// How they were decoded, if they may be read again.
    pub context: Option<Context>,
}

/// One source of packets.
pub struct Origin {
    pub place: Place,
    pub format: String,
    pub fault: Option<Fault>,
    pub gaps: Vec<Gap>,
    pub bytes: u64,
    pub wrong_guesses: u64,
    /// The number of its first packet among those of all sources.
    pub first_row: u64,
    /// Empty after unpickling: made again when it is first needed.
    pub index: OnceLock<Arc<Index>>,
}

/// Where the bytes of the packets can be read again.
pub enum Place {
    File(PathBuf, Stamp),
    /// Read again from its beginning on.
    Compressed(PathBuf, Stamp),
    Memory(Arc<Source>),
    Gone,
}

impl Place {
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::File(path, _) | Self::Compressed(path, _) => Some(path),
            Self::Memory(_) | Self::Gone => None,
        }
    }
}

impl Origin {
    /// The source, and its interfaces.
    pub fn new(about: About, place: Place, first_row: u64) -> (Self, Vec<Interface>) {
        let About { format, interfaces, index, fault, gaps, bytes, wrong_guesses, .. } = about;
        let index = OnceLock::from(Arc::new(index));
        (Self { place, format, fault, gaps, bytes, wrong_guesses, first_row, index }, interfaces)
    }
}

impl Frame {
    pub fn new(data: columns::Frame, origin: Arc<Origins>) -> Self {
        let codes = COLUMNS.iter().map(|_| OnceLock::new()).collect();
        Self { data, origin, codes, batch: OnceLock::new() }
    }

    fn part(&self, frame: columns::Frame) -> Self {
        Self::new(frame, Arc::clone(&self.origin))
    }

    /// The column's place in the table, if it was read.
    pub(super) fn column(&self, py: Python<'_>, name: &str) -> PyResult<(usize, &'static Column)> {
        let unknown = || {
            let known = COLUMNS.iter().map(|column| column.name).collect();
            to_python(py, Error::UnknownColumn { name: name.into(), known }, None)
        };
        let place = find(name).ok_or_else(unknown)?;
        // A companion that was not asked for is filled only as deep as it is needed: nobody may take it for the column.
        if !self.data.visible().any(|(visible, _)| visible == place) {
            let message = format!("column {name:?} was not read; read it with columns=[..., {name:?}] or columns=\"all\"");
            return Err(PyAttributeError::new_err(message));
        }
        Ok((place, &COLUMNS[place]))
    }
}

#[pymethods]
impl Frame {
    fn __len__(&self) -> usize {
        self.data.rows()
    }

    /// Names of the columns that were asked for.
    #[getter]
    fn columns(&self) -> Vec<&'static str> {
        self.data.visible().map(|(_, column)| column.name).collect()
    }

    #[getter]
    fn nbytes(&self) -> usize {
        self.data.nbytes()
    }

    /// A numeric column as a read-only array over the frame's own memory.
    fn values<'py>(slf: &Bound<'py, Self>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        let frame = &slf.get().data;
        let (place, column) = slf.get().column(slf.py(), name)?;
        let owner = slf.clone().into_any();
        let gone = || PyAttributeError::new_err(name.to_owned());
        // SAFETY: a Frame is frozen and its buffers are immutable and live as long as it does.
        unsafe {
            Ok(match column.getter {
                Getter::U8(_) | Getter::Checksum(_) => lend(&frame.values::<u8>(place).ok_or_else(gone)?, owner).into_any(),
                Getter::U16(_) => lend(&frame.values::<u16>(place).ok_or_else(gone)?, owner).into_any(),
                Getter::U32(_) | Getter::Ip(_) | Getter::Mac(_) => {
                    lend(&frame.values::<u32>(place).ok_or_else(gone)?, owner).into_any()
                }
                Getter::Time(_) => {
                    let nanoseconds = lend(&frame.values::<i64>(place).ok_or_else(gone)?, owner);
                    nanoseconds.call_method1("view", ("datetime64[ns]",))?
                }
            })
        }
    }

    /// For each row whether the packet has the field; None if every packet has it.
    fn present<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Option<Bound<'py, PyArray1<bool>>>> {
        let (_, column) = self.column(py, name)?;
        if column.presence == Presence::Always {
            return Ok(None);
        }
        let present = detached(py, || Ok(super::arrow::present(&self.data, column)))?;
        Ok(Some(present.into_pyarray(py)))
    }

    /// Rows `start..stop`, sharing memory.
    fn slice(&self, start: usize, stop: usize) -> PyResult<Self> {
        if start > stop || stop > self.data.rows() {
            return Err(PyIndexError::new_err(format!("rows {start}..{stop} of {}", self.data.rows())));
        }
        Ok(self.part(self.data.slice(start..stop)))
    }

    /// The rows for which `mask` is true.
    fn filter(&self, py: Python<'_>, mask: PyReadonlyArray1<'_, bool>) -> PyResult<Self> {
        let mask = mask.as_array();
        if mask.len() != self.data.rows() {
            let message = format!("the mask has {} values, but there are {} packets", mask.len(), self.data.rows());
            return Err(PyIndexError::new_err(message));
        }
        let count = mask.iter().filter(|keep| **keep).count();
        let rows = mask.iter().enumerate().filter(|(_, keep)| **keep).map(|(row, _)| row);
        let rows = memory::collect(rows, count).map_err(|error| to_python(py, error, None))?;
        let frame = detached(py, || self.data.take(&rows))?;
        Ok(self.part(frame))
    }

    /// The rows with these numbers, in this order.
    fn take(&self, py: Python<'_>, rows: PyReadonlyArray1<'_, i64>) -> PyResult<Self> {
        let rows = checked_rows(&rows, self.data.rows(), "packets")?;
        let frame = detached(py, || self.data.take(&rows))?;
        Ok(self.part(frame))
    }

    /// Name, link type and snaplen of each interface of the source.
    #[getter]
    pub(super) fn interfaces(&self) -> Vec<(&str, u16, u32)> {
        self.origin.interfaces.iter().map(|i| (i.name.as_str(), i.link_type, i.snaplen)).collect()
    }

    /// What is known of each source: format, path, size, and where it broke off.
    #[getter]
    fn sources<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        let about = |source: &Origin| {
            let about = PyDict::new(py);
            about.set_item("format", &source.format)?;
            about.set_item("bytes", source.bytes)?;
            about.set_item("wrong_guesses", source.wrong_guesses)?;
            about.set_item("path", source.place.path().map(Path::as_os_str))?;
            about.set_item("fault", source.fault.as_ref().map(fault_item::<&str>))?;
            about.set_item("gaps", source.gaps.iter().map(gap_item::<&str>).collect::<Vec<_>>())?;
            Ok(about)
        };
        self.origin.sources.iter().map(about).collect()
    }
}

/// Numbers of rows, all of them among `total`; `what` they are rows of.
pub fn checked_rows(rows: &PyReadonlyArray1<'_, i64>, total: usize, what: &str) -> PyResult<Vec<usize>> {
    let gone = |row| PyIndexError::new_err(format!("row {row} is not there: there are {total} {what}"));
    let checked = |&row: &i64| usize::try_from(row).ok().filter(|&row| row < total).ok_or_else(|| gone(row));
    rows.as_array().into_iter().map(checked).collect()
}

/// Offset, reason, and packets before it.
pub type FaultItem<T> = (u64, T, u64);
/// Offset, length, reason, and packets before it.
pub type GapItem<T> = (u64, u64, T, u64);

pub fn fault_item<'a, T: From<&'a str>>(fault: &'a Fault) -> FaultItem<T> {
    (fault.offset, fault.reason.as_str().into(), fault.packets)
}

pub fn gap_item<'a, T: From<&'a str>>(gap: &'a Gap) -> GapItem<T> {
    (gap.fault.offset, gap.length, gap.fault.reason.as_str().into(), gap.fault.packets)
}
