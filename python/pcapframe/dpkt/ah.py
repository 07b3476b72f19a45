"""IP Authentication Header: RFC 4302."""

from . import dpkt, ip


class AH(dpkt.Packet):
    """Authentication header, with the integrity check value in `auth`."""

    __hdr__ = (
        ("nxt", "B", 0),
        ("len", "B", 0),
        ("rsvd", "H", 0),
        ("spi", "I", 0),
        ("seq", "I", 0),
    )
    nxt: int
    len: int
    rsvd: int
    spi: int
    seq: int
    auth: bytes = b""

    def unpack(self, buf: bytes) -> None:
        """Read the header and the check value, and decode the payload."""
        super().unpack(buf)
        # RFC 4302, section 2.2: `len` is that of the whole header in units of 4 bytes, minus 2.
        end = max(4 * (self.len + 2) - self.__hdr_len__, 0)
        self.auth, self.data = self.data[:end], self.data[end:]
        try:
            payload = ip.IP.get_proto(self.nxt)(self.data)
        except (KeyError, dpkt.UnpackError, RecursionError):
            return
        self.data = payload
        setattr(self, type(payload).__name__.lower(), payload)

    def __len__(self) -> int:
        return super().__len__() + len(self.auth)

    def __bytes__(self) -> bytes:
        return self.pack_hdr() + bytes(self.auth) + bytes(self.data)
