//! Linux NFLOG (LINKTYPE_NFLOG): what netfilter logged.

use crate::wire::cursor::{Cursor, be16, le16};
use crate::wire::dispatch::{Decoded, Next};
use crate::wire::layers::{Stop, layer};
use crate::wire::packet::Packet;

/// Address family, version, resource.
const HEADER_LEN: usize = 4;
/// Length, which counts itself, and type.
const ATTRIBUTE_LEN: usize = 4;
/// Attributes: one that begins with an EtherType, and the packet.
const PACKET_HEADER: u16 = 1;
const PAYLOAD: u16 = 9;

/// Linux' address families.
const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;

pub fn decode(cursor: &mut Cursor, packet: &mut Packet) -> Decoded {
    let family = cursor.header::<HEADER_LEN>()?[0];
    packet.layers |= layer::OTHER_LINK;
    cursor.skip(HEADER_LEN)?;
    let ethertype = find_payload(cursor)?;
    match (family, ethertype) {
        (AF_INET | AF_INET6, _) => Ok(Next::Ip),
        // Bridges and ARP tables log too.
        (_, Some(number)) => Ok(Next::EtherType(number)),
        _ => Ok(Next::Stop(Stop::Unsupported)),
    }
}

/// Takes the attributes off the cursor until the payload is all that is left, and gives the EtherType they name.
fn find_payload(cursor: &mut Cursor) -> Result<Option<u16>, Next> {
    // They are in the byte order of the machine, in which the first of them, which is short, has the smaller length.
    let first = cursor.header::<ATTRIBUTE_LEN>()?;
    let number = if le16(first, 0) <= be16(first, 0) { le16 } else { be16 };
    let mut ethertype = None;
    loop {
        let attribute = cursor.header::<ATTRIBUTE_LEN>()?;
        let Some(length) = usize::from(number(attribute, 0)).checked_sub(ATTRIBUTE_LEN) else {
            return Err(Next::Stop(Stop::Malformed));
        };
        cursor.skip(ATTRIBUTE_LEN)?;
        match number(attribute, 2) {
            PAYLOAD => {
                cursor.limit(length as u32);
                return Ok(ethertype);
            }
            PACKET_HEADER if length >= 2 => ethertype = Some(be16(cursor.header::<2>()?, 0)),
            _ => {}
        }
        cursor.skip(length.next_multiple_of(4))?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::{check_cuts, hex, ipv6, packet};

    const NFLOG: u16 = 239;
    /// From a capture: a DNS response.
    const ATTRIBUTES: &str = "0800 0100 08000127 0500 0a00 00000000 0800 0400 00000002 1000 0800 0006ffffb8a386b9c3d60000
        0600 0f00 00010000 0600 1100 000e0000 1200 1000 0811961c10c8b8a386b9c3d608000000
        1400 0300 00000000522a1f9e00000000000960fc";
    const DNS: &str = "45000049000040003711c5144a522a2a0a000014 0035a65900350000";

    fn logged(family: &str, length: &str) -> Packet {
        let padding = "00".repeat(45);
        packet(NFLOG, &hex(&format!("{family} 00 0014 {ATTRIBUTES} {length} 0900 {DNS} {padding} 000000")))
    }

    #[test]
    fn ip_of_both_versions() {
        let dns = logged("02", "4d00");
        assert_eq!((dns.sport, dns.payload_length, dns.stop), (53, 45, Stop::Complete));
        assert_eq!(dns.layers, layer::OTHER_LINK | layer::IPV4 | layer::UDP);

        // Made by `linux/netfilter/nfnetlink_log.h`, on a machine of the other byte order.
        let mut data = hex("0a 00 0014 0008 0001 86dd0100 0034 0009");
        data.extend(ipv6(17, "0035 1234 0008 0000"));
        assert_eq!((packet(NFLOG, &data).sport, packet(NFLOG, &data).stop), (53, Stop::Complete));
        // A bridge's family, with an EtherType and without.
        assert_eq!(logged("07", "4d00").sport, 53);
        assert_eq!(packet(NFLOG, &hex("07 00 0014 0800 0900 45000014")).stop, Stop::Unsupported);
    }

    #[test]
    fn lengths() {
        let stop = |attributes: &str| packet(NFLOG, &hex(&format!("02 00 0014 {attributes}"))).stop;
        // An attribute shorter than its own header, one past the end, and no payload at all.
        assert_eq!(
            (stop("0300 0900 4500"), stop("0000 0000"), stop("ff00 ff00")),
            (Stop::Malformed, Stop::Malformed, Stop::Malformed)
        );
        assert_eq!((stop("0800 0100 08000127"), stop("")), (Stop::Malformed, Stop::Malformed));
        // A payload cut by its length.
        assert_eq!(logged("02", "1400").stop, Stop::Malformed);
    }

    #[test]
    fn cuts() {
        let data = hex(&format!("02 00 0014 {ATTRIBUTES} 2000 0900 {DNS}"));
        check_cuts(NFLOG, &data, data.len());
    }
}
