"""Enumerations and column properties.

Generated from the tables of the Rust core by tools/generate.py; do not edit.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag
from operator import index
from typing import TYPE_CHECKING, Final, Self, SupportsIndex, cast

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .address import AddressColumn


class Layer(IntFlag):
    """The headers found in a packet: bits of the column ``layers``."""

    @classmethod
    def _missing_(cls, value: object) -> Self:
        found: Self = super()._missing_(index(cast("SupportsIndex", value)))
        return found

    ETHERNET = 1
    """Ethernet II or IEEE 802.3."""
    VLAN = 2
    """One IEEE 802.1Q or 802.1ad tag, or several."""
    SLL = 4
    """Linux cooked capture, version 1 or 2."""
    LOOPBACK = 8
    """BSD loopback encapsulation (NULL and LOOP)."""
    ARP = 16
    """ARP (RFC 826) or RARP (RFC 903) for IPv4."""
    IPV4 = 32
    """IPv4 (RFC 791)."""
    IPV6 = 64
    """IPv6 (RFC 8200)."""
    IPV6_EXTENSION = 128
    """IPv6 extension headers other than Fragment."""
    FRAGMENT = 256
    """A fragment of an IP packet: the first, a middle one or the last."""
    TCP = 512
    """TCP (RFC 9293)."""
    UDP = 1024
    """UDP (RFC 768)."""
    UDPLITE = 2048
    """UDP-Lite (RFC 3828)."""
    SCTP = 4096
    """SCTP (RFC 9260)."""
    DCCP = 8192
    """DCCP (RFC 4340)."""
    ICMP = 16384
    """ICMP (RFC 792)."""
    ICMPV6 = 32768
    """ICMPv6 (RFC 4443)."""
    AH = 65536
    """IP authentication header (RFC 4302)."""
    ESP = 131072
    """ESP (RFC 4303): what follows is encrypted."""
    MPLS = 262144
    """MPLS label stack entries (RFC 3032), one or several."""
    PPPOE = 524288
    """PPPoE, discovery or session (RFC 2516)."""
    LLC = 1048576
    """IEEE 802.2 LLC, with SNAP or without."""
    PPP = 2097152
    """PPP (RFC 1661)."""
    WLAN = 4194304
    """IEEE 802.11."""
    RADIO = 8388608
    """What a radio adds in front of 802.11: radiotap, Prism, AVS or PPI."""
    MACSEC = 16777216
    """MACsec (IEEE 802.1AE)."""
    NSH = 33554432
    """Network Service Header (RFC 8300)."""
    OTHER_LINK = 67108864
    """Another link layer: FDDI, Token Ring, Cisco HDLC, Frame Relay, ATM, Juniper, PFLOG, NFLOG."""


class Stop(IntEnum):
    """Why decoding of a packet ended: values of the column ``stop``."""

    COMPLETE = 0
    """All that the packet promised was decoded."""
    TRUNCATED = 1
    """The next header is among the bytes that were not captured."""
    MALFORMED = 2
    """A header contradicts itself or runs past the end of the packet."""
    UNSUPPORTED = 3
    """The next header is of a kind that is not decoded."""
    TOO_DEEP = 4
    """Headers are nested deeper than is followed."""


class Checksum(IntEnum):
    """What is known of a checksum: values of its column."""

    NOT_VERIFIABLE = 0
    """There is none, bytes that it covers are missing, or it was to be filled in later."""
    GOOD = 1
    """It fits the bytes that it covers."""
    BAD = 2
    """It does not fit."""


class Tunnel(IntEnum):
    """What carried the innermost headers: values of the column ``tunnel``."""

    NONE = 0
    """No tunnel."""
    IPIP = 1
    """IPv4 in IPv4 (RFC 2003)."""
    SIX_IN_FOUR = 2
    """IPv6 in IPv4 (RFC 4213)."""
    FOUR_IN_SIX = 3
    """IPv4 in IPv6 (RFC 2473)."""
    SIX_IN_SIX = 4
    """IPv6 in IPv6 (RFC 2473)."""
    GRE = 5
    """GRE (RFC 2784, 2890, 2637), NVGRE (RFC 7637) among them."""
    ERSPAN = 6
    """ERSPAN, types I to III."""
    VXLAN = 7
    """VXLAN (RFC 7348)."""
    VXLAN_GPE = 8
    """VXLAN with protocol extension."""
    GENEVE = 9
    """Geneve (RFC 8926)."""
    GTPU = 10
    """GTP-U (3GPP TS 29.281)."""
    L2TP = 11
    """L2TP version 2 (RFC 2661) or 3 (RFC 3931)."""
    TEREDO = 12
    """Teredo (RFC 4380)."""
    ETHERIP = 13
    """EtherIP (RFC 3378)."""
    MPLS = 14
    """MPLS in IP or UDP (RFC 4023, 7510), or a pseudowire over MPLS (RFC 4448)."""
    PBB = 15
    """Provider backbone bridging, MAC in MAC (IEEE 802.1ah)."""
    CAPWAP = 16
    """CAPWAP data (RFC 5415)."""
    TZSP = 17
    """TaZmen Sniffer Protocol."""
    LISP = 18
    """LISP (RFC 9300)."""
    NSH = 19
    """Ethernet or IP behind a Network Service Header (RFC 8300)."""
    PIM = 20
    """PIM Register: a multicast packet on its way to the rendezvous point (RFC 7761)."""


class TcpFlag(IntFlag):
    """Bits of the column ``tcp_flags`` (RFC 9293, RFC 3168, RFC 3540)."""

    @classmethod
    def _missing_(cls, value: object) -> Self:
        found: Self = super()._missing_(index(cast("SupportsIndex", value)))
        return found

    FIN = 1
    """The FIN flag."""
    SYN = 2
    """The SYN flag."""
    RST = 4
    """The RST flag."""
    PSH = 8
    """The PSH flag."""
    ACK = 16
    """The ACK flag."""
    URG = 32
    """The URG flag."""
    ECE = 64
    """The ECE flag."""
    CWR = 128
    """The CWR flag."""
    NS = 256
    """The NS flag."""


DEFAULT_COLUMNS: Final = (
    "timestamp",
    "length",
    "ip_version",
    "src",
    "dst",
    "protocol",
    "sport",
    "dport",
    "tcp_flags",
    "icmp_type",
    "icmp_code",
    "payload_length",
    "layers",
    "stop",
)
"""Columns that are read when none are named."""

ALL_COLUMNS: Final = (
    "timestamp",
    "length",
    "captured_length",
    "interface",
    "file",
    "link_type",
    "eth_src",
    "eth_dst",
    "ethertype",
    "vlan_id",
    "ip_version",
    "src",
    "dst",
    "protocol",
    "ttl",
    "tos",
    "ip_id",
    "ip_length",
    "fragment_offset",
    "sport",
    "dport",
    "tcp_flags",
    "tcp_seq",
    "tcp_ack",
    "tcp_window",
    "tcp_options",
    "tcp_mss",
    "tcp_wscale",
    "tcp_tsval",
    "tcp_tsecr",
    "icmp_type",
    "icmp_code",
    "payload_length",
    "ip_checksum_ok",
    "l4_checksum_ok",
    "layers",
    "tunnel",
    "tunnel_id",
    "tunnel_depth",
    "outer_ip_version",
    "outer_src",
    "outer_dst",
    "stop",
)
"""Every column, in the table's order."""


