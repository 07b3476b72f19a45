//! A packet of every link type and in every tunnel that is decoded, and captures made of them. Headers are those of the decoders' own
//! tests; what they carry is DNS over UDP and IPv4.

use std::io::Write;

use pcapframe::capture::compression::Compression;

use super::blocks::{Blocks, Classic, Order};

pub const ETHERNET: u16 = 1;
/// The port that the innermost datagram comes from.
pub const PORT: u16 = 53;

const PACKET: &str = "4500001c00000000401100000b0000010b000002 0035123400080000";
const MACS: &str = "02000a140001 02000a140066";
const WLAN: &str = "0801 0000 02000a000001 02000a000002 02000a000003 0000 aaaa03 000000 0800";
const SNAP: &str = "aaaa03 000000 0800";

/// What a packet of each link type begins with.
const LINKS: &[(u16, &str)] = &[
    (0, "02000000"),
    (1, "02000a140001 02000a140066 0800"),
    (1, "02000a140001 02000a140066 88a8 0064 8100 0065 0800"),
    (1, "02000a140001 02000a140066 0024 aaaa03 000000 0800"),
    (1, "01000c000000 02000a140066 0036 aaaa03 00000c 0006 0000 0000 02000a140001 02000a140066 0800"),
    (6, "10 40 c00000000001 90005a000001 0830 0011 0022 0030 aaaa03 000000 0800"),
    (7, "be50 d4 00 0166"),
    (9, "ff03 0021"),
    (10, "50 40002850d000 10005a000001 aaaa03 000000 0800"),
    (11, "aaaa03 000000 0800"),
    (12, ""),
    (14, ""),
    (19, "aaaa03 000000 0800"),
    (50, "0f00 0800"),
    (51, "1100 3d6d 001e 0021"),
    (100, "aaaa03 0080c2 0007 0000 02000a140001 02000a140066 0800"),
    (101, ""),
    (104, "0f00 0800"),
    (105, WLAN),
    (106, "aaaa03 000000 0800"),
    (107, "1861 03 00 80 000000 0800"),
    (108, "00000002"),
    (109, "00000002 00001234 00000c00"),
    (113, "0000 0304 0006 0000000000000000 0800"),
    (122, "02000a1400010000 02000a1400660000 aaaa03 000000 0800"),
    (123, "02 00 0064 aaaa03 000000 0800"),
    (129, "be50 a8e7 d4 00 0166"),
    (130, "4d4743 01 47000000 00 00 0000 0021"),
    (131, "4d4743 00 54000000 0300 cc"),
    (133, "4d4743 00 0200 0000"),
    (135, "4d4743 01 0000000000000000 aaaa03 000000 0800"),
    (136, "4d4743 00 000000000000000000000000"),
    (137, "4d4743 00 00000000 fefe03 cc"),
    (166, "00 ff03 0021"),
    (167, "4d4743 02 02000000"),
    (178, "4d4743 80 0010 03010106010e01028c0004044c010000 0050568b5e9f 0050568b6dde 0800"),
    (179, "4d4743 00 ff03 0021"),
    (180, "4d4743 00 1861 03 cc"),
    (181, "4d4743 00 0f00 0800"),
    (183, "4d4743 00 000000000000000000000000000000000000"),
    (197, "81d74841 00472f00 16 04 002c 0000 001c"),
    (204, "01 21"),
    (219, "00012dfe"),
    (226, "01 02 0000 0000001c 00000002 00000000 ffffffff 00000000"),
    (228, ""),
    (229, "60000000 0024 04 40 fd000000000000000000000000000001 fd000000000000000000000000000002"),
    (239, "02 00 0014 0800 0100 08000127 2000 0900"),
    (242, "00000000000000000000000000000000 2fa3000a 80000550fe80000000000000 0010e000664ab451 0800 0000"),
    (276, "0800 0000 00000001 0304 00 06 0000000000000000"),
    (281, "d6c528213eaf 0050b6291070 20000080 0800"),
    (282, "00002005 d6c528213eaf 0050b6291070 0800"),
    (284, "d6c528213eaf 0050b6291070 c00a0000 0800"),
    (285, "d6c528213eaf 0050b6291070 dada0000 c0000000 0800"),
];

