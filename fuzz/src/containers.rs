//! Compressed captures: what decompresses is bounded, and says what it says when it is not compressed.

use pcapframe::capture::compression::Compression;
use pcapframe::capture::stream::{Ahead, FREE, Next, POLL, Stream, Wanted};
use pcapframe::error::Result;

use crate::division::{EXPANSION, Pieces, Streaming, in_one_piece, streamed};
use crate::input::take;
use crate::outcome::Outcome;
use crate::samples::compress;

/// Reads an input as one that is compressed, or compresses it and reads it then.
pub fn check(compression: Compression, mut input: &[u8]) {
    let [mode, piece, batch, cut] = take(&mut input);
    let expansion = if mode & 2 == 0 { EXPANSION } else { 4 };
    let (piece, batch) = (1 + 4 * usize::from(piece), 1 + usize::from(batch));
    let how = Streaming { piece, batch, threads: 1, chunk: 1 << 20, expansion };
    if mode & 1 == 0 { check_compressed(compression, input, how) } else { check_compressing(compression, input, cut, how) }
}

fn check_compressed(compression: Compression, input: &[u8], how: Streaming) {
    let mut bytes = input.to_vec();
    if Compression::detect(&bytes) != Some(compression) {
        let magic = compress(compression, b"");
        let length = magic.len().min(6).min(bytes.len());
        bytes[..length].copy_from_slice(&magic[..length]);
    }
    let read = streamed(&bytes, how);
    let Ok((plain, reason)) = decompressed(&bytes, how) else { return };
    assert!(plain.len() as u64 <= FREE.max(how.expansion * bytes.len() as u64), "{} bytes of {}", plain.len(), bytes.len());
    match (read, in_one_piece(&plain)) {
        (Ok(read), Ok(whole)) if reason.is_none() => assert_eq!(read, named(whole, compression)),
        (Ok(read), Ok(whole)) => {
            assert_eq!(read.packets, whole.packets);
            assert!(read.fault.is_some());
        }
        (read, whole) => assert_eq!(read.is_err(), whole.is_err()),
    }
}

/// All that comes out, and why it breaks off, if it does.
fn decompressed(bytes: &[u8], how: Streaming) -> Result<(Vec<u8>, Option<String>)> {
    let pieces = Pieces::new(bytes, how.piece);
    let mut stream = Stream::open(Box::new(|| Ok(Box::new(pieces))), Wanted::default(), how.expansion, Ahead::default())?;
    let mut plain = Vec::new();
    loop {
        match stream.next(POLL)? {
            Next::Bytes(block) => plain.extend_from_slice(&block),
            Next::End(reason) => return Ok((plain, reason)),
            Next::Nothing => {}
        }
    }
}

/// Compresses a capture in two parts.
fn check_compressing(compression: Compression, capture: &[u8], cut: u8, how: Streaming) {
    let (first, second) = capture.split_at(capture.len() * usize::from(cut) / 256);
    let bytes = [compress(compression, first), compress(compression, second)].concat();
    let read = streamed(&bytes, Streaming { expansion: EXPANSION, ..how }).map_err(|error| error.to_string());
    assert_eq!(read, in_one_piece(capture).map(|whole| named(whole, compression)));
}

/// As a stream of this compression says it.
fn named(mut outcome: Outcome, compression: Compression) -> Outcome {
    outcome.format = format!("{}, {}", outcome.format, compression.name());
    if outcome.rows == 0 {
        outcome.columns.clear();
    }
    outcome
}
