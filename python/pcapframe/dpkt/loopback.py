"""BSD loopback encapsulation: LINKTYPE_NULL, an address family in the byte order of the capturing host."""

from . import dpkt, ethernet, ip, ip6

_AF_INET = 2
_AF_INET6 = (24, 28, 30)  # NetBSD and OpenBSD, FreeBSD, Darwin

# The capturing host may have had the other byte order: a small number then stands in the uppermost byte.
_FAMILIES = {family << shift: family for family in (_AF_INET, *_AF_INET6) for shift in (0, 24)}


class Loopback(dpkt.Packet):
    """Loopback header; behind an address family that is not known an Ethernet frame is looked for."""

    __hdr__ = (("family", "I", 0),)
    __byte_order__ = "@"
    family: int

    def unpack(self, buf: bytes) -> None:
        """Read the family, in either byte order, and decode the packet behind it."""
        super().unpack(buf)
        family = _FAMILIES.get(self.family)
        if family is None:
            self.data = ethernet.Ethernet(self.data)
            return
        self.family = family
        self.data = ip.IP(self.data) if family == _AF_INET else ip6.IP6(self.data)
