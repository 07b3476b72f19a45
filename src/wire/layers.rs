//! What was found in a packet, and why decoding ended.

/// The headers found in a packet: a set of the bits below.
///
/// Network and transport bits describe the innermost headers, as the columns do.
pub mod layer {
    macro_rules! layers {
        ($($(#[doc = $doc:literal])* $name:ident = $bit:literal;)*) => {
            $($(#[doc = $doc])* pub const $name: u32 = 1 << $bit;)*
            /// Name, bit and meaning of every layer.
            pub const ALL: &[(&str, u32, &str)] = &[$((stringify!($name), $name, concat!($($doc),*))),*];
        };
    }

    layers! {
        /// Ethernet II or IEEE 802.3.
        ETHERNET = 0;
        /// One IEEE 802.1Q or 802.1ad tag, or several.
        VLAN = 1;
        /// Linux cooked capture, version 1 or 2.
        SLL = 2;
        /// BSD loopback encapsulation (NULL and LOOP).
        LOOPBACK = 3;
        /// ARP (RFC 826) or RARP (RFC 903) for IPv4.
        ARP = 4;
        /// IPv4 (RFC 791).
        IPV4 = 5;
        /// IPv6 (RFC 8200).
        IPV6 = 6;
        /// IPv6 extension headers other than Fragment.
        IPV6_EXTENSION = 7;
        /// A fragment of an IP packet: the first, a middle one or the last.
        FRAGMENT = 8;
        /// TCP (RFC 9293).
        TCP = 9;
        /// UDP (RFC 768).
        UDP = 10;
        /// UDP-Lite (RFC 3828).
        UDPLITE = 11;
        /// SCTP (RFC 9260).
        SCTP = 12;
        /// DCCP (RFC 4340).
        DCCP = 13;
        /// ICMP (RFC 792).
        ICMP = 14;
        /// ICMPv6 (RFC 4443).
        ICMPV6 = 15;
        /// IP authentication header (RFC 4302).
        AH = 16;
        /// ESP (RFC 4303): what follows is encrypted.
        ESP = 17;
    }

    /// Either IP version.
    pub const IP: u32 = IPV4 | IPV6;
    /// The transports that have ports.
    pub const PORTS: u32 = TCP | UDP | UDPLITE | SCTP | DCCP;
    /// Either ICMP.
    pub const ANY_ICMP: u32 = ICMP | ICMPV6;
}

/// Why decoding of a packet ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Stop {
    /// All that this packet promised was decoded.
    #[default]
    Complete = 0,
    /// The capture holds fewer bytes than were on the wire, and the next header is among those missing.
    Truncated = 1,
    /// A header contradicts itself or runs past the end of the packet.
    Malformed = 2,
    /// The next header is of a kind that is not decoded.
    Unsupported = 3,
    /// Headers are nested deeper than is followed.
    TooDeep = 4,
}

impl Stop {
    pub const ALL: &[(&str, u8, &str)] = &[
        ("COMPLETE", Self::Complete as u8, "All that the packet promised was decoded."),
        ("TRUNCATED", Self::Truncated as u8, "The next header is among the bytes that were not captured."),
        ("MALFORMED", Self::Malformed as u8, "A header contradicts itself or runs past the end of the packet."),
        ("UNSUPPORTED", Self::Unsupported as u8, "The next header is of a kind that is not decoded."),
        ("TOO_DEEP", Self::TooDeep as u8, "Headers are nested deeper than is followed."),
    ];
}

/// What carried the innermost headers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Tunnel {
    #[default]
    None = 0,
}

impl Tunnel {
    pub const ALL: &[(&str, u8, &str)] = &[("NONE", Self::None as u8, "No tunnel.")];
}
