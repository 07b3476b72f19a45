//! `dpkt.ethernet.Ethernet`: Ethernet II with VLAN tags and MPLS labels, IEEE 802.3 with LLC, Cisco ISL, Novell raw.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyTuple, PyType};

use super::building::Given;
use super::dictionary::attribute;
use super::encapsulation;
use super::layout::Layout;
use super::packet::{Packet, unpack_native};
use super::packing::{self, write_object};
use super::payload::make;
use super::rules::{PLAIN, Protocol};
use super::source::{Fault, Next, Source, View};

/// Ethernet II and IEEE 802.3.
///
/// Attributes
/// ----------
/// dst, src : bytes
///     MAC addresses.
/// type : int
///     EtherType of the frame, 0x8100 in one with VLAN tags; the length in an IEEE 802.3 frame.
/// vlan_tags : list of VLANtag8021Q or VLANtagISL
///     In a tagged frame. `vlanid`, `priority` and `cfi` are those of the outermost tag.
/// mpls_labels : list of MPLSlabel
///     In a frame with MPLS; `labels` has them as tuples.
/// padding, fcs, trailer : bytes, int, bytes
///     What follows an IEEE 802.3 payload, where it is there.
/// data : Packet or bytes
///     The payload, behind tags and labels.
#[pyclass(extends = Packet, subclass, frozen, name = "Ethernet", module = "pcapframe.dpkt.ethernet")]
pub struct Ethernet;

pub const HEADER: usize = 14;
pub const VLAN: u16 = 0x8100;
pub const VLAN_TYPES: [u16; 4] = [0x8100, 0x88a8, 0x9100, 0x9200];
pub const MPLS_TYPES: [u16; 2] = [0x8847, 0x8848];
const BRIDGING: u16 = 0x6558;
const ISL_HEADER: usize = 26;
const LABELS: usize = 24;

pub static PROTOCOL: Protocol = Protocol {
    parse,
    create: Some(|py, packet| super::create(py, packet, Ethernet)),
    parsed: Some(parsed),
    attach: Some(attach),
    built: Some(built),
    more_lazy: &["ip", "ip6", "arp", "vlan_tags", "vlanid", "priority", "cfi", "labels", "mpls_labels"],
    length,
    write_header,
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
    let ethertype = u16::from_be_bytes([bytes[12], bytes[13]]);
    if ethertype <= 1500 {
        return parse_by_length(py, layout, view, ethertype);
    }
    if VLAN_TYPES.contains(&ethertype) || MPLS_TYPES.contains(&ethertype) {
        let (start, next) = behind_shims(bytes, ethertype)?;
        return Ok(view.parsed(layout.id, start..got, next));
    }
    Ok(view.parsed(layout.id, HEADER..got, Next::Type(u32::from(ethertype))))
}

/// Where the payload behind VLAN tags and MPLS labels starts, and what it is.
fn behind_shims(bytes: &[u8], mut ethertype: u16) -> Result<(usize, Next), Fault> {
    let mut start = HEADER;
    if VLAN_TYPES.contains(&ethertype) {
        (start, ethertype) = behind_tags(bytes)?;
    }
    // Behind tags dpkt looks for labels only where there is something.
    if !MPLS_TYPES.contains(&ethertype) || (start > HEADER && start == bytes.len()) {
        return Ok((start, Next::Type(u32::from(ethertype))));
    }
    start = behind_labels(bytes, start)?;
    let rest = &bytes[start..];
    // MPLS does not say what it carries.
    Ok(match rest.first() {
        Some(0x45) => (start, Next::Type(0x0800)),
        Some(first) if first & 0xf0 == 0x60 => (start, Next::Type(0x86dd)),
        _ if rest.len() >= HEADER => (start + control_word(rest), Next::Type(u32::from(BRIDGING))),
        _ => (start, Next::Type(u32::from(ethertype))),
    })
}

/// Length of a pseudowire's control word (RFC 4448), which starts with zeros.
pub fn control_word(behind_labels: &[u8]) -> usize {
    if behind_labels.starts_with(&[0, 0]) { 4 } else { 0 }
}

/// Position behind all tags, and the EtherType that the last of them gives.
pub fn behind_tags(bytes: &[u8]) -> Result<(usize, u16), Fault> {
    let mut at = HEADER;
    loop {
        let rest = &bytes[at..];
        // dpkt looks for two tags at once; nothing behind them is no error.
        if rest.is_empty() && at >= HEADER + 8 {
            return Ok((at, VLAN));
        }
        if rest.len() < 4 {
            return Err(Fault::Short { got: rest.len(), needed: 4 });
        }
        at += 4;
        let inner = u16::from_be_bytes([rest[2], rest[3]]);
        if !VLAN_TYPES.contains(&inner) || (inner != VLAN && bytes.len() == at) {
            return Ok((at, inner));
        }
    }
}

