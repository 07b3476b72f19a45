//! Against etherparse: frames that it makes, of our own, and real ones.

mod common;

use std::path::Path;

use common::captures::others;
use common::cases;
use common::frames::{ethernet, spoilt};
use common::sliced::Tally;
use etherparse::{IpHeaders, PacketBuilder, VlanId};
use pcap_file::DataLink;
use pcap_file::pcap::PcapReader;
use proptest::collection::vec;
use proptest::prelude::*;

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
fn cut_jumbograms() {
    let step = || PacketBuilder::ethernet2([1; 6], [2; 6]).ipv6([3; 16], [4; 16], 64);
    let (mut tcp, mut udp) = (Vec::new(), Vec::new());
    step().tcp(1, 2, 3, 4).write(&mut tcp, b"abc").unwrap();
    step().udp(1, 2).write(&mut udp, b"abc").unwrap();
    udp[58..60].fill(0);
    for mut frame in [tcp, udp] {
        frame[18..20].fill(0);
        let mut tally = Tally::default();
        tally.compare(&frame, frame.len() as u32 + 70_000);
        assert_eq!(tally.equal, 1);
    }
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

#[test]
fn real_frames() {
    let mut paths = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data/lab.pcap")];
    let others = others(Path::new(env!("CARGO_MANIFEST_DIR")));
    if others.is_empty() {
        println!("skipped: there are no captures beside the repository");
    }
    paths.extend(others);
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
