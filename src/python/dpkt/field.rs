//! A field of a header as a descriptor: read from the packet's bytes when asked for, kept when set.

use pyo3::exceptions::{PyAttributeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyInt, PyString};

use super::dictionary::{attributes, existing_attributes};
use super::layout::Layout;
use super::names::Access;
use super::packet::Packet;
use super::rules::Rules;

/// Where a value lies in a header, for the formats of the `struct` module that stand for one value.
#[derive(Clone, Copy)]
pub enum Place {
    Unsigned { offset: u16, size: u8, big: bool },
    Signed { offset: u16, size: u8, big: bool },
    Bytes { offset: u16, size: u16 },
}

impl Place {
    pub fn of(order: &str, code: &str, offset: usize) -> Option<Place> {
        let offset = u16::try_from(offset).ok()?;
        let big = match order {
            ">" | "!" => true,
            "<" => false,
            "=" | "@" => cfg!(target_endian = "big"),
            _ => return None,
        };
        if let Some(digits) = code.strip_suffix('s') {
            let size = if digits.is_empty() { 1 } else { digits.parse().ok()? };
            return Some(Place::Bytes { offset, size });
        }
        let long = if order == "@" { size_of::<std::ffi::c_long>() as u8 } else { 4 };
        let size = match code.to_ascii_uppercase().as_str() {
            "B" => 1,
            "H" => 2,
            "I" => 4,
            "L" => long,
            "Q" => 8,
            _ => return None,
        };
        let is_unsigned = code.as_bytes()[0].is_ascii_uppercase();
        Some(if is_unsigned { Place::Unsigned { offset, size, big } } else { Place::Signed { offset, size, big } })
    }

    pub fn size(self) -> usize {
        match self {
            Place::Unsigned { size, .. } | Place::Signed { size, .. } => usize::from(size),
            Place::Bytes { size, .. } => usize::from(size),
        }
    }

    pub fn offset(self) -> usize {
        let (Place::Unsigned { offset, .. } | Place::Signed { offset, .. } | Place::Bytes { offset, .. }) = self;
        usize::from(offset)
    }

    /// The value in `header`, which has all bytes of it.
    #[inline(always)]
    pub fn get<'py>(self, py: Python<'py>, header: &[u8]) -> Bound<'py, PyAny> {
        let bytes = &header[self.offset()..self.offset() + self.size()];
        match self {
            Place::Unsigned { big, .. } => PyInt::new(py, unsigned(bytes, big)).into_any(),
            Place::Signed { size, big, .. } => {
                let unused = 64 - 8 * u32::from(size);
                PyInt::new(py, (unsigned(bytes, big) << unused) as i64 >> unused).into_any()
            }
            Place::Bytes { .. } => PyBytes::new(py, bytes).into_any(),
        }
    }

    /// The number in `header`; None if this is none without a sign.
    #[inline(always)]
    pub fn number(self, header: &[u8]) -> Option<u64> {
        match self {
            Place::Unsigned { big, .. } => Some(unsigned(&header[self.offset()..self.offset() + self.size()], big)),
            Place::Signed { .. } | Place::Bytes { .. } => None,
        }
    }

    /// Appends `value` as the `struct` module would; false if that is left to it, for its rules or for its error.
    pub fn put(self, value: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> bool {
        match self {
            Place::Unsigned { size, big, .. } => {
                let Ok(number) = value.cast::<PyInt>().map_err(PyErr::from).and_then(|number| number.extract::<u64>()) else {
                    return false;
                };
                put_unsigned(number, usize::from(size), big, out)
            }
            Place::Signed { size, big, .. } => {
                let Ok(number) = value.cast::<PyInt>().map_err(PyErr::from).and_then(|number| number.extract::<i64>()) else {
                    return false;
                };
                let unused = 64 - 8 * u32::from(size);
                (number << unused) >> unused == number && put_bytes(number as u64, usize::from(size), big, out)
            }
            Place::Bytes { size, .. } => {
                let Ok(bytes) = value.cast::<PyBytes>() else { return false };
                let bytes = bytes.as_bytes();
                let size = usize::from(size);
                let kept = bytes.len().min(size);
                out.extend_from_slice(&bytes[..kept]);
                out.resize(out.len() + size - kept, 0);
                true
            }
        }
    }
}

