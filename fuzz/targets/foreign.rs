//! Captures of other formats than pcap and pcapng: the same however they are divided among threads, from memory and as a stream.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pcapframe_fuzz::division::{check_division, check_stream};
use pcapframe_fuzz::input::Capture;

fuzz_target!(|input: &[u8]| {
    let capture = Capture::new(input);
    check_division(capture.bytes, &[capture.threads], capture.chunk, None);
    check_stream(capture.bytes, capture.streaming());
});
