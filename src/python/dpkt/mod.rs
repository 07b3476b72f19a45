//! dpkt's object API on packets that are parsed here: the classes that captures are full of. Rarer protocols are declared in
//! Python on top of [`packet::Packet`].

pub mod arp;
mod building;
mod cell;
pub mod checksum;
pub mod decompressed;
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
mod lifetime;
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
use pyo3::types::{PyDict, PyTuple};

use lifetime::create;
pub use rules::declare_all;

/// `__bit_fields__` of a class: for each field made of bits their names and widths, most significant first.
fn bit_fields<'py>(py: Python<'py>, groups: &[(&str, &[(&str, u32)])]) -> PyResult<Bound<'py, PyDict>> {
    let fields = PyDict::new(py);
    for (name, parts) in groups {
        fields.set_item(name, PyTuple::new(py, *parts)?)?;
    }
    Ok(fields)
}
