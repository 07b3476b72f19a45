//! What a flow takes from a packet, gathered from the columns of a frame.

use std::sync::Arc;

use ahash::RandomState;
use arrow_buffer::{ArrowNativeType, ScalarBuffer};

use crate::columns::Frame;
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
    /// Number among the packets of the frame.
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

/// The columns of a frame that flows are made of.
pub struct Columns {
    pub time: ScalarBuffer<i64>,
    length: ScalarBuffer<u32>,
    vlan: ScalarBuffer<u16>,
    ip_version: ScalarBuffer<u8>,
    src: ScalarBuffer<u32>,
    dst: ScalarBuffer<u32>,
    protocol: ScalarBuffer<u8>,
    ip_id: ScalarBuffer<u32>,
    ip_length: ScalarBuffer<u32>,
    fragment_offset: ScalarBuffer<u16>,
    sport: ScalarBuffer<u16>,
    dport: ScalarBuffer<u16>,
    flags: ScalarBuffer<u16>,
    seq: ScalarBuffer<u32>,
    ack: ScalarBuffer<u32>,
    window: ScalarBuffer<u16>,
    icmp_type: ScalarBuffer<u8>,
    icmp_code: ScalarBuffer<u8>,
    payload: ScalarBuffer<u32>,
    layers: ScalarBuffer<u32>,
    tunnel: ScalarBuffer<u8>,
    tunnel_id: ScalarBuffer<u32>,
    pub ipv6: Arc<Vec<[u8; 16]>>,
}

/// The columns that a frame lacks for flows.
pub fn missing(frame: &Frame) -> Vec<&'static str> {
    let here = |name: &str| frame.visible().any(|(_, column)| column.name == name);
    COLUMNS.iter().copied().filter(|name| !here(name)).collect()
}

impl Columns {
    pub fn new(frame: &Frame) -> Result<Self> {
        let missing = missing(frame);
        if !missing.is_empty() {
            return Err(Error::MissingColumns { names: missing });
        }
        Ok(Self {
            time: column(frame, "timestamp"),
            length: column(frame, "length"),
            vlan: column(frame, "vlan_id"),
            ip_version: column(frame, "ip_version"),
            src: column(frame, "src"),
            dst: column(frame, "dst"),
            protocol: column(frame, "protocol"),
            ip_id: column(frame, "ip_id"),
            ip_length: column(frame, "ip_length"),
            fragment_offset: column(frame, "fragment_offset"),
            sport: column(frame, "sport"),
            dport: column(frame, "dport"),
            flags: column(frame, "tcp_flags"),
            seq: column(frame, "tcp_seq"),
            ack: column(frame, "tcp_ack"),
            window: column(frame, "tcp_window"),
            icmp_type: column(frame, "icmp_type"),
            icmp_code: column(frame, "icmp_code"),
            payload: column(frame, "payload_length"),
            layers: column(frame, "layers"),
            tunnel: column(frame, "tunnel"),
            tunnel_id: column(frame, "tunnel_id"),
            ipv6: Arc::clone(&frame.ipv6),
        })
    }

    pub fn rows(&self) -> usize {
        self.time.len()
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
    pub fn fragments(&self, rows: std::ops::Range<usize>) -> impl Iterator<Item = usize> {
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

fn column<T: ArrowNativeType>(frame: &Frame, name: &str) -> ScalarBuffer<T> {
    frame.companion(name)
}
