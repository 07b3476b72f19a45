//! Flows: the same whatever the threads and batches, and the same as those of a few plain lines.

mod common;

use std::collections::HashMap;

use common::cases;
use pcapframe::capture::Source;
use pcapframe::columns::Frame;
use pcapframe::columns::scratch::Plan;
use pcapframe::columns::table::place;
use pcapframe::flow::columns::{COLUMNS, Getter, find};
use pcapframe::flow::community_id::community_ids;
use pcapframe::flow::packet::COLUMNS as PACKET_COLUMNS;
use pcapframe::flow::rules::SECOND;
use pcapframe::flow::{Meter, Rules, Table};
use pcapframe::parallel::pool;
use pcapframe::read::{Options, Unwatched, read};
use proptest::collection::vec;
use proptest::prelude::*;

const TCP: u8 = 6;
const UDP: u8 = 17;
const ICMP: u8 = 1;

/// A packet as the tests make it.
#[derive(Clone, Debug)]
struct Sent {
    /// Milliseconds since the packet before; maybe negative.
    after: i64,
    ipv6: bool,
    hosts: (u8, u8),
    ports: (u16, u16),
    protocol: u8,
    flags: u8,
    seq: u32,
    payload: u8,
    /// Offset in units of 8 bytes and identification, of IPv4.
    fragment: Option<(u16, u16)>,
}

fn sent() -> impl Strategy<Value = Sent> {
    let after = prop_oneof![8 => 0..2000_i64, 1 => -500..0_i64, 1 => 4000..200_000_i64];
    let flags = prop_oneof![Just(2_u8), Just(18), Just(16), Just(24), Just(17), Just(4), Just(20), any::<u8>()];
    let protocol = prop_oneof![4 => Just(TCP), 3 => Just(UDP), 1 => Just(ICMP), 1 => Just(47_u8), 1 => Just(132)];
    let fragment = prop_oneof![9 => Just(None), 1 => (0..3_u16, 0..3_u16).prop_map(Some)];
    (after, any::<bool>(), (0..3_u8, 0..3_u8), (0..3_u16, 0..3_u16), protocol, flags, 0..2000_u32, 0..40_u8, fragment).prop_map(
        |(after, ipv6, hosts, ports, protocol, flags, seq, payload, fragment)| {
            // GRE would be a tunnel: of it there is nothing but the header.
            let fragment = if ipv6 { None } else { fragment };
            Sent { after, ipv6, hosts, ports, protocol, flags, seq, payload, fragment }
        },
    )
}

impl Sent {
    fn transport(&self) -> Vec<u8> {
        let (sport, dport) = (self.ports.0.to_be_bytes(), self.ports.1.to_be_bytes());
        let payload = vec![0; self.payload.into()];
        let mut bytes = [sport, dport].concat();
        match self.protocol {
            TCP => {
                bytes.extend(self.seq.to_be_bytes());
                bytes.extend((self.seq / 2).to_be_bytes());
                bytes.extend([0x50, self.flags, 0x10, 0, 0, 0, 0, 0]);
            }
            UDP => bytes.extend([0, 8 + self.payload, 0, 0]),
            // The first port is the type and the code: 0, 1 or 2 and 8.
            ICMP => bytes = vec![[0, 8, 3][usize::from(self.ports.0)], 0, 0, 0, 0, 0, 0, 0],
            132 => bytes.extend([0; 8]),
            _ => bytes = vec![0x80; 4],
        }
        [bytes, payload].concat()
    }

    fn bytes(&self) -> Vec<u8> {
        let transport = self.transport();
        if self.ipv6 {
            let host = |host: u8| [[0xfd_u8; 8], [host; 8]].concat();
            let length = (transport.len() as u16).to_be_bytes();
            let protocol = if self.protocol == ICMP { 59 } else { self.protocol };
            return [&[0x60, 0, 0, 0][..], &length, &[protocol, 64], &host(self.hosts.0), &host(self.hosts.1), &transport]
                .concat();
        }
        let (offset, identification) = self.fragment.map_or((0, 0), |(offset, id)| (0x2000 | offset, id));
        let length = (20 + transport.len() as u16).to_be_bytes();
        let head =
            [&[0x45, 0][..], &length, &identification.to_be_bytes(), &offset.to_be_bytes(), &[64, self.protocol, 0, 0]].concat();
        [head, vec![10, 0, 0, self.hosts.0, 10, 0, 0, self.hosts.1], transport].concat()
    }
}

fn frame(packets: &[Sent]) -> Frame {
    let mut bytes = vec![0x4d, 0x3c, 0xb2, 0xa1, 2, 0, 4, 0];
    bytes.extend([0; 8]);
    bytes.extend([0xff, 0xff, 0, 0, 101, 0, 0, 0]);
    let mut time = 1000 * 1000_i64;
    for packet in packets {
        time = (time + packet.after).max(0);
        let data = packet.bytes();
        bytes.extend(((time / 1000) as u32).to_le_bytes());
        bytes.extend(((time % 1000 * 1_000_000) as u32).to_le_bytes());
        bytes.extend([(data.len() as u32).to_le_bytes(); 2].concat());
        bytes.extend(data);
    }
    let plan = Plan::new(PACKET_COLUMNS.iter().map(|name| place(name)).collect());
    read(&Source::Memory(Box::new(bytes)), &Options::new(plan), &mut Unwatched).unwrap().frame
}

