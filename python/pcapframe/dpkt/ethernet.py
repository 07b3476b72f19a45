"""Ethernet: Ethernet II with VLAN tags (IEEE 802.1Q, 802.1ad), MPLS labels (RFC 3032), IEEE 802.3 with LLC, and Cisco ISL."""

from __future__ import annotations

from typing import ClassVar

from pcapframe._core import Ethernet as Ethernet
from pcapframe._core import Tag as _Tag

from . import dpkt as dpkt
from .utils import mac_to_str

ETH_CRC_LEN = 4
ETH_HDR_LEN = 14

ETH_LEN_MIN = 64
ETH_LEN_MAX = 1518

ETH_MTU = ETH_LEN_MAX - ETH_HDR_LEN - ETH_CRC_LEN
ETH_MIN = ETH_LEN_MIN - ETH_HDR_LEN - ETH_CRC_LEN

# EtherTypes: https://www.iana.org/assignments/ieee-802-numbers
ETH_TYPE_UNKNOWN = 0x0000
ETH_TYPE_EDP = 0x00BB
ETH_TYPE_PUP = 0x0200
ETH_TYPE_IP = 0x0800
ETH_TYPE_ARP = 0x0806
ETH_TYPE_AOE = 0x88A2
ETH_TYPE_CDP = 0x2000
ETH_TYPE_DTP = 0x2004
ETH_TYPE_REVARP = 0x8035
ETH_TYPE_8021Q = 0x8100
ETH_TYPE_8021AD = 0x88A8
ETH_TYPE_QINQ1 = 0x9100
ETH_TYPE_QINQ2 = 0x9200
ETH_TYPE_IPX = 0x8137
ETH_TYPE_IP6 = 0x86DD
ETH_TYPE_PPP = 0x880B
ETH_TYPE_MPLS = 0x8847
ETH_TYPE_MPLS_MCAST = 0x8848
ETH_TYPE_PPPoE_DISC = 0x8863
ETH_TYPE_PPPoE = 0x8864
ETH_TYPE_LLDP = 0x88CC
ETH_TYPE_TEB = 0x6558
ETH_TYPE_PROFINET = 0x8892

_ETH_TYPES_QINQ = frozenset({ETH_TYPE_8021Q, ETH_TYPE_8021AD, ETH_TYPE_QINQ1, ETH_TYPE_QINQ2})

Ethernet.__pprint_funcs__ = {"dst": mac_to_str, "src": mac_to_str}


class MPLSlabel(_Tag):
    """One entry of an MPLS label stack, RFC 3032: label, traffic class, bottom of stack, time to live."""

    __hdr__ = (("_val_exp_s_ttl", "I", 0),)
    __bit_fields__: ClassVar = {"_val_exp_s_ttl": (("val", 20), ("exp", 3), ("s", 1), ("ttl", 8))}
    val: int
    exp: int
    s: int
    ttl: int

    def as_tuple(self) -> tuple[int, int, int]:
        """Label, traffic class and time to live."""
        return (self.val, self.exp, self.ttl)


class VLANtag8021Q(_Tag):
    """A VLAN tag of IEEE 802.1Q; `type` is the EtherType of what follows it."""

    __hdr__ = (("_pri_cfi_id", "H", 0), ("type", "H", ETH_TYPE_IP))
    __bit_fields__: ClassVar = {"_pri_cfi_id": (("pri", 3), ("cfi", 1), ("id", 12))}
    pri: int
    cfi: int
    id: int
    type: int

    def as_tuple(self) -> tuple[int, int, int]:
        """VLAN, priority and drop eligibility."""
        return (self.id, self.pri, self.cfi)


class VLANtagISL(_Tag):
    """The header of Cisco's Inter-Switch Link, which goes in front of the frame that it tags."""

    __hdr__ = (
        ("da", "5s", b"\x01\x00\x0c\x00\x00"),
        ("_type_pri", "B", 3),
        ("sa", "6s", b""),
        ("len", "H", 0),
        ("snap", "3s", b"\xaa\xaa\x03"),
        ("hsa", "3s", b"\x00\x00\x0c"),
        ("_id_bpdu", "H", 0),
        ("indx", "H", 0),
        ("res", "H", 0),
    )
    __bit_fields__: ClassVar = {"_type_pri": (("type", 4), ("pri", 4)), "_id_bpdu": (("id", 15), ("bpdu", 1))}
    da: bytes
    type: int
    pri: int
    sa: bytes
    len: int
    snap: bytes
    hsa: bytes
    id: int
    bpdu: int
    indx: int
    res: int


# Scripts reach these through this module, too; llc imports it.
from . import llc as llc  # noqa: E402
