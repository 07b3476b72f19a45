//! Captures in the formats of other programs, spelled out field by field. `test_formats.py` has such programs write them.

mod common;

use common::blocks::{Classic, Order};
use common::{WHOLE, column, memory, packets, read_all, read_with};
use pcapframe::error::Error;
use pcapframe::read::Reading;

const SECOND: i64 = 1_000_000_000;
/// 2009-02-13T23:31:30Z.
const TIME: u32 = 1_234_567_890;

/// Time in nanoseconds, wire length, link type and bytes.
type Record = (i64, u32, u16, Vec<u8>);

fn at(seconds: u32, nanoseconds: i64) -> i64 {
    i64::from(seconds) * SECOND + nanoseconds
}

fn be(values: &[u32]) -> Vec<u8> {
    Order::Big.words(values)
}

fn le(values: &[u32]) -> Vec<u8> {
    Order::Little.words(values)
}

fn le16(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn be16(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_be_bytes()).collect()
}

fn records(reading: &Reading, bytes: &[u8]) -> Vec<Record> {
    let (times, lengths) = (column::<i64>(reading, "timestamp"), column::<u32>(reading, "length"));
    let links = column::<u16>(reading, "link_type");
    let kept = packets(reading, memory(bytes));
    times.into_iter().zip(lengths).zip(links).zip(kept).map(|(((time, length), link), data)| (time, length, link, data)).collect()
}

fn try_read(bytes: &[u8], threads: usize, chunk: u64) -> Result<Reading, Error> {
    read_with(&memory(bytes), threads, chunk)
}

struct Capture {
    name: &'static str,
    bytes: Vec<u8>,
    expected: Vec<Record>,
    /// Whether the end of the file must be there before anything can be read.
    needs_end: bool,
}

fn snoop() -> Capture {
    let records = [
        be(&[7, 3, 28, 0, TIME, 5]),
        b"abc\0".to_vec(), // padded to four bytes
        be(&[4, 4, 28, 0, TIME + 1, 999_999]),
        b"abcd".to_vec(),
    ];
    let bytes = [b"snoop\0\0\0".to_vec(), be(&[2, 4]), records.concat()].concat();
    let expected = vec![(at(TIME, 5000), 7, 1, b"abc".to_vec()), (at(TIME + 1, 999_999_000), 4, 1, b"abcd".to_vec())];
    Capture { name: "snoop", bytes, expected, needs_end: false }
}

fn surveyor() -> Capture {
    // A header of 4 + 8 bytes in front of the frame, and 16 bytes of Surveyor's behind it.
    let records = [be(&[16, 16, 56, 0, TIME, 0]), vec![0, 0, 0, 8], vec![9; 8], b"wlan".to_vec(), vec![0; 16]];
    let bytes = [b"snoop\0\0\0".to_vec(), be(&[3, 18]), records.concat()].concat();
    Capture { name: "snoop (Surveyor)", bytes, expected: vec![(at(TIME, 0), 4, 105, b"wlan".to_vec())], needs_end: false }
}

fn erf() -> Capture {
    // Fraction, seconds, type, flags, record length, losses, wire length.
    let record = |fraction: u32, kind: u8, length: u16, wire: u16, rest: &[u8]| {
        [le(&[fraction, TIME]), vec![kind, 4], be16(&[length, 0, wire]), rest.to_vec()].concat()
    };
    let bytes = [
        record(0x8000_0000, 2, 24, 4, b"\0\0ether\0"), // two bytes, four of the frame, padding
        record(0, 48, 16, 0, b""),
        // 0.9999999999 s is nearest to the next second.
        record(0xffff_ffff, 0x81, 32, 9, b"\x04xxxxxxx\x0f\0hd    "),
        record(1, 22, 20, 4, b"ipv4"),
        record(2, 27, 20, 300, b"meta"),
    ];
    let bytes = bytes.concat();
    let expected = vec![
        (at(TIME, SECOND / 2), 4, 1, b"ethe".to_vec()),
        (at(TIME + 1, 0), 9, 104, b"\x0f\0hd    ".to_vec()),
        (at(TIME, 0), 4, 101, b"ipv4".to_vec()),
        (at(TIME, 0), 300, 147, b"meta".to_vec()),
    ];
    Capture { name: "ERF", bytes, expected, needs_end: false }
}

