"""Generic Routing Encapsulation: RFC 1701, RFC 2784, RFC 2890; version 1, for PPTP: RFC 2637."""

import struct
from typing import Any, ClassVar

from . import dpkt, ethernet

GRE_CP = 0x8000  # checksum present
GRE_RP = 0x4000  # routing present
GRE_KP = 0x2000  # key present
GRE_SP = 0x1000  # sequence number present
GRE_SS = 0x0800  # strict source route
GRE_AP = 0x0080  # acknowledgment number present

# Flags of which one must be set, name and format of the field that is then there.
GRE_opt_fields: tuple[tuple[int, str, str], ...] = (
    (GRE_CP | GRE_RP, "sum", "H"),
    (GRE_CP | GRE_RP, "off", "H"),
    (GRE_KP, "key", "I"),
    (GRE_SP, "seq", "I"),
    (GRE_AP, "ack", "I"),
)

_VERSION = 0x0007
_RECUR_SHIFT = 5


class GRE(dpkt.Packet):
    """GRE packet; fields which the flags announce are attributes, source routes are in `sre`."""

    __hdr__ = (
        ("flags", "H", 0),
        ("p", "H", 0x0800),
    )
    flags: int
    p: int
    # Where the flags announce them, and two that version 1 has.
    sum: int
    off: int
    key: int
    seq: int
    ack: int
    len: int
    callid: int
    sre: Any = ()

    @property
    def v(self) -> int:
        """Version: 0, or 1 for PPTP."""
        return int(self.flags & _VERSION)

    @v.setter
    def v(self, value: int) -> None:
        self.flags = (self.flags & ~_VERSION) | (value & _VERSION)

    @property
    def recur(self) -> int:
        """Bits 5 to 7 of the flags, counted from the lowest one."""
        return int((self.flags >> _RECUR_SHIFT) & 7)

    @recur.setter
    def recur(self, value: int) -> None:
        self.flags = (self.flags & ~(7 << _RECUR_SHIFT)) | ((value & 7) << _RECUR_SHIFT)

    class SRE(dpkt.Packet):
        """Source route entry of RFC 1701; one of length 0 ends the list."""

        __hdr__: ClassVar = [
            ("family", "H", 0),
            ("off", "B", 0),
            ("len", "B", 0),
        ]
        family: int
        off: int
        len: int

        def unpack(self, buf: bytes) -> None:
            """Read the header and as much routing information as it announces."""
            super().unpack(buf)
            self.data = self.data[: self.len]

    def opt_fields_fmts(self) -> tuple[list[str], list[str]]:
        """Return names and formats of the fields that are there by version and flags."""
        if self.v == 0:
            fields, formats, optional = [], [], GRE_opt_fields
        else:
            fields, formats, optional = ["len", "callid"], ["H", "H"], GRE_opt_fields[-2:]
        for flags, name, fmt in optional:
            if self.flags & flags:
                fields.append(name)
                formats.append(fmt)
        return fields, formats

    def unpack(self, buf: bytes) -> None:
        """Read the header, the fields it announces and the source routes, and decode the payload."""
        super().unpack(buf)
        fields, formats = self.opt_fields_fmts()
        size = struct.calcsize("!" + "".join(formats))
        values = struct.unpack("!" + "".join(formats), self.data[:size])
        for name, value in zip(fields, values, strict=True):
            setattr(self, name, value)
        self.data = self.data[size:]
        if self.flags & GRE_RP:
            self._unpack_routes()
        try:
            payload = ethernet.Ethernet._typesw[self.p](self.data)
        except (KeyError, dpkt.UnpackError, RecursionError):
            return
        self.data = payload
        setattr(self, type(payload).__name__.lower(), payload)

    def _unpack_routes(self) -> None:
        largest = self.SRE.__hdr_len__ + 0xFF
        routes: list[Any] = []
        off = 0
        while not routes or routes[-1].len:
            routes.append(self.SRE(self.data[off : off + largest]))
            off += len(routes[-1])
        self.sre = routes
        self.data = self.data[off:]

    def __len__(self) -> int:
        optional = struct.calcsize("!" + "".join(self.opt_fields_fmts()[1]))
        return super().__len__() + optional + sum(map(len, self.sre))

    def __bytes__(self) -> bytes:
        fields, formats = self.opt_fields_fmts()
        optional = struct.pack("!" + "".join(formats), *(getattr(self, name) for name in fields))
        return self.pack_hdr() + optional + b"".join(map(bytes, self.sre)) + bytes(self.data)
