//! The tables of the core for the generator of stubs, properties and the reference page.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::columns::COLUMNS;
use crate::columns::table::{Getter, Oracle};
use crate::wire::{Checksum, Stop, Tunnel, layer};

/// Every column: name, kind, documentation, whether it is read by default, and what it is compared with in the tests.
#[pyfunction]
pub fn column_table(py: Python<'_>) -> PyResult<Vec<Bound<'_, PyDict>>> {
    COLUMNS
        .iter()
        .map(|column| {
            let row = PyDict::new(py);
            row.set_item("name", column.name)?;
            row.set_item(
                "kind",
                match column.getter {
                    Getter::U8(_) => "uint8",
                    Getter::Checksum(_) => "checksum",
                    Getter::U16(_) => "uint16",
                    Getter::U32(_) => "uint32",
                    Getter::Time(_) => "datetime64[ns]",
                    Getter::Ip(_) | Getter::Mac(_) => "address",
                },
            )?;
            row.set_item("doc", column.doc.trim())?;
            row.set_item("default", column.default)?;
            match column.oracle {
                Oracle::Tshark(fields) => row.set_item("tshark", fields)?,
                Oracle::Exempt(reason) => row.set_item("exempt", reason)?,
            }
            Ok(row)
        })
        .collect()
}

/// Name, bit and meaning of every layer.
#[pyfunction]
pub fn layers() -> Vec<(&'static str, u32, &'static str)> {
    layer::ALL.iter().map(|(name, bit, doc)| (*name, *bit, doc.trim())).collect()
}

/// Name, number and meaning of every reason why decoding ends.
#[pyfunction]
pub fn stops() -> Vec<(&'static str, u8, &'static str)> {
    Stop::ALL.to_vec()
}

/// Name, number and meaning of every tunnel.
#[pyfunction]
pub fn tunnels() -> Vec<(&'static str, u8, &'static str)> {
    Tunnel::ALL.to_vec()
}

/// Name, number and meaning of what may be known of a checksum.
#[pyfunction]
pub fn checksums() -> Vec<(&'static str, u8, &'static str)> {
    Checksum::ALL.to_vec()
}
