"""Internet Protocol, version 6: RFC 8200."""

from __future__ import annotations

from typing import ClassVar

from pcapframe._core import IP6 as IP6

from . import dpkt, ip
from . import tcp as tcp
from .utils import inet_to_str

IP6.__pprint_funcs__ = {"src": inet_to_str, "dst": inet_to_str}
# Both versions carry the same protocols: a class set for one is found by the other.
IP6._protosw = ip.IP._protosw

#: Numbers of the extension headers that are taken apart, in the order in which RFC 8200 has them sent.
EXT_HDRS = [
    ip.IP_PROTO_HOPOPTS,
    ip.IP_PROTO_ROUTING,
    ip.IP_PROTO_FRAGMENT,
    ip.IP_PROTO_AH,
    ip.IP_PROTO_ESP,
    ip.IP_PROTO_DSTOPTS,
]


class IP6ExtensionHeader(dpkt.Packet):
    """Base of the extension headers; `length` is that of the whole header in bytes."""

    length: int


class IP6OptsHeader(IP6ExtensionHeader):
    """Hop-by-hop or destination options. `options` lists them but for the padding; `data` has them as bytes."""

    __hdr__ = (("nxt", "B", 0), ("len", "B", 0))
    nxt: int
    len: int

    def unpack(self, buf: bytes) -> None:
        """Read the header and take its options apart."""
        super().unpack(buf)
        self.length = (self.len + 1) * 8
        self.options = list(self._options(buf[2:], self.length - 2))
        self.data = buf[2 : self.length]

    @staticmethod
    def _options(buf: bytes, length: int):  # type: ignore[no-untyped-def]
        at = 0
        while at < length:
            if at >= len(buf):
                raise dpkt.NeedData
            kind = buf[at]
            if kind == 0:
                at += 1
                continue
            if at + 1 >= len(buf):
                raise dpkt.NeedData
            size = buf[at + 1]
            if kind != 1:
                yield {"type": kind, "opt_length": size, "data": buf[at + 2 : at + 2 + size]}
            at += size + 2


class IP6HopOptsHeader(IP6OptsHeader):
    """Options for each hop."""


class IP6DstOptsHeader(IP6OptsHeader):
    """Options for the destination."""


class IP6RoutingHeader(IP6ExtensionHeader):
    """Routing header, type 0 (RFC 2460): the addresses to visit."""

    __hdr__ = (("nxt", "B", 0), ("len", "B", 0), ("type", "B", 0), ("segs_left", "B", 0), ("_rsvd_sl_bits", "I", 0))
    __bit_fields__: ClassVar = {"_rsvd_sl_bits": (("_rsvd", 8), ("sl_bits", 24))}
    nxt: int
    len: int
    type: int
    segs_left: int
    sl_bits: int

    def unpack(self, buf: bytes) -> None:
        """Read the header and its list of addresses."""
        super().unpack(buf)
        count = self.len // 2
        self.data = self.data[: count * 16]
        self.addresses = [self.data[at : at + 16] for at in range(0, count * 16, 16)]
        self.length = self.len * 8 + 8


class IP6FragmentHeader(IP6ExtensionHeader):
    """Fragment header; `frag_off` counts 8 bytes."""

    __hdr__ = (("nxt", "B", 0), ("_resv", "B", 0), ("_frag_off_resv_m", "H", 0), ("id", "I", 0))
    __bit_fields__: ClassVar = {"_frag_off_resv_m": (("frag_off", 13), ("_resv", 2), ("m_flag", 1))}
    nxt: int
    frag_off: int
    m_flag: int
    id: int

    def unpack(self, buf: bytes) -> None:
        """Read the header; what follows is no part of it."""
        super().unpack(buf)
        self.length = self.__hdr_len__
        self.data = b""


class IP6AHHeader(IP6ExtensionHeader):
    """Authentication header, RFC 4302."""

    __hdr__ = (("nxt", "B", 0), ("len", "B", 0), ("_resv", "H", 0), ("spi", "I", 0), ("seq", "I", 0))
    nxt: int
    len: int
    spi: int
    seq: int

    def unpack(self, buf: bytes) -> None:
        """Read the header and the integrity check value."""
        super().unpack(buf)
        self.length = (self.len + 2) * 4
        self.auth_data = self.data[: (self.len - 1) * 4]


class IP6ESPHeader(IP6ExtensionHeader):
    """Encapsulating security payload, RFC 4303: all that follows is encrypted."""

    __hdr__ = (("spi", "I", 0), ("seq", "I", 0))
    spi: int
    seq: int

    def unpack(self, buf: bytes) -> None:
        """Read the header; the rest of the packet belongs to it."""
        super().unpack(buf)
        self.length = self.__hdr_len__ + len(self.data)


EXT_HDRS_CLS = {
    ip.IP_PROTO_HOPOPTS: IP6HopOptsHeader,
    ip.IP_PROTO_ROUTING: IP6RoutingHeader,
    ip.IP_PROTO_FRAGMENT: IP6FragmentHeader,
    ip.IP_PROTO_ESP: IP6ESPHeader,
    ip.IP_PROTO_AH: IP6AHHeader,
    ip.IP_PROTO_DSTOPTS: IP6DstOptsHeader,
}
