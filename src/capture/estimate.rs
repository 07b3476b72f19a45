//! About how many records a source has, from a few samples of it.

use super::record::Framing;
use super::source::Source;
use super::split::Window;
use crate::error::Result;

const SAMPLES: u64 = 16;
const SAMPLE: u64 = 64 << 10;

/// Records of a sample, and the bytes that they take.
#[derive(Clone, Copy, Default)]
struct Sample {
    packets: u128,
    bytes: u64,
}

/// About how many packets there are from `first` on, where `framing` begins; None if no sample tells.
pub fn packets<F: Framing>(source: &Source, first: u64, framing: &F) -> Result<Option<u64>> {
    let length = source.len().saturating_sub(first);
    let mut framing = framing.clone();
    let mut window = Window::new(source);
    let mut take = |number: u64| -> Result<Sample> {
        let start = first + length / SAMPLES * number;
        let end = (start + SAMPLE).min(source.len());
        window.load(start, end)?;
        // The first sample tells what later ones need to know, such as interfaces.
        let begin = if number == 0 { Some(start) } else { window.guess(&framing, end) };
        let Some(begin) = begin else { return Ok(Sample::default()) };
        let mut packets = 0;
        let walked = window.walk(&mut framing, begin, end, |_, _| packets += 1)?;
        Ok(Sample { packets, bytes: walked.offset - begin })
    };
    let head = take(0)?;
    let mut others = Sample::default();
    for number in 1..SAMPLES {
        let Sample { packets, bytes } = take(number)?;
        others = Sample { packets: others.packets + packets, bytes: others.bytes + bytes };
    }
    // Captures often begin unlike the rest: the head tells of itself alone, unless nothing else does.
    let (known, alike) = if others.packets > 0 { (head, others) } else { (Sample::default(), head) };
    // Up to 2^64 bytes times packets in a mebibyte.
    let rest = u128::from(length.saturating_sub(known.bytes)) * alike.packets / u128::from(alike.bytes.max(1));
    Ok((alike.packets > 0).then(|| (known.packets + rest).min(u128::from(u64::MAX)) as u64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::{Format, Source};

    fn source(records: impl Iterator<Item = usize>) -> Source {
        let mut bytes = b"\xd4\xc3\xb2\xa1\x02\0\x04\0\0\0\0\0\0\0\0\0\xff\xff\0\0\x01\0\0\0".to_vec();
        for length in records {
            bytes.extend([0, 0, 0, 0x60, 0, 0, 0, 0]);
            bytes.extend((length as u32).to_le_bytes().repeat(2));
            bytes.resize(bytes.len() + length, 0xee);
        }
        Source::Memory(Box::new(bytes))
    }

    fn estimated(source: &Source) -> Option<u64> {
        let Format::Pcap(pcap) = Format::detect(source).unwrap() else { panic!("it is pcap") };
        packets(source, 24, &pcap).unwrap()
    }

    #[test]
    fn near_the_number_also_where_the_beginning_is_unlike_the_rest() {
        let count = 30_000;
        let even = estimated(&source((0..count).map(|_| 100))).unwrap();
        assert!(even.abs_diff(count) <= count / 100, "{even}");
        let uneven = estimated(&source((0..count).map(|number| if number < 3000 { 1 } else { 500 }))).unwrap();
        assert!(uneven.abs_diff(count) <= count / 4, "{uneven}");
    }

    #[test]
    fn none_without_records() {
        assert_eq!(estimated(&source(0..0)), None);
        assert_eq!(estimated(&source(std::iter::once(100))), Some(1));
    }
}
