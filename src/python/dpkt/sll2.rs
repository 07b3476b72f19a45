//! `dpkt.sll2.SLL2`, LINKTYPE_LINUX_SLL2.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};

use super::layout::Layout;
use super::packet::{Packet, unpack_native};
use super::rules::{PLAIN, Protocol};
use super::source::{Fault, Next, Source, View};

/// Linux cooked capture, version 2, LINKTYPE_LINUX_SLL2.
///
/// Attributes
/// ----------
/// type : int
///     To us, broadcast, multicast, to another host or from us: 0 to 4.
/// hrd, hlen, hdr : int, int, bytes
///     Kind, length and first 8 bytes of the link-layer address.
/// ethtype : int
///     EtherType of the payload.
/// intindex : int
///     Number of the interface.
/// data : Packet or bytes
///     The payload.
#[pyclass(extends = Packet, subclass, frozen, name = "SLL2", module = "pcapframe.dpkt.sll2")]
pub struct Sll2;

const HEADER: usize = 20;

pub static PROTOCOL: Protocol = Protocol { parse, create: Some(|py, packet| super::create(py, packet, Sll2)), ..PLAIN };

fn parse(py: Python<'_>, layout: &Layout, view: View) -> Result<Source, Fault> {
    let bytes = view.bytes(py);
    let got = bytes.len();
    if got < HEADER {
        return Err(Fault::Short { got, needed: HEADER });
    }
    let next = Next::Type(u32::from(u16::from_be_bytes([bytes[0], bytes[1]])));
    Ok(view.parsed(layout.id, HEADER..got, next))
}

#[pymethods]
impl Sll2 {
    #[new]
    #[classmethod]
    #[pyo3(signature = (*args, **_kwargs), text_signature = "(*args, **kwargs)")]
    fn new(
        cls: &Bound<'_, PyType>,
        args: &Bound<'_, PyTuple>,
        _kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<PyClassInitializer<Sll2>> {
        Ok(PyClassInitializer::from(Packet::begin(cls, args)?).add_subclass(Sll2))
    }

    #[classattr]
    fn __hdr__(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
        (
            ("ethtype", "H", 0x0800),
            ("mbz", "H", 0),
            ("intindex", "i", 0),
            ("hrd", "H", 1),
            ("type", "B", 0),
            ("hlen", "B", 6),
            ("hdr", "8s", b"".as_slice()),
        )
            .into_pyobject(py)
    }

    fn unpack<'py>(slf: &Bound<'py, Self>, buf: &Bound<'py, PyAny>) -> PyResult<()> {
        unpack_native(slf.as_any(), &PROTOCOL, buf)
    }
}
