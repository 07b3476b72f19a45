//! IEEE 802.11: data frames, up to what they carry.
//!
//! Of an aggregate (A-MSDU) the first subframe is decoded, because a row is one packet. What is encrypted stays so.

use super::{ethernet, llc};
use crate::wire::cursor::{Cursor, be16};
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, layer};
use crate::wire::packet::Packet;

/// Frame control, duration, three addresses and sequence control.
const FIXED_LEN: usize = 24;
const ADDRESS_LEN: usize = 6;
const QOS_CONTROL_LEN: usize = 2;
const HT_CONTROL_LEN: usize = 4;
const MESH_CONTROL_LEN: usize = 6;
const SUBFRAME_LEN: usize = 14;
pub const FCS_LEN: u32 = 4;

// The first byte of frame control.
const VERSION_AND_TYPE: u8 = 0x0f;
const DATA: u8 = 0x08;
const NO_DATA: u8 = 0x40;
const QOS: u8 = 0x80;

// The second byte of frame control.
const TO_DS: u8 = 0x01;
const FROM_DS: u8 = 0x02;
const PROTECTED: u8 = 0x40;
const ORDER: u8 = 0x80;

// QoS control.
const AGGREGATE: u8 = 0x80;
const MESH_CONTROL: u8 = 0x01;

const FRAGMENT_NUMBER: u8 = 0x0f;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Standard,
    /// The header is padded to a multiple of four bytes, as Atheros hardware does.
    Padded,
    /// Frame control and sequence control are big-endian, as Cisco's access points send them.
    Swapped,
}

/// A frame without its check sequence (FCS): where there is one, the caller cuts it off.
pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    frame(Form::Standard, cursor, packet)
}

pub fn decode_padded(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    frame(Form::Padded, cursor, packet)
}

pub fn decode_swapped(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    frame(Form::Swapped, cursor, packet)
}

fn frame(form: Form, cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let &[first, second] = cursor.header::<2>()?;
    let [kind, flags] = if form == Form::Swapped { [second, first] } else { [first, second] };
    if kind & VERSION_AND_TYPE != DATA {
        packet.layers |= layer::WLAN;
        return Ok(Next::Stop(Stop::Unsupported));
    }
    let qos_at = FIXED_LEN + if flags & TO_DS != 0 && flags & FROM_DS != 0 { ADDRESS_LEN } else { 0 };
    let length = match (kind & QOS != 0, flags & ORDER != 0) {
        (false, _) => qos_at,
        (true, false) => qos_at + QOS_CONTROL_LEN,
        (true, true) => qos_at + QOS_CONTROL_LEN + HT_CONTROL_LEN,
    };
    let header = cursor.data().get(..length).ok_or_else(|| cursor.missing(length))?;
    packet.layers |= layer::WLAN;
    if kind & NO_DATA != 0 {
        return Ok(Next::Stop(Stop::Complete));
    }
    if flags & PROTECTED != 0 {
        return Ok(Next::Stop(Stop::Unsupported));
    }
    // What a later fragment continues is in another packet.
    if header[if form == Form::Swapped { 23 } else { 22 }] & FRAGMENT_NUMBER != 0 {
        return Ok(Next::Stop(Stop::Complete));
    }
    cursor.skip(if form == Form::Padded { length.next_multiple_of(4) } else { length })?;
    if let Some(&[low, high]) = header[qos_at..].first_chunk() {
        if low & AGGREGATE != 0 {
            return aggregate(cursor, packet);
        }
        if flags & FROM_DS != 0 && high & MESH_CONTROL != 0 {
            skip_mesh_control(cursor)?;
        }
    }
    body(addresses(flags, header), cursor, packet)
}

/// Destination and source: which addresses they are depends on whether a distribution system is at either end.
fn addresses(flags: u8, header: &[u8]) -> [&[u8]; 2] {
    let (destination, source) = match (flags & TO_DS != 0, flags & FROM_DS != 0) {
        (false, false) => (4, 10),
        (false, true) => (4, 16),
        (true, false) => (16, 10),
        (true, true) => (16, FIXED_LEN),
    };
    [&header[destination..destination + ADDRESS_LEN], &header[source..source + ADDRESS_LEN]]
}

/// The bit that announces mesh control means something else to stations outside a mesh; no LLC header begins like one.
fn skip_mesh_control(cursor: &mut Cursor) -> Result<(), Next> {
    match cursor.header::<1>()? {
        &[extension @ 0..=2] => cursor.skip(MESH_CONTROL_LEN + usize::from(extension) * ADDRESS_LEN),
        _ => Ok(()),
    }
}

/// The first subframe: addresses, length, LLC.
fn aggregate(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let subframe = cursor.header::<SUBFRAME_LEN>()?;
    cursor.skip(SUBFRAME_LEN)?;
    cursor.limit(u32::from(be16(subframe, 12)));
    llc::decode(cursor, packet)
}

