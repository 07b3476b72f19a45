//! What the fuzz targets share: the checks, which are those of the crate's own tests, and how an input is read.

#[path = "../../tests/common/blocks.rs"]
pub mod blocks;
#[path = "../../tests/common/captures.rs"]
pub mod captures;
pub mod containers;
#[path = "../../tests/common/decoding.rs"]
pub mod decoding;
#[path = "../../tests/common/division.rs"]
pub mod division;
pub mod input;
pub mod made;
#[path = "../../tests/common/outcome.rs"]
pub mod outcome;
#[path = "../../tests/common/reference.rs"]
pub mod reference;
#[path = "../../tests/common/samples.rs"]
pub mod samples;
#[path = "../../tests/common/sliced.rs"]
pub mod sliced;
