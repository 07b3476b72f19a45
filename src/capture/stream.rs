//! A source that is read once, from its beginning on: a pipe, a socket, or what a compressed file contains.
//!
//! A thread of its own reads and decompresses ahead, a few blocks at most, so that this and the parsing of what was read before
//! go on at the same time.

use std::io::{self, BufReader, Read};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use super::compression::Compression;
use crate::error::{Error, Result};
use crate::memory::{self, Room};

/// Compressed bytes are read so many at a time.
const INPUT: usize = 256 << 10;
/// What is looked at to find the compression.
const MAGIC: usize = 6;
/// Up to here nobody asks how much was decompressed.
pub const FREE: u64 = if cfg!(fuzzing) { 1 << 16 } else { 64 << 20 };

/// How often whoever waits is asked whether to go on.
pub const POLL: Duration = Duration::from_millis(20);

/// Where the bytes come from.
pub type Input = Box<dyn Read + Send>;
/// What opens them; it may have to wait, as a named pipe has.
pub type Opener = Box<dyn FnOnce() -> Result<Input> + Send>;

/// How far is read ahead: so many blocks of so many bytes may wait to be parsed.
#[derive(Clone, Copy, Debug)]
pub struct Ahead {
    block: usize,
    blocks: usize,
}

impl Default for Ahead {
    fn default() -> Self {
        Self::among(1)
    }
}

/// Little in fuzz targets, whose inputs are short.
const BLOCK: usize = if cfg!(fuzzing) { 1 << 10 } else { 1 << 20 };
const LEAST_BLOCK: usize = if cfg!(fuzzing) { 1 << 10 } else { 1 << 16 };
const BLOCKS: usize = 8;

impl Ahead {
    /// For one of `count` streams that are read at the same time: all together may take what one of them may.
    pub fn among(count: usize) -> Self {
        let count = count.max(1);
        Self { block: (2 * BLOCK / count).clamp(LEAST_BLOCK, BLOCK), blocks: (BLOCKS / count).max(1) }
    }
}

/// The blocks of a stream, in order.
pub struct Stream {
    blocks: Receiver<Block>,
    /// Blocks that have been copied from go back to be filled again: fresh memory costs the system's clearing of it.
    used: Sender<Vec<u8>>,
    shared: Arc<Shared>,
    /// Whether the end was seen by looking ahead, and why it is there.
    ended: bool,
    reason: Option<String>,
    wanted: Wanted,
}

/// What the reading thread tells beside the blocks.
#[derive(Default)]
struct Shared {
    /// Bytes taken from the input, compressed as they were.
    taken: AtomicU64,
    /// Set when the input itself fails, and not what is made of it.
    failed: AtomicBool,
    /// Known before the first block comes.
    compression: OnceLock<Compression>,
}

impl Shared {
    fn taken(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }
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
    Bytes(Bytes),
    End,
    /// The data can not be decompressed further.
    Broken(String),
    Failed(Error),
}

/// A block, and how much of it is filled.
pub struct Bytes {
    block: Vec<u8>,
    filled: usize,
}

impl std::ops::Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.block[..self.filled]
    }
}

/// What waiting for a block gave.
pub enum Next {
    Bytes(Bytes),
    /// The end; with a reason, if the data breaks off there.
    End(Option<String>),
    /// Nothing has come in this time.
    Nothing,
}

impl Stream {
    /// Begins to read, in a thread that opens the input too: whoever waits for it can give up. Decompressed bytes may be
    /// `max_expansion` times those they were compressed to.
    pub fn open(open: Opener, wanted: Wanted, max_expansion: u64, ahead: Ahead) -> Result<Self> {
        let shared = Arc::<Shared>::default();
        let (sender, blocks) = sync_channel(ahead.blocks);
        let (used, spare) = channel();
        let theirs = Arc::clone(&shared);
        let run = move || match Reader::open(open, theirs, max_expansion, ahead.block, spare) {
            Ok(mut reader) => reader.run(&sender),
            // Nobody waits any more if it can not be sent.
            Err(error) => drop(sender.send(Block::Failed(error))),
        };
        thread::Builder::new()
            .name("pcapframe-read".into())
            .spawn(run)
            .map_err(|error| Error::Memory(format!("no thread could be started to read with: {error}")))?;
        Ok(Self { blocks, used, shared, ended: false, reason: None, wanted })
    }

    /// Bytes read from the input so far.
    pub fn taken(&self) -> u64 {
        self.shared.taken()
    }

    /// Appends a block to what is kept, and takes it back to be filled again.
    pub fn move_to(&self, kept: &mut Vec<u8>, bytes: Bytes) {
        kept.extend_from_slice(&bytes);
        // Nobody fills it any more if it can not be sent.
        let _ = self.used.send(bytes.block);
    }

