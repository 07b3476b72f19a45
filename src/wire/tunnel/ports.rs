//! Which tunnel lies behind which UDP port.

/// Protocols that carry packets over UDP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OverUdp {
    Capwap,
    Esp,
    Geneve,
    Gtpu,
    L2tp,
    Lisp,
    Mpls,
    Teredo,
    Tzsp,
    Vxlan,
    VxlanGpe,
}

impl OverUdp {
    /// Name, and the port where it is registered (IANA; TZSP has none, 37008 is what its users use).
    pub const ALL: &[(&str, Self, u16)] = &[
        ("capwap", Self::Capwap, 5247),
        ("esp", Self::Esp, 4500),
        ("geneve", Self::Geneve, 6081),
        ("gtpu", Self::Gtpu, 2152),
        ("l2tp", Self::L2tp, 1701),
        ("lisp", Self::Lisp, 4341),
        ("mpls", Self::Mpls, 6635),
        ("teredo", Self::Teredo, 3544),
        ("tzsp", Self::Tzsp, 37008),
        ("vxlan", Self::Vxlan, 4789),
        ("vxlan-gpe", Self::VxlanGpe, 4790),
    ];

    /// Whether answers come *from* the port; else a tunnel's packets go to it in both directions.
    fn answers_from_its_port(self) -> bool {
        matches!(self, Self::Capwap | Self::Esp | Self::Gtpu | Self::L2tp | Self::Teredo | Self::Tzsp)
    }
}

/// The ports of tunnels, and a bit for each so that all other traffic costs a look at two bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ports {
    bits: Box<[u64; 1024]>,
    known: Vec<(u16, OverUdp)>,
}

impl Ports {
    pub fn none() -> Self {
        Self { bits: Box::new([0; 1024]), known: Vec::new() }
    }

    pub fn registered() -> Self {
        let mut ports = Self::none();
        for &(_, tunnel, port) in OverUdp::ALL {
            ports.set(port, Some(tunnel));
        }
        ports
    }

    /// What lies behind a port; None takes it from the table.
    pub fn set(&mut self, port: u16, tunnel: Option<OverUdp>) {
        self.known.retain(|&(known, _)| known != port);
        self.bits[usize::from(port >> 6)] &= !(1 << (port & 63));
        if let Some(tunnel) = tunnel {
            self.known.push((port, tunnel));
            self.bits[usize::from(port >> 6)] |= 1 << (port & 63);
        }
    }

    #[inline(always)]
    fn has(&self, port: u16) -> bool {
        self.bits[usize::from(port >> 6)] >> (port & 63) & 1 == 1
    }

    #[inline(always)]
    pub fn find(&self, source: u16, destination: u16) -> Option<OverUdp> {
        if self.has(destination) | self.has(source) { self.look_up(source, destination) } else { None }
    }

    #[cold]
    fn look_up(&self, source: u16, destination: u16) -> Option<OverUdp> {
        let of = |port| self.known.iter().find(|&&(known, _)| known == port).map(|&(_, tunnel)| tunnel);
        of(destination).or_else(|| of(source).filter(|tunnel| tunnel.answers_from_its_port()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registered_ports_and_others() {
        let mut ports = Ports::registered();
        assert_eq!(ports.find(50_000, 4789), Some(OverUdp::Vxlan));
        assert_eq!(ports.find(4789, 50_000), None);
        assert_eq!(ports.find(3544, 50_000), Some(OverUdp::Teredo));
        ports.set(8472, Some(OverUdp::Vxlan));
        ports.set(4789, None);
        assert_eq!((ports.find(1, 8472), ports.find(1, 4789)), (Some(OverUdp::Vxlan), None));
        assert!(OverUdp::ALL.iter().all(|&(_, tunnel, port)| tunnel == OverUdp::Vxlan || ports.find(1, port) == Some(tunnel)));
        assert_eq!((0..=u16::MAX).filter(|&port| Ports::none().has(port)).count(), 0);
    }
}
