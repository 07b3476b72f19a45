//! Python's own way to get and set an attribute of a packet: what remains where the core does not know better.
//!
//! pyo3 has no safe form of these functions of the stable ABI, and `getattr`, `setattr` and `__dict__` are what calls them here.

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::packet::Packet;

pub fn get<'py>(slf: &Bound<'py, Packet>, name: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: both are live objects; a new reference is returned, or null with an exception set.
    unsafe { Bound::from_owned_ptr_or_err(slf.py(), ffi::PyObject_GenericGetAttr(slf.as_ptr(), name.as_ptr())) }
}

/// Sets an attribute; without a value, deletes it.
pub fn set(slf: &Bound<'_, Packet>, name: &Bound<'_, PyAny>, value: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
    let value = value.map_or(std::ptr::null_mut(), Bound::as_ptr);
    // SAFETY: live objects, or null for a value, which deletes; not 0 is returned with an exception set.
    match unsafe { ffi::PyObject_GenericSetAttr(slf.as_ptr(), name.as_ptr(), value) } {
        0 => Ok(()),
        _ => Err(PyErr::fetch(slf.py())),
    }
}

/// The dict that Python gives to objects of classes made in Python; None if the class has slots only.
pub fn dict<'py>(slf: &Bound<'py, Packet>) -> Option<Bound<'py, PyDict>> {
    // SAFETY: a live object; a new reference is returned, or null with an exception set.
    let dict =
        unsafe { Bound::from_owned_ptr_or_err(slf.py(), ffi::PyObject_GenericGetDict(slf.as_ptr(), std::ptr::null_mut())) };
    dict.ok()?.cast_into().ok()
}
