//! The bytes a packet was parsed from: a stretch of a buffer that all layers share.

use std::ops::Range;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyMemoryView};

use super::errors::{NeedData, UnpackError};

/// What kind of object the user handed over, which is what `.data` and `.opts` give back.
#[derive(Clone, Copy, PartialEq)]
pub enum Kind {
    Bytes,
    ByteArray,
    MemoryView,
}

/// A stretch of a buffer.
pub struct View {
    pub buffer: Py<PyBytes>,
    pub kind: Kind,
    pub start: usize,
    pub end: usize,
}

impl View {
    /// The whole of a bytes-like object; what can be changed is copied once.
    pub fn of(object: &Bound<'_, PyAny>) -> PyResult<View> {
        let py = object.py();
        if let Ok(bytes) = object.cast::<PyBytes>() {
            return Ok(View::of_bytes(bytes));
        }
        let (buffer, kind) = if let Ok(bytes) = object.cast::<PyByteArray>() {
            (PyBytes::new(py, &bytes.to_vec()), Kind::ByteArray)
        } else if object.cast::<PyMemoryView>().is_ok() {
            (object.call_method0("tobytes")?.cast_into::<PyBytes>()?, Kind::MemoryView)
        } else if let Ok(view) = PyMemoryView::from(object) {
            (view.call_method0("tobytes")?.cast_into::<PyBytes>()?, Kind::Bytes)
        } else {
            let message = format!("a bytes-like object is required, not '{}'", object.get_type().name()?);
            return Err(PyTypeError::new_err(message));
        };
        let end = buffer.as_bytes().len();
        Ok(View { buffer: buffer.unbind(), kind, start: 0, end })
    }

    #[inline(always)]
    pub fn of_bytes(bytes: &Bound<'_, PyBytes>) -> View {
        View { buffer: bytes.clone().unbind(), kind: Kind::Bytes, start: 0, end: bytes.as_bytes().len() }
    }

    #[inline(always)]
    pub fn bytes<'a>(&'a self, py: Python<'a>) -> &'a [u8] {
        &self.buffer.as_bytes(py)[self.start..self.end]
    }

    /// What was parsed from this view: the header at its start, `data` behind it.
    #[inline(always)]
    pub fn parsed(self, layout: u32, data: Range<usize>, next: Next) -> Source {
        let base = self.start;
        Source {
            buffer: self.buffer,
            kind: self.kind,
            layout,
            start: base,
            data: base + data.start..base + data.end,
            lead: 0,
            next,
        }
    }
}

/// How `.data` is to be understood.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Next {
    Raw,
    /// By the class's `_typesw` under this number.
    Type(u32),
    /// By the class's `_protosw` under this number.
    Protocol(u32),
    /// As bytes, which dpkt also names `.bytes` in a fragment.
    Fragment,
}

/// A parsed header and where its payload lies. It never changes.
pub struct Source {
    pub buffer: Py<PyBytes>,
    pub kind: Kind,
    /// Which layout the header was read by.
    pub layout: u32,
    /// Where the header starts.
    pub start: usize,
    pub data: Range<usize>,
    /// Bytes in front of the header that belong to the packet: an ISL frame's.
    pub lead: usize,
    pub next: Next,
}

impl Source {
    #[inline(always)]
    pub fn header<'a>(&'a self, py: Python<'a>) -> &'a [u8] {
        &self.buffer.as_bytes(py)[self.start..]
    }

    pub fn payload(&self, py: Python<'_>) -> View {
        View { buffer: self.buffer.clone_ref(py), kind: self.kind, start: self.data.start, end: self.data.end }
    }

    /// A stretch of the buffer, in positions from its start, as an object of the kind that came in.
    pub fn slice<'py>(&self, py: Python<'py>, range: Range<usize>) -> PyResult<Bound<'py, PyAny>> {
        let bytes = PyBytes::new(py, &self.buffer.as_bytes(py)[range]);
        match self.kind {
            Kind::Bytes => Ok(bytes.into_any()),
            Kind::ByteArray => Ok(PyByteArray::new(py, bytes.as_bytes()).into_any()),
            Kind::MemoryView => Ok(PyMemoryView::from(&bytes)?.into_any()),
        }
    }
}

/// Why bytes are no packet of a class.
#[derive(Debug)]
pub enum Fault {
    /// Fewer bytes than the header has.
    Short {
        got: usize,
        needed: usize,
    },
    Invalid(&'static str),
    /// Fewer bytes than an inner length says; dpkt gives no text.
    Cut,
}

impl From<Fault> for PyErr {
    #[cold]
    fn from(fault: Fault) -> PyErr {
        match fault {
            Fault::Short { got, needed } => NeedData::new_err(format!("got {got}, {needed} needed at least")),
            Fault::Invalid(reason) => UnpackError::new_err(reason),
            Fault::Cut => NeedData::new_err(()),
        }
    }
}
