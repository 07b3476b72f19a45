//! What a frame has beside an Ethernet II header: VLAN tags, MPLS labels, ISL, and IEEE 802.3 with LLC.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict, PyList, PyType};

use super::dictionary::{attribute, attributes, existing_attributes};
use super::errors::PackError;
use super::ethernet::{HEADER, MPLS_TYPES, VLAN, VLAN_TYPES, behind_labels, behind_tags, control_word, type_of};
use super::packet::Packet;
use super::packing::{object_length, write_object, write_plain_header};
use super::source::Source;

const VLAN_8021AD: u16 = 0x88a8;
const IPX: u16 = 0x8137;
/// Shorter payloads are padded to this (60 bytes of frame without its check sequence).
const SHORTEST: usize = 46;
const ISL_HEADER: usize = 26;

/// A class of `pcapframe.dpkt`, imported once.
fn class<'py>(
    py: Python<'py>,
    cell: &'static PyOnceLock<Py<PyType>>,
    module: &str,
    name: &str,
) -> PyResult<&'py Bound<'py, PyType>> {
    cell.import(py, module, name)
}

fn vlan_class(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    class(py, &CLASS, "pcapframe.dpkt.ethernet", "VLANtag8021Q")
}

fn isl_class(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    class(py, &CLASS, "pcapframe.dpkt.ethernet", "VLANtagISL")
}

fn label_class(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    class(py, &CLASS, "pcapframe.dpkt.ethernet", "MPLSlabel")
}

fn llc_class(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    class(py, &CLASS, "pcapframe.dpkt.llc", "LLC")
}

pub fn is_llc(data: &Bound<'_, PyAny>) -> PyResult<bool> {
    // The classes of the core are none: only those made in Python are asked.
    if super::rules::Rules::native(data.get_type().as_any()).is_some() {
        return Ok(false);
    }
    data.is_instance(llc_class(data.py())?)
}

/// Sets the attributes of a frame that is more than a header and a payload.
pub fn attach(slf: &Bound<'_, Packet>, source: &Source, ethertype: u16) -> PyResult<()> {
    if source.lead > 0 {
        attach_isl(slf, source)?;
    }
    match ethertype {
        1501.. => attach_shims(slf.py(), source, &attributes(slf)),
        _ if source.header(slf.py())[HEADER..].starts_with(&[0xff, 0xff]) => attach_ipx(slf, source),
        0 => Ok(()),
        length => attach_llc(slf, source, usize::from(length)),
    }
}

fn attach_isl(slf: &Bound<'_, Packet>, source: &Source) -> PyResult<()> {
    let py = slf.py();
    let tag = isl_class(py)?.call1((source.slice(py, source.start - ISL_HEADER..source.start)?,))?;
    slf.setattr("vlan_tags", PyList::new(py, [&tag])?)?;
    slf.setattr("vlan", tag.getattr("id")?)
}

/// Adds tags and labels to the attributes of a frame.
pub fn attach_shims(py: Python<'_>, source: &Source, attributes: &Bound<'_, PyDict>) -> PyResult<()> {
    let frame = &source.header(py)[..source.data.end - source.start];
    let mut ethertype = u16::from_be_bytes([frame[HEADER - 2], frame[HEADER - 1]]);
    let mut start = HEADER;
    if VLAN_TYPES.contains(&ethertype) {
        (start, ethertype) = behind_tags(frame)?;
        attach_tags(py, source, start, attributes)?;
    }
    if MPLS_TYPES.contains(&ethertype) && start < frame.len() {
        attach_labels(py, source, start, attributes)?;
    }
    Ok(())
}

fn attach_tags(py: Python<'_>, source: &Source, end: usize, attributes: &Bound<'_, PyDict>) -> PyResult<()> {
    let tags = PyList::empty(py);
    for at in (source.start + HEADER..source.start + end).step_by(4) {
        tags.append(vlan_class(py)?.call1((source.slice(py, at..at + 4)?,))?)?;
    }
    let outermost = tags.get_item(0)?;
    attributes.set_item("vlan_tags", &tags)?;
    attributes.set_item("vlanid", outermost.getattr("id")?)?;
    attributes.set_item("priority", outermost.getattr("pri")?)?;
    attributes.set_item("cfi", outermost.getattr("cfi")?)
}

