//! Reading against the pcap-file crate, and captures made by hand for what that crate does not write.

mod common;

use std::time::Duration;

use common::blocks::{Blocks, Classic, Order};
use common::reference::{check_reference, nanoseconds};
use common::{cases, column, fault, memory, packets, read_all, read_with};
use pcap_file::pcap::{PcapHeader, PcapWriter, RawPcapPacket};
use pcap_file::pcapng::PcapNgWriter;
use pcap_file::pcapng::blocks::enhanced_packet::EnhancedPacketBlock;
use pcap_file::pcapng::blocks::interface_description::{InterfaceDescriptionBlock, InterfaceDescriptionOption};
use pcap_file::{DataLink, Endianness, TsResolution};
use pcapframe::capture::index::Packet;
use pcapframe::capture::write::Writer;
use pcapframe::error::Error;
use pcapframe::read::Reading;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::Index;

const SECOND: i64 = 1_000_000_000;

/// What a record says: time, length on the wire, bytes.
type Record = (i64, u32, Vec<u8>);

fn records(reading: &Reading, bytes: &[u8]) -> Vec<Record> {
    let (times, lengths) = (column::<i64>(reading, "timestamp"), column::<u32>(reading, "length"));
    let packets = packets(reading, memory(bytes));
    let captured: Vec<u32> = packets.iter().map(|packet| packet.len() as u32).collect();
    assert_eq!(captured, column::<u32>(reading, "captured_length"));
    times.into_iter().zip(lengths).zip(packets).map(|((time, length), packet)| (time, length, packet)).collect()
}

/// All records of a capture, which must be whole.
fn whole(bytes: &[u8]) -> Vec<Record> {
    let reading = read_all(bytes);
    assert_eq!(reading.about.fault, None);
    records(&reading, bytes)
}

fn endianness() -> impl Strategy<Value = Endianness> {
    prop_oneof![Just(Endianness::Big), Just(Endianness::Little)]
}

