//! Pickling: the columns as bytes, and where the packets came from.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, UNIX_EPOCH};

use arrow_buffer::{Buffer, MutableBuffer};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyDict};

use super::frame::{FaultItem, Frame, GapItem, Origin, Origins, Place, fault_item, gap_item};
use crate::capture::Source;
use crate::capture::pcapng::Interface;
use crate::capture::source::Stamp;
use crate::columns;
use crate::columns::frame::Selection;
use crate::columns::store::width;
use crate::columns::table::{COLUMNS, find};
use crate::error::{Fault, Gap};
use crate::wire::{Context, Depth};

#[pymethods]
impl Frame {
    /// All that [`restore`] needs.
    fn state<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let (frame, origin) = (&self.data, &*self.origin);
        let state = PyDict::new(py);
        state.set_item("rows", frame.rows())?;
        let buffers = frame.columns().iter().map(|(place, buffer)| (COLUMNS[*place].name, PyBytes::new(py, buffer)));
        state.set_item("columns", buffers.collect::<Vec<_>>())?;
        state.set_item("visible", frame.visible().map(|(_, column)| column.name).collect::<Vec<_>>())?;
        state.set_item("ipv6", PyBytes::new(py, frame.ipv6.as_flattened()))?;
        state.set_item("macs", PyBytes::new(py, frame.macs.as_flattened()))?;
        match frame.selection() {
            Selection::From(first) => state.set_item("first", first)?,
            Selection::Rows(rows) => state.set_item("source_rows", PyBytes::new(py, bytemuck::cast_slice(rows)))?,
        }
        state.set_item("interfaces", self.interfaces())?;
        state.set_item("decapsulate", origin.context.as_ref().and_then(decapsulates))?;
        state.set_item("sources", origin.sources.iter().map(|source| source_state(py, source)).collect::<PyResult<Vec<_>>>()?)?;
        Ok(state)
    }
}

/// Whether tunnels were opened, if that is all there is to say of how packets were decoded.
fn decapsulates(known: &Context) -> Option<bool> {
    (known.ports == context(known.decapsulate).ports).then_some(known.decapsulate)
}

fn context(decapsulate: bool) -> Context {
    let context = Context::new(Depth::Transport);
    if decapsulate { context } else { context.outermost() }
}

fn source_state<'py>(py: Python<'py>, source: &Origin) -> PyResult<Bound<'py, PyDict>> {
    let state = PyDict::new(py);
    state.set_item("format", &source.format)?;
    state.set_item("fault", source.fault.as_ref().map(fault_item::<&str>))?;
    state.set_item("gaps", source.gaps.iter().map(gap_item::<&str>).collect::<Vec<_>>())?;
    state.set_item("bytes", source.bytes)?;
    state.set_item("first_row", source.first_row)?;
    match &source.place {
        Place::File(path, stamp) | Place::Compressed(path, stamp) => {
            let modified = stamp.modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
            state.set_item("compressed", matches!(source.place, Place::Compressed(..)))?;
            state.set_item("file", (path.as_os_str(), stamp.length, modified.map(|since| since.as_nanos())))?;
        }
        Place::Memory(source) => {
            let length = usize::try_from(source.len()).unwrap_or(usize::MAX);
            let mut unused = Vec::new();
            let bytes = source.window(0, length, &mut unused).map_err(|e| PyValueError::new_err(e.to_string()))?;
            state.set_item("memory", PyBytes::new(py, bytes))?;
        }
        Place::Gone => {}
    }
    Ok(state)
}

