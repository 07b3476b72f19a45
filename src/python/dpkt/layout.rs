//! What a class declares in `__hdr__`, `__byte_order__` and `__bit_fields__`, worked out once a class: where each field lies.
//!
//! As in dpkt, a declaration becomes attributes of the class: `__hdr_fields__`, `__hdr_fmt__`, `__hdr_len__`,
//! `__hdr_defaults__`, `__bit_fields_defaults__` and one descriptor ([`Field`]) a field.

use std::sync::atomic::{AtomicU32, Ordering};

use pyo3::exceptions::PyAssertionError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple, PyType};

use super::field::{Bits, Field, Place};
use super::packet::Packet;

/// The header of a class.
#[pyclass(frozen, module = "pcapframe.dpkt.dpkt")]
pub struct Layout {
    /// Tells this declaration from all others, so that the descriptors of one class never read the packets of another.
    pub id: u32,
    pub length: usize,
    pub format: String,
    pub fields: Vec<Declared>,
    pub fields_by_name: Vec<Py<PyString>>,
}

/// One line of `__hdr__`.
pub struct Declared {
    /// None for a format that only the `struct` module reads: several values in one, padding, floats.
    pub place: Option<Place>,
    pub default: Py<PyAny>,
    /// A default that could be changed in place, such as a list, is copied for each packet.
    pub mutable: bool,
}

impl Layout {
    /// The layout of `class`: its own or its base's.
    pub fn of<'py>(class: &Bound<'py, PyType>) -> Option<Bound<'py, Layout>> {
        class.getattr(intern!(class.py(), "__layout__")).ok()?.cast_into::<Layout>().ok()
    }

    /// Whether all fields can be read where they lie.
    pub fn is_plain(&self) -> bool {
        self.fields.iter().all(|field| field.place.is_some())
    }

    pub fn name(&self, place: usize) -> &Py<PyString> {
        &self.fields_by_name[place]
    }
}

static NEXT_ID: AtomicU32 = AtomicU32::new(1);

/// Turns the declarations of `class` into attributes of it; called for each class as it is made.
pub fn declare(class: &Bound<'_, PyType>) -> PyResult<()> {
    let py = class.py();
    class.setattr(intern!(py, "__public_fields__"), py.None())?;
    let own = class.getattr(intern!(py, "__dict__"))?;
    let redeclared = ["__hdr__", "__byte_order__", "__bit_fields__"].into_iter().any(|name| own.contains(name).unwrap_or(false));
    if !redeclared {
        return Ok(());
    }
    let Ok(header) = class.getattr(intern!(py, "__hdr__")) else { return Ok(()) };
    let layout = Bound::new(py, Layout::read(class, &header)?)?;
    publish(class, &layout)?;
    declare_bits(class, &layout)
}

impl Layout {
    fn read(class: &Bound<'_, PyType>, header: &Bound<'_, PyAny>) -> PyResult<Layout> {
        let py = class.py();
        let order = match class.getattr(intern!(py, "__byte_order__")) {
            Ok(order) => order.extract::<String>()?,
            Err(_) => ">".to_owned(),
        };
        let mut format = order.clone();
        let mut fields = Vec::new();
        let mut fields_by_name = Vec::new();
        let lines: Vec<Bound<'_, PyAny>> = header.try_iter()?.collect::<PyResult<_>>()?;
        for line in &lines {
            let (name, code, default): (Bound<'_, PyString>, String, Bound<'_, PyAny>) =
                (line.get_item(0)?.cast_into()?, line.get_item(1)?.extract()?, line.get_item(2)?);
            let offset = calcsize(py, &format)?;
            format.push_str(&code);
            // Native order pads fields ('@'): what it gives is taken only for a header of one field.
            let order = if order == "@" && lines.len() > 1 { "?" } else { &order };
            fields.push(Declared {
                place: Place::of(order, &code, offset),
                mutable: !is_immutable(&default),
                default: default.unbind(),
            });
            fields_by_name.push(name.unbind());
        }
        let length = calcsize(py, &format)?;
        Ok(Layout { id: NEXT_ID.fetch_add(1, Ordering::Relaxed), length, format, fields, fields_by_name })
    }
}

fn calcsize(py: Python<'_>, format: &str) -> PyResult<usize> {
    py.import("struct")?.call_method1("calcsize", (format,))?.extract()
}

fn is_immutable(value: &Bound<'_, PyAny>) -> bool {
    value.is_none()
        || value.is_instance_of::<PyInt>()
        || value.is_instance_of::<PyBytes>()
        || value.is_instance_of::<PyString>()
        || value.is_instance_of::<PyFloat>()
        || value.is_instance_of::<PyTuple>()
}

fn publish(class: &Bound<'_, PyType>, layout: &Bound<'_, Layout>) -> PyResult<()> {
    let py = class.py();
    let inner = layout.get();
    let defaults = PyDict::new(py);
    for (name, field) in inner.fields_by_name.iter().zip(&inner.fields) {
        defaults.set_item(name, &field.default)?;
    }
    class.setattr("__layout__", layout)?;
    class.setattr("__hdr_fields__", PyList::new(py, &inner.fields_by_name)?)?;
    class.setattr("__hdr_fmt__", &inner.format)?;
    class.setattr("__hdr_len__", inner.length)?;
    class.setattr("__hdr_defaults__", defaults)?;
    for (index, name) in inner.fields_by_name.iter().enumerate() {
        let field = Field::whole(name.clone_ref(py), inner, index);
        class.setattr(name.bind(py), Bound::new(py, field)?)?;
    }
    Ok(())
}

