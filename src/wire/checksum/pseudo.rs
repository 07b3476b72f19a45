//! The pseudo-headers of IPv4 (RFC 9293, section 3.1) and IPv6 (RFC 8200, section 8.1): the addresses at both ends of the way,
//! which are not those of the IP header where a routing header or the Home Address option names others.

use super::internet::sum;

const IPV4_LEN: usize = 20;
const IPV6_LEN: usize = 40;

/// Source and destination, as the two ends know them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends<'a> {
    source: &'a [u8],
    destination: &'a [u8],
}

impl<'a> Ends<'a> {
    /// Those of the packet that `data` begins with; None where they are not known, or it is a fragment.
    pub fn of(data: &'a [u8]) -> Option<Self> {
        match data.first()? >> 4 {
            4 => ipv4(data),
            6 => ipv6(data),
            _ => None,
        }
    }

    /// The sum of the pseudo-header.
    pub fn sum(&self, protocol: u8, length: u32) -> u64 {
        sum(self.source) + sum(self.destination) + sum(&[0, protocol]) + sum(&length.to_be_bytes())
    }
}

fn ipv4(data: &[u8]) -> Option<Ends<'_>> {
    const FRAGMENT: u8 = 0x3f;
    let header = data.get(..usize::from(data[0] & 0x0f) * 4)?;
    if header.len() < IPV4_LEN || header[6] & FRAGMENT != 0 || header[7] != 0 {
        return None;
    }
    let destination = source_route(&header[IPV4_LEN..]).unwrap_or(&header[16..20]);
    Some(Ends { source: &header[12..16], destination })
}

/// The last address of a source route that is not at its end (RFC 791, section 3.1).
fn source_route(mut options: &[u8]) -> Option<&[u8]> {
    const LOOSE: u8 = 131;
    const STRICT: u8 = 137;
    loop {
        options = match *options {
            [] | [0, ..] => return None,
            [1, ..] => &options[1..],
            [LOOSE | STRICT, length, pointer, ..] if length >= 7 && pointer <= length => {
                return options.get(usize::from(length) - 4..usize::from(length));
            }
            [_, length, ..] if length >= 2 => options.get(usize::from(length)..)?,
            _ => return None,
        }
    }
}

fn ipv6(data: &[u8]) -> Option<Ends<'_>> {
    const ROUTING: u8 = 43;
    const FRAGMENT: u8 = 44;
    const AUTHENTICATION: u8 = 51;
    const DESTINATION_OPTIONS: u8 = 60;
    let header = data.get(..IPV6_LEN)?;
    let mut ends = Ends { source: &header[8..24], destination: &header[24..40] };
    let (mut number, mut rest) = (header[6], &data[IPV6_LEN..]);
    loop {
        let length = match number {
            0 | ROUTING | DESTINATION_OPTIONS | 135 | 139 | 140 => (usize::from(*rest.get(1)?) + 1) * 8,
            FRAGMENT => 8,
            AUTHENTICATION => (usize::from(*rest.get(1)?) + 2) * 4,
            _ => return Some(ends),
        };
        let extension = rest.get(..length)?;
        match number {
            ROUTING if *extension.get(3)? > 0 => ends.destination = last_segment(extension)?,
            DESTINATION_OPTIONS => ends.source = home_address(&extension[2..]).unwrap_or(ends.source),
            // An offset, or more fragments to come.
            FRAGMENT if extension[2] != 0 || extension[3] & 0xf9 != 0 => return None,
            _ => {}
        }
        (number, rest) = (extension[0], &rest[length..]);
    }
}

/// Where a routing header that has segments left leads to in the end.
fn last_segment(routing: &[u8]) -> Option<&[u8]> {
    match routing[2] {
        // RFC 2460, and RFC 6275 with one address.
        0 | 2 => routing[8..].chunks_exact(16).next_back(),
        // RFC 8754: the list begins with the last.
        4 => routing.get(8..24),
        _ => None,
    }
}

