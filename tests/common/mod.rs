//! What the tests share: captures made byte by byte, packets of every kind, and readings made comparable.

#![allow(dead_code, unused_imports, reason = "each test uses a part of it")]

pub mod blocks;
pub mod captures;
pub mod decoding;
pub mod division;
pub mod frames;
pub mod outcome;
pub mod reference;
pub mod samples;
pub mod sliced;

pub use outcome::*;
use proptest::test_runner::Config;

/// So many cases, or as many as PROPTEST_CASES says, and no files about those that failed.
pub fn cases(cases: u32) -> Config {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|value| value.parse().ok()).unwrap_or(cases);
    Config { cases, failure_persistence: None, ..Config::default() }
}
