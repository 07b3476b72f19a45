//! Packets as bytes: read again from the source, or written to a new capture.

use std::ffi::OsString;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::errors::{detached, to_python};
use super::frame::{Frame, Origin, Origins, Place};
use crate::capture::Source;
use crate::capture::index::{Packet, Packets};
use crate::capture::save::Saver;
use crate::capture::stream::{Ahead, Stream, Wanted};
use crate::capture::write::Writer;
use crate::columns::scratch::Plan;
use crate::error::{Error, Result};
use crate::read::{self, Options, Unwatched};

/// The link type of captures of which nothing else is known.
const ETHERNET: u16 = 1;

/// Packets of one source or several, by their numbers among all.
pub struct Reader {
    origin: Arc<Origins>,
    /// One for each source, made when it is first needed.
    opened: Vec<Option<Packets>>,
}

impl Reader {
    fn new(origin: Arc<Origins>) -> Self {
        let opened = origin.sources.iter().map(|_| None).collect();
        Self { origin, opened }
    }

    fn get(&mut self, row: u64) -> Result<Packet<'_>> {
        let at = self.origin.sources.partition_point(|source| source.first_row <= row).saturating_sub(1);
        let source = self.origin.sources.get(at).ok_or(Error::PacketGone { row })?;
        let packets = match &mut self.opened[at] {
            Some(packets) => packets,
            empty => empty.insert(open(source)?),
        };
        packets.get(row - source.first_row)
    }
}

/// Opens a source again.
fn open(source: &Origin) -> Result<Packets> {
    let bytes = match &source.place {
        Place::Memory(bytes) => Arc::clone(bytes),
        Place::File(path, stamp) => Arc::new(Source::reopen(path, *stamp)?),
        Place::Compressed(path, stamp) => {
            let (path, stamp) = (path.clone(), *stamp);
            return Ok(Packets::of_stream(move || {
                Source::reopen(&path, stamp)?;
                let path = path.clone();
                Stream::open(Box::new(move || Ok(Box::new(File::open(path)?))), Wanted::default(), u64::MAX, Ahead::default())
            }));
        }
        Place::Gone => return Err(Error::NotKept),
    };
    let index = if let Some(index) = source.index.get() {
        Arc::clone(index)
    } else {
        let options = Options::new(Plan::new(Vec::new()));
        let index = read::read(&bytes, &options, &mut Unwatched)?.about.index;
        Arc::clone(source.index.get_or_init(|| Arc::new(index)))
    };
    Ok(Packets::new(bytes, index))
}

impl Frame {
    /// A reader of the sources' packets.
    fn reader(&self) -> Reader {
        Reader::new(Arc::clone(&self.origin))
    }

    /// The link type of the first packet; without packets, that of the first interface.
    fn link_type(&self, reader: &mut Reader) -> Result<u16> {
        if self.data.rows() > 0 {
            return Ok(reader.get(self.data.source_row(0))?.link_type);
        }
        Ok(self.origin.interfaces.first().map_or(ETHERNET, |interface| interface.link_type))
    }

    /// The file to name in an error: that of the only source.
    fn path(&self) -> Option<String> {
        match self.origin.sources.as_slice() {
            [only] => only.place.path().map(|path| path.display().to_string()),
            _ => None,
        }
    }
}

#[pymethods]
impl Frame {
    /// The bytes of one packet.
    fn packet<'py>(&self, py: Python<'py>, row: usize) -> PyResult<Bound<'py, PyBytes>> {
        let mut reader = self.reader();
        let row = self.data.source_row(row);
        let data = detached(py, || Ok(reader.get(row).map(|packet| packet.data.to_vec())))?;
        let data = data.map_err(|error| to_python(py, error, self.path().as_deref()))?;
        Ok(PyBytes::new(py, &data))
    }

    /// An iterator over time in nanoseconds and bytes of every packet.
    fn packets(slf: &Bound<'_, Self>) -> PyResult<PacketIterator> {
        let mut reader = slf.get().reader();
        // A source that can not be opened again is told of now and not at the first packet.
        if let Some(source) = slf.get().origin.sources.first()
            && slf.get().data.rows() > 0
        {
            let opened = detached(slf.py(), || Ok(open(source)))?;
            reader.opened[0] = Some(opened.map_err(|error| to_python(slf.py(), error, slf.get().path().as_deref()))?);
        }
        Ok(PacketIterator { frame: slf.clone().unbind(), state: Mutex::new((0, reader)) })
    }
}

