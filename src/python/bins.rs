//! Counting into bins of time.

use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::errors::detached;
use crate::columns::bins::Bins;
use crate::parallel;

/// Sums of `weights` (of 1 where None) by group and bin, group after group.
#[pyfunction]
#[pyo3(signature = (timestamps, groups, weights, *, start, width, count, group_count))]
#[allow(clippy::too_many_arguments, reason = "keywords in Python")]
pub fn bin_sums<'py>(
    py: Python<'py>,
    timestamps: PyReadonlyArray1<'py, i64>,
    groups: PyReadonlyArray1<'py, u32>,
    weights: Option<PyReadonlyArray1<'py, u32>>,
    start: i128,
    width: u64,
    count: usize,
    group_count: usize,
) -> PyResult<Bound<'py, PyArray1<u64>>> {
    let (times, groups) = (timestamps.as_slice()?, groups.as_slice()?);
    let weights = weights.as_ref().map(|weights| weights.as_slice()).transpose()?;
    if times.len() != groups.len() || weights.is_some_and(|weights| weights.len() != times.len()) {
        return Err(PyValueError::new_err("timestamps, groups and weights differ in length"));
    }
    if width == 0 {
        return Err(PyValueError::new_err("width is 0, but must be at least 1 ns"));
    }
    let bins = Bins { start, width, count, groups: group_count };
    let sums = detached(py, || parallel::install(times.len(), || bins.sum(times, groups, weights)))?;
    Ok(sums.into_pyarray(py))
}
