//! What must hold of decoding, whatever the bytes.

use std::cell::RefCell;
use std::sync::LazyLock;

use pcapframe::columns::dictionary::Dictionary;
use pcapframe::columns::scratch::{Numbering, Scratch, Values};
use pcapframe::columns::table::{COLUMNS, Column, Getter, Presence};
use pcapframe::wire::{Checksum, Context, Depth, Packet, Stop, decode, layer};

use super::outcome::everything;

pub const DEPTHS: [Depth; 5] = [Depth::Record, Depth::Link, Depth::Network, Depth::Transport, Depth::Checksum];

/// The link types that are decoded: of no bytes at all their decoders miss some, and the others say that they are not supported.
pub fn link_types() -> &'static [u16] {
    static KNOWN: LazyLock<Vec<u16>> = LazyLock::new(|| {
        let context = Context::new(Depth::Transport);
        (0..=u16::MAX).filter(|link_type| decoded(*link_type, &[], 0, &context).stop != Stop::Unsupported).collect()
    });
    &KNOWN
}

pub fn decoded(link_type: u16, data: &[u8], wire_length: u32, context: &Context) -> Packet {
    let mut packet = Packet { link_type, length: wire_length, ..Packet::default() };
    decode(link_type, data, wire_length, context, &mut packet);
    packet
}

/// What one column says of a packet: the value, and the address that it stands for.
#[derive(Clone, Debug, PartialEq)]
struct Value(Values, Option<Vec<u8>>);

/// What all columns say of a packet.
fn row(packet: &Packet) -> Vec<Value> {
    thread_local!(static SCRATCH: RefCell<Scratch> = RefCell::new(Scratch::new(&everything(), Numbering::default())));
    SCRATCH.with_borrow_mut(|scratch| {
        scratch.clear();
        *scratch.push() = *packet;
        scratch.flush();
        let (mut ipv6, mut macs) = (Dictionary::default(), Dictionary::default());
        scratch.merge(&mut ipv6, &mut macs);
        let (ipv6, macs) = (ipv6.into_values(), macs.into_values());
        let value = |(column, values): (&Column, &Values)| {
            let address = match (&column.getter, values) {
                (Getter::Ip(_), Values::U32(places)) if version(column, packet) == 6 => Some(ipv6[places[0] as usize].to_vec()),
                (Getter::Mac(_), Values::U32(places)) if places[0] > 0 => Some(macs[places[0] as usize - 1].to_vec()),
                _ => return Value(values.clone(), None),
            };
            Value(Values::U32(vec![]), address)
        };
        COLUMNS.iter().zip(scratch.columns()).map(value).collect()
    })
}

/// The IP version of an address column.
fn version(column: &Column, packet: &Packet) -> u8 {
    if column.version() == "ip_version" { packet.ip_version } else { packet.outer_ip_version() }
}

fn present(column: &Column, packet: &Packet) -> bool {
    match column.presence {
        Presence::Always => true,
        Presence::Layers(layers) => packet.layers & layers != 0,
        Presence::TcpOption(option) => packet.tcp_options & option != 0,
        Presence::Address => packet.ip_version != 0 || packet.layers & layer::ARP != 0,
        Presence::Verified if column.name == "ip_checksum_ok" => packet.ip_checksum != Checksum::NotVerifiable,
        Presence::Verified => packet.l4_checksum != Checksum::NotVerifiable,
        Presence::Tunnel => packet.tunnel_depth != 0,
        Presence::OuterAddress => packet.outer_ip_version() != 0,
        Presence::Identification => packet.ip_version == 4 || packet.layers & layer::FRAGMENT != 0,
    }
}

/// Where a prefix may say something that the next header, which is cut off, would have replaced: an EtherType that announces a
/// tag, a header of switches, the number of an extension header, and the identification of a fragment inside a fragment.
fn is_replaced(column: &Column, prefix: &Packet) -> bool {
    let is_extension = matches!(prefix.protocol, 0 | 43 | 44 | 51 | 60 | 135 | 139 | 140);
    let is_announcing = matches!(prefix.ethertype, 0x8100 | 0x88a8 | 0x8903 | 0x9100 | 0x9200 | 0x9300);
    match column.name {
        "ethertype" => is_announcing,
        // Behind a tag a header of switches may stand, too.
        "eth_src" | "eth_dst" => is_announcing || matches!(prefix.eth_dst, [1 | 3, 0, 0x0c, 0, 0, _]),
        "protocol" => is_extension,
        "ip_id" => prefix.ip_version == 6 && is_extension,
        _ => false,
    }
}

/// A row in which another packet was before, here the whole of one of which `kept` bytes are decoded next, says the same as a new one.
pub fn check_reuse(link_type: u16, data: &[u8], kept: usize, context: &Context) {
    let wire_length = data.len() as u32;
    let fresh = decoded(link_type, &data[..kept], wire_length, context);
    let mut reused = decoded(link_type, data, wire_length, context);
    reused.clear();
    decode(link_type, &data[..kept], wire_length, context, &mut reused);
    assert_eq!(row(&reused), row(&fresh), "{kept} of {} bytes", data.len());
}

/// Decodes a packet as deep as columns of each depth need: they must say what they say of it when all is decoded.
pub fn check_depths(link_type: u16, data: &[u8], wire_length: u32, context: &Context) {
    let full = decoded(link_type, data, wire_length, &Context { depth: Depth::Checksum, ..context.clone() });
    let full_row = row(&full);
    for depth in DEPTHS {
        let shallow = decoded(link_type, data, wire_length, &Context { depth, ..context.clone() });
        for (column, (found, expected)) in COLUMNS.iter().zip(row(&shallow).iter().zip(&full_row)) {
            if column.depth <= depth {
                assert_eq!(found, expected, "{} at {depth:?}", column.name);
                assert_eq!(present(column, &shallow), present(column, &full), "presence of {} at {depth:?}", column.name);
            }
        }
    }
}

/// Cuts a packet at every byte: a column must say what it says of the whole packet, or nothing.
pub fn check_prefixes(link_type: u16, data: &[u8], wire_length: u32, context: &Context) {
    let wire_length = wire_length.max(data.len() as u32);
    let full = decoded(link_type, data, wire_length, context);
    let (full_row, empty_row) = (row(&full), row(&Packet::default()));
    for captured in 0..data.len() {
        let prefix = decoded(link_type, &data[..captured], wire_length, context);
        if prefix == full {
            continue;
        }
        assert_eq!(prefix.stop, Stop::Truncated, "{captured} of {} bytes", data.len());
        // Where the headers inside a tunnel are missing, those around it have their columns.
        let tunnelled = prefix.tunnel_depth > 0 || full.tunnel_depth > 0;
        assert!(tunnelled || prefix.layers & !full.layers == 0, "layers of {captured} bytes");
        for (place, (column, found)) in COLUMNS.iter().zip(row(&prefix)).enumerate() {
            let agrees = [&full_row[place], &empty_row[place]].contains(&&found) || ["layers", "stop"].contains(&column.name);
            assert!(
                agrees || is_replaced(column, &prefix) || (tunnelled && column.depth >= Depth::Network),
                "{} of {captured} bytes is {found:?}",
                column.name
            );
        }
    }
}
