//! The packets of a capture as dpkt's readers give them: time and bytes, one after the other, from a file object.
//!
//! Where a capture is cut or corrupt, the iteration ends with a warning; packets before the fault were given out already.

use std::sync::Mutex;
use std::sync::TryLockError;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use pyo3::exceptions::{PyUserWarning, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyFloat, PyInt, PyString, PyTuple};

use super::stream::Stream;
use crate::capture::pcapng::{self, Pcapng};
use crate::capture::record::{Framing, Step};

/// Longer records are not believed: libpcap's largest packets, those of USB.
const LONGEST: usize = 128 << 20;

/// How a format divides a stream.
enum Format {
    Pcap(Pcap),
    Pcapng(Pcapng),
}

/// Classic records as dpkt reads them, whatever versions and link types the file header names.
#[derive(Clone, Copy)]
struct Pcap {
    big_endian: bool,
    header: usize,
    nanoseconds: bool,
}

/// Seconds and fraction of a classic record, or units of a pcapng interface.
#[derive(Clone, Copy)]
enum Time {
    Microseconds { seconds: u32, fraction: u32 },
    Nanoseconds { seconds: u32, fraction: u32 },
    Units { units: u64, interface: u32 },
    Unknown,
}

/// A packet in the stream's window.
struct Found {
    time: Time,
    length: u32,
    data: std::ops::Range<usize>,
    end: usize,
    /// Why it is not whole.
    cut: Option<String>,
}

struct State {
    stream: Stream,
    format: Format,
    packets: u64,
    length: Option<u32>,
    /// A packet that was cut has been given out; the warning is due: where it begins, packets before it, and why.
    cut: Option<(u64, u64, String)>,
    /// The headers that whoever reads the rest of the stream needs.
    headers: Vec<u8>,
}

/// The packets of one stream.
#[pyclass(frozen, module = "pcapframe._core")]
pub struct Records {
    state: Mutex<State>,
    integers: bool,
}

/// One iteration over [`Records`]; several of them share the stream.
#[pyclass(frozen, module = "pcapframe._core")]
pub struct RecordIterator {
    records: Py<Records>,
    ended: AtomicBool,
    reads_ahead: bool,
}

/// A loop that is left leaves the file behind the packet that it saw last, as dpkt does.
impl Drop for RecordIterator {
    fn drop(&mut self) {
        if !self.reads_ahead {
            return;
        }
        let _ = Python::try_attach(|py| {
            // An exception may be on its way, which ends the loop.
            let pending = PyErr::take(py);
            if let Ok(mut state) = self.records.get().state.try_lock() {
                let _ = state.stream.settle(py);
            }
            if let Some(pending) = pending {
                pending.restore(py);
            }
        });
    }
}

impl Pcap {
    fn u32_at(self, bytes: &[u8], at: usize) -> u32 {
        let number = u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        if self.big_endian { number.swap_bytes() } else { number }
    }

    fn time(self, header: &[u8]) -> Time {
        let (seconds, fraction) = (self.u32_at(header, 0), self.u32_at(header, 4));
        if self.nanoseconds { Time::Nanoseconds { seconds, fraction } } else { Time::Microseconds { seconds, fraction } }
    }
}

impl State {
    /// The next packet, or at the end None, and why if that is not where a record ends.
    #[inline(always)]
    fn next(&mut self, py: Python<'_>) -> PyResult<Result<Option<Found>, String>> {
        match &mut self.format {
            Format::Pcap(format) => next_of_pcap(*format, &mut self.stream, py),
            Format::Pcapng(format) => next_of_pcapng(format, &mut self.stream, &mut self.headers, py),
        }
    }
}

#[inline(always)]
fn next_of_pcap(format: Pcap, stream: &mut Stream, py: Python<'_>) -> PyResult<Result<Option<Found>, String>> {
    let window = stream.window(py, format.header)?;
    if window.len() < format.header {
        return Ok(match window.len() {
            0 => Ok(None),
            have => Err(format!("the file ends inside a record's header: {have} of {} bytes are there", format.header)),
        });
    }
    let (captured, length) = (format.u32_at(window, 8) as usize, format.u32_at(window, 12));
    let time = format.time(window);
    if captured > LONGEST {
        return Ok(Err(format!("the record claims {captured} captured bytes, more than the {LONGEST} that are believed")));
    }
    let mut end = format.header + captured;
    let mut cut = None;
    if window.len() < end {
        let have = stream.window(py, end)?.len();
        if have < end {
            // As dpkt does, what is there of the last packet is given out.
            cut = Some(format!("the file ends inside a record: {have} of {end} bytes are there"));
            end = have;
        }
    }
    Ok(Ok(Some(Found { time, length, data: format.header..end, end, cut })))
}

