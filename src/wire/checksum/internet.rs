//! The Internet checksum (RFC 1071).

/// So many words fit into a sum of 32 bits.
const BLOCK: usize = 1 << 16;

/// The sum of 16-bit little-endian words; a last odd byte counts as the low one.
pub fn sum(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<2>();
    let blocks = words.chunks(BLOCK).map(|block| block.iter().map(|&word| u32::from(u16::from_le_bytes(word))).sum::<u32>());
    blocks.map(u64::from).sum::<u64>() + rest.first().map_or(0, |&byte| u64::from(byte))
}

/// A sum in 16 bits, carries added in; as little-endian as the words were.
pub fn fold(mut sum: u64) -> u16 {
    while sum > 0xffff {
        sum = (sum >> 16) + (sum & 0xffff);
    }
    sum as u16
}

/// The checksum for a sum, in the order of the network.
pub fn complement(sum: u64) -> u16 {
    (!fold(sum)).swap_bytes()
}

/// Whether a sum that the checksum is part of says that nothing was changed.
pub fn holds(sum: u64) -> bool {
    fold(sum) == 0xffff
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_1071() {
        // 0001 f203 f4f5 f6f7 sum up to ddf2.
        let bytes = [0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7];
        assert_eq!(complement(sum(&bytes)), !0xddf2);
        assert!(holds(sum(&[&bytes[..], &(!0xddf2_u16).to_be_bytes()].concat())));
        assert!(!holds(sum(&bytes)));
    }

    #[test]
    fn long_and_odd() {
        assert_eq!(sum(&vec![0xff; 2 * BLOCK + 3]), 0xffff * (BLOCK as u64 + 1) + 0xff);
        assert_eq!(sum(&[]), 0);
    }
}
