//! Captures cut at every byte: what was whole is kept, and a cut inside a record is told.

mod common;

use common::blocks::{Classic, Order};
use common::everything;
use pcapframe::capture::Source;
use pcapframe::columns::scratch::Plan;
use pcapframe::error::Error;
use pcapframe::read::{Options, Unwatched, read};

/// Offsets after each record, and how many packets there are up to there.
type Ends = Vec<(usize, usize)>;

/// Cuts a capture, whose file header has `header` bytes, at every byte.
fn check_cuts(bytes: Vec<u8>, header: usize, ends: &Ends, plan: &Plan) {
    let bytes: &'static [u8] = bytes.leak();
    let options = Options { threads: 1, ..Options::new(plan.clone()) };
    for cut in 0..=bytes.len() {
        let reading = match read(&Source::Memory(Box::new(&bytes[..cut])), &options, &mut Unwatched) {
            Err(Error::NotACapture(_)) if cut < header => continue,
            Err(error) => panic!("cut at {cut}: {error}"),
            Ok(reading) => reading,
        };
        let whole = ends.iter().rfind(|(end, _)| *end <= cut);
        let (end, packets) = *whole.unwrap_or(&(0, 0));
        assert_eq!(reading.frame.rows(), packets, "cut at {cut}");
        let fault = reading.about.fault.map(|fault| (fault.offset, fault.packets));
        assert_eq!(fault, (end != cut).then_some((end as u64, packets as u64)), "cut at {cut}");
    }
}

fn example(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/examples/data/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[test]
fn classic() {
    for order in Order::BOTH {
        let mut capture = Classic::new(order);
        let mut ends = vec![(capture.bytes.len(), 0)];
        for number in 0..40 {
            capture = capture.packet(1_700_000_000 + number, number, &vec![number as u8; (number * 7 % 90) as usize]);
            ends.push((capture.bytes.len(), number as usize + 1));
        }
        check_cuts(capture.bytes, 24, &ends, &everything());
    }
}

#[test]
fn pcapng() {
    let bytes = example("lab-small.pcapng");
    let word = |at: usize| u32::from_le_bytes(*bytes[at..].first_chunk().unwrap());
    let mut ends = vec![(0, 0)];
    while let Some((end, packets)) = ends.last().copied().filter(|(end, _)| *end < bytes.len()) {
        ends.push((end + word(end + 4) as usize, packets + usize::from(word(end) == 6)));
    }
    assert_eq!(ends.last(), Some(&(bytes.len(), 162)));
    // All of it without decoding; the beginning with.
    check_cuts(bytes[..6000].to_vec(), 28, &ends, &everything());
    check_cuts(bytes, 28, &ends, &Plan::new(vec![0, 1]));
}
