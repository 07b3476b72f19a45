//! From the bytes behind a header to an object: the class is found in the tables that dpkt's users know and change.

use pyo3::exceptions::{PyException, PySystemError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyString;

use super::packet::Packet;
use super::rules::{Native, Rules};
use super::source::{Fault, Next, Source, View};
use super::table::entry;

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

fn lookup<'py>(slf: &Bound<'py, Packet>, table: &Bound<'py, PyString>, number: u32) -> PyResult<Option<Bound<'py, PyAny>>> {
    match slf.get().native() {
        Some(native) => native.table.entry(native.class.bind(slf.py()), table, number),
        None => entry(&slf.get_type().getattr(table)?, number),
    }
}

/// An object of `class` from the payload of `source`; None if the bytes are none.
pub fn make<'py>(class: &Bound<'py, PyAny>, source: &Source) -> PyResult<Option<Bound<'py, PyAny>>> {
    let py = class.py();
    let native = Rules::native(class).filter(|native| native.rules.get().protocol.create.is_some() && native.is_as_made(py));
    let Some(native) = native else {
        return class.call1((source.slice(py, source.data.clone())?,)).map(Some);
    };
    try_parse(py, native, source.payload(py)).map(Result::ok)
}

/// The inner error tells that the bytes are none of this class.
#[inline(always)]
pub fn try_parse<'py>(py: Python<'py>, native: &'static Native, view: View) -> PyResult<Result<Bound<'py, PyAny>, Fault>> {
    let Rules { layout, protocol, .. } = native.rules.get();
    let (Some(create), Some(layout)) = (protocol.create, layout) else {
        return Err(PySystemError::new_err("this class is not made by the core"));
    };
    let source = match (protocol.parse)(py, layout.get(), view) {
        Ok(source) => source,
        Err(fault) => return Ok(Err(fault)),
    };
    let packet = create(py, Packet::parsed(native, source))?;
    if let Some(finish) = protocol.parsed {
        finish(&packet)?;
    }
    Ok(Ok(packet.into_any()))
}
