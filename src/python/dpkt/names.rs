//! Attributes of the core's classes by name, found without asking Python: what is looked up most in a loop over packets.
//!
//! Compiled Python code has each name once, as an interned string, so that the object's address is enough to find it. A name
//! that comes from elsewhere is not found here, and Python finds the same attribute by its own way.

use std::sync::atomic::{AtomicU32, Ordering};

use pyo3::prelude::*;
use pyo3::types::{PyString, PyType};

use super::field::{Bits, Field, Place};
use super::table::version;

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

struct Entry {
    name: Py<PyString>,
    access: Access,
    /// What the class has under this name, unless it is made when asked for.
    attribute: Option<Py<PyAny>>,
}

/// The attributes of one class: a table with open addressing, a power of two in size and at most half full.
pub struct Names {
    layout: u32,
    slots: Vec<Option<Entry>>,
    /// The version of the class for which the table is known to hold.
    version: AtomicU32,
}

impl Names {
    /// The declared fields of `class`, the parts of fields, `data`, and the names in `lazy`.
    pub fn of(class: &Bound<'_, PyType>, layout: u32, lazy: &[&str]) -> PyResult<Names> {
        let py = class.py();
        let data = PyString::intern(py, "data");
        let mut found =
            vec![Entry { attribute: Some(class.getattr(&data)?.unbind()), name: data.unbind(), access: Access::Data }];
        let lazy = lazy.iter().map(|name| PyString::intern(py, name).unbind());
        found.extend(lazy.map(|name| Entry { name, access: Access::Lazy, attribute: None }));
        for name in class.dir()? {
            let name = name.cast_into::<PyString>()?;
            let attribute = class.getattr(&name)?;
            if let Ok(field) = attribute.cast::<Field>()
                && let Some(access) = field.get().access()
            {
                let name = PyString::intern(py, name.to_str()?).unbind();
                found.push(Entry { name, access, attribute: Some(attribute.unbind()) });
            }
        }
        let mut names = Names { layout, slots: Vec::new(), version: AtomicU32::new(0) };
        names.slots.resize_with((found.len() * 2).next_power_of_two(), || None);
        for entry in found {
            let at = names.place(entry.name.as_ptr() as usize);
            names.slots[at] = Some(entry);
        }
        Ok(names)
    }

    pub fn layout(&self) -> u32 {
        self.layout
    }

    /// The attribute of this name of `class`; None if there is none, or if the class's attributes were replaced.
    #[inline(always)]
    pub fn find(&self, class: &Bound<'_, PyType>, name: &Bound<'_, PyAny>) -> Option<Access> {
        let entry = self.slots[self.place(name.as_ptr() as usize)].as_ref()?;
        self.hold(class).then_some(entry.access)
    }

    /// Whether the class still has all attributes as they were.
    #[inline(always)]
    pub fn hold(&self, class: &Bound<'_, PyType>) -> bool {
        version(class) == self.version.load(Ordering::Relaxed) || self.still_hold(class)
    }

    #[cold]
    fn still_hold(&self, class: &Bound<'_, PyType>) -> bool {
        let is_same = |entry: &Entry| match &entry.attribute {
            Some(attribute) => class.getattr(&entry.name).is_ok_and(|now| now.is(attribute)),
            None => true,
        };
        let holds = self.slots.iter().flatten().all(is_same);
        if holds {
            self.version.store(version(class), Ordering::Relaxed);
        }
        holds
    }

    /// Where this name is, or where it would go.
    #[inline(always)]
    fn place(&self, address: usize) -> usize {
        let mask = self.slots.len() - 1;
        // Objects lie at multiples of 16.
        let mut at = (address >> 4 ^ address >> 10) & mask;
        while self.slots[at].as_ref().is_some_and(|entry| entry.name.as_ptr() as usize != address) {
            at = (at + 1) & mask;
        }
        at
    }
}