/// A file header of Network Monitor: 2009-02-13 23:31:30.250.
fn netmon_header(magic: &[u8], version: [u8; 2], media: u16, table: [u32; 2]) -> Vec<u8> {
    let date = le16(&[2009, 2, 5, 13, 23, 31, 30, 250]);
    [magic, &version, &le16(&[media]), &date, &le(&table), &[0; 40], &[0; 56]].concat()
}

fn netmon_1() -> Capture {
    let frames = [le(&[750]), le16(&[9, 3]), b"abc".to_vec(), le(&[751]), le16(&[2, 2]), b"de".to_vec()].concat();
    let header = netmon_header(b"RTSS", [1, 1], 1, [128 + frames.len() as u32, 8]);
    let bytes = [header, frames, le(&[128, 139])].concat();
    let expected = vec![(at(TIME + 1, 0), 9, 1, b"abc".to_vec()), (at(TIME + 1, 1_000_000), 2, 1, b"de".to_vec())];
    Capture { name: "Network Monitor 1.1", bytes, expected, needs_end: true }
}

fn netmon_2() -> Capture {
    // 100 ns since 1601 of TIME, and 5 units.
    let time = (i64::from(TIME) * 10_000_000 + 116_444_736_000_000_005).to_le_bytes();
    let frame = |media: u16, data: &[u8]| {
        let header = [le(&[1, 0, 8, data.len() as u32]), data.to_vec(), le16(&[media])].concat();
        [header, le(&[0]), time.to_vec(), vec![0]].concat()
    };
    let frames = [frame(1, b"ether"), frame(0xfffd, b"adapters"), b"hole".to_vec(), frame(0xe069, b"pcap"), frame(9, b"ip")];
    let offsets: Vec<u32> = (0..5).map(|i| 128 + frames[..i].iter().map(Vec::len).sum::<usize>() as u32).collect();
    let end = offsets[4] + frames[4].len() as u32;
    let header = netmon_header(b"GMBU", [3, 2], 1, [end, 16]);
    let bytes = [header, frames.concat(), le(&[offsets[0], offsets[1], offsets[3], offsets[4]]), b"more".to_vec()].concat();
    let expected = [(1, &b"ether"[..]), (105, b"pcap"), (101, b"ip")];
    let expected = expected.into_iter().map(|(link, data)| (at(TIME, 500), 8, link, data.to_vec())).collect();
    Capture { name: "Network Monitor 2.3", bytes, expected, needs_end: true }
}

/// A file header of NetXRay: packets `first..end`, and the clock stands at 2 seconds of microseconds.
fn netxray_header(version: &[u8], first: u32, end: u32) -> Vec<u8> {
    let mut header = [b"XCP\0", version, &le(&[TIME, 2, 0, first, end]), &[0; 12], &[0; 4], &[0; 4], &le(&[2_000_000])].concat();
    header.resize(128, 0);
    header
}

fn netxray() -> Capture {
    let packet = |clock: u32, length: u16, data: &[u8]| {
        [le(&[clock, 0]), le16(&[length, data.len() as u16]), vec![0; 16], data.to_vec()].concat()
    };
    let records = [packet(2_500_000, 9, b"abc"), packet(3_000_001, 2, b"de")].concat();
    let end = 128 + 4 + records.len() as u32;
    let bytes = [netxray_header(b"001.100\0", 132, end), vec![0; 4], records, b"crud".to_vec()].concat();
    let expected = vec![(at(TIME, 500_000_000), 9, 1, b"abc".to_vec()), (at(TIME + 1, 1000), 2, 1, b"de".to_vec())];
    Capture { name: "NetXRay", bytes, expected, needs_end: false }
}

