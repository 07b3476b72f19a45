//! The core's errors as Python exceptions. The classes are written in Python (`pcapframe.errors`), where one can have two bases.

use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};

use pyo3::exceptions::{PyAttributeError, PyIsADirectoryError, PyMemoryError, PyOSError, PyValueError};
use pyo3::prelude::*;

use crate::error::Error;

/// Runs `work` without the GIL; a panic in it becomes an exception that a program can catch.
pub fn detached<R: Send>(py: Python<'_>, work: impl FnOnce() -> Result<R, Error> + Send) -> PyResult<R> {
    let outcome = py.detach(|| catch_unwind(AssertUnwindSafe(work)));
    match outcome {
        Ok(result) => result.map_err(|error| to_python(py, error, None)),
        Err(_) => Err(exception(py, "PcapframeError", "a mistake in pcapframe, not in your program: please report it")),
    }
}

/// The exception for an error; `path` is the file it concerns.
pub fn to_python(py: Python<'_>, error: Error, path: Option<&str>) -> PyErr {
    let about = |message: String| path.map_or_else(|| message.clone(), |path| format!("{}: {message}", harmless(py, path)));
    match error {
        Error::Io(error) => io_error(error, path),
        Error::NotACapture(reason) => exception(py, "NotACaptureError", &about(reason)),
        error @ Error::UnknownColumn { .. } => exception(py, "UnknownColumnError", &error.to_string()),
        error @ Error::MissingColumns { .. } => PyAttributeError::new_err(error.to_string()),
        Error::Unwritable(reason) => PyValueError::new_err(reason),
        Error::Memory(reason) => PyMemoryError::new_err(about(reason)),
        error @ (Error::SourceChanged
        | Error::NotKept
        | Error::Expansion { .. }
        | Error::PacketGone { .. }
        | Error::Interrupted) => exception(py, "PcapframeError", &about(error.to_string())),
    }
}

/// The name of a file with what a terminal would obey spelled out.
fn harmless(py: Python<'_>, path: &str) -> String {
    let spelled = || py.import("pcapframe._harmless")?.call_method1("harmless", (path,))?.extract();
    spelled().unwrap_or_else(|_: PyErr| format!("{path:?}"))
}

/// With the operating system's number, from which Python chooses FileNotFoundError, PermissionError and so on.
fn io_error(error: std::io::Error, path: Option<&str>) -> PyErr {
    if error.kind() == ErrorKind::IsADirectory {
        let path = path.unwrap_or_default().to_owned();
        return PyIsADirectoryError::new_err((21, "Is a directory; pass the capture files in it", path));
    }
    match (error.raw_os_error(), path) {
        (Some(number), Some(path)) => {
            // The number follows in the exception's own text.
            let text = error.to_string();
            let text = text.split(" (os error").next().unwrap_or_default().to_owned();
            PyOSError::new_err((number, text, path.to_owned()))
        }
        _ => error.into(),
    }
}

pub fn exception(py: Python<'_>, name: &str, message: &str) -> PyErr {
    class(py, name).and_then(|class| class.call1((message,))).map_or_else(|error| error, PyErr::from_value)
}

fn class<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    py.import("pcapframe.errors")?.getattr(name)
}
