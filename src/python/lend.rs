//! Lending the columns' memory to numpy, read-only and without a copy.

use numpy::ndarray::ArrayView1;
use numpy::{Element, PyArray1, PyArrayMethods};
use pyo3::prelude::*;

/// An array over `values`, which `owner` keeps alive.
///
/// # Safety
/// `values` must be memory that `owner`, an immutable object, holds unchanged as long as it lives.
pub unsafe fn lend<'py, T: Element>(values: &[T], owner: Bound<'py, PyAny>) -> Bound<'py, PyArray1<T>> {
    // SAFETY: the array holds a reference to `owner`, which holds the memory (the caller's promise); nobody can write through
    // the array, since it is made read-only before anyone has seen it and numpy does not let it become writeable again: its
    // base is neither an array nor a buffer.
    let array = unsafe { PyArray1::borrow_from_array(&ArrayView1::from(values), owner) };
    array.readwrite().make_nonwriteable();
    array
}
