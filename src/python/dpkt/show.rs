//! Packets as text, and as state for pickle and copy.

use pyo3::exceptions::{PyAttributeError, PyKeyError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString, PyTuple};

use super::dictionary::fill_attributes;
use super::layout::public_fields;
use super::packet::Packet;

/// `Class(field=value, ..., data=...)` with the fields that differ from their defaults.
pub fn repr(slf: &Bound<'_, Packet>) -> PyResult<String> {
    let py = slf.py();
    let mut parts = Vec::new();
    for name in public_fields(&slf.get_type())? {
        let name = name.cast_into::<PyString>()?;
        let value = slf.getattr(&name)?;
        if !is_default(slf, intern!(py, "__hdr_defaults__"), &name, &value)?
            && !is_default(slf, intern!(py, "__bit_fields_defaults__"), &name, &value)?
        {
            parts.push(format!("{name}={}", value.repr()?));
        }
    }
    for (name, value) in extras(slf)? {
        parts.push(format!("{name}={}", value.repr()?));
    }
    let data = slf.getattr(intern!(py, "data"))?;
    if data.is_truthy()? {
        parts.push(format!("data={}", data.repr()?));
    }
    Ok(format!("{}({})", slf.get_type().name()?, parts.join(", ")))
}

fn is_default(
    slf: &Bound<'_, Packet>,
    table: &Bound<'_, PyString>,
    name: &Bound<'_, PyString>,
    value: &Bound<'_, PyAny>,
) -> PyResult<bool> {
    let Ok(defaults) = slf.getattr(table) else { return Ok(false) };
    if defaults.contains(name)? { value.eq(defaults.get_item(name)?) } else { Ok(false) }
}

/// Attributes beside the fields, but for private ones and the payload under its class's name.
fn extras<'py>(slf: &Bound<'py, Packet>) -> PyResult<Vec<(String, Bound<'py, PyAny>)>> {
    let data = slf.getattr(intern!(slf.py(), "data"))?;
    let payload = data.get_type().name()?.to_cow()?.to_lowercase();
    let mut extras = Vec::new();
    for (name, value) in fill_attributes(slf)? {
        let name: String = name.extract()?;
        if !name.starts_with('_') && name != payload {
            extras.push((name, value));
        }
    }
    Ok(extras)
}

/// Prints a field a line, and the layers below with more indentation.
pub fn pprint(slf: &Bound<'_, Packet>, indent: usize) -> PyResult<()> {
    let py = slf.py();
    let class = slf.get_type().name()?;
    let print = py.import("builtins")?.getattr("print")?;
    let margin = " ".repeat(indent);
    print.call1((format!("{class}("),))?;
    for line in lines(slf)? {
        print.call1((&margin, line))?;
    }
    let data = slf.getattr(intern!(py, "data"))?;
    if data.is_truthy()? {
        if data.cast::<Packet>().is_ok() {
            let same_line = PyDict::new(py);
            same_line.set_item("end", "")?;
            print.call((&margin, "data="), Some(&same_line))?;
            data.call_method1("pprint", (indent + 2,))?;
        } else {
            print.call1((&margin, format!("data={}", data.repr()?)))?;
        }
    }
    print.call1((format!("{})  # {class}", " ".repeat(indent.saturating_sub(1))),))?;
    Ok(())
}

fn lines(slf: &Bound<'_, Packet>) -> PyResult<Vec<String>> {
    let mut lines = Vec::new();
    for name in public_fields(&slf.get_type())? {
        let name = name.cast_into::<PyString>()?;
        let value = slf.getattr(&name)?;
        lines.push(line(slf, &name.to_cow()?, &value)?);
    }
    for (name, value) in extras(slf)? {
        match value.cast_exact::<PyList>() {
            Ok(list) if !list.is_empty() => {
                lines.push(format!("{name}=["));
                for item in list {
                    lines.push(format!("  {},", item.repr()?));
                }
                lines.push("],".to_owned());
            }
            _ => lines.push(line(slf, &name, &value)?),
        }
    }
    Ok(lines)
}

/// With the reading of `__pprint_funcs__` beside it, if there is one.
fn line(slf: &Bound<'_, Packet>, name: &str, value: &Bound<'_, PyAny>) -> PyResult<String> {
    let plain = format!("{name}={},", value.repr()?);
    let Ok(readings) = slf.getattr("__pprint_funcs__") else { return Ok(plain) };
    let Ok(reading) = readings.get_item(name) else { return Ok(plain) };
    match reading.call1((value,)) {
        Ok(text) => Ok(format!("{plain}  # {}", text.str()?)),
        Err(error) if error.is_instance_of::<PyAttributeError>(slf.py()) || error.is_instance_of::<PyKeyError>(slf.py()) => {
            Ok(plain)
        }
        Err(error) => Err(error),
    }
}

/// For pickle and copy: the class, and all values by name.
pub fn reduce<'py>(slf: &Bound<'py, Packet>) -> PyResult<Bound<'py, PyTuple>> {
    let py = slf.py();
    let values = PyDict::new(py);
    if let Ok(names) = slf.getattr(intern!(py, "__hdr_fields__")) {
        for name in names.try_iter()? {
            let name = name?.cast_into::<PyString>()?;
            // A field that was deleted stays so.
            if let Ok(value) = slf.getattr(&name) {
                values.set_item(name, value)?;
            }
        }
    }
    values.set_item("data", slf.getattr("data")?)?;
    let attributes = fill_attributes(slf)?.copy()?;
    let rebuild = py.import("copyreg")?.getattr("__newobj__")?;
    // What a memoryview shows is pickled as bytes.
    if let Ok(view) = values.get_item("data")?.expect("just set").cast::<pyo3::types::PyMemoryView>() {
        values.set_item("data", view.call_method0("tobytes")?.cast_into::<PyBytes>()?)?;
    }
    (rebuild, (slf.get_type(),), (attributes, values)).into_pyobject(py)
}
