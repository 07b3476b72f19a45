//! `dpkt.arp.ARP`, RFC 826.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};

use super::packet::Packet;
use super::rules::{PLAIN, Protocol};

/// Address Resolution Protocol, RFC 826, for Ethernet and IPv4.
///
/// Attributes
/// ----------
/// hrd, pro : int
///     Kind of hardware and of protocol.
/// hln, pln : int
///     Length of an address of either.
/// op : int
///     Operation: `ARP_OP_REQUEST`, `ARP_OP_REPLY` and so on.
/// sha, spa, tha, tpa : bytes
///     Hardware and protocol address of sender and target.
#[pyclass(extends = Packet, subclass, frozen, name = "ARP", module = "pcapframe.dpkt.arp")]
pub struct Arp;

pub static PROTOCOL: Protocol = Protocol { create: Some(|py, packet| super::create(py, packet, Arp)), ..PLAIN };

#[pymethods]
impl Arp {
    #[new]
    #[classmethod]
    #[pyo3(signature = (*args, **_kwargs), text_signature = "(*args, **kwargs)")]
    fn new(
        cls: &Bound<'_, PyType>,
        args: &Bound<'_, PyTuple>,
        _kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<PyClassInitializer<Arp>> {
        Ok(PyClassInitializer::from(Packet::begin(cls, args)?).add_subclass(Arp))
    }

    #[classattr]
    fn __hdr__(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
        (
            ("hrd", "H", 1),
            ("pro", "H", 0x0800),
            ("hln", "B", 6),
            ("pln", "B", 4),
            ("op", "H", 1),
            ("sha", "6s", b"".as_slice()),
            ("spa", "4s", b"".as_slice()),
            ("tha", "6s", b"".as_slice()),
            ("tpa", "4s", b"".as_slice()),
        )
            .into_pyobject(py)
    }
}
