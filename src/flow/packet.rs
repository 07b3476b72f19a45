//! What a flow takes from a packet, gathered from the columns of a frame.

use std::ops::Range;

use ahash::RandomState;
use arrow_buffer::Buffer;
use bytemuck::cast_slice;

use crate::columns::Frame;
use crate::columns::scratch::{Scratch, Values};
use crate::columns::table::place;
use crate::error::{Error, Result};
use crate::flow::fragments::Datagram;
use crate::flow::key::{Key, Ports, is_numbered, names_a_network};
use crate::flow::rules::{Networks, Rules};
use crate::wire::layer;

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

/// The columns that flows are made of: of a frame, or of a chunk that is being read.
pub struct Columns<'a> {
    pub time: &'a [i64],
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
    pub fn of_frame(frame: &'a Frame) -> Result<Self> {
        let missing = missing(frame);
        if !missing.is_empty() {
            return Err(Error::MissingColumns { names: missing });
        }
        Ok(Self::new(|column| frame.buffer(column).map(Buffer::as_slice), &frame.ipv6))
    }

    /// Those of a chunk, which was read with all of [`COLUMNS`].
    pub fn of_scratch(scratch: &'a Scratch) -> Self {
        Self::new(|column| scratch.values(column).map(Values::bytes), scratch.ipv6())
    }

    /// From the bytes of columns that are all there.
    fn new(bytes: impl Fn(usize) -> Option<&'a [u8]>, ipv6: &'a [[u8; 16]]) -> Self {
        let bytes = |name: &str| bytes(place(name)).unwrap_or_default();
        Self {
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
            ipv6,
        }
    }

    pub fn rows(&self) -> usize {
        self.time.len()
    }

    /// The latest time among these rows that the clock goes by.
    pub fn latest(&self, rows: Range<usize>, rules: &Rules) -> i64 {
        let times = &self.time[rows.clone()];
        let latest = if rules.in_order {
            rows.zip(times).filter(|(row, _)| self.is_ip(*row)).map(|(_, time)| *time).max()
        } else {
            times.iter().copied().max()
        };
        latest.map_or(i64::MIN, |latest| rules.cut(latest))
    }

    /// Whether the packet belongs to a flow at all.
    #[inline]
    pub fn is_ip(&self, row: usize) -> bool {
        self.ip_version[row] != 0
    }

    #[inline]
    pub fn is_fragment(&self, row: usize) -> bool {
        self.layers[row] & layer::FRAGMENT != 0
    }

    /// The fragments among these rows. Most captures have few: rows are looked at one by one only near one.
    pub fn fragments(&self, rows: Range<usize>) -> impl Iterator<Item = usize> {
        const NEAR: usize = 256;
        let have_one = |(_, layers): &(usize, &[u32])| layers.iter().fold(0, |all, layers| all | layers) & layer::FRAGMENT != 0;
        let stretches = self.layers[rows.clone()].chunks(NEAR).enumerate().filter(have_one);
        stretches.flat_map(move |(number, layers)| {
            let first = rows.start + number * NEAR;
            (first..first + layers.len()).filter(|row| self.is_fragment(*row))
        })
    }

    #[inline]
    pub fn is_first_fragment(&self, row: usize) -> bool {
        self.fragment_offset[row] == 0
    }

    /// The ports that the packet itself has, or what stands for them.
    #[inline]
    pub fn ports(&self, row: usize, rules: &Rules) -> Ports {
        let layers = self.layers[row];
        if layers & layer::PORTS != 0 {
            if rules.other_ports || matches!(self.protocol[row], TCP | UDP) {
                return Ports::new(self.sport[row], self.dport[row]);
            }
            return Ports::default();
        }
        if layers & layer::ANY_ICMP != 0 {
            return Ports::icmp(self.icmp_type[row], self.icmp_code[row], self.ip_version[row], rules.icmp);
        }
        Ports::default()
    }

    /// What a fragment has in common with the others of its datagram.
    pub fn datagram(&self, row: usize) -> Datagram {
        let address = |raw: u32| if self.ip_version[row] == 6 { self.ipv6[raw as usize] } else { u128::from(raw).to_be_bytes() };
        Datagram {
            src: address(self.src[row]),
            dst: address(self.dst[row]),
            identification: self.ip_id[row],
            protocol: self.protocol[row],
            ip_version: self.ip_version[row],
            vlan: self.vlan[row],
        }
    }

    /// The packet in `row`, whose ports are known.
    #[inline]
    pub fn packet(&self, row: usize, ports: Ports, rules: &Rules, hasher: &RandomState) -> Packet {
        let (src, dst) = (self.src[row], self.dst[row]);
        let ip_version = self.ip_version[row];
        let from_low = ports.one_way || !self.is_higher((src, ports.src), (dst, ports.dst), ip_version);
        let (low, high) = if from_low { ((src, ports.src), (dst, ports.dst)) } else { ((dst, ports.dst), (src, ports.src)) };
        let tunnel = self.tunnel[row];
        let network = if names_a_network(tunnel) { self.tunnel_id[row] } else { 0 };
        let (network, vlan, tunnel) = match rules.networks {
            Networks::Apart => (network, self.vlan[row], tunnel),
            Networks::Numbered => (0, self.vlan[row], if is_numbered(tunnel) { tunnel } else { 0 }),
            Networks::Together => (0, 0, 0),
        };
        let key = Key {
            addresses: [low.0, high.0],
            ports: [low.1, high.1],
            network,
            vlan,
            protocol: self.protocol[row],
            ip_version,
            tunnel,
            one_way: ports.one_way,
        };
        let layers = self.layers[row];
        Packet {
            key,
            hash: self.hash(&key, hasher),
            time: self.time[row],
            clock: 0,
            row: row as u32,
            length: self.length[row],
            ip_length: self.ip_length[row],
            payload: self.payload[row],
            header: self.header(row),
            seq: self.seq[row],
            ack: self.ack[row],
            window: self.window[row],
            flags: self.flags[row],
            from_low,
            is_tcp: layers & layer::TCP != 0,
        }
    }

    #[inline]
    fn header(&self, row: usize) -> u32 {
        const UDP_HEADER: u32 = 8;
        let layers = self.layers[row];
        if layers & layer::UDP != 0 {
            return UDP_HEADER;
        }
        if layers & layer::FRAGMENT != 0 && self.fragment_offset[row] != 0 {
            return 0;
        }
        let fixed = if self.ip_version[row] == 6 { 40 } else { 20 };
        self.ip_length[row].saturating_sub(self.payload[row]).saturating_sub(fixed)
    }

    #[inline]
    fn is_higher(&self, one: (u32, u16), other: (u32, u16), ip_version: u8) -> bool {
        if ip_version == 6 && one.0 != other.0 {
            return self.ipv6[one.0 as usize] > self.ipv6[other.0 as usize];
        }
        one > other
    }

    #[inline]
    fn hash(&self, key: &Key, hasher: &RandomState) -> u64 {
        let (first, second) = key.rest();
        if key.ip_version == 6 {
            let [low, high] = key.addresses.map(|place| u128::from_ne_bytes(self.ipv6[place as usize]));
            return hasher.hash_one((low, high, first, second));
        }
        hasher.hash_one((key.ipv4(), first, second))
    }
}
