//! `_core.read`: arguments in, a [`Frame`] out.

use std::fs::{File, Metadata};
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pyo3::exceptions::{PyKeyboardInterrupt, PyValueError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;

use super::errors::{detached, to_python};
use super::frame::{Frame, Origin, Origins, Place};
use super::input::PythonReader;
use crate::capture::Source;
use crate::capture::compression::Compression;
use crate::capture::source::Stamp;
use crate::capture::stream::{Ahead, Opener, Stream, Wanted};
use crate::capture::walk::Opened;
use crate::columns::COLUMNS;
use crate::columns::scratch::{Numbering, Plan};
use crate::columns::table::find;
use crate::error::{Error, Fault, Result};
use crate::parallel;
use crate::read::{About, CHUNK, Dictionaries, Flows, Monitor, Options, Part, join, read_part};
use crate::scan::{BatchSize, Scan};
use crate::wire::tunnel::ports::{OverUdp, Ports};

/// Threads that are used if none are named.
#[pyfunction]
pub fn default_threads() -> usize {
    parallel::default_threads()
}

/// How a source is read: what all ways of reading have in common.
#[pyclass(frozen, module = "pcapframe._core")]
pub struct Settings {
    threads: usize,
    chunk: u64,
    decapsulate: bool,
    ports: Ports,
    pub max_expansion: u64,
    pub resync: bool,
}

#[pymethods]
impl Settings {
    /// `ports` are numbers of UDP ports and names of tunnels, or None for a port that is no tunnel's.
    #[new]
    #[pyo3(signature = (*, threads, decapsulate=true, ports=None, max_expansion=1000, resync=true, chunk=None))]
    fn new(
        threads: usize,
        decapsulate: bool,
        ports: Option<Vec<(u16, Option<String>)>>,
        max_expansion: u64,
        resync: bool,
        chunk: Option<u64>,
    ) -> PyResult<Self> {
        let mut table = Ports::registered();
        for (port, name) in ports.unwrap_or_default() {
            table.set(port, name.map(|name| tunnel(port, &name)).transpose()?);
        }
        let chunk = chunk.unwrap_or(CHUNK).max(1);
        Ok(Self { threads: threads.max(1), chunk, decapsulate, ports: table, max_expansion: max_expansion.max(1), resync })
    }
}

fn tunnel(port: u16, name: &str) -> PyResult<OverUdp> {
    let known = OverUdp::ALL.iter().find(|(known, ..)| *known == name);
    known.map(|&(_, tunnel, _)| tunnel).ok_or_else(|| {
        let names: Vec<_> = OverUdp::ALL.iter().map(|(name, ..)| *name).collect();
        PyValueError::new_err(format!("ports[{port}] is {name:?}, but must be None or one of {}", names.join(", ")))
    })
}

impl Settings {
    pub fn options(&self, py: Python<'_>, columns: Vec<String>) -> PyResult<Options> {
        let mut options = Options::new(Plan::new(places(py, columns)?));
        options.threads = self.threads;
        options.chunk = self.chunk;
        options.resync = self.resync;
        options.context.ports = self.ports.clone();
        if !self.decapsulate {
            options.context = options.context.outermost();
        }
        Ok(options)
    }
}

/// Reads captures, one after the other, into one table: each of `sources` is a path, bytes or a stream, `columns` are names;
/// `keep` holds on to a stream's bytes for packet access.
#[pyfunction]
#[pyo3(signature = (sources, columns, settings, *, progress=None, keep=false))]
pub fn read(
    py: Python<'_>,
    sources: Vec<Bound<'_, PyAny>>,
    columns: Vec<String>,
    settings: &Settings,
    progress: Option<Py<PyAny>>,
    keep: bool,
) -> PyResult<Frame> {
    let mut options = settings.options(py, columns)?;
    let mut dictionaries = Dictionaries::default();
    let (mut pieces, mut rows) = (Vec::new(), 0);
    let mut origin = Origins { sources: Vec::new(), interfaces: Vec::new(), context: Some(options.context.clone()) };
    for (file, source) in sources.iter().enumerate() {
        options.numbering = Numbering { file: file as u32, interfaces: origin.interfaces.len() as u32 };
        let progress = progress.as_ref().map(|callback| callback.clone_ref(py));
        // Bytes are the caller's, who keeps them anyway; so are they when they were compressed.
        let keep = keep || source.extract::<PyBackedBytes>().is_ok();
        let (part, about, place) = read_one(source, &options, settings.max_expansion, dictionaries, progress, keep)?;
        let (one, interfaces) = Origin::new(about, place, rows as u64);
        origin.sources.push(one);
        origin.interfaces.extend(interfaces);
        rows += part.rows;
        pieces.push(part.buffers);
        dictionaries = part.dictionaries;
    }
    let frame = detached(py, || join(pieces, rows, dictionaries, &options, 0))?;
    Ok(Frame::new(frame, Arc::new(origin)))
}

/// What the rows of a source become.
pub trait Target: Send {
    type Part: Send;

    /// Reads all of a source.
    fn whole(self, source: &Source, options: &Options, monitor: &mut dyn Monitor) -> Result<(Self::Part, About)>;

    /// Reads all of a stream.
    fn stream(self, scan: &mut Scan, monitor: &mut dyn Monitor) -> Result<Self::Part>;
}

/// Columns, which share dictionaries with those of other sources.
impl Target for Dictionaries {
    type Part = Part;

    fn whole(self, source: &Source, options: &Options, monitor: &mut dyn Monitor) -> Result<(Part, About)> {
        read_part(source, options, self, monitor)
    }

    fn stream(self, scan: &mut Scan, monitor: &mut dyn Monitor) -> Result<Part> {
        scan.rest(self, monitor)
    }
}

/// Flows, which have the rows then.
impl Target for &mut Flows {
    type Part = ();

    fn whole(self, source: &Source, options: &Options, monitor: &mut dyn Monitor) -> Result<((), About)> {
        Ok(((), self.read(source, options, monitor)?))
    }

    fn stream(self, scan: &mut Scan, monitor: &mut dyn Monitor) -> Result<()> {
        scan.flows(self, BatchSize::EVERYTHING, monitor).map(drop)
    }
}

/// What its rows have become, what there is to tell of it, and where its packets are.
type One<P> = (P, About, Place);

pub fn read_one<T: Target>(
    source: &Bound<'_, PyAny>,
    options: &Options,
    max_expansion: u64,
    target: T,
    progress: Option<Py<PyAny>>,
    keep: bool,
) -> PyResult<One<T::Part>> {
    let py = source.py();
    if let Ok(bytes) = source.extract::<PyBackedBytes>()
        && Compression::detect(&bytes).is_none()
    {
        let source = Arc::new(Source::Memory(Box::new(bytes)));
        let (part, about) = watched(py, None, progress, |monitor| target.whole(&source, options, monitor))?;
        return Ok((part, about, Place::Memory(source)));
    }
    if let Ok(path) = source.extract::<PathBuf>()
        && is_plain(&path)
    {
        let name = path.display().to_string();
        return watched(py, Some(&name), progress, |monitor| {
            let source = Source::open(&path)?;
            let stamp = source.stamp().expect("a file has a stamp");
            let (part, about) = target.whole(&source, options, monitor)?;
            Ok((part, about, Place::File(path, stamp)))
        });
    }
    read_stream(source, options, max_expansion, target, progress, keep)
}

/// Whether a file can be read at positions as it is: not if it has bytes but no length, as those of the kernel have. What can not be
/// told is left to whoever opens it.
fn is_plain(path: &Path) -> bool {
    let start = || {
        let mut start = Vec::new();
        File::open(path)?.take(8).read_to_end(&mut start).map(|_| start)
    };
    match path.metadata() {
        Ok(about) if about.is_file() => start().is_ok_and(|start| {
            let is_told = about.len() > 0 || start.is_empty();
            is_told && Compression::detect(&start).is_none()
        }),
        Ok(about) => about.is_dir(),
        Err(_) => true,
    }
}

fn places(py: Python<'_>, columns: Vec<String>) -> PyResult<Vec<usize>> {
    let known = || COLUMNS.iter().map(|column| column.name).collect();
    let place = |name: String| find(&name).ok_or_else(|| to_python(py, Error::UnknownColumn { name, known: known() }, None));
    columns.into_iter().map(place).collect()
}

/// What opens a source's bytes, and how many there are, if that is known.
pub fn stream(source: &Bound<'_, PyAny>, wanted: Wanted) -> PyResult<(Opener, u64)> {
    if let Ok(bytes) = source.extract::<PyBackedBytes>() {
        let total = bytes.len() as u64;
        return Ok((Box::new(move || Ok(Box::new(Cursor::new(bytes)))), total));
    }
    if let Ok(path) = source.extract::<PathBuf>() {
        let total = path.metadata().map_or(0, |about| about.len());
        return Ok((Box::new(move || Ok(Box::new(File::open(path)?))), total));
    }
    let reader = PythonReader::new(source, wanted)?;
    Ok((Box::new(move || Ok(Box::new(reader))), 0))
}

fn read_stream<T: Target>(
    source: &Bound<'_, PyAny>,
    options: &Options,
    max_expansion: u64,
    target: T,
    progress: Option<Py<PyAny>>,
    keep: bool,
) -> PyResult<One<T::Part>> {
    let py = source.py();
    let path: Option<PathBuf> = source.extract().ok();
    let name = path.as_ref().map(|path| path.display().to_string());
    let stamp = path.as_ref().and_then(|path| path.metadata().ok()).filter(Metadata::is_file).map(|about| Stamp::from(&about));
    let wanted = Wanted::default();
    let (input, total) = stream(source, wanted.clone())?;
    watched(py, name.as_deref(), progress, |monitor| {
        let stream = Stream::open(input, wanted, max_expansion, Ahead::default())?;
        if keep && stamp.is_none() {
            return read_kept(stream, options, target, total, monitor);
        }
        let opened = Opened::begin(stream, options.resync, &mut |taken| monitor.progress(taken, total))?;
        let mut scan = Scan::new(vec![opened], options.clone(), total);
        let part = target.stream(&mut scan, monitor)?;
        let place = path.zip(stamp).map_or(Place::Gone, |(path, stamp)| Place::Compressed(path, stamp));
        let (mut abouts, interfaces) = scan.about();
        Ok((part, About { interfaces, ..abouts.swap_remove(0) }, place))
    })
}

/// Reads all of a stream into memory first.
fn read_kept<T: Target>(
    mut stream: Stream,
    options: &Options,
    target: T,
    total: u64,
    monitor: &mut dyn Monitor,
) -> Result<One<T::Part>> {
    let (bytes, broken) = stream.rest(Vec::new(), &mut |taken| monitor.progress(taken, total))?;
    let source = Arc::new(Source::Memory(Box::new(bytes)));
    let (part, mut about) = target.whole(&source, options, monitor)?;
    about.format += &stream.describe();
    if let Some(reason) = broken {
        let offset = about.fault.map_or(source.len(), |fault| fault.offset);
        about.fault = Some(Fault { offset, reason, packets: about.packets });
    }
    Ok((part, about, Place::Memory(source)))
}

/// Runs `work` without the GIL while Ctrl-C and the progress callback keep working.
pub fn watched<R: Send>(
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
