//! `_core.Scan`: a source as batches of packets, in bounded memory.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pyo3::prelude::*;

use super::frame::{Frame, Origin, Origins, Place};
use super::input::Followed;
use super::read::{Opener, Settings, stream, watched};
use crate::capture::stream::{Stream, Wanted};
use crate::columns::scratch::Numbering;
use crate::scan::{self, BatchSize};

#[pyclass(frozen, module = "pcapframe._core")]
pub struct Scan {
    stream: Mutex<scan::Scan>,
    size: BatchSize,
    path: Option<String>,
    progress: Option<Py<PyAny>>,
    wanted: Wanted,
}

#[pymethods]
impl Scan {
    #[new]
    #[pyo3(signature = (source, columns, settings, *, batch_size, timeout=None, follow=false, progress=None, file=0, interfaces=0))]
    #[allow(clippy::too_many_arguments, reason = "keywords of Python")]
    fn new(
        py: Python<'_>,
        source: &Bound<'_, PyAny>,
        columns: Vec<String>,
        settings: &Settings,
        batch_size: usize,
        timeout: Option<f64>,
        follow: bool,
        progress: Option<Py<PyAny>>,
        file: u32,
        interfaces: u32,
    ) -> PyResult<Self> {
        let mut options = settings.options(py, columns)?;
        options.numbering = Numbering { file, interfaces };
        let wanted = Wanted::default();
        let path: Option<PathBuf> = source.extract().ok();
        let name = path.as_ref().map(|path| path.display().to_string());
        let max_expansion = settings.max_expansion;
        let callback = progress.as_ref().map(|callback| callback.clone_ref(py));
        let (input, total): (Opener, u64) = match path {
            Some(path) if follow => {
                let wanted = wanted.clone();
                (Box::new(move || Ok(Box::new(Followed::open(&path, wanted)?))), 0)
            }
            _ => stream(source, wanted.clone())?,
        };
        let opened = watched(py, name.as_deref(), callback, |monitor| {
            scan::Scan::new(Stream::open(input()?, wanted.clone(), max_expansion)?, options, total, monitor)
        })?;
        let size = BatchSize { packets: batch_size.max(1), patience: timeout.map(Duration::from_secs_f64) };
        Ok(Self { stream: Mutex::new(opened), size, path: name, progress, wanted })
    }

    /// The next batch, or None after the last.
    fn next(&self, py: Python<'_>) -> PyResult<Option<Frame>> {
        let callback = self.progress.as_ref().map(|callback| callback.clone_ref(py));
        let frame = watched(py, self.path.as_deref(), callback, |monitor| {
            let mut scan = self.stream.lock().unwrap_or_else(PoisonError::into_inner);
            loop {
                match scan.next(self.size, monitor)? {
                    Some(frame) => return Ok(Some((frame, scan.about()))),
                    None if scan.ended() => return Ok(None),
                    None => monitor.progress(0, 0)?,
                }
            }
        })?;
        Ok(frame.map(|(frame, about)| {
            let (source, interfaces) = Origin::new(about, Place::Gone, 0);
            Frame::new(frame, Arc::new(Origins { sources: vec![source], interfaces }))
        }))
    }

    /// Offset, reason, and packets before it, where the source has broken off.
    #[getter]
    fn fault(&self) -> Option<(u64, String, u64)> {
        let scan = self.stream.lock().unwrap_or_else(PoisonError::into_inner);
        scan.fault().map(|fault| (fault.offset, fault.reason.clone(), fault.packets))
    }

    /// How many interfaces the source has described so far.
    #[getter]
    fn interfaces(&self) -> usize {
        self.stream.lock().unwrap_or_else(PoisonError::into_inner).about().interfaces.len()
    }

    /// Ends the reading ahead.
    fn stop(&self) {
        self.wanted.no_more();
    }
}
