//! `dpkt.tcp.TCP`, RFC 9293.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyTuple, PyType};

use super::dictionary::Options;
use super::layout::Layout;
use super::packet::{Packet, unpack_native};
use super::packing;
use super::rules::{PLAIN, Protocol};
use super::source::{Fault, Next, Source, View};

/// Transmission Control Protocol, RFC 9293.
///
/// Attributes
/// ----------
/// sport, dport : int
///     Ports.
/// seq, ack : int
///     Sequence and acknowledgement number.
/// off : int
///     Length of the header in words of 4 bytes.
/// flags : int
///     Nine bits, `TH_FIN` to `TH_NS`.
/// win, sum, urp : int
///     Window, checksum, urgent pointer.
/// opts : bytes
///     Options; `parse_opts` takes them apart.
/// data : bytes
///     The segment's payload.
#[pyclass(extends = Packet, subclass, frozen, name = "TCP", module = "pcapframe.dpkt.tcp")]
pub struct Tcp;

pub const HEADER: usize = 20;
/// Option kinds 0 and 1 have no length.
const NO_OPERATION: u8 = 1;

pub static PROTOCOL: Protocol = Protocol {
    parse,
    create: Some(|py, packet| super::create(py, packet, Tcp)),
    lazy: &["opts"],
    length: super::ip::length_with_options,
    write: super::ip::write_with_options,
    ..PLAIN
};

#[inline(always)]
fn parse(py: Python<'_>, layout: &Layout, view: View) -> Result<Source, Fault> {
    let bytes = view.bytes(py);
    let got = bytes.len();
    if got < HEADER {
        return Err(Fault::Short { got, needed: HEADER });
    }
    let length = usize::from(bytes[12] >> 4) * 4;
    if length < HEADER {
        return Err(Fault::Invalid("invalid header length"));
    }
    Ok(view.parsed(layout.id, length.min(got)..got, Next::Raw))
}

#[pymethods]
impl Tcp {
    #[new]
    #[classmethod]
    #[pyo3(signature = (*args, **_kwargs), text_signature = "(*args, **kwargs)")]
    fn new(
        cls: &Bound<'_, PyType>,
        args: &Bound<'_, PyTuple>,
        _kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<PyClassInitializer<Tcp>> {
        Ok(PyClassInitializer::from(Packet::begin(cls, args)?).add_subclass(Tcp))
    }

    #[classattr]
    fn __hdr__(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
        (
            ("sport", "H", 0xdead),
            ("dport", "H", 0),
            ("seq", "I", 0xdead_beef_u32),
            ("ack", "I", 0),
            ("_off_flags", "H", 5 << 12 | 2),
            ("win", "H", 0xffff),
            ("sum", "H", 0),
            ("urp", "H", 0),
        )
            .into_pyobject(py)
    }

    #[classattr]
    fn __bit_fields__(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
        super::bit_fields(py, &[("_off_flags", &[("off", 4), ("_rsv", 3), ("flags", 9)])])
    }

    #[classattr]
    fn opts() -> Options {
        Options
    }

    fn unpack<'py>(slf: &Bound<'py, Self>, buf: &Bound<'py, PyAny>) -> PyResult<()> {
        unpack_native(slf.as_any(), &PROTOCOL, buf)
    }

    fn __len__(slf: &Bound<'_, Self>) -> PyResult<usize> {
        (PROTOCOL.length)(slf.as_super())
    }

    fn __bytes__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyBytes>> {
        packing::written(slf.as_super(), &PROTOCOL)
    }
}

/// Takes TCP options apart: a list of (kind, data); None in place of one that is cut, which ends the list.
#[pyfunction]
#[pyo3(name = "parse_opts")]
pub fn dpkt_parse_opts<'py>(buf: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
    let py = buf.py();
    let view = View::of(buf)?;
    let whole = view.end;
    let source = view.parsed(0, 0..whole, Next::Raw);
    let bytes = source.header(py);
    let options = PyList::empty(py);
    let mut at = 0;
    while let Some(&kind) = bytes.get(at) {
        if kind <= NO_OPERATION {
            options.append((kind, PyBytes::new(py, b"")))?;
            at += 1;
            continue;
        }
        let Some(&length) = bytes.get(at + 1) else {
            options.append(py.None())?;
            break;
        };
        let end = (at + usize::from(length).max(2)).min(whole);
        options.append((kind, source.slice(py, at + 2..end)?))?;
        at = end;
    }
    Ok(options)
}
