//! The bytes of a packet that are not decoded yet.

use super::context::Context;
use super::dispatch::Next;
use super::layers::Stop;
pub use crate::bytes::{be16, be32, le16, le32};

/// What is left of a packet: the bytes captured, and how many there were on the wire.
///
/// Both shrink together as headers are taken, and are cut to the length a header promises, so that link-layer padding never
/// counts as payload.
#[derive(Clone, Copy, Debug)]
pub struct Cursor<'a> {
    data: &'a [u8],
    wire: u32,
    context: &'a Context,
}

impl<'a> Cursor<'a> {
    #[inline(always)]
    pub fn new(data: &'a [u8], wire_length: u32, context: &'a Context) -> Self {
        // A record may claim fewer bytes on the wire than it holds; the bytes are there all the same.
        let captured = u32::try_from(data.len()).unwrap_or(u32::MAX);
        Self { data, wire: wire_length.max(captured), context }
    }

    /// What the caller wants.
    #[inline(always)]
    pub fn context(&self) -> &'a Context {
        self.context
    }

    /// The captured bytes.
    #[inline(always)]
    pub fn data(&self) -> &'a [u8] {
        self.data
    }

    /// Bytes left on the wire.
    #[inline(always)]
    pub fn wire(&self) -> u32 {
        self.wire
    }

    /// The first `N` bytes, or why they are not there.
    #[inline(always)]
    pub fn header<const N: usize>(&self) -> Result<&'a [u8; N], Next> {
        self.data.first_chunk::<N>().ok_or_else(|| self.missing(N))
    }

    /// Moves past `count` bytes, all of which may be needed later: fewer captured is no error, fewer on the wire is.
    #[inline(always)]
    pub fn skip(&mut self, count: usize) -> Result<(), Next> {
        if count > self.data.len() {
            return Err(self.missing(count));
        }
        self.data = &self.data[count..];
        self.wire -= count as u32;
        Ok(())
    }

    /// Cuts what is left to `length` bytes: the end of what a header promises.
    #[inline(always)]
    pub fn limit(&mut self, length: u32) {
        self.wire = self.wire.min(length);
        if self.data.len() > self.wire as usize {
            self.data = &self.data[..self.wire as usize];
        }
    }

    /// `count` bytes are not captured: were they on the wire?
    #[cold]
    pub fn missing(&self, count: usize) -> Next {
        Next::Stop(if count <= self.wire as usize { Stop::Truncated } else { Stop::Malformed })
    }
}
