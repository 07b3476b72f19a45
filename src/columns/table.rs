//! ★ The column table: every column of packets, declared once.
//!
//! A row is the documentation, the name, how deep decoding must go, which packets have the field, tshark's name for it (or
//! why it has none) and the getter. Builders, selective parsing, numpy properties, the Arrow schema, the stubs and the reference
//! page all follow from it. The order here is the order everywhere.

use super::dictionary::Memo;
use crate::wire::transport::tcp::option;
use crate::wire::{Address, Depth, Packet, layer};

/// Rows are filled a batch at a time, so that a column's type is looked at once a batch and not once a packet.
pub enum Getter {
    U8(fn(&[Packet], &mut Vec<u8>)),
    U16(fn(&[Packet], &mut Vec<u16>)),
    U32(fn(&[Packet], &mut Vec<u32>)),
    /// What is known of a checksum.
    Checksum(fn(&[Packet], &mut Vec<u8>)),
    /// Nanoseconds since 1970.
    Time(fn(&[Packet], &mut Vec<i64>)),
    /// An address of either IP version, or none: an IPv4 address itself or the place of an IPv6 address.
    Ip(fn(&[Packet], &mut Memo<[u8; 16]>, &mut Vec<u32>)),
    /// A hardware address, present where `layers` has Ethernet: its place counted from 1.
    Mac(fn(&[Packet], &mut Memo<[u8; 6]>, &mut Vec<u32>)),
}

/// Which packets have the field; the others are 0 in numpy and null in Arrow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    Always,
    /// Those with any of these layers.
    Layers(u32),
    /// Those with this TCP option.
    TcpOption(u8),
    /// Those whose IP version is not 0, and ARP for IPv4.
    Address,
    /// IPv4, and fragments of IPv6.
    Identification,
    /// Those whose checksum could be verified.
    Verified,
    /// Those that a tunnel carried.
    Tunnel,
    /// Those that a tunnel over IP carried.
    OuterAddress,
}

