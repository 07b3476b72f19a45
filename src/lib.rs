//! Packet captures as columns.
//!
//! The layers, each importing only those before it:
//!
//! | module | from | to |
//! |---|---|---|
//! | [`capture`] | file | records |
//! | [`wire`] | bytes of one record | layers |
//! | [`columns`] | layers | columns |
//! | [`flow`] | packets | flows |
//! | [`read`] | source | table of columns |
//! | `python` | the border: the only module that names `pyo3` or `numpy` | |
//!
//! `capture` and `wire` never see each other.

mod bytes;
pub mod capture;
pub mod columns;
pub mod error;
pub mod flow;
pub mod memory;
pub mod parallel;
pub mod read;
pub mod scan;
pub mod wire;

#[cfg(feature = "python")]
mod python;