fn data() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..120)
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn classic(
        endianness in endianness(), nanoseconds in any::<bool>(), link_type in 0..1000_u32,
        packets in vec((any::<u32>(), 0..1_000_000_u32, 0..2000_u32, data()), 0..20),
    ) {
        let ts_resolution = if nanoseconds { TsResolution::NanoSecond } else { TsResolution::MicroSecond };
        let header = PcapHeader { endianness, ts_resolution, datalink: DataLink::from(link_type), ..PcapHeader::default() };
        let mut writer = PcapWriter::with_header(Vec::new(), header).unwrap();
        for (ts_sec, ts_frac, more, data) in &packets {
            let incl_len = data.len() as u32;
            let packet = RawPcapPacket { ts_sec: *ts_sec, ts_frac: *ts_frac, incl_len, orig_len: incl_len + more, data: data.into() };
            writer.write_raw_packet(&packet).unwrap();
        }
        let bytes = writer.into_writer();

        prop_assert_eq!(check_reference(&bytes), packets.len());
        let reading = read_all(bytes);
        prop_assert!(column::<u16>(&reading, "link_type").into_iter().all(|found| u32::from(found) == link_type));
        prop_assert_eq!(u32::from(reading.about.interfaces[0].link_type), link_type);
    }

    #[test]
    fn pcapng(
        endianness in endianness(),
        interfaces in vec((any::<u16>(), option::of(any::<u8>()), option::of(any::<i64>())), 1..4),
        packets in vec((any::<Index>(), any::<u64>(), 0..2000_u32, data()), 0..20),
    ) {
        let mut writer = PcapNgWriter::with_endianness(Vec::new(), endianness).unwrap();
        for (link_type, resolution, offset) in &interfaces {
            let mut block = InterfaceDescriptionBlock::new(DataLink::from(u32::from(*link_type)), 0);
            block.options.push(InterfaceDescriptionOption::IfName("eth0".into()));
            block.options.extend(resolution.map(InterfaceDescriptionOption::IfTsResol));
            block.options.extend(offset.map(|offset| InterfaceDescriptionOption::IfTsOffset(offset as u64)));
            writer.write_pcapng_block(block).unwrap();
        }
        for (interface, units, more, data) in &packets {
            // The crate takes any unit for nanoseconds: what it writes is the number.
            let (interface_id, timestamp) = (interface.index(interfaces.len()) as u32, Duration::from_nanos(*units));
            let original_len = data.len() as u32 + more;
            writer.write_pcapng_block(EnhancedPacketBlock { interface_id, timestamp, original_len, data: data.into(), options: vec![] }).unwrap();
        }
        let bytes = writer.into_inner();

        prop_assert_eq!(check_reference(&bytes), packets.len());
        let reading = read_all(bytes);
        prop_assert!(reading.about.interfaces.iter().all(|interface| interface.name == "eth0"));
    }

    #[test]
    fn what_is_written_is_read(packets in vec((0..i64::from(u32::MAX) * SECOND, 0..2000_u32, 0..3_u16, data()), 1..20)) {
        let packets: Vec<(Packet, Record)> = packets
            .iter()
            .map(|(timestamp, more, link_type, data)| {
                let length = data.len() as u32 + more;
                let packet = Packet { timestamp: *timestamp, length, link_type: *link_type, data };
                (packet, (*timestamp, length, data.clone()))
            })
            .collect();
        let records: Vec<Record> = packets.iter().map(|(_, record)| record.clone()).collect();
        let written = |mut writer: Writer<Vec<u8>>, link_type: Option<u16>| {
            for (packet, _) in &packets {
                writer.write(&Packet { link_type: link_type.unwrap_or(packet.link_type), ..*packet }).unwrap();
            }
            writer.into_inner()
        };
        let microseconds = records.iter().map(|(time, length, data)| (time / 1000 * 1000, *length, data.clone()));

        let bytes = written(Writer::pcapng(Vec::new()).unwrap(), None);
        prop_assert_eq!(whole(&bytes), records.clone());
        let link_types: Vec<u16> = packets.iter().map(|(packet, _)| packet.link_type).collect();
        prop_assert_eq!(column::<u16>(&read_all(bytes), "link_type"), link_types);
        prop_assert_eq!(whole(&written(Writer::pcap(Vec::new(), 113, true).unwrap(), Some(113))), records.clone());
        prop_assert_eq!(whole(&written(Writer::pcap(Vec::new(), 1, false).unwrap(), Some(1))), microseconds.collect::<Vec<_>>());
    }
}

#[test]
fn what_can_not_be_written() {
    let packet = Packet { timestamp: 0, length: 4, link_type: 1, data: b"abcd" };
    let refusal = |writer: Result<Writer<Vec<u8>>, Error>, packet| writer.unwrap().write(&packet).unwrap_err().to_string();
    let other_link = refusal(Writer::pcap(Vec::new(), 101, true), packet);
    assert!(other_link.contains("101 and 1"), "{other_link}");
    for timestamp in [-1, i64::from(u32::MAX) * SECOND + SECOND] {
        assert!(refusal(Writer::pcap(Vec::new(), 1, true), Packet { timestamp, ..packet }).contains("can not hold the time"));
    }
    assert!(refusal(Writer::pcapng(Vec::new()), Packet { timestamp: -1, ..packet }).contains("can not hold the time"));
}

mod classic {
    use super::*;

    #[test]
    fn modified_records() {
        for order in Order::BOTH {
            let capture = Classic::with_header(order, Classic::MODIFIED, (2, 4), 1).packet(1, 2, b"abc").packet(3, 4, b"");
            assert_eq!(whole(&capture.bytes), [(SECOND + 2000, 3, b"abc".to_vec()), (3 * SECOND + 4000, 0, vec![])]);
            assert!(read_all(capture.bytes).about.format.contains("modified"));
        }
    }

