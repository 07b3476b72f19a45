//! dpkt's object API on packets that are parsed here: the classes that captures are full of. Rarer protocols are declared in
//! Python on top of [`packet::Packet`].

pub mod arp;
mod building;
mod cell;
pub mod checksum;
mod dictionary;
mod edits;
mod encapsulation;
pub mod errors;
pub mod ethernet;
mod field;
mod generic;
pub mod icmp;
pub mod icmp6;
pub mod ip;
pub mod ip6;
mod layout;
mod names;
pub mod packet;
mod packing;
mod payload;
pub mod records;
mod rules;
mod show;
pub mod sll;
pub mod sll2;
#[cfg(not(feature = "abi3"))]
mod slots;
mod source;
mod stream;
mod table;
pub mod tag;
pub mod tcp;
pub mod udp;
pub mod writing;

use pyo3::prelude::*;
use pyo3::pyclass::PyClass;
use pyo3::types::{PyDict, PyTuple};

pub use rules::declare_all;

/// An object of exactly the class `C`.
fn create<C>(py: Python<'_>, packet: packet::Packet, class: C) -> PyResult<Bound<'_, packet::Packet>>
where
    C: PyClass<BaseType = packet::Packet>,
{
    Ok(Bound::new(py, PyClassInitializer::from(packet).add_subclass(class))?.into_super())
}

/// `__bit_fields__` of a class: for each field made of bits their names and widths, most significant first.
fn bit_fields<'py>(py: Python<'py>, groups: &[(&str, &[(&str, u32)])]) -> PyResult<Bound<'py, PyDict>> {
    let fields = PyDict::new(py);
    for (name, parts) in groups {
        fields.set_item(name, PyTuple::new(py, *parts)?)?;
    }
    Ok(fields)
}
