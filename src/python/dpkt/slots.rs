//! Slots of the core's types, filled by hand: what a loop over packets spends its time in.
//!
//! A call with bytes makes a packet without a tuple of arguments and without `__init__` after `__new__`; an attribute that every
//! packet of the class has is read without pyo3's guards, which only its fallback needs. Measured on Python 3.11: half the
//! instructions for either. The stable ABI does not let these slots be changed, so that its build goes without.

use std::panic::{AssertUnwindSafe, catch_unwind};

use pyo3::exceptions::PySystemError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyInt, PyString, PyTuple};

use super::building::defaults;
use super::dictionary::get_attribute;
use super::edits::{Edit, Edits};
use super::field::Bits;
use super::lifetime::dealloc;
use super::names::Access;
use super::packet::Packet;
use super::payload::try_parse;
use super::rules::{Native, Rules};
use super::source::View;

/// Fills the slots of a class of the core.
pub fn fill(py: Python<'_>, native: &Native) {
    let class = native.class.bind(py).as_type_ptr();
    // SAFETY: the type object is live and ours, and this is called while the module is made, before anyone else has seen it.
    unsafe {
        if native.rules.get().protocol.create.is_some() {
            (*class).tp_vectorcall = Some(vectorcall);
            (*class).tp_dealloc = Some(dealloc);
        }
        (*class).tp_getattro = Some(getattro);
    }
}

unsafe extern "C" fn getattro(packet: *mut ffi::PyObject, name: *mut ffi::PyObject) -> *mut ffi::PyObject {
    let found = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: Python calls this attached, with a live packet, for only the core's types and those derived from them have
        // this slot, and a live name.
        unsafe {
            let py = Python::assume_attached();
            Packet::known(Bound::ref_from_ptr(py, &packet).cast_unchecked(), Bound::ref_from_ptr(py, &name))
        }
    }));
    match found {
        Ok(Some(Ok(value))) => value.into_ptr(),
        Ok(Some(Err(error))) => raise(error),
        // SAFETY: the arguments are Python's.
        Ok(None) => unsafe { getattro_in_full(packet, name) },
        Err(_) => raise(mistake()),
    }
}

/// # Safety
/// As Python promises to a function of this slot.
#[cold]
unsafe fn getattro_in_full(packet: *mut ffi::PyObject, name: *mut ffi::PyObject) -> *mut ffi::PyObject {
    let found = catch_unwind(|| {
        // Attached it is already; this tells pyo3, which would put off letting go of objects otherwise.
        Python::attach(|py| {
            // SAFETY: live objects, by the caller's promise.
            unsafe {
                get_attribute(Bound::ref_from_ptr(py, &packet).cast_unchecked(), Bound::ref_from_ptr(py, &name))
                    .map(Bound::into_ptr)
            }
        })
    });
    match found {
        Ok(Ok(value)) => value,
        Ok(Err(error)) => raise(error),
        Err(_) => raise(mistake()),
    }
}

fn mistake() -> PyErr {
    PySystemError::new_err("a mistake in pcapframe, not in your program: please report it")
}

/// The protocol of PEP 590.
unsafe extern "C" fn vectorcall(
    class: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    count: usize,
    keywords: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: Python calls this attached to the interpreter, with a live class, `count` live arguments and one more for
        // each name in the tuple `keywords`, which may be null.
        unsafe {
            let py = Python::assume_attached();
            let class = Bound::ref_from_ptr(py, &class);
            let count = ffi::PyVectorcall_NARGS(count) as usize;
            if let Some(native) = Rules::native(class).filter(|native| native.is_as_made(py)) {
                if count == 1
                    && keywords.is_null()
                    && let Ok(bytes) = Bound::ref_from_ptr(py, &*arguments).cast_exact::<PyBytes>()
                {
                    return Ok(try_parse(py, native, View::of_bytes(bytes))??.into_ptr());
                }
                if count == 0 {
                    let names = Bound::from_borrowed_ptr_or_opt(py, keywords);
                    let names = names.as_ref().map(|names| names.cast_unchecked::<PyTuple>());
                    let named = names.into_iter().flat_map(|names| names.iter().enumerate());
                    let keywords = named.map(|(index, name)| (name, Bound::from_borrowed_ptr(py, *arguments.add(index))));
                    return build(py, native, keywords).map(Bound::into_ptr);
                }
            }
            call_in_full(py, class, arguments, count, keywords)
        }
    }));
    match outcome {
        Ok(Ok(packet)) => packet,
        Ok(Err(error)) => raise(error),
        Err(_) => raise(mistake()),
    }
}

