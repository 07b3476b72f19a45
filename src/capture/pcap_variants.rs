//! Variants of pcap that write longer record headers under the same magic number: those of Red Hat 6.1, SuSE 6.3 and Nokia.
//!
//! Which one a file is in shows only in its first records. What is likely in them is known from Wireshark, which has collected such
//! files; but a damaged file is not taken for one of another variant.

use super::pcap::Pcap;

/// Lengths of record headers, the likeliest first.
const PLAIN: [usize; 3] = [16, 24, NOKIA];
const MODIFIED: [usize; 2] = [24, 28];
const NOKIA: usize = 20;

/// So many records are looked at.
const RECORDS: usize = 3;
const MOST_INTERFACES: u32 = 10_000;
const LONGEST_PACKET: u32 = 128 << 20;

/// How long record headers seem to be; `records` are the first of the file, cut somewhere unless they are all.
pub fn record_len(pcap: Pcap, is_modified: bool, records: &[u8], are_all: bool) -> usize {
    let candidates: &[usize] = if is_modified { &MODIFIED } else { &PLAIN };
    // That a file is cut speaks for no other variant.
    let fits = |&&length: &&usize| are_likely(pcap, length, records, !are_all || length == candidates[0]);
    *candidates.iter().find(fits).unwrap_or(&candidates[0])
}

/// Whether the first records are what they should be, if their headers have this length.
fn are_likely(pcap: Pcap, header_len: usize, mut records: &[u8], may_be_cut: bool) -> bool {
    for _ in 0..RECORDS {
        if records.is_empty() {
            break;
        }
        let Some(header) = records.get(..header_len) else { return may_be_cut };
        let (captured, length) = pcap.lengths(header);
        let is_likely = pcap.u32_at(header, 4) < 1_000_000
            && captured <= pcap.max_length().min(pcap.snaplen()).min(length)
            && length <= LONGEST_PACKET
            && is_rest_likely(pcap, header);
        if !is_likely {
            return false;
        }
        let Some(rest) = records.get(header_len + captured as usize..) else { return may_be_cut };
        records = rest;
    }
    true
}

/// What a header has beyond the plain one.
fn is_rest_likely(pcap: Pcap, header: &[u8]) -> bool {
    match header.len() {
        // Bits that are the same in all such files, and others of which some combinations occur.
        NOKIA => {
            let bits = pcap.u32_at(header, 16);
            let is_known = bits & 0x0fff_00f0 == 0x0fbf_0000
                && matches!(bits >> 28, 9 | 0xb)
                && matches!(bits >> 12 & 0xf, 0xb | 0xd)
                && matches!(bits >> 8 & 0xf, 6 | 9)
                && matches!(bits & 0xf, 1 | 2);
            // Converted files have none of them.
            is_known || bits == 0
        }
        // Interface, Linux's protocol number and kind of packet.
        24.. => {
            let is_protocol = matches!(pcap.u16_at(header, 20), 0..=0x17 | 0x60 | 0x200 | 0x400 | 0x600..);
            pcap.u32_at(header, 16) <= MOST_INTERFACES && is_protocol && header[22] <= 4
        }
        _ => true,
    }
}
