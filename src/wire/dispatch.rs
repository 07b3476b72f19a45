//! The dispatch tables: which decoder follows which number. A new protocol is one file and one arm here.

use super::cursor::Cursor;
use super::layers::Stop;
use super::packet::Packet;
use super::tunnel::ports::OverUdp;
use super::{link, net, transport, tunnel};

/// What a decoder says comes after its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// A LINKTYPE number: inside another packet, or behind what was added in front of it.
    Link(u16),
    /// An IEEE 802.3 length.
    Length(u16),
    /// What a UDP datagram carries, which has so many bytes of payload.
    OverUdp(OverUdp, u32),
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
pub fn link(link_type: u16, cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    match link_type {
        1 => link::ethernet::decode(cursor, packet),
        0 => link::null::decode(cursor, packet),
        108 => link::null::decode_loop(cursor, packet),
        12 | 14 | 101 | 228 | 229 => Ok(Next::Ip),
        113 => link::sll::decode(cursor, packet),
        276 => link::sll2::decode(cursor, packet),
        6 => link::token_ring::decode(cursor, packet),
        7 => link::arcnet::decode(cursor, packet),
        9 | 50 => link::ppp::decode(cursor, packet),
        10 => link::fddi::decode(cursor, packet),
        51 => link::pppoe::decode_session(cursor, packet),
        11 | 100 => link::atm::decode(cursor, packet),
        104 => link::chdlc::decode(cursor, packet),
        105 => link::ieee80211::decode(cursor, packet),
        19 | 106 => link::atm::decode_classical_ip(cursor, packet),
        107 => link::frame_relay::decode(cursor, packet),
        109 => link::enc::decode(cursor, packet),
        117 => link::pflog::decode(cursor, packet),
        119 => link::prism::decode(cursor, packet),
        122 => link::llc::decode_fibre_channel(cursor, packet),
        123 => link::atm::decode_sunatm(cursor, packet),
        127 => link::radiotap::decode(cursor, packet),
        129 => link::arcnet::decode_linux(cursor, packet),
        130 | 131 | 133 | 135..=137 | 167 | 178..=181 | 183 | 200 => link::juniper::decode(link_type, cursor, packet),
        149 | 258 => link::pktap::decode(cursor, packet),
        163 => link::avs::decode(cursor, packet),
        166 | 204 => link::ppp::decode_with_direction(cursor, packet),
        192 => link::ppi::decode(cursor, packet),
        197 => link::erf::decode(cursor),
        219 => net::mpls::decode(cursor, packet),
        226 => link::ipnet::decode(cursor, packet),
        239 => link::nflog::decode(cursor, packet),
        242 => link::ipoib::decode(cursor, packet),
        281 => link::dsa::decode_brcm(cursor, packet),
        282 => link::dsa::decode_brcm_prepend(cursor, packet),
        284 => link::dsa::decode_dsa(cursor, packet),
        285 => link::dsa::decode_edsa(cursor, packet),
        _ => Ok(Next::Stop(Stop::Unsupported)),
    }
}

/// By EtherType (IEEE 802 numbers, IANA).
#[inline(always)]
pub fn ethertype(number: u16, cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    match number {
        0x0800 | 0x86dd => Ok(Next::Ip),
        // In a tunnel the network columns are those of the IP packet around it.
        0x0806 | 0x8035 if packet.ip_version != 0 => Ok(Next::Stop(Stop::Complete)),
        0x0806 | 0x8035 => net::arp::decode(cursor, packet),
        _ if link::vlan::is_tag(number) => link::vlan::decode(cursor, packet),
        _ => rare_ethertype(number, cursor, packet),
    }
}

#[cold]
fn rare_ethertype(number: u16, cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    match number {
        0x22eb => tunnel::erspan::decode_3(cursor, packet),
        0x6558 => link::ethernet::inner(cursor, packet), // Transparent Ethernet Bridging
        0x8847 | 0x8848 => net::mpls::decode(cursor, packet),
        0x8863 => link::pppoe::decode_discovery(cursor, packet),
        0x8864 => link::pppoe::decode_session(cursor, packet),
        0x8870 => link::llc::decode(cursor, packet), // jumbo frames
        0x880b => link::ppp::decode(cursor, packet),
        0x88be => tunnel::erspan::decode_2(cursor, packet),
        0x88e5 => link::macsec::decode(cursor, packet),
        0x88e7 => link::pbb::decode(cursor, packet),
        link::fabricpath::ETHERTYPE => link::fabricpath::decode(cursor, packet),
        0x8909 => link::cisco_metadata::decode(cursor),
        0x894f => tunnel::nsh::decode(cursor, packet),
        0xd28b => link::arista::decode(cursor),
        _ => Ok(Next::Stop(Stop::Unsupported)),
    }
}

/// By what a UDP port stands for.
pub fn over_udp(carried: OverUdp, cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    match carried {
        OverUdp::Capwap => tunnel::capwap::decode(cursor, packet),
        OverUdp::Esp => tunnel::esp_udp::decode(cursor, packet),
        OverUdp::Geneve => tunnel::geneve::decode(cursor, packet),
        OverUdp::Gtpu => tunnel::gtpu::decode(cursor, packet),
        OverUdp::L2tp => tunnel::l2tp::decode_udp(cursor, packet),
        OverUdp::Lisp => tunnel::lisp::decode(cursor, packet),
        OverUdp::Mpls => net::mpls::decode(cursor, packet),
        OverUdp::Teredo => tunnel::teredo::decode(cursor, packet),
        OverUdp::Tzsp => tunnel::tzsp::decode(cursor, packet),
        OverUdp::Vxlan => tunnel::vxlan::decode(cursor, packet),
        OverUdp::VxlanGpe => tunnel::vxlan::decode_gpe(cursor, packet),
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
        4 | 41 => tunnel::ipip::decode(number, cursor, packet),
        47 => tunnel::gre::decode(cursor, packet),
        97 => tunnel::etherip::decode(cursor, packet),
        103 => tunnel::pim::decode(cursor, packet),
        115 => tunnel::l2tp::decode_ip(cursor, packet),
        137 => net::mpls::decode(cursor, packet),
        143 => tunnel::etherip::decode_ethernet(cursor, packet),
        145 => tunnel::nsh::decode(cursor, packet),
        59 => Ok(Next::Stop(Stop::Complete)), // IPv6 No Next Header
        33 => transport::dccp::decode(cursor, packet),
        132 => transport::sctp::decode(cursor, packet),
        136 => transport::udplite::decode(cursor, packet),
        _ => Ok(Next::Stop(Stop::Unsupported)),
    }
}