/// Headers with a length that is padded with zeros: link type, begin, zeros, and what follows.
const PADDED: &[(u16, &str, usize, &str)] = &[
    (117, "3d 02 01 00 656d30", 57, ""),
    (119, "44000000 90000000", 136, WLAN),
    (127, "00000900 02000000", 1, WLAN),
    (149, "6c000000 01000000 01000000 656e30", 93, "02000a140001 02000a140066 0800"),
    (163, "80211001 00000040", 56, WLAN),
    (192, "00002000 69000000 0200 1400", 20, WLAN),
    (200, "4d4743 00 02000a140001 02000a140066 0800 4500 0000 0000 0000 40 32", 34, ""),
    (258, "6c000000 01000000 01000000 656e30", 93, "02000a140001 02000a140066 0800"),
];

/// What is in an IPv4 packet with this protocol number, in front of the packet or frame that the tunnel carries.
const OVER_IP: &[(u8, &str)] = &[
    (4, ""),
    (47, "2000 0800 00abcd12"),
    (47, "f800 0800 1234 0000 00abcd12 00000001 0002 0004 0a000003 0000 0000"),
    (47, "1000 88be 00000001 20650015 a3595bff 00000000 02000a140001 02000a140066 0800"),
    (47, "1000 22eb 00000001 206503ff a3595bff 00000001 1c000000 00000000 02000a140001 02000a140066 0800"),
    (97, "3000 02000a140001 02000a140066 0800"),
    (103, "2100deff 00000000"),
    (137, "00010140"),
];

/// The same with a UDP port.
const OVER_UDP: &[(u16, &str)] = &[
    (1701, "0002 05f7206a ff03 0021"),
    (2152, "36 ff 002c 80001349 1234 00 c0 02 010203040506 85 01 1009 00"),
    (4341, "08000000 00006401"),
    (4789, "08000000 00006400 02000a140001 02000a140066 0800"),
    (4790, "0c000001 ffffff00"),
    (5247, "00100300 00000000 0008 0000 02000a000001 02000a000002 02000a000003 0000 aaaa03 000000 0800"),
    (6081, "0240 6558 00006400 0102 8001 00000000 02000a140001 02000a140066 0800"),
    (6635, "000100ff 0001513f"),
    (37008, "0101 0001 00 0a0155 00 29020040 01 02000a140001 02000a140066 0800"),
];

/// What an Ethernet frame has behind its addresses, in front of the packet.
const SHIMS: &[&str] = &[
    "8847 000130fe 000101ff 00000000 005079666801 005079666800 0800",
    "8864 1100 3d6d 001e 0021",
    "88e7 00123456 020000006102 020000006101 0800",
    "894f 0fc20201 00000a07",
    "8903 4020 005056835d58 005056838ef3 8100 0007 0800",
    "8909 01 01 0001 0064 0800",
    "d28b 0001 0011 5ceeed5819c38c2c 0800",
    "88e7 00123456 020000006102 020000006101 8100 0064 0800",
];

/// Bytes from hexadecimal digits; spaces only divide them.
pub fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.chars().filter_map(|c| c.to_digit(16)).map(|digit| digit as u8).collect();
    digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// An IPv4 packet with this payload.
pub fn in_ipv4(number: u8, payload: &[u8]) -> Vec<u8> {
    let total = (20 + payload.len()) as u16;
    let header = [&[0x45, 0][..], &total.to_be_bytes(), &[0, 1, 0, 0, 64, number, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]].concat();
    [header, payload.to_vec()].concat()
}

pub fn in_udp(port: u16, payload: &[u8]) -> Vec<u8> {
    let length = (8 + payload.len()) as u16;
    in_ipv4(17, &[&[0xc0, 0][..], &port.to_be_bytes(), &length.to_be_bytes(), &[0, 0], payload].concat())
}

/// A packet of every link type: all say that it comes from [`PORT`].
pub fn links() -> Vec<(u16, Vec<u8>)> {
    let plain = LINKS.iter().map(|(link_type, header)| (*link_type, hex(&format!("{header} {PACKET}"))));
    let padded = PADDED
        .iter()
        .map(|(link_type, begin, zeros, rest)| (*link_type, hex(&format!("{begin} {} {rest} {PACKET}", "00".repeat(*zeros)))));
    plain.chain(padded).collect()
}

