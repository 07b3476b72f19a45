//! What a caller wants of decoding, the same for all packets of a source.

use super::Depth;
use super::tunnel::ports::{OverUdp, Ports};

#[derive(Clone, Debug)]
pub struct Context {
    pub depth: Depth,
    /// Whether what a tunnel carries is decoded, so that columns describe the innermost headers.
    pub decapsulate: bool,
    pub ports: Ports,
}

impl Context {
    /// Decoding of this depth, into tunnels at their registered ports.
    pub fn new(depth: Depth) -> Self {
        Self { depth, decapsulate: true, ports: Ports::registered() }
    }

    /// Without what tunnels carry: columns describe the outermost headers.
    #[must_use]
    pub fn outermost(self) -> Self {
        Self { decapsulate: false, ports: Ports::none(), ..self }
    }

    /// What UDP carries between these ports, if that is a tunnel.
    #[inline(always)]
    pub fn over_udp(&self, source: u16, destination: u16) -> Option<OverUdp> {
        self.ports.find(source, destination)
    }
}
