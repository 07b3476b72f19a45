//! Batches of a stream are, one after the other, the capture: whatever comes at once, and however large they are.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pcapframe_fuzz::division::check_stream;
use pcapframe_fuzz::input::Capture;

fuzz_target!(|input: &[u8]| {
    let capture = Capture::new(input);
    check_stream(capture.bytes, capture.streaming());
});