fn netxray_2() -> Capture {
    let packet = |mark: [u8; 2], data: &[u8]| {
        let lengths = le16(&[data.len() as u16, data.len() as u16]);
        [le(&[2_250_000, 0]), lengths, vec![0, 0], mark.to_vec(), vec![0; 24], data.to_vec()].concat()
    };
    // The buffer has wrapped: the oldest packet is the last in the file.
    let (new, old) = (packet([0xff, 0xff], b"newjunk"), packet([0, 0], b"oldest"));
    let end = 128 + new.len() as u32;
    let bytes = [netxray_header(b"002.002\0", end + 5, end), new, b"waste".to_vec(), old].concat();
    let expected = vec![(at(TIME, 250_000_000), 3, 1, b"new".to_vec()), (at(TIME, 250_000_000), 6, 1, b"oldest".to_vec())];
    Capture { name: "Sniffer for Windows", bytes, expected, needs_end: false }
}

fn sniffer() -> Capture {
    // DOS's date of 2009-02-13; half microseconds.
    let date: u16 = (2009 - 1980) * 512 + 2 * 32 + 13;
    let version = [le16(&[4, 0, 0, date]), vec![4, 1, 1, 3, 0, 0], le16(&[0, 0])].concat();
    let record = |kind: u16, data: &[u8]| [le16(&[kind, data.len() as u16, 0]), data.to_vec()].concat();
    let frame = |units: u64, day: u8, length: u16, data: &[u8]| {
        let time = [&units.to_le_bytes()[..5], &[day]].concat();
        [time, le16(&[data.len() as u16]), vec![0, 0], le16(&[length, 0]), data.to_vec(), vec![0; 3]].concat()
    };
    let records = [
        record(6, b"a header"),
        record(4, &frame(3, 0, 9, b"abc")),
        record(4, &frame(2_000_000, 1, 0, b"de")),
        record(3, b""),
        record(4, &frame(0, 0, 0, b"none")),
    ];
    let bytes = [b"TRSNIFF data    \x1a".to_vec(), record(1, &version), records.concat()].concat();
    let midnight = TIME - (23 * 3600 + 31 * 60 + 30);
    let expected = vec![(at(midnight, 1500), 9, 1, b"abc".to_vec()), (at(midnight + 86_401, 0), 2, 1, b"de".to_vec())];
    Capture { name: "Sniffer 4.0", bytes, expected, needs_end: false }
}

fn iptrace(version: u8) -> Capture {
    let packet = |kind: u8, data: &[u8]| {
        let more = if version == 2 { [vec![0, 0], be(&[TIME + 1, 5])].concat() } else { Vec::new() };
        let info = [b"???\x00en\0\0".to_vec(), vec![0; 12], vec![kind, 1], more].concat();
        [be(&[(info.len() + data.len()) as u32, TIME]), info, data.to_vec()].concat()
    };
    let bytes =
        [format!("iptrace {version}.0").into_bytes(), packet(6, b"ether"), packet(15, b"...fddi"), packet(24, b"ip")].concat();
    let time = if version == 2 { at(TIME + 1, 5) } else { at(TIME, 0) };
    let expected = vec![(time, 5, 1, b"ether".to_vec()), (time, 4, 10, b"fddi".to_vec()), (time, 2, 101, b"ip".to_vec())];
    Capture { name: if version == 2 { "iptrace 2.0" } else { "iptrace 1.0" }, bytes, expected, needs_end: false }
}

fn visual() -> Capture {
    let mut header = [b"\x05VNF".to_vec(), le(&[2, TIME]), le16(&[118, 0, 1, 1])].concat();
    header.resize(192, 0);
    let packet = |length: u16, hint: u8, data: &[u8]| {
        [le(&[1500]), le16(&[length, data.len() as u16]), le(&[0]), vec![hint, 0], vec![0; 6], data.to_vec()].concat()
    };
    let bytes = [header, packet(8, 13, b"\x0f\0chdlc"), packet(6, 13, b"\xff\x03pp"), le(&[192, 219])].concat();
    let time = at(TIME + 1, SECOND / 2);
    let expected = vec![(time, 6, 104, b"\x0f\0chdlc".to_vec()), (time, 4, 9, b"\xff\x03pp".to_vec())];
    Capture { name: "Visual Networks", bytes, expected, needs_end: false }
}

