//! Captures as the pcap-file crate reads them, as far as it is right.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pcapframe_fuzz::reference::check_reference;

fuzz_target!(|capture: &[u8]| {
    check_reference(capture);
});
