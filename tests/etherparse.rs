//! Against etherparse: whatever its strict parser takes must decode to the same here, but for the reasons in [`Exception`].

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use common::cases;
use common::frames::{ethernet, spoilt};
use etherparse::{
    EtherType, IpHeaders, LaxNetSlice, LaxSlicedPacket, LinkExtSlice, LinkSlice, NetSlice, PacketBuilder, SlicedPacket,
    TransportSlice, VlanId,
};
use pcap_file::DataLink;
use pcap_file::pcap::PcapReader;
use pcapframe::wire::{Address, Context, Depth, Packet, Stop, decode, layer};
use proptest::collection::vec;
use proptest::prelude::*;

/// Why etherparse and this crate may say different things of what lies deeper than this in a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Exception {
    /// etherparse decodes MACsec.
    Macsec,
    /// etherparse takes three tags, and not those of the EtherTypes 0x9200 and 0x9300.
    MoreTags,
    /// etherparse opens none of MPLS, PPPoE, LLC, 802.1ah, NSH and Ethernet or ERSPAN behind an EtherType.
    Shim,
    /// etherparse takes RARP for no ARP.
    Rarp,
    /// etherparse knows no Mobility, HIP and Shim6 headers.
    MoreExtensions,
    /// etherparse decodes no transport in a first fragment.
    FirstFragment,
    /// etherparse takes the bytes of a later fragment for extension headers.
    LaterFragment,
}

#[derive(Debug, Default)]
struct Tally {
    equal: usize,
    refused: usize,
    exceptions: BTreeMap<Exception, usize>,
}

