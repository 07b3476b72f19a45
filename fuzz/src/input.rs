//! How an input is read: a few numbers in front say what is done with the bytes behind them. The program `seeds` writes the same.

use pcapframe::wire::tunnel::ports::OverUdp;
use pcapframe::wire::{Context, Depth};

use crate::decoding::link_types;
use crate::division::{EXPANSION, Streaming};

/// Takes the first `N` bytes off; zeros stand for those that are not there.
pub fn take<const N: usize>(input: &mut &[u8]) -> [u8; N] {
    let mut taken = [0; N];
    let (front, rest) = input.split_at(input.len().min(N));
    taken[..front.len()].copy_from_slice(front);
    *input = rest;
    taken
}

/// A packet, and how it is decoded.
pub struct Frame<'a> {
    pub link_type: u16,
    pub wire_length: u32,
    pub context: Context,
    pub data: &'a [u8],
}

/// Decapsulation is off.
const OUTERMOST: u8 = 1;
/// One more port is a tunnel's, and those that are registered are not.
const OWN_PORT: u8 = 2;
/// The length on the wire is not that captured.
const OWN_LENGTH: u8 = 4;

impl<'a> Frame<'a> {
    /// Flags, link type, length on the wire, port and tunnel; then the packet.
    pub fn new(mut input: &'a [u8]) -> Self {
        let [flags] = take(&mut input);
        let link_type = known(u16::from_be_bytes(take(&mut input)));
        let length = u32::from(u16::from_be_bytes(take(&mut input)));
        let port = u16::from_be_bytes(take(&mut input));
        let [tunnel] = take(&mut input);
        let mut context = Context::new(Depth::Transport);
        if flags & OWN_PORT != 0 {
            let (_, tunnel, registered) = OverUdp::ALL[usize::from(tunnel) % OverUdp::ALL.len()];
            context.ports.set(registered, None);
            context.ports.set(port, Some(tunnel));
        }
        if flags & OUTERMOST != 0 {
            context = context.outermost();
        }
        let wire_length = if flags & OWN_LENGTH == 0 { input.len() as u32 } else { length };
        Self { link_type, wire_length, context, data: input }
    }
}

/// A link type that is decoded: the number itself, if it is one.
fn known(number: u16) -> u16 {
    let known = link_types();
    if known.contains(&number) { number } else { known[usize::from(number) % known.len()] }
}

/// A capture, and how it is divided.
pub struct Capture<'a> {
    pub threads: usize,
    pub chunk: u64,
    /// Bytes that come at once, where it is read as a stream.
    pub piece: usize,
    /// Packets of a batch.
    pub batch: usize,
    pub bytes: &'a [u8],
}

impl<'a> Capture<'a> {
    /// Threads, chunk, piece and batch; then the capture.
    pub fn new(mut input: &'a [u8]) -> Self {
        let numbers = take(&mut input);
        Self::divided(numbers, input)
    }

    pub fn divided([threads, chunk, piece, batch]: [u8; 4], bytes: &'a [u8]) -> Self {
        Self {
            threads: 2 + usize::from(threads % 3),
            // From a few records to the whole capture.
            chunk: 64 + 16 * u64::from(chunk),
            piece: 1 + usize::from(piece).pow(2),
            batch: 1 + usize::from(batch),
            bytes,
        }
    }

    pub fn streaming(&self) -> Streaming {
        let Self { threads, chunk, piece, batch, .. } = *self;
        Streaming { piece, batch, threads, chunk, expansion: EXPANSION }
    }
}
