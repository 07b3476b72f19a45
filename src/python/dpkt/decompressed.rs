//! What a compressed file contains, as a file object for dpkt's readers.

use std::io::{self, BufReader, Read};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::capture::compression::Compression;
use crate::python::input::PythonReader;

/// Compressed bytes are read so many at a time.
const INPUT: usize = 64 << 10;
/// Decompressed ones, when all are asked for.
const PIECE: usize = 1 << 20;

#[pyclass(frozen, module = "pcapframe._core")]
pub struct Decompressed {
    file: Py<PyAny>,
    compression: Compression,
    state: Mutex<State>,
}

struct State {
    source: Box<dyn Read + Send>,
    /// What the file itself has raised.
    raised: Arc<Mutex<Option<PyErr>>>,
    /// Why the data can not be decompressed further.
    fault: Option<String>,
}

/// The file, whose exceptions are kept: a decoder might make something else of them.
struct Input {
    reader: PythonReader,
    raised: Arc<Mutex<Option<PyErr>>>,
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buffer).map_err(|error| {
            *lock(&self.raised) = Some(error.into());
            io::Error::other("the file can not be read")
        })
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[pymethods]
impl Decompressed {
    /// What `file` contains, of which `head` was read, if that is the beginning of compressed data; None if not.
    #[staticmethod]
    fn of(file: &Bound<'_, PyAny>, head: &Bound<'_, PyBytes>) -> PyResult<Option<Self>> {
        let Some(compression) = Compression::detect(head.as_bytes()) else { return Ok(None) };
        let raised = Arc::default();
        let input = Input { reader: PythonReader::waiting_inside(file)?, raised: Arc::clone(&raised) };
        let whole = io::Cursor::new(head.as_bytes().to_vec()).chain(input);
        let source = compression.decoder(BufReader::with_capacity(INPUT, whole))?;
        let state = Mutex::new(State { source, raised, fault: None });
        Ok(Some(Self { file: file.clone().unbind(), compression, state }))
    }

    /// Up to `size` bytes, fewer only at the end; all that is left if it is negative.
    #[pyo3(signature = (size=-1))]
    fn read<'py>(&self, py: Python<'py>, size: isize) -> PyResult<Bound<'py, PyBytes>> {
        let mut state = lock(&self.state);
        let mut bytes = Vec::new();
        let most = usize::try_from(size).unwrap_or(usize::MAX);
        while bytes.len() < most {
            let there = bytes.len();
            bytes.resize(there + PIECE.min(most - there), 0);
            let count = self.fill(py, &mut state, &mut bytes[there..])?;
            bytes.truncate(there + count);
            if count == 0 {
                break;
            }
        }
        Ok(PyBytes::new(py, &bytes))
    }

    /// What comes next, up to `size` bytes.
    #[pyo3(signature = (size))]
    fn read1<'py>(&self, py: Python<'py>, size: usize) -> PyResult<Bound<'py, PyBytes>> {
        let mut count = 0;
        let bytes = PyBytes::new_with(py, size, |buffer| {
            count = self.fill(py, &mut lock(&self.state), buffer)?;
            Ok(())
        })?;
        if count == size { Ok(bytes) } else { Ok(PyBytes::new(py, &bytes.as_bytes()[..count])) }
    }

    #[getter]
    fn name<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.file.bind(py).getattr(intern!(py, "name"))
    }
}

impl Decompressed {
    /// Reads once; nothing at the end, and where the data is cut or corrupt.
    fn fill(&self, py: Python<'_>, state: &mut State, buffer: &mut [u8]) -> PyResult<usize> {
        let State { source, raised, fault } = state;
        if fault.is_some() || buffer.is_empty() {
            return Ok(0);
        }
        let read = py.detach(|| {
            loop {
                match source.read(buffer) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    read => return read,
                }
            }
        });
        if let Some(error) = lock(raised).take() {
            // A decoder that has failed is in no state to be asked again.
            *fault = Some(self.compression.fault(&io::Error::other("the file could not be read")));
            return Err(error);
        }
        Ok(read.unwrap_or_else(|error| {
            *fault = Some(self.compression.fault(&error));
            0
        }))
    }

    /// Why the data could not be decompressed further, if that has been met.
    pub fn fault(&self) -> Option<String> {
        lock(&self.state).fault.clone()
    }
}
