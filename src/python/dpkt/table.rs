//! The dispatch table of a class of the core (`_typesw` or `_protosw`), which users may change or replace.

use once_cell::sync::OnceCell;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyInt, PyString, PyType};

/// EtherType of what most frames carry.
const IPV4: u32 = 0x0800;

/// The table as it was first found. Changes in it are seen, for it is the same object; another table in its place makes
/// another version of the class, and the table is looked up each time from then on.
#[derive(Default)]
pub struct Table(OnceCell<Found>);

struct Found {
    version: u32,
    table: Py<PyDict>,
    /// The key for IPv4 itself: Python makes a new object for each number that is not small, and compares them by value.
    ipv4: Option<Py<PyAny>>,
}

impl Table {
    /// The entry of `class` for `number` in the table of this name.
    pub fn entry<'py>(
        &self,
        class: &Bound<'py, PyType>,
        name: &Bound<'py, PyString>,
        number: u32,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = class.py();
        if let Some(found) = self.0.get()
            && found.version == version(class)
        {
            let table = found.table.bind(py);
            return match &found.ipv4 {
                Some(key) if number == IPV4 => table.get_item(key),
                _ => table.get_item(number),
            };
        }
        let table = class.getattr(name)?;
        if let (Ok(table), 1..) = (table.cast_exact::<PyDict>(), version(class)) {
            let ipv4 = table.keys().iter().find(|key| key.eq(IPV4).unwrap_or(false)).map(Bound::unbind);
            let _ = self.0.set(Found { version: version(class), table: table.clone().unbind(), ipv4 });
        }
        entry(&table, number)
    }
}

/// What any table has for a number.
pub fn entry<'py>(table: &Bound<'py, PyAny>, number: u32) -> PyResult<Option<Bound<'py, PyAny>>> {
    match table.get_item(PyInt::new(table.py(), number)) {
        Ok(class) => Ok(Some(class)),
        Err(error) if error.is_instance_of::<pyo3::exceptions::PyKeyError>(table.py()) => Ok(None),
        Err(error) => Err(error),
    }
}

/// A number that changes whenever an attribute of the class does; 0 if that can not be told.
#[cfg(not(feature = "abi3"))]
pub fn version(class: &Bound<'_, PyType>) -> u32 {
    // SAFETY: a live type object, whose field Python itself reads without a lock.
    unsafe { (*class.as_type_ptr()).tp_version_tag }
}

#[cfg(feature = "abi3")]
pub fn version(_: &Bound<'_, PyType>) -> u32 {
    0
}
