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
        /// MPLS label stack entries (RFC 3032), one or several.
        MPLS = 18;
        /// PPPoE, discovery or session (RFC 2516).
        PPPOE = 19;
        /// IEEE 802.2 LLC, with SNAP or without.
        LLC = 20;
        /// PPP (RFC 1661).
        PPP = 21;
        /// IEEE 802.11.
        WLAN = 22;
        /// What a radio adds in front of 802.11: radiotap, Prism, AVS or PPI.
        RADIO = 23;
        /// MACsec (IEEE 802.1AE).
        MACSEC = 24;
        /// Network Service Header (RFC 8300).
        NSH = 25;
        /// Another link layer: FDDI, Token Ring, Cisco HDLC, Frame Relay, ATM, Juniper, PFLOG, NFLOG.
        OTHER_LINK = 26;
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

/// What is known of a checksum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Checksum {
    /// There is none, or bytes that it covers are missing, or it was to be filled in after the capture.
    #[default]
    NotVerifiable = 0,
    /// It fits the bytes that it covers.
    Good = 1,
    /// It does not fit.
    Bad = 2,
}

impl Checksum {
    pub const ALL: &[(&str, u8, &str)] = &[
        (
            "NOT_VERIFIABLE",
            Self::NotVerifiable as u8,
            "There is none, bytes that it covers are missing, or it was to be filled in later.",
        ),
        ("GOOD", Self::Good as u8, "It fits the bytes that it covers."),
        ("BAD", Self::Bad as u8, "It does not fit."),
    ];
}

macro_rules! tunnels {
    ($($(#[doc = $doc:literal])* $variant:ident $name:ident = $number:literal;)*) => {
        /// What carried the innermost headers.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Tunnel {
            #[default]
            $($(#[doc = $doc])* $variant = $number),*
        }

        impl Tunnel {
            /// Name, number and meaning of every tunnel.
            pub const ALL: &[(&str, u8, &str)] = &[$((stringify!($name), $number, concat!($($doc),*))),*];
        }
    };
}

tunnels! {
    /// No tunnel.
    None NONE = 0;
    /// IPv4 in IPv4 (RFC 2003).
    IpIp IPIP = 1;
    /// IPv6 in IPv4 (RFC 4213).
    SixInFour SIX_IN_FOUR = 2;
    /// IPv4 in IPv6 (RFC 2473).
    FourInSix FOUR_IN_SIX = 3;
    /// IPv6 in IPv6 (RFC 2473).
    SixInSix SIX_IN_SIX = 4;
    /// GRE (RFC 2784, 2890, 2637), NVGRE (RFC 7637) among them.
    Gre GRE = 5;
    /// ERSPAN, types I to III.
    Erspan ERSPAN = 6;
    /// VXLAN (RFC 7348).
    Vxlan VXLAN = 7;
    /// VXLAN with protocol extension.
    VxlanGpe VXLAN_GPE = 8;
    /// Geneve (RFC 8926).
    Geneve GENEVE = 9;
    /// GTP-U (3GPP TS 29.281).
    Gtpu GTPU = 10;
    /// L2TP version 2 (RFC 2661) or 3 (RFC 3931).
    L2tp L2TP = 11;
    /// Teredo (RFC 4380).
    Teredo TEREDO = 12;
    /// EtherIP (RFC 3378).
    EtherIp ETHERIP = 13;
    /// MPLS in IP or UDP (RFC 4023, 7510), or a pseudowire over MPLS (RFC 4448).
    Mpls MPLS = 14;
    /// Provider backbone bridging, MAC in MAC (IEEE 802.1ah).
    Pbb PBB = 15;
    /// CAPWAP data (RFC 5415).
    Capwap CAPWAP = 16;
    /// TaZmen Sniffer Protocol.
    Tzsp TZSP = 17;
    /// LISP (RFC 9300).
    Lisp LISP = 18;
    /// Ethernet or IP behind a Network Service Header (RFC 8300).
    Nsh NSH = 19;
    /// PIM Register: a multicast packet on its way to the rendezvous point (RFC 7761).
    Pim PIM = 20;
}
