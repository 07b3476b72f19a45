//! `dpkt.ip6.IP6`, RFC 8200.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyTuple, PyType};

use super::dictionary::{attribute, attributes};
use super::ip::address;
use super::layout::Layout;
use super::packet::{Packet, unpack_native};
use super::packing::{self, write_header, write_object};
use super::rules::{PLAIN, Protocol};
use super::source::{Fault, Next, Source, View};
use crate::wire::checksum::internet::{complement, sum};

/// Internet Protocol, version 6, RFC 8200.
///
/// Attributes
/// ----------
/// v, fc, flow : int
///     Version, traffic class, flow label.
/// plen, nxt, hlim : int
///     Payload length, next header, hop limit.
/// src, dst : bytes
///     Addresses.
/// extension_hdrs : dict
///     Extension headers by number, the last of each.
/// all_extension_headers : list
///     Extension headers in their order.
/// p : int
///     The payload's protocol, after the extension headers.
/// data : Packet or bytes
///     The payload up to `plen`. A later fragment's stays bytes.
#[pyclass(extends = Packet, subclass, frozen, name = "IP6", module = "pcapframe.dpkt.ip6")]
pub struct Ip6;

pub const HEADER: usize = 40;
const HOP_BY_HOP: u8 = 0;
const ROUTING: u8 = 43;
const FRAGMENT: u8 = 44;
const ESP: u8 = 50;
const AH: u8 = 51;
const DESTINATION: u8 = 60;

pub static PROTOCOL: Protocol = Protocol {
    parse,
    create: Some(|py, packet| super::create(py, packet, Ip6)),
    lazy: &["extension_hdrs", "all_extension_headers", "p"],
    more_lazy: &["tcp", "udp", "icmp6", "bytes"],
    length,
    write,
    ..PLAIN
};

#[inline(always)]
fn parse(py: Python<'_>, layout: &Layout, view: View) -> Result<Source, Fault> {
    let bytes = view.bytes(py);
    let got = bytes.len();
    if got < HEADER {
        return Err(Fault::Short { got, needed: HEADER });
    }
    // No payload length: a jumbogram, or a segment that the network card had yet to cut.
    let end = match usize::from(u16::from_be_bytes([bytes[4], bytes[5]])) {
        0 => got,
        length => (HEADER + length).min(got),
    };
    let chain = Chain::walk(&bytes[..end])?;
    Ok(view.parsed(layout.id, chain.end.min(end)..end, chain.next))
}

/// The extension headers.
struct Chain {
    /// Position and number of each.
    headers: Vec<(usize, u8)>,
    end: usize,
    next: Next,
    /// The number after the last of them; ESP hides it.
    protocol: Option<u8>,
}

impl Chain {
    fn walk(packet: &[u8]) -> Result<Chain, Fault> {
        let mut chain = Chain { headers: Vec::new(), end: HEADER, next: Next::Raw, protocol: Some(packet[6]) };
        let mut is_later_fragment = false;
        while let Some(number @ (HOP_BY_HOP | ROUTING | FRAGMENT | ESP | AH | DESTINATION)) = chain.protocol {
            let rest = packet.get(chain.end..).unwrap_or_default();
            let length = extension_length(number, rest)?;
            is_later_fragment |= number == FRAGMENT && u16::from_be_bytes([rest[2], rest[3]]) >> 3 > 0;
            chain.headers.push((chain.end, number));
            chain.end += length;
            chain.protocol = (number != ESP).then(|| rest[0]);
        }
        if let (Some(protocol), false) = (chain.protocol, is_later_fragment) {
            chain.next = Next::Protocol(u32::from(protocol));
        }
        Ok(chain)
    }
}