class ColumnProperties:
    """A property for every column; one that was not read raises AttributeError and names the fix."""

    def _column(self, name: str) -> object:
        raise NotImplementedError  # pragma: no cover - Capture has it

    @property
    def timestamp(self) -> NDArray[np.datetime64]:
        """Capture time in nanoseconds since 1970-01-01 UTC.

        Returns
        -------
        numpy.ndarray of datetime64[ns]
            One value a packet; default column. tshark: frame.time_epoch.
        """
        return cast("NDArray[np.datetime64]", self._column("timestamp"))

    @property
    def length(self) -> NDArray[np.uint32]:
        """Bytes on the wire.

        Returns
        -------
        numpy.ndarray of uint32
            One value a packet; default column. tshark: frame.len.
        """
        return cast("NDArray[np.uint32]", self._column("length"))

    @property
    def captured_length(self) -> NDArray[np.uint32]:
        """Bytes in the file.

        Returns
        -------
        numpy.ndarray of uint32
            One value a packet; read on request. tshark: frame.cap_len.
        """
        return cast("NDArray[np.uint32]", self._column("captured_length"))

    @property
    def interface(self) -> NDArray[np.uint16]:
        """Number of the interface within the source, counted over all sections; 65535 stands for all beyond it.

        Returns
        -------
        numpy.ndarray of uint16
            One value a packet; read on request. tshark has no such field.
        """
        return cast("NDArray[np.uint16]", self._column("interface"))

    @property
    def file(self) -> NDArray[np.uint32]:
        """Number of the file among those that were read, from 0; `info.files` has their names.

        Returns
        -------
        numpy.ndarray of uint32
            One value a packet; read on request. tshark has no such field.
        """
        return cast("NDArray[np.uint32]", self._column("file"))

    @property
    def link_type(self) -> NDArray[np.uint16]:
        """LINKTYPE number of the packet's interface (<https://www.tcpdump.org/linktypes.html>).

        Returns
        -------
        numpy.ndarray of uint16
            One value a packet; read on request. tshark has no such field.
        """
        return cast("NDArray[np.uint16]", self._column("link_type"))

    @property
    def eth_src(self) -> AddressColumn:
        """Source hardware address of the outermost Ethernet frame.

        Returns
        -------
        AddressColumn
            One value a packet; read on request. tshark: eth.src.
        """
        return cast("AddressColumn", self._column("eth_src"))

    @property
    def eth_dst(self) -> AddressColumn:
        """Destination hardware address of the outermost Ethernet frame.

        Returns
        -------
        AddressColumn
            One value a packet; read on request. tshark: eth.dst.
        """
        return cast("AddressColumn", self._column("eth_dst"))

    @property
    def ethertype(self) -> NDArray[np.uint16]:
        """EtherType after the VLAN tags that follow the addresses; 0 where an 802.3 length stands in its place.

        Returns
        -------
        numpy.ndarray of uint16
            One value a packet; read on request. tshark: vlan.etype eth.type sll.etype.
        """
        return cast("NDArray[np.uint16]", self._column("ethertype"))

    @property
    def vlan_id(self) -> NDArray[np.uint16]:
        """VLAN identifier of the outermost tag (IEEE 802.1Q), which may be that of a frame inside a tunnel.

        Returns
        -------
        numpy.ndarray of uint16
            One value a packet; read on request. tshark: vlan.id.
        """
        return cast("NDArray[np.uint16]", self._column("vlan_id"))

    @property
    def ip_version(self) -> NDArray[np.uint8]:
        """4 or 6; 0 where there is no IP.

        Returns
        -------
        numpy.ndarray of uint8
            One value a packet; default column. tshark: ip.version ipv6.version.
        """
        return cast("NDArray[np.uint8]", self._column("ip_version"))

    @property
    def src(self) -> AddressColumn:
        """Source IP address; for ARP the sender's protocol address.

        Returns
        -------
        AddressColumn
            One value a packet; default column. tshark: ip.src ipv6.src arp.src.proto_ipv4.
        """
        return cast("AddressColumn", self._column("src"))

    @property
    def dst(self) -> AddressColumn:
        """Destination IP address; for ARP the target's protocol address.

        Returns
        -------
        AddressColumn
            One value a packet; default column. tshark: ip.dst ipv6.dst arp.dst.proto_ipv4.
        """
        return cast("AddressColumn", self._column("dst"))

    @property
    def protocol(self) -> NDArray[np.uint8]:
        """IANA number of the transport protocol, after IPv6 extension headers.

        Returns
        -------
        numpy.ndarray of uint8
            One value a packet; default column. tshark: ip.proto.
        """
        return cast("NDArray[np.uint8]", self._column("protocol"))

    @property
    def ttl(self) -> NDArray[np.uint8]:
        """IPv4 time to live or IPv6 hop limit.

        Returns
        -------
        numpy.ndarray of uint8
            One value a packet; read on request. tshark: ip.ttl ipv6.hlim.
        """
        return cast("NDArray[np.uint8]", self._column("ttl"))

    @property
    def tos(self) -> NDArray[np.uint8]:
        """IPv4 type of service or IPv6 traffic class: DSCP and ECN.

        Returns
        -------
        numpy.ndarray of uint8
            One value a packet; read on request. tshark: ip.dsfield ipv6.tclass.
        """
        return cast("NDArray[np.uint8]", self._column("tos"))

    @property
    def ip_id(self) -> NDArray[np.uint32]:
        """IPv4 identification or IPv6 fragment identification.

        Returns
        -------
        numpy.ndarray of uint32
            One value a packet; read on request. tshark: ip.id ipv6.fraghdr.ident.
        """
        return cast("NDArray[np.uint32]", self._column("ip_id"))

    @property
    def ip_length(self) -> NDArray[np.uint32]:
        """Length of the IP packet in bytes, its header included; what was on the wire where the header says 0.

        Returns
        -------
        numpy.ndarray of uint32
            One value a packet; read on request. tshark: ip.len.
        """
        return cast("NDArray[np.uint32]", self._column("ip_length"))

    @property
    def fragment_offset(self) -> NDArray[np.uint16]:
        """Where in the whole packet this fragment belongs, in bytes.

        Returns
        -------
        numpy.ndarray of uint16
            One value a packet; read on request. tshark: ip.frag_offset.
        """
        return cast("NDArray[np.uint16]", self._column("fragment_offset"))

    @property
    def sport(self) -> NDArray[np.uint16]:
        """Source port of TCP, UDP, UDP-Lite, SCTP or DCCP.

        Returns
        -------
        numpy.ndarray of uint16
            One value a packet; default column. tshark: tcp.srcport udp.srcport sctp.srcport.
        """
        return cast("NDArray[np.uint16]", self._column("sport"))

    @property
    def dport(self) -> NDArray[np.uint16]:
        """Destination port of TCP, UDP, UDP-Lite, SCTP or DCCP.

        Returns
        -------
        numpy.ndarray of uint16
            One value a packet; default column. tshark: tcp.dstport udp.dstport sctp.dstport.
        """
        return cast("NDArray[np.uint16]", self._column("dport"))

    @property
    def tcp_flags(self) -> NDArray[np.uint16]:
        """The nine TCP flags, as `TcpFlag`: FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128, NS 256.

        Returns
        -------
        numpy.ndarray of uint16
            One value a packet; default column. tshark: tcp.flags.
        """
        return cast("NDArray[np.uint16]", self._column("tcp_flags"))

    @property
    def tcp_seq(self) -> NDArray[np.uint32]:
        """TCP sequence number as sent, not relative.

        Returns
        -------
        numpy.ndarray of uint32
            One value a packet; read on request. tshark: tcp.seq_raw.
        """
        return cast("NDArray[np.uint32]", self._column("tcp_seq"))

    @property
    def tcp_ack(self) -> NDArray[np.uint32]:
        """TCP acknowledgment number as sent, not relative.

        Returns
        -------
        numpy.ndarray of uint32
            One value a packet; read on request. tshark: tcp.ack_raw.
        """
        return cast("NDArray[np.uint32]", self._column("tcp_ack"))

    @property
    def tcp_window(self) -> NDArray[np.uint16]:
        """TCP window as sent, not scaled.

        Returns
        -------
        numpy.ndarray of uint16
            One value a packet; read on request. tshark: tcp.window_size_value.
        """
        return cast("NDArray[np.uint16]", self._column("tcp_window"))

    @property
    def tcp_options(self) -> NDArray[np.uint8]:
        """Set of the TCP options found: 1 MSS, 2 window scale, 4 timestamps, 8 SACK permitted, 16 SACK, 128 others.

        Returns
        -------
        numpy.ndarray of uint8
            One value a packet; read on request. tshark has no such field.
        """
        return cast("NDArray[np.uint8]", self._column("tcp_options"))

    @property
    def tcp_mss(self) -> NDArray[np.uint16]:
        """TCP option: maximum segment size in bytes.

        Returns
        -------
        numpy.ndarray of uint16
            One value a packet; read on request. tshark: tcp.options.mss_val.
        """
        return cast("NDArray[np.uint16]", self._column("tcp_mss"))

    @property
    def tcp_wscale(self) -> NDArray[np.uint8]:
        """TCP option: window scale, the shift count (RFC 7323).

        Returns
        -------
        numpy.ndarray of uint8
            One value a packet; read on request. tshark: tcp.options.wscale.shift.
        """
        return cast("NDArray[np.uint8]", self._column("tcp_wscale"))

    @property
    def tcp_tsval(self) -> NDArray[np.uint32]:
        """TCP option: the sender's timestamp value (RFC 7323).

        Returns
        -------
        numpy.ndarray of uint32
            One value a packet; read on request. tshark: tcp.options.timestamp.tsval.
        """
        return cast("NDArray[np.uint32]", self._column("tcp_tsval"))

    @property
    def tcp_tsecr(self) -> NDArray[np.uint32]:
        """TCP option: the timestamp echo reply (RFC 7323).

        Returns
        -------
        numpy.ndarray of uint32
            One value a packet; read on request. tshark: tcp.options.timestamp.tsecr.
        """
        return cast("NDArray[np.uint32]", self._column("tcp_tsecr"))

    @property
    def icmp_type(self) -> NDArray[np.uint8]:
        """Type of the ICMP or ICMPv6 message; `protocol` tells which.

        Returns
        -------
        numpy.ndarray of uint8
            One value a packet; default column. tshark: icmp.type icmpv6.type.
        """
        return cast("NDArray[np.uint8]", self._column("icmp_type"))

    @property
    def icmp_code(self) -> NDArray[np.uint8]:
        """Code of the ICMP or ICMPv6 message.

        Returns
        -------
        numpy.ndarray of uint8
            One value a packet; default column. tshark: icmp.code icmpv6.code.
        """
        return cast("NDArray[np.uint8]", self._column("icmp_code"))

    @property
    def payload_length(self) -> NDArray[np.uint32]:
        """Bytes of transport payload by the headers' lengths, captured or not; for ICMP what follows its first 8 bytes.

        Returns
        -------
        numpy.ndarray of uint32
            One value a packet; default column. tshark: tcp.len udp.length.
        """
        return cast("NDArray[np.uint32]", self._column("payload_length"))

    @property
    def ip_checksum_ok(self) -> NDArray[np.uint8]:
        """Whether the innermost IPv4 header's checksum fits, as `Checksum`; a boolean in Arrow.

        Returns
        -------
        numpy.ndarray of uint8
            One value a packet; read on request. tshark: ip.checksum.status.
        """
        return cast("NDArray[np.uint8]", self._column("ip_checksum_ok"))

    @property
    def l4_checksum_ok(self) -> NDArray[np.uint8]:
        """Whether the checksum of the innermost message fits, as `Checksum`; a boolean in Arrow.

        Returns
        -------
        numpy.ndarray of uint8
            One value a packet; read on request. tshark: tcp.checksum.status udp.checksum.status sctp.checksum.status
            dccp.checksum.status icmp.checksum.status icmpv6.checksum.status igmp.checksum.status.
        """
        return cast("NDArray[np.uint8]", self._column("l4_checksum_ok"))

    @property
    def layers(self) -> NDArray[np.uint32]:
        """The headers found, a set of `Layer` bits.

        Returns
        -------
        numpy.ndarray of uint32
            One value a packet; default column. tshark has no such field.
        """
        return cast("NDArray[np.uint32]", self._column("layers"))

    @property
    def tunnel(self) -> NDArray[np.uint8]:
        """What carried the innermost headers, as `Tunnel`.

        Returns
        -------
        numpy.ndarray of uint8
            One value a packet; read on request. tshark has no such field.
        """
        return cast("NDArray[np.uint8]", self._column("tunnel"))

    @property
    def tunnel_id(self) -> NDArray[np.uint32]:
        """What the innermost tunnel's header has to tell it from others: VNI, TEID, GRE key, MPLS label, session, SPI.

        Returns
        -------
        numpy.ndarray of uint32
            One value a packet; read on request. tshark has no such field.
        """
        return cast("NDArray[np.uint32]", self._column("tunnel_id"))

    @property
    def tunnel_depth(self) -> NDArray[np.uint8]:
        """How many tunnels lie inside one another.

        Returns
        -------
        numpy.ndarray of uint8
            One value a packet; read on request. tshark has no such field.
        """
        return cast("NDArray[np.uint8]", self._column("tunnel_depth"))

    @property
    def outer_ip_version(self) -> NDArray[np.uint8]:
        """IP version of the packet around the outermost tunnel; 0 where there is no tunnel over IP.

        Returns
        -------
        numpy.ndarray of uint8
            One value a packet; read on request. tshark has no such field.
        """
        return cast("NDArray[np.uint8]", self._column("outer_ip_version"))

    @property
    def outer_src(self) -> AddressColumn:
        """Source IP address of the packet around the outermost tunnel.

        Returns
        -------
        AddressColumn
            One value a packet; read on request. tshark has no such field.
        """
        return cast("AddressColumn", self._column("outer_src"))

    @property
    def outer_dst(self) -> AddressColumn:
        """Destination IP address of the packet around the outermost tunnel.

        Returns
        -------
        AddressColumn
            One value a packet; read on request. tshark has no such field.
        """
        return cast("AddressColumn", self._column("outer_dst"))

    @property
    def stop(self) -> NDArray[np.uint8]:
        """Why decoding ended, as `Stop`.

        Returns
        -------
        numpy.ndarray of uint8
            One value a packet; default column. tshark has no such field.
        """
        return cast("NDArray[np.uint8]", self._column("stop"))
