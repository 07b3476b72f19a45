"""Point-to-Point Protocol: RFC 1661, in the HDLC-like framing of RFC 1662."""

import struct
from typing import Any, ClassVar

from . import dpkt

# Protocol numbers of IANA's registry "PPP DLL Protocol Numbers".
PPP_IP = 0x21
PPP_IP6 = 0x57

# RFC 1661, section 2: the last bit of a protocol number is set, that of its first byte is not.
PFC_BIT = 0x01

_ONE_BYTE_MAX = 0xFF


class PPP(dpkt.Packet):
    """PPP frame, whose protocol number may be compressed into one byte.

    Classes with other fields before the protocol number derive from this one; the number is their last field.
    """

    __hdr__: ClassVar[tuple[tuple[str, str, Any], ...]] = (
        ("addr", "B", 0xFF),
        ("cntrl", "B", 3),
        ("p", "B", PPP_IP),
    )
    addr: int
    cntrl: int
    p: int
    _protosw: ClassVar[dict[int, Any]] = {}

    @classmethod
    def set_p(cls, p: int, pktclass: Any) -> None:
        """Decode what follows protocol number `p` with `pktclass`."""
        cls._protosw[p] = pktclass

    @classmethod
    def get_p(cls, p: int) -> Any:
        """Return the class for protocol number `p`, or raise KeyError."""
        return cls._protosw[p]

    def unpack(self, buf: bytes) -> None:
        """Read the header and decode the payload, which stays bytes where no class can."""
        super().unpack(buf)
        if not self.p & PFC_BIT:
            number = buf[self.__hdr_len__ - 1 : self.__hdr_len__ + 1]
            if len(number) < 2:
                raise dpkt.NeedData
            self.p = int.from_bytes(number, "big")
            self.data = self.data[1:]
        try:
            payload = self._protosw[self.p](self.data)
        except (KeyError, struct.error, dpkt.UnpackError, RecursionError):
            return
        self.data = payload
        setattr(self, type(payload).__name__.lower(), payload)

    def pack_hdr(self) -> bytes:
        """Pack the header, with as many bytes for the protocol number as it needs."""
        if self.p <= _ONE_BYTE_MAX:
            return super().pack_hdr()
        try:
            return struct.pack(self.__hdr_fmt__[:-1] + "H", *(getattr(self, name) for name in self.__hdr_fields__))
        except struct.error as error:
            raise dpkt.PackError(str(error)) from error

    def __len__(self) -> int:
        return super().__len__() + (self.p > _ONE_BYTE_MAX)


def _mod_init() -> None:
    """Fill the table of protocols, unless it has entries."""
    if PPP._protosw:
        return
    try:
        protocols = {PPP_IP: ip.IP, PPP_IP6: ip6.IP6}
    except AttributeError:  # an import cycle led here before ip was complete: to be called once more, then
        return
    PPP._protosw.update(protocols)


# Not before the class is there: the table of ip leads, by way of Ethernet, to this module.
from . import ip, ip6  # noqa: E402

_mod_init()
