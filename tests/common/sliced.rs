//! Comparison with etherparse: whatever its strict parser takes must decode to the same here, but for the reasons in
//! [`Exception`].

use std::collections::BTreeMap;

use etherparse::{EtherType, LaxNetSlice, LaxSlicedPacket, LinkExtSlice, LinkSlice, NetSlice, SlicedPacket, TransportSlice};
use pcapframe::wire::{Address, Context, Depth, Packet, Stop, decode, layer};

/// Why etherparse and this crate may say different things of what lies deeper than this in a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exception {
    /// etherparse decodes MACsec.
    Macsec,
    /// etherparse takes three tags, and not those of the EtherTypes 0x9200 and 0x9300.
    MoreTags,
    /// etherparse opens none of MPLS, PPPoE, LLC, 802.1ah, NSH, Ethernet or ERSPAN behind an EtherType, and vendors' tags.
    Shim,
    /// etherparse takes RARP for no ARP.
    Rarp,
    /// etherparse knows no Mobility, HIP and Shim6 headers, and in IPv4 no second authentication header.
    MoreExtensions,
    /// etherparse decodes no transport in a first fragment.
    FirstFragment,
    /// etherparse takes the bytes of a later fragment for extension headers.
    LaterFragment,
}

#[derive(Debug, Default)]
pub struct Tally {
    pub equal: usize,
    pub refused: usize,
    pub exceptions: BTreeMap<Exception, usize>,
}

impl Tally {
    pub fn compare(&mut self, frame: &[u8], wire_length: u32) {
        let mut ours = Packet::default();
        decode(1, frame, wire_length, &Context::new(Depth::Transport).outermost(), &mut ours);
        compare_lax(&ours, frame);
        match SlicedPacket::from_ethernet(frame) {
            Err(_) => self.refused += 1,
            Ok(theirs) => match compare(&ours, &theirs, wire_length.saturating_sub(frame.len() as u32)) {
                Ok(()) => self.equal += 1,
                Err(exception) => *self.exceptions.entry(exception).or_default() += 1,
            },
        }
    }
}

fn is_tag(ethertype: u16) -> bool {
    matches!(ethertype, 0x8100 | 0x88a8 | 0x9100 | 0x9200 | 0x9300)
}

fn is_shim(ethertype: u16) -> bool {
    // Behind three tags etherparse sees no MACsec either.
    let standard = [0x6558, 0x8847, 0x8848, 0x8863, 0x8864, 0x8870, 0x880b, 0x88e5, 0x88e7, 0x894f];
    let vendors = [0x22eb, 0x88be, 0x8903, 0x8909, 0xd28b];
    ethertype < 0x0600 || standard.contains(&ethertype) || vendors.contains(&ethertype)
}

/// Whether a frame behind FabricPath's header or an Inter-Switch Link's may have the link columns, behind tags too.
fn may_be_header_of_switches(destination: [u8; 6], ethertype: u16) -> bool {
    let link = matches!(destination, [1 | 3, 0, 0x0c, 0, 0, _]);
    ethertype == 0x8903 || is_tag(ethertype) || (link && ethertype < 0x0600)
}

/// `cut` bytes were on the wire that are not in the frame, of which etherparse is not told.
fn compare(ours: &Packet, theirs: &SlicedPacket, cut: u32) -> Result<(), Exception> {
    compare_link(ours, theirs)?;
    match &theirs.net {
        Some(net) => compare_net(ours, net)?,
        None => assert_eq!(ours.layers & (layer::IP | layer::ARP), 0),
    }
    // A payload length of 0: all that was on the wire. Other headers say how long a packet is, and if it is cut it is refused.
    let cut = if matches!(&theirs.net, Some(NetSlice::Ipv6(ip)) if ip.header().payload_length() == 0) { cut } else { 0 };
    compare_transport(ours, theirs.transport.as_ref(), cut);
    Ok(())
}

fn compare_link(ours: &Packet, theirs: &SlicedPacket) -> Result<(), Exception> {
    let Some(LinkSlice::Ethernet2(link)) = &theirs.link else { panic!("Ethernet was asked for") };
    let ethertype = theirs.payload_ether_type().map_or(0, |ethertype| ethertype.0);
    if !may_be_header_of_switches(link.destination(), ethertype) {
        assert_eq!((ours.eth_src, ours.eth_dst), (link.source(), link.destination()));
    }
    if theirs.link_exts.iter().any(|ext| matches!(ext, LinkExtSlice::Macsec(_))) {
        return Err(Exception::Macsec);
    }
    let tags: Vec<_> = theirs.vlan_ids().iter().map(|id| id.value()).collect();
    if theirs.net.is_none() && is_tag(ethertype) {
        return Err(Exception::MoreTags);
    }
    if ethertype == 0x8035 {
        return Err(Exception::Rarp);
    }
    if theirs.net.is_none() && is_shim(ethertype) {
        return Err(Exception::Shim);
    }
    assert_eq!(ours.layers & layer::VLAN != 0, !tags.is_empty());
    if let Some(outermost) = tags.first() {
        assert_eq!(ours.vlan_id, *outermost);
    }
    Ok(())
}

