//! FILE → RECORDS: formats, framing, and how a source is split among threads. Knows nothing of what is inside a packet.

mod btsnoop;
pub mod compression;
mod erf;
pub mod estimate;
mod fiveview;
pub mod foreign;
pub mod format;
pub mod index;
mod interfaces;
mod iptrace;
pub mod merge;
pub mod merged;
mod netmon;
mod netxray;
pub mod pcap;
mod pcap_variants;
pub mod pcapng;
mod peek;
pub mod record;
mod replay;
pub mod resync;
pub mod save;
mod sniffer;
mod snoop;
pub mod source;
pub mod split;
pub mod stream;
mod visual;
pub mod walk;
pub mod write;

pub use format::Format;
pub use index::{Index, Packets};
pub use record::{Framing, Record, Step};
pub use source::Source;