fn btsnoop() -> Capture {
    let time = i64::from(TIME) * 1_000_000 + 7 + 0x00dc_ddb3_0f2f_8000;
    let packet = |data: &[u8]| [be(&[9, data.len() as u32, 1, 0]), time.to_be_bytes().to_vec(), data.to_vec()].concat();
    let bytes = [b"btsnoop\0".to_vec(), be(&[1, 1002]), packet(b"\x04event"), packet(b"")].concat();
    let expected = vec![(at(TIME, 7000), 9, 187, b"\x04event".to_vec()), (at(TIME, 7000), 9, 187, Vec::new())];
    Capture { name: "btsnoop", bytes, expected, needs_end: false }
}

/// Seconds from 1904 to [`TIME`].
const MAC_TIME: u32 = TIME + 2_082_844_800;

fn peek_7() -> Capture {
    let header = [vec![0x87, 0], be(&[0, 2, MAC_TIME, 0, 0, 0, 1, 0, 0, 0, 0, 0])].concat();
    let time = (u64::from(MAC_TIME) * 1_000_000 + 3).to_be_bytes();
    let packet =
        |length: u16, slice: u16, data: &[u8]| [be16(&[0, length, slice]), vec![0, 0], time.to_vec(), data.to_vec()].concat();
    // Four bytes of radio, four of nothing; the second is padded to an even length.
    let bytes = [header, packet(20, 12, b"rrrrwlanxxxx"), packet(9, 0, b"rrrrwxxxx\0")].concat();
    let expected = vec![(at(TIME, 3000), 12, 105, b"wlan".to_vec()), (at(TIME, 3000), 1, 105, b"w".to_vec())];
    Capture { name: "Peek 7", bytes, expected, needs_end: false }
}

fn peek_5() -> Capture {
    let header = [vec![5, 0], be(&[0, 1, MAC_TIME, 0, 0, 0, 0, 0, 0, 0, 0, 0])].concat();
    let packet = [be16(&[9, 3]), vec![0, 0], be(&[1234]), vec![0; 16], b"abc".to_vec()].concat();
    let expected = vec![(at(TIME + 1, 234_000_000), 9, 1, b"abc".to_vec())];
    Capture { name: "Peek 5", bytes: [header, packet].concat(), expected, needs_end: false }
}

fn peek_9() -> Capture {
    let xml = b"<FileVersion>9</FileVersion><MediaType>0</MediaType><MediaSubType>0</MediaSubType>";
    let header = [&b"\x7fver\0\0\0\0\0\0\0\0"[..], xml, b"pkts", &[0; 8]].concat();
    let time = (u64::from(TIME) + 11_644_473_600) * 1_000_000_000 + 42;
    let tag = |tag: u16, value: u32| [le16(&[tag]), le(&[value])].concat();
    let packet = |captured: u32, data: &[u8]| {
        let times = [tag(1, time as u32), tag(2, (time >> 32) as u32)].concat();
        [tag(0, 13), times, tag(3, 1), tag(0xffff, captured), data.to_vec()].concat()
    };
    let bytes = [header, packet(7, b"abcxxxx"), packet(0, b"ninebytesxxxx")].concat();
    let expected = vec![(at(TIME, 42), 9, 1, b"abc".to_vec()), (at(TIME, 42), 9, 1, b"ninebytes".to_vec())];
    Capture { name: "Peek 9", bytes, expected, needs_end: false }
}

