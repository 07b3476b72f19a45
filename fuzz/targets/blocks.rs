//! pcapng captures made of blocks and options: the same however they are divided, as a stream, and as the pcap-file crate reads them.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pcapframe_fuzz::division::{check_division, check_stream};
use pcapframe_fuzz::input::Capture;
use pcapframe_fuzz::made::Made;
use pcapframe_fuzz::reference::check_reference;

fuzz_target!(|made: Made| {
    let bytes = made.bytes();
    let numbers = [made.threads, made.chunk, made.piece, made.batch];
    let capture = Capture::divided(numbers, &bytes);
    check_division(&bytes, &[capture.threads], capture.chunk, None);
    check_stream(&bytes, capture.streaming());
    check_reference(&bytes);
});
