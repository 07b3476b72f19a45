//! What the packets of a flow have in common: addresses, ports, protocol; VLAN and tunnel.

use crate::flow::rules::Icmp;
use crate::wire::Tunnel;

/// A flow's key, the same for both directions: the lower of the two ends stands first.
///
/// Of an IPv6 packet the first word holds places of addresses in a table, and does not count when keys are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Key {
    /// Address of the lower end, address of the higher one.
    pub addresses: [u32; 2],
    /// Port of the lower end, port of the higher one.
    pub ports: [u16; 2],
    /// What tells a tunnel's network from others.
    pub network: u32,
    pub vlan: u16,
    pub protocol: u8,
    pub ip_version: u8,
    pub tunnel: u8,
    /// Nothing can answer: the lower end is who sends.
    pub one_way: bool,
}

impl Key {
    /// All but the addresses, as two words.
    #[inline]
    pub fn rest(&self) -> (u64, u64) {
        let [low, high] = self.ports;
        let first = u64::from(low) << 48 | u64::from(high) << 32 | u64::from(self.network);
        let [protocol, version, tunnel] = [self.protocol, self.ip_version, self.tunnel].map(u64::from);
        let second = u64::from(self.vlan) << 48 | protocol << 32 | version << 24 | tunnel << 16 | u64::from(self.one_way);
        (first, second)
    }

    /// The addresses of IPv4 as one word.
    #[inline]
    pub fn ipv4(&self) -> u64 {
        u64::from(self.addresses[0]) << 32 | u64::from(self.addresses[1])
    }
}

/// Ports of the sender and the receiver, or what stands for them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ports {
    pub src: u16,
    pub dst: u16,
    /// Nothing can answer.
    pub one_way: bool,
}

impl Ports {
    pub fn new(src: u16, dst: u16) -> Self {
        Self { src, dst, one_way: false }
    }

    /// An ICMP message's type, and the type of what answers it or is answered by it; without such a type its code.
    pub fn icmp(message: u8, code: u8, ip_version: u8, rule: Icmp) -> Self {
        if rule == Icmp::Together {
            return Self::default();
        }
        let partner = partner(message, ip_version);
        Self { src: message.into(), dst: partner.unwrap_or(code).into(), one_way: partner.is_none() }
    }
}

/// The type of what answers an ICMP message or is answered by it.
pub fn partner(message: u8, ip_version: u8) -> Option<u8> {
    if ip_version == 6 { icmpv6_partner(message) } else { icmp_partner(message) }
}

/// Request and reply of RFC 792, 950 and 1256.
fn icmp_partner(message: u8) -> Option<u8> {
    Some(match message {
        0 => 8,
        8 => 0,
        9 => 10,
        10 => 9,
        13 => 14,
        14 => 13,
        15 => 16,
        16 => 15,
        17 => 18,
        18 => 17,
        _ => return None,
    })
}

/// Request and reply of RFC 4443, 2710, 4861, 4620 and 6275.
fn icmpv6_partner(message: u8) -> Option<u8> {
    Some(match message {
        128 => 129,
        129 => 128,
        130 => 131,
        131 => 130,
        133 => 134,
        134 => 133,
        135 => 136,
        136 => 135,
        139 => 140,
        140 => 139,
        144 => 145,
        145 => 144,
        _ => return None,
    })
}

/// Whether a tunnel's number is that of a network, the same in both directions, and not of one direction only, as TEIDs, labels,
/// sessions and SPIs are.
pub fn names_a_network(tunnel: u8) -> bool {
    [Tunnel::Vxlan, Tunnel::VxlanGpe, Tunnel::Geneve, Tunnel::Gre, Tunnel::Pbb, Tunnel::Lisp]
        .iter()
        .any(|known| *known as u8 == tunnel)
}

/// Whether NFStream has a number for the tunnel.
pub fn is_numbered(tunnel: u8) -> bool {
    [Tunnel::Gtpu, Tunnel::Capwap, Tunnel::Tzsp].iter().any(|known| *known as u8 == tunnel)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_and_replies_share_a_pair() {
        for (version, request, reply) in [(4, 8, 0), (4, 13, 14), (4, 10, 9), (6, 128, 129), (6, 135, 136), (6, 130, 131)] {
            let asked = Ports::icmp(request, 0, version, Icmp::Paired);
            let answered = Ports::icmp(reply, 0, version, Icmp::Paired);
            assert_eq!((asked.src, asked.dst, asked.one_way), (answered.dst, answered.src, false));
        }
    }

    #[test]
    fn other_messages_are_one_way() {
        assert_eq!(Ports::icmp(3, 13, 4, Icmp::Paired), Ports { src: 3, dst: 13, one_way: true });
        assert_eq!(Ports::icmp(3, 0, 6, Icmp::Paired), Ports { src: 3, dst: 0, one_way: true });
        // What is a request in one version is none in the other.
        assert!(Ports::icmp(8, 0, 6, Icmp::Paired).one_way);
        assert_eq!(Ports::icmp(3, 13, 4, Icmp::Together), Ports::default());
    }

    #[test]
    fn every_field_is_in_the_words() {
        let base = Key::default();
        let others = [
            Key { ports: [1, 0], ..base },
            Key { ports: [0, 1], ..base },
            Key { network: 1, ..base },
            Key { vlan: 1, ..base },
            Key { protocol: 1, ..base },
            Key { ip_version: 1, ..base },
            Key { tunnel: 1, ..base },
            Key { one_way: true, ..base },
        ];
        for (at, one) in others.iter().enumerate() {
            assert_ne!(one.rest(), base.rest());
            assert!(others[..at].iter().all(|other| other.rest() != one.rest()), "{one:?}");
        }
    }
}