fn fiveview() -> Capture {
    let header = [be(&[0xaaaa_aaaa]), le(&[32, 0x0001_0000, 24, 0x1800_1000, 0, 0, 0]), vec![0; 24]].concat();
    let record = |kind: u32, data: &[u8]| {
        let numbers = [0x3333_eeee, 0x4000_0024, 0x8000_0000, kind, data.len() as u32, 1, TIME, 5, 0];
        [le(&numbers), data.to_vec()].concat()
    };
    let bytes = [header, record(0, b"frame"), record(7, b"alarm"), record(0, b"another")].concat();
    let expected = vec![(at(TIME, 5), 5, 1, b"frame".to_vec()), (at(TIME, 5), 7, 1, b"another".to_vec())];
    Capture { name: "5View", bytes, expected, needs_end: false }
}

fn captures() -> Vec<Capture> {
    let snoops = [snoop(), surveyor(), btsnoop()];
    let tables = [erf(), netmon_1(), netmon_2(), visual(), fiveview()];
    let sniffers = [netxray(), netxray_2(), sniffer(), iptrace(1), iptrace(2), peek_5(), peek_7(), peek_9()];
    snoops.into_iter().chain(tables).chain(sniffers).collect()
}

#[test]
fn every_record_as_it_was_written() {
    for Capture { name, bytes, expected, .. } in captures() {
        let reading = read_all(&bytes[..]);
        assert_eq!(reading.about.format, name);
        assert_eq!(reading.about.fault, None, "{name}");
        assert_eq!(records(&reading, &bytes), expected, "{name}");
    }
}

#[test]
fn what_is_before_a_cut_is_kept() {
    for Capture { name, bytes, expected, needs_end } in captures() {
        let mut most = 0;
        for cut in 0..bytes.len() {
            match try_read(&bytes[..cut], 1, WHOLE) {
                Err(Error::NotACapture(_)) => {}
                Err(error) => panic!("{name} cut at {cut}: {error}"),
                Ok(reading) => {
                    let found = records(&reading, &bytes[..cut]);
                    assert_eq!(found, expected[..found.len()], "{name} cut at {cut}");
                    assert!(found.len() >= most, "{name} cut at {cut}");
                    most = found.len();
                }
            }
        }
        // Only what is behind the last packet was cut off at the end.
        assert!(needs_end || most >= expected.len() - 1, "{name}");
    }
}

#[test]
fn many_threads_and_small_chunks_give_the_same() {
    for Capture { name, bytes, expected, .. } in captures() {
        for chunk in [1, 7, 64] {
            let reading = try_read(&bytes, 3, chunk).unwrap();
            assert_eq!(records(&reading, &bytes), expected, "{name}, chunks of {chunk}");
        }
    }
}

#[test]
fn no_bytes_make_it_panic() {
    for Capture { bytes, .. } in captures() {
        for at in 0..bytes.len() {
            for value in [0, 1, 0x7f, 0x80, 0xff, bytes[at] ^ 0x10] {
                let mut changed = bytes.clone();
                changed[at] = value;
                let one = try_read(&changed, 1, WHOLE).map(|reading| (records(&reading, &changed), reading.about.fault));
                let many = try_read(&changed, 2, 16).map(|reading| (records(&reading, &changed), reading.about.fault));
                match (one, many) {
                    (Ok(one), Ok(many)) => assert_eq!(one, many),
                    (Err(one), Err(many)) => assert_eq!(one.to_string(), many.to_string()),
                    _ => panic!("threads differ at {at}"),
                }
            }
        }
    }
}

#[test]
fn random_bytes_behind_each_beginning() {
    let mut state = 1_u64;
    for Capture { bytes, .. } in captures() {
        for keep in [4, 11, 16, 40, 128, 192] {
            let mut noise = bytes[..keep.min(bytes.len())].to_vec();
            noise.extend((0..2000).map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 56) as u8
            }));
            let _ = try_read(&noise, 1, WHOLE).map(|reading| records(&reading, &noise));
        }
    }
}

