//! The network layer: IP with its extension headers, and ARP.

pub mod ah;
pub mod arp;
pub mod esp;
pub mod ipv4;
pub mod ipv6;
pub mod ipv6_extension;
pub mod ipv6_fragment;
pub mod mpls;