    #[test]
    fn records_that_fit_a_variant_only() {
        let capture = |fraction| {
            let capture = Classic::new(Order::Little).raw([1, 0, 16, 16], &[0; 16]);
            capture.raw([0, fraction, 0, 0], b"").packet(0, 0, b"").bytes
        };
        let (plain, modified) = (capture(999_999), capture(1_000_000));
        assert_eq!((whole(&plain).len(), check_reference(&plain)), (3, 3));
        // tshark finds two packets too; the crate finds three.
        assert_eq!((whole(&modified).len(), check_reference(&modified)), (2, 0));
    }

    #[test]
    fn lengths_of_old_versions() {
        // The numbers in the order of the file, then: captured, on the wire. The packet has three bytes.
        let cases = [
            ((2, 4), [3, 9], 9),
            ((2, 4), [3, 2], 2),
            ((2, 3), [3, 9], 9),
            ((2, 3), [9, 3], 9),
            ((2, 2), [9, 3], 9),
            ((2, 1), [2, 3], 2),
            ((543, 0), [9, 3], 9),
            ((543, 0), [2, 3], 2),
        ];
        for order in Order::BOTH {
            for (version, [first, second], length) in cases {
                let capture = Classic::with_header(order, Classic::MICROSECONDS, version, 1).raw([1, 0, first, second], b"abc");
                assert_eq!(whole(&capture.bytes), [(SECOND, length, b"abc".to_vec())], "{version:?} {first} {second}");
            }
        }
    }

    #[test]
    fn lengths_that_are_not_believed() {
        let start = Classic::new(Order::Little).packet(1, 0, b"abc");
        for length in [262_145, u32::MAX] {
            let bytes = start.clone().raw([2, 0, length, length], b"rest").bytes;
            let reading = read_all(bytes);
            let (offset, reason) = fault(&reading);
            assert_eq!((offset, reading.frame.rows()), (24 + 16 + 3, 1));
            assert!(reason.contains(&length.to_string()), "{reason}");
        }
    }

    #[test]
    fn the_longest_packets() {
        // libpcap's limit, and that of USB.
        for (link_type, length) in [(1, 262_144), (249, 300_000)] {
            let data = vec![7; length];
            let capture = Classic::with_header(Order::Big, Classic::MICROSECONDS, (2, 4), link_type).packet(1, 0, &data);
            assert_eq!(whole(&capture.packet(2, 0, b"abc").bytes).len(), 2);
        }
    }

    #[test]
    fn records_without_bytes() {
        let capture = Classic::new(Order::Little).raw([1, 0, 0, 60], b"").raw([2, 0, 0, 0], b"").packet(3, 0, b"abc");
        assert_eq!(whole(&capture.bytes), [(SECOND, 60, vec![]), (2 * SECOND, 0, vec![]), (3 * SECOND, 3, b"abc".to_vec())]);
    }

    #[test]
    fn no_records() {
        let reading = read_all(Classic::new(Order::Little).bytes);
        assert_eq!((reading.frame.rows(), reading.about.fault), (0, None));
    }

    #[test]
    fn fractions_beyond_a_second() {
        let capture = Classic::new(Order::Little).packet(1, 3_000_000, b"").packet(u32::MAX, u32::MAX, b"");
        let times: Vec<i64> = whole(&capture.bytes).into_iter().map(|(time, ..)| time).collect();
        assert_eq!(times, [4 * SECOND, i64::from(u32::MAX) * (SECOND + 1000)]);
    }

    #[test]
    fn check_sequences_told_in_the_link_type() {
        let capture = Classic::with_header(Order::Little, Classic::MICROSECONDS, (2, 4), 0x5400_0001).packet(1, 0, b"");
        assert_eq!(column::<u16>(&read_all(capture.bytes), "link_type"), [1]);
    }

