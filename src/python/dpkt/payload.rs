//! From the bytes behind a header to an object: the class is found in the tables that dpkt's users know and change.

use pyo3::exceptions::{PyException, PyKeyError};
use pyo3::intern;
use pyo3::prelude::*;

use super::packet::Packet;
use super::rules::Rules;
use super::source::{Next, Source};

/// The payload of a packet parsed from `source`. What its class can not take apart stays bytes, as the packet above is whole.
pub fn decode<'py>(slf: &Bound<'py, Packet>, source: &Source) -> PyResult<Bound<'py, PyAny>> {
    let py = slf.py();
    let class = match source.next {
        Next::Raw | Next::Fragment => None,
        Next::Type(number) => lookup(slf, intern!(py, "_typesw"), number)?,
        Next::Protocol(number) => lookup(slf, intern!(py, "_protosw"), number)?,
    };
    let Some(class) = class else { return source.slice(py, source.data.clone()) };
    match make(&class, source) {
        Ok(Some(payload)) => Ok(payload),
        Ok(None) => source.slice(py, source.data.clone()),
        // A parser's own mistake on odd bytes (IndexError and the like) is no reason to lose the packet.
        Err(error) if error.is_instance_of::<PyException>(py) => source.slice(py, source.data.clone()),
        Err(error) => Err(error),
    }
}

fn lookup<'py>(
    slf: &Bound<'py, Packet>,
    table: &Bound<'py, pyo3::types::PyString>,
    number: u32,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let table = slf.get_type().getattr(table)?;
    if let Ok(table) = table.cast_exact::<pyo3::types::PyDict>() {
        return table.get_item(number);
    }
    match table.get_item(number) {
        Ok(class) => Ok(Some(class)),
        Err(error) if error.is_instance_of::<PyKeyError>(slf.py()) => Ok(None),
        Err(error) => Err(error),
    }
}

/// An object of `class` from the payload of `source`; None if the bytes are none.
pub fn make<'py>(class: &Bound<'py, PyAny>, source: &Source) -> PyResult<Option<Bound<'py, PyAny>>> {
    let py = class.py();
    let Some(native) = Rules::native(class) else {
        return class.call1((source.slice(py, source.data.clone())?,)).map(Some);
    };
    let rules = native.rules.get();
    let (Some(create), Some(layout)) = (rules.protocol.create, &rules.layout) else {
        return class.call1((source.slice(py, source.data.clone())?,)).map(Some);
    };
    let Ok(parsed) = (rules.protocol.parse)(py, layout.get(), source.payload(py)) else { return Ok(None) };
    let packet = create(py, parsed)?;
    if let Some(finish) = rules.protocol.parsed {
        finish(&packet)?;
    }
    Ok(Some(packet.into_any()))
}
