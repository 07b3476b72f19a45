//! `_core.read`: arguments in, a [`Frame`] out.

use std::path::PathBuf;
use std::sync::Arc;

use pyo3::exceptions::{PyKeyboardInterrupt, PyTypeError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;

use super::errors::{detached, to_python};
use super::frame::{Frame, Place};
use crate::capture::Source;
use crate::columns::COLUMNS;
use crate::columns::scratch::Plan;
use crate::columns::table::find;
use crate::error::{Error, Result};
use crate::parallel;
use crate::read::{CHUNK, Monitor, Options, read as read_source};

/// Threads that are used if none are named.
#[pyfunction]
pub fn default_threads() -> usize {
    parallel::default_threads()
}

/// Reads a capture: `source` is a path or bytes, `columns` are names; `keep` holds on to bytes for packet access.
#[pyfunction]
#[pyo3(signature = (source, columns, *, threads, chunk=None, progress=None, keep=true))]
pub fn read(
    py: Python<'_>,
    source: &Bound<'_, PyAny>,
    columns: Vec<String>,
    threads: usize,
    chunk: Option<u64>,
    progress: Option<Py<PyAny>>,
    keep: bool,
) -> PyResult<Frame> {
    let plan = Plan::new(places(py, columns)?);
    let options = Options { plan, threads: threads.max(1), chunk: chunk.unwrap_or(CHUNK).max(1) };
    if let Ok(bytes) = source.extract::<PyBackedBytes>() {
        return read_memory(py, bytes, &options, progress, keep);
    }
    let path: PathBuf = source.extract().map_err(|_| PyTypeError::new_err("source must be a path or bytes"))?;
    read_file(py, path, &options, progress)
}

fn places(py: Python<'_>, columns: Vec<String>) -> PyResult<Vec<usize>> {
    let known = || COLUMNS.iter().map(|column| column.name).collect();
    let place = |name: String| find(&name).ok_or_else(|| to_python(py, Error::UnknownColumn { name, known: known() }, None));
    columns.into_iter().map(place).collect()
}

fn read_memory(
    py: Python<'_>,
    bytes: PyBackedBytes,
    options: &Options,
    progress: Option<Py<PyAny>>,
    keep: bool,
) -> PyResult<Frame> {
    let source = Arc::new(Source::Memory(Box::new(bytes)));
    let reading = watched(py, None, progress, |monitor| read_source(&source, options, monitor))?;
    let length = source.len();
    let place = if keep { Place::Memory(source) } else { Place::Gone };
    Ok(Frame::of_reading(reading, place, length))
}

fn read_file(py: Python<'_>, path: PathBuf, options: &Options, progress: Option<Py<PyAny>>) -> PyResult<Frame> {
    let name = path.display().to_string();
    let (reading, stamp) = watched(py, Some(&name), progress, |monitor| {
        let source = Source::open(&path)?;
        let stamp = source.stamp().expect("a file has a stamp");
        Ok((read_source(&source, options, monitor)?, stamp))
    })?;
    Ok(Frame::of_reading(reading, Place::File(path, stamp), stamp.length))
}

/// Runs `work` without the GIL while Ctrl-C and the progress callback keep working.
fn watched<R: Send>(
    py: Python<'_>,
    path: Option<&str>,
    callback: Option<Py<PyAny>>,
    work: impl FnOnce(&mut dyn Monitor) -> Result<R> + Send,
) -> PyResult<R> {
    let mut watcher = Watcher { callback, raised: None };
    let outcome = detached(py, || Ok(work(&mut watcher)))?;
    outcome.map_err(|error| match error {
        Error::Interrupted => watcher.raised.take().unwrap_or_else(|| PyKeyboardInterrupt::new_err(())),
        error => to_python(py, error, path),
    })
}

/// Looks for signals and reports progress; what either raises ends the reading.
struct Watcher {
    callback: Option<Py<PyAny>>,
    raised: Option<PyErr>,
}

impl Monitor for Watcher {
    fn progress(&mut self, done: u64, total: u64) -> Result<()> {
        let outcome = Python::attach(|py| {
            py.check_signals()?;
            match &self.callback {
                Some(callback) => callback.call1(py, (done, total)).map(drop),
                None => Ok(()),
            }
        });
        outcome.map_err(|error| {
            self.raised = Some(error);
            Error::Interrupted
        })
    }
}