/// The frame whose [`Frame::state`] this is.
#[pyfunction]
pub fn restore(state: &Bound<'_, PyDict>) -> PyResult<Frame> {
    let rows: usize = item(state, "rows")?;
    let columns: Vec<(String, PyBackedBytes)> = item(state, "columns")?;
    let columns = columns.iter().map(|(name, bytes)| {
        let place = known(name)?;
        if bytes.len() != rows * width(place) {
            return Err(PyValueError::new_err(format!("column {name:?} of the pickle has the wrong length")));
        }
        Ok((place, aligned(bytes)))
    });
    let visible = item::<Vec<String>>(state, "visible")?.iter().map(|name| known(name)).collect::<PyResult<Vec<_>>>()?;
    let selection = match state.get_item("source_rows")? {
        Some(numbers) => {
            let numbers: PyBackedBytes = numbers.extract()?;
            Selection::Rows(Arc::new(bytemuck::allocation::pod_collect_to_vec(&numbers)))
        }
        None => Selection::From(item(state, "first")?),
    };
    let frame = columns::Frame::new(
        rows,
        columns.collect::<PyResult<Vec<_>>>()?,
        visible,
        chunks(&item::<PyBackedBytes>(state, "ipv6")?),
        chunks(&item::<PyBackedBytes>(state, "macs")?),
        selection,
    );
    Ok(Frame::new(frame, Arc::new(origin(state)?)))
}

fn origin(state: &Bound<'_, PyDict>) -> PyResult<Origins> {
    let interfaces: Vec<(String, u16, u32)> = item(state, "interfaces")?;
    let sources = item::<Vec<Bound<'_, PyDict>>>(state, "sources")?.iter().map(source).collect::<PyResult<_>>()?;
    let interfaces = interfaces.into_iter().map(|(name, link, snap)| Interface::of_file(link, snap).named(name)).collect();
    let context = item::<Option<bool>>(state, "decapsulate")?.map(context);
    Ok(Origins { sources, interfaces, context })
}

fn source(state: &Bound<'_, PyDict>) -> PyResult<Origin> {
    let place = if let Some(file) = state.get_item("file")? {
        let (path, length, modified): (PathBuf, u64, Option<u64>) = file.extract()?;
        let stamp = Stamp { length, modified: modified.map(|ns| UNIX_EPOCH + Duration::from_nanos(ns)) };
        if item(state, "compressed")? { Place::Compressed(path, stamp) } else { Place::File(path, stamp) }
    } else if let Some(memory) = state.get_item("memory")? {
        Place::Memory(Arc::new(Source::Memory(Box::new(memory.extract::<PyBackedBytes>()?))))
    } else {
        Place::Gone
    };
    let fault = |(offset, reason, packets)| Fault { offset, reason, packets };
    let gap = |(offset, length, reason, packets)| Gap { fault: fault((offset, reason, packets)), length };
    Ok(Origin {
        place,
        format: item(state, "format")?,
        fault: item::<Option<FaultItem<String>>>(state, "fault")?.map(fault),
        gaps: item::<Vec<GapItem<String>>>(state, "gaps")?.into_iter().map(gap).collect(),
        bytes: item(state, "bytes")?,
        wrong_guesses: 0,
        first_row: item(state, "first_row")?,
        index: OnceLock::new(),
    })
}

pub(super) fn item<'py, T: FromPyObjectOwned<'py>>(state: &Bound<'py, PyDict>, name: &str) -> PyResult<T> {
    let value = state.get_item(name)?.ok_or_else(|| PyValueError::new_err(format!("the pickle lacks {name:?}")))?;
    value.extract().map_err(Into::into)
}

fn known(name: &str) -> PyResult<usize> {
    find(name).ok_or_else(|| PyValueError::new_err(format!("the pickle has a column {name:?} that this version does not know")))
}

/// A copy in memory that is aligned for every type of value.
pub(super) fn aligned(bytes: &[u8]) -> Buffer {
    let mut buffer = MutableBuffer::new(bytes.len());
    buffer.extend_from_slice(bytes);
    buffer.into()
}

pub(super) fn chunks<const N: usize>(bytes: &[u8]) -> Vec<[u8; N]> {
    bytes.as_chunks::<N>().0.to_vec()
}