/// Length of an extension header, as far as its fixed part and its options are there.
fn extension_length(number: u8, bytes: &[u8]) -> Result<usize, Fault> {
    let needed = match number {
        HOP_BY_HOP | DESTINATION => 2,
        AH => 12,
        _ => 8,
    };
    if bytes.len() < needed {
        return Err(Fault::Short { got: bytes.len(), needed });
    }
    let words = usize::from(bytes[1]);
    Ok(match number {
        HOP_BY_HOP | DESTINATION => {
            let length = (words + 1) * 8;
            if options_are_cut(&bytes[2..], length - 2) {
                return Err(Fault::Cut);
            }
            length
        }
        ROUTING => words * 8 + 8,
        AH => (words + 2) * 4,
        ESP => bytes.len(),
        _ => 8,
    })
}

fn options_are_cut(options: &[u8], length: usize) -> bool {
    let mut at = 0;
    while at < length {
        let Some(&kind) = options.get(at) else { return true };
        at += match (kind, options.get(at + 1)) {
            (0, _) => 1,
            (_, Some(&length)) => usize::from(length) + 2,
            (_, None) => return true,
        };
    }
    false
}

/// One of the attributes that follow from the extension headers.
pub fn lazy<'py>(slf: &Bound<'py, Packet>, source: &Source, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
    let py = slf.py();
    let limit = source.data.end;
    let bytes = &source.buffer.as_bytes(py)[source.start..limit];
    let Ok(chain) = Chain::walk(bytes) else { return Ok(None) };
    if name == "p" {
        return Ok(chain.protocol.map(|protocol| protocol.into_pyobject(py).expect("never fails").into_any()));
    }
    // Both are made at once: where one is there, the other was deleted.
    if attribute(slf, "extension_hdrs")?.is_some() || attribute(slf, "all_extension_headers")?.is_some() {
        return Ok(None);
    }
    let classes = py.import("pcapframe.dpkt.ip6")?.getattr("EXT_HDRS_CLS")?;
    let all = PyList::empty(py);
    let by_number = PyDict::new(py);
    for (at, number) in chain.headers {
        let header = classes.get_item(number)?.call1((source.slice(py, source.start + at..limit)?,))?;
        by_number.set_item(number, &header)?;
        all.append(header)?;
    }
    // Both show the same objects.
    attributes(slf).set_item("extension_hdrs", &by_number)?;
    attributes(slf).set_item("all_extension_headers", &all)?;
    Ok(Some(if name == "extension_hdrs" { by_number.into_any() } else { all.into_any() }))
}

/// The extension headers that `bytes(packet)` writes.
fn extensions<'py>(slf: &Bound<'py, Packet>) -> PyResult<Bound<'py, PyList>> {
    let py = slf.py();
    if let Ok(all) = slf.getattr(intern!(py, "all_extension_headers"))
        && all.is_truthy()?
    {
        return all.try_iter()?.collect::<PyResult<Vec<_>>>().and_then(|all| PyList::new(py, all));
    }
    let headers = PyList::empty(py);
    if let Ok(by_number) = slf.getattr(intern!(py, "extension_hdrs")) {
        for number in [HOP_BY_HOP, ROUTING, FRAGMENT, AH, ESP, DESTINATION] {
            if by_number.contains(number)? {
                headers.append(by_number.get_item(number)?)?;
            }
        }
    }
    Ok(headers)
}

fn has_no_extensions(slf: &Bound<'_, Packet>) -> bool {
    slf.get().source().is_none() && matches!(attribute(slf, "extension_hdrs"), Ok(None))
}

fn length(slf: &Bound<'_, Packet>) -> PyResult<usize> {
    let mut length = packing::plain_length(slf)?;
    if has_no_extensions(slf) && attribute(slf, "all_extension_headers")?.is_none() {
        return Ok(length);
    }
    for header in extensions(slf)? {
        length += header.len()?;
    }
    Ok(length)
}

/// The number of the payload's protocol, and the extension headers as bytes.
fn headers<'py>(slf: &Bound<'py, Packet>) -> PyResult<(Bound<'py, PyAny>, Vec<u8>)> {
    let py = slf.py();
    let mut bytes = Vec::new();
    let mut next = slf.getattr(intern!(py, "nxt"))?;
    for header in extensions(slf)? {
        next = header.getattr(intern!(py, "nxt"))?;
        write_object(&header, &mut bytes)?;
    }
    Ok((next, bytes))
}