/// An Ethernet frame with every tunnel, behind which is a packet from [`PORT`].
pub fn tunnels() -> Vec<Vec<u8>> {
    let inside = |header: &str| hex(&format!("{header} {PACKET}"));
    let frame = |packet: Vec<u8>| [hex(&format!("{MACS} 0800")), packet].concat();
    let over_ip = OVER_IP.iter().map(|(number, header)| frame(in_ipv4(*number, &inside(header))));
    let over_udp = OVER_UDP.iter().map(|(port, header)| frame(in_udp(*port, &inside(header))));
    let shims = SHIMS.iter().map(|header| inside(&format!("{MACS} {header}")));
    let ipv6 = "60000000 0008 11 40 fd000000000000000000000000000001 fd000000000000000000000000000002 0035123400080000";
    let inner_ipv6 = [in_ipv4(41, &hex(ipv6)), in_udp(3544, &hex(ipv6))].map(frame);
    let outer_ipv6 = [(4, PACKET), (41, ipv6)].map(|(number, inner)| {
        let inner = hex(inner);
        let length = inner.len();
        let header = hex(&format!("{MACS} 86dd 60000000 {length:04x} {number:02x} 40 {}", "fd".repeat(32)));
        [header, inner].concat()
    });
    let macsec = inside(&format!("{MACS} 88e5 00 00 00000001 0800"));
    let macsec = [macsec, vec![0; 16]].concat();
    let llc = inside(&format!("{MACS} 0024 {SNAP}"));
    over_ip.chain(over_udp).chain(shims).chain(inner_ipv6).chain(outer_ipv6).chain([macsec, llc]).collect()
}

/// Classic captures, one for each link type, and for Ethernet one with all tunnels.
pub fn classic_captures() -> Vec<Vec<u8>> {
    let orders = Order::BOTH.into_iter().cycle();
    let capture = |(order, (link_type, packets)): (Order, (u16, Vec<Vec<u8>>))| {
        let begin = Classic::with_header(order, Classic::NANOSECONDS, (2, 4), link_type.into());
        packets.iter().zip(0..).fold(begin, |capture, (packet, time)| capture.packet(1_700_000_000 + time, time, packet)).bytes
    };
    let links = links().into_iter().map(|(link_type, packet)| (link_type, vec![packet.clone(), packet]));
    orders.zip(links.chain([(ETHERNET, tunnels())])).map(capture).collect()
}

/// A pcapng capture with an interface and a packet for each link type, both byte orders, and the three kinds of packet block.
pub fn block_capture() -> Vec<u8> {
    let mut capture = Blocks::new(Order::Little).clock(9, 0);
    for (place, (link_type, packet)) in links().into_iter().enumerate() {
        let length = packet.len() as u32;
        capture = match place % 20 {
            0 => capture.section(Order::BOTH[place / 20 % 2]).interface(link_type, 0, &[]).simple(length, &packet),
            19 => capture.interface(link_type, 0, &[]).obsolete((place % 20) as u16, 1 << 50, length, &packet),
            number => capture.interface(link_type, 0, &[]).enhanced(number as u32, 1 << 50, length, &packet),
        };
    }
    capture.bytes
}

pub const COMPRESSIONS: [Compression; 5] =
    [Compression::Gzip, Compression::Zstd, Compression::Lz4, Compression::Xz, Compression::Bzip2];

pub fn compress(compression: Compression, bytes: &[u8]) -> Vec<u8> {
    let write = || -> std::io::Result<Vec<u8>> {
        match compression {
            Compression::Gzip => {
                let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                encoder.write_all(bytes)?;
                encoder.finish()
            }
            Compression::Zstd => zstd::stream::encode_all(bytes, 1),
            Compression::Lz4 => {
                let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
                encoder.write_all(bytes)?;
                encoder.finish().map_err(std::io::Error::other)
            }
            Compression::Xz => {
                let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 0);
                encoder.write_all(bytes)?;
                encoder.finish()
            }
            Compression::Bzip2 => {
                let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
                encoder.write_all(bytes)?;
                encoder.finish()
            }
        }
    };
    write().expect("memory takes what is written")
}