/// What the column is compared with in the tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Oracle {
    /// Fields of tshark, the first that is set.
    Tshark(&'static str),
    /// No other program has it; the reason says how it is tested instead.
    Exempt(&'static str),
}

pub struct Column {
    pub name: &'static str,
    pub doc: &'static str,
    pub depth: Depth,
    pub presence: Presence,
    pub oracle: Oracle,
    pub getter: Getter,
    /// Whether it is read when no columns are named.
    pub default: bool,
}

macro_rules! getter {
    (Ip, $get:expr) => {
        Getter::Ip(|batch, memo, out| fill_ip(batch, memo, out, $get))
    };
    (Mac, $get:expr) => {
        Getter::Mac(|batch, memo, out| fill_mac(batch, memo, out, $get))
    };
    ($kind:ident, $get:expr) => {
        Getter::$kind(|batch, out| out.extend(batch.iter().map($get)))
    };
}

macro_rules! columns {
    ($($(#[doc = $doc:literal])* $default:literal $name:ident: $kind:ident, $depth:ident, $presence:expr, $oracle:expr, $get:expr;)*) => {
        pub static COLUMNS: &[Column] = &[$(Column {
            name: stringify!($name),
            doc: concat!($($doc, "\n"),*),
            depth: Depth::$depth,
            presence: $presence,
            oracle: $oracle,
            getter: getter!($kind, $get),
            default: $default == '+',
        }),*];
    };
}

use Oracle::{Exempt, Tshark};
use Presence::{Address as Addressed, Always, Identification, Layers, OuterAddress, TcpOption, Tunnel, Verified};

#[rustfmt::skip]
columns! {
    /// Capture time in nanoseconds since 1970-01-01 UTC.
    '+' timestamp: Time, Record, Always, Tshark("frame.time_epoch"), |p: &Packet| p.timestamp;
    /// Bytes on the wire.
    '+' length: U32, Record, Always, Tshark("frame.len"), |p: &Packet| p.length;
    /// Bytes in the file.
    '-' captured_length: U32, Record, Always, Tshark("frame.cap_len"), |p: &Packet| p.captured_length;
    /// Number of the interface within the source, counted over all sections; 65535 stands for all beyond it.
    '-' interface: U16, Record, Always, Exempt("tshark counts within the section; pcapng tests"), |p: &Packet| p.interface;
    /// Number of the file among those that were read, from 0; `info.files` has their names.
    '-' file: U32, Record, Always, Exempt("tests of several files"), |p: &Packet| p.file;
    /// LINKTYPE number of the packet's interface (<https://www.tcpdump.org/linktypes.html>).
    '-' link_type: U16, Record, Always, Exempt("no field in tshark; tests by link type"), |p: &Packet| p.link_type;
    /// Source hardware address of the outermost Ethernet frame.
    '-' eth_src: Mac, Link, Layers(layer::ETHERNET), Tshark("eth.src"), |p: &Packet| p.eth_src;
    /// Destination hardware address of the outermost Ethernet frame.
    '-' eth_dst: Mac, Link, Layers(layer::ETHERNET), Tshark("eth.dst"), |p: &Packet| p.eth_dst;
    /// EtherType after the VLAN tags that follow the addresses; 0 where an 802.3 length stands in its place.
    '-' ethertype: U16, Link, Layers(layer::ETHERNET | layer::SLL), Tshark("vlan.etype eth.type sll.etype"), |p: &Packet| p.ethertype;
    /// VLAN identifier of the outermost tag (IEEE 802.1Q), which may be that of a frame inside a tunnel.
    '-' vlan_id: U16, Network, Layers(layer::VLAN), Tshark("vlan.id"), |p: &Packet| p.vlan_id;
    /// 4 or 6; 0 where there is no IP.
    '+' ip_version: U8, Network, Layers(layer::IP), Tshark("ip.version ipv6.version"), |p: &Packet| p.ip_version;
    /// Source IP address; for ARP the sender's protocol address.
    '+' src: Ip, Network, Addressed, Tshark("ip.src ipv6.src arp.src.proto_ipv4"), Packet::src;
    /// Destination IP address; for ARP the target's protocol address.
    '+' dst: Ip, Network, Addressed, Tshark("ip.dst ipv6.dst arp.dst.proto_ipv4"), Packet::dst;
    /// IANA number of the transport protocol, after IPv6 extension headers.
    '+' protocol: U8, Network, Layers(layer::IP), Tshark("ip.proto"), |p: &Packet| p.protocol;
    /// IPv4 time to live or IPv6 hop limit.
    '-' ttl: U8, Network, Layers(layer::IP), Tshark("ip.ttl ipv6.hlim"), |p: &Packet| p.ttl;
    /// IPv4 type of service or IPv6 traffic class: DSCP and ECN.
    '-' tos: U8, Network, Layers(layer::IP), Tshark("ip.dsfield ipv6.tclass"), |p: &Packet| p.tos;
    /// IPv4 identification or IPv6 fragment identification.
    '-' ip_id: U32, Network, Identification, Tshark("ip.id ipv6.fraghdr.ident"), |p: &Packet| p.ip_id;
    /// Length of the IP packet in bytes, its header included; what was on the wire where the header says 0.
    '-' ip_length: U32, Network, Layers(layer::IP), Tshark("ip.len"), |p: &Packet| p.ip_length;
    /// Where in the whole packet this fragment belongs, in bytes.
    '-' fragment_offset: U16, Network, Identification, Tshark("ip.frag_offset"), |p: &Packet| p.fragment_offset;
    /// Source port of TCP, UDP, UDP-Lite, SCTP or DCCP.
    '+' sport: U16, Transport, Layers(layer::PORTS), Tshark("tcp.srcport udp.srcport sctp.srcport"), |p: &Packet| p.sport;
    /// Destination port of TCP, UDP, UDP-Lite, SCTP or DCCP.
    '+' dport: U16, Transport, Layers(layer::PORTS), Tshark("tcp.dstport udp.dstport sctp.dstport"), |p: &Packet| p.dport;
    /// The nine TCP flags, as `TcpFlag`: FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128, NS 256.
    '+' tcp_flags: U16, Transport, Layers(layer::TCP), Tshark("tcp.flags"), |p: &Packet| p.tcp_flags;
    /// TCP sequence number as sent, not relative.
    '-' tcp_seq: U32, Transport, Layers(layer::TCP), Tshark("tcp.seq_raw"), |p: &Packet| p.tcp_seq;
    /// TCP acknowledgment number as sent, not relative.
    '-' tcp_ack: U32, Transport, Layers(layer::TCP), Tshark("tcp.ack_raw"), |p: &Packet| p.tcp_ack;
    /// TCP window as sent, not scaled.
    '-' tcp_window: U16, Transport, Layers(layer::TCP), Tshark("tcp.window_size_value"), |p: &Packet| p.tcp_window;
    /// Set of the TCP options found: 1 MSS, 2 window scale, 4 timestamps, 8 SACK permitted, 16 SACK, 128 others.
    '-' tcp_options: U8, Transport, Layers(layer::TCP), Exempt("a summary of our own; tests with real headers"), |p: &Packet| p.tcp_options;
    /// TCP option: maximum segment size in bytes.
    '-' tcp_mss: U16, Transport, TcpOption(option::MSS), Tshark("tcp.options.mss_val"), |p: &Packet| p.tcp_mss;
    /// TCP option: window scale, the shift count (RFC 7323).
    '-' tcp_wscale: U8, Transport, TcpOption(option::WINDOW_SCALE), Tshark("tcp.options.wscale.shift"), |p: &Packet| p.tcp_wscale;
    /// TCP option: the sender's timestamp value (RFC 7323).
    '-' tcp_tsval: U32, Transport, TcpOption(option::TIMESTAMPS), Tshark("tcp.options.timestamp.tsval"), |p: &Packet| p.tcp_tsval;
    /// TCP option: the timestamp echo reply (RFC 7323).
    '-' tcp_tsecr: U32, Transport, TcpOption(option::TIMESTAMPS), Tshark("tcp.options.timestamp.tsecr"), |p: &Packet| p.tcp_tsecr;
    /// Type of the ICMP or ICMPv6 message; `protocol` tells which.
    '+' icmp_type: U8, Transport, Layers(layer::ANY_ICMP), Tshark("icmp.type icmpv6.type"), |p: &Packet| p.icmp_type;
    /// Code of the ICMP or ICMPv6 message.
    '+' icmp_code: U8, Transport, Layers(layer::ANY_ICMP), Tshark("icmp.code icmpv6.code"), |p: &Packet| p.icmp_code;
    /// Bytes of transport payload by the headers' lengths, captured or not; for ICMP what follows its first 8 bytes.
    '+' payload_length: U32, Transport, Layers(layer::PORTS | layer::ANY_ICMP), Tshark("tcp.len udp.length"), |p: &Packet| p.payload_length;
    /// Whether the innermost IPv4 header's checksum fits, as `Checksum`; a boolean in Arrow.
    '-' ip_checksum_ok: Checksum, Checksum, Verified, Tshark("ip.checksum.status"), |p: &Packet| p.ip_checksum as u8;
    /// Whether the checksum of the innermost message fits, as `Checksum`; a boolean in Arrow.
    '-' l4_checksum_ok: Checksum, Checksum, Verified, Tshark("tcp.checksum.status udp.checksum.status sctp.checksum.status dccp.checksum.status icmp.checksum.status icmpv6.checksum.status igmp.checksum.status"), |p: &Packet| p.l4_checksum as u8;
    /// The headers found, a set of `Layer` bits.
    '+' layers: U32, Transport, Always, Exempt("frame.protocols is text; compared in the tshark test by its parts"), |p: &Packet| p.layers;
    /// What carried the innermost headers, as `Tunnel`.
    '-' tunnel: U8, Network, Always, Exempt("tests by tunnel"), |p: &Packet| p.tunnel as u8;
    /// What the innermost tunnel's header has to tell it from others: VNI, TEID, GRE key, MPLS label, session, SPI.
    '-' tunnel_id: U32, Network, Tunnel, Exempt("tests by tunnel"), Packet::tunnel_id;
    /// How many tunnels lie inside one another.
    '-' tunnel_depth: U8, Network, Always, Exempt("tests by tunnel"), |p: &Packet| p.tunnel_depth;
    /// IP version of the packet around the outermost tunnel; 0 where there is no tunnel over IP.
    '-' outer_ip_version: U8, Network, OuterAddress, Exempt("tests by tunnel"), Packet::outer_ip_version;
    /// Source IP address of the packet around the outermost tunnel.
    '-' outer_src: Ip, Network, OuterAddress, Exempt("tests by tunnel"), Packet::outer_src;
    /// Destination IP address of the packet around the outermost tunnel.
    '-' outer_dst: Ip, Network, OuterAddress, Exempt("tests by tunnel"), Packet::outer_dst;
    /// Why decoding ended, as `Stop`.
    '+' stop: U8, Transport, Always, Exempt("tests of cut and malformed packets"), |p: &Packet| p.stop as u8;
}

#[inline]
fn fill_ip(batch: &[Packet], memo: &mut Memo<[u8; 16]>, out: &mut Vec<u32>, get: impl Fn(&Packet) -> Address) {
    out.extend(batch.iter().map(|packet| match get(packet) {
        Address::None => 0,
        Address::V4(address) => address,
        Address::V6(address) => memo.place(address),
    }));
}

#[inline]
fn fill_mac(batch: &[Packet], memo: &mut Memo<[u8; 6]>, out: &mut Vec<u32>, get: impl Fn(&Packet) -> [u8; 6]) {
    out.extend(batch.iter().map(|packet| match packet.layers & layer::ETHERNET {
        0 => 0,
        _ => 1 + memo.place(get(packet)),
    }));
}

/// The column's place in the table.
pub fn find(name: &str) -> Option<usize> {
    COLUMNS.iter().position(|column| column.name == name)
}

/// The place of a column that is known to be there.
///
/// # Panics
/// If the table has no such column: a mistake in this crate, found by the first test that runs.
pub fn place(name: &str) -> usize {
    find(name).unwrap_or_else(|| panic!("no column {name} in the table"))
}

impl Column {
    /// The column that has the IP version of an address column's rows.
    pub fn version(&self) -> &'static str {
        if self.presence == Presence::OuterAddress { "outer_ip_version" } else { "ip_version" }
    }

    /// Columns that say which rows of this one are present, and of which kind they are.
    pub fn companions(&self) -> &'static [&'static str] {
        match (&self.getter, self.presence) {
            (_, Presence::OuterAddress) => &["outer_ip_version"],
            (_, Presence::Tunnel) => &["tunnel_depth"],
            (Getter::Ip(_), _) | (_, Presence::Identification) => &["ip_version", "layers"],
            (_, Presence::Layers(_)) | (Getter::Mac(_), _) => &["layers"],
            (_, Presence::TcpOption(_)) => &["tcp_options"],
            _ => &[],
        }
    }
}
