//! Attributes of the core's classes by name, found without asking Python: what is looked up most in a loop over packets.
//!
//! Compiled Python code has each name once, as an interned string, so that the object's address is enough to find it. A name
//! that comes from elsewhere is not found here, and Python finds the same attribute by its own way.

use pyo3::prelude::*;
use pyo3::types::{PyString, PyType};

use super::field::{Bits, Field, Place};

/// How an attribute is read.
#[derive(Clone, Copy)]
pub enum Access {
    Data,
    /// Made when it is asked for.
    Lazy,
    Field {
        index: usize,
        place: Place,
    },
    Part {
        index: usize,
        place: Place,
        bits: Bits,
    },
}

/// The attributes of one class: a table with open addressing, a power of two in size and at most half full.
pub struct Names {
    layout: u32,
    slots: Vec<Option<(Py<PyString>, Access)>>,
}

impl Names {
    /// The declared fields of `class`, the parts of fields, `data`, and the names in `lazy`.
    pub fn of(class: &Bound<'_, PyType>, layout: u32, lazy: &[&str]) -> PyResult<Names> {
        let py = class.py();
        let mut found = vec![(PyString::intern(py, "data"), Access::Data)];
        found.extend(lazy.iter().map(|name| (PyString::intern(py, name), Access::Lazy)));
        for attribute in class.dir()? {
            let name = attribute.cast_into::<PyString>()?;
            if let Ok(field) = class.getattr(&name)?.cast::<Field>()
                && let Some(access) = field.get().access()
            {
                found.push((PyString::intern(py, name.to_str()?), access));
            }
        }
        let mut names = Names { layout, slots: Vec::new() };
        names.slots.resize_with((found.len() * 2).next_power_of_two(), || None);
        for (name, access) in found {
            let at = names.place(name.as_ptr() as usize);
            names.slots[at] = Some((name.unbind(), access));
        }
        Ok(names)
    }

    pub fn layout(&self) -> u32 {
        self.layout
    }

    #[inline(always)]
    pub fn find(&self, name: &Bound<'_, PyAny>) -> Option<Access> {
        self.slots[self.place(name.as_ptr() as usize)].as_ref().map(|(_, access)| *access)
    }

    /// Where this name is, or where it would go.
    #[inline(always)]
    fn place(&self, address: usize) -> usize {
        let mask = self.slots.len() - 1;
        // Objects lie at multiples of 16.
        let mut at = (address >> 4 ^ address >> 10) & mask;
        while self.slots[at].as_ref().is_some_and(|(name, _)| name.as_ptr() as usize != address) {
            at = (at + 1) & mask;
        }
        at
    }
}
