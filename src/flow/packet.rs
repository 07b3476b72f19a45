//! What a flow takes from a packet: from one that was just decoded, or from the columns of a frame.

use ahash::RandomState;
use arrow_buffer::Buffer;
use bytemuck::cast_slice;

use crate::columns::Frame;
use crate::columns::dictionary::Memo;
use crate::columns::table::place;
use crate::error::{Error, Result};
use crate::flow::fragments::Datagram;
use crate::flow::key::{Key, Ports, is_numbered, names_a_network};
use crate::flow::range::Gather;
use crate::flow::rules::{Networks, Rules};
use crate::wire::{self, Address, layer};

const TCP: u8 = 6;
const UDP: u8 = 17;

/// The columns that flows are made of.
pub const COLUMNS: &[&str] = &[
    "timestamp",
    "length",
    "vlan_id",
    "ip_version",
    "src",
    "dst",
    "protocol",
    "ip_id",
    "ip_length",
    "fragment_offset",
    "sport",
    "dport",
    "tcp_flags",
    "tcp_seq",
    "tcp_ack",
    "tcp_window",
    "icmp_type",
    "icmp_code",
    "payload_length",
    "layers",
    "tunnel",
    "tunnel_id",
];

/// One packet, as its flow sees it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Packet {
    pub key: Key,
    pub hash: u64,
    pub time: i64,
    /// The latest time among the packets up to this one.
    pub clock: i64,
    /// Number among the packets that are gathered with it.
    pub row: u32,
    pub length: u32,
    pub ip_length: u32,
    pub payload: u32,
    /// Bytes of headers behind the fixed part of IP's; 0 of later fragments.
    pub header: u32,
    pub seq: u32,
    pub ack: u32,
    pub window: u16,
    /// The flags of TCP.
    pub flags: u16,
    /// Whether the key's lower end has sent it.
    pub from_low: bool,
    pub is_tcp: bool,
}

/// What flows need to know of a packet, wherever it comes from; as the columns of the same names.
#[derive(Clone, Copy, Debug)]
pub struct Fields {
    pub time: i64,
    length: u32,
    vlan: u16,
    ip_version: u8,
    src: u32,
    dst: u32,
    protocol: u8,
    ip_id: u32,
    ip_length: u32,
    fragment_offset: u16,
    sport: u16,
    dport: u16,
    flags: u16,
    seq: u32,
    ack: u32,
    window: u16,
    icmp_type: u8,
    icmp_code: u8,
    payload: u32,
    layers: u32,
    tunnel: u8,
    tunnel_id: u32,
}

impl Fields {
    /// Of a packet that was just decoded.
    #[inline]
    pub fn of(packet: &wire::Packet, ipv6: &mut Memo<[u8; 16]>) -> Self {
        let mut raw = |address| match address {
            Address::None => 0,
            Address::V4(address) => address,
            Address::V6(address) => ipv6.place(address),
        };
        Self {
            time: packet.timestamp,
            length: packet.length,
            vlan: packet.vlan_id,
            ip_version: packet.ip_version,
            src: raw(packet.src()),
            dst: raw(packet.dst()),
            protocol: packet.protocol,
            ip_id: packet.ip_id,
            ip_length: packet.ip_length,
            fragment_offset: packet.fragment_offset,
            sport: packet.sport,
            dport: packet.dport,
            flags: packet.tcp_flags,
            seq: packet.tcp_seq,
            ack: packet.tcp_ack,
            window: packet.tcp_window,
            icmp_type: packet.icmp_type,
            icmp_code: packet.icmp_code,
            payload: packet.payload_length,
            layers: packet.layers,
            tunnel: packet.tunnel as u8,
            tunnel_id: packet.tunnel_id(),
        }
    }

    /// Whether the packet belongs to a flow at all.
    #[inline]
    pub fn is_ip(&self) -> bool {
        self.ip_version != 0
    }

    #[inline]
    pub fn is_fragment(&self) -> bool {
        self.layers & layer::FRAGMENT != 0
    }

    #[inline]
    pub fn is_first_fragment(&self) -> bool {
        self.fragment_offset == 0
    }

    /// The ports that the packet itself has, or what stands for them.
    #[inline]
    pub fn ports(&self, rules: &Rules) -> Ports {
        if self.layers & layer::PORTS != 0 {
            if rules.other_ports || matches!(self.protocol, TCP | UDP) {
                return Ports::new(self.sport, self.dport);
            }
            return Ports::default();
        }
        if self.layers & layer::ANY_ICMP != 0 {
            return Ports::icmp(self.icmp_type, self.icmp_code, self.ip_version, rules.icmp);
        }
        Ports::default()
    }

    /// What a fragment has in common with the others of its datagram.
    pub fn datagram(&self, ipv6: &[[u8; 16]]) -> Datagram {
        let address = |raw: u32| if self.ip_version == 6 { ipv6[raw as usize] } else { u128::from(raw).to_be_bytes() };
        Datagram {
            src: address(self.src),
            dst: address(self.dst),
            identification: self.ip_id,
            protocol: self.protocol,
            ip_version: self.ip_version,
            vlan: self.vlan,
        }
    }

