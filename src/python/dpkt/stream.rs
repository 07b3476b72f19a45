//! Bytes of a file object in order, read ahead where that can not make a reader wait for more than it needs.

use pyo3::exceptions::PyTypeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::decompressed::Decompressed;

/// Read at once: little at first, for some loops end early.
const FIRST_CHUNK: usize = 8 << 10;
const CHUNK: usize = 256 << 10;

/// A binary file object and what was read from it but not used yet.
pub struct Stream {
    file: Py<PyAny>,
    /// `read1` gives what is there and waits for no more. Files without it are asked for what is needed and not a byte more.
    has_read1: bool,
    /// Whether more may be taken from the file than is needed: nobody looks where it stands.
    pub reads_ahead: bool,
    size: usize,
    chunk: Py<PyBytes>,
    at: usize,
    /// The beginning of what goes on in the next chunk.
    carry: Vec<u8>,
    /// Bytes used since the beginning.
    offset: u64,
    /// Where the file stands after the last reading, if it can tell.
    position: Option<u64>,
}

impl Stream {
    /// `offset` bytes of the file were used before.
    pub fn new(file: &Bound<'_, PyAny>, offset: u64) -> PyResult<Stream> {
        let py = file.py();
        Ok(Stream {
            has_read1: file.hasattr(intern!(py, "read1"))?,
            reads_ahead: false,
            size: FIRST_CHUNK,
            file: file.clone().unbind(),
            chunk: PyBytes::new(py, b"").unbind(),
            at: 0,
            carry: Vec::new(),
            offset,
            position: None,
        })
    }

    pub fn file<'py>(&self, py: Python<'py>) -> &Bound<'py, PyAny> {
        self.file.bind(py)
    }

    /// Why a compressed file can not be read further, if that has been met.
    pub fn fault(&self, py: Python<'_>) -> Option<String> {
        self.file.bind(py).cast::<Decompressed>().ok().and_then(|file| file.get().fault())
    }

    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The next bytes without using them: at least `needed`, or all that is left.
    #[inline(always)]
    pub fn window<'a>(&'a mut self, py: Python<'a>, needed: usize) -> PyResult<&'a [u8]> {
        let rest = self.chunk.as_bytes(py).len() - self.at;
        if !self.carry.is_empty() || rest < needed {
            return self.joined(py, needed);
        }
        Ok(&self.chunk.as_bytes(py)[self.at..])
    }

    /// What goes over the end of a chunk, put together.
    #[cold]
    fn joined<'a>(&'a mut self, py: Python<'a>, needed: usize) -> PyResult<&'a [u8]> {
        loop {
            let rest = &self.chunk.as_bytes(py)[self.at..];
            let taken = rest.len().min(needed.saturating_sub(self.carry.len()));
            self.carry.extend_from_slice(&rest[..taken]);
            self.at += taken;
            if self.carry.len() >= needed || !self.refill(py, needed - self.carry.len())? {
                return Ok(&self.carry);
            }
        }
    }

    /// Marks bytes as used.
    #[inline(always)]
    pub fn consume(&mut self, count: usize) {
        self.offset += count as u64;
        if self.carry.is_empty() {
            self.at += count;
        } else {
            self.carry.drain(..count.min(self.carry.len()));
        }
    }

    /// The next chunk; false at the end.
    fn refill(&mut self, py: Python<'_>, missing: usize) -> PyResult<bool> {
        let file = self.file.bind(py);
        let read = if self.has_read1 && self.reads_ahead {
            let size = self.size;
            self.size = (size * 2).min(CHUNK);
            file.call_method1(intern!(py, "read1"), (size,))?
        } else {
            file.call_method1(intern!(py, "read"), (missing,))?
        };
        self.chunk = bytes_of(&read)?.unbind();
        self.at = 0;
        self.position = position(file);
        Ok(!self.chunk.as_bytes(py).is_empty())
    }

    /// Forgets what was read ahead if the file was moved since; says whether it was.
    pub fn resume(&mut self, py: Python<'_>) -> bool {
        let now = position(self.file.bind(py));
        let was_moved = self.position.is_some() && now != self.position;
        if was_moved {
            self.forget(py);
            self.offset = now.unwrap_or(self.offset);
        }
        was_moved
    }

    /// Puts the file where the packets end that were given out, if that costs little: a compressed file would be read again
    /// from its beginning.
    pub fn settle(&mut self, py: Python<'_>) -> PyResult<()> {
        self.size = FIRST_CHUNK;
        let ahead = self.carry.len() + self.chunk.as_bytes(py).len() - self.at;
        let Some(position) = self.position.filter(|_| ahead > 0) else { return Ok(()) };
        let io = py.import(intern!(py, "io"))?;
        let cheap = (io.getattr(intern!(py, "BufferedReader"))?, io.getattr(intern!(py, "BytesIO"))?);
        if self.file.bind(py).is_instance(&cheap.into_pyobject(py)?.into_any())? {
            self.file.bind(py).call_method1(intern!(py, "seek"), (position - ahead as u64,))?;
            self.forget(py);
            self.position = Some(position - ahead as u64);
        }
        Ok(())
    }

    fn forget(&mut self, py: Python<'_>) {
        self.chunk = PyBytes::new(py, b"").unbind();
        self.at = 0;
        self.carry.clear();
        self.position = None;
    }

    /// All that was read ahead, in front of what the file still has.
    pub fn ahead(&self, py: Python<'_>) -> Vec<u8> {
        [&self.carry, &self.chunk.as_bytes(py)[self.at..]].concat()
    }
}

fn position(file: &Bound<'_, PyAny>) -> Option<u64> {
    file.call_method0(intern!(file.py(), "tell")).ok()?.extract().ok()
}

/// What `read` gave: bytes, or None from a file that does not wait.
fn bytes_of<'py>(read: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
    let py = read.py();
    if let Ok(bytes) = read.cast::<PyBytes>() {
        return Ok(bytes.clone());
    }
    if read.is_none() {
        return Ok(PyBytes::new(py, b""));
    }
    if read.is_instance_of::<pyo3::types::PyString>() {
        return Err(PyTypeError::new_err("fileobj gives text; open it in binary mode: open(path, 'rb')"));
    }
    Ok(py.get_type::<PyBytes>().call1((read,))?.cast_into()?)
}
