//! FILE → RECORDS: formats, framing, and how a source is split among threads. Knows nothing of what is inside a packet.

pub mod compression;
mod erf;
pub mod foreign;
pub mod format;
pub mod index;
mod interfaces;
mod netmon;
pub mod pcap;
pub mod pcapng;
pub mod record;
mod replay;
mod snoop;
pub mod source;
pub mod split;
pub mod stream;
pub mod walk;
pub mod write;

pub use format::Format;
pub use index::{Index, Packets};
pub use record::{Framing, Record, Step};
pub use source::Source;
