//! Where the bytes of a capture come from: a file, read at positions, or memory.
//!
//! Files are read with `pread` into a buffer per thread: faster than a memory map when packets are large (one cache miss a
//! packet), and a file that shrinks is a short read and not a SIGBUS.

use std::fs::{File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::error::{Error, Result};

/// Bytes owned by somebody else, such as a Python object.
pub type SharedBytes = Box<dyn AsRef<[u8]> + Send + Sync>;

pub enum Source {
    File(SourceFile),
    Memory(SharedBytes),
}

pub struct SourceFile {
    file: File,
    path: PathBuf,
    stamp: Stamp,
}

/// What tells whether a file is still the one that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    pub length: u64,
    pub modified: Option<SystemTime>,
}

impl From<&Metadata> for Stamp {
    fn from(metadata: &Metadata) -> Self {
        Self { length: metadata.len(), modified: metadata.modified().ok() }
    }
}

impl Source {
    /// Opens a regular file.
    pub fn open(path: &Path) -> Result<Self> {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(io::Error::from(io::ErrorKind::IsADirectory).into());
        }
        Ok(Self::File(SourceFile { file, path: path.to_owned(), stamp: Stamp::from(&metadata) }))
    }

    /// Opens a file again that was read before; refuses it if it has changed.
    pub fn reopen(path: &Path, stamp: Stamp) -> Result<Self> {
        let source = Self::open(path)?;
        if source.stamp() != Some(stamp) {
            return Err(Error::SourceChanged);
        }
        Ok(source)
    }

    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::File(file) => Some(&file.path),
            Self::Memory(_) => None,
        }
    }

    pub fn stamp(&self) -> Option<Stamp> {
        match self {
            Self::File(file) => Some(file.stamp),
            Self::Memory(_) => None,
        }
    }

    /// The length when it was opened: what grows later is not read.
    pub fn len(&self) -> u64 {
        match self {
            Self::File(file) => file.stamp.length,
            Self::Memory(bytes) => (**bytes).as_ref().len() as u64,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// `length` bytes from `offset` on, fewer at the end of the source; read into `buffer` unless they are in memory already.
    pub fn window<'a>(&'a self, offset: u64, length: usize, buffer: &'a mut Vec<u8>) -> Result<&'a [u8]> {
        let length = self.fetch(offset, 0, length, buffer)?;
        Ok(self.fetched(offset, length, buffer))
    }

    /// Makes `length` bytes from `offset` on available, of which `have` are; fewer at the end of the source. Returns how many are.
    pub fn fetch(&self, offset: u64, have: usize, length: usize, buffer: &mut Vec<u8>) -> Result<usize> {
        let length = length.min(usize::try_from(self.len().saturating_sub(offset)).unwrap_or(usize::MAX));
        let Self::File(file) = self else { return Ok(length) };
        if length <= have {
            return Ok(have);
        }
        if buffer.len() < length {
            buffer.resize(length, 0);
        }
        Ok(have + read_at(&file.file, &mut buffer[have..length], offset + have as u64)?)
    }

    /// What was fetched from `offset` on, `length` bytes.
    pub fn fetched<'a>(&'a self, offset: u64, length: usize, buffer: &'a [u8]) -> &'a [u8] {
        match self {
            Self::Memory(_) if length == 0 => &[],
            Self::Memory(bytes) => &(**bytes).as_ref()[offset as usize..][..length],
            Self::File(_) => &buffer[..length],
        }
    }
}

/// Reads until `buffer` is full or the file ends.
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match read_some(file, &mut buffer[filled..], offset + filled as u64) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

#[cfg(unix)]
fn read_some(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, offset)
}

#[cfg(windows)]
fn read_some(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, offset)
}
