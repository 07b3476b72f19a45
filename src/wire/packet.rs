//! One decoded packet: the row that the columns are made of.

use super::layers::{Stop, Tunnel};

/// An IP address, or none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Address {
    #[default]
    None,
    V4(u32),
    V6([u8; 16]),
}

/// The fields of one packet; 0 where the packet has no such field, and `layers` says what was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Packet {
    // record
    pub timestamp: i64,
    pub length: u32,
    pub captured_length: u32,
    pub interface: u16,
    pub link_type: u16,
    // link: the outermost frame
    pub ethertype: u16,
    pub vlan_id: u16,
    pub eth_src: [u8; 6],
    pub eth_dst: [u8; 6],
    // network: the innermost headers
    pub src: Address,
    pub dst: Address,
    pub ip_id: u32,
    pub ip_length: u32,
    pub fragment_offset: u16,
    pub ip_version: u8,
    pub protocol: u8,
    pub ttl: u8,
    pub tos: u8,
    // transport
    pub sport: u16,
    pub dport: u16,
    pub tcp_seq: u32,
    pub tcp_ack: u32,
    pub tcp_flags: u16,
    pub tcp_window: u16,
    pub tcp_tsval: u32,
    pub tcp_tsecr: u32,
    pub tcp_mss: u16,
    pub tcp_wscale: u8,
    /// Which TCP options were found, see [`super::transport::tcp::option`].
    pub tcp_options: u8,
    pub icmp_type: u8,
    pub icmp_code: u8,
    pub tunnel: Tunnel,
    pub stop: Stop,
    pub payload_length: u32,
    pub layers: u32,
}
