//! PACKETS → FLOWS: the packets of a frame, or of one frame after the other, become bidirectional flows.
//!
//! | module | |
//! |---|---|
//! | [`rules`] | what makes a flow, and when it is over |
//! | [`packet`] | what a flow takes from a packet |
//! | [`range`] | packets that follow one another, by shard |
//! | [`key`] | what the packets of a flow have in common |
//! | [`fragments`] | the ports of fragments, which only the first one has |
//! | [`index`] | from keys to the flows that are open |
//! | [`slab`] | where flows are kept |
//! | [`state`] | an open flow: what every one has |
//! | [`statistics`] | what is kept of sizes and times if it is asked for |
//! | [`tcp`] | what only TCP has, by Zeek's definitions |
//! | [`shard`] | the flows of a part of all keys |
//! | [`turnstile`] | who may work on a shard |
//! | [`meter`] | the whole, on all cores |
//! | [`columns`] | ★ the table of flow columns |
//! | [`ranks`] | the row of each flow |
//! | [`builder`] | flows that are over become rows |
//! | [`table`] | flows, column by column |
//!
//! Rows are what one thread would make of the packets in their order: keys are spread over shards by a seeded hash, each shard
//! sees its packets in order, and the clock, the latest time of all packets so far, comes with each packet.

pub mod builder;
pub mod columns;
pub mod community_id;
pub mod fragments;
pub mod history;
pub mod index;
pub mod key;
pub mod meter;
pub mod packet;
pub mod range;
pub mod ranks;
pub mod rules;
pub mod server_ports;
pub mod shard;
pub mod slab;
pub mod state;
pub mod statistics;
pub mod table;
pub mod tcp;
pub mod turnstile;

pub use meter::Meter;
pub use range::{Gather, Range};
pub use rules::Rules;
pub use table::Table;
