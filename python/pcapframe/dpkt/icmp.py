"""Internet Control Message Protocol: RFC 792."""

from __future__ import annotations

from typing import Any, ClassVar

from pcapframe._core import ICMP as ICMP

from . import dpkt

# Types and codes: https://www.iana.org/assignments/icmp-parameters
ICMP_CODE_NONE = 0
ICMP_ECHOREPLY = 0
ICMP_UNREACH = 3
ICMP_UNREACH_NET = 0
ICMP_UNREACH_HOST = 1
ICMP_UNREACH_PROTO = 2
ICMP_UNREACH_PORT = 3
ICMP_UNREACH_NEEDFRAG = 4
ICMP_UNREACH_SRCFAIL = 5
ICMP_UNREACH_NET_UNKNOWN = 6
ICMP_UNREACH_HOST_UNKNOWN = 7
ICMP_UNREACH_ISOLATED = 8
ICMP_UNREACH_NET_PROHIB = 9
ICMP_UNREACH_HOST_PROHIB = 10
ICMP_UNREACH_TOSNET = 11
ICMP_UNREACH_TOSHOST = 12
ICMP_UNREACH_FILTER_PROHIB = 13
ICMP_UNREACH_HOST_PRECEDENCE = 14
ICMP_UNREACH_PRECEDENCE_CUTOFF = 15
ICMP_SRCQUENCH = 4
ICMP_REDIRECT = 5
ICMP_REDIRECT_NET = 0
ICMP_REDIRECT_HOST = 1
ICMP_REDIRECT_TOSNET = 2
ICMP_REDIRECT_TOSHOST = 3
ICMP_ALTHOSTADDR = 6
ICMP_ECHO = 8
ICMP_RTRADVERT = 9
ICMP_RTRADVERT_NORMAL = 0
ICMP_RTRADVERT_NOROUTE_COMMON = 16
ICMP_RTRSOLICIT = 10
ICMP_TIMEXCEED = 11
ICMP_TIMEXCEED_INTRANS = 0
ICMP_TIMEXCEED_REASS = 1
ICMP_PARAMPROB = 12
ICMP_PARAMPROB_ERRATPTR = 0
ICMP_PARAMPROB_OPTABSENT = 1
ICMP_PARAMPROB_LENGTH = 2
ICMP_TSTAMP = 13
ICMP_TSTAMPREPLY = 14
ICMP_INFO = 15
ICMP_INFOREPLY = 16
ICMP_MASK = 17
ICMP_MASKREPLY = 18
ICMP_TRACEROUTE = 30
ICMP_DATACONVERR = 31
ICMP_MOBILE_REDIRECT = 32
ICMP_IP6_WHEREAREYOU = 33
ICMP_IP6_IAMHERE = 34
ICMP_MOBILE_REG = 35
ICMP_MOBILE_REGREPLY = 36
ICMP_DNS = 37
ICMP_DNSREPLY = 38
ICMP_SKIP = 39
ICMP_PHOTURIS = 40
ICMP_PHOTURIS_UNKNOWN_INDEX = 0
ICMP_PHOTURIS_AUTH_FAILED = 1
ICMP_PHOTURIS_DECOMPRESS_FAILED = 2
ICMP_PHOTURIS_DECRYPT_FAILED = 3
ICMP_PHOTURIS_NEED_AUTHN = 4
ICMP_PHOTURIS_NEED_AUTHZ = 5
ICMP_TYPE_MAX = 40


#: What (type, code) says, in the words of IANA's registry.
class _Descriptions(dict[tuple[int, int], str]):
    """A dictionary that can be a key itself: some programs turn all of a module's names that begin with `ICMP_` around."""

    __hash__ = object.__hash__  # type: ignore[assignment]


