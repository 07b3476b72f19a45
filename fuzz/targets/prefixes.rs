//! A packet cut at every byte never contradicts the whole.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pcapframe_fuzz::decoding::check_prefixes;
use pcapframe_fuzz::input::Frame;

fuzz_target!(|input: &[u8]| {
    let Frame { link_type, wire_length, context, data } = Frame::new(input);
    check_prefixes(link_type, data, wire_length, &context);
});