/// All that a table says, as text.
fn rows(table: &Table) -> Vec<Vec<String>> {
    let mut out = vec![Vec::new(); table.rows()];
    for (at, column) in table.columns() {
        fn texts<T: arrow_buffer::ArrowNativeType + std::fmt::Debug>(table: &Table, at: usize) -> Vec<String> {
            table.values::<T>(at).unwrap().iter().map(|value| format!("{value:?}")).collect()
        }
        let texts: Vec<String> = match column.getter {
            Getter::U8(_) | Getter::State(_) => texts::<u8>(table, at),
            Getter::U16(_) => texts::<u16>(table, at),
            Getter::U32(_) => texts::<u32>(table, at),
            Getter::U64(_) => texts::<u64>(table, at),
            Getter::F64(_) => texts::<f64>(table, at),
            Getter::Time(_) | Getter::Duration(_) => texts::<i64>(table, at),
            Getter::Ip(_) => table.addresses(column.name).iter().map(|address| format!("{address:?}")).collect(),
            Getter::Letters(_) => {
                table.values::<u32>(at).unwrap().iter().map(|code| table.texts[*code as usize].clone()).collect()
            }
            Getter::CommunityId => community_ids(table, 0),
            Getter::Steps(_) => continue,
        };
        assert!(!texts.iter().any(|text| text.contains("NaN") || text.contains("inf")), "{}", column.name);
        out.iter_mut().zip(texts).for_each(|(row, text)| row.push(format!("{}={text}", column.name)));
    }
    let (steps, sequence) = table.steps();
    if sequence > 0 {
        out.iter_mut().zip(steps.chunks(sequence)).for_each(|(row, steps)| row.push(format!("{steps:?}")));
    }
    out
}

fn whole(frame: &Frame, rules: &Rules, threads: usize) -> Vec<Vec<String>> {
    pool(threads).unwrap().install(|| {
        let mut meter = Meter::new(rules.clone());
        meter.add(frame).unwrap();
        rows(&meter.finish())
    })
}

/// The one table, of frame after frame.
fn in_pieces(frame: &Frame, rules: &Rules, batch: usize) -> Vec<Vec<String>> {
    let mut meter = Meter::new(rules.clone());
    for first in (0..frame.rows()).step_by(batch) {
        meter.add(&frame.slice(first..frame.rows().min(first + batch))).unwrap();
        assert_eq!(meter.take_finished().rows(), 0);
    }
    rows(&meter.finish())
}

fn streamed(frame: &Frame, rules: &Rules, batch: usize) -> Vec<Vec<String>> {
    let mut meter = Meter::streaming(rules.clone());
    let mut out = Vec::new();
    for first in (0..frame.rows()).step_by(batch) {
        meter.add(&frame.slice(first..frame.rows().min(first + batch))).unwrap();
        out.extend(rows(&meter.take_finished()));
    }
    out.extend(rows(&meter.finish()));
    out
}

fn rules() -> impl Strategy<Value = Rules> {
    let timeouts = (prop_oneof![Just(1_i64), 1..200_i64], 1..400_i64);
    (timeouts, 0..3_u8, any::<bool>(), 0..4_usize).prop_map(|((idle, active), schema, statistics, sequence)| {
        let rules = Rules { statistics, sequence: if statistics { sequence } else { 0 }, ..Rules::default() };
        let (idle, active) = (Some(idle * SECOND), Some(active * SECOND));
        match schema {
            0 => rules.with_timeouts(idle, active),
            1 => rules.zeek().with_timeouts(idle, active),
            _ => rules.with_timeouts(idle, active).nfstream(),
        }
    })
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn threads_and_batches_do_not_matter(packets in vec(sent(), 0..120), rules in rules(), batches in (1..40_usize, 1..200_usize)) {
        let frame = frame(&packets);
        let expected = whole(&frame, &rules, 1);
        prop_assert_eq!(&whole(&frame, &rules, 3), &expected);
        prop_assert_eq!(&in_pieces(&frame, &rules, batches.0), &expected);
        let one = streamed(&frame, &rules, batches.0);
        prop_assert_eq!(&streamed(&frame, &rules, batches.1), &one);
        // The same rows in another order.
        let sorted = |mut rows: Vec<Vec<String>>| { rows.sort(); rows };
        prop_assert_eq!(sorted(one), sorted(expected));
    }

    #[test]
    fn every_packet_is_in_one_flow(packets in vec(sent(), 0..120), rules in rules()) {
        let frame = frame(&packets);
        let mut meter = Meter::noting_owners(rules);
        meter.add(&frame).unwrap();
        let (table, owners) = meter.finish_with_owners();
        prop_assert_eq!(owners.len(), packets.len());
        let mut counted = vec![0_u64; table.rows()];
        for owner in &owners {
            counted[usize::try_from(*owner).unwrap()] += 1;
        }
        prop_assert_eq!(&counted[..], &table.values::<u64>(find("packets_total").unwrap()).unwrap()[..]);
        let first_rows = table.first_rows();
        for (row, first) in first_rows.iter().enumerate() {
            prop_assert_eq!(owners.iter().position(|owner| *owner == row as i64), Some(*first as usize));
        }
        let bytes: u64 = table.values::<u64>(find("bytes_total").unwrap()).unwrap().iter().sum();
        prop_assert_eq!(bytes, packets.iter().map(|packet| packet.bytes().len() as u64).sum::<u64>());
    }

    #[test]
    fn flows_by_time_alone_are_those_of_a_plain_model(packets in vec(sent(), 0..150), idle in 1..100_i64, active in 1..300_i64) {
        let packets: Vec<Sent> = packets.into_iter().map(|packet| Sent { fragment: None, ..packet }).collect();
        let rules = Rules::default().with_timeouts(Some(idle * SECOND), Some(active * SECOND)).nfstream();
        let mut meter = Meter::new(rules);
        meter.add(&frame(&packets)).unwrap();
        let table = meter.finish();
        let column = |name: &str| table.values::<u64>(find(name).unwrap()).unwrap().to_vec();
        let ends = table.values::<u8>(find("end_reason").unwrap()).unwrap().to_vec();
        let expected = model(&packets, idle * 1000, active * 1000);
        let ours: Vec<_> = (0..table.rows())
            .map(|row| (column("first_row")[row], column("packets_fwd")[row], column("packets_rev")[row], ends[row]))
            .collect();
        prop_assert_eq!(ours, expected);
    }
}