fn attach_labels(py: Python<'_>, source: &Source, start: usize, attributes: &Bound<'_, PyDict>) -> PyResult<()> {
    let tuples = PyList::empty(py);
    let labels = PyList::empty(py);
    let end = source.start + behind_labels(&source.header(py)[..source.data.end - source.start], start)?;
    for at in (source.start + start..end).step_by(4) {
        let label = label_class(py)?.call1((source.slice(py, at..at + 4)?,))?;
        tuples.append(label.call_method0("as_tuple")?)?;
        labels.append(label)?;
    }
    attributes.set_item("labels", tuples)?;
    attributes.set_item("mpls_labels", labels)?;
    if source.data.start > end && control_word(&source.header(py)[end - source.start..]) > 0 {
        attributes.set_item("_control_word", source.slice(py, end..source.data.start)?)?;
    }
    Ok(())
}

/// Novell's frames have IPX right behind the length.
fn attach_ipx(slf: &Bound<'_, Packet>, source: &Source) -> PyResult<()> {
    let py = slf.py();
    let class = slf.get_type().getattr("_typesw")?.get_item(IPX)?;
    let ipx = class.call1((source.slice(py, source.data.start + 2..source.data.end)?,))?;
    slf.setattr("type", IPX)?;
    slf.setattr("ipx", &ipx)?;
    slf.setattr("data", ipx)
}

/// IEEE 802.3: the type field is the payload's length; padding, check sequence and trailer may follow it.
fn attach_llc(slf: &Bound<'_, Packet>, source: &Source, length: usize) -> PyResult<()> {
    let py = slf.py();
    slf.setattr("len", length)?;
    let end = (source.data.start + length).min(source.data.end);
    attach_tail(slf, source, end, length)?;
    let llc = llc_class(py)?.call1((source.slice(py, source.data.start..end)?,))?;
    slf.setattr("llc", &llc)?;
    slf.setattr("data", llc)
}

fn attach_tail(slf: &Bound<'_, Packet>, source: &Source, start: usize, length: usize) -> PyResult<()> {
    let py = slf.py();
    let bytes = source.buffer.as_bytes(py);
    let mut at = start;
    let end = source.data.end;
    let padding = SHORTEST.saturating_sub(length);
    // Padding is taken for such where it is zeros, as Wireshark does.
    if end - at > 4 && length < SHORTEST && end - at >= padding && bytes[at..at + padding].iter().all(|&byte| byte == 0) {
        slf.setattr("padding", source.slice(py, at..at + padding)?)?;
        at += padding;
    }
    if end - at >= 4 {
        slf.setattr("fcs", u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]))?;
        at += 4;
    }
    if at < end { slf.setattr("trailer", source.slice(py, at..end)?) } else { Ok(()) }
}

pub fn tail_length(slf: &Bound<'_, Packet>) -> PyResult<usize> {
    let data = Packet::payload_of(slf)?;
    if data.cast::<Packet>().is_err() || !is_llc(&data)? {
        return Ok(0);
    }
    let Some(attributes) = existing_attributes(slf) else { return Ok(0) };
    let mut length = if attributes.contains("fcs")? { 4 } else { 0 };
    for name in ["padding", "trailer"] {
        if let Some(bytes) = attributes.get_item(name)? {
            length += bytes.len()?;
        }
    }
    Ok(length)
}

/// What follows the LLC payload; a check sequence that is None or 0 is computed.
pub fn write_tail(slf: &Bound<'_, Packet>, data: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> PyResult<()> {
    let py = slf.py();
    let attributes = attributes(slf);
    let mut padding = Vec::new();
    if let Some(bytes) = attributes.get_item("padding")? {
        write_object(&bytes, &mut padding)?;
    }
    out.extend_from_slice(&padding);
    if let Some(fcs) = attributes.get_item("fcs")? {
        let fcs: u32 = if fcs.is_truthy()? { fcs.extract()? } else { check_sequence(slf, data, &padding)? };
        out.extend_from_slice(&fcs.to_be_bytes());
    }
    match attributes.get_item(intern!(py, "trailer"))? {
        Some(trailer) => write_object(&trailer, out),
        None => Ok(()),
    }
}

/// The CRC-32 of the frame as it is sent: least significant byte first. ISL's own header is not part of it.
fn check_sequence(slf: &Bound<'_, Packet>, data: &Bound<'_, PyAny>, padding: &[u8]) -> PyResult<u32> {
    let py = slf.py();
    let mut frame = Vec::with_capacity(1600);
    super::packing::write_header(slf, &mut frame)?;
    write_object(data, &mut frame)?;
    frame.extend_from_slice(padding);
    let has_isl = match attribute(slf, "vlan_tags")? {
        Some(tags) if tags.is_truthy()? => tags.get_item(0)?.is_instance(isl_class(py)?)?,
        _ => false,
    };
    let start = if has_isl { ISL_HEADER } else { 0 };
    let crc: u32 = py.import("zlib")?.call_method1("crc32", (PyBytes::new(py, &frame[start..]),))?.extract()?;
    Ok(crc.swap_bytes())
}

