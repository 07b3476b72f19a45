//! A place for an object that is made when it is first asked for.

use std::sync::atomic::{AtomicPtr, Ordering};

use pyo3::ffi;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;

/// Empty, or from some moment on one object for ever.
///
/// A cell of the once_cell crate takes a hundred instructions to fill, a tenth of what it takes to make a packet's payload. Zero
/// bytes are an empty cell: the garbage collector may look at one before it was ever written to.
#[derive(Default)]
pub struct ObjectCell(AtomicPtr<ffi::PyObject>);

impl ObjectCell {
    #[inline(always)]
    pub fn get<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        // SAFETY: not null, it is an object of which the cell holds a reference.
        unsafe { Bound::from_borrowed_ptr_or_opt(py, self.0.load(Ordering::Acquire)) }
    }

    pub fn is_empty(&self) -> bool {
        self.0.load(Ordering::Acquire).is_null()
    }

    /// Fills the cell and gives back what is in it: another thread may have been first.
    #[inline(always)]
    pub fn fill<'py>(&self, object: Bound<'py, PyAny>) -> Bound<'py, PyAny> {
        let empty = std::ptr::null_mut();
        match self.0.compare_exchange(empty, object.as_ptr(), Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => {
                // The cell's own reference.
                std::mem::forget(object.clone());
                object
            }
            // SAFETY: as in `get`; not null, or it would have been exchanged.
            Err(first) => unsafe { Bound::from_borrowed_ptr(object.py(), first) },
        }
    }

    pub fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        let object = self.0.load(Ordering::Acquire);
        if object.is_null() {
            return Ok(());
        }
        // SAFETY: `Py` is a pointer that is not null, and is only lent here: its reference is the cell's.
        visit.call(unsafe { &*(&raw const object).cast::<Py<PyAny>>() })
    }
}

impl Drop for ObjectCell {
    fn drop(&mut self) {
        let object = *self.0.get_mut();
        if !object.is_null() {
            // SAFETY: packets are dropped by Python only, which is attached then; the reference is the cell's.
            drop(unsafe { Bound::from_owned_ptr(Python::assume_attached(), object) });
        }
    }
}