#[inline(always)]
fn next_of_pcapng(
    format: &mut Pcapng,
    stream: &mut Stream,
    headers: &mut Vec<u8>,
    py: Python<'_>,
) -> PyResult<Result<Option<Found>, String>> {
    let mut needed = pcapng::MIN_BLOCK_LEN;
    loop {
        let window = stream.window(py, needed)?;
        let have = window.len();
        match format.step(window, 0) {
            Step::Record(record, end) => {
                let start = record.data.as_ptr() as usize - window.as_ptr() as usize;
                let time = match format.units(window) {
                    Some(units) => Time::Units { units, interface: record.interface },
                    None => Time::Unknown,
                };
                let found = Found { time, length: record.length, data: start..start + record.data.len(), end, cut: None };
                return Ok(Ok(Some(found)));
            }
            Step::Skip(end) => {
                match format.kind(window) {
                    pcapng::SECTION_HEADER => *headers = window[..end].to_vec(),
                    pcapng::INTERFACE_DESCRIPTION => headers.extend_from_slice(&window[..end]),
                    _ => {}
                }
                stream.consume(end);
                needed = pcapng::MIN_BLOCK_LEN;
            }
            Step::More(_) if have == 0 => return Ok(Ok(None)),
            // The window has fewer bytes than were asked for only at the end.
            Step::More(more) if have < needed => {
                return Ok(Err(format!("the file ends inside a block: {have} of {more} bytes are there")));
            }
            Step::More(more) => needed = more,
            Step::Corrupt(reason) => return Ok(Err(reason)),
        }
    }
}

impl Records {
    fn advance<'py>(&self, py: Python<'py>, reads_ahead: bool) -> PyResult<Option<Bound<'py, PyTuple>>> {
        let mut state = match self.state.try_lock() {
            Ok(state) => state,
            Err(TryLockError::Poisoned(state)) => state.into_inner(),
            Err(TryLockError::WouldBlock) => {
                return Err(PyValueError::new_err("the reader is reading already, in another thread"));
            }
        };
        let state = &mut *state;
        state.stream.reads_ahead = reads_ahead;
        let reason = match state.next(py)? {
            Ok(Some(mut found)) => {
                let cut = found.cut.take();
                state.cut = cut.map(|reason| (state.stream.offset(), state.packets, reason));
                return self.give_out(py, state, &found).map(Some);
            }
            Ok(None) => state.cut.take(),
            Err(reason) => Some((state.stream.offset(), state.packets, reason)),
        };
        // What stands behind a record that is not whole.
        let fault = state.stream.fault(py);
        let Some((offset, packets, reason)) = reason.or_else(|| Some((state.stream.offset(), state.packets, fault.clone()?)))
        else {
            return Ok(None);
        };
        warn(py, state, offset, packets, &fault.unwrap_or(reason)).map(|()| None)
    }

    #[inline(always)]
    fn give_out<'py>(&self, py: Python<'py>, state: &mut State, found: &Found) -> PyResult<Bound<'py, PyTuple>> {
        let window = state.stream.window(py, found.end)?;
        let data = PyBytes::new(py, &window[found.data.clone()]);
        let time = if self.integers { nanoseconds(py, state, found.time) } else { seconds(py, state, found.time)? };
        state.stream.consume(found.end);
        state.packets += 1;
        state.length = Some(found.length);
        (time, data).into_pyobject(py)
    }
}

/// As dpkt counts time: a float, or in files of nanoseconds a Decimal.
#[inline(always)]
fn seconds<'py>(py: Python<'py>, state: &State, time: Time) -> PyResult<Bound<'py, PyAny>> {
    let seconds = match (time, &state.format) {
        (Time::Microseconds { seconds, fraction }, _) => f64::from(seconds) + f64::from(fraction) / 1e6,
        (Time::Units { units, interface }, Format::Pcapng(format)) => format.seconds(interface, units),
        (Time::Nanoseconds { seconds, fraction }, _) => return decimal(py, seconds, fraction),
        _ => 0.0,
    };
    Ok(PyFloat::new(py, seconds).into_any())
}

/// By Python's operators, so that the user's decimal context counts as it does with dpkt.
fn decimal(py: Python<'_>, seconds: u32, fraction: u32) -> PyResult<Bound<'_, PyAny>> {
    static BILLION: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let billion =
        BILLION.get_or_try_init(py, || Ok::<_, PyErr>(py.import("decimal")?.getattr("Decimal")?.call1(("1E9",))?.unbind()))?;
    PyInt::new(py, seconds).add(PyInt::new(py, fraction).div(billion)?)
}

fn nanoseconds<'py>(py: Python<'py>, state: &State, time: Time) -> Bound<'py, PyAny> {
    let nanoseconds = match (time, &state.format) {
        (Time::Microseconds { seconds, fraction }, _) => i64::from(seconds) * 1_000_000_000 + i64::from(fraction) * 1000,
        (Time::Nanoseconds { seconds, fraction }, _) => i64::from(seconds) * 1_000_000_000 + i64::from(fraction),
        (Time::Units { units, interface }, Format::Pcapng(format)) => format.nanoseconds(interface, units),
        _ => 0,
    };
    PyInt::new(py, nanoseconds).into_any()
}

