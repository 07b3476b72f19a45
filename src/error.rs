//! The errors of the core. They know no Python; `python/errors.rs` maps each to its exception.

use std::io;

/// Where and why a capture could not be followed further.
///
/// A fault is not an error: the packets before it are kept and the fault is reported beside them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Offset in the source of the record or block that could not be read.
    pub offset: u64,
    /// A sentence a person understands.
    pub reason: String,
    /// Whole packets before the fault.
    pub packets: u64,
}

/// Bytes that were passed over: records were found again behind them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Where it begins, and why what is there could not be read.
    pub fault: Fault,
    /// Bytes from there to the next record.
    pub length: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0}")]
    Io(#[from] io::Error),

    /// The bytes are no capture in a format this reader knows.
    #[error("{0}")]
    NotACapture(String),

    #[error("unknown column {name:?}{}", suggestion(.name, .known))]
    UnknownColumn { name: String, known: Vec<&'static str> },

    /// The columns were not read that something is made of.
    #[error("columns {} were not read; read them with columns=[..., {}] or columns=\"all\"", .names.join(", "), .names.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", "))]
    MissingColumns { names: Vec<&'static str> },

    #[error("the source has changed since it was read; read it again")]
    SourceChanged,

    #[error("the packets' bytes were not kept, and this source can not be read twice; read it with keep_bytes=True")]
    NotKept,

    #[error("packet {row} is not there: the source now ends before it; read it again")]
    PacketGone { row: u64 },

    /// More was decompressed than the caller allows.
    #[error(
        "{taken} compressed bytes have become more than {limit} times as many: this may be a decompression bomb; \
         if it is not, allow more with max_expansion="
    )]
    Expansion { limit: u64, taken: u64 },

    /// The monitor asked to stop (Ctrl-C); the border raises what it has pending.
    #[error("interrupted")]
    Interrupted,

    /// What was asked for can not be written in the format.
    #[error("{0}")]
    Unwritable(String),

    #[error("{0}")]
    Memory(String),
}

pub type Result<T> = std::result::Result<T, Error>;

/// The known name that shares most with `name`, as a hint, and all of them otherwise.
fn suggestion(name: &str, known: &[&str]) -> String {
    let close = known.iter().find(|k| k.contains(name) || (!k.is_empty() && name.contains(**k)));
    match close {
        Some(close) if !name.is_empty() => format!("; did you mean {close:?}?"),
        _ => format!("; known columns are {}", known.join(", ")),
    }
}
