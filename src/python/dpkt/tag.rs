//! A header that is all there is: VLAN tags, MPLS labels and other shims, whose payload belongs to the packet around them.

use pyo3::prelude::*;
use pyo3::types::{PyAny, PyDict, PyTuple, PyType};

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
    #[classmethod]
    #[pyo3(signature = (*args, **_kwargs), text_signature = "(*args, **kwargs)")]
    fn new(
        cls: &Bound<'_, PyType>,
        args: &Bound<'_, PyTuple>,
        _kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<PyClassInitializer<Tag>> {
        Ok(PyClassInitializer::from(Packet::begin(cls, args)?).add_subclass(Tag))
    }

    fn unpack<'py>(slf: &Bound<'py, Self>, buf: &Bound<'py, PyAny>) -> PyResult<()> {
        unpack_native(slf.as_any(), &PROTOCOL, buf)
    }
}
