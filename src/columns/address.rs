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
            _ if self.layers[row] & layer::ARP != 0 => V4 | Key::from(self.raw[row]),
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
