//! One decoded packet: the row that the columns are made of.

use super::layers::{Checksum, Stop, Tunnel, layer};

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
    /// Number of the source among several.
    pub file: u32,
    // link: the outermost Ethernet frame
    pub ethertype: u16,
    pub vlan_id: u16,
    pub eth_src: [u8; 6],
    pub eth_dst: [u8; 6],
    // network: the innermost headers
    /// IPv4 addresses, of IPv4 or ARP.
    pub ipv4_src: u32,
    pub ipv4_dst: u32,
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
    /// How many tunnels lie inside one another.
    pub tunnel_depth: u8,
    pub stop: Stop,
    pub payload_length: u32,
    pub layers: u32,
    /// Source and destination; they mean something only where `ip_version` is 6.
    pub ipv6: [[u8; 16]; 2],
    // checksums of the innermost headers; these mean something only where they were asked for
    pub ip_checksum: Checksum,
    pub l4_checksum: Checksum,
    // tunnels; these mean something only where `tunnel_depth` is not 0
    /// What the innermost tunnel's header tells it from others by: VNI, TEID, key, label, session.
    pub tunnel_id: u32,
    /// The version of `outer_ipv4` or `outer_ipv6`; 0 where no tunnel has addresses around it.
    pub outer_ip_version: u8,
    /// Source and destination of the packet around the outermost tunnel.
    pub outer_ipv4: [u32; 2],
    pub outer_ipv6: [[u8; 16]; 2],
}

impl Packet {
    /// Forgets the packet that was here, but for the record's fields, which come next. What nobody reads unless another field
    /// says so stays, for clearing it costs: the IPv6 addresses, checksums, and what is known of tunnels.
    #[inline(always)]
    pub fn clear(&mut self) {
        let Self {
            timestamp: _,
            length: _,
            captured_length: _,
            interface: _,
            link_type: _,
            file: _,
            ethertype,
            vlan_id,
            eth_src,
            eth_dst,
            ipv4_src,
            ipv4_dst,
            ip_id,
            ip_length,
            fragment_offset,
            ip_version,
            protocol,
            ttl,
            tos,
            sport,
            dport,
            tcp_seq,
            tcp_ack,
            tcp_flags,
            tcp_window,
            tcp_tsval,
            tcp_tsecr,
            tcp_mss,
            tcp_wscale,
            tcp_options,
            icmp_type,
            icmp_code,
            tunnel,
            tunnel_depth,
            stop,
            payload_length,
            layers,
            ipv6: _,
            ip_checksum: _,
            l4_checksum: _,
            tunnel_id: _,
            outer_ip_version: _,
            outer_ipv4: _,
            outer_ipv6: _,
        } = self;
        *ethertype = 0;
        *vlan_id = 0;
        *eth_src = [0; 6];
        *eth_dst = [0; 6];
        *ipv4_src = 0;
        *ipv4_dst = 0;
        *ip_id = 0;
        *ip_length = 0;
        *fragment_offset = 0;
        *ip_version = 0;
        *protocol = 0;
        *ttl = 0;
        *tos = 0;
        *sport = 0;
        *dport = 0;
        *tcp_seq = 0;
        *tcp_ack = 0;
        *tcp_flags = 0;
        *tcp_window = 0;
        *tcp_tsval = 0;
        *tcp_tsecr = 0;
        *tcp_mss = 0;
        *tcp_wscale = 0;
        *tcp_options = 0;
        *icmp_type = 0;
        *icmp_code = 0;
        *tunnel = Tunnel::None;
        *tunnel_depth = 0;
        *stop = Stop::Complete;
        *payload_length = 0;
        *layers = 0;
    }

    /// The innermost tunnel's number, if there is a tunnel.
    pub fn tunnel_id(&self) -> u32 {
        if self.tunnel_depth > 0 { self.tunnel_id } else { 0 }
    }

    /// The IP version of the packet around the outermost tunnel, if there is one.
    pub fn outer_ip_version(&self) -> u8 {
        if self.tunnel_depth > 0 { self.outer_ip_version } else { 0 }
    }

    #[inline]
    pub fn src(&self) -> Address {
        self.address(self.ipv4_src, 0)
    }

    #[inline]
    pub fn dst(&self) -> Address {
        self.address(self.ipv4_dst, 1)
    }

    pub fn outer_src(&self) -> Address {
        self.outer(0)
    }

    pub fn outer_dst(&self) -> Address {
        self.outer(1)
    }

    fn outer(&self, place: usize) -> Address {
        match self.outer_ip_version() {
            6 => Address::V6(self.outer_ipv6[place]),
            4 => Address::V4(self.outer_ipv4[place]),
            _ => Address::None,
        }
    }

    #[inline]
    fn address(&self, ipv4: u32, place: usize) -> Address {
        match self.ip_version {
            6 => Address::V6(self.ipv6[place]),
            4 => Address::V4(ipv4),
            _ if self.layers & layer::ARP != 0 => Address::V4(ipv4),
            _ => Address::None,
        }
    }
}