#[cold]
fn warn(py: Python<'_>, state: &State, offset: u64, packets: u64, reason: &str) -> PyResult<()> {
    let errors = py.import("pcapframe.errors")?;
    let name = state.stream.file(py).getattr(intern!(py, "name")).ok().filter(Bound::is_instance_of::<PyString>);
    let text = errors.call_method1("fault_text", (offset, reason, packets, name))?;
    let category = errors.getattr("TruncatedCaptureWarning").unwrap_or_else(|_| py.get_type::<PyUserWarning>().into_any());
    py.import("warnings")?.call_method1("warn", (text, category, 1)).map(drop)
}

#[pymethods]
impl Records {
    /// Classic pcap, whose file header was read.
    #[staticmethod]
    #[pyo3(signature = (file, head, *, big_endian, header, nanoseconds, integers))]
    fn pcap(
        file: &Bound<'_, PyAny>,
        head: &Bound<'_, PyBytes>,
        big_endian: bool,
        header: usize,
        nanoseconds: bool,
        integers: bool,
    ) -> PyResult<Records> {
        let format = Format::Pcap(Pcap { big_endian, header: header.max(16), nanoseconds });
        Records::new(file, head.as_bytes(), format, integers)
    }

    /// pcapng, of which `head` was read: a section header and all up to the first interface.
    #[staticmethod]
    #[pyo3(signature = (file, head, *, integers))]
    fn pcapng(file: &Bound<'_, PyAny>, head: &Bound<'_, PyBytes>, integers: bool) -> PyResult<Records> {
        let head = head.as_bytes();
        let invalid = |reason: String| PyValueError::new_err(format!("invalid pcapng header: {reason}"));
        let mut format = Pcapng::lenient_from_header(head).map_err(|error| invalid(error.to_string()))?;
        let mut at = 0;
        while at < head.len() {
            match format.step(head, at) {
                Step::Skip(next) | Step::Record(_, next) => at = next,
                Step::More(_) => break,
                Step::Corrupt(reason) => return Err(invalid(reason)),
            }
        }
        Records::new(file, head, Format::Pcapng(format), integers)
    }

    /// An iterator over the packets that were not read yet. It reads ahead; when it is gone, the file stands behind the
    /// packet given out last.
    fn __iter__(slf: &Bound<'_, Self>) -> RecordIterator {
        Records::iterator(slf, true)
    }

    /// An iterator over the packets that were not read yet. After each, the file stands behind it.
    fn exactly(slf: &Bound<'_, Self>) -> RecordIterator {
        Records::iterator(slf, false)
    }

    /// Bytes on the wire of the packet read last.
    #[getter]
    fn wirelen(&self) -> Option<u32> {
        self.state.try_lock().ok()?.length
    }

    /// The headers of the capture, and what was taken from the file but not given out yet: with what the file still has, a
    /// capture of the packets that were not read.
    fn rest<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let bytes = self.state.try_lock().map(|state| [state.headers.clone(), state.stream.ahead(py)].concat());
        PyBytes::new(py, &bytes.unwrap_or_default())
    }
}

impl Records {
    fn iterator(slf: &Bound<'_, Self>, reads_ahead: bool) -> RecordIterator {
        if let Ok(mut state) = slf.get().state.try_lock()
            && state.stream.resume(slf.py())
        {
            state.packets = 0;
            state.cut = None;
        }
        RecordIterator { records: slf.clone().unbind(), ended: false.into(), reads_ahead }
    }

    fn new(file: &Bound<'_, PyAny>, head: &[u8], format: Format, integers: bool) -> PyResult<Records> {
        let stream = Stream::new(file, head.len() as u64)?;
        let state = State { stream, format, packets: 0, length: None, cut: None, headers: head.to_vec() };
        Ok(Records { state: Mutex::new(state), integers })
    }
}

#[pymethods]
impl RecordIterator {
    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyTuple>>> {
        if self.ended.load(Relaxed) {
            return Ok(None);
        }
        let packet = self.records.get().advance(py, self.reads_ahead);
        if !matches!(packet, Ok(Some(_))) {
            self.ended.store(true, Relaxed);
        }
        packet
    }
}