/// First row, packets forward and reverse, end reason of flows that only time ends.
fn model(packets: &[Sent], idle: i64, active: i64) -> Vec<(u64, u64, u64, u8)> {
    type End = (u8, u16);
    struct Open {
        flow: (u64, u64, u64, u8),
        forward: End,
        first: i64,
        last: i64,
    }
    let mut open: HashMap<(bool, u8, End, End), Open> = HashMap::new();
    let mut done = Vec::new();
    let (mut written, mut clock) = (1000 * 1000_i64, i64::MIN);
    for (row, packet) in packets.iter().enumerate() {
        written = (written + packet.after).max(0);
        // Time never goes backwards.
        clock = clock.max(written);
        let time = clock;
        let has_ports = matches!(packet.protocol, TCP | UDP);
        let ports = if has_ports { packet.ports } else { (0, 0) };
        let (src, dst) = ((packet.hosts.0, ports.0), (packet.hosts.1, ports.1));
        let key = (packet.ipv6, packet.protocol, src.min(dst), src.max(dst));
        if let Some(flow) = open.get(&key) {
            let reason = if clock - flow.last >= idle { 1 } else { 2 };
            if reason == 1 || time - flow.first >= active {
                let Some(Open { flow: (first, fwd, rev, _), .. }) = open.remove(&key) else { unreachable!() };
                done.push((first, fwd, rev, reason));
            }
        }
        let flow = open.entry(key).or_insert(Open { flow: (row as u64, 0, 0, 0), forward: src, first: time, last: time });
        // Who talks to himself talks forward.
        if src == flow.forward || src == dst {
            flow.flow.1 += 1;
        } else {
            flow.flow.2 += 1;
        }
        (flow.first, flow.last) = (flow.first.min(time), flow.last.max(time));
    }
    done.extend(
        open.into_values()
            .map(|Open { flow: (first, fwd, rev, _), last, .. }| (first, fwd, rev, if clock - last >= idle { 1 } else { 4 })),
    );
    done.sort_unstable();
    done
}

#[test]
fn columns_are_documented_and_names_are_unique() {
    for (at, column) in COLUMNS.iter().enumerate() {
        assert!(!column.doc.trim().is_empty(), "{}", column.name);
        assert_eq!(find(column.name), Some(at));
    }
}

#[test]
fn a_million_flows_and_one_flow_of_many_packets() {
    let udp =
        |hosts, ports| Sent { after: 0, ipv6: false, hosts, ports, protocol: UDP, flags: 0, seq: 0, payload: 0, fragment: None };
    // 65,536 ports of three hosts, one packet each.
    let packets: Vec<Sent> = (0..3).flat_map(|host| (0..=u16::MAX).map(move |port| udp((host, 9), (port, 53)))).collect();
    let mut meter = Meter::new(Rules::default());
    meter.add(&frame(&packets)).unwrap();
    let table = meter.finish();
    assert_eq!(table.rows(), 3 << 16);
    let packets = vec![udp((1, 2), (5, 6)); 200_000];
    let mut meter = Meter::new(Rules::default());
    meter.add(&frame(&packets)).unwrap();
    let table = meter.finish();
    assert_eq!(table.values::<u64>(find("packets_fwd").unwrap()).unwrap().to_vec(), [200_000]);
}

#[test]
fn nothing_in_nothing_out() {
    let mut meter = Meter::new(Rules::default());
    meter.add(&frame(&[])).unwrap();
    assert_eq!(meter.take_finished().rows(), 0);
    assert_eq!(meter.finish().rows(), 0);
}