impl Tally {
    fn compare(&mut self, frame: &[u8], wire_length: u32) {
        let mut ours = Packet::default();
        decode(1, frame, wire_length, &Context::new(Depth::Transport).outermost(), &mut ours);
        compare_lax(&ours, frame);
        match SlicedPacket::from_ethernet(frame) {
            Err(_) => self.refused += 1,
            Ok(theirs) => match compare(&ours, &theirs) {
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
    let known = [0x22eb, 0x6558, 0x8847, 0x8848, 0x8863, 0x8864, 0x8870, 0x880b, 0x88be, 0x88e5, 0x88e7, 0x894f];
    ethertype < 0x0600 || known.contains(&ethertype)
}

fn compare(ours: &Packet, theirs: &SlicedPacket) -> Result<(), Exception> {
    compare_link(ours, theirs)?;
    match &theirs.net {
        Some(net) => compare_net(ours, net)?,
        None => assert_eq!(ours.layers & (layer::IP | layer::ARP), 0),
    }
    compare_transport(ours, theirs.transport.as_ref());
    Ok(())
}

fn compare_link(ours: &Packet, theirs: &SlicedPacket) -> Result<(), Exception> {
    let Some(LinkSlice::Ethernet2(link)) = &theirs.link else { panic!("Ethernet was asked for") };
    assert_eq!((ours.eth_src, ours.eth_dst), (link.source(), link.destination()));
    if theirs.link_exts.iter().any(|ext| matches!(ext, LinkExtSlice::Macsec(_))) {
        return Err(Exception::Macsec);
    }
    let tags: Vec<_> = theirs.vlan_ids().iter().map(|id| id.value()).collect();
    let ethertype = theirs.payload_ether_type().map_or(0, |ethertype| ethertype.0);
    if theirs.net.is_none() && is_tag(ethertype) {
        return Err(Exception::MoreTags);
    }
    if ethertype == 0x8035 {
        return Err(Exception::Rarp);
    }
    if theirs.net.is_none() && is_shim(ours.ethertype) {
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
    if ours.ip_version == 6 && matches!(protocol, 135 | 139 | 140) {
        return Err(Exception::MoreExtensions);
    }
    assert_eq!(ours.protocol, protocol);
    Ok(())
}

fn compare_transport(ours: &Packet, theirs: Option<&TransportSlice>) {
    let found = ours.layers & (layer::TCP | layer::UDP | layer::ANY_ICMP);
    match theirs {
        Some(TransportSlice::Tcp(tcp)) => {
            let bits = [tcp.fin(), tcp.syn(), tcp.rst(), tcp.psh(), tcp.ack(), tcp.urg(), tcp.ece(), tcp.cwr(), tcp.ns()];
            let flags = (0..).zip(bits).map(|(place, bit)| u16::from(bit) << place).sum::<u16>();
            assert_eq!((found, ours.tcp_flags), (layer::TCP, flags));
            assert_eq!((ours.sport, ours.dport), (tcp.source_port(), tcp.destination_port()));
            assert_eq!((ours.tcp_seq, ours.tcp_ack), (tcp.sequence_number(), tcp.acknowledgment_number()));
            assert_eq!((ours.tcp_window, ours.payload_length), (tcp.window_size(), tcp.payload().len() as u32));
        }
        Some(TransportSlice::Udp(udp)) => {
            assert_eq!(found, layer::UDP);
            assert_eq!((ours.sport, ours.dport), (udp.source_port(), udp.destination_port()));
            assert_eq!(ours.payload_length, udp.payload().len() as u32);
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

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn frames_made_by_etherparse(
        vlans in vec(0..4096_u16, 0..=2), addresses in any::<[[u8; 16]; 2]>(), ipv6 in any::<bool>(), transport in 0..5,
        ports in any::<[u16; 2]>(), numbers in any::<[u32; 2]>(), flags in 0..512_u16, payload in vec(any::<u8>(), 0..60),
    ) {
        let ethernet = PacketBuilder::ethernet2([1, 2, 3, 4, 5, 6], [7, 8, 9, 10, 11, 12]);
        let vlans: Vec<_> = vlans.into_iter().map(|id| VlanId::try_new(id).unwrap()).collect();
        let ip = if ipv6 { ipv6_header(addresses) } else { ipv4_header(addresses) };
        let step = match vlans[..] {
            [] => ethernet.ip(ip),
            [one] => ethernet.single_vlan(one).ip(ip),
            [outer, inner, ..] => ethernet.double_vlan(outer, inner).ip(ip),
        };
        let mut frame = Vec::new();
        match transport {
            0 => step.udp(ports[0], ports[1]).write(&mut frame, &payload),
            1 => step.icmpv4_echo_request(ports[0], ports[1]).write(&mut frame, &payload),
            2 if ipv6 => step.icmpv6_echo_reply(ports[0], ports[1]).write(&mut frame, &payload),
            _ => {
                let mut tcp = etherparse::TcpHeader::new(ports[0], ports[1], numbers[0], flags);
                tcp.acknowledgment_number = numbers[1];
                let bits = [&mut tcp.fin, &mut tcp.syn, &mut tcp.rst, &mut tcp.psh, &mut tcp.ack, &mut tcp.urg, &mut tcp.ece, &mut tcp.cwr, &mut tcp.ns];
                (0..).zip(bits).for_each(|(place, bit)| *bit = flags >> place & 1 == 1);
                step.tcp_header(tcp).write(&mut frame, &payload)
            }
        }.unwrap();
        let mut tally = Tally::default();
        tally.compare(&frame, frame.len() as u32);
        prop_assert_eq!(tally.equal, 1);
    }
}

fn ipv4_header([source, destination]: [[u8; 16]; 2]) -> IpHeaders {
    let address = |bytes: [u8; 16]| *bytes.first_chunk().unwrap();
    let header = etherparse::Ipv4Header::new(0, 64, etherparse::IpNumber(0), address(source), address(destination)).unwrap();
    IpHeaders::Ipv4(header, etherparse::Ipv4Extensions::default())
}

fn ipv6_header([source, destination]: [[u8; 16]; 2]) -> IpHeaders {
    let header = etherparse::Ipv6Header { source, destination, hop_limit: 64, ..etherparse::Ipv6Header::default() };
    IpHeaders::Ipv6(header, etherparse::Ipv6Extensions::default())
}

#[test]
fn frames_of_our_own() {
    let mut runner = proptest::test_runner::TestRunner::new(cases(6000));
    let tally = std::cell::RefCell::new(Tally::default());
    let frames = prop_oneof![ethernet(), spoilt(ethernet())];
    let outcome = runner.run(&frames, |frame| {
        tally.borrow_mut().compare(&frame, frame.len() as u32);
        Ok(())
    });
    outcome.unwrap();
    let tally = tally.into_inner();
    println!("{tally:?}");
    assert!(tally.equal > 2000, "{tally:?}");
}

/// Captures that are not part of this repository, for those who have them.
fn captures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/captures")
}

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { files(&path, out) } else { out.push(path) }
    }
}

#[test]
fn real_frames() {
    let mut paths = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data/lab.pcap")];
    if captures().exists() {
        files(&captures(), &mut paths);
    } else {
        println!("skipped: there are no captures beside the repository");
    }
    let mut tally = Tally::default();
    for path in paths {
        let bytes = std::fs::read(&path).unwrap();
        let Ok(mut reader) = PcapReader::new(&bytes[..]) else { continue };
        if reader.header().datalink != DataLink::ETHERNET {
            continue;
        }
        while let Some(Ok(packet)) = reader.next_raw_packet() {
            tally.compare(&packet.data, packet.orig_len);
        }
    }
    println!("{tally:?}");
    assert!(tally.equal > 20_000, "{tally:?}");
}
