//! The attributes of a packet that are no fields: its `__dict__`.

use pyo3::exceptions::{PyAttributeError, PyKeyError, PyTypeError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMapping, PyString, PyType};

use super::generic;
use super::packet::Packet;
use super::rules::Rules;
use super::source::Next;

/// The attributes there are so far; made if there are none.
pub fn attributes<'py>(slf: &Bound<'py, Packet>) -> Bound<'py, PyDict> {
    if let Some(dict) = existing_attributes(slf) {
        return dict;
    }
    keep(slf, PyDict::new(slf.py()))
}

/// The attributes, if there are any.
pub fn existing_attributes<'py>(slf: &Bound<'py, Packet>) -> Option<Bound<'py, PyDict>> {
    let py = slf.py();
    if let Some(dict) = slf.get().attributes().get() {
        return Some(dict.bind(py).clone());
    }
    let Some(native) = slf.get().native() else { return generic::dict(slf) };
    let (attach, source) = (native.rules.get().protocol.attach?, slf.get().source()?);
    let dict = PyDict::new(py);
    // Parsing has made sure that this finds what it looks for.
    if attach(py, source, &dict).unwrap_or(false) { Some(keep(slf, dict)) } else { None }
}

fn keep<'py>(slf: &Bound<'py, Packet>, dict: Bound<'py, PyDict>) -> Bound<'py, PyDict> {
    let cell = slf.get().attributes();
    // Another thread may have been first, or Python code that a collection of garbage ran.
    let _ = cell.set(dict.unbind());
    cell.get().expect("just set").bind(slf.py()).clone()
}

/// An attribute that is no field.
pub fn attribute<'py>(slf: &Bound<'py, Packet>, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
    existing_attributes(slf).map_or(Ok(None), |attributes| attributes.get_item(name))
}

/// An attribute by Python's rules, and if there is none, one that is made when it is asked for.
pub fn get_attribute<'py>(slf: &Bound<'py, Packet>, name: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = slf.py();
    if slf.get().native().is_some()
        && let Some(attributes) = existing_attributes(slf)
        && let Some(value) = attributes.get_item(name)?
    {
        return Ok(value);
    }
    let text = name.cast::<PyString>()?.to_cow()?;
    if text == "__dict__" {
        return Ok(fill_attributes(slf)?.into_any());
    }
    match generic::get(slf, name) {
        Err(error) if error.is_instance_of::<PyAttributeError>(py) => {
            // A class with slots only has no dict of Python's.
            let kept = slf.get().attributes().get().map_or(Ok(None), |kept| kept.bind(py).get_item(name))?;
            kept.map_or_else(|| lazy_attribute(slf, &text), |kept| Ok(Some(kept)))?.ok_or(error)
        }
        found => found,
    }
}

/// The same, for a name of which it is known that it is made when it is asked for.
pub fn get_lazy_attribute<'py>(slf: &Bound<'py, Packet>, name: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    if let Some(attributes) = existing_attributes(slf)
        && let Some(value) = attributes.get_item(name)?
    {
        return Ok(value);
    }
    match lazy_attribute(slf, &name.cast::<PyString>()?.to_cow()?)? {
        Some(value) => Ok(value),
        None => get_attribute(slf, name),
    }
}

/// Sets an attribute, or without a value deletes it: by the class's descriptor if it has one, else among the attributes.
pub fn set_attribute(slf: &Bound<'_, Packet>, name: &Bound<'_, PyAny>, value: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
    let py = slf.py();
    let text = name.cast::<PyString>()?;
    if text == "__dict__" {
        return replace_attributes(slf, value);
    }
    let is_special = text.to_cow()?.starts_with("__");
    if is_special || has_descriptor(&slf.get_type(), text)? {
        return generic::set(slf, name, value);
    }
    // Those of parsing come first, and what is deleted of them stays away.
    fill_attributes(slf)?;
    if generic::dict(slf).is_some() {
        return generic::set(slf, name, value);
    }
    match value {
        Some(value) => attributes(slf).set_item(name, value),
        None => attributes(slf).del_item(name).map_err(|error| {
            let is_missing = error.is_instance_of::<PyKeyError>(py);
            if is_missing { PyAttributeError::new_err(text.clone().unbind()) } else { error }
        }),
    }
}

/// `packet.__dict__ = value`.
fn replace_attributes(slf: &Bound<'_, Packet>, value: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
    let value = value.ok_or_else(|| PyTypeError::new_err("cannot delete __dict__"))?;
    let attributes = attributes(slf);
    attributes.clear();
    slf.get().set_filled();
    attributes.update(value.cast::<PyMapping>()?)
}

/// Whether `class` has an attribute of that name that says what setting it does.
fn has_descriptor(class: &Bound<'_, PyType>, name: &Bound<'_, PyString>) -> PyResult<bool> {
    match class.getattr_opt(name)? {
        Some(attribute) => attribute.get_type().hasattr(intern!(class.py(), "__set__")),
        None => Ok(false),
    }
}

/// `__dict__` as dpkt's packets have it, with what had not been asked for yet.
pub fn fill_attributes<'py>(slf: &Bound<'py, Packet>) -> PyResult<Bound<'py, PyDict>> {
    let dict = attributes(slf);
    if slf.get().source().is_none() || slf.get().is_filled() {
        return Ok(dict);
    }
    let rules = Rules::of(slf)?;
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
    slf.get().set_filled();
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
    let Some(source) = slf.get().source().filter(|_| !slf.get().is_filled()) else { return Ok(None) };
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
    Ok(Rules::of(slf)?.get().protocol.lazy.contains(&name))
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

// Descriptors are methods of an object, be it one without contents.
#[allow(clippy::unused_self)]
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
