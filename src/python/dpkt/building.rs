//! Packets from keywords: the defaults, with what was given in their place.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use super::edits::{Edit, Edits};
use super::layout::Layout;
use super::packet::Packet;
use super::rules::Rules;

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

/// A class's fields before any is given.
pub fn defaults(py: Python<'_>, layout: &Layout) -> PyResult<Vec<Edit>> {
    let mut fields = Vec::with_capacity(layout.fields.len());
    for field in &layout.fields {
        let default = if field.mutable {
            py.import("copy")?.call_method1("copy", (&field.default,))?.unbind()
        } else {
            field.default.clone_ref(py)
        };
        fields.push(Edit::Set(default));
    }
    Ok(fields)
}
