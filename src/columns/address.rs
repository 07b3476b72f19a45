//! Address columns: 32 bits a row, an IPv4 address itself or a place in the table of IPv6 addresses; codes on first use.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use ahash::RandomState;
use rayon::prelude::*;

use crate::wire::layer;

const PIECE: usize = 1 << 17;

/// One address column with all that is needed to understand its rows.
#[derive(Clone, Copy)]
pub struct Addresses<'a> {
    pub raw: &'a [u32],
    pub ip_version: &'a [u8],
    /// Which rows are ARP; empty where none can be.
    pub layers: &'a [u32],
    pub ipv6: &'a [[u8; 16]],
}

/// Distinct addresses in ascending order, IPv4 first, and for each row the place of its address, counted from 1; 0 is none.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Coded {
    pub codes: Vec<u32>,
    pub values: Vec<IpAddr>,
}

/// All addresses that begin with the first `prefix` bits of `address`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    pub address: IpAddr,
    pub prefix: u8,
}

/// A row's address as one number: its kind in the upper half, the raw value in the lower.
type Key = u64;
const NONE: Key = 0;
const V4: Key = 4 << 32;
const V6: Key = 6 << 32;

impl Addresses<'_> {
    #[inline]
    fn key(&self, row: usize) -> Key {
        match self.ip_version[row] {
            4 => V4 | Key::from(self.raw[row]),
            6 => V6 | Key::from(self.raw[row]),
            _ if self.layers.get(row).is_some_and(|layers| layers & layer::ARP != 0) => V4 | Key::from(self.raw[row]),
            _ => NONE,
        }
    }

    fn address(&self, key: Key) -> Option<IpAddr> {
        let raw = key as u32;
        match key & !0xffff_ffff {
            V4 => Some(IpAddr::V4(Ipv4Addr::from_bits(raw))),
            V6 => Some(IpAddr::V6(Ipv6Addr::from(self.ipv6[raw as usize]))),
            _ => None,
        }
    }

    /// The address of one row.
    pub fn get(&self, row: usize) -> Option<IpAddr> {
        self.address(self.key(row))
    }

    fn pieces(&self) -> impl IndexedParallelIterator<Item = Range<usize>> {
        let rows = self.raw.len();
        (0..rows.div_ceil(PIECE)).into_par_iter().map(move |piece| piece * PIECE..rows.min((piece + 1) * PIECE))
    }

    /// Codes and distinct addresses. The same whatever the number of threads.
    pub fn code(&self) -> Coded {
        let pieces: Vec<Piece> = self.pieces().map(|rows| Piece::new(self, rows)).collect();

        let mut distinct: Vec<Key> = pieces.iter().flat_map(|piece| &piece.keys).copied().filter(|key| *key != NONE).collect();
        distinct.sort_unstable();
        distinct.dedup();
        distinct.sort_by_key(|key| self.address(*key));
        let codes: HashMap<Key, u32, RandomState> = distinct.iter().zip(1..).map(|(key, code)| (*key, code)).collect();

        let mut out = vec![0; self.raw.len()];
        pieces.into_par_iter().zip(out.par_chunks_mut(PIECE)).for_each(|(piece, out)| {
            let known: Vec<u32> = piece.keys.iter().map(|key| codes.get(key).copied().unwrap_or(0)).collect();
            for (out, place) in out.iter_mut().zip(piece.places) {
                *out = known[place as usize];
            }
        });
        Coded { codes: out, values: distinct.iter().filter_map(|key| self.address(*key)).collect() }
    }

    /// For each row whether its address is in one of the networks.
    pub fn within(&self, networks: &[Network]) -> Vec<bool> {
        let ranges = ipv4_ranges(networks);
        let ipv6: Vec<bool> = self.ipv6.iter().map(|&address| networks.iter().any(|n| n.contains_ipv6(address))).collect();
        let mut out = vec![false; self.raw.len()];
        self.pieces().zip(out.par_chunks_mut(PIECE)).for_each(|(rows, out)| {
            for (row, out) in rows.zip(out) {
                let key = self.key(row);
                *out = match key & !0xffff_ffff {
                    V4 => in_ranges(&ranges, key as u32),
                    V6 => ipv6[key as u32 as usize],
                    _ => false,
                };
            }
        });
        out
    }
}

