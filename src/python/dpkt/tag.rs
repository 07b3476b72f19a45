//! A header that is all there is: VLAN tags, MPLS labels and other shims, whose payload belongs to the packet around them.

use pyo3::prelude::*;
use pyo3::types::{PyAny, PyDict, PyTuple};

use super::layout::Layout;
use super::packet::{Packet, parse_plain, unpack_native};
use super::rules::{PLAIN, Protocol};
use super::source::{Fault, Source, View};

/// Base of headers without data of their own: what follows them in the buffer is left out.
#[pyclass(extends = Packet, subclass, frozen, module = "pcapframe.dpkt.dpkt")]
pub struct Tag;

pub static PROTOCOL: Protocol = Protocol { parse, ..PLAIN };

fn parse(py: Python<'_>, layout: &Layout, view: View) -> Result<Source, Fault> {
    let mut source = parse_plain(py, layout, view)?;
    source.data.end = source.data.start;
    Ok(source)
}

#[pymethods]
impl Tag {
    #[new]
    #[pyo3(signature = (*args, **kwargs))]
    fn new(args: &Bound<'_, PyTuple>, kwargs: Option<&Bound<'_, PyDict>>) -> PyClassInitializer<Tag> {
        PyClassInitializer::from(Packet::blank(args, kwargs)).add_subclass(Tag)
    }

    fn unpack<'py>(slf: &Bound<'py, Self>, buf: &Bound<'py, PyAny>) -> PyResult<()> {
        unpack_native(slf.as_any(), &PROTOCOL, buf)
    }
}
