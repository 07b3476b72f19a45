//! What was set in a packet since it was parsed, or all there is of a packet built from keywords.

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;

#[derive(Default)]
pub struct Edits {
    layout: u32,
    fields: Vec<Edit>,
    pub data: Edit,
}

#[derive(Default)]
pub enum Edit {
    #[default]
    None,
    Set(Py<PyAny>),
    Deleted,
}

impl Edits {
    /// All fields, and the data if it was given.
    pub fn new(layout: u32, fields: Vec<Edit>, data: Option<Py<PyAny>>) -> Edits {
        Edits { layout, fields, data: data.map_or(Edit::None, Edit::Set) }
    }

    #[inline(always)]
    pub fn field(&self, layout: u32, index: usize) -> &Edit {
        match self.fields.get(index) {
            Some(edit) if self.layout == layout => edit,
            _ => &Edit::None,
        }
    }

    /// Puts an edit in a field's place and gives back what was there. Fields of two layouts at once are not kept: a class has
    /// one.
    pub fn put(&mut self, layout: u32, index: usize, edit: Edit) -> Edit {
        self.layout = layout;
        if self.fields.len() <= index {
            self.fields.resize_with(index + 1, Edit::default);
        }
        std::mem::replace(&mut self.fields[index], edit)
    }

    pub fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        for edit in self.fields.iter().chain([&self.data]) {
            if let Edit::Set(value) = edit {
                visit.call(value)?;
            }
        }
        Ok(())
    }
}
