//! Some columns say what they say among all.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pcapframe::columns::COLUMNS;
use pcapframe_fuzz::division::check_columns;
use pcapframe_fuzz::input::take;

fuzz_target!(|input: &[u8]| {
    let mut capture = input;
    let chosen = u64::from_le_bytes(take(&mut capture));
    let visible = (0..COLUMNS.len()).filter(|place| chosen >> place & 1 == 1).collect();
    check_columns(capture, visible);
});