/// Position behind the label with the bottom-of-stack bit, the first label being at `start`.
pub fn behind_labels(bytes: &[u8], start: usize) -> Result<usize, Fault> {
    let mut at = start;
    for _ in 0..LABELS {
        let rest = &bytes[at..];
        if rest.len() < 4 {
            return Err(Fault::Short { got: rest.len(), needed: 4 });
        }
        at += 4;
        if rest[2] & 1 == 1 {
            break;
        }
    }
    Ok(at)
}

/// Frames whose type field is a length: ISL, Novell, LLC, or nothing that is known.
#[cold]
fn parse_by_length(py: Python<'_>, layout: &Layout, mut view: View, length: u16) -> Result<Source, Fault> {
    let bytes = view.bytes(py);
    let got = bytes.len();
    if is_isl(bytes) {
        if got < ISL_HEADER {
            return Err(Fault::Short { got, needed: ISL_HEADER });
        }
        view.start += ISL_HEADER;
        let mut source = parse_inside_isl(py, layout, view)?;
        source.lead += ISL_HEADER;
        return Ok(source);
    }
    let next = if length == 0 { Next::Type(0) } else { Next::Raw };
    Ok(view.parsed(layout.id, HEADER..got, next))
}

/// ISL frames inside ISL frames are taken apart one after the other.
fn parse_inside_isl(py: Python<'_>, layout: &Layout, mut view: View) -> Result<Source, Fault> {
    let mut lead = 0;
    loop {
        let bytes = view.bytes(py);
        let has_type = bytes.len() >= HEADER && u16::from_be_bytes([bytes[12], bytes[13]]) > 1500;
        if has_type || !is_isl(bytes) || bytes.len() < ISL_HEADER {
            break;
        }
        view.start += ISL_HEADER;
        lead += ISL_HEADER;
    }
    let bytes = view.bytes(py);
    let got = bytes.len();
    if got < HEADER {
        return Err(Fault::Short { got, needed: HEADER });
    }
    let ethertype = u16::from_be_bytes([bytes[12], bytes[13]]);
    let mut source = match ethertype {
        1501.. if VLAN_TYPES.contains(&ethertype) || MPLS_TYPES.contains(&ethertype) => {
            let (start, next) = behind_shims(bytes, ethertype)?;
            view.parsed(layout.id, start..got, next)
        }
        0 | 1501.. => view.parsed(layout.id, HEADER..got, Next::Type(u32::from(ethertype))),
        _ => view.parsed(layout.id, HEADER..got, Next::Raw),
    };
    source.lead += lead;
    Ok(source)
}

fn is_isl(bytes: &[u8]) -> bool {
    matches!(bytes, [0x01 | 0x03, 0x00, 0x0c, 0x00, 0x00, ..])
}

/// What belongs to IEEE 802.3 and ISL, and for classes derived from this one tags and labels: attributes that most frames do
/// not have.
#[inline(always)]
fn parsed(slf: &Bound<'_, Packet>) -> PyResult<()> {
    let Some(source) = slf.get().source() else { return Ok(()) };
    let header = source.header(slf.py());
    let ethertype = u16::from_be_bytes([header[12], header[13]]);
    let is_plain = !has_shims(source) || slf.get().native().is_some();
    if ethertype > 1500 && is_plain && source.lead == 0 {
        return Ok(());
    }
    encapsulation::attach(slf, source, ethertype)
}

fn has_shims(source: &Source) -> bool {
    source.data.start - source.start > HEADER
}

/// Tags and labels are attributes that are made when any attribute is asked for.
fn attach(py: Python<'_>, source: &Source, attributes: &Bound<'_, PyDict>) -> PyResult<bool> {
    if has_shims(source) && source.lead == 0 {
        encapsulation::attach_shims(py, source, attributes)?;
    }
    Ok(!attributes.is_empty())
}

/// Bytes given as data are taken apart by the type.
fn built(slf: &Bound<'_, Packet>, _: Given) -> PyResult<()> {
    let py = slf.py();
    let data = Packet::payload_of(slf)?;
    let Ok(bytes) = data.cast::<PyBytes>() else { return Ok(()) };
    if bytes.as_bytes().is_empty() {
        return Ok(());
    }
    let table = slf.get_type().getattr(intern!(py, "_typesw"))?;
    let Ok(class) = table.get_item(slf.getattr(intern!(py, "type"))?) else { return Ok(()) };
    let view = View::of(bytes)?;
    let end = view.end;
    let Ok(Some(payload)) = make(&class, &view.parsed(0, 0..end, Next::Raw)) else { return Ok(()) };
    slf.setattr(payload.get_type().name()?.to_cow()?.to_lowercase(), &payload)?;
    slf.get().keep_data(payload.unbind());
    Ok(())
}

/// Tags and labels of a frame; most have no attributes at all.
fn shims<'py>(slf: &Bound<'py, Packet>, name: &str) -> PyResult<Vec<Bound<'py, PyAny>>> {
    match attribute(slf, name)? {
        Some(list) => list.try_iter()?.collect(),
        None => Ok(Vec::new()),
    }
}

