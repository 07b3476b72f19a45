//! Ethernet frames as etherparse decodes them, but for the exceptions that the crate's own test lists.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pcapframe_fuzz::input::Frame;
use pcapframe_fuzz::sliced::Tally;

fuzz_target!(|input: &[u8]| {
    let frame = Frame::new(input);
    Tally::default().compare(frame.data, frame.wire_length);
});
