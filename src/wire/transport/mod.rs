//! The transport layer.

pub mod dccp;
pub mod icmp;
pub mod icmpv6;
pub mod sctp;
pub mod tcp;
pub mod udp;
pub mod udplite;

/// Whether an IP protocol number is decoded here: where decoding may end when only network columns are asked for.
#[inline]
pub fn is_transport(protocol: u8) -> bool {
    matches!(protocol, 6 | 17 | 1 | 58 | 33 | 132 | 136)
}
