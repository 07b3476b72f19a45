//! Ethernet II and IEEE 802.3.

use crate::wire::cursor::{Cursor, be16};
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, layer};
use crate::wire::packet::Packet;

const HEADER_LEN: usize = 14;
/// Below this the type field is a length, and an LLC header follows (IEEE 802.3, clause 3.2.6).
pub const FIRST_ETHERTYPE: u16 = 0x0600;

#[inline(always)]
pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let header = cursor.header::<HEADER_LEN>()?;
    packet.layers = layer::ETHERNET;
    packet.eth_dst = *header.first_chunk().expect("six of fourteen bytes");
    packet.eth_src = *header[6..].first_chunk().expect("six of eight bytes");
    let number = be16(header, 12);
    cursor.skip(HEADER_LEN)?;
    // Behind a tag 0 is a length, here it is not.
    if number == 0 {
        return Ok(Next::Stop(Stop::Unsupported));
    }
    payload(number, packet)
}

/// The frame that a header of switches is in front of, whose place it takes.
pub fn in_place(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    cursor.header::<HEADER_LEN>()?;
    let around = packet.layers;
    packet.ethertype = 0;
    let next = decode(cursor, packet);
    packet.layers |= around;
    next
}

/// A frame inside another packet: link columns are those of the outermost, which this is if no other was met.
pub fn inner(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let header = cursor.header::<HEADER_LEN>()?;
    let number = be16(header, 12);
    if packet.layers & layer::ETHERNET == 0 {
        packet.layers |= layer::ETHERNET;
        packet.eth_dst.copy_from_slice(&header[..6]);
        packet.eth_src.copy_from_slice(&header[6..12]);
        // A cooked header has an EtherType too.
        if packet.layers & layer::SLL == 0 && number >= FIRST_ETHERTYPE {
            packet.ethertype = number;
        }
    }
    cursor.skip(HEADER_LEN)?;
    inner_payload(number)
}

/// As [`payload`], inside another packet.
#[inline(always)]
pub fn inner_payload(number: u16) -> Decoded {
    if number < FIRST_ETHERTYPE {
        return Ok(Next::Length(number));
    }
    Ok(Next::EtherType(number))
}

/// What follows an EtherType or 802.3 length field, behind an Ethernet header or a VLAN tag.
#[inline(always)]
pub fn payload(number: u16, packet: &mut Packet) -> Decoded {
    if number >= FIRST_ETHERTYPE {
        packet.ethertype = number;
    }
    inner_payload(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::{ETHERNET, check_cuts, hex, packet};

    /// From `examples/data/lab.pcap`: a TCP SYN.
    const SYN: &str = "02000a14000a 02000a140066 0800 4500003c9c0c400040068a180a1400660a14000a
        9f9a1b5f27debe2a00000000a002faf092360000020405b40402080adff52546000000000103030a";

    #[test]
    fn addresses_and_ethertype() {
        let frame = packet(ETHERNET, &hex(SYN));
        assert_eq!(frame.eth_dst, [2, 0, 10, 20, 0, 10]);
        assert_eq!(frame.eth_src, [2, 0, 10, 20, 0, 102]);
        assert_eq!(frame.ethertype, 0x0800);
        assert_eq!(frame.layers, layer::ETHERNET | layer::IPV4 | layer::TCP);
    }

    #[test]
    fn cuts() {
        check_cuts(
            ETHERNET,
            &hex("ffffffffffff 02000a140001 0806 0001080006040001 02000a140066 0a140066 000000000000 0a14000a"),
            42,
        );
    }

    #[test]
    fn a_length_in_place_of_the_ethertype() {
        // IEEE 802.1D spanning tree: LLC follows.
        let frame = packet(ETHERNET, &hex("0180c2000000 02000a140001 0026 424203 0000000000"));
        assert_eq!((frame.ethertype, frame.stop, frame.layers), (0, Stop::Unsupported, layer::ETHERNET | layer::LLC));

        let last_length = packet(ETHERNET, &hex("0180c2000000 02000a140001 05ff 424203"));
        let first_ethertype = packet(ETHERNET, &hex("0180c2000000 02000a140001 0600 424203"));
        assert_eq!((last_length.ethertype, first_ethertype.ethertype), (0, 0x0600));
    }

    #[test]
    fn unknown_ethertype() {
        let frame = packet(ETHERNET, &hex("0180c200000e 02000a140001 88cc 0207"));
        assert_eq!((frame.ethertype, frame.stop), (0x88cc, Stop::Unsupported));
    }
}
