//! What a user passes as a source, as bytes to be read from its beginning on.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

use pyo3::exceptions::PyTypeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;

use crate::capture::stream::Wanted;

/// A file object or a socket of Python.
///
/// A pipe is waited for outside of Python: in the middle of a read, Python could neither close the object nor end.
pub struct PythonReader {
    read: Py<PyAny>,
    waiting: Option<Waiting>,
    wanted: Wanted,
    /// What was given beyond what was asked for: some objects do.
    surplus: io::Cursor<Vec<u8>>,
}

impl PythonReader {
    /// Reads by `read1`, which waits for no more than one piece, or by what the object has in its place.
    pub fn new(object: &Bound<'_, PyAny>, wanted: Wanted) -> PyResult<Self> {
        Ok(Self { waiting: Waiting::new(object, wanted.clone()), wanted, ..Self::waiting_inside(object)? })
    }

    /// The same for the thread that runs Python: it waits in the object's own read, where Ctrl-C is seen.
    pub fn waiting_inside(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        for name in ["read1", "read", "recv"] {
            if let Some(read) = object.getattr_opt(name)? {
                let (wanted, surplus) = (Wanted::default(), io::Cursor::default());
                return Ok(Self { read: read.unbind(), waiting: None, wanted, surplus });
            }
        }
        Err(PyTypeError::new_err("source must be a path, bytes, a file opened in binary mode or a socket"))
    }
}

impl Read for PythonReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.surplus.read(buffer)? {
            0 => {}
            count => return Ok(count),
        }
        loop {
            if let Some(waiting) = &self.waiting
                && !waiting.wait()?
            {
                return Ok(0);
            }
            // None while Python ends.
            match Python::try_attach(|py| self.call(py, buffer)) {
                Some(Ok(Some(count))) => return Ok(count),
                // There is nothing yet.
                Some(Ok(None)) if self.wanted.is() => std::thread::sleep(WAIT),
                Some(Ok(None)) | None => return Ok(0),
                Some(Err(error)) => return Err(error.into()),
            }
        }
    }
}

impl PythonReader {
    /// Calls the object once; None if it does not block and has nothing yet.
    fn call(&mut self, py: Python<'_>, buffer: &mut [u8]) -> PyResult<Option<usize>> {
        py.check_signals()?;
        let data = self.read.bind(py).call1((buffer.len(),))?;
        if data.is_none() {
            return Ok(None);
        }
        let Ok(data) = bytes(&data) else {
            let name = data.get_type().name()?;
            return Err(PyTypeError::new_err(format!(
                "source.read() returned {name}, but must return bytes; open files in binary mode"
            )));
        };
        let count = data.len().min(buffer.len());
        buffer[..count].copy_from_slice(&data[..count]);
        self.surplus = io::Cursor::new(data[count..].to_vec());
        Ok(Some(count))
    }
}

fn bytes(object: &Bound<'_, PyAny>) -> PyResult<PyBackedBytes> {
    match object.extract() {
        Ok(bytes) => Ok(bytes),
        Err(_) if object.cast::<pyo3::types::PyString>().is_ok() => Err(PyTypeError::new_err("text")),
        Err(_) => {
            let py = object.py();
            Ok(pyo3::types::PyMemoryView::from(object)?.call_method0(intern!(py, "tobytes"))?.extract()?)
        }
    }
}

/// What one waits for before a read that would have to wait.
struct Waiting {
    #[cfg(unix)]
    descriptor: std::os::fd::OwnedFd,
    wanted: Wanted,
}

#[cfg(unix)]
impl Waiting {
    /// None for objects without a descriptor.
    fn new(object: &Bound<'_, PyAny>, wanted: Wanted) -> Option<Self> {
        let number: i32 = object.call_method0("fileno").ok()?.extract().ok()?;
        // A descriptor of our own: Python may close its one, and the number may become another file's.
        let own: i32 = object.py().import("os").ok()?.call_method1("dup", (number,)).ok()?.extract().ok()?;
        // SAFETY: it was made this moment, for nobody else.
        let descriptor = unsafe { std::os::fd::FromRawFd::from_raw_fd(own) };
        Some(Self { descriptor, wanted })
    }

    /// Waits until something can be read, or the end; false if nobody wants it any more.
    fn wait(&self) -> io::Result<bool> {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};

        let patience = Timespec { tv_sec: 0, tv_nsec: WAIT.subsec_nanos().into() };
        while self.wanted.is() {
            let mut one = [PollFd::new(&self.descriptor, PollFlags::IN)];
            match poll(&mut one, Some(&patience)) {
                Ok(0) | Err(rustix::io::Errno::INTR) => {}
                Ok(_) => return Ok(true),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(false)
    }
}

#[cfg(not(unix))]
impl Waiting {
    fn new(_: &Bound<'_, PyAny>, _: Wanted) -> Option<Self> {
        None
    }

    fn wait(&self) -> io::Result<bool> {
        Ok(self.wanted.is())
    }
}

/// A file that another program is still writing: its end is where one waits for more.
pub struct Followed {
    file: File,
    wanted: Wanted,
}

const WAIT: Duration = Duration::from_millis(50);

impl Followed {
    pub fn open(path: &Path, wanted: Wanted) -> io::Result<Self> {
        Ok(Self { file: File::open(path)?, wanted })
    }
}

impl Read for Followed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.file.read(buffer)? {
                0 if self.wanted.is() => std::thread::sleep(WAIT),
                count => return Ok(count),
            }
        }
    }
}