/// LLC, or what some hardware sends in its place: a whole Ethernet frame, IPX (Novell's "raw 802.3"), or two zeros before LLC.
fn body([destination, source]: [&[u8]; 2], cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    // As much as is looked at, where there is so much.
    let looked_at = 12.min(cursor.wire() as usize);
    let data = cursor.data();
    match data {
        [0xaa, 0xaa, ..] => {}
        _ if data.len() < looked_at => return Err(cursor.missing(looked_at)),
        _ if data.get(..6) == Some(destination) || data.get(6..12) == Some(source) => return ethernet::inner(cursor, packet),
        [0xff, 0xff, ..] => return Ok(Next::Stop(Stop::Unsupported)),
        [0, 0, ..] => cursor.skip(2)?,
        _ => {}
    }
    llc::decode(cursor, packet)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Address;
    use crate::wire::testing::{check_cuts, cut_packet, hex, ipv4, packet};

    const WLAN: u16 = 105;
    const FIRST: &str = "02000a000001";
    const SECOND: &str = "02000a000002";
    const THIRD: &str = "02000a000003";
    const SNAP: &str = "aaaa03 000000 0800";

    /// A frame with this frame control and sequence control, and LLC and a DNS datagram behind what else the header has.
    fn data(control: &str, sequence: &str, more: &str) -> Vec<u8> {
        let header = format!("{control} 0000 {FIRST} {SECOND} {THIRD} {sequence} {more}");
        [hex(&header), ipv4(17, "0035 1234 0008 0000")].concat()
    }

    fn stop_and_port(frame: &[u8]) -> (Stop, u16) {
        let packet = packet(WLAN, frame);
        assert_eq!(packet.layers & layer::WLAN, layer::WLAN);
        (packet.stop, packet.sport)
    }

    #[test]
    fn from_a_capture() {
        // From a capture: QoS and HT control, a DHCP request.
        let dhcp = hex("8881 3000 94c0228bb0be 835b4b40ffff ffffffffffff 7005 161b ffffffff aaaa030000000800
            450001485b000000ff115fa500000000ffffffff 0044004301349956 01010600f6afdddd");
        let packet = packet(WLAN, &dhcp);
        assert_eq!((packet.src(), packet.sport, packet.payload_length), (Address::V4(0), 68, 300));
        assert_eq!(packet.layers & (layer::WLAN | layer::IP | layer::PORTS), layer::WLAN | layer::IPV4 | layer::UDP);
        assert_eq!((packet.ethertype, packet.eth_src, packet.eth_dst), (0, [0; 6], [0; 6]));
    }

    #[test]
    fn every_form_of_the_header() {
        let (mesh, extended) = ("00 1f 01000000", "01 1f 01000000 02000a000005");
        let frames = [
            ("0800", SNAP.into()),
            ("0801", SNAP.into()),
            ("0802", SNAP.into()),
            ("0803", format!("{FIRST} {SNAP}")),
            ("1800", SNAP.into()),
            // The order bit means HT control only where there is QoS control.
            ("0880", SNAP.into()),
            ("8800", format!("0000 {SNAP}")),
            ("8880", format!("0000 11223344 {SNAP}")),
            ("8803", format!("{FIRST} 0000 {SNAP}")),
            ("8883", format!("{FIRST} 0000 11223344 {SNAP}")),
            ("8803", format!("{FIRST} 0001 {mesh} {SNAP}")),
            ("8802", format!("0001 {extended} {SNAP}")),
            ("8802", format!("0001 {SNAP}")),
            ("8801", format!("0001 {SNAP}")),
        ];
        for (control, more) in frames {
            let frame = data(control, "0000", &more);
            assert_eq!(stop_and_port(&frame), (Stop::Complete, 53), "{control} {more}");
            check_cuts(WLAN, &frame, frame.len());
        }
    }

    #[test]
    fn first_subframe_of_an_aggregate() {
        let frame = data("8802", "0000", &format!("8000 {FIRST} {SECOND} 0024 {SNAP}"));
        assert_eq!(stop_and_port(&frame), (Stop::Complete, 53));
        let cut_by_length = data("8802", "0000", &format!("8000 {FIRST} {SECOND} 0023 {SNAP}"));
        assert_eq!(packet(WLAN, &cut_by_length).stop, Stop::Malformed);
        assert_eq!(packet(WLAN, &frame[..39]).stop, Stop::Malformed);
        assert_eq!(cut_packet(WLAN, &frame, 39).stop, Stop::Truncated);
    }

    #[test]
    fn what_is_no_data_that_can_be_read() {
        let stop = |control, sequence| packet(WLAN, &data(control, sequence, SNAP)).stop;
        // Beacon, acknowledgement, extension; another protocol version; encrypted.
        for control in ["8000", "d400", "0c00", "0900", "0a00", "0840"] {
            assert_eq!(stop(control, "0000"), Stop::Unsupported, "{control}");
        }
        assert_eq!(stop("0840", "0100"), Stop::Unsupported);
        // Null, with and without QoS; a later fragment.
        assert_eq!(
            (stop("4801", "0000"), stop("c801", "0000"), stop("0800", "0100")),
            (Stop::Complete, Stop::Complete, Stop::Complete)
        );
        assert_eq!(stop_and_port(&data("0804", "1000", SNAP)), (Stop::Complete, 53));
        // An acknowledgement has ten bytes.
        assert_eq!(packet(WLAN, &hex("d400 0000 02000a000001")).stop, Stop::Unsupported);
    }

    #[test]
    fn what_some_hardware_sends() {
        let by_destination = data("0801", "0000", &format!("{THIRD} 02000a000009 0800"));
        let by_source = data("0802", "0000", &format!("02000a000009 {THIRD} 0800"));
        let zeros = data("0800", "0000", &format!("0000 {SNAP}"));
        for frame in [by_destination, by_source, zeros] {
            assert_eq!(stop_and_port(&frame), (Stop::Complete, 53));
        }
        assert_eq!(stop_and_port(&data("0800", "0000", "ffff 0030")), (Stop::Unsupported, 0));
    }
}
