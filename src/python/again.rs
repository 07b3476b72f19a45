//! Columns that were not read, read again from the source.

use std::fs::File;
use std::sync::Arc;

use pyo3::prelude::*;

use super::frame::{Frame, Origin, Place};
use super::read::watched;
use crate::capture::Source;
use crate::capture::stream::{Ahead, Stream, Wanted};
use crate::capture::walk::Opened;
use crate::columns;
use crate::columns::frame::Selection;
use crate::columns::scratch::Plan;
use crate::columns::table::{find, place};
use crate::error::{Error, Result};
use crate::read::{Dictionaries, Monitor, Options, Part, join, read_part};
use crate::scan::Scan;

/// The same packets with the columns of these names; None if the source can not be read again.
pub fn with_columns(py: Python<'_>, frame: &Frame, names: &[&str]) -> PyResult<Option<columns::Frame>> {
    let sources = &frame.origin.sources;
    let Some(context) = &frame.origin.context else { return Ok(None) };
    if sources.iter().any(|source| matches!(source.place, Place::Gone)) {
        return Ok(None);
    }
    let plan = Plan::new(names.iter().map(|name| place(name)).collect());
    let mut options = Options::new(plan);
    options.context.decapsulate = context.decapsulate;
    options.context.ports = context.ports.clone();
    watched(py, None, None, |monitor| {
        let (mut pieces, mut rows, mut dictionaries) = (Vec::new(), 0, Dictionaries::default());
        for source in sources {
            let part = read_source(source, &options, dictionaries, monitor)?;
            rows += part.rows;
            pieces.push(part.buffers);
            dictionaries = part.dictionaries;
        }
        select(&join(pieces, rows, dictionaries, &options, 0)?, frame)
    })
    .map(Some)
}

#[pymethods]
impl Frame {
    /// The same packets with columns of these names; None if the source can not be read again.
    #[pyo3(name = "with_columns")]
    fn reread(&self, py: Python<'_>, names: Vec<String>) -> PyResult<Option<Self>> {
        let known: Vec<&str> = names.iter().map(String::as_str).filter(|name| find(name).is_some()).collect();
        let here = |name: &&str| self.data.visible().any(|(_, column)| column.name == *name);
        if known.iter().all(here) {
            return Ok(Some(Self::new(self.data.clone(), Arc::clone(&self.origin))));
        }
        Ok(with_columns(py, self, &known)?.map(|data| Self::new(data, Arc::clone(&self.origin))))
    }
}

fn read_source(source: &Origin, options: &Options, dictionaries: Dictionaries, monitor: &mut dyn Monitor) -> Result<Part> {
    match &source.place {
        Place::Memory(bytes) => Ok(read_part(bytes, options, dictionaries, monitor)?.0),
        Place::File(path, stamp) => Ok(read_part(&Source::reopen(path, *stamp)?, options, dictionaries, monitor)?.0),
        Place::Compressed(path, stamp) => {
            Source::reopen(path, *stamp)?;
            // It was decompressed once, so it is no bomb.
            let file = File::open(path)?;
            let stream = Stream::open(Box::new(move || Ok(Box::new(file))), Wanted::default(), u64::MAX, Ahead::default())?;
            let opened = Opened::begin(stream, options.resync, &mut |taken| monitor.progress(taken, 0))?;
            Scan::new(vec![opened], options.clone(), 0).rest(dictionaries, monitor)
        }
        Place::Gone => Err(Error::NotKept),
    }
}

/// Those rows of all that a frame has.
fn select(all: &columns::Frame, frame: &Frame) -> Result<columns::Frame> {
    let rows = frame.data.rows();
    let missing = (0..rows).map(|row| frame.data.source_row(row)).find(|row| *row >= all.rows() as u64);
    if let Some(row) = missing {
        return Err(Error::PacketGone { row });
    }
    match frame.data.selection() {
        Selection::From(first) => Ok(all.slice(*first as usize..*first as usize + rows)),
        Selection::Rows(numbers) => all.take(&Arc::clone(numbers).iter().map(|row| *row as usize).collect::<Vec<_>>()),
    }
}
