//! Packets as bytes.

use pyo3::exceptions::PyAttributeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyTuple};

use super::errors::PackError;
use super::layout::Layout;
use super::packet::{Packet, struct_error};
use super::rules::{Protocol, Rules};

/// Length of the declared header plus that of the data.
pub fn plain_length(slf: &Bound<'_, Packet>) -> PyResult<usize> {
    Ok(header_length(slf)? + object_length(&Packet::payload_of(slf)?)?)
}

/// Length of the declared header.
pub fn header_length(slf: &Bound<'_, Packet>) -> PyResult<usize> {
    match &Rules::of(slf)?.get().layout {
        Some(layout) => Ok(layout.get().length),
        None => slf.getattr(intern!(slf.py(), "__hdr_len__"))?.extract(),
    }
}

/// `len(object)`, for packets of the core without a detour through Python.
pub fn object_length(object: &Bound<'_, PyAny>) -> PyResult<usize> {
    if let Ok(bytes) = object.cast_exact::<PyBytes>() {
        return Ok(bytes.as_bytes().len());
    }
    match object.cast::<Packet>() {
        Ok(packet) if !Rules::of(packet)?.get().own_length => (Rules::of(packet)?.get().protocol.length)(packet),
        _ => object.len(),
    }
}

pub fn write_plain(slf: &Bound<'_, Packet>, out: &mut Vec<u8>) -> PyResult<()> {
    write_header(slf, out)?;
    write_object(&Packet::payload_of(slf)?, out)
}

/// The header as the class packs it, be it by a method in Python.
pub fn write_header(slf: &Bound<'_, Packet>, out: &mut Vec<u8>) -> PyResult<()> {
    let rules = Rules::of(slf)?;
    if !rules.get().own_header {
        return (rules.get().protocol.write_header)(slf, out);
    }
    write_object(&slf.call_method0(intern!(slf.py(), "pack_hdr"))?, out)
}

/// The declared fields, packed.
pub fn write_plain_header(slf: &Bound<'_, Packet>, out: &mut Vec<u8>) -> PyResult<()> {
    let py = slf.py();
    let rules = Rules::of(slf)?;
    let Some(layout) = &rules.get().layout else {
        return Err(PyAttributeError::new_err(format!("{} has no __hdr__", slf.get_type().name()?)));
    };
    let layout = layout.get();
    let packet = slf.get();
    let parsed = packet.header(py, layout.id).filter(|header| header.len() >= layout.length);
    if let (Some(header), false) = (parsed, packet.is_edited()) {
        out.extend_from_slice(&header[..layout.length]);
        return Ok(());
    }
    let start = out.len();
    if put_fields(packet, py, layout, parsed, out) {
        return Ok(());
    }
    out.truncate(start);
    out.extend_from_slice(pack_by_struct(slf, layout)?.as_bytes());
    Ok(())
}

/// False if a value is one that only the struct module packs or complains about.
fn put_fields(packet: &Packet, py: Python<'_>, layout: &Layout, parsed: Option<&[u8]>, out: &mut Vec<u8>) -> bool {
    for (index, field) in layout.fields.iter().enumerate() {
        let Some(place) = field.place else { return false };
        let put = match (packet.set_value(py, layout.id, index), parsed) {
            (Some(Some(value)), _) => place.put(&value, out),
            (None, Some(header)) => {
                out.extend_from_slice(&header[place.offset()..place.offset() + place.size()]);
                true
            }
            _ => false,
        };
        if !put {
            return false;
        }
    }
    true
}

/// Values that are tuples are spread: a format may stand for several.
#[cold]
fn pack_by_struct<'py>(slf: &Bound<'py, Packet>, layout: &Layout) -> PyResult<Bound<'py, PyBytes>> {
    let py = slf.py();
    let values = PyList::new(py, [layout.format.as_str()])?;
    for name in &layout.fields_by_name {
        let value = slf.getattr(name.bind(py))?;
        match value.cast::<PyTuple>() {
            Ok(several) => several.iter().try_for_each(|value| values.append(value))?,
            Err(_) => values.append(value)?,
        }
    }
    let packed = py.import("struct")?.getattr("pack")?.call1(values.to_tuple());
    match packed {
        Ok(packed) => Ok(packed.cast_into::<PyBytes>()?),
        Err(error) if error.is_instance(py, &struct_error(py)?) => Err(PackError::new_err(error.value(py).str()?.unbind())),
        Err(error) => Err(error),
    }
}

/// `bytes(object)`, for packets without a detour through Python.
pub fn write_object(object: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> PyResult<()> {
    let py = object.py();
    if let Ok(bytes) = object.cast::<PyBytes>() {
        out.extend_from_slice(bytes.as_bytes());
        return Ok(());
    }
    if let Ok(packet) = object.cast::<Packet>() {
        let rules = Rules::of(packet)?;
        if !rules.get().own_bytes {
            return (rules.get().protocol.write)(packet, out);
        }
    }
    let bytes = py.get_type::<PyBytes>().call1((object,))?.cast_into::<PyBytes>()?;
    out.extend_from_slice(bytes.as_bytes());
    Ok(())
}

/// `bytes(packet)` by the rules of `protocol`.
pub fn written<'py>(slf: &Bound<'py, Packet>, protocol: &Protocol) -> PyResult<Bound<'py, PyBytes>> {
    let mut out = Vec::with_capacity(128);
    (protocol.write)(slf, &mut out)?;
    Ok(PyBytes::new(slf.py(), &out))
}
