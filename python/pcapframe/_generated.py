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


class EndReason(IntEnum):
    """Why a flow ended: values of the column ``end_reason`` of flows."""

    IDLE = 1
    """No packet came for the idle timeout."""
    ACTIVE = 2
    """It lasted longer than the active timeout."""
    END_OF_FLOW = 3
    """TCP said so: FIN, RST or a new SYN."""
    FORCED = 4
    """The capture ended."""
    LACK_OF_RESOURCES = 5
    """Its counters were full."""


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


class FlowProperties:
    """A property for every column of flows; one that was not made raises AttributeError and names the fix."""

    def _core_column(self, name: str) -> object:
        raise NotImplementedError  # pragma: no cover - Flows has it

    @property
    def src(self) -> AddressColumn:
        """IP address of the forward end: who sent the first packet, or the SYN if its SYN-ACK came first.

        Returns
        -------
        AddressColumn
            One value a flow.
        """
        return cast("AddressColumn", self._core_column("src"))

    @property
    def dst(self) -> AddressColumn:
        """IP address of the other end.

        Returns
        -------
        AddressColumn
            One value a flow.
        """
        return cast("AddressColumn", self._core_column("dst"))

    @property
    def sport(self) -> NDArray[np.uint16]:
        """Port of the forward end.

        Returns
        -------
        numpy.ndarray of uint16
            One value a flow.
        """
        return cast("NDArray[np.uint16]", self._core_column("sport"))

    @property
    def dport(self) -> NDArray[np.uint16]:
        """Port of the other end.

        Returns
        -------
        numpy.ndarray of uint16
            One value a flow.
        """
        return cast("NDArray[np.uint16]", self._core_column("dport"))

    @property
    def icmp_type(self) -> NDArray[np.uint8]:
        """Type of the forward end's ICMP messages; a reply's type belongs to its request's flow.

        Returns
        -------
        numpy.ndarray of uint8
            One value a flow.
        """
        return cast("NDArray[np.uint8]", self._core_column("icmp_type"))

    @property
    def icmp_code(self) -> NDArray[np.uint8]:
        """Code of ICMP messages that have no reply; those of each code are a flow of their own.

        Returns
        -------
        numpy.ndarray of uint8
            One value a flow.
        """
        return cast("NDArray[np.uint8]", self._core_column("icmp_code"))

    @property
    def protocol(self) -> NDArray[np.uint8]:
        """IANA number of the transport protocol.

        Returns
        -------
        numpy.ndarray of uint8
            One value a flow.
        """
        return cast("NDArray[np.uint8]", self._core_column("protocol"))

    @property
    def ip_version(self) -> NDArray[np.uint8]:
        """4 or 6.

        Returns
        -------
        numpy.ndarray of uint8
            One value a flow.
        """
        return cast("NDArray[np.uint8]", self._core_column("ip_version"))

    @property
    def vlan_id(self) -> NDArray[np.uint16]:
        """VLAN identifier of the outermost tag.

        Returns
        -------
        numpy.ndarray of uint16
            One value a flow.
        """
        return cast("NDArray[np.uint16]", self._core_column("vlan_id"))

    @property
    def tunnel(self) -> NDArray[np.uint8]:
        """What carried the packets, as `Tunnel`.

        Returns
        -------
        numpy.ndarray of uint8
            One value a flow.
        """
        return cast("NDArray[np.uint8]", self._core_column("tunnel"))

    @property
    def tunnel_id(self) -> NDArray[np.uint32]:
        """The tunnel's network: VNI, GRE key, I-SID. Numbers that differ by direction, as TEIDs do, are left out.

        Returns
        -------
        numpy.ndarray of uint32
            One value a flow.
        """
        return cast("NDArray[np.uint32]", self._core_column("tunnel_id"))

    @property
    def first_seen(self) -> NDArray[np.datetime64]:
        """Time of the earliest packet.

        Returns
        -------
        numpy.ndarray of datetime64[ns]
            One value a flow.
        """
        return cast("NDArray[np.datetime64]", self._core_column("first_seen"))

    @property
    def last_seen(self) -> NDArray[np.datetime64]:
        """Time of the latest packet.

        Returns
        -------
        numpy.ndarray of datetime64[ns]
            One value a flow.
        """
        return cast("NDArray[np.datetime64]", self._core_column("last_seen"))

    @property
    def duration(self) -> NDArray[np.timedelta64]:
        """From the earliest packet to the latest.

        Returns
        -------
        numpy.ndarray of timedelta64[ns]
            One value a flow.
        """
        return cast("NDArray[np.timedelta64]", self._core_column("duration"))

    @property
    def packets_total(self) -> NDArray[np.uint64]:
        """Packets of both directions.

        Returns
        -------
        numpy.ndarray of uint64
            One value a flow.
        """
        return cast("NDArray[np.uint64]", self._core_column("packets_total"))

    @property
    def packets_fwd(self) -> NDArray[np.uint64]:
        """Packets of the forward end.

        Returns
        -------
        numpy.ndarray of uint64
            One value a flow.
        """
        return cast("NDArray[np.uint64]", self._core_column("packets_fwd"))

    @property
    def packets_rev(self) -> NDArray[np.uint64]:
        """Packets of the other end.

        Returns
        -------
        numpy.ndarray of uint64
            One value a flow.
        """
        return cast("NDArray[np.uint64]", self._core_column("packets_rev"))

    @property
    def bytes_total(self) -> NDArray[np.uint64]:
        """Bytes on the wire, link headers included, of both directions.

        Returns
        -------
        numpy.ndarray of uint64
            One value a flow.
        """
        return cast("NDArray[np.uint64]", self._core_column("bytes_total"))

    @property
    def bytes_fwd(self) -> NDArray[np.uint64]:
        """Bytes on the wire that the forward end sent.

        Returns
        -------
        numpy.ndarray of uint64
            One value a flow.
        """
        return cast("NDArray[np.uint64]", self._core_column("bytes_fwd"))

    @property
    def bytes_rev(self) -> NDArray[np.uint64]:
        """Bytes on the wire that the other end sent.

        Returns
        -------
        numpy.ndarray of uint64
            One value a flow.
        """
        return cast("NDArray[np.uint64]", self._core_column("bytes_rev"))

    @property
    def ip_bytes_total(self) -> NDArray[np.uint64]:
        """Bytes of IP packets, their headers included, of both directions.

        Returns
        -------
        numpy.ndarray of uint64
            One value a flow.
        """
        return cast("NDArray[np.uint64]", self._core_column("ip_bytes_total"))

    @property
    def ip_bytes_fwd(self) -> NDArray[np.uint64]:
        """Bytes of IP packets that the forward end sent.

        Returns
        -------
        numpy.ndarray of uint64
            One value a flow.
        """
        return cast("NDArray[np.uint64]", self._core_column("ip_bytes_fwd"))

    @property
    def ip_bytes_rev(self) -> NDArray[np.uint64]:
        """Bytes of IP packets that the other end sent.

        Returns
        -------
        numpy.ndarray of uint64
            One value a flow.
        """
        return cast("NDArray[np.uint64]", self._core_column("ip_bytes_rev"))

    @property
    def payload_bytes_total(self) -> NDArray[np.uint64]:
        """Bytes of transport payload of both directions, as often as they were sent.

        Returns
        -------
        numpy.ndarray of uint64
            One value a flow.
        """
        return cast("NDArray[np.uint64]", self._core_column("payload_bytes_total"))

    @property
    def payload_bytes_fwd(self) -> NDArray[np.uint64]:
        """Bytes of transport payload that the forward end sent.

        Returns
        -------
        numpy.ndarray of uint64
            One value a flow.
        """
        return cast("NDArray[np.uint64]", self._core_column("payload_bytes_fwd"))

    @property
    def payload_bytes_rev(self) -> NDArray[np.uint64]:
        """Bytes of transport payload that the other end sent.

        Returns
        -------
        numpy.ndarray of uint64
            One value a flow.
        """
        return cast("NDArray[np.uint64]", self._core_column("payload_bytes_rev"))

    @property
    def end_reason(self) -> NDArray[np.uint8]:
        """Why the flow ended, as `EndReason`: flowEndReason of IPFIX (RFC 5102).

        Returns
        -------
        numpy.ndarray of uint8
            One value a flow.
        """
        return cast("NDArray[np.uint8]", self._core_column("end_reason"))

    @property
    def conn_state(self) -> NDArray[np.object_]:
        """What became of the connection: Zeek's `conn_state`, as `SF`, `S0` or `REJ`.

        Returns
        -------
        numpy.ndarray of object
            One value a flow.
        """
        return cast("NDArray[np.object_]", self._core_column("conn_state"))

    @property
    def history(self) -> NDArray[np.object_]:
        """What happened, in order: Zeek's `history`, the forward end in capitals; at most 36 letters.

        Returns
        -------
        numpy.ndarray of object
            One value a flow.
        """
        return cast("NDArray[np.object_]", self._core_column("history"))

    @property
    def window_fwd(self) -> NDArray[np.uint16]:
        """TCP window of the forward end's first packet, not scaled.

        Returns
        -------
        numpy.ndarray of uint16
            One value a flow.
        """
        return cast("NDArray[np.uint16]", self._core_column("window_fwd"))

    @property
    def window_rev(self) -> NDArray[np.uint16]:
        """TCP window of the other end's first packet, not scaled.

        Returns
        -------
        numpy.ndarray of uint16
            One value a flow.
        """
        return cast("NDArray[np.uint16]", self._core_column("window_rev"))

    @property
    def handshake_rtt(self) -> NDArray[np.timedelta64]:
        """Round-trip time of TCP's handshake: from the SYN to the ACK that answers the SYN-ACK.

        Returns
        -------
        numpy.ndarray of timedelta64[ns]
            One value a flow.
        """
        return cast("NDArray[np.timedelta64]", self._core_column("handshake_rtt"))

    @property
    def retransmitted_fwd(self) -> NDArray[np.uint32]:
        """TCP segments of the forward end whose payload had been sent before.

        Returns
        -------
        numpy.ndarray of uint32
            One value a flow.
        """
        return cast("NDArray[np.uint32]", self._core_column("retransmitted_fwd"))

    @property
    def retransmitted_rev(self) -> NDArray[np.uint32]:
        """TCP segments of the other end whose payload had been sent before.

        Returns
        -------
        numpy.ndarray of uint32
            One value a flow.
        """
        return cast("NDArray[np.uint32]", self._core_column("retransmitted_rev"))

    @property
    def out_of_order_fwd(self) -> NDArray[np.uint32]:
        """TCP segments of the forward end that came late: payload for a gap in what was seen.

        Returns
        -------
        numpy.ndarray of uint32
            One value a flow.
        """
        return cast("NDArray[np.uint32]", self._core_column("out_of_order_fwd"))

    @property
    def out_of_order_rev(self) -> NDArray[np.uint32]:
        """TCP segments of the other end that came late: payload for a gap in what was seen.

        Returns
        -------
        numpy.ndarray of uint32
            One value a flow.
        """
        return cast("NDArray[np.uint32]", self._core_column("out_of_order_rev"))

    @property
    def community_id(self) -> NDArray[np.object_]:
        """Community ID, version 1, with seed 0.

        Returns
        -------
        numpy.ndarray of object
            One value a flow.
        """
        return cast("NDArray[np.object_]", self._core_column("community_id"))

    @property
    def first_row(self) -> NDArray[np.uint64]:
        """Number of the flow's first packet among those that were read.

        Returns
        -------
        numpy.ndarray of uint64
            One value a flow.
        """
        return cast("NDArray[np.uint64]", self._core_column("first_row"))

    @property
    def size_min_total(self) -> NDArray[np.uint32]:
        """Bytes on the wire of packets of both ends: least.

        Returns
        -------
        numpy.ndarray of uint32
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.uint32]", self._core_column("size_min_total"))

    @property
    def size_mean_total(self) -> NDArray[np.float64]:
        """Bytes on the wire of packets of both ends: mean.

        Returns
        -------
        numpy.ndarray of float64
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.float64]", self._core_column("size_mean_total"))

    @property
    def size_std_total(self) -> NDArray[np.float64]:
        """Bytes on the wire of packets of both ends: standard deviation (of a sample).

        Returns
        -------
        numpy.ndarray of float64
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.float64]", self._core_column("size_std_total"))

    @property
    def size_max_total(self) -> NDArray[np.uint32]:
        """Bytes on the wire of packets of both ends: greatest.

        Returns
        -------
        numpy.ndarray of uint32
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.uint32]", self._core_column("size_max_total"))

    @property
    def size_min_fwd(self) -> NDArray[np.uint32]:
        """Bytes on the wire of packets of the forward end: least.

        Returns
        -------
        numpy.ndarray of uint32
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.uint32]", self._core_column("size_min_fwd"))

    @property
    def size_mean_fwd(self) -> NDArray[np.float64]:
        """Bytes on the wire of packets of the forward end: mean.

        Returns
        -------
        numpy.ndarray of float64
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.float64]", self._core_column("size_mean_fwd"))

    @property
    def size_std_fwd(self) -> NDArray[np.float64]:
        """Bytes on the wire of packets of the forward end: standard deviation (of a sample).

        Returns
        -------
        numpy.ndarray of float64
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.float64]", self._core_column("size_std_fwd"))

    @property
    def size_max_fwd(self) -> NDArray[np.uint32]:
        """Bytes on the wire of packets of the forward end: greatest.

        Returns
        -------
        numpy.ndarray of uint32
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.uint32]", self._core_column("size_max_fwd"))

    @property
    def size_min_rev(self) -> NDArray[np.uint32]:
        """Bytes on the wire of packets of the other end: least.

        Returns
        -------
        numpy.ndarray of uint32
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.uint32]", self._core_column("size_min_rev"))

    @property
    def size_mean_rev(self) -> NDArray[np.float64]:
        """Bytes on the wire of packets of the other end: mean.

        Returns
        -------
        numpy.ndarray of float64
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.float64]", self._core_column("size_mean_rev"))

    @property
    def size_std_rev(self) -> NDArray[np.float64]:
        """Bytes on the wire of packets of the other end: standard deviation (of a sample).

        Returns
        -------
        numpy.ndarray of float64
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.float64]", self._core_column("size_std_rev"))

    @property
    def size_max_rev(self) -> NDArray[np.uint32]:
        """Bytes on the wire of packets of the other end: greatest.

        Returns
        -------
        numpy.ndarray of uint32
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.uint32]", self._core_column("size_max_rev"))

    @property
    def payload_min_total(self) -> NDArray[np.uint32]:
        """Bytes of transport payload of packets of both ends: least.

        Returns
        -------
        numpy.ndarray of uint32
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.uint32]", self._core_column("payload_min_total"))

    @property
    def payload_mean_total(self) -> NDArray[np.float64]:
        """Bytes of transport payload of packets of both ends: mean.

        Returns
        -------
        numpy.ndarray of float64
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.float64]", self._core_column("payload_mean_total"))

    @property
    def payload_std_total(self) -> NDArray[np.float64]:
        """Bytes of transport payload of packets of both ends: standard deviation (of a sample).

        Returns
        -------
        numpy.ndarray of float64
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.float64]", self._core_column("payload_std_total"))

    @property
    def payload_max_total(self) -> NDArray[np.uint32]:
        """Bytes of transport payload of packets of both ends: greatest.

        Returns
        -------
        numpy.ndarray of uint32
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.uint32]", self._core_column("payload_max_total"))

    @property
    def payload_min_fwd(self) -> NDArray[np.uint32]:
        """Bytes of transport payload of packets of the forward end: least.

        Returns
        -------
        numpy.ndarray of uint32
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.uint32]", self._core_column("payload_min_fwd"))

    @property
    def payload_mean_fwd(self) -> NDArray[np.float64]:
        """Bytes of transport payload of packets of the forward end: mean.

        Returns
        -------
        numpy.ndarray of float64
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.float64]", self._core_column("payload_mean_fwd"))

    @property
    def payload_std_fwd(self) -> NDArray[np.float64]:
        """Bytes of transport payload of packets of the forward end: standard deviation (of a sample).

        Returns
        -------
        numpy.ndarray of float64
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.float64]", self._core_column("payload_std_fwd"))

    @property
    def payload_max_fwd(self) -> NDArray[np.uint32]:
        """Bytes of transport payload of packets of the forward end: greatest.

        Returns
        -------
        numpy.ndarray of uint32
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.uint32]", self._core_column("payload_max_fwd"))

    @property
    def payload_min_rev(self) -> NDArray[np.uint32]:
        """Bytes of transport payload of packets of the other end: least.

        Returns
        -------
        numpy.ndarray of uint32
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.uint32]", self._core_column("payload_min_rev"))

    @property
    def payload_mean_rev(self) -> NDArray[np.float64]:
        """Bytes of transport payload of packets of the other end: mean.

        Returns
        -------
        numpy.ndarray of float64
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.float64]", self._core_column("payload_mean_rev"))

    @property
    def payload_std_rev(self) -> NDArray[np.float64]:
        """Bytes of transport payload of packets of the other end: standard deviation (of a sample).

        Returns
        -------
        numpy.ndarray of float64
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.float64]", self._core_column("payload_std_rev"))

    @property
    def payload_max_rev(self) -> NDArray[np.uint32]:
        """Bytes of transport payload of packets of the other end: greatest.

        Returns
        -------
        numpy.ndarray of uint32
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.uint32]", self._core_column("payload_max_rev"))

    @property
    def iat_min_total(self) -> NDArray[np.timedelta64]:
        """Time between packets of both ends: least.

        Returns
        -------
        numpy.ndarray of timedelta64[ns]
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.timedelta64]", self._core_column("iat_min_total"))

    @property
    def iat_mean_total(self) -> NDArray[np.timedelta64]:
        """Time between packets of both ends: mean.

        Returns
        -------
        numpy.ndarray of timedelta64[ns]
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.timedelta64]", self._core_column("iat_mean_total"))

    @property
    def iat_std_total(self) -> NDArray[np.timedelta64]:
        """Time between packets of both ends: standard deviation (of a sample).

        Returns
        -------
        numpy.ndarray of timedelta64[ns]
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.timedelta64]", self._core_column("iat_std_total"))

    @property
    def iat_max_total(self) -> NDArray[np.timedelta64]:
        """Time between packets of both ends: greatest.

        Returns
        -------
        numpy.ndarray of timedelta64[ns]
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.timedelta64]", self._core_column("iat_max_total"))

    @property
    def iat_min_fwd(self) -> NDArray[np.timedelta64]:
        """Time between packets of the forward end: least.

        Returns
        -------
        numpy.ndarray of timedelta64[ns]
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.timedelta64]", self._core_column("iat_min_fwd"))

    @property
    def iat_mean_fwd(self) -> NDArray[np.timedelta64]:
        """Time between packets of the forward end: mean.

        Returns
        -------
        numpy.ndarray of timedelta64[ns]
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.timedelta64]", self._core_column("iat_mean_fwd"))

    @property
    def iat_std_fwd(self) -> NDArray[np.timedelta64]:
        """Time between packets of the forward end: standard deviation (of a sample).

        Returns
        -------
        numpy.ndarray of timedelta64[ns]
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.timedelta64]", self._core_column("iat_std_fwd"))

    @property
    def iat_max_fwd(self) -> NDArray[np.timedelta64]:
        """Time between packets of the forward end: greatest.

        Returns
        -------
        numpy.ndarray of timedelta64[ns]
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.timedelta64]", self._core_column("iat_max_fwd"))

    @property
    def iat_min_rev(self) -> NDArray[np.timedelta64]:
        """Time between packets of the other end: least.

        Returns
        -------
        numpy.ndarray of timedelta64[ns]
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.timedelta64]", self._core_column("iat_min_rev"))

    @property
    def iat_mean_rev(self) -> NDArray[np.timedelta64]:
        """Time between packets of the other end: mean.

        Returns
        -------
        numpy.ndarray of timedelta64[ns]
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.timedelta64]", self._core_column("iat_mean_rev"))

    @property
    def iat_std_rev(self) -> NDArray[np.timedelta64]:
        """Time between packets of the other end: standard deviation (of a sample).

        Returns
        -------
        numpy.ndarray of timedelta64[ns]
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.timedelta64]", self._core_column("iat_std_rev"))

    @property
    def iat_max_rev(self) -> NDArray[np.timedelta64]:
        """Time between packets of the other end: greatest.

        Returns
        -------
        numpy.ndarray of timedelta64[ns]
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.timedelta64]", self._core_column("iat_max_rev"))

    @property
    def first_seen_fwd(self) -> NDArray[np.datetime64]:
        """Time of the earliest packet of the forward end.

        Returns
        -------
        numpy.ndarray of datetime64[ns]
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.datetime64]", self._core_column("first_seen_fwd"))

    @property
    def last_seen_fwd(self) -> NDArray[np.datetime64]:
        """Time of the latest packet of the forward end.

        Returns
        -------
        numpy.ndarray of datetime64[ns]
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.datetime64]", self._core_column("last_seen_fwd"))

    @property
    def first_seen_rev(self) -> NDArray[np.datetime64]:
        """Time of the earliest packet of the other end.

        Returns
        -------
        numpy.ndarray of datetime64[ns]
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.datetime64]", self._core_column("first_seen_rev"))

    @property
    def last_seen_rev(self) -> NDArray[np.datetime64]:
        """Time of the latest packet of the other end.

        Returns
        -------
        numpy.ndarray of datetime64[ns]
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.datetime64]", self._core_column("last_seen_rev"))

    @property
    def fin_total(self) -> NDArray[np.uint32]:
        """Packets of both ends with TCP's flag FIN.

        Returns
        -------
        numpy.ndarray of uint32
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.uint32]", self._core_column("fin_total"))

    @property
    def fin_fwd(self) -> NDArray[np.uint32]:
        """Packets of the forward end with TCP's flag FIN.

        Returns
        -------
        numpy.ndarray of uint32
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.uint32]", self._core_column("fin_fwd"))

    @property
    def fin_rev(self) -> NDArray[np.uint32]:
        """Packets of the other end with TCP's flag FIN.

        Returns
        -------
        numpy.ndarray of uint32
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.uint32]", self._core_column("fin_rev"))

    @property
    def syn_total(self) -> NDArray[np.uint32]:
        """Packets of both ends with TCP's flag SYN.

        Returns
        -------
        numpy.ndarray of uint32
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.uint32]", self._core_column("syn_total"))

    @property
    def syn_fwd(self) -> NDArray[np.uint32]:
        """Packets of the forward end with TCP's flag SYN.

        Returns
        -------
        numpy.ndarray of uint32
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.uint32]", self._core_column("syn_fwd"))

    @property
    def syn_rev(self) -> NDArray[np.uint32]:
        """Packets of the other end with TCP's flag SYN.

        Returns
        -------
        numpy.ndarray of uint32
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.uint32]", self._core_column("syn_rev"))

    @property
    def rst_total(self) -> NDArray[np.uint32]:
        """Packets of both ends with TCP's flag RST.

        Returns
        -------
        numpy.ndarray of uint32
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.uint32]", self._core_column("rst_total"))

    @property
    def rst_fwd(self) -> NDArray[np.uint32]:
        """Packets of the forward end with TCP's flag RST.

        Returns
        -------
        numpy.ndarray of uint32
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.uint32]", self._core_column("rst_fwd"))

    @property
    def rst_rev(self) -> NDArray[np.uint32]:
        """Packets of the other end with TCP's flag RST.

        Returns
        -------
        numpy.ndarray of uint32
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.uint32]", self._core_column("rst_rev"))

    @property
    def psh_total(self) -> NDArray[np.uint32]:
        """Packets of both ends with TCP's flag PSH.

        Returns
        -------
        numpy.ndarray of uint32
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.uint32]", self._core_column("psh_total"))

    @property
    def psh_fwd(self) -> NDArray[np.uint32]:
        """Packets of the forward end with TCP's flag PSH.

        Returns
        -------
        numpy.ndarray of uint32
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.uint32]", self._core_column("psh_fwd"))

    @property
    def psh_rev(self) -> NDArray[np.uint32]:
        """Packets of the other end with TCP's flag PSH.

        Returns
        -------
        numpy.ndarray of uint32
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.uint32]", self._core_column("psh_rev"))

    @property
    def ack_total(self) -> NDArray[np.uint32]:
        """Packets of both ends with TCP's flag ACK.

        Returns
        -------
        numpy.ndarray of uint32
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.uint32]", self._core_column("ack_total"))

    @property
    def ack_fwd(self) -> NDArray[np.uint32]:
        """Packets of the forward end with TCP's flag ACK.

        Returns
        -------
        numpy.ndarray of uint32
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.uint32]", self._core_column("ack_fwd"))

    @property
    def ack_rev(self) -> NDArray[np.uint32]:
        """Packets of the other end with TCP's flag ACK.

        Returns
        -------
        numpy.ndarray of uint32
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.uint32]", self._core_column("ack_rev"))

    @property
    def urg_total(self) -> NDArray[np.uint32]:
        """Packets of both ends with TCP's flag URG.

        Returns
        -------
        numpy.ndarray of uint32
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.uint32]", self._core_column("urg_total"))

    @property
    def urg_fwd(self) -> NDArray[np.uint32]:
        """Packets of the forward end with TCP's flag URG.

        Returns
        -------
        numpy.ndarray of uint32
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.uint32]", self._core_column("urg_fwd"))

    @property
    def urg_rev(self) -> NDArray[np.uint32]:
        """Packets of the other end with TCP's flag URG.

        Returns
        -------
        numpy.ndarray of uint32
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.uint32]", self._core_column("urg_rev"))

    @property
    def ece_total(self) -> NDArray[np.uint32]:
        """Packets of both ends with TCP's flag ECE.

        Returns
        -------
        numpy.ndarray of uint32
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.uint32]", self._core_column("ece_total"))

    @property
    def ece_fwd(self) -> NDArray[np.uint32]:
        """Packets of the forward end with TCP's flag ECE.

        Returns
        -------
        numpy.ndarray of uint32
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.uint32]", self._core_column("ece_fwd"))

    @property
    def ece_rev(self) -> NDArray[np.uint32]:
        """Packets of the other end with TCP's flag ECE.

        Returns
        -------
        numpy.ndarray of uint32
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.uint32]", self._core_column("ece_rev"))

    @property
    def cwr_total(self) -> NDArray[np.uint32]:
        """Packets of both ends with TCP's flag CWR.

        Returns
        -------
        numpy.ndarray of uint32
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.uint32]", self._core_column("cwr_total"))

    @property
    def cwr_fwd(self) -> NDArray[np.uint32]:
        """Packets of the forward end with TCP's flag CWR.

        Returns
        -------
        numpy.ndarray of uint32
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.uint32]", self._core_column("cwr_fwd"))

    @property
    def cwr_rev(self) -> NDArray[np.uint32]:
        """Packets of the other end with TCP's flag CWR.

        Returns
        -------
        numpy.ndarray of uint32
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.uint32]", self._core_column("cwr_rev"))

    @property
    def header_bytes_fwd(self) -> NDArray[np.uint64]:
        """Bytes of headers behind the fixed part of IP's (20 or 40 bytes), of the forward end.

        Returns
        -------
        numpy.ndarray of uint64
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.uint64]", self._core_column("header_bytes_fwd"))

    @property
    def header_min_fwd(self) -> NDArray[np.uint32]:
        """The least of these in a packet of the forward end.

        Returns
        -------
        numpy.ndarray of uint32
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.uint32]", self._core_column("header_min_fwd"))

    @property
    def data_packets_fwd(self) -> NDArray[np.uint32]:
        """Packets of the forward end with payload.

        Returns
        -------
        numpy.ndarray of uint32
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.uint32]", self._core_column("data_packets_fwd"))

    @property
    def header_bytes_rev(self) -> NDArray[np.uint64]:
        """Bytes of headers behind the fixed part of IP's (20 or 40 bytes), of the other end.

        Returns
        -------
        numpy.ndarray of uint64
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.uint64]", self._core_column("header_bytes_rev"))

    @property
    def header_min_rev(self) -> NDArray[np.uint32]:
        """The least of these in a packet of the other end.

        Returns
        -------
        numpy.ndarray of uint32
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.uint32]", self._core_column("header_min_rev"))

    @property
    def data_packets_rev(self) -> NDArray[np.uint32]:
        """Packets of the other end with payload.

        Returns
        -------
        numpy.ndarray of uint32
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.uint32]", self._core_column("data_packets_rev"))

    @property
    def bulks_fwd(self) -> NDArray[np.uint32]:
        """Bulks of the forward end: four or more packets with payload in a row, within a second each.

        Returns
        -------
        numpy.ndarray of uint32
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.uint32]", self._core_column("bulks_fwd"))

    @property
    def bulk_packets_fwd(self) -> NDArray[np.uint32]:
        """Packets in the bulks of the forward end.

        Returns
        -------
        numpy.ndarray of uint32
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.uint32]", self._core_column("bulk_packets_fwd"))

    @property
    def bulk_bytes_fwd(self) -> NDArray[np.uint64]:
        """Bytes of payload in the bulks of the forward end.

        Returns
        -------
        numpy.ndarray of uint64
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.uint64]", self._core_column("bulk_bytes_fwd"))

    @property
    def bulk_duration_fwd(self) -> NDArray[np.timedelta64]:
        """Duration of the bulks of the forward end, all together.

        Returns
        -------
        numpy.ndarray of timedelta64[ns]
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.timedelta64]", self._core_column("bulk_duration_fwd"))

    @property
    def bulks_rev(self) -> NDArray[np.uint32]:
        """Bulks of the other end: four or more packets with payload in a row, within a second each.

        Returns
        -------
        numpy.ndarray of uint32
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.uint32]", self._core_column("bulks_rev"))

    @property
    def bulk_packets_rev(self) -> NDArray[np.uint32]:
        """Packets in the bulks of the other end.

        Returns
        -------
        numpy.ndarray of uint32
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.uint32]", self._core_column("bulk_packets_rev"))

    @property
    def bulk_bytes_rev(self) -> NDArray[np.uint64]:
        """Bytes of payload in the bulks of the other end.

        Returns
        -------
        numpy.ndarray of uint64
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.uint64]", self._core_column("bulk_bytes_rev"))

    @property
    def bulk_duration_rev(self) -> NDArray[np.timedelta64]:
        """Duration of the bulks of the other end, all together.

        Returns
        -------
        numpy.ndarray of timedelta64[ns]
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.timedelta64]", self._core_column("bulk_duration_rev"))

    @property
    def subflows(self) -> NDArray[np.uint32]:
        """Subflows: parts of the flow with no silence longer than a second.

        Returns
        -------
        numpy.ndarray of uint32
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.uint32]", self._core_column("subflows"))

    @property
    def idle_count(self) -> NDArray[np.uint32]:
        """How many times the flow was silent for longer than 5 seconds.

        Returns
        -------
        numpy.ndarray of uint32
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.uint32]", self._core_column("idle_count"))

    @property
    def active_min(self) -> NDArray[np.timedelta64]:
        """How long the flow was active before it became idle: least.

        Returns
        -------
        numpy.ndarray of timedelta64[ns]
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.timedelta64]", self._core_column("active_min"))

    @property
    def active_mean(self) -> NDArray[np.timedelta64]:
        """How long the flow was active before it became idle: mean.

        Returns
        -------
        numpy.ndarray of timedelta64[ns]
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.timedelta64]", self._core_column("active_mean"))

    @property
    def active_std(self) -> NDArray[np.timedelta64]:
        """How long the flow was active before it became idle: standard deviation (of a sample).

        Returns
        -------
        numpy.ndarray of timedelta64[ns]
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.timedelta64]", self._core_column("active_std"))

    @property
    def active_max(self) -> NDArray[np.timedelta64]:
        """How long the flow was active before it became idle: greatest.

        Returns
        -------
        numpy.ndarray of timedelta64[ns]
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.timedelta64]", self._core_column("active_max"))

    @property
    def idle_min(self) -> NDArray[np.timedelta64]:
        """How long the flow was idle before it became active: least.

        Returns
        -------
        numpy.ndarray of timedelta64[ns]
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.timedelta64]", self._core_column("idle_min"))

    @property
    def idle_mean(self) -> NDArray[np.timedelta64]:
        """How long the flow was idle before it became active: mean.

        Returns
        -------
        numpy.ndarray of timedelta64[ns]
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.timedelta64]", self._core_column("idle_mean"))

    @property
    def idle_std(self) -> NDArray[np.timedelta64]:
        """How long the flow was idle before it became active: standard deviation (of a sample).

        Returns
        -------
        numpy.ndarray of timedelta64[ns]
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.timedelta64]", self._core_column("idle_std"))

    @property
    def idle_max(self) -> NDArray[np.timedelta64]:
        """How long the flow was idle before it became active: greatest.

        Returns
        -------
        numpy.ndarray of timedelta64[ns]
            One value a flow. Made with ``statistics=True``.
        """
        return cast("NDArray[np.timedelta64]", self._core_column("idle_max"))

    @property
    def sequence_sizes(self) -> NDArray[np.uint32]:
        """Bytes on the wire of each of the flow's first packets; 0 where it has no such packet.

        Returns
        -------
        numpy.ndarray of uint32
            A row a flow, a column a packet. Made with ``sequence=N``.
        """
        return cast("NDArray[np.uint32]", self._core_column("sequence_sizes"))

    @property
    def sequence_iats(self) -> NDArray[np.timedelta64]:
        """Time of each since the packet before; 0 for the first one and where the flow has no such packet.

        Returns
        -------
        numpy.ndarray of timedelta64[ns]
            A row a flow, a column a packet. Made with ``sequence=N``.
        """
        return cast("NDArray[np.timedelta64]", self._core_column("sequence_iats"))

    @property
    def sequence_directions(self) -> NDArray[np.int8]:
        """Direction of each: 1 forward, -1 reverse; 0 where the flow has no such packet.

        Returns
        -------
        numpy.ndarray of int8
            A row a flow, a column a packet. Made with ``sequence=N``.
        """
        return cast("NDArray[np.int8]", self._core_column("sequence_directions"))
