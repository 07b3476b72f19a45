//! Link layers: what a capture's link type says a packet begins with.

pub mod ethernet;
pub mod null;
pub mod sll;
pub mod sll2;
pub mod vlan;
