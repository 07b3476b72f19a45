//! Address columns across the border: codes, distinct values, membership.

use std::net::IpAddr;

use numpy::{IntoPyArray, PyArray1};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;

use super::errors::{detached, to_python};
use super::frame::Frame;
use super::lend::lend;
use crate::columns::address::{Network, code_macs};
use crate::columns::table::Getter;
use crate::error::Error;
use crate::parallel;

/// A column's codes, 0 for none, and the texts of the distinct addresses; the first text is empty, for code 0.
pub struct CodedColumn {
    pub codes: Vec<u32>,
    pub values: Vec<String>,
}

impl Frame {
    /// The codes of an address column, made on first use.
    pub(super) fn coded(&self, py: Python<'_>, name: &str) -> PyResult<&CodedColumn> {
        let (place, column) = self.column(py, name)?;
        if let Some(coded) = self.codes[place].get() {
            return Ok(coded);
        }
        let coded = match column.getter {
            Getter::Ip(_) => detached(py, || self.code_ip(place))?,
            Getter::Mac(_) => detached(py, || Ok(self.code_mac(place)))?,
            _ => return Err(PyTypeError::new_err(format!("column {name:?} holds numbers, not addresses"))),
        };
        Ok(self.codes[place].get_or_init(|| coded))
    }

    fn code_ip(&self, place: usize) -> Result<CodedColumn, Error> {
        let work = || self.data.with_addresses(place, |addresses| addresses.code());
        let coded = parallel::install(self.data.rows(), work)?.unwrap_or_default();
        Ok(CodedColumn { codes: coded.codes, values: texts(coded.values.iter().map(IpAddr::to_string)) })
    }

    fn code_mac(&self, place: usize) -> CodedColumn {
        let raw = self.data.values::<u32>(place).unwrap_or_else(|| Vec::new().into());
        let (codes, macs) = code_macs(&raw, &self.data.macs);
        CodedColumn { codes, values: texts(macs.iter().map(|mac| mac_text(*mac))) }
    }
}

pub(super) fn texts(values: impl Iterator<Item = String>) -> Vec<String> {
    std::iter::once(String::new()).chain(values).collect()
}

fn mac_text(mac: [u8; 6]) -> String {
    mac.map(|byte| format!("{byte:02x}")).join(":")
}

#[pymethods]
impl Frame {
    /// Codes of an address column, read-only.
    fn codes<'py>(slf: &Bound<'py, Self>, name: &str) -> PyResult<Bound<'py, PyArray1<u32>>> {
        let coded = slf.get().coded(slf.py(), name)?;
        // SAFETY: a Frame is frozen, and codes once made stay as they are.
        Ok(unsafe { lend(&coded.codes, slf.clone().into_any()) })
    }

    /// The distinct addresses of a column as text, in ascending order, after an empty text for code 0.
    fn categories(&self, py: Python<'_>, name: &str) -> PyResult<Vec<String>> {
        Ok(self.coded(py, name)?.values.clone())
    }

    /// For each row whether the address in column `name` is in one of `networks`: pairs of an address and a prefix length.
    fn within<'py>(&self, py: Python<'py>, name: &str, networks: Vec<(String, u8)>) -> PyResult<Bound<'py, PyArray1<bool>>> {
        let (place, column) = self.column(py, name)?;
        let found = match column.getter {
            Getter::Ip(_) => {
                let networks = networks.iter().map(|(text, prefix)| network(text, *prefix)).collect::<PyResult<Vec<_>>>()?;
                detached(py, || {
                    let work = || self.data.with_addresses(place, |addresses| addresses.within(&networks));
                    Ok(parallel::install(self.data.rows(), work)?.unwrap_or_default())
                })?
            }
            Getter::Mac(_) => self.mac_within(place, &networks),
            _ => return Err(PyTypeError::new_err(format!("column {name:?} holds numbers, not addresses"))),
        };
        Ok(found.into_pyarray(py))
    }

    /// The address in one row as text; empty for none.
    fn address(&self, py: Python<'_>, name: &str, row: usize) -> PyResult<String> {
        let (place, column) = self.column(py, name)?;
        if row >= self.data.rows() {
            return Err(to_python(py, Error::PacketGone { row: row as u64 }, None));
        }
        let text = match column.getter {
            Getter::Ip(_) => self.data.with_addresses(place, |all| all.get(row)).flatten().map(|address| address.to_string()),
            Getter::Mac(_) => self.mac(place, row).map(mac_text),
            _ => None,
        };
        Ok(text.unwrap_or_default())
    }
}

impl Frame {
    fn mac(&self, place: usize, row: usize) -> Option<[u8; 6]> {
        let at = *self.data.values::<u32>(place)?.get(row)?;
        self.data.macs.get((at as usize).checked_sub(1)?).copied()
    }

    fn mac_within(&self, place: usize, wanted: &[(String, u8)]) -> Vec<bool> {
        let matches = |mac: &[u8; 6]| wanted.iter().any(|(text, _)| *text == mac_text(*mac));
        let known: Vec<bool> = std::iter::once(false).chain(self.data.macs.iter().map(matches)).collect();
        let raw = self.data.values::<u32>(place).unwrap_or_else(|| Vec::new().into());
        raw.iter().map(|at| known[*at as usize]).collect()
    }
}

pub(super) fn network(text: &str, prefix: u8) -> PyResult<Network> {
    let address: IpAddr = text.parse().map_err(|_| PyValueError::new_err(format!("{text:?} is no IP address")))?;
    let longest = if address.is_ipv4() { 32 } else { 128 };
    if prefix > longest {
        return Err(PyValueError::new_err(format!("a prefix of {prefix} bits is longer than {text}")));
    }
    Ok(Network { address, prefix })
}