ICMP_TYPE_DESCRIPTIONS: dict[tuple[int, int], str] = _Descriptions(
    {
        (0, 0): "Echo Reply",
        (3, 0): "Net Unreachable",
        (3, 1): "Host Unreachable",
        (3, 2): "Protocol Unreachable",
        (3, 3): "Port Unreachable",
        (3, 4): "Fragmentation Needed and Don't Fragment was Set",
        (3, 5): "Source Route Failed",
        (3, 6): "Destination Network Unknown",
        (3, 7): "Destination Host Unknown",
        (3, 8): "Source Host Isolated",
        (3, 9): "Communication with Destination Network is Administratively Prohibited",
        (3, 10): "Communication with Destination Host is Administratively Prohibited",
        (3, 11): "Destination Network Unreachable for Type of Service",
        (3, 12): "Destination Host Unreachable for Type of Service",
        (3, 13): "Communication Administratively Prohibited",
        (3, 14): "Host Precedence Violation",
        (3, 15): "Precedence Cutoff in Effect",
        (4, 0): "Source Quench",
        (5, 0): "Redirect Datagram for the Network",
        (5, 1): "Redirect Datagram for the Host",
        (5, 2): "Redirect Datagram for the Type of Service and Network",
        (5, 3): "Redirect Datagram for the Type of Service and Host",
        (6, 0): "Alternate Address for Host",
        (8, 0): "Echo",
        (9, 0): "Normal Router Advertisement",
        (9, 16): "Does Not Route Common Traffic",
        (10, 0): "Router Solicitation",
        (11, 0): "Time to Live Exceeded in Transit",
        (11, 1): "Fragment Reassembly Time Exceeded",
        (12, 0): "Pointer Indicates the Error",
        (12, 1): "Missing a Required Option",
        (12, 2): "Bad Length",
        (13, 0): "Timestamp",
        (14, 0): "Timestamp Reply",
        (15, 0): "Information Request",
        (16, 0): "Information Reply",
        (17, 0): "Address Mask Request",
        (18, 0): "Address Mask Reply",
        (30, 0): "Traceroute",
        (31, 0): "Datagram Conversion Error",
        (32, 0): "Mobile Host Redirect",
        (33, 0): "IPv6 Where-Are-You",
        (34, 0): "IPv6 I-Am-Here",
        (35, 0): "Mobile Registration Request",
        (36, 0): "Mobile Registration Reply",
        (37, 0): "Domain Name Request",
        (38, 0): "Domain Name Reply",
        (39, 0): "SKIP",
        (40, 0): "Bad SPI",
        (40, 1): "Authentication Failed",
        (40, 2): "Decompression Failed",
        (40, 3): "Decryption Failed",
        (40, 4): "Need Authentication",
        (40, 5): "Need Authorization",
        (42, 0): "Extended Echo Request",
        (43, 0): "Extended Echo Reply",
    }
)


class _Echo(dpkt.Packet):
    """Echo request or reply."""

    __hdr__ = (("id", "H", 0), ("seq", "H", 0))
    id: int
    seq: int


class _Quote(dpkt.Packet):
    """A message that quotes the packet it is about."""

    __hdr__: ClassVar[tuple[tuple[str, str, Any], ...]] = (("pad", "I", 0),)
    pad: int

    def unpack(self, buf: bytes) -> None:
        """Read the header; the quoted packet becomes `data` and `ip`."""
        from .ip import IP

        super().unpack(buf)
        self.data = self.ip = IP(self.data)


class _Unreach(_Quote):
    """Destination unreachable; `mtu` of the next hop where a fragment was needed (RFC 1191)."""

    __hdr__ = (("pad", "H", 0), ("mtu", "H", 0))
    mtu: int


class _Quench(_Quote):
    """Source quench."""


class _Redirect(_Quote):
    """Redirect to gateway `gw`."""

    __hdr__ = (("gw", "I", 0),)
    gw: int


class _ParamProbe(_Quote):
    """Parameter problem; `ptr` is the offset of the byte in question."""

    __hdr__ = (("ptr", "B", 0), ("pad1", "B", 0), ("pad2", "H", 0))
    ptr: int
    pad1: int
    pad2: int


class _TimeExceed(_Quote):
    """Time exceeded."""


_class: type[dpkt.Packet]
for _class in (_Echo, _Quote, _Unreach, _Quench, _Redirect, _ParamProbe, _TimeExceed):
    dpkt.nest(ICMP, _class)

ICMP._typesw.update({0: _Echo, 3: _Unreach, 4: _Quench, 5: _Redirect, 8: _Echo, 11: _TimeExceed})
