//! Packets as the records that dpkt's writers write.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyFloat, PyInt};

use super::errors::PackError;
use super::source::View;

/// A record of classic pcap: `ts` in seconds, `multiplier` units in a second.
#[pyfunction]
pub fn pcap_record<'py>(
    pkt: &Bound<'py, PyAny>,
    ts: &Bound<'py, PyAny>,
    multiplier: u32,
    little: bool,
) -> PyResult<Bound<'py, PyBytes>> {
    let py = pkt.py();
    let (seconds, fraction) = split(ts, multiplier)?;
    let view = View::of(pkt)?;
    let data = view.bytes(py);
    let length = u32::try_from(data.len()).map_err(|_| does_not_fit("length", data.len()))?;
    let header = [seconds, fraction, length, length].map(|field| ordered(field, little));
    join(py, &[header.as_flattened(), data])
}

/// Whole seconds and units, the units rounded to even; they may be as many as make a second.
fn split(ts: &Bound<'_, PyAny>, multiplier: u32) -> PyResult<(u32, u32)> {
    let py = ts.py();
    if let Ok(float) = ts.cast_exact::<PyFloat>() {
        let ts = float.value();
        if ts >= 0.0 && ts < f64::from(u32::MAX) {
            let fraction = (ts % 1.0 * f64::from(multiplier)).round_ties_even();
            return Ok((ts as u32, fraction as u32));
        }
    }
    // Whatever else is a number: Decimal, int, numpy's, and floats out of range.
    let seconds = py.get_type::<PyInt>().call1((ts,))?;
    let units = ts.rem(1)?.mul(multiplier)?;
    let fraction = py.import(intern!(py, "builtins"))?.call_method1(intern!(py, "round"), (units,))?;
    Ok((fitting("seconds", &seconds)?, fitting("fraction", &fraction)?))
}

fn fitting(name: &str, value: &Bound<'_, PyAny>) -> PyResult<u32> {
    value.extract().map_err(|_| does_not_fit(name, value))
}

fn does_not_fit(name: &str, value: impl std::fmt::Display) -> PyErr {
    PackError::new_err(format!("the record's {name} is {value}, which does not fit into 32 bits"))
}

/// An enhanced packet block of the first interface: `units` since 1970.
#[pyfunction]
pub fn pcapng_record<'py>(pkt: &Bound<'py, PyAny>, units: &Bound<'py, PyAny>, little: bool) -> PyResult<Bound<'py, PyBytes>> {
    const ENHANCED_PACKET: u32 = 6;
    const FIXED: usize = 32;
    let py = pkt.py();
    let units: u64 =
        units.extract().map_err(|_| PackError::new_err(format!("the time is {units}, which does not fit into 64 bits")))?;
    let view = View::of(pkt)?;
    let data = view.bytes(py);
    let padding = &[0; 3][..data.len().next_multiple_of(4) - data.len()];
    let block = u32::try_from(FIXED + data.len() + padding.len()).map_err(|_| does_not_fit("length", data.len()))?;
    let length = data.len() as u32;
    let header =
        [ENHANCED_PACKET, block, 0, (units >> 32) as u32, units as u32, length, length].map(|field| ordered(field, little));
    join(py, &[header.as_flattened(), data, padding, &ordered(block, little)])
}

fn ordered(field: u32, little: bool) -> [u8; 4] {
    if little { field.to_le_bytes() } else { field.to_be_bytes() }
}

fn join<'py>(py: Python<'py>, parts: &[&[u8]]) -> PyResult<Bound<'py, PyBytes>> {
    PyBytes::new_with(py, parts.iter().map(|part| part.len()).sum(), |mut out| {
        for part in parts {
            let (place, rest) = out.split_at_mut(part.len());
            place.copy_from_slice(part);
            out = rest;
        }
        Ok(())
    })
}