fn put_unsigned(number: u64, size: usize, big: bool, out: &mut Vec<u8>) -> bool {
    (size == 8 || number >> (8 * size) == 0) && put_bytes(number, size, big, out)
}

fn put_bytes(number: u64, size: usize, big: bool, out: &mut Vec<u8>) -> bool {
    if big {
        out.extend_from_slice(&number.to_be_bytes()[8 - size..]);
    } else {
        out.extend_from_slice(&number.to_le_bytes()[..size]);
    }
    true
}

#[inline(always)]
fn unsigned(bytes: &[u8], big: bool) -> u64 {
    match (bytes, big) {
        (&[one], _) => u64::from(one),
        (&[a, b], true) => u64::from(u16::from_be_bytes([a, b])),
        (&[a, b, c, d], true) => u64::from(u32::from_be_bytes([a, b, c, d])),
        (_, true) => bytes.iter().fold(0, |number, &byte| number << 8 | u64::from(byte)),
        (_, false) => bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte)),
    }
}

/// A run of bits in an unsigned field.
#[derive(Clone, Copy)]
pub struct Bits {
    pub shift: u32,
    pub bits: u32,
}

impl Bits {
    fn mask(self) -> u64 {
        if self.bits == 64 { u64::MAX } else { (1 << self.bits) - 1 }
    }

    pub fn of(self, whole: u64) -> u64 {
        whole >> self.shift & self.mask()
    }

    /// None if the part is too large.
    pub fn try_replaced(self, whole: u64, part: u64) -> Option<u64> {
        (part <= self.mask()).then(|| self.replaced(whole, part))
    }

    fn replaced(self, whole: u64, part: u64) -> u64 {
        whole & !(self.mask() << self.shift) | part << self.shift
    }
}

/// The descriptor of a field, or of some bits of it.
#[pyclass(frozen, module = "pcapframe.dpkt.dpkt")]
pub struct Field {
    name: Py<PyString>,
    layout: u32,
    /// Which field of the layout.
    index: usize,
    place: Option<Place>,
    part: Option<Bits>,
    default: Py<PyAny>,
}

impl Field {
    pub fn whole(name: Py<PyString>, layout: &Layout, index: usize) -> Field {
        Python::attach(|py| {
            let declared = &layout.fields[index];
            Field { name, layout: layout.id, index, place: declared.place, part: None, default: declared.default.clone_ref(py) }
        })
    }

    pub fn part(name: Py<PyString>, layout: &Layout, index: usize, part: Bits) -> Field {
        Field { part: Some(part), ..Field::whole(name, layout, index) }
    }

    pub fn is_part(&self) -> bool {
        self.part.is_some()
    }

    /// The way to it without this descriptor; None for a format that only the struct module reads.
    pub fn access(&self) -> Option<Access> {
        let (index, place) = (self.index, self.place?);
        Some(match self.part {
            Some(bits) => Access::Part { index, place, bits },
            None => Access::Field { index, place },
        })
    }

