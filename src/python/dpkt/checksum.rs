//! The Internet checksum (RFC 1071) and CRC-32C (RFC 3309, RFC 9260), as dpkt's functions of these names.

use pyo3::prelude::*;
use pyo3::types::{PyAny, PyInt};

use super::rules::Rules;
use super::source::View;
use super::tcp::Tcp;
use super::udp::Udp;
use crate::wire::checksum::internet::{complement, sum};

/// Where in its bytes a packet of exactly the core's TCP or UDP has its checksum.
pub fn place(packet: &Bound<'_, PyAny>) -> Option<usize> {
    let class = packet.get_type();
    if !Rules::native(class.as_any())?.is_as_made(packet.py()) {
        return None;
    }
    if class.is(packet.py().get_type::<Tcp>()) {
        return Some(16);
    }
    class.is(packet.py().get_type::<Udp>()).then_some(6)
}

/// `in_cksum_add`: adds the words of `buf` to a sum.
#[pyfunction]
pub fn dpkt_in_cksum_add<'py>(s: &Bound<'py, PyAny>, buf: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let view = View::of(buf)?;
    s.add(PyInt::new(buf.py(), sum(view.bytes(buf.py()))))
}

/// The checksum of `buf`.
#[pyfunction]
pub fn dpkt_in_cksum(buf: &Bound<'_, PyAny>) -> PyResult<u16> {
    let view = View::of(buf)?;
    Ok(complement(sum(view.bytes(buf.py()))))
}

/// The CRC register after `buf`.
#[pyfunction]
pub fn dpkt_crc32c_add(crc: u32, buf: &Bound<'_, PyAny>) -> PyResult<u32> {
    let view = View::of(buf)?;
    // The crate's CRC is the register's complement.
    Ok(!crc32c::crc32c_append(!crc, view.bytes(buf.py())))
}
