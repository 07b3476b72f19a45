//! `dpkt.ip.IP`, RFC 791.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyInt, PyTuple, PyType};

use super::building::Given;
use super::dictionary::{Options, existing_attributes};
use super::layout::Layout;
use super::packet::{Packet, unpack_native};
use super::packing::{self, header_length, object_length, write_header, write_object};
use super::rules::{PLAIN, Protocol, Rules};
use super::source::{Fault, Next, Source, View};
use crate::wire::checksum::internet::{complement, sum};

/// Internet Protocol, version 4, RFC 791.
///
/// Attributes
/// ----------
/// v, hl : int
///     Version, and length of the header in words of 4 bytes.
/// tos, len, id : int
///     Type of service, total length, identification.
/// rf, df, mf, offset : int
///     Reserved bit, "don't fragment", "more fragments"; offset of a fragment in units of 8 bytes.
/// ttl, p, sum : int
///     Time to live, protocol, checksum of the header.
/// src, dst : bytes
///     Addresses; `dpkt.utils.inet_to_str` writes them out.
/// opts : bytes
///     Options.
/// data : Packet or bytes
///     The payload up to `len`. A later fragment's stays bytes.
#[pyclass(extends = Packet, subclass, frozen, name = "IP", module = "pcapframe.dpkt.ip")]
pub struct Ip;

pub const HEADER: usize = 20;
// Places in `__hdr__` below.
const LEN: usize = 2;
const FLAGS_OFFSET: usize = 4;
const P: usize = 6;
const SUM: usize = 7;
/// Where the checksum lies in the header.
const SUM_AT: usize = 10;
const TCP: u64 = 6;
const UDP: u64 = 17;
/// "More fragments" and the offset: set in a fragment.
const FRAGMENT: u64 = 0x3fff;

pub static PROTOCOL: Protocol = Protocol {
    parse,
    create: Some(|py, packet| super::create(py, packet, Ip)),
    built: Some(built),
    lazy: &["opts"],
    more_lazy: &["tcp", "udp", "icmp", "bytes"],
    length: length_with_options,
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
    let length = usize::from(bytes[0] & 0xf) * 4;
    if length < HEADER {
        return Err(Fault::Invalid("invalid header length"));
    }
    // No total length: a segment that the network card had yet to cut.
    let end = match usize::from(u16::from_be_bytes([bytes[2], bytes[3]])) {
        0 => got,
        total => total.min(got),
    };
    let is_later_fragment = u16::from_be_bytes([bytes[6], bytes[7]]) & 0x1fff != 0;
    let next = if is_later_fragment { Next::Fragment } else { Next::Protocol(u32::from(bytes[9])) };
    let start = length.min(got);
    Ok(view.parsed(layout.id, start..end.max(start), next))
}

/// The total length follows from the data unless it was given.
fn built(slf: &Bound<'_, Packet>, given: Given) -> PyResult<()> {
    if given >> LEN & 1 == 1 {
        return Ok(());
    }
    Packet::set_field(slf, LEN, intern!(slf.py(), "len"), length_of(slf)?)
}

/// As `len(packet)`, which a subclass may have its own way of.
fn length_of(slf: &Bound<'_, Packet>) -> PyResult<usize> {
    object_length(slf.as_any())
}

/// Header, options and data.
pub fn length_with_options(slf: &Bound<'_, Packet>) -> PyResult<usize> {
    let options = match without_own_options(slf) {
        Some(options) => options,
        None => slf.getattr(intern!(slf.py(), "opts"))?.len()?,
    };
    Ok(header_length(slf)? + options + object_length(&Packet::payload_of(slf)?)?)
}

/// The length of the options as parsed or built, as long as nothing else can have been set.
fn without_own_options(slf: &Bound<'_, Packet>) -> Option<usize> {
    if slf.get().source().is_some() {
        return None;
    }
    existing_attributes(slf).is_none_or(|attributes| attributes.is_empty()).then_some(0)
}

