//! The attributes of a packet that are no fields: its `__dict__`.

use pyo3::ffi;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use super::packet::Packet;
use super::rules::Rules;
use super::source::Next;

/// What was set so far.
pub fn attributes<'py>(slf: &Bound<'py, Packet>) -> Bound<'py, PyDict> {
    // SAFETY: `Packet` is declared with a dict, which this function of the stable ABI makes or finds; it returns a new
    // reference or null with an exception set, for want of memory. pyo3 has no safe form of it, and the attribute `__dict__`
    // is what calls this function.
    let dict = unsafe { Bound::from_owned_ptr(slf.py(), ffi::PyObject_GenericGetDict(slf.as_ptr(), std::ptr::null_mut())) };
    dict.cast_into::<PyDict>().expect("__dict__ is a dict")
}

/// `__dict__` as dpkt's packets have it, with what had not been asked for yet.
pub fn fill_attributes<'py>(slf: &Bound<'py, Packet>) -> PyResult<Bound<'py, PyDict>> {
    let dict = attributes(slf);
    if slf.get().source().is_none() {
        return Ok(dict);
    }
    let rules = Rules::find(&slf.get_type())?;
    for name in rules.get().protocol.lazy {
        if !dict.contains(name)? {
            lazy_attribute(slf, name)?;
        }
    }
    if let Some(name) = payload_name(slf)?
        && !dict.contains(&name)?
    {
        dict.set_item(name, Packet::parsed_payload(slf)?)?;
    }
    Ok(dict)
}

/// The name under which dpkt keeps the payload a second time.
fn payload_name(slf: &Bound<'_, Packet>) -> PyResult<Option<String>> {
    let Some(source) = slf.get().source() else { return Ok(None) };
    if source.next == Next::Raw {
        return Ok(None);
    }
    let Some(payload) = Packet::parsed_payload(slf)? else { return Ok(None) };
    if payload.cast::<Packet>().is_err() && source.next != Next::Fragment {
        return Ok(None);
    }
    Ok(Some(payload.get_type().name()?.to_cow()?.to_lowercase()))
}

/// An attribute that is made when it is asked for and kept from then on.
pub fn lazy_attribute<'py>(slf: &Bound<'py, Packet>, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
    let py = slf.py();
    if name == "_pack_hdr" {
        return pack_function(slf).map(Some);
    }
    let Some(source) = slf.get().source() else { return Ok(None) };
    let value = match name {
        "opts" if has_lazy(slf, name)? => source.slice(py, source.options(slf)?)?,
        "extension_hdrs" | "all_extension_headers" | "p" if has_lazy(slf, name)? => match super::ip6::lazy(slf, source, name)? {
            Some(value) => value,
            None => return Ok(None),
        },
        _ if payload_name(slf)?.as_deref() == Some(name) => match Packet::parsed_payload(slf)? {
            Some(payload) => payload,
            None => return Ok(None),
        },
        _ => return Ok(None),
    };
    attributes(slf).set_item(name, &value)?;
    Ok(Some(value))
}

fn has_lazy(slf: &Bound<'_, Packet>, name: &str) -> PyResult<bool> {
    Ok(Rules::find(&slf.get_type())?.get().protocol.lazy.contains(&name))
}

/// `struct.pack` for the header's format.
fn pack_function<'py>(slf: &Bound<'py, Packet>) -> PyResult<Bound<'py, PyAny>> {
    let py = slf.py();
    let pack = py.import("struct")?.getattr("pack")?;
    let format = slf.getattr(intern!(py, "__hdr_fmt__"))?;
    py.import("functools")?.getattr("partial")?.call1((pack, format))
}

/// `opts` of a class: the options behind the fixed header, bytes of the packet. On the class itself it is empty.
#[pyclass(frozen, module = "pcapframe.dpkt.dpkt")]
pub struct Options;

#[pymethods]
impl Options {
    fn __get__<'py>(
        &self,
        py: Python<'py>,
        packet: Option<&Bound<'py, Packet>>,
        _class: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let found = packet.map_or(Ok(None), |packet| lazy_attribute(packet, "opts"))?;
        Ok(found.unwrap_or_else(|| pyo3::types::PyBytes::new(py, b"").into_any()))
    }

    #[getter]
    fn __doc__<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        PyString::new(py, "Options behind the fixed header, as bytes.")
    }
}
