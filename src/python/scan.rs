//! `_core.Scan`: sources as batches of packets or of flows, in bounded memory, or as packets to be written.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pyo3::prelude::*;

use super::errors::to_python;
use super::flows::FlowMeter;
use super::frame::{FaultItem, Frame, GapItem, Origin, Origins, Place, fault_item, gap_item};
use super::input::Followed;
use super::packets::CaptureFile;
use super::read::{Settings, stream, watched};
use crate::capture::stream::{Ahead, Opener, Stream, Wanted};
use crate::capture::walk::Opened;
use crate::columns::scratch::Numbering;
use crate::error::Error;
use crate::scan::{self, BatchSize};

/// Where a source has broken off, and what was passed over.
type Damage = (Option<FaultItem<String>>, Vec<GapItem<String>>);

#[pyclass(frozen, module = "pcapframe._core")]
pub struct Scan {
    stream: Mutex<scan::Scan>,
    size: BatchSize,
    /// Of the only source.
    path: Option<String>,
    progress: Option<Py<PyAny>>,
    wanted: Wanted,
}

/// A source that is not open yet.
struct Input {
    open: Opener,
    path: Option<String>,
    bytes: u64,
}

impl Input {
    fn new(source: &Bound<'_, PyAny>, wanted: &Wanted, follow: bool) -> PyResult<Self> {
        let path: Option<PathBuf> = source.extract().ok();
        let name = path.as_deref().map(Path::display).map(|name| name.to_string());
        match path {
            Some(path) if follow => {
                let wanted = wanted.clone();
                Ok(Self { open: Box::new(move || Ok(Box::new(Followed::open(&path, wanted)?))), path: name, bytes: 0 })
            }
            _ => stream(source, wanted.clone()).map(|(open, bytes)| Self { open, path: name, bytes }),
        }
    }
}

#[pymethods]
impl Scan {
    /// One source, or several whose packets are merged by time.
    #[new]
    #[pyo3(signature = (sources, columns, settings, *, batch_size, timeout=None, follow=false, progress=None, file=0, interfaces=0))]
    #[allow(clippy::too_many_arguments, reason = "keywords of Python")]
    fn new(
        py: Python<'_>,
        sources: Vec<Bound<'_, PyAny>>,
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
        let inputs = sources.iter().map(|source| Input::new(source, &wanted, follow)).collect::<PyResult<Vec<_>>>()?;
        let path = if let [only] = inputs.as_slice() { only.path.clone() } else { None };
        let (opened, total) = open(py, inputs, &wanted, settings, progress.as_ref())?;
        let size = BatchSize { packets: batch_size.max(1), patience: timeout.map(Duration::from_secs_f64) };
        Ok(Self { stream: Mutex::new(scan::Scan::new(opened, options, total)), size, path, progress, wanted })
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
        Ok(frame.map(|(frame, (abouts, interfaces))| {
            let sources = abouts.into_iter().map(|about| Origin::new(about, Place::Gone, 0).0).collect();
            Frame::new(frame, Arc::new(Origins { sources, interfaces, context: None }))
        }))
    }

    /// Gives the next batch to a meter, without columns of its packets; False after the last.
    fn flows(&self, py: Python<'_>, meter: &FlowMeter) -> PyResult<bool> {
        let callback = self.progress.as_ref().map(|callback| callback.clone_ref(py));
        meter.reading(py, |flows| {
            watched(py, self.path.as_deref(), callback, |monitor| {
                let mut scan = self.stream.lock().unwrap_or_else(PoisonError::into_inner);
                Ok(scan.flows(flows, self.size, monitor)? > 0 || !scan.ended())
            })
        })
    }

    /// Appends all packets that are left to a file; returns how many.
    fn write(&self, py: Python<'_>, file: &CaptureFile) -> PyResult<u64> {
        let callback = self.progress.as_ref().map(|callback| callback.clone_ref(py));
        let outcome = watched(py, self.path.as_deref(), callback, |monitor| {
            let mut scan = self.stream.lock().unwrap_or_else(PoisonError::into_inner);
            let (mut written, mut failure) = (0, None);
            let outcome = scan.packets(
                &mut |packet| {
                    file.write(packet).inspect(|()| written += 1).map_err(|error| {
                        failure = Some(error);
                        Error::Interrupted
                    })
                },
                monitor,
            );
            // What is wrong with the file is not the source's fault.
            if let Some(failure) = failure {
                return Ok(Err(failure));
            }
            outcome?;
            file.expect(scan.interfaces().first().map(|interface| interface.link_type));
            Ok(Ok(written))
        })?;
        outcome.map_err(|error| to_python(py, error, None))
    }

    /// For each source offset, reason, and packets before it, where it has broken off, and the same with a length (after the
    /// offset) of what was passed over so far.
    #[getter]
    fn damage(&self) -> Vec<Damage> {
        let scan = self.stream.lock().unwrap_or_else(PoisonError::into_inner);
        scan.damage().map(|(broken, gaps)| (broken.map(fault_item), gaps.iter().map(gap_item).collect())).collect()
    }

    /// How many interfaces the sources have described so far.
    #[getter]
    fn interfaces(&self) -> usize {
        self.stream.lock().unwrap_or_else(PoisonError::into_inner).interfaces().len()
    }

    /// Ends the reading ahead.
    fn stop(&self) {
        self.wanted.no_more();
    }
}

/// Opens all at the same time, and waits for the first bytes of one after the other.
fn open(
    py: Python<'_>,
    inputs: Vec<Input>,
    wanted: &Wanted,
    settings: &Settings,
    progress: Option<&Py<PyAny>>,
) -> PyResult<(Vec<Opened>, u64)> {
    let ahead = Ahead::among(inputs.len());
    let known = inputs.iter().all(|input| input.bytes > 0);
    let total = if known { inputs.iter().map(|input| input.bytes).sum() } else { 0 };
    let streams = inputs.into_iter().map(|Input { open, path, .. }| {
        Stream::open(open, wanted.clone(), settings.max_expansion, ahead)
            .map(|stream| (stream, path))
            .map_err(|error| to_python(py, error, None))
    });
    let streams = streams.collect::<PyResult<Vec<_>>>()?;
    let mut opened: Vec<Opened> = Vec::new();
    for (stream, path) in streams {
        let callback = progress.map(|callback| callback.clone_ref(py));
        let others: u64 = opened.iter().map(|one| one.stream.taken()).sum();
        opened.push(watched(py, path.as_deref(), callback, |monitor| {
            Opened::begin(stream, settings.resync, &mut |taken| monitor.progress(others + taken, total))
        })?);
    }
    Ok((opened, total))
}