    #[test]
    fn headers_that_are_none() {
        let header = Classic::new(Order::Little).bytes;
        let reason = |bytes: &[u8]| read_with(&memory(bytes), 1, common::WHOLE).err().expect("no capture").to_string();
        assert!(reason(&[]).contains("empty"));
        assert!(reason(&header[..3]).contains("too few"));
        assert!(reason(&header[..23]).contains("ends after 23"));
        assert!(reason(b"\x1f\x8b\x08\0\0\0").contains("gzip"));
        assert!(reason(b"GET / HTTP/1.1").contains("47 45 54"));
    }
}

mod blocks {
    use super::*;

    /// Times as seconds and the rest of the packets' nanoseconds.
    fn times(bytes: &[u8]) -> Vec<i64> {
        whole(bytes).into_iter().map(|(time, ..)| time).collect()
    }

    #[test]
    fn simple_packets() {
        for order in Order::BOTH {
            let capture = Blocks::new(order).interface(1, 6, &[]).simple(5, b"abcde").simple(9, b"abcdefghi").simple(4, b"abcd");
            let expected = [(0, 5, b"abcde".to_vec()), (0, 9, b"abcdef".to_vec()), (0, 4, b"abcd".to_vec())];
            assert_eq!(whole(&capture.bytes), expected);
            // Without a limit the block itself says how much there is.
            let unlimited = Blocks::new(order).interface(1, 0, &[]).simple(9, b"abcdefghi").simple(99, b"abcd");
            assert_eq!(whole(&unlimited.bytes), [(0, 9, b"abcdefghi".to_vec()), (0, 99, b"abcd".to_vec())]);
        }
    }

    #[test]
    fn obsolete_packets() {
        for order in Order::BOTH {
            let start = Blocks::new(order).interface(1, 0, &[]).clock(9, 0);
            let capture = start.obsolete(0, 0x1_0000_0001, 60, b"abc").obsolete(1, 0x1_0000_0001, 3, b"abc");
            let expected = [(0x1_0000_0001 * 1000, 60, b"abc".to_vec()), (0x1_0000_0001, 3, b"abc".to_vec())];
            assert_eq!(whole(&capture.bytes), expected);
        }
    }

    #[test]
    fn sections_of_either_byte_order() {
        let capture = Blocks::new(Order::Little)
            .clock(9, 0)
            .interface(101, 0, &[])
            .enhanced(1, 5, 3, b"abc")
            .section(Order::Big)
            .clock(0, 100)
            .enhanced(0, 7, 3, b"abc")
            .section(Order::Little)
            .clock(3, 0)
            .simple(3, b"abc")
            .enhanced(0, 8, 3, b"abc");
        assert_eq!(times(&capture.bytes), [5000, 107 * SECOND, 0, 8_000_000]);
        let reading = read_all(capture.bytes);
        assert_eq!(column::<u16>(&reading, "interface"), [1, 2, 3, 3]);
        assert_eq!(column::<u16>(&reading, "link_type"), [101, 1, 1, 1]);
        assert_eq!(reading.about.interfaces.len(), 4);
    }

    #[test]
    fn a_section_forgets_the_interfaces_before() {
        let capture = Blocks::new(Order::Little).clock(9, 0).section(Order::Little);
        let offset = capture.bytes.len() as u64;
        let reading = read_all(capture.enhanced(0, 0, 3, b"abc").bytes);
        assert_eq!(fault(&reading), (offset, "a packet names interface 0, but its section has described 0"));
    }

    #[test]
    fn unknown_blocks() {
        let capture = Blocks::new(Order::Big)
            .block(4, b"names")
            .clock(9, 0)
            .block(5, &[0; 12])
            .block(0x0bad, b"custom")
            .enhanced(0, 1, 3, b"abc")
            .block(0x8000_0001, b"")
            .enhanced(0, 2, 3, b"abc");
        assert_eq!(times(&capture.bytes), [1, 2]);
    }

