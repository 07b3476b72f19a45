//! BYTES → LAYERS: the headers of one packet, from its link type inwards.
//!
//! Each protocol has a file of its own with the same order inside: the header's name and source, its length, `decode`, tests
//! with real bytes. A decoder reads only bytes whose presence it has checked, so no input can make it panic, and it trusts no
//! byte after the first error.

pub mod checksum;
mod context;
mod cursor;
mod dispatch;
pub mod layers;
mod packet;

mod link;
mod net;
#[cfg(test)]
mod testing;
pub mod transport;
pub mod tunnel;

pub use context::Context;
pub use layers::{Checksum, Stop, Tunnel, layer};
pub use packet::{Address, Packet};

use cursor::Cursor;
use dispatch::Next;

/// LINKTYPE_ETHERNET.
const ETHERNET: u16 = 1;

/// How deep decoding must go for the columns that were asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// The record's own header: nothing of the packet is decoded.
    Record,
    /// The outermost Ethernet frame, or where there is none, whatever may have one inside.
    Link,
    /// IP, its extension headers, and ARP.
    Network,
    /// Every header.
    Transport,
    /// Every byte that a checksum covers.
    Checksum,
}

/// Decodes `data`, of which there were `wire_length` bytes on the wire, into `packet`, whose record fields are filled already.
#[inline(always)]
pub fn decode(link_type: u16, data: &[u8], wire_length: u32, context: &Context, packet: &mut Packet) {
    if context.depth == Depth::Record {
        return;
    }
    if link_type != ETHERNET || context.depth != Depth::Transport {
        return usual(link_type, data, wire_length, context, packet);
    }
    let mut cursor = Cursor::new(data, wire_length, context);
    let first = link::ethernet::decode(&mut cursor, packet);
    end(straight(first, &mut cursor, packet), cursor, packet);
}

/// Decodes what nearly all packets have behind the first header: IP, then TCP or UDP. [`finish`] would do the same, with a jump
/// for each header.
///
/// Here, and in what is called from here, no function that is not inlined takes the cursor: it would have to leave the registers.
#[inline(always)]
fn straight(first: dispatch::Decoded, cursor: &mut Cursor, packet: &mut Packet) -> dispatch::Decoded {
    let next = first?;
    let (Next::EtherType(0x0800 | 0x86dd) | Next::Ip) = next else { return Ok(next) };
    match dispatch::ip(cursor, packet)? {
        Next::Protocol(6) => transport::tcp::decode(cursor, packet),
        Next::Protocol(17) => transport::udp::decode(cursor, packet),
        next => Ok(next),
    }
}

/// Other link layers than Ethernet, and columns that need less of a packet or more. Frequent link layers go without
/// [`dispatch::link`], whose table has them too, for packets inside others: through it reading them takes 7 % more instructions.
#[inline(never)]
fn usual(link_type: u16, data: &[u8], wire_length: u32, context: &Context, packet: &mut Packet) {
    let mut cursor = Cursor::new(data, wire_length, context);
    let first = match link_type {
        12 | 14 | 101 | 228 | 229 => Ok(Next::Ip),
        113 => link::sll::decode(&mut cursor, packet),
        276 => link::sll2::decode(&mut cursor, packet),
        _ => Ok(Next::Link(link_type)),
    };
    match context.depth {
        Depth::Transport => end(straight(first, &mut cursor, packet), cursor, packet),
        Depth::Checksum => checksum::decode(flatten(first), cursor, packet),
        _ => end(first, cursor, packet),
    }
}

/// Notes why decoding ended, if it has; else decodes what is left.
#[inline(always)]
fn end(decoded: dispatch::Decoded, cursor: Cursor, packet: &mut Packet) {
    match flatten(decoded) {
        Next::Stop(stop) => packet.stop = stop,
        next => finish(next, cursor, packet),
    }
}

/// Decodes what is left, header by header.
fn finish(mut next: Next, mut cursor: Cursor, packet: &mut Packet) {
    // Ends: every decoder takes at least one byte off the cursor or answers `Stop`.
    while let Some(after) = step(next, &mut cursor, packet) {
        next = after;
    }
}

/// Decodes one header; None where there is no more to do.
#[inline(always)]
fn step(next: Next, cursor: &mut Cursor, packet: &mut Packet) -> Option<Next> {
    let Context { depth, decapsulate, .. } = *cursor.context();
    // A frame inside a tunnel is the outermost if there is none around it.
    let is_enough = depth < Depth::Network && packet.layers & layer::ETHERNET != 0;
    let decoded = match next {
        Next::Stop(stop) => {
            packet.stop = stop;
            return None;
        }
        Next::Link(number) => behind(number, cursor, packet),
        next if is_enough && !link::goes_on(next, packet) => return None,
        Next::Length(length) if link::isl::is_announced(packet) => link::isl::decode(length, cursor, packet),
        Next::Length(length) => link::llc::decode_802_3(length, cursor, packet),
        Next::OverUdp(tunnel, payload) => transport::udp::carried(tunnel, payload, cursor, packet),
        Next::EtherType(number) => dispatch::ethertype(number, cursor, packet),
        Next::Ip => ip(cursor, packet),
        // UDP may carry the innermost network header.
        Next::Protocol(number)
            if depth < Depth::Transport && transport::is_transport(number) && !(decapsulate && number == 17) =>
        {
            return None;
        }
        Next::Protocol(number) => dispatch::protocol(number, cursor, packet),
    };
    Some(flatten(decoded))
}

/// A link layer, maybe behind what was added in front of it.
fn behind(number: u16, cursor: &mut Cursor, packet: &mut Packet) -> dispatch::Decoded {
    let around = packet.layers;
    let next = dispatch::link(number, cursor, packet);
    // The first header of a packet sets the layers outright.
    packet.layers |= around;
    next
}

/// IP, which takes the place of headers around it where it can be read.
fn ip(cursor: &mut Cursor, packet: &mut Packet) -> dispatch::Decoded {
    if packet.tunnel_depth == 0 {
        return dispatch::ip(cursor, packet);
    }
    let around = *packet;
    *packet = tunnel::without_innermost(&around);
    let next = dispatch::ip(cursor, packet);
    if packet.ip_version == 0 {
        *packet = around;
    }
    next
}

#[inline(always)]
fn flatten(decoded: dispatch::Decoded) -> Next {
    match decoded {
        Ok(next) | Err(next) => next,
    }
}
