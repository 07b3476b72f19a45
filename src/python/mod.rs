//! THE BORDER: the only folder that names pyo3 or numpy. What is here unpacks arguments, calls the core and maps errors.

mod address;
mod again;
mod arrow;
mod bins;
mod dpkt;
mod errors;
mod flow_arrow;
mod flows;
mod frame;
mod input;
mod lend;
mod packets;
mod pickle;
mod read;
mod read_flows;
mod scan;
mod schema;

use pyo3::prelude::*;

#[pymodule]
mod _core {
    #[pymodule_export]
    use super::bins::bin_sums;
    #[pymodule_export]
    use super::dpkt::arp::Arp;
    #[pymodule_export]
    use super::dpkt::checksum::{dpkt_crc32c_add, dpkt_in_cksum, dpkt_in_cksum_add};
    #[pymodule_export]
    use super::dpkt::decompressed::Decompressed;
    #[pymodule_export]
    use super::dpkt::ethernet::Ethernet;
    #[pymodule_export]
    use super::dpkt::icmp::Icmp;
    #[pymodule_export]
    use super::dpkt::icmp6::Icmp6;
    #[pymodule_export]
    use super::dpkt::ip::Ip;
    #[pymodule_export]
    use super::dpkt::ip6::Ip6;
    #[pymodule_export]
    use super::dpkt::packet::Packet;
    #[pymodule_export]
    use super::dpkt::records::{RecordIterator, Records};
    #[pymodule_export]
    use super::dpkt::sll::Sll;
    #[pymodule_export]
    use super::dpkt::sll2::Sll2;
    #[pymodule_export]
    use super::dpkt::tag::Tag;
    #[pymodule_export]
    use super::dpkt::tcp::{Tcp, dpkt_parse_opts};
    #[pymodule_export]
    use super::dpkt::udp::Udp;
    #[pymodule_export]
    use super::dpkt::writing::{pcap_record, pcapng_record};
    #[pymodule_export]
    use super::flows::{FlowMeter, FlowTable, conn_states, end_reasons, flow_column_table, flow_packet_columns, restore_flows};
    #[pymodule_export]
    use super::frame::Frame;
    #[pymodule_export]
    use super::packets::{CaptureFile, PacketIterator, write_packets};
    #[pymodule_export]
    use super::pickle::restore;
    #[pymodule_export]
    use super::read::{Settings, default_threads, read};
    #[pymodule_export]
    use super::scan::Scan;
    #[pymodule_export]
    use super::schema::{checksums, column_table, layers, stops, tunnels};

    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        super::dpkt::declare_all(module)?;
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