fn declare_bits(class: &Bound<'_, PyType>, layout: &Bound<'_, Layout>) -> PyResult<()> {
    let py = class.py();
    let Ok(groups) = class.getattr(intern!(py, "__bit_fields__")) else { return Ok(()) };
    if !groups.is_truthy()? {
        return Ok(());
    }
    let defaults = PyDict::new(py);
    class.setattr("__bit_fields_defaults__", &defaults)?;
    for index in 0..layout.get().fields.len() {
        let holder = layout.get().name(index).bind(py);
        if groups.contains(holder)? {
            declare_group(class, layout, index, &groups.get_item(holder)?, &defaults)?;
        }
    }
    Ok(())
}

/// The bit fields inside one field, most significant first.
fn declare_group(
    class: &Bound<'_, PyType>,
    layout: &Bound<'_, Layout>,
    index: usize,
    group: &Bound<'_, PyAny>,
    defaults: &Bound<'_, PyDict>,
) -> PyResult<()> {
    let py = class.py();
    let inner = layout.get();
    let holder = inner.name(index).bind(py);
    let parts: Vec<(Bound<'_, PyString>, u32)> = group.try_iter()?.map(|part| part?.extract()).collect::<PyResult<_>>()?;
    let total: u32 = parts.iter().map(|(_, bits)| bits).sum();
    let size = inner.fields[index].place.as_ref().map_or(0, |place| place.size());
    if total as usize != size * 8 || total > 64 {
        let message = format!("the bit fields of {holder} are {total} bits together, but its format has {} bits", size * 8);
        return Err(PyAssertionError::new_err(message));
    }
    let whole: u64 = inner.fields[index].default.bind(py).extract()?;
    let mut above = 0;
    for (name, bits) in parts {
        above += bits;
        // A leading underscore marks reserved bits, which get no attribute.
        if name.to_cow()?.starts_with('_') {
            continue;
        }
        let bits = Bits { shift: total - above, bits };
        defaults.set_item(&name, bits.of(whole))?;
        let field = Field::part(name.clone().unbind(), inner, index, bits);
        class.setattr(&name, Bound::new(py, field)?)?;
    }
    Ok(())
}

/// Names that `repr` and `pprint` show: public fields, and the parts of fields such as `_v_hl`.
pub fn public_fields<'py>(class: &Bound<'py, PyType>) -> PyResult<Bound<'py, PyList>> {
    let py = class.py();
    let known = class.getattr(intern!(py, "__public_fields__"))?;
    if let Ok(known) = known.cast_into::<PyList>() {
        return Ok(known);
    }
    let names = PyList::empty(py);
    if let Some(layout) = Layout::of(class) {
        for name in &layout.get().fields_by_name {
            append_public(class, name.to_str(py)?, &names)?;
        }
    }
    class.setattr(intern!(py, "__public_fields__"), &names)?;
    Ok(names)
}

fn append_public(class: &Bound<'_, PyType>, name: &str, names: &Bound<'_, PyList>) -> PyResult<()> {
    let Some(hidden) = name.strip_prefix('_') else { return names.append(name) };
    if !hidden.contains('_') {
        return Ok(());
    }
    let groups = class.getattr(intern!(class.py(), "__bit_fields__")).ok();
    if let Some(group) = groups.and_then(|groups| groups.get_item(name).ok()) {
        for part in group.try_iter()? {
            let part: String = part?.get_item(0)?.extract()?;
            append_property(class, &part, names)?;
        }
        return Ok(());
    }
    let words: Vec<&str> = hidden.split('_').collect();
    let pairs = words.windows(2).map(|pair| pair.join("_"));
    for candidate in words.iter().map(|word| (*word).to_owned()).chain(pairs) {
        append_property(class, &candidate, names)?;
    }
    Ok(())
}

fn append_property(class: &Bound<'_, PyType>, name: &str, names: &Bound<'_, PyList>) -> PyResult<()> {
    let Ok(attribute) = class.getattr(name) else { return Ok(()) };
    let is_property = attribute.cast::<Field>().is_ok_and(|field| field.get().is_part())
        || attribute.get_type().name()?.to_cow()? == "property";
    if is_property { names.append(name) } else { Ok(()) }
}

/// Whether instances of `class` run a method of that name written in Python and not the core's.
pub fn overridden(class: &Bound<'_, PyType>, name: &str) -> PyResult<bool> {
    let py = class.py();
    for ancestor in class.mro() {
        let ancestor = ancestor.cast_into::<PyType>()?;
        if ancestor.getattr(intern!(py, "__dict__"))?.contains(name)? {
            let method = ancestor.getattr(intern!(py, "__dict__"))?.get_item(name)?;
            let kind = method.get_type().name()?;
            let kind = kind.to_cow()?;
            return Ok(!matches!(&*kind, "method_descriptor" | "wrapper_descriptor"));
        }
        if ancestor.is(py.get_type::<Packet>()) {
            break;
        }
    }
    Ok(false)
}