    #[test]
    fn options() {
        let start = Blocks::new(Order::Little);
        let (nanoseconds, end) = (start.option(9, &[9]), start.option(0, &[]));
        let time = |options: &[&[u8]]| {
            let capture = start.clone().interface(1, 0, &options.concat()).enhanced(0, 5, 3, b"abc");
            times(&capture.bytes)[0]
        };
        assert_eq!(time(&[]), 5000);
        assert_eq!(time(&[&end]), 5000);
        assert_eq!(time(&[&nanoseconds, &end]), 5);
        // Without an end mark; behind options of odd lengths, of unknown codes and of none.
        assert_eq!(time(&[&nanoseconds]), 5);
        assert_eq!(time(&[&start.option(2, b"wlan0"), &start.option(0x8bad, &[1; 7]), &start.option(1, &[]), &nanoseconds]), 5);
        // What is behind the end does not count, nor does what is cut off.
        assert_eq!(time(&[&end, &nanoseconds]), 5000);
        assert_eq!(time(&[&nanoseconds, &[1, 0, 0xff, 0]]), 5);
        assert_eq!(time(&[&[1, 0, 0xff, 0], &nanoseconds]), 5000);
        // Of impossible length.
        assert_eq!(time(&[&start.option(9, &[9, 9])]), 5000);
        assert_eq!(time(&[&start.option(14, &[1; 4])]), 5000);
    }

    #[test]
    fn options_of_packets_and_sections() {
        let option = Blocks::new(Order::Little).option(1, &[b'x'; 5000]);
        let header = [&0x1a2b_3c4d_u32.to_le_bytes()[..], &[1, 0, 0, 0], &[0xff; 8], &option].concat();
        let mut capture = Blocks::new(Order::Little);
        capture.bytes.clear();
        let packet = [&[0; 12][..], &3_u32.to_le_bytes(), &3_u32.to_le_bytes(), b"abc\0", &option].concat();
        let capture = capture.block(0x0a0d_0d0a, &header).interface(1, 0, &[]).block(6, &packet);
        assert_eq!(whole(&capture.bytes), [(0, 3, b"abc".to_vec())]);
    }

    #[test]
    fn resolutions_and_offsets() {
        let units = [0, 1, 999_999_999, 1 << 32, 1_700_000_000_123_456, u64::MAX];
        for resolution in [0, 3, 6, 9, 10, 12, 28, 29, 127, 0x80, 0x8a, 0xa0, 0xc0, 0xff] {
            for offset in [0, 1, -1, 86400, -1_700_000_000, i64::MAX, i64::MIN] {
                let start = Blocks::new(Order::Big).clock(resolution, offset);
                let capture = units.iter().fold(start, |capture, units| capture.enhanced(0, *units, 0, b""));
                let expected: Vec<i64> = units.iter().map(|units| nanoseconds(*units, resolution, offset)).collect();
                assert_eq!(times(&capture.bytes), expected, "resolution {resolution:#x}, offset {offset}");
            }
        }
    }

    #[test]
    fn many_interfaces() {
        let start = (0..70_000).fold(Blocks::new(Order::Little), |capture, number| capture.interface(number as u16, 0, &[]));
        let capture = start.enhanced(69_999, 5, 3, b"abc").enhanced(65_534, 5, 3, b"abc").enhanced(0, 6, 3, b"abc");
        let reading = read_all(capture.bytes);
        assert_eq!((reading.about.fault.clone(), reading.about.interfaces.len()), (None, 70_000));
        assert_eq!(column::<u16>(&reading, "interface"), [65_535, 65_534, 0]);
        assert_eq!(column::<u16>(&reading, "link_type"), [4463, 65_534, 0]);
    }

