//! lz4: bounded whatever the bytes, and a capture that is compressed is the capture.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pcapframe::capture::compression::Compression;
use pcapframe_fuzz::containers::check;

fuzz_target!(|input: &[u8]| check(Compression::Lz4, input));