    /// Waits at most `patience` for what comes next.
    pub fn next(&mut self, patience: Duration) -> Result<Next> {
        if self.ended {
            return Ok(Next::End(self.reason.clone()));
        }
        match self.blocks.recv_timeout(patience) {
            Ok(Block::Bytes(bytes)) => Ok(Next::Bytes(bytes)),
            Ok(Block::End) => {
                self.ended = true;
                Ok(Next::End(None))
            }
            Ok(Block::Broken(reason)) => {
                self.end_again(Some(reason.clone()));
                Ok(Next::End(Some(reason)))
            }
            Ok(Block::Failed(error)) => Err(error),
            Err(RecvTimeoutError::Timeout) => Ok(Next::Nothing),
            // A panic of the reader has been printed, and the bytes so far are whole blocks.
            Err(RecvTimeoutError::Disconnected) => {
                Ok(Next::End(Some("reading failed here; this is a mistake in pcapframe, please report it".into())))
            }
        }
    }

    /// Whether the thread that reads ahead has to work for what it reads.
    pub fn is_decompressed(&self) -> bool {
        self.shared.compression.get().is_some()
    }

    /// What is added to the format's description; known when something has come.
    pub fn describe(&self) -> String {
        self.shared.compression.get().map_or_else(String::new, |compression| format!(", {}", compression.name()))
    }

    /// Has whoever asks next be told of the end again.
    pub fn end_again(&mut self, reason: Option<String>) {
        self.ended = true;
        self.reason = reason;
    }

    /// All bytes that are left, behind those that were taken, and why they break off, if they do.
    pub fn rest(&mut self, mut bytes: Vec<u8>, wait: &mut dyn FnMut(u64) -> Result<()>) -> Result<(Vec<u8>, Option<String>)> {
        let room = Room::default();
        loop {
            match self.next(POLL)? {
                Next::Bytes(block) => {
                    memory::reserve(&mut bytes, block.len())?;
                    self.move_to(&mut bytes, block);
                    room.check_bytes(bytes.len() as u64)?;
                }
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
    shared: Arc<Shared>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer).inspect_err(|error| {
            self.shared.failed.store(error.kind() != io::ErrorKind::Interrupted, Ordering::Relaxed);
        })?;
        self.shared.taken.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

struct Reader {
    source: Input,
    compression: Option<Compression>,
    shared: Arc<Shared>,
    max_expansion: u64,
    given: u64,
    block: usize,
    spare: Receiver<Vec<u8>>,
    /// Why the source breaks off behind the block that was sent last. A decoder that is asked again after that is in no state to
    /// answer: bzip2's goes on amid a table.
    broken: Option<io::Error>,
}

impl Reader {
    fn open(open: Opener, shared: Arc<Shared>, max_expansion: u64, block: usize, spare: Receiver<Vec<u8>>) -> Result<Self> {
        let mut input = Counted { input: open()?, shared: Arc::clone(&shared) };
        let start = read_start(&mut input)?;
        let compression = Compression::detect(&start);
        let whole = io::Cursor::new(start).chain(input);
        let source: Input = match compression {
            Some(compression) => {
                shared.compression.get_or_init(|| compression);
                compression.decoder(BufReader::with_capacity(INPUT, whole))?
            }
            None => Box::new(whole),
        };
        Ok(Self { source, compression, shared, max_expansion, given: 0, block, spare, broken: None })
    }

    /// Sends blocks until the source ends or nobody wants them any more.
    fn run(&mut self, to: &SyncSender<Block>) {
        loop {
            let block = match self.block() {
                Ok(bytes) if bytes.is_empty() => Block::End,
                Ok(bytes) => Block::Bytes(bytes),
                Err(block) => block,
            };
            let last = !matches!(block, Block::Bytes(_));
            if to.send(block).is_err() || last {
                return;
            }
        }
    }

    /// What there is at once, up to a block; waits for the first byte only, so that a slow pipe's packets come out as they go in.
    fn block(&mut self) -> std::result::Result<Bytes, Block> {
        if let Some(error) = self.broken.take() {
            return Err(self.failure(error));
        }
        let mut block = self.spare.try_recv().unwrap_or_else(|_| vec![0; self.block]);
        let mut filled = 0;
        loop {
            match self.source.read(&mut block[filled..]) {
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
            if filled == block.len() || self.compression.is_none() {
                break;
            }
        }
        self.given += filled as u64;
        let taken = self.shared.taken();
        if self.compression.is_some() && self.given > taken.saturating_mul(self.max_expansion).max(FREE) {
            return Err(Block::Failed(Error::Expansion { limit: self.max_expansion, taken }));
        }
        Ok(Bytes { block, filled })
    }

    /// An error of the input is one; any other says that the data is not what it should be.
    fn failure(&self, error: io::Error) -> Block {
        match self.compression {
            Some(compression) if !self.shared.failed.load(Ordering::Relaxed) => Block::Broken(compression.fault(&error)),
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
            shared: Arc::default(),
            max_expansion: 1000,
            given: 0,
            broken: None,
            block: 64,
            spare: channel().1,
        };
        assert!(reader.block().is_ok_and(|bytes| *bytes == *b"abc"));
        assert!(matches!(reader.block(), Err(Block::Broken(reason)) if reason.contains("bzip2")));
    }
}