pub fn write_with_options(slf: &Bound<'_, Packet>, out: &mut Vec<u8>) -> PyResult<()> {
    write_header(slf, out)?;
    write_options(slf, out)?;
    write_object(&Packet::payload_of(slf)?, out)
}

fn write_options(slf: &Bound<'_, Packet>, out: &mut Vec<u8>) -> PyResult<()> {
    if without_own_options(slf) == Some(0) {
        return Ok(());
    }
    write_object(&slf.getattr(intern!(slf.py(), "opts"))?, out)
}

/// Without a checksum, length and checksums are filled in: of the header, and of TCP or UDP in a whole datagram.
fn write(slf: &Bound<'_, Packet>, out: &mut Vec<u8>) -> PyResult<()> {
    let sum = Packet::field(slf, SUM, intern!(slf.py(), "sum"))?;
    if !is_zero(&sum)? {
        return write_with_options(slf, out);
    }
    Packet::set_field(slf, LEN, intern!(slf.py(), "len"), length_of(slf)?)?;
    let data = Packet::payload_of(slf)?;
    let wanted = transport_without_checksum(slf, &data)?;
    let start = out.len();
    write_header(slf, out)?;
    write_options(slf, out)?;
    fill_header(slf, out, start)?;
    let segment = out.len();
    write_object(&data, out)?;
    match wanted {
        Some(protocol) => fill_transport(slf, protocol, &data, out, segment),
        None => Ok(()),
    }
}

fn is_zero(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    match value.cast_exact::<PyInt>() {
        Ok(number) => Ok(number.extract::<u64>().is_ok_and(|number| number == 0)),
        Err(_) => value.eq(0),
    }
}

/// Puts the header's checksum into its field, and into what was written of it.
fn fill_header(slf: &Bound<'_, Packet>, out: &mut Vec<u8>, start: usize) -> PyResult<()> {
    let checksum = complement(sum(&out[start..]));
    Packet::set_field(slf, SUM, intern!(slf.py(), "sum"), usize::from(checksum))?;
    if slf.get().native().is_some() && !Rules::of(slf)?.get().own_header {
        out[start + SUM_AT..start + SUM_AT + 2].copy_from_slice(&checksum.to_be_bytes());
        return Ok(());
    }
    // A class derived from this one may have another header.
    out.truncate(start);
    write_header(slf, out)?;
    write_options(slf, out)
}

/// The protocol, if the data is a whole segment of TCP or UDP whose checksum is zero.
fn transport_without_checksum(slf: &Bound<'_, Packet>, data: &Bound<'_, PyAny>) -> PyResult<Option<u64>> {
    let py = slf.py();
    let protocol: u64 = Packet::field(slf, P, intern!(py, "p"))?.extract().unwrap_or(0);
    let Ok(packet) = data.cast::<Packet>() else { return Ok(None) };
    let is_fragment = Packet::field(slf, FLAGS_OFFSET, intern!(py, "_flags_offset"))?.extract::<u64>()? & FRAGMENT != 0;
    if (protocol != TCP && protocol != UDP) || is_fragment || !is_zero(&packet.getattr(intern!(py, "sum"))?)? {
        return Ok(None);
    }
    Ok(Some(protocol))
}

/// Puts the checksum of the segment that begins at `start` into its field, and into what was written of it.
fn fill_transport(
    slf: &Bound<'_, Packet>,
    protocol: u64,
    data: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
    start: usize,
) -> PyResult<()> {
    let py = slf.py();
    let mut pseudo = address(slf, "src", 4)?;
    pseudo.extend(address(slf, "dst", 4)?);
    pseudo.extend([0, protocol as u8]);
    pseudo.extend(((out.len() - start) as u16).to_be_bytes());
    let checksum = complement(sum(&pseudo) + sum(&out[start..]));
    // RFC 768: a UDP checksum of zero is sent as all ones, for zero says that there is none.
    let checksum = if protocol == UDP && checksum == 0 { 0xffff } else { checksum };
    data.setattr(intern!(py, "sum"), PyInt::new(py, checksum))?;
    // Where a class of the core has its checksum is known; others write themselves once more.
    match super::checksum::place(data) {
        Some(at) if out.len() >= start + at + 2 => {
            out[start + at..start + at + 2].copy_from_slice(&checksum.to_be_bytes());
            Ok(())
        }
        _ => {
            out.truncate(start);
            write_object(data, out)
        }
    }
}

