//! The Internet checksum (RFC 1071) and CRC-32C (RFC 3309, RFC 9260), as dpkt's functions of these names.

use pyo3::prelude::*;
use pyo3::types::{PyAny, PyInt};

use super::rules::Rules;
use super::source::View;
use super::tcp::Tcp;
use super::udp::Udp;

/// The sum of 16-bit little-endian words; a last odd byte counts as the low one.
pub fn sum(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<2>();
    let sum: u64 = words.iter().map(|&word| u64::from(u16::from_le_bytes(word))).sum();
    sum + rest.first().map_or(0, |&byte| u64::from(byte))
}

/// The checksum for a sum of little-endian words, in the order of the network.
pub fn fold(mut sum: u64) -> u16 {
    while sum > 0xffff {
        sum = (sum >> 16) + (sum & 0xffff);
    }
    (!(sum as u16)).swap_bytes()
}

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
    Ok(fold(sum(view.bytes(buf.py()))))
}

const CRC32C: [u32; 256] = table();

const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let mut crc = index as u32;
        let mut bit = 0;
        while bit < 8 {
            // The Castagnoli polynomial, reflected.
            crc = if crc & 1 == 1 { crc >> 1 ^ 0x82f6_3b78 } else { crc >> 1 };
            bit += 1;
        }
        table[index] = crc;
        index += 1;
    }
    table
}

/// The CRC register after `buf`.
#[pyfunction]
pub fn dpkt_crc32c_add(crc: u32, buf: &Bound<'_, PyAny>) -> PyResult<u32> {
    let view = View::of(buf)?;
    Ok(view.bytes(buf.py()).iter().fold(crc, |crc, &byte| crc >> 8 ^ CRC32C[((crc ^ u32::from(byte)) & 0xff) as usize]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_1071() {
        // 0001 f203 f4f5 f6f7 sum up to ddf2.
        assert_eq!(fold(sum(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7])), !0xddf2);
    }

    #[test]
    fn the_check_value_of_crc_32c() {
        let crc = b"123456789".iter().fold(u32::MAX, |crc, &byte| crc >> 8 ^ CRC32C[((crc ^ u32::from(byte)) & 0xff) as usize]);
        assert_eq!(!crc, 0xe306_9283);
    }
}
