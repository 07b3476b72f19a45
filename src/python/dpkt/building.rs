//! Packets from keywords: the defaults, with what was given in their place.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyInt, PyString};

use super::edits::{Edit, Edits};
use super::layout::Layout;
use super::names::Access;
use super::packet::Packet;
use super::rules::{Native, Rules};

/// Which fields were given, a bit each: no header has as many as 64.
pub type Given = u64;

/// `__init__` without a buffer.
pub fn init(slf: &Bound<'_, Packet>, keywords: Option<&Bound<'_, PyDict>>) -> PyResult<()> {
    let rules = Rules::of(slf)?;
    let Rules { layout, protocol, .. } = rules.get();
    let mut given = 0;
    if let Some(layout) = layout {
        slf.get().replace_edits(Edits::new(layout.get().id, defaults(slf.py(), layout.get())?, None));
        for (index, name) in layout.get().fields_by_name.iter().enumerate().take(64) {
            let is_given = keywords.is_some_and(|keywords| keywords.contains(name).unwrap_or(false));
            given |= Given::from(is_given) << index;
        }
    }
    for (name, value) in keywords.into_iter().flatten() {
        slf.setattr(name.cast::<PyString>()?, value)?;
    }
    protocol.built.map_or(Ok(()), |finish| finish(slf, given))
}

fn defaults(py: Python<'_>, layout: &Layout) -> PyResult<Vec<Edit>> {
    let mut fields = Vec::with_capacity(layout.fields.len());
    for field in &layout.fields {
        let default = match field.mutable {
            true => py.import("copy")?.call_method1("copy", (&field.default,))?.unbind(),
            false => field.default.clone_ref(py),
        };
        fields.push(Edit::Set(default));
    }
    Ok(fields)
}

/// The same for a class of the core, whose fields are put in place before there is an object.
pub fn build<'py>(
    py: Python<'py>,
    native: &'static Native,
    keywords: impl Iterator<Item = (Bound<'py, PyAny>, Bound<'py, PyAny>)>,
) -> PyResult<Bound<'py, Packet>> {
    let Rules { layout, protocol, .. } = native.rules.get();
    let (Some(layout), Some(names), Some(create)) = (layout, &native.names, protocol.create) else {
        return Err(pyo3::exceptions::PySystemError::new_err("this class is not made by the core"));
    };
    let mut fields = defaults(py, layout.get())?;
    let mut given = 0;
    let mut data = None;
    let mut others = Vec::new();
    for (name, value) in keywords {
        match names.find(native.class.bind(py), &name) {
            Some(Access::Data) => data = Some(value.unbind()),
            Some(Access::Field { index, .. }) => {
                given |= 1 << index;
                fields[index] = Edit::Set(value.unbind());
            }
            Some(Access::Part { index, bits, .. }) if others.is_empty() => match part(py, &fields[index], bits, &value) {
                Some(whole) => fields[index] = Edit::Set(whole),
                None => others.push((name, value)),
            },
            _ => others.push((name, value)),
        }
    }
    let packet = create(py, Packet::unfinished(native, Edits::new(layout.get().id, fields, data)))?;
    for (name, value) in others {
        packet.setattr(name.cast::<PyString>()?, value)?;
    }
    protocol.built.map_or(Ok(()), |finish| finish(&packet, given))?;
    Ok(packet)
}

/// The field with some of its bits replaced; None if that is for the descriptor to do, or to complain about.
fn part(py: Python<'_>, field: &Edit, bits: super::field::Bits, value: &Bound<'_, PyAny>) -> Option<Py<PyAny>> {
    let Edit::Set(whole) = field else { return None };
    let (whole, value): (u64, u64) = (whole.bind(py).extract().ok()?, value.extract().ok()?);
    let replaced = bits.try_replaced(whole, value)?;
    Some(PyInt::new(py, replaced).into_any().unbind())
}