/// The Home Address option (RFC 6275, section 6.3).
fn home_address(mut options: &[u8]) -> Option<&[u8]> {
    const PAD_1: u8 = 0;
    const HOME_ADDRESS: u8 = 201;
    loop {
        options = match *options {
            [PAD_1, ..] => &options[1..],
            [HOME_ADDRESS, 16, ..] => return options.get(2..18),
            [_, length, ..] => options.get(2 + usize::from(length)..)?,
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::hex;

    const SOURCE: &str = "fd000000000000000000000000000001";
    const NEXT: &str = "fd000000000000000000000000000002";
    const LAST: &str = "fd000000000000000000000000000009";
    const OTHER: &str = "fd000000000000000000000000000005";

    fn v6(next: &str, extensions: &str) -> Option<(Vec<u8>, Vec<u8>)> {
        let data = hex(&format!("60000000 0100 {next} 40 {SOURCE} {NEXT} {extensions} 0035003500080000"));
        Ends::of(&data).map(|ends| (ends.source.to_vec(), ends.destination.to_vec()))
    }

    fn v4(options: &str) -> Option<Vec<u8>> {
        let first = 0x45 + hex(options).len() / 4;
        let data = hex(&format!("{first:02x}00 0040 0001 0000 4011 0000 0a000001 0a000002 {options} 00350035"));
        Ends::of(&data).map(|ends| ends.destination.to_vec())
    }

    #[test]
    fn routing_headers() {
        // Made by RFC 2460, 6275 and 8754: type, segments left, addresses; then where the packet goes in the end.
        let two = |kind: &str, left: &str, first: &str, second: &str| format!("11 04 {kind} {left} 00000000 {first} {second}");
        let cases = [
            (two("00", "02", OTHER, LAST), Some(LAST)),
            (two("00", "01", OTHER, LAST), Some(LAST)),
            (two("00", "00", OTHER, LAST), Some(NEXT)),
            (format!("11 02 02 01 00000000 {LAST}"), Some(LAST)),
            (two("04", "01", LAST, NEXT), Some(LAST)),
            (two("04", "00", LAST, NEXT), Some(NEXT)),
            // Compressed addresses (RFC 6554), and a list without one.
            (two("03", "01", OTHER, LAST), None),
            ("11 00 00 01 00000000".into(), None),
        ];
        for (routing, last) in cases {
            assert_eq!(v6("2b", &routing), last.map(|last| (hex(SOURCE), hex(last))), "{routing}");
        }
    }

    #[test]
    fn home_address_option() {
        for (padding, length) in [("0104 00000000", "03"), ("00000000 0000", "03")] {
            let options = format!("11 {length} {padding} c910 {OTHER} 0104 00000000");
            assert_eq!(v6("3c", &options), Some((hex(OTHER), hex(NEXT))), "{options}");
        }
        assert_eq!(v6("3c", "11 00 c904 00000000"), Some((hex(SOURCE), hex(NEXT))));
        // In Hop-by-Hop Options it means nothing.
        assert_eq!(v6("00", &format!("11 02 c910 {OTHER} 010200 00 0000")), Some((hex(SOURCE), hex(NEXT))));
    }

    #[test]
    fn fragments() {
        assert_eq!(v6("2c", "11 00 0000 00000001"), Some((hex(SOURCE), hex(NEXT))));
        assert_eq!(v6("2c", "11 00 0001 00000001"), None);
        assert_eq!(v6("2c", "11 00 0008 00000001"), None);
        assert_eq!(v6("2c", "11 00 0100 00000001"), None);
    }

    #[test]
    fn source_routes() {
        let (next, last) = (hex("0a000002"), hex("0a000009"));
        // Loose and strict (RFC 791): at the first of two addresses, at the last, at the end.
        for (options, end) in [
            ("830b04 0a000005 0a000009 00", &last),
            ("01 890b08 0a000005 0a000009", &last),
            ("830b0c 0a000005 0a000009 00", &next),
            ("07 07 04 00000000 01 8303 04 00", &next),
            ("8907 04 0a000009 00", &last),
            ("", &next),
        ] {
            assert_eq!(v4(options).as_ref(), Some(end), "{options}");
        }
        assert_eq!(v4("440c 0500 00000000 83ff0400"), Some(next));
    }
}
