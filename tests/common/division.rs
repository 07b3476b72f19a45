//! What must hold of reading, whatever the bytes: a capture is the same however it is divided, and wherever its bytes come from.

use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use pcapframe::capture::compression::Compression;
use pcapframe::capture::stream::{Ahead, Stream, Wanted};
use pcapframe::capture::walk::Opened;
use pcapframe::capture::{Packets, Source};
use pcapframe::columns::scratch::Plan;
use pcapframe::error::Result;
use pcapframe::read::{About, Options, Unwatched, read};
use pcapframe::scan::{BatchSize, Scan};

use super::outcome::{Column, Outcome, WHOLE, buffers, columns, everything, memory, read_with};

/// What `max_expansion=` is for users who do not say.
pub const EXPANSION: u64 = 1000;

fn source(bytes: &[u8], file: Option<&Path>) -> Source {
    match file {
        Some(path) => Source::open(path).unwrap(),
        None => memory(bytes),
    }
}

/// Reads a capture in one piece.
pub fn in_one_piece(bytes: &[u8]) -> std::result::Result<Outcome, String> {
    let reading = read_with(&memory(bytes), 1, WHOLE).map_err(|error| error.to_string())?;
    Ok(Outcome::new(reading, memory(bytes)))
}

/// Reads a capture in every way, which must be the same as reading it in one piece.
pub fn check_division(bytes: &[u8], threads: &[usize], chunk: u64, file: Option<&Path>) {
    let read = |threads, chunk| read_with(&source(bytes, file), threads, chunk).map_err(|error| error.to_string());
    let outcome = |reading| Outcome::new(reading, memory(bytes));
    let whole = read(1, WHOLE).map(outcome);
    let divided = read(1, chunk);
    for threads in threads {
        match (&divided, read(*threads, chunk)) {
            (Ok(one), Ok(more)) => {
                assert_eq!(buffers(one), buffers(&more), "{threads} threads, chunks of {chunk}");
                assert_eq!(Ok(outcome(more)), whole, "{threads} threads, chunks of {chunk}");
            }
            (one, more) => assert_eq!(one.as_ref().err(), more.as_ref().err()),
        }
    }
    assert_eq!(divided.map(outcome), whole, "chunks of {chunk}");
}

/// Gives bytes in pieces of at most this many, as pipes do.
pub struct Pieces {
    bytes: io::Cursor<Vec<u8>>,
    piece: usize,
}

impl Pieces {
    pub fn new(bytes: &[u8], piece: usize) -> Self {
        Self { bytes: io::Cursor::new(bytes.to_vec()), piece: piece.max(1) }
    }
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(self.piece);
        self.bytes.read(&mut buffer[..most])
    }
}

/// How a stream is read.
#[derive(Clone, Copy, Debug)]
pub struct Streaming {
    /// The most bytes that come at once.
    pub piece: usize,
    /// The most packets of a batch.
    pub batch: usize,
    pub threads: usize,
    pub chunk: u64,
    pub expansion: u64,
}

/// All batches of a stream, one after the other.
pub fn streamed(bytes: &[u8], how: Streaming) -> Result<Outcome> {
    let Streaming { piece, batch, threads, chunk, expansion } = how;
    let bytes: Arc<[u8]> = bytes.into();
    let open = move || {
        let pieces = Pieces::new(&bytes, piece);
        Stream::open(Box::new(|| Ok(Box::new(pieces))), Wanted::default(), expansion, Ahead::default())
    };
    let options = Options { threads, chunk, ..Options::new(everything()) };
    let mut scan = Scan::new(vec![Opened::begin(open()?, true, &mut |_| Ok(()))?], options, 0);
    let (mut rows, mut all): (_, Vec<(&'static str, Column)>) = (0, Vec::new());
    while let Some(frame) = scan.next(BatchSize { packets: batch, patience: None }, &mut Unwatched)? {
        assert!((1..=batch).contains(&frame.rows()), "a batch of {} packets", frame.rows());
        assert_eq!(frame.source_row(0), rows as u64);
        rows += frame.rows();
        let columns = columns(&frame);
        if all.is_empty() {
            all = columns;
        } else {
            all.iter_mut().zip(columns).for_each(|((_, all), (_, more))| all.append(more));
        }
    }
    assert!(scan.ended());
    let (mut abouts, interfaces) = scan.about();
    let about = abouts.swap_remove(0);
    let mut packets = Packets::of_stream(open);
    let packets = (0..rows as u64).map(|row| packets.get(row).map(|packet| packet.data.to_vec())).collect::<Result<_>>()?;
    let About { format, fault, gaps, .. } = about;
    Ok(Outcome { rows, columns: all, packets, format, interfaces, fault, gaps })
}

/// Reads a capture as a stream, which must be the same as reading it in one piece. What is compressed is read as a stream only.
pub fn check_stream(bytes: &[u8], how: Streaming) {
    if Compression::detect(bytes).is_some() {
        return;
    }
    let mut whole = in_one_piece(bytes);
    // Of no batches there are no columns.
    if let Ok(Outcome { rows: 0, columns, .. }) = &mut whole {
        columns.clear();
    }
    assert_eq!(streamed(bytes, how).map_err(|error| error.to_string()), whole, "{how:?}");
}

/// Reads some columns, which must say what they say among all.
pub fn check_columns(bytes: &[u8], visible: Vec<usize>) {
    let options = Options { threads: 1, ..Options::new(Plan::new(visible)) };
    let some = read(&memory(bytes), &options, &mut Unwatched).map_err(|error| error.to_string());
    let all = read_with(&memory(bytes), 1, WHOLE).map_err(|error| error.to_string());
    let (some, all) = match (some, all) {
        (Ok(some), Ok(all)) => (some, all),
        (some, all) => return assert_eq!(some.err(), all.err()),
    };
    assert_eq!((some.frame.rows(), &some.about.fault), (all.frame.rows(), &all.about.fault));
    // Those that were not asked for say only which rows of the others are present.
    let visible: Vec<&str> = some.frame.visible().map(|(_, column)| column.name).collect();
    let asked = |frame| -> Vec<_> { columns(frame).into_iter().filter(|(name, _)| visible.contains(name)).collect() };
    assert_eq!(asked(&some.frame), asked(&all.frame));
}
