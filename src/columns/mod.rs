//! LAYERS → COLUMNS: [`table`] declares them, [`scratch`] fills them for one chunk, [`store`] holds the final ones, and
//! [`frame`] is the result: typed buffers that numpy and Arrow share.

pub mod address;
pub mod bins;
pub mod dictionary;
pub mod frame;
pub mod scratch;
mod space;
pub mod store;
pub mod table;

pub use frame::Frame;
pub use table::{COLUMNS, Column};
