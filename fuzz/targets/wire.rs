//! Any bytes from every link type, with decapsulation and without, tunnels at any port: no panic, less depth gives the same values,
//! and a row keeps nothing of the packet that it held before.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pcapframe_fuzz::decoding::{check_depths, check_reuse};
use pcapframe_fuzz::input::Frame;

fuzz_target!(|input: &[u8]| {
    let Frame { link_type, wire_length, context, data } = Frame::new(input);
    check_depths(link_type, data, wire_length, &context);
    check_reuse(link_type, data, data.len() / 2, &context);
});