/// An address as the struct module would pack it: cut or filled up.
pub fn address(slf: &Bound<'_, Packet>, name: &str, length: usize) -> PyResult<Vec<u8>> {
    let mut bytes = Vec::with_capacity(16);
    write_object(&slf.getattr(name)?, &mut bytes)?;
    bytes.resize(length, 0);
    Ok(bytes)
}

impl Source {
    /// Where the options lie, between the fixed header and the data.
    pub fn options(&self, slf: &Bound<'_, Packet>) -> PyResult<std::ops::Range<usize>> {
        let rules = Rules::of(slf)?;
        let fixed = rules.get().layout.as_ref().map_or(0, |layout| layout.get().length);
        let end = self.data.start;
        Ok((self.start + fixed).min(end)..end)
    }
}

#[pymethods]
impl Ip {
    #[new]
    #[classmethod]
    #[pyo3(signature = (*args, **_kwargs), text_signature = "(*args, **kwargs)")]
    fn new(
        cls: &Bound<'_, PyType>,
        args: &Bound<'_, PyTuple>,
        _kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<PyClassInitializer<Ip>> {
        Ok(PyClassInitializer::from(Packet::begin(cls, args)?).add_subclass(Ip))
    }

    #[classattr]
    fn __hdr__(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
        (
            ("_v_hl", "B", 0x45),
            ("tos", "B", 0),
            ("len", "H", HEADER),
            ("id", "H", 0),
            ("_flags_offset", "H", 0),
            ("ttl", "B", 64),
            ("p", "B", 0),
            ("sum", "H", 0),
            ("src", "4s", [0u8; 4].as_slice()),
            ("dst", "4s", [0u8; 4].as_slice()),
        )
            .into_pyobject(py)
    }

    #[classattr]
    fn __bit_fields__(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
        let flags = ("_flags_offset", [("rf", 1), ("df", 1), ("mf", 1), ("offset", 13)].as_slice());
        super::bit_fields(py, &[("_v_hl", &[("v", 4), ("hl", 4)]), flags])
    }

    #[classattr]
    fn opts() -> Options {
        Options
    }

    #[classattr]
    fn _protosw(py: Python<'_>) -> Bound<'_, PyDict> {
        PyDict::new(py)
    }

    /// Has `pktclass` take payloads of protocol `p` apart.
    #[classmethod]
    fn set_proto(cls: &Bound<'_, pyo3::types::PyType>, p: &Bound<'_, PyAny>, pktclass: &Bound<'_, PyAny>) -> PyResult<()> {
        cls.getattr(intern!(cls.py(), "_protosw"))?.set_item(p, pktclass)
    }

    /// The class for protocol `p`; KeyError if there is none.
    #[classmethod]
    fn get_proto<'py>(cls: &Bound<'py, pyo3::types::PyType>, p: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        cls.getattr(intern!(cls.py(), "_protosw"))?.get_item(p)
    }

    /// The flags and the fragment's offset as one number: deprecated for `rf`, `df`, `mf` and `offset`.
    #[getter]
    fn off<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        warn_of_off(slf.py())?;
        slf.getattr(intern!(slf.py(), "_flags_offset"))
    }

    #[setter]
    fn set_off(slf: &Bound<'_, Self>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        warn_of_off(slf.py())?;
        slf.setattr(intern!(slf.py(), "offset"), value)
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

/// `warnings.warn` names the line that uses the attribute, since it is called without a frame between.
fn warn_of_off(py: Python<'_>) -> PyResult<()> {
    PyErr::warn(py, &py.get_type::<pyo3::exceptions::PyUserWarning>(), c"IP.off is deprecated", 1)
}