#[pyclass(frozen, module = "pcapframe._core")]
pub struct PacketIterator {
    frame: Py<Frame>,
    state: Mutex<(usize, Reader)>,
}

#[pymethods]
impl PacketIterator {
    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<(i64, Bound<'py, PyBytes>)>> {
        let frame = &self.frame.get().data;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (next, reader) = &mut *state;
        if *next >= frame.rows() {
            return Ok(None);
        }
        let packet =
            reader.get(frame.source_row(*next)).map_err(|error| to_python(py, error, self.frame.get().path().as_deref()))?;
        *next += 1;
        Ok(Some((packet.timestamp, PyBytes::new(py, packet.data))))
    }
}

/// A capture that is written bit by bit, by [`super::scan::Scan`].
#[pyclass(frozen, module = "pcapframe._core")]
pub struct CaptureFile {
    /// Until it is closed.
    saver: Mutex<Option<Saver>>,
    /// The link type, should there be no packet.
    empty: OnceLock<u16>,
}

#[pymethods]
impl CaptureFile {
    /// Begins a file: pcapng, or classic pcap in microseconds, or in nanoseconds if a time needs them.
    #[new]
    #[pyo3(signature = (path, *, pcapng))]
    fn new(py: Python<'_>, path: PathBuf, pcapng: bool) -> PyResult<Self> {
        let saver = Saver::create(&path, pcapng).map_err(|error| to_python(py, error, Some(&path.display().to_string())))?;
        Ok(Self { saver: Mutex::new(Some(saver)), empty: OnceLock::new() })
    }

    /// Makes the file whole.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        let saver = self.lock().take();
        let empty = self.empty.get().copied().unwrap_or(ETHERNET);
        detached(py, || saver.map_or(Ok(()), |saver| saver.finish(empty)))
    }
}

impl CaptureFile {
    pub fn write(&self, packet: &Packet) -> Result<()> {
        let closed = || Error::Unwritable("the file is closed already".into());
        self.lock().as_mut().ok_or_else(closed)?.write(packet)
    }

    /// Says which link type a file without packets has; what was said first counts.
    pub fn expect(&self, link_type: Option<u16>) {
        if let Some(link_type) = link_type {
            self.empty.get_or_init(|| link_type);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Saver>> {
        self.saver.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes a frame's packets to `path`: pcapng or classic pcap, in nanoseconds or microseconds. Returns their number.
#[pyfunction]
#[pyo3(signature = (frame, path, *, pcapng, nanoseconds))]
pub fn write_packets(
    py: Python<'_>,
    frame: &Bound<'_, Frame>,
    path: PathBuf,
    pcapng: bool,
    nanoseconds: bool,
) -> PyResult<usize> {
    let name = path.display().to_string();
    let frame = frame.get();
    let mut reader = frame.reader();
    let written = detached(py, || {
        Ok(write(&path, |to| {
            let rows = frame.data.rows();
            let mut writer =
                if pcapng { Writer::pcapng(to)? } else { Writer::pcap(to, frame.link_type(&mut reader)?, nanoseconds)? };
            for row in 0..rows {
                writer.write(&reader.get(frame.data.source_row(row))?)?;
            }
            Ok(writer.into_inner())
        }))
    })?;
    written.map_err(|error| to_python(py, error, Some(&name)))?;
    Ok(frame.data.rows())
}

/// Writes beside `path` and moves it there when whole, so that a source can be written over and no half file is left. A
/// link is followed.
fn write(path: &Path, work: impl FnOnce(BufWriter<File>) -> Result<BufWriter<File>>) -> Result<()> {
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let partial = target.with_file_name(partial_name(&target));
    let outcome = File::create_new(&partial).map_err(Error::Io).and_then(|file| {
        work(BufWriter::with_capacity(1 << 20, file))?.flush()?;
        Ok(std::fs::rename(&partial, &target)?)
    });
    if outcome.is_err() {
        let _ = std::fs::remove_file(&partial);
    }
    outcome
}

/// A hidden name that no other writer chooses.
fn partial_name(target: &Path) -> OsString {
    static WRITTEN: AtomicU64 = AtomicU64::new(0);
    let number = WRITTEN.fetch_add(1, Ordering::Relaxed);
    let mut name = OsString::from(".");
    name.push(target.file_name().unwrap_or_default());
    name.push(format!(".{}-{number}.partial", std::process::id()));
    name
}
