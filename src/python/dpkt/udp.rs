//! `dpkt.udp.UDP`, RFC 768.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};

use super::packet::Packet;
use super::rules::{PLAIN, Protocol};

/// User Datagram Protocol, RFC 768.
///
/// Attributes
/// ----------
/// sport, dport : int
///     Ports.
/// ulen : int
///     Length of header and data as the header says it.
/// sum : int
///     Checksum.
/// data : bytes
///     The datagram's payload.
#[pyclass(extends = Packet, subclass, frozen, name = "UDP", module = "pcapframe.dpkt.udp")]
pub struct Udp;

pub static PROTOCOL: Protocol = Protocol { create: Some(|py, packet| super::create(py, packet, Udp)), ..PLAIN };

#[pymethods]
impl Udp {
    #[new]
    #[classmethod]
    #[pyo3(signature = (*args, **_kwargs), text_signature = "(*args, **kwargs)")]
    fn new(
        cls: &Bound<'_, PyType>,
        args: &Bound<'_, PyTuple>,
        _kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<PyClassInitializer<Udp>> {
        Ok(PyClassInitializer::from(Packet::begin(cls, args)?).add_subclass(Udp))
    }

    #[classattr]
    fn __hdr__(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
        (("sport", "H", 0xdead), ("dport", "H", 0), ("ulen", "H", 8), ("sum", "H", 0)).into_pyobject(py)
    }
}
