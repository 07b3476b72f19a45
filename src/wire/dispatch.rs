//! The dispatch tables: which decoder follows which number. A new protocol is one file and one arm here.

use super::cursor::Cursor;
use super::layers::Stop;
use super::packet::Packet;
use super::{link, net, transport};

/// What a decoder says comes after its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    EtherType(u16),
    /// IP of the version that its first four bits say.
    Ip,
    /// An IANA protocol number, in IPv4 or IPv6.
    Protocol(u8),
    Stop(Stop),
}

/// A decoder takes its header off the cursor, fills its fields in, and says what comes next.
pub type Decoded = Result<Next, Next>;

/// By LINKTYPE number (<https://www.tcpdump.org/linktypes.html>).
#[inline(always)]
pub fn link(link_type: u16, cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    match link_type {
        1 => link::ethernet::decode(cursor, packet),
        0 => link::null::decode(cursor, packet),
        108 => link::null::decode_loop(cursor, packet),
        12 | 14 | 101 | 228 | 229 => Ok(Next::Ip),
        113 => link::sll::decode(cursor, packet),
        276 => link::sll2::decode(cursor, packet),
        _ => Ok(Next::Stop(Stop::Unsupported)),
    }
}

/// By EtherType (IEEE 802 numbers, IANA).
#[inline(always)]
pub fn ethertype(number: u16, cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    match number {
        0x0800 | 0x86dd => ip(cursor, packet),
        0x0806 | 0x8035 => net::arp::decode(cursor, packet),
        _ if link::vlan::is_tag(number) => link::vlan::decode(cursor, packet),
        _ => Ok(Next::Stop(Stop::Unsupported)),
    }
}

/// By IP version.
#[inline(always)]
pub fn ip(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    match cursor.header::<1>()?[0] >> 4 {
        4 => net::ipv4::decode(cursor, packet),
        6 => net::ipv6::decode(cursor, packet),
        _ => Ok(Next::Stop(Stop::Malformed)),
    }
}

/// By IP protocol number (IANA).
#[inline(always)]
pub fn protocol(number: u8, cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    match number {
        6 => transport::tcp::decode(cursor, packet),
        17 => transport::udp::decode(cursor, packet),
        1 => transport::icmp::decode(cursor, packet),
        58 => transport::icmpv6::decode(cursor, packet),
        0 | 43 | 60 | 135 | 139 | 140 => net::ipv6_extension::decode(number, cursor, packet),
        44 => net::ipv6_fragment::decode(cursor, packet),
        50 => net::esp::decode(packet),
        51 => net::ah::decode(cursor, packet),
        59 => Ok(Next::Stop(Stop::Complete)), // IPv6 No Next Header
        33 => transport::dccp::decode(cursor, packet),
        132 => transport::sctp::decode(cursor, packet),
        136 => transport::udplite::decode(cursor, packet),
        _ => Ok(Next::Stop(Stop::Unsupported)),
    }
}