/// The header with tags and labels, whose links are set right on the way: the bottom of the stack, and each tag's type.
pub fn write_header(
    slf: &Bound<'_, Packet>,
    labels: &[Bound<'_, PyAny>],
    tags: &[Bound<'_, PyAny>],
    out: &mut Vec<u8>,
) -> PyResult<()> {
    let py = slf.py();
    let mut ethertype: u16 = slf.getattr(intern!(py, "type"))?.extract()?;
    let mut header = Vec::with_capacity(32);
    write_plain_header(slf, &mut header)?;
    let mut shims = Vec::with_capacity(32);
    let mut has_isl = false;
    if !tags.is_empty() {
        has_isl = link_tags(slf, tags, !labels.is_empty(), &mut ethertype)?;
        for tag in tags {
            write_object(&tag.call_method0("pack_hdr")?, &mut shims)?;
        }
    } else if !MPLS_TYPES.contains(&ethertype) {
        ethertype = MPLS_TYPES[0];
    }
    for (index, label) in labels.iter().enumerate() {
        label.setattr("s", u8::from(index + 1 == labels.len()))?;
        write_object(&label.call_method0("pack_hdr")?, &mut shims)?;
    }
    if let (false, Some(word)) = (labels.is_empty(), attribute(slf, "_control_word")?) {
        write_object(&word, &mut shims)?;
    }
    let data = Packet::payload_of(slf)?;
    if data.cast::<Packet>().is_ok() && is_llc(&data)? {
        ethertype = object_length(&data)? as u16;
    }
    header.truncate(HEADER - 2);
    header.extend_from_slice(&ethertype.to_be_bytes());
    let (first, second) = if has_isl { (shims, header) } else { (header, shims) };
    out.extend_from_slice(&first);
    out.extend_from_slice(&second);
    Ok(())
}

/// Gives each tag the type of what follows it. True for ISL, which goes in front of the header.
fn link_tags(slf: &Bound<'_, Packet>, tags: &[Bound<'_, PyAny>], has_labels: bool, ethertype: &mut u16) -> PyResult<bool> {
    let py = slf.py();
    let (vlan, isl) = (vlan_class(py)?, isl_class(py)?);
    let all_vlan = tags.iter().try_fold(true, |all, tag| Ok::<_, PyErr>(all && tag.is_instance(vlan)?))?;
    if tags.len() == 1 && tags[0].is_instance(isl)? {
        tags[0].setattr("type", 0)?;
        return Ok(true);
    }
    if tags.len() > 2 && !all_vlan {
        return Err(PackError::new_err("maximum is 2 VLAN tags per Ethernet frame"));
    }
    let last_type = type_behind_tags(slf, tags, has_labels)?;
    if all_vlan && !VLAN_TYPES.contains(ethertype) {
        *ethertype = if tags.len() == 1 { VLAN } else { VLAN_8021AD };
    }
    for (index, tag) in tags.iter().enumerate() {
        if index + 1 < tags.len() && all_vlan {
            let known: u16 = tag.getattr("type")?.extract()?;
            tag.setattr("type", if VLAN_TYPES.contains(&known) { known } else { VLAN })?;
        } else if index + 1 == tags.len() && (all_vlan || tags.len() == 2) {
            tag.setattr("type", &last_type)?;
        }
    }
    Ok(false)
}

/// The type that the last tag gets: MPLS where labels follow, else that of the data's class, else the frame's.
fn type_behind_tags<'py>(slf: &Bound<'py, Packet>, tags: &[Bound<'py, PyAny>], has_labels: bool) -> PyResult<Bound<'py, PyAny>> {
    let py = slf.py();
    if let (true, Some(last)) = (has_labels, tags.last()) {
        let known: u16 = last.getattr("type")?.extract()?;
        let mpls = if MPLS_TYPES.contains(&known) { known } else { MPLS_TYPES[0] };
        return Ok(mpls.into_pyobject(py)?.into_any());
    }
    let data = Packet::payload_of(slf)?;
    let of_data = if data.cast::<Packet>().is_ok() { type_of(slf, &data)? } else { None };
    of_data.map_or_else(|| slf.getattr("type"), Ok)
}