#[test]
fn what_is_not_read_is_named_with_the_way_out() {
    let refused = |bytes: &[u8]| match try_read(bytes, 1, WHOLE) {
        Err(Error::NotACapture(reason)) => reason,
        other => panic!("{:?}", other.map(|reading| reading.about.format)),
    };
    let mut compressed = sniffer().bytes;
    compressed[17 + 6 + 10] = 2;
    let mut version = snoop().bytes;
    version[11] = 9;
    for (bytes, name) in [
        (compressed, "this Sniffer file has compressed records"),
        (version, "this snoop file has version 9"),
        (b"TR\0\x64\0 and more".to_vec(), "HP-UX nettl"),
        (b"+---------+---------------+----------+".to_vec(), "K12 text"),
    ] {
        let reason = refused(&bytes);
        assert!(reason.contains(name) && reason.contains("editcap -F pcapng"), "{reason}");
    }
    for text in [&b"just some text, and no capture of any kind whatsoever\n"[..], &[0; 4000], &[b' '; 4000], &[0xff; 4000]] {
        assert!(refused(text).starts_with("this is no"), "{}", refused(text));
    }
}

mod variants_of_pcap {
    use super::*;

    /// Two packets behind headers with these bytes more.
    fn capture(magic: u32, more: &[u8]) -> Vec<u8> {
        let mut capture = Classic::with_header(Order::Little, magic, (2, 4), 1).bytes;
        for (number, data) in [(1, &b"first"[..]), (2, b"the second")] {
            let lengths = [TIME, number, data.len() as u32, data.len() as u32];
            capture.extend([&le(&lengths)[..], more, data].concat());
        }
        capture
    }

    #[test]
    fn longer_record_headers_are_found() {
        let linux = [&le(&[3])[..], &le16(&[0x0800]), &[2, 0]].concat();
        let suse = [&linux[..], &[1, 2, 3, 4]].concat();
        for (magic, more, name) in [
            (Classic::MICROSECONDS, &b""[..], "pcap (microseconds, little-endian)"),
            (Classic::MICROSECONDS, &linux, "pcap (microseconds, little-endian, modified records)"),
            (Classic::MODIFIED, &linux, "pcap (microseconds, little-endian, modified records)"),
            (Classic::MODIFIED, &suse, "pcap (microseconds, little-endian, SuSE 6.3's records)"),
            (Classic::MICROSECONDS, &[1, 0xb9, 0xbf, 0x9f], "pcap (microseconds, little-endian, Nokia's records)"),
            (Classic::MICROSECONDS, &[0; 4], "pcap (microseconds, little-endian, Nokia's records)"),
        ] {
            let bytes = capture(magic, more);
            let reading = read_all(&bytes[..]);
            assert_eq!(reading.about.format, name);
            let expected = [(at(TIME, 1000), 5, 1, b"first".to_vec()), (at(TIME, 2000), 10, 1, b"the second".to_vec())];
            assert_eq!(records(&reading, &bytes), expected, "{name}");
        }
    }

    #[test]
    fn ixia_has_a_length_behind_the_header() {
        for (magic, unit) in [(0x1c00_01ac, 1), (0x1c00_01ab, 1000)] {
            let mut bytes = Classic::with_header(Order::Big, magic, (2, 4), 1).bytes;
            bytes.extend(be(&[19, TIME, 5, 3, 4]));
            bytes.extend(b"abc");
            assert_eq!(records(&read_all(&bytes[..]), &bytes), [(at(TIME, 5 * unit), 4, 1, b"abc".to_vec())]);
        }
    }

    #[test]
    fn aix_has_nanoseconds_and_types_of_its_own() {
        for (network, link, unit) in [(6, 1, 1), (9, 6, 1), (24, 0, 1), (1, 1, 1000)] {
            let capture = Classic::with_header(Order::Big, Classic::MICROSECONDS, (2, 2), network);
            let bytes = capture.raw([TIME, 5, 4, 3], b"abc").bytes;
            assert_eq!(records(&read_all(&bytes[..]), &bytes), [(at(TIME, 5 * unit), 4, link, b"abc".to_vec())]);
        }
    }
}
