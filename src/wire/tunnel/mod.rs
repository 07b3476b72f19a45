//! Tunnels: headers behind which another packet or frame begins.
//!
//! A decoder calls [`enter`] when it knows what it carries; the packet inside then takes the columns' place, and where its
//! addresses can not be read, those of the packet around it stay.

pub mod capwap;
pub mod erspan;
pub mod esp_udp;
pub mod etherip;
pub mod geneve;
pub mod gre;
pub mod gtpu;
pub mod ipip;
pub mod l2tp;
pub mod lisp;
pub mod nsh;
pub mod pim;
pub mod ports;
pub mod teredo;
pub mod tzsp;
pub mod vxlan;

use super::cursor::Cursor;
use super::dispatch::Next;
use super::layers::{Stop, Tunnel, layer};
use super::packet::{Address, Packet};

/// More tunnels inside one another than real traffic has; each costs time, and an attacker chooses them.
pub const MAX_DEPTH: u8 = 8;

/// What is noted of a tunnel before what it carries is decoded; an error where that is not wanted, or too deep.
pub fn enter(tunnel: Tunnel, id: u32, cursor: &Cursor, packet: &mut Packet) -> Result<(), Next> {
    let around = packet.ip_version != 0;
    if around && !cursor.context().decapsulate {
        return Err(Next::Stop(Stop::Complete));
    }
    if packet.tunnel_depth == MAX_DEPTH {
        return Err(Next::Stop(Stop::TooDeep));
    }
    if packet.tunnel_depth == 0 {
        packet.outer_ip_version = 0;
    }
    if around && packet.outer_ip_version == 0 {
        packet.outer_ip_version = packet.ip_version;
        match (packet.src(), packet.dst()) {
            (Address::V4(src), Address::V4(dst)) => packet.outer_ipv4 = [src, dst],
            (Address::V6(src), Address::V6(dst)) => packet.outer_ipv6 = [src, dst],
            _ => {}
        }
    }
    packet.tunnel = tunnel;
    packet.tunnel_id = id;
    packet.tunnel_depth += 1;
    Ok(())
}

/// Where a datagram never had `length` bytes, it can not be the tunnel's: it is only a datagram.
fn fits(length: usize, cursor: &Cursor) -> Result<(), Next> {
    if length > cursor.wire() as usize {
        return Err(Next::Stop(Stop::Complete));
    }
    Ok(())
}

/// The layers that describe the innermost headers, and are forgotten where others are found inside.
const INNERMOST: u32 =
    layer::ARP | layer::IP | layer::IPV6_EXTENSION | layer::FRAGMENT | layer::PORTS | layer::ANY_ICMP | layer::AH | layer::ESP;

/// The packet as it was in front of the headers that are to be decoded next: record, link and tunnel only.
pub fn without_innermost(packet: &Packet) -> Packet {
    Packet {
        timestamp: packet.timestamp,
        length: packet.length,
        captured_length: packet.captured_length,
        interface: packet.interface,
        link_type: packet.link_type,
        file: packet.file,
        ethertype: packet.ethertype,
        vlan_id: packet.vlan_id,
        eth_src: packet.eth_src,
        eth_dst: packet.eth_dst,
        tunnel: packet.tunnel,
        tunnel_id: packet.tunnel_id,
        tunnel_depth: packet.tunnel_depth,
        outer_ip_version: packet.outer_ip_version,
        outer_ipv4: packet.outer_ipv4,
        outer_ipv6: packet.outer_ipv6,
        layers: packet.layers & !INNERMOST,
        ..Packet::default()
    }
}