fn write(slf: &Bound<'_, Packet>, out: &mut Vec<u8>) -> PyResult<()> {
    let py = slf.py();
    let (protocol, extensions): (Bound<'_, PyAny>, Vec<u8>) = slf.call_method0(intern!(py, "headers_str"))?.extract()?;
    slf.setattr(intern!(py, "p"), &protocol)?;
    let data = Packet::payload_of(slf)?;
    fill_checksum(slf, &data, protocol.extract().unwrap_or(0))?;
    write_header(slf, out)?;
    out.extend_from_slice(&extensions);
    write_object(&data, out)
}

/// A checksum of zero in TCP, UDP or ICMPv6 is computed.
fn fill_checksum(slf: &Bound<'_, Packet>, data: &Bound<'_, PyAny>, protocol: u64) -> PyResult<()> {
    let py = slf.py();
    if !matches!(protocol, 6 | 17 | 58) {
        return Ok(());
    }
    let Ok(checksum) = data.getattr(intern!(py, "sum")) else { return Ok(()) };
    if checksum.is_truthy()? {
        return Ok(());
    }
    let mut segment = Vec::with_capacity(1600);
    write_object(data, &mut segment)?;
    let mut pseudo = address(slf, "src", 16)?;
    pseudo.extend(address(slf, "dst", 16)?);
    pseudo.extend([0, protocol as u8]);
    pseudo.extend((segment.len() as u16).to_be_bytes());
    data.setattr(intern!(py, "sum"), complement(sum(&pseudo) + sum(&segment)))
}

#[pymethods]
impl Ip6 {
    #[new]
    #[classmethod]
    #[pyo3(signature = (*args, **_kwargs), text_signature = "(*args, **kwargs)")]
    fn new(
        cls: &Bound<'_, PyType>,
        args: &Bound<'_, PyTuple>,
        _kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<PyClassInitializer<Ip6>> {
        Ok(PyClassInitializer::from(Packet::begin(cls, args)?).add_subclass(Ip6))
    }

    #[classattr]
    fn __hdr__(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
        (
            ("_v_fc_flow", "I", 0x6000_0000),
            ("plen", "H", 0),
            ("nxt", "B", 0),
            ("hlim", "B", 0),
            ("src", "16s", b"".as_slice()),
            ("dst", "16s", b"".as_slice()),
        )
            .into_pyobject(py)
    }

    #[classattr]
    fn __bit_fields__(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
        super::bit_fields(py, &[("_v_fc_flow", &[("v", 4), ("fc", 8), ("flow", 20)])])
    }

    /// Has `pktclass` take payloads of protocol `p` apart.
    #[classmethod]
    fn set_proto(cls: &Bound<'_, PyType>, p: &Bound<'_, PyAny>, pktclass: &Bound<'_, PyAny>) -> PyResult<()> {
        cls.getattr(intern!(cls.py(), "_protosw"))?.set_item(p, pktclass)
    }

    /// The class for protocol `p`; KeyError if there is none.
    #[classmethod]
    fn get_proto<'py>(cls: &Bound<'py, PyType>, p: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        cls.getattr(intern!(cls.py(), "_protosw"))?.get_item(p)
    }

    /// The payload's protocol, and the extension headers as bytes.
    fn headers_str<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyBytes>)> {
        let (next, bytes) = headers(slf.as_super())?;
        Ok((next, PyBytes::new(slf.py(), &bytes)))
    }

    fn unpack<'py>(slf: &Bound<'py, Self>, buf: &Bound<'py, PyAny>) -> PyResult<()> {
        unpack_native(slf.as_any(), &PROTOCOL, buf)
    }

    fn __len__(slf: &Bound<'_, Self>) -> PyResult<usize> {
        length(slf.as_super())
    }

    fn __bytes__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyBytes>> {
        packing::written(slf.as_super(), &PROTOCOL)
    }
}