    /// The packet, whose ports are known; `ipv6` are the addresses of which it has the places.
    #[inline]
    pub fn packet(&self, ports: Ports, ipv6: &[[u8; 16]], by: &Gather) -> Packet {
        let rules = &by.rules;
        let (one, other) = ((self.src, ports.src), (self.dst, ports.dst));
        let from_low = ports.one_way || !is_higher(one, other, self.ip_version, ipv6);
        let (low, high) = if from_low { (one, other) } else { (other, one) };
        let network = if names_a_network(self.tunnel) { self.tunnel_id } else { 0 };
        let (network, vlan, tunnel) = match rules.networks {
            Networks::Apart => (network, self.vlan, self.tunnel),
            Networks::Numbered => (0, self.vlan, if is_numbered(self.tunnel) { self.tunnel } else { 0 }),
            Networks::Together => (0, 0, 0),
        };
        let key = Key {
            addresses: [low.0, high.0],
            ports: [low.1, high.1],
            network,
            vlan,
            protocol: self.protocol,
            ip_version: self.ip_version,
            tunnel,
            one_way: ports.one_way,
        };
        Packet {
            key,
            hash: hash(&key, ipv6, &by.hasher),
            time: self.time,
            clock: 0,
            row: 0,
            length: self.length,
            ip_length: self.ip_length,
            payload: self.payload,
            header: self.header(),
            seq: self.seq,
            ack: self.ack,
            window: self.window,
            flags: self.flags,
            from_low,
            is_tcp: self.layers & layer::TCP != 0,
        }
    }

    #[inline]
    fn header(&self) -> u32 {
        const UDP_HEADER: u32 = 8;
        if self.layers & layer::UDP != 0 {
            return UDP_HEADER;
        }
        if self.is_fragment() && !self.is_first_fragment() {
            return 0;
        }
        let fixed = if self.ip_version == 6 { 40 } else { 20 };
        self.ip_length.saturating_sub(self.payload).saturating_sub(fixed)
    }
}

#[inline]
fn is_higher(one: (u32, u16), other: (u32, u16), ip_version: u8, ipv6: &[[u8; 16]]) -> bool {
    if ip_version == 6 && one.0 != other.0 {
        return ipv6[one.0 as usize] > ipv6[other.0 as usize];
    }
    one > other
}

#[inline]
fn hash(key: &Key, ipv6: &[[u8; 16]], hasher: &RandomState) -> u64 {
    let (first, second) = key.rest();
    if key.ip_version == 6 {
        let [low, high] = key.addresses.map(|place| u128::from_ne_bytes(ipv6[place as usize]));
        return hasher.hash_one((low, high, first, second));
    }
    hasher.hash_one((key.ipv4(), first, second))
}

/// The columns of a frame that flows are made of.
pub struct Columns<'a> {
    time: &'a [i64],
    length: &'a [u32],
    vlan: &'a [u16],
    ip_version: &'a [u8],
    src: &'a [u32],
    dst: &'a [u32],
    protocol: &'a [u8],
    ip_id: &'a [u32],
    ip_length: &'a [u32],
    fragment_offset: &'a [u16],
    sport: &'a [u16],
    dport: &'a [u16],
    flags: &'a [u16],
    seq: &'a [u32],
    ack: &'a [u32],
    window: &'a [u16],
    icmp_type: &'a [u8],
    icmp_code: &'a [u8],
    payload: &'a [u32],
    layers: &'a [u32],
    tunnel: &'a [u8],
    tunnel_id: &'a [u32],
    pub ipv6: &'a [[u8; 16]],
}

/// The columns that a frame lacks for flows.
pub fn missing(frame: &Frame) -> Vec<&'static str> {
    let here = |name: &str| frame.visible().any(|(_, column)| column.name == name);
    COLUMNS.iter().copied().filter(|name| !here(name)).collect()
}

impl<'a> Columns<'a> {
    pub fn new(frame: &'a Frame) -> Result<Self> {
        let missing = missing(frame);
        if !missing.is_empty() {
            return Err(Error::MissingColumns { names: missing });
        }
        let bytes = |name: &str| frame.buffer(place(name)).map(Buffer::as_slice).unwrap_or_default();
        Ok(Self {
            time: cast_slice(bytes("timestamp")),
            length: cast_slice(bytes("length")),
            vlan: cast_slice(bytes("vlan_id")),
            ip_version: bytes("ip_version"),
            src: cast_slice(bytes("src")),
            dst: cast_slice(bytes("dst")),
            protocol: bytes("protocol"),
            ip_id: cast_slice(bytes("ip_id")),
            ip_length: cast_slice(bytes("ip_length")),
            fragment_offset: cast_slice(bytes("fragment_offset")),
            sport: cast_slice(bytes("sport")),
            dport: cast_slice(bytes("dport")),
            flags: cast_slice(bytes("tcp_flags")),
            seq: cast_slice(bytes("tcp_seq")),
            ack: cast_slice(bytes("tcp_ack")),
            window: cast_slice(bytes("tcp_window")),
            icmp_type: bytes("icmp_type"),
            icmp_code: bytes("icmp_code"),
            payload: cast_slice(bytes("payload_length")),
            layers: cast_slice(bytes("layers")),
            tunnel: bytes("tunnel"),
            tunnel_id: cast_slice(bytes("tunnel_id")),
            ipv6: &frame.ipv6,
        })
    }

    pub fn rows(&self) -> usize {
        self.time.len()
    }

    /// What is in `row`.
    #[inline]
    pub fn fields(&self, row: usize) -> Fields {
        Fields {
            time: self.time[row],
            length: self.length[row],
            vlan: self.vlan[row],
            ip_version: self.ip_version[row],
            src: self.src[row],
            dst: self.dst[row],
            protocol: self.protocol[row],
            ip_id: self.ip_id[row],
            ip_length: self.ip_length[row],
            fragment_offset: self.fragment_offset[row],
            sport: self.sport[row],
            dport: self.dport[row],
            flags: self.flags[row],
            seq: self.seq[row],
            ack: self.ack[row],
            window: self.window[row],
            icmp_type: self.icmp_type[row],
            icmp_code: self.icmp_code[row],
            payload: self.payload[row],
            layers: self.layers[row],
            tunnel: self.tunnel[row],
            tunnel_id: self.tunnel_id[row],
        }
    }
}