fn compare_net(ours: &Packet, theirs: &NetSlice) -> Result<(), Exception> {
    let (fragment_offset, fragmented, protocol) = match theirs {
        NetSlice::Arp(arp) => {
            let address = |bytes: &[u8]| bytes.try_into().map(u32::from_be_bytes);
            match (address(arp.sender_protocol_addr()), address(arp.target_protocol_addr())) {
                (Ok(sender), Ok(target)) if arp.proto_addr_type() == EtherType::IPV4 => {
                    assert_eq!((ours.src(), ours.dst()), (Address::V4(sender), Address::V4(target)));
                }
                _ => assert_eq!((ours.src(), ours.stop), (Address::None, Stop::Unsupported)),
            }
            return Ok(());
        }
        NetSlice::Ipv4(ip) => {
            let header = ip.header();
            let address = |bytes| Address::V4(u32::from_be_bytes(bytes));
            assert_eq!((ours.src(), ours.dst()), (address(header.source()), address(header.destination())));
            assert_eq!((ours.ttl, ours.ip_length), (header.ttl(), header.total_len().into()));
            assert_eq!(ours.tos, header.dcp().value() << 2 | header.ecn().value());
            assert_eq!(ours.ip_id, u32::from(header.identification()));
            (header.fragments_offset().byte_offset(), header.is_fragmenting_payload(), ip.payload_ip_number().0)
        }
        NetSlice::Ipv6(ip) => {
            let header = ip.header();
            assert_eq!((ours.src(), ours.dst()), (Address::V6(header.source()), Address::V6(header.destination())));
            assert_eq!((ours.ttl, ours.tos), (header.hop_limit(), header.traffic_class()));
            if header.payload_length() != 0 {
                assert_eq!(ours.ip_length, 40 + u32::from(header.payload_length()));
            }
            (ours.fragment_offset, ip.is_payload_fragmented(), ip.payload().ip_number.0)
        }
    };
    assert_eq!(ours.fragment_offset, fragment_offset);
    if fragmented {
        assert_eq!(ours.layers & layer::FRAGMENT, layer::FRAGMENT);
        return Err(if ours.fragment_offset == 0 { Exception::FirstFragment } else { Exception::LaterFragment });
    }
    if matches!((ours.ip_version, protocol), (4, 51) | (6, 135 | 139 | 140)) {
        return Err(Exception::MoreExtensions);
    }
    assert_eq!(ours.protocol, protocol);
    Ok(())
}

fn compare_transport(ours: &Packet, theirs: Option<&TransportSlice>, cut: u32) {
    let found = ours.layers & (layer::TCP | layer::UDP | layer::ANY_ICMP);
    match theirs {
        Some(TransportSlice::Tcp(tcp)) => {
            let bits = [tcp.fin(), tcp.syn(), tcp.rst(), tcp.psh(), tcp.ack(), tcp.urg(), tcp.ece(), tcp.cwr(), tcp.ns()];
            let flags = (0..).zip(bits).map(|(place, bit)| u16::from(bit) << place).sum::<u16>();
            assert_eq!((found, ours.tcp_flags), (layer::TCP, flags));
            assert_eq!((ours.sport, ours.dport), (tcp.source_port(), tcp.destination_port()));
            assert_eq!((ours.tcp_seq, ours.tcp_ack), (tcp.sequence_number(), tcp.acknowledgment_number()));
            assert_eq!((ours.tcp_window, ours.payload_length), (tcp.window_size(), tcp.payload().len() as u32 + cut));
        }
        Some(TransportSlice::Udp(udp)) => {
            assert_eq!(found, layer::UDP);
            assert_eq!((ours.sport, ours.dport), (udp.source_port(), udp.destination_port()));
            let cut = if udp.length() == 0 { cut } else { 0 };
            assert_eq!(ours.payload_length, udp.payload().len() as u32 + cut);
        }
        Some(TransportSlice::Icmpv4(icmp)) => {
            assert_eq!((found, ours.icmp_type, ours.icmp_code), (layer::ICMP, icmp.type_u8(), icmp.code_u8()));
        }
        Some(TransportSlice::Icmpv6(icmp)) => {
            assert_eq!((found, ours.icmp_type, ours.icmp_code), (layer::ICMPV6, icmp.type_u8(), icmp.code_u8()));
        }
        Some(TransportSlice::Igmp(_)) => assert_eq!((ours.protocol, ours.stop), (2, Stop::Unsupported)),
        None => assert_eq!(found, 0),
    }
}

/// The lax parser follows cut and contradictory packets too; of these the addresses must be the same, where both find some.
fn compare_lax(ours: &Packet, frame: &[u8]) {
    let Ok(theirs) = LaxSlicedPacket::from_ethernet(frame) else { return };
    match (ours.ip_version, &theirs.net) {
        (4, Some(LaxNetSlice::Ipv4(ip))) => {
            let header = ip.header();
            assert_eq!((ours.ipv4_src, ours.ipv4_dst), (header.source_addr().to_bits(), header.destination_addr().to_bits()));
        }
        (6, Some(LaxNetSlice::Ipv6(ip))) => assert_eq!(ours.ipv6, [ip.header().source(), ip.header().destination()]),
        _ => {}
    }
}