/// The same for hardware addresses, whose rows hold a place in `macs` counted from 1, and 0 for none.
pub fn code_macs(raw: &[u32], macs: &[[u8; 6]]) -> (Vec<u32>, Vec<[u8; 6]>) {
    let mut used = vec![false; macs.len() + 1];
    for place in raw {
        used[*place as usize] = true;
    }
    let mut values: Vec<[u8; 6]> = macs.iter().zip(&used[1..]).filter(|(_, used)| **used).map(|(mac, _)| *mac).collect();
    values.sort_unstable();
    let code = |mac: &[u8; 6]| values.binary_search(mac).map_or(0, |place| place as u32 + 1);
    let codes: Vec<u32> = std::iter::once(0).chain(macs.iter().map(code)).collect();
    (raw.iter().map(|place| codes[*place as usize]).collect(), values)
}

/// The distinct keys of some rows, and each row's place among them.
struct Piece {
    keys: Vec<Key>,
    places: Vec<u32>,
}

impl Piece {
    fn new(addresses: &Addresses, rows: Range<usize>) -> Self {
        let mut known: HashMap<Key, u32, RandomState> = HashMap::default();
        let mut keys = Vec::new();
        let mut last = (Key::MAX, 0);
        let places = rows
            .map(|row| {
                let key = addresses.key(row);
                if key != last.0 {
                    let place = *known.entry(key).or_insert_with(|| {
                        keys.push(key);
                        keys.len() as u32 - 1
                    });
                    last = (key, place);
                }
                last.1
            })
            .collect();
        Self { keys, places }
    }
}

impl Network {
    fn contains_ipv6(&self, address: [u8; 16]) -> bool {
        let IpAddr::V6(network) = self.address else { return false };
        let differing = u128::from(network) ^ u128::from_be_bytes(address);
        differing.checked_shr(128 - u32::from(self.prefix)).unwrap_or(0) == 0
    }

    /// First and last address.
    fn ipv4_range(&self) -> Option<(u32, u32)> {
        let IpAddr::V4(network) = self.address else { return None };
        let host = u32::MAX.checked_shr(u32::from(self.prefix)).unwrap_or(0);
        Some((network.to_bits() & !host, network.to_bits() | host))
    }
}

/// Disjoint ranges in ascending order.
fn ipv4_ranges(networks: &[Network]) -> Vec<(u32, u32)> {
    let mut ranges: Vec<(u32, u32)> = networks.iter().filter_map(Network::ipv4_range).collect();
    ranges.sort_unstable();
    ranges.dedup_by(|next, kept| {
        let overlaps = next.0 <= kept.1;
        if overlaps {
            kept.1 = kept.1.max(next.1);
        }
        overlaps
    });
    ranges
}

