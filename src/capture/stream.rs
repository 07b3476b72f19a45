//! A source that is read once, from its beginning on: a pipe, a socket, or what a compressed file contains.
//!
//! A thread of its own reads and decompresses ahead, a few blocks at most, so that this and the parsing of what was read before
//! go on at the same time.

use std::io::{self, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use super::compression::Compression;
use crate::error::{Error, Result};

/// What is read at a time; little in fuzz targets, whose inputs are short.
const BLOCK: usize = if cfg!(fuzzing) { 1 << 10 } else { 1 << 20 };
/// So many blocks may wait to be parsed.
const AHEAD: usize = 8;
/// What is looked at to find the compression.
const MAGIC: usize = 6;
/// Up to here nobody asks how much was decompressed.
pub const FREE: u64 = if cfg!(fuzzing) { 1 << 16 } else { 64 << 20 };

/// How often whoever waits is asked whether to go on.
pub const POLL: Duration = Duration::from_millis(20);

/// Where the bytes come from.
pub type Input = Box<dyn Read + Send>;

/// The blocks of a stream, in order.
pub struct Stream {
    blocks: Receiver<Block>,
    /// Bytes taken from the input, compressed as they were.
    taken: Arc<AtomicU64>,
    compression: Option<Compression>,
    /// Whether the end was seen by looking ahead, and why it is there.
    ended: bool,
    reason: Option<String>,
    wanted: Wanted,
}

/// Told to an input that may have to wait for long: whether anybody still wants what it gives.
#[derive(Clone, Debug)]
pub struct Wanted(Arc<AtomicBool>);

impl Default for Wanted {
    fn default() -> Self {
        Self(Arc::new(AtomicBool::new(true)))
    }
}

impl Wanted {
    pub fn is(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub fn no_more(&self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.wanted.no_more();
    }
}

enum Block {
    Bytes(Vec<u8>),
    /// The data can not be decompressed further.
    Broken(String),
    Failed(Error),
}

/// What waiting for a block gave.
pub enum Next {
    Bytes(Vec<u8>),
    /// The end; with a reason, if the data breaks off there.
    End(Option<String>),
    /// Nothing has come in this time.
    Nothing,
}

impl Stream {
    /// Begins to read. Decompressed bytes may be `max_expansion` times those they were compressed to.
    pub fn open(input: Input, wanted: Wanted, max_expansion: u64) -> Result<Self> {
        let taken = Arc::new(AtomicU64::new(0));
        let failed = Arc::new(AtomicBool::new(false));
        let mut input = Counted { input, taken: Arc::clone(&taken), failed: Arc::clone(&failed) };
        let start = read_start(&mut input)?;
        let compression = Compression::detect(&start);
        let whole = io::Cursor::new(start).chain(input);
        let source: Input = match compression {
            Some(compression) => compression.decoder(BufReader::with_capacity(BLOCK / 4, whole))?,
            None => Box::new(whole),
        };
        let (sender, blocks) = sync_channel(AHEAD);
        let mut reader = Reader { source, compression, taken: Arc::clone(&taken), failed, max_expansion, given: 0, broken: None };
        thread::Builder::new()
            .name("pcapframe-read".into())
            .spawn(move || reader.run(&sender))
            .map_err(|error| Error::Memory(format!("no thread could be started to read with: {error}")))?;
        Ok(Self { blocks, taken, compression, ended: false, reason: None, wanted })
    }

    /// Bytes read from the input so far.
    pub fn taken(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }

    /// Waits at most `patience` for what comes next.
    pub fn next(&mut self, patience: Duration) -> Result<Next> {
        if self.ended {
            return Ok(Next::End(self.reason.clone()));
        }
        match self.blocks.recv_timeout(patience) {
            Ok(Block::Bytes(bytes)) => Ok(Next::Bytes(bytes)),
            Ok(Block::Broken(reason)) => Ok(Next::End(Some(reason))),
            Ok(Block::Failed(error)) => Err(error),
            Err(RecvTimeoutError::Timeout) => Ok(Next::Nothing),
            // The reader has ended; a panic of it has been printed, and the bytes so far are whole blocks.
            Err(RecvTimeoutError::Disconnected) => Ok(Next::End(None)),
        }
    }

    /// What is added to the format's description.
    pub fn describe(&self) -> String {
        self.compression.map_or_else(String::new, |compression| format!(", {}", compression.name()))
    }

    /// Has whoever asks next be told of the end again.
    pub fn end_again(&mut self, reason: Option<String>) {
        self.ended = true;
        self.reason = reason;
    }

    /// All bytes that are left, behind those that were taken, and why they break off, if they do.
    pub fn rest(&mut self, mut bytes: Vec<u8>, wait: &mut dyn FnMut(u64) -> Result<()>) -> Result<(Vec<u8>, Option<String>)> {
        loop {
            match self.next(POLL)? {
                Next::Bytes(block) => bytes.extend_from_slice(&block),
                Next::End(reason) => return Ok((bytes, reason)),
                Next::Nothing => {}
            }
            wait(self.taken())?;
        }
    }
}

/// The first bytes: fewer only at the end of the input.
fn read_start(input: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut start = Vec::with_capacity(MAGIC);
    input.take(MAGIC as u64).read_to_end(&mut start)?;
    Ok(start)
}

struct Counted {
    input: Input,
    taken: Arc<AtomicU64>,
    /// Set when the input itself fails, and not what is made of it.
    failed: Arc<AtomicBool>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer).inspect_err(|error| {
            self.failed.store(error.kind() != io::ErrorKind::Interrupted, Ordering::Relaxed);
        })?;
        self.taken.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

struct Reader {
    source: Input,
    compression: Option<Compression>,
    taken: Arc<AtomicU64>,
    failed: Arc<AtomicBool>,
    max_expansion: u64,
    given: u64,
    /// Why the source breaks off behind the block that was sent last. A decoder that is asked again after that is in no state to
    /// answer: bzip2's goes on amid a table.
    broken: Option<io::Error>,
}

impl Reader {
    /// Sends blocks until the source ends or nobody wants them any more.
    fn run(&mut self, to: &SyncSender<Block>) {
        loop {
            let block = match self.block() {
                Ok(bytes) if bytes.is_empty() => return,
                Ok(bytes) => Block::Bytes(bytes),
                Err(block) => {
                    let _ = to.send(block);
                    return;
                }
            };
            if to.send(block).is_err() {
                return;
            }
        }
    }

    /// What there is at once, up to a block; waits for the first byte only, so that a slow pipe's packets come out as they go in.
    fn block(&mut self) -> std::result::Result<Vec<u8>, Block> {
        if let Some(error) = self.broken.take() {
            return Err(self.failure(error));
        }
        let mut bytes = vec![0; BLOCK];
        let mut filled = 0;
        loop {
            match self.source.read(&mut bytes[filled..]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                // What was decompressed before the fault comes first.
                Err(error) if filled > 0 => {
                    self.broken = Some(error);
                    break;
                }
                Err(error) => return Err(self.failure(error)),
            }
            // A decoder gives pieces of its own size: they are gathered. A pipe gives what it has.
            if filled == BLOCK || self.compression.is_none() {
                break;
            }
        }
        bytes.truncate(filled);
        self.given += filled as u64;
        let allowed = self.taken.load(Ordering::Relaxed).saturating_mul(self.max_expansion).max(FREE);
        if self.compression.is_some() && self.given > allowed {
            return Err(Block::Failed(Error::Expansion { limit: self.max_expansion, taken: self.taken.load(Ordering::Relaxed) }));
        }
        Ok(bytes)
    }

    /// An error of the input is one; any other says that the data is not what it should be.
    fn failure(&self, error: io::Error) -> Block {
        match self.compression {
            Some(compression) if !self.failed.load(Ordering::Relaxed) => {
                Block::Broken(format!("the {} data is cut or corrupt here: {error}", compression.name()))
            }
            _ => Block::Failed(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives three bytes, then an error, and is not to be asked again.
    struct Breaking(u8);

    impl Read for Breaking {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0 += 1;
            match self.0 {
                1 => {
                    buffer[..3].copy_from_slice(b"abc");
                    Ok(3)
                }
                2 => Err(io::ErrorKind::InvalidData.into()),
                _ => panic!("asked again after an error"),
            }
        }
    }

    #[test]
    fn a_decoder_is_not_asked_again_after_an_error() {
        let mut reader = Reader {
            source: Box::new(Breaking(0)),
            compression: Some(Compression::Bzip2),
            taken: Arc::default(),
            failed: Arc::default(),
            max_expansion: 1000,
            given: 0,
            broken: None,
        };
        assert_eq!(reader.block().ok(), Some(b"abc".to_vec()));
        assert!(matches!(reader.block(), Err(Block::Broken(reason)) if reason.contains("bzip2")));
    }
}
