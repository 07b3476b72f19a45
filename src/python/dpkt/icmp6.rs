//! `dpkt.icmp6.ICMP6`, RFC 4443.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};

use super::layout::Layout;
use super::packet::{Packet, unpack_native};
use super::rules::{PLAIN, Protocol};
use super::source::{Fault, Next, Source, View};

/// Internet Control Message Protocol for IPv6, RFC 4443.
///
/// Attributes
/// ----------
/// type, code : int
///     What the message is.
/// sum : int
///     Checksum.
/// data : Packet or bytes
///     The message, also under the name of its class (`echo`, `unreach` and so on).
#[pyclass(extends = Packet, subclass, frozen, name = "ICMP6", module = "pcapframe.dpkt.icmp6")]
pub struct Icmp6;

const HEADER: usize = 4;

pub static PROTOCOL: Protocol = Protocol { parse, create: Some(|py, packet| super::create(py, packet, Icmp6)), ..PLAIN };

fn parse(py: Python<'_>, layout: &Layout, view: View) -> Result<Source, Fault> {
    let bytes = view.bytes(py);
    let got = bytes.len();
    if got < HEADER {
        return Err(Fault::Short { got, needed: HEADER });
    }
    let next = Next::Type(u32::from(bytes[0]));
    Ok(view.parsed(layout.id, HEADER..got, next))
}

#[pymethods]
impl Icmp6 {
    #[new]
    #[classmethod]
    #[pyo3(signature = (*args, **_kwargs), text_signature = "(*args, **kwargs)")]
    fn new(
        cls: &Bound<'_, PyType>,
        args: &Bound<'_, PyTuple>,
        _kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<PyClassInitializer<Icmp6>> {
        Ok(PyClassInitializer::from(Packet::begin(cls, args)?).add_subclass(Icmp6))
    }

    #[classattr]
    fn __hdr__(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
        (("type", "B", 0), ("code", "B", 0), ("sum", "H", 0)).into_pyobject(py)
    }

    #[classattr]
    fn _typesw(py: Python<'_>) -> Bound<'_, PyDict> {
        PyDict::new(py)
    }

    fn unpack<'py>(slf: &Bound<'py, Self>, buf: &Bound<'py, PyAny>) -> PyResult<()> {
        unpack_native(slf.as_any(), &PROTOCOL, buf)
    }
}