#[inline]
fn in_ranges(ranges: &[(u32, u32)], address: u32) -> bool {
    if let [(first, last)] = ranges {
        return (*first..=*last).contains(&address);
    }
    let after = ranges.partition_point(|(first, _)| *first <= address);
    after > 0 && address <= ranges[after - 1].1
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::parallel::pool;

    /// Columns as a capture has them.
    #[derive(Debug, Default)]
    struct Columns {
        raw: Vec<u32>,
        ip_version: Vec<u8>,
        layers: Vec<u32>,
        ipv6: Vec<[u8; 16]>,
    }

    impl Columns {
        /// From the kind of each row and a number for its address; the numbers of IPv6 are below `ipv6`.
        fn new(rows: impl IntoIterator<Item = (u8, u32)>, ipv6: u32) -> Self {
            let mut columns = Self::default();
            // Not in ascending order, as captures have them.
            columns.ipv6.extend((0..ipv6).map(|n| u128::to_be_bytes(0xfd00 << 112 | u128::from(n.wrapping_mul(0x9e37_79b9)))));
            for (kind, number) in rows {
                let (version, layers, raw) = match kind {
                    0 => (0, 0, number),
                    1 => (0, layer::ARP, number),
                    2 => (6, layer::IPV6, number % ipv6),
                    _ => (4, layer::IPV4, number),
                };
                columns.raw.push(raw);
                columns.ip_version.push(version);
                columns.layers.push(layers);
            }
            columns
        }

        fn addresses(&self) -> Addresses<'_> {
            let Self { raw, ip_version, layers, ipv6 } = self;
            Addresses { raw, ip_version, layers, ipv6 }
        }

        fn resolved(&self) -> Vec<Option<IpAddr>> {
            let address = |row: usize| match (self.ip_version[row], self.layers[row]) {
                (6, _) => Some(IpAddr::from(self.ipv6[self.raw[row] as usize])),
                (4, _) | (_, layer::ARP) => Some(IpAddr::from(self.raw[row].to_be_bytes())),
                _ => None,
            };
            (0..self.raw.len()).map(address).collect()
        }
    }

    fn check_codes(columns: &Columns, coded: &Coded) {
        let resolved = columns.resolved();
        let distinct: BTreeSet<IpAddr> = resolved.iter().flatten().copied().collect();
        assert_eq!(coded.values, Vec::from_iter(distinct));
        let decoded = coded.codes.iter().map(|code| code.checked_sub(1).map(|place| coded.values[place as usize]));
        assert!(decoded.eq(resolved));
    }

    #[test]
    fn codes_are_the_same_on_any_number_of_threads() {
        let rows = 2 * PIECE as u32 + 1000;
        let columns = Columns::new((0..rows).map(|row| ((row % 7 % 4) as u8, row.wrapping_mul(0x85eb_ca6b) >> 15)), 5000);
        let coded = [1, 3].map(|threads| pool(threads).unwrap().install(|| columns.addresses().code()));
        check_codes(&columns, &coded[0]);
        assert_eq!(coded[0], coded[1]);
    }

    fn network() -> impl Strategy<Value = Network> {
        let ipv4 = (prop_oneof![0..2000_u32, any::<u32>()], 0..=32_u8);
        let ipv6 = (prop_oneof![(0..300_u128).prop_map(|n| 0xfd00 << 112 | n), any::<u128>()], 0..=128_u8);
        prop_oneof![
            ipv4.prop_map(|(address, prefix)| Network { address: IpAddr::V4(address.into()), prefix }),
            ipv6.prop_map(|(address, prefix)| Network { address: IpAddr::V6(address.into()), prefix }),
        ]
    }

    /// Bit by bit.
    fn contains(network: &Network, address: IpAddr) -> bool {
        let bits = |address| match address {
            IpAddr::V4(address) => (4, u128::from(address.to_bits()) << 96),
            IpAddr::V6(address) => (6, address.to_bits()),
        };
        let ((kind, one), (other_kind, other)) = (bits(network.address), bits(address));
        kind == other_kind && (0..u32::from(network.prefix)).all(|bit| (one ^ other) >> (127 - bit) & 1 == 0)
    }

    proptest! {
        #[test]
        fn codes_and_networks(
            rows in vec((0..5_u8, prop_oneof![0..2000_u32, any::<u32>()]), 0..200), networks in vec(network(), 0..8), ipv6 in 1..300_u32,
        ) {
            let columns = Columns::new(rows, ipv6);
            let resolved = columns.resolved();
            check_codes(&columns, &columns.addresses().code());
            prop_assert!((0..resolved.len()).map(|row| columns.addresses().get(row)).eq(resolved.iter().copied()));

            let within = |address: &IpAddr| networks.iter().any(|network| contains(network, *address));
            let expected: Vec<bool> = resolved.iter().map(|address| address.as_ref().is_some_and(within)).collect();
            prop_assert_eq!(columns.addresses().within(&networks), expected);
        }
    }

    #[test]
    fn all_networks_and_single_addresses() {
        let columns = Columns::new([(3, 0), (3, u32::MAX), (2, 0), (1, 7), (0, 7)], 1);
        let within = |network: &str, prefix| columns.addresses().within(&[Network { address: network.parse().unwrap(), prefix }]);
        assert_eq!(within("0.0.0.0", 0), [true, true, false, true, false]);
        assert_eq!(within("::", 0), [false, false, true, false, false]);
        assert_eq!(within("255.255.255.255", 32), [false, true, false, false, false]);
        assert_eq!(within("fd00::", 128), [false, false, true, false, false]);
        assert_eq!(columns.addresses().within(&[]), [false; 5]);
    }

    #[test]
    fn hardware_addresses() {
        let macs = [[9; 6], [1; 6], [5; 6]];
        // Those that no row has are left out.
        assert_eq!(code_macs(&[0, 3, 1, 3], &macs), (vec![0, 1, 2, 1], vec![[5; 6], [9; 6]]));
        assert_eq!(code_macs(&[], &macs), (vec![], vec![]));
        assert_eq!(code_macs(&[0, 0], &[]), (vec![0, 0], vec![]));
    }
}