    /// The value where the packet's class has another header in place of this field's: an attribute like any other.
    fn other_value<'py>(&self, packet: &Bound<'py, Packet>) -> PyResult<Bound<'py, PyAny>> {
        let name = self.name.bind(packet.py());
        let kept = existing_attributes(packet).map_or(Ok(None), |attributes| attributes.get_item(name))?;
        kept.ok_or_else(|| PyAttributeError::new_err(name.clone().unbind()))
    }

    fn is_of(&self, packet: &Bound<'_, Packet>) -> PyResult<bool> {
        let rules = Rules::of(packet)?;
        Ok(rules.get().layout.as_ref().is_some_and(|layout| layout.get().id == self.layout))
    }

    /// The whole field: as set, else as it lies in the packet's bytes.
    fn value<'py>(&self, packet: &Bound<'py, Packet>) -> PyResult<Bound<'py, PyAny>> {
        let py = packet.py();
        let inner = packet.get();
        if let Some(value) = inner.set_value(py, self.layout, self.index) {
            return value.map_or_else(|| self.other_value(packet), Ok);
        }
        match (inner.header(py, self.layout), self.place) {
            (Some(header), Some(place)) => Ok(place.get(py, header)),
            _ => self.other_value(packet),
        }
    }
}

/// Bits of a field that was set to something other than a number below 2^64, by Python's own operators.
fn part_by_python<'py>(whole: &Bound<'py, PyAny>, part: Bits) -> PyResult<Bound<'py, PyAny>> {
    whole.rshift(part.shift)?.bitand(part.mask())
}

#[pymethods]
impl Field {
    #[getter]
    fn __name__(&self, py: Python<'_>) -> Py<PyString> {
        self.name.clone_ref(py)
    }

    fn __get__<'py>(
        slf: &Bound<'py, Self>,
        packet: Option<&Bound<'py, Packet>>,
        _class: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let Some(packet) = packet else { return Ok(slf.clone().into_any()) };
        let field = slf.get();
        let py = slf.py();
        let Some(part) = field.part else { return field.value(packet) };
        if let Some(whole) = field.number(packet) {
            return Ok(PyInt::new(py, part.of(whole)).into_any());
        }
        part_by_python(&field.value(packet)?, part)
    }

    fn __set__<'py>(&self, packet: &Bound<'py, Packet>, value: Bound<'py, PyAny>) -> PyResult<()> {
        if !self.is_of(packet)? {
            return attributes(packet).set_item(&self.name, value);
        }
        let Some(part) = self.part else {
            packet.get().keep(self.layout, self.index, Some(value.unbind()));
            return Ok(());
        };
        if value.ge(u128::from(part.mask()) + 1)? {
            let message = format!("value {value} is too large for field {}", self.name.bind(packet.py()));
            return Err(PyValueError::new_err(message));
        }
        let whole = if let (Some(whole), Ok(value)) = (self.number(packet), value.extract::<u64>()) {
            PyInt::new(packet.py(), part.replaced(whole, value)).into_any()
        } else {
            let holder_bits = (self.place.map_or(8, Place::size) as u32 * 8).min(64);
            let all = if holder_bits == 64 { u64::MAX } else { (1 << holder_bits) - 1 };
            let others = self.value(packet)?.bitand(all & !(part.mask() << part.shift))?;
            value.lshift(part.shift)?.bitor(others)?
        };
        packet.get().keep(self.layout, self.index, Some(whole.unbind()));
        Ok(())
    }

    /// A field is gone after `del`; bits of one get their default again.
    fn __delete__(slf: &Bound<'_, Self>, packet: &Bound<'_, Packet>) -> PyResult<()> {
        let field = slf.get();
        let py = slf.py();
        let Some(part) = field.part else {
            field.value(packet)?;
            packet.get().keep(field.layout, field.index, None);
            return Ok(());
        };
        let default: u64 = field.default.bind(py).extract()?;
        field.__set__(packet, PyInt::new(py, part.of(default)).into_any())
    }
}

impl Field {
    /// The whole field as a number, if it is one.
    fn number(&self, packet: &Bound<'_, Packet>) -> Option<u64> {
        let py = packet.py();
        let inner = packet.get();
        if let Some(value) = inner.set_value(py, self.layout, self.index) {
            return value?.extract().ok();
        }
        self.place?.number(inner.header(py, self.layout)?)
    }
}
