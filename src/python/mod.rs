//! THE BORDER: the only folder that names pyo3 or numpy. What is here unpacks arguments, calls the core and maps errors.

mod address;
mod arrow;
mod bins;
mod errors;
mod frame;
mod lend;
mod packets;
mod pickle;
mod read;
mod schema;

use pyo3::prelude::*;

#[pymodule]
mod _core {
    #[pymodule_export]
    use super::bins::bin_sums;
    #[pymodule_export]
    use super::frame::Frame;
    #[pymodule_export]
    use super::packets::{PacketIterator, write_packets};
    #[pymodule_export]
    use super::pickle::restore;
    #[pymodule_export]
    use super::read::{default_threads, read};
    #[pymodule_export]
    use super::schema::{column_table, layers, stops, tunnels};

    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
