//! `dpkt.icmp.ICMP`, RFC 792.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyTuple, PyType};

use super::layout::Layout;
use super::packet::{Packet, unpack_native};
use super::packing::{self, write_plain};
use super::rules::{PLAIN, Protocol};
use super::source::{Fault, Next, Source, View};
use crate::wire::checksum::internet::{complement, sum};

/// Internet Control Message Protocol, RFC 792.
///
/// Attributes
/// ----------
/// type, code : int
///     What the message is.
/// sum : int
///     Checksum.
/// data : Packet or bytes
///     The message, also under the name of its class (`echo`, `unreach` and so on).
#[pyclass(extends = Packet, subclass, frozen, name = "ICMP", module = "pcapframe.dpkt.icmp")]
pub struct Icmp;

const HEADER: usize = 4;

pub static PROTOCOL: Protocol = Protocol { parse, create: Some(|py, packet| super::create(py, packet, Icmp)), write, ..PLAIN };

fn parse(py: Python<'_>, layout: &Layout, view: View) -> Result<Source, Fault> {
    let bytes = view.bytes(py);
    let got = bytes.len();
    if got < HEADER {
        return Err(Fault::Short { got, needed: HEADER });
    }
    let next = Next::Type(u32::from(bytes[0]));
    Ok(view.parsed(layout.id, HEADER..got, next))
}

/// Fills in a checksum that is zero. IGMP does the same.
pub fn write(slf: &Bound<'_, Packet>, out: &mut Vec<u8>) -> PyResult<()> {
    let py = slf.py();
    if !slf.getattr(intern!(py, "sum"))?.is_truthy()? {
        let mut message = Vec::with_capacity(128);
        write_plain(slf, &mut message)?;
        slf.setattr(intern!(py, "sum"), complement(sum(&message)))?;
    }
    write_plain(slf, out)
}

#[pymethods]
impl Icmp {
    #[new]
    #[classmethod]
    #[pyo3(signature = (*args, **_kwargs), text_signature = "(*args, **kwargs)")]
    fn new(
        cls: &Bound<'_, PyType>,
        args: &Bound<'_, PyTuple>,
        _kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<PyClassInitializer<Icmp>> {
        Ok(PyClassInitializer::from(Packet::begin(cls, args)?).add_subclass(Icmp))
    }

    #[classattr]
    fn __hdr__(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
        (("type", "B", 8), ("code", "B", 0), ("sum", "H", 0)).into_pyobject(py)
    }

    #[classattr]
    fn _typesw(py: Python<'_>) -> Bound<'_, PyDict> {
        PyDict::new(py)
    }

    fn __bytes__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyBytes>> {
        packing::written(slf.as_super(), &PROTOCOL)
    }

    fn unpack<'py>(slf: &Bound<'py, Self>, buf: &Bound<'py, PyAny>) -> PyResult<()> {
        unpack_native(slf.as_any(), &PROTOCOL, buf)
    }
}
