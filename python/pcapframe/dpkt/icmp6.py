"""Internet Control Message Protocol for IPv6: RFC 4443, RFC 4861."""

from __future__ import annotations

from pcapframe._core import ICMP6 as ICMP6

from . import dpkt

# Types: https://www.iana.org/assignments/icmpv6-parameters
ICMP6_DST_UNREACH = 1
ICMP6_PACKET_TOO_BIG = 2
ICMP6_TIME_EXCEEDED = 3
ICMP6_PARAM_PROB = 4
ICMP6_ECHO_REQUEST = 128
ICMP6_ECHO_REPLY = 129
MLD_LISTENER_QUERY = 130
MLD_LISTENER_REPORT = 131
MLD_LISTENER_DONE = 132
ICMP6_MEMBERSHIP_QUERY = 130
ICMP6_MEMBERSHIP_REPORT = 131
ICMP6_MEMBERSHIP_REDUCTION = 132
ND_ROUTER_SOLICIT = 133
ND_ROUTER_ADVERT = 134
ND_NEIGHBOR_SOLICIT = 135
ND_NEIGHBOR_ADVERT = 136
ND_REDIRECT = 137
ICMP6_ROUTER_RENUMBERING = 138
ICMP6_WRUREQUEST = 139
ICMP6_WRUREPLY = 140
ICMP6_FQDN_QUERY = 139
ICMP6_FQDN_REPLY = 140
ICMP6_NI_QUERY = 139
ICMP6_NI_REPLY = 140
ICMP6_MAXTYPE = 201


class _Error(dpkt.Packet):
    """A message that quotes the packet it is about."""

    __hdr__ = (("pad", "I", 0),)
    pad: int

    def unpack(self, buf: bytes) -> None:
        """Read the header; the quoted packet becomes `data` and `ip6`."""
        from .ip6 import IP6

        super().unpack(buf)
        self.data = self.ip6 = IP6(self.data)


class _Unreach(_Error):  # noqa: N818
    """Destination unreachable."""


class _TooBig(_Error):  # noqa: N818
    """Packet too big for the next link's `mtu`."""

    __hdr__ = (("mtu", "I", 1232),)
    mtu: int


class _TimeExceed(_Error):  # noqa: N818
    """Time exceeded."""


class _ParamProb(_Error):  # noqa: N818
    """Parameter problem; `ptr` is the offset of the byte in question."""

    __hdr__ = (("ptr", "I", 0),)
    ptr: int


class _Echo(dpkt.Packet):
    """Echo request or reply."""

    __hdr__ = (("id", "H", 0), ("seq", "H", 0))
    id: int
    seq: int


_class: type[dpkt.Packet]
for _class in (_Error, _Unreach, _TooBig, _TimeExceed, _ParamProb, _Echo):
    dpkt.nest(ICMP6, _class)

ICMP6._typesw.update({1: _Unreach, 2: _TooBig, 3: _TimeExceed, 4: _ParamProb, 128: _Echo, 129: _Echo})