fn length(slf: &Bound<'_, Packet>) -> PyResult<usize> {
    let py = slf.py();
    let mut length = packing::plain_length(slf)?;
    for shim in shims(slf, "mpls_labels")?.into_iter().chain(shims(slf, "vlan_tags")?) {
        length += shim.getattr(intern!(py, "__hdr_len__"))?.extract::<usize>()?;
    }
    Ok(length + encapsulation::tail_length(slf)?)
}

fn write_header(slf: &Bound<'_, Packet>, out: &mut Vec<u8>) -> PyResult<()> {
    let start = out.len();
    let labels = shims(slf, "mpls_labels")?;
    let tags = shims(slf, "vlan_tags")?;
    if !labels.is_empty() || !tags.is_empty() {
        return encapsulation::write_header(slf, &labels, &tags, out);
    }
    let data = Packet::payload_of(slf)?;
    packing::write_plain_header(slf, out)?;
    if data.cast::<Packet>().is_err() {
        return Ok(());
    }
    let ethertype = if encapsulation::is_llc(&data)? {
        Some(packing::object_length(&data)?)
    } else {
        type_of(slf, &data)?.map(|number| number.extract()).transpose()?
    };
    if let Some(ethertype) = ethertype {
        let Ok(ethertype) = u16::try_from(ethertype) else {
            return Err(super::errors::PackError::new_err(format!("type {ethertype} does not fit into two bytes")));
        };
        out.truncate(start + HEADER - 2);
        out.extend_from_slice(&ethertype.to_be_bytes());
    }
    Ok(())
}

/// The EtherType under which the class of `data` is known.
pub fn type_of<'py>(slf: &Bound<'py, Packet>, data: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    let table = slf.get_type().getattr(intern!(slf.py(), "_typesw_rev"))?;
    match table.cast::<PyDict>() {
        Ok(table) => table.get_item(data.get_type()),
        Err(_) => Ok(None),
    }
}

fn write(slf: &Bound<'_, Packet>, out: &mut Vec<u8>) -> PyResult<()> {
    packing::write_header(slf, out)?;
    let data = Packet::payload_of(slf)?;
    write_object(&data, out)?;
    if data.cast::<Packet>().is_ok() && encapsulation::is_llc(&data)? {
        encapsulation::write_tail(slf, &data, out)?;
    }
    Ok(())
}

#[pymethods]
impl Ethernet {
    #[new]
    #[classmethod]
    #[pyo3(signature = (*args, **_kwargs), text_signature = "(*args, **kwargs)")]
    fn new(
        cls: &Bound<'_, PyType>,
        args: &Bound<'_, PyTuple>,
        _kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<PyClassInitializer<Ethernet>> {
        Ok(PyClassInitializer::from(Packet::begin(cls, args)?).add_subclass(Ethernet))
    }

    #[classattr]
    fn __hdr__(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
        (("dst", "6s", b"".as_slice()), ("src", "6s", b"".as_slice()), ("type", "H", 0x0800)).into_pyobject(py)
    }

    #[classattr]
    fn _typesw(py: Python<'_>) -> Bound<'_, PyDict> {
        PyDict::new(py)
    }

    #[classattr]
    fn _typesw_rev(py: Python<'_>) -> Bound<'_, PyDict> {
        PyDict::new(py)
    }

    /// Has `pktclass` take payloads of type `t` apart.
    #[classmethod]
    fn set_type(cls: &Bound<'_, PyType>, t: &Bound<'_, PyAny>, pktclass: &Bound<'_, PyAny>) -> PyResult<()> {
        cls.getattr(intern!(cls.py(), "_typesw"))?.set_item(t, pktclass)?;
        cls.getattr(intern!(cls.py(), "_typesw_rev"))?.set_item(pktclass, t)
    }

    /// The class for type `t`; KeyError if there is none.
    #[classmethod]
    fn get_type<'py>(cls: &Bound<'py, PyType>, t: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        cls.getattr(intern!(cls.py(), "_typesw"))?.get_item(t)
    }

    /// The type of class `k`; KeyError if there is none.
    #[classmethod]
    fn get_type_rev<'py>(cls: &Bound<'py, PyType>, k: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        cls.getattr(intern!(cls.py(), "_typesw_rev"))?.get_item(k)
    }

    fn unpack<'py>(slf: &Bound<'py, Self>, buf: &Bound<'py, PyAny>) -> PyResult<()> {
        unpack_native(slf.as_any(), &PROTOCOL, buf)
    }

    fn pack_hdr<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyBytes>> {
        let mut out = Vec::with_capacity(32);
        write_header(slf.as_super(), &mut out)?;
        Ok(PyBytes::new(slf.py(), &out))
    }

    fn __len__(slf: &Bound<'_, Self>) -> PyResult<usize> {
        length(slf.as_super())
    }

    fn __bytes__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyBytes>> {
        packing::written(slf.as_super(), &PROTOCOL)
    }
}