    #[test]
    fn interfaces_that_are_not_there() {
        let without = Blocks::new(Order::Little);
        let one = without.clone().interface(1, 0, &[]);
        let captures = [
            (without.clone().enhanced(0, 0, 3, b"abc"), 28, "interface 0, but its section has described 0"),
            (without.clone().simple(3, b"abc"), 28, "interface 0, but its section has described 0"),
            (without.clone().obsolete(0, 0, 3, b"abc"), 28, "interface 0, but its section has described 0"),
            (one.clone().enhanced(1, 0, 3, b"abc"), 48, "interface 1, but its section has described 1"),
            (one.clone().enhanced(u32::MAX, 0, 3, b"abc"), 48, "interface 4294967295, but its section has described 1"),
        ];
        for (capture, offset, reason) in captures {
            let reading = read_all(capture.bytes);
            let found = fault(&reading);
            assert!(found.0 == offset && found.1.contains(reason), "{found:?}");
        }
        let reading = read_all(without.bytes);
        assert_eq!((reading.frame.rows(), reading.about.fault, reading.about.interfaces.len()), (0, None, 0));
    }

    #[test]
    fn lengths_that_differ() {
        let start = Blocks::new(Order::Little).interface(1, 0, &[]).enhanced(0, 0, 3, b"abc");
        let offset = start.bytes.len() as u64;
        let cases = [
            (20, 24, "gives its length as 20 and again as 24"),
            (8, 8, "claims 8 bytes"),
            (0, 0, "claims 0 bytes"),
            (u32::MAX, u32::MAX, "claims 4294967295 bytes"),
        ];
        for (length, trailing, reason) in cases {
            let reading = read_all(start.clone().uneven_block(5, length, &[0; 8], trailing).bytes);
            let found = fault(&reading);
            assert!(found.0 == offset && found.1.contains(reason), "{found:?}");
            assert_eq!(reading.frame.rows(), 1);
        }
    }

    #[test]
    fn packets_longer_than_their_block() {
        let start = Blocks::new(Order::Big).interface(1, 0, &[]);
        let words = |captured: u32| Order::Big.words(&[0, 0, 0, captured, 60]);
        for (captured, reason) in [(5, "in a block of 36"), (262_145, "are believed"), (u32::MAX, "are believed")] {
            let reading = read_all(start.clone().block(6, &[&words(captured)[..], b"abcd"].concat()).bytes);
            let found = fault(&reading);
            assert!(found.0 == 48 && found.1.contains(reason), "{found:?}");
        }
        for (kind, body) in [(6, 16), (2, 16), (3, 0), (1, 4)] {
            let reading = read_all(start.clone().block(kind, &vec![0; body]).bytes);
            assert!(fault(&reading).1.contains("too short"));
        }
    }

    #[test]
    fn lengths_that_leave_the_padding_out() {
        let packet = [&Order::Little.words(&[0, 0, 5, 3, 3])[..], b"abc"].concat();
        let length = 12 + packet.len() as u32;
        let start = Blocks::new(Order::Little).interface(1, 0, &[]).uneven_block(0x0bad, 13, b"x", 13);
        let capture = start.uneven_block(6, length, &packet, length).enhanced(0, 6, 3, b"abc");
        assert_eq!(times(&capture.bytes), [5000, 6000]);
    }

    #[test]
    fn sections_that_can_not_be_read() {
        let start = Blocks::new(Order::Little).interface(1, 0, &[]).enhanced(0, 0, 3, b"abc");
        let offset = start.bytes.len() as u64;
        let magic = start.clone().block(0x0a0d_0d0a, &[0x11; 16]);
        let version = start.clone().block(0x0a0d_0d0a, &[&0x1a2b_3c4d_u32.to_le_bytes()[..], &[2, 0, 0, 0], &[0xff; 8]].concat());
        let short = start.clone().block(0x0a0d_0d0a, &0x1a2b_3c4d_u32.to_le_bytes());
        for (capture, reason) in [(magic, "0x11111111"), (version, "version 2"), (short, "too short")] {
            let reading = read_all(capture.bytes);
            let found = fault(&reading);
            assert!(found.0 == offset && found.1.contains(reason), "{found:?}");
            assert_eq!(reading.frame.rows(), 1);
        }
    }
}