#[cold]
fn raise(error: PyErr) -> *mut ffi::PyObject {
    // SAFETY: only called from functions that Python calls attached.
    error.restore(unsafe { Python::assume_attached() });
    std::ptr::null_mut()
}

/// As any class is called.
///
/// # Safety
/// As Python promises to a function of the vectorcall protocol.
unsafe fn call_in_full(
    py: Python<'_>,
    class: &Bound<'_, PyAny>,
    arguments: *const *mut ffi::PyObject,
    count: usize,
    keywords: *mut ffi::PyObject,
) -> PyResult<*mut ffi::PyObject> {
    // SAFETY: the arguments are there by the caller's promise; `type` has a function for calls, which takes a tuple and a dict
    // or null, and returns a new reference or null with an exception set.
    unsafe {
        let argument = |index: usize| Bound::from_borrowed_ptr(py, *arguments.add(index));
        let positional = PyTuple::new(py, (0..count).map(argument))?;
        let named = PyDict::new(py);
        if let Some(names) = Bound::from_borrowed_ptr_or_opt(py, keywords) {
            for (index, name) in names.try_iter()?.enumerate() {
                named.set_item(name?, argument(count + index))?;
            }
        }
        let call = (*ffi::Py_TYPE(class.as_ptr())).tp_call.expect("a type can be called");
        let packet =
            call(class.as_ptr(), positional.as_ptr(), if named.is_empty() { std::ptr::null_mut() } else { named.as_ptr() });
        Bound::from_owned_ptr_or_err(py, packet).map(Bound::into_ptr)
    }
}

/// A packet from keywords, whose fields are put in place before there is an object.
fn build<'py>(
    py: Python<'py>,
    native: &'static Native,
    keywords: impl Iterator<Item = (Bound<'py, PyAny>, Bound<'py, PyAny>)>,
) -> PyResult<Bound<'py, Packet>> {
    let Rules { layout, protocol, .. } = native.rules.get();
    let (Some(layout), Some(names), Some(create)) = (layout, &native.names, protocol.create) else {
        return Err(PySystemError::new_err("this class is not made by the core"));
    };
    let mut fields = defaults(py, layout.get())?;
    let mut given = 0;
    let mut data = None;
    let mut others = Vec::new();
    for (name, value) in keywords {
        match names.find(native.class.bind(py), &name) {
            Some(Access::Data) => data = Some(value.unbind()),
            Some(Access::Field { index, .. }) => {
                given |= 1 << index;
                fields[index] = Edit::Set(value.unbind());
            }
            Some(Access::Part { index, bits, .. }) if others.is_empty() => match part(py, &fields[index], bits, &value) {
                Some(whole) => fields[index] = Edit::Set(whole),
                None => others.push((name, value)),
            },
            _ => others.push((name, value)),
        }
    }
    let packet = create(py, Packet::unfinished(native, Edits::new(layout.get().id, fields, data)))?;
    for (name, value) in others {
        packet.setattr(name.cast::<PyString>()?, value)?;
    }
    protocol.built.map_or(Ok(()), |finish| finish(&packet, given))?;
    Ok(packet)
}

/// The field with some of its bits replaced; None if that is for the descriptor to do, or to complain about.
fn part(py: Python<'_>, field: &Edit, bits: Bits, value: &Bound<'_, PyAny>) -> Option<Py<PyAny>> {
    let Edit::Set(whole) = field else { return None };
    let (whole, value): (u64, u64) = (whole.bind(py).extract().ok()?, value.extract().ok()?);
    let replaced = bits.try_replaced(whole, value)?;
    Some(PyInt::new(py, replaced).into_any().unbind())
}
