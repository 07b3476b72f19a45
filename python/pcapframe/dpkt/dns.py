"""Domain Name System: RFC 1035, with the record types of RFC 2782 (SRV), RFC 3596 (AAAA) and RFC 6891 (OPT)."""

import codecs
import struct
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from . import dpkt

DNS_Q = 0
DNS_R = 1

# Operation codes.
DNS_QUERY = 0
DNS_IQUERY = 1
DNS_STATUS = 2
DNS_NOTIFY = 4
DNS_UPDATE = 5

# Flags in `op`.
DNS_CD = 0x0010  # checking disabled
DNS_AD = 0x0020  # authentic data
DNS_Z = 0x0040  # reserved
DNS_RA = 0x0080  # recursion available
DNS_RD = 0x0100  # recursion desired
DNS_TC = 0x0200  # truncated
DNS_AA = 0x0400  # authoritative answer
DNS_QR = 0x8000  # response

# Response codes.
DNS_RCODE_NOERR = 0
DNS_RCODE_FORMERR = 1
DNS_RCODE_SERVFAIL = 2
DNS_RCODE_NXDOMAIN = 3
DNS_RCODE_NOTIMP = 4
DNS_RCODE_REFUSED = 5
DNS_RCODE_YXDOMAIN = 6
DNS_RCODE_YXRRSET = 7
DNS_RCODE_NXRRSET = 8
DNS_RCODE_NOTAUTH = 9
DNS_RCODE_NOTZONE = 10

# Types of a resource record.
DNS_A = 1
DNS_NS = 2
DNS_CNAME = 5
DNS_SOA = 6
DNS_NULL = 10
DNS_PTR = 12
DNS_HINFO = 13
DNS_MX = 15
DNS_TXT = 16
DNS_AAAA = 28
DNS_SRV = 33
DNS_OPT = 41

# Classes of a resource record.
DNS_IN = 1
DNS_CHAOS = 3
DNS_HESIOD = 4
DNS_ANY = 255

# Where a label of a name could have its length, two set bits mean 14 bits of an offset: RFC 1035, section 4.1.4.
_POINTER = 0xC000
_POINTER_MIN = 0xC0
_TARGET_MAX = 0x3FFF

_LABEL_MAX = 63
_NAME_MAX = 255
# A name has no more labels than 127. A longer way through a message serves nobody but who wants to waste time.
_POINTERS_MAX = 127

# Text keeps bytes that are not UTF-8: they come back when the text is packed.
_ENCODING = ("utf-8", "surrogateescape")

_QUESTION = struct.Struct(">HH")
_RECORD = struct.Struct(">HHIH")

# Fields of a record that are names.
_NAMES = {
    DNS_NS: ("nsname",),
    DNS_CNAME: ("cname",),
    DNS_PTR: ("ptrname",),
    DNS_SOA: ("mname", "rname"),
    DNS_MX: ("mxname",),
    DNS_SRV: ("srvname",),
}
# What any of these types reads as empty names and as zeros.
_ZEROS = bytes(32)

_SOA_NUMBERS = ("serial", "refresh", "retry", "expire", "minimum")
_SRV_NUMBERS = ("priority", "weight", "port")


class _DottedName(str):
    """Name with a dot inside of a label; it keeps the labels, which its text does not tell apart."""

    __slots__ = ("labels",)
    labels: list[bytes]


def pack_name(name: str | bytes, off: int, label_ptrs: dict[Any, int]) -> bytes:
    """Pack a name that is to stand at offset `off` of a message.

    `label_ptrs` has for ends of names where in the message they are; those of this name are added.
    """
    buf = bytearray()
    labels = _labels(name)
    for i, label in enumerate(labels):
        end = _end_of_name(labels[i:])
        target = label_ptrs.get(end)
        if target is not None:
            return bytes(buf) + (_POINTER | target).to_bytes(2, "big")
        if off + len(buf) <= _TARGET_MAX:
            label_ptrs[end] = off + len(buf)
        buf.append(len(label))
        buf += label
    return bytes(buf) + b"\x00"


def _labels(name: str | bytes) -> Sequence[bytes]:
    if isinstance(name, _DottedName):
        return name.labels
    raw = name if isinstance(name, bytes) else codecs.encode(name, *_ENCODING)
    raw = raw.removesuffix(b".")
    labels = raw.split(b".") if raw else []
    for label in labels:
        if not label:
            raise dpkt.PackError(f"empty label in name {name!r}")
        if len(label) > _LABEL_MAX:
            raise dpkt.PackError(f"label longer than {_LABEL_MAX} bytes in name {name!r}")
    return labels


def _end_of_name(labels: Sequence[bytes]) -> Any:
    """Return the key for the last labels of a name, which is the same in upper and lower case."""
    if any(b"." in label for label in labels):
        return tuple(label.upper() for label in labels)
    return b".".join([*labels, b""]).upper()


def unpack_name(buf: bytes, off: int) -> tuple[str, int]:
    """Return the name at offset `off` of a message and the offset behind it."""
    try:
        return _unpack_name(buf, off)
    except struct.error as error:
        raise dpkt.NeedData from error


def _unpack_name(buf: bytes, off: int) -> tuple[str, int]:
    labels: list[bytes] = []
    length = pointers = end = 0
    start = off
    while True:
        if off >= len(buf):
            raise dpkt.NeedData
        size = buf[off]
        if size >= _POINTER_MIN:
            target = struct.unpack_from(">H", buf, off)[0] & _TARGET_MAX
            pointers += 1
            if target >= start:
                raise dpkt.UnpackError("Invalid label compression pointer")
            if pointers > _POINTERS_MAX:
                raise dpkt.UnpackError(f"name with more than {_POINTERS_MAX} compression pointers")
            end = end or off + 2
            off = start = target
            continue
        if size > _LABEL_MAX:
            raise dpkt.UnpackError(f"Invalid label length {size:02x}")
        off += 1
        if not size:
            return _text_of_name(labels), end or off
        length += size + 1
        if length > _NAME_MAX:
            raise dpkt.UnpackError("name longer than 255 bytes")
        labels.append(bytes(buf[off : off + size]))
        off += size


def _text_of_name(labels: list[bytes]) -> str:
    joined = b".".join(labels)
    text = joined.decode(*_ENCODING)
    if joined.count(b".") < max(len(labels), 1):
        return text
    name = _DottedName(text)
    name.labels = labels
    return name


def _flag(mask: int, doc: str) -> Any:
    """Make a property for one bit of `op`."""

    def read(self: "DNS") -> int:
        return int(self.op & mask == mask)

    def write(self: "DNS", value: object) -> None:
        self.op = self.op | mask if value else self.op & ~mask

    return property(read, write, doc=doc)


def _bits(shift: int, doc: str) -> Any:
    """Make a property for four bits of `op`."""

    def read(self: "DNS") -> int:
        return int(self.op >> shift & 0xF)

    def write(self: "DNS", value: int) -> None:
        self.op = self.op & ~(0xF << shift) | (value & 0xF) << shift

    return property(read, write, doc=doc)


class DNS(dpkt.Packet):
    """DNS message; `qd` is the list of its questions, `an`, `ns` and `ar` are the lists of its records."""

    __hdr__ = (
        ("id", "H", 0),
        ("op", "H", DNS_RD),
        ("qd", "H", []),
        ("an", "H", []),
        ("ns", "H", []),
        ("ar", "H", []),
    )
    id: int
    op: int

    qr: int = _flag(DNS_QR, "Whether the message is a response: 1 or 0.")
    opcode: int = _bits(11, "Operation code.")
    aa: int = _flag(DNS_AA, "Whether the answer is authoritative: 1 or 0.")
    tc: int = _flag(DNS_TC, "Whether the message is truncated: 1 or 0.")
    rd: int = _flag(DNS_RD, "Whether recursion is desired: 1 or 0.")
    ra: int = _flag(DNS_RA, "Whether recursion is available: 1 or 0.")
    zero: int = _flag(DNS_Z, "The reserved bit.")
    rcode: int = _bits(0, "Response code.")

    class Q(dpkt.Packet):
        """Question; only a whole message can be packed or unpacked, as names point to places in it."""

        __hdr__: ClassVar[tuple[tuple[str, str, Any], ...]] = (
            ("name", "1025s", b""),
            ("type", "H", DNS_A),
            ("cls", "H", DNS_IN),
        )
        name: str
        type: int
        cls: int

        def __len__(self) -> int:
            raise NotImplementedError

        def __str__(self) -> str:
            raise NotImplementedError

        def unpack(self, buf: bytes) -> None:
            """Raise NotImplementedError."""
            raise NotImplementedError

    class RR(Q):
        """Resource record; what `rdata` says is, by the type of the record, in further attributes.

        Packed is `rdata` or, where it is empty, what these attributes say.
        """

        __hdr__ = (
            ("name", "1025s", b""),
            ("type", "H", DNS_A),
            ("cls", "H", DNS_IN),
            ("ttl", "I", 0),
            ("rlen", "H", 4),
            ("rdata", "s", b""),
        )
        ttl: int
        rlen: int
        rdata: bytes
        # By the type of the record; `preference` is a tuple of one number where it was unpacked.
        ip: bytes
        ip6: bytes
        nsname: str
        cname: str
        ptrname: str
        mname: str
        rname: str
        serial: int
        refresh: int
        retry: int
        expire: int
        minimum: int
        mxname: str
        preference: Any
        srvname: str
        priority: int
        weight: int
        port: int
        text: list[str]
        null: bytes

        # Type, data and the names in the data, as they were unpacked.
        __wire__: tuple[int, bytes, list[str]] | None = None

        def pack_rdata(self, off: int, label_ptrs: dict[Any, int]) -> bytes:
            """Pack the record's data, which is to stand at offset `off` of a message."""
            if self.rdata:
                return bytes(self.rdata)
            if self.__wire__ and not self.__wire__[1]:
                return b""
            return self._pack_fields(off, label_ptrs)

        def _pack_fields(self, off: int, label_ptrs: dict[Any, int]) -> bytes:
            pack = _PACK.get(self.type)
            if pack is None:
                raise dpkt.PackError(f"RR type {self.type} is not supported")
            return pack(self, off, label_ptrs)

        def unpack_rdata(self, buf: bytes, off: int) -> None:
            """Set the attributes that belong to the record's type; its data is at offset `off` of message `buf`."""
            unpack = _UNPACK.get(self.type)
            if unpack is None:
                raise dpkt.UnpackError(f"RR type {self.type} is not supported")
            names = _NAMES.get(self.type, ())
            if names and not self.rlen:  # no data at all, as in a deletion of RFC 2136, section 2.5
                unpack(self, _ZEROS, _ZEROS, 0)
            else:
                unpack(self, self.rdata, buf, off)
            if names or self.type == DNS_NULL:
                self.__wire__ = (self.type, self.rdata, [getattr(self, name) for name in names])

        def _points_elsewhere(self, message: bytes, off: int) -> bool:
            """Whether the unpacked data, now at offset `off` of another message, has pointers to other names there."""
            if self.__wire__ is None or max(self.rdata, default=0) < _POINTER_MIN:
                return False
            there = type(self)(type=self.type, rdata=self.rdata)
            if self.__wire__[:2] != (there.type, there.rdata):
                return False
            try:
                there.unpack_rdata(message, off)
            except (dpkt.UnpackError, struct.error):
                return True
            return _names_read(there) != _names_read(self)

    # In a packed header these are numbers: how many there are.
    qd: list[Q]
    an: list[RR]
    ns: list[RR]
    ar: list[RR]

    def pack_q(self, buf: bytes, q: Any) -> bytes:
        """Append a question to a message in the making and return the message."""
        buf += pack_name(q.name, len(buf), self.label_ptrs) + _QUESTION.pack(q.type, q.cls)
        return buf

    def unpack_q(self, buf: bytes, off: int) -> tuple[Any, int]:
        """Return the question at offset `off` of a message and the offset behind it."""
        q = self.Q()
        q.name, off = _unpack_name(buf, off)
        q.type, q.cls = _QUESTION.unpack_from(buf, off)
        return q, off + _QUESTION.size

    def pack_rr(self, buf: bytes, rr: Any) -> bytes:
        """Append a record to a message in the making and return the message."""
        start = len(buf)
        name = pack_name(rr.name, start, self.label_ptrs)
        off = start + len(name) + _RECORD.size
        rdata: bytes = rr.pack_rdata(off, self.label_ptrs)
        buf += name + _RECORD.pack(rr.type, rr.cls, rr.ttl, len(rdata)) + rdata
        if not rr._points_elsewhere(buf, off):
            return buf
        rdata = rr._pack_fields(off, self.label_ptrs)
        return buf[:start] + name + _RECORD.pack(rr.type, rr.cls, rr.ttl, len(rdata)) + rdata

    def unpack_rr(self, buf: bytes, off: int) -> tuple[Any, int]:
        """Return the record at offset `off` of a message and the offset behind it."""
        rr = self.RR()
        rr.name, off = _unpack_name(buf, off)
        rr.type, rr.cls, rr.ttl, rr.rlen = _RECORD.unpack_from(buf, off)
        off += _RECORD.size
        rr.rdata = buf[off : off + rr.rlen]
        rr.unpack_rdata(buf, off)
        return rr, off + rr.rlen

    def unpack(self, buf: bytes) -> None:
        """Read the header, the questions and the records."""
        super().unpack(buf)
        off = self.__hdr_len__
        for section, read in (("qd", self.unpack_q), ("an", self.unpack_rr), ("ns", self.unpack_rr), ("ar", self.unpack_rr)):
            items: list[Any] = []
            count = getattr(self, section)
            setattr(self, section, items)
            for _ in range(count):
                item, off = read(buf, off)
                items.append(item)
        self.data = b""

    def __len__(self) -> int:
        return len(bytes(self))

    def __bytes__(self) -> bytes:
        self.label_ptrs: dict[Any, int] = {}
        sections = (self.an, self.ns, self.ar)
        buf: Any = bytearray(struct.pack(self.__hdr_fmt__, self.id, self.op, len(self.qd), *map(len, sections)))
        for q in self.qd:
            buf = self.pack_q(buf, q)
        for section in sections:
            for rr in section:
                buf = self.pack_rr(buf, rr)
        del self.label_ptrs
        return bytes(buf)


def _names_read(rr: DNS.RR) -> list[str]:
    """Return the names that a record's data had, in lower case."""
    return [name.lower() for name in rr.__wire__[2]] if rr.__wire__ else []


_Pack = Callable[[Any, int, dict[Any, int]], bytes]
_Unpack = Callable[[Any, bytes, bytes, int], None]


def _pack_name_of(field: str) -> _Pack:
    return lambda rr, off, label_ptrs: pack_name(getattr(rr, field), off, label_ptrs)


def _unpack_name_of(field: str) -> _Unpack:
    def unpack(rr: Any, rdata: bytes, buf: bytes, off: int) -> None:
        setattr(rr, field, _unpack_name(buf, off)[0])

    return unpack


def _pack_bytes_of(field: str) -> _Pack:
    return lambda rr, off, label_ptrs: getattr(rr, field)


def _unpack_bytes_of(field: str) -> _Unpack:
    return lambda rr, rdata, buf, off: setattr(rr, field, rdata)


def _pack_soa(rr: Any, off: int, label_ptrs: dict[Any, int]) -> bytes:
    mname = pack_name(rr.mname, off, label_ptrs)
    rname = pack_name(rr.rname, off + len(mname), label_ptrs)
    return mname + rname + struct.pack(">5I", *(getattr(rr, field) for field in _SOA_NUMBERS))


def _unpack_soa(rr: Any, rdata: bytes, buf: bytes, off: int) -> None:
    rr.mname, off = _unpack_name(buf, off)
    rr.rname, off = _unpack_name(buf, off)
    for field, number in zip(_SOA_NUMBERS, struct.unpack_from(">5I", buf, off), strict=True):
        setattr(rr, field, number)


def _pack_mx(rr: Any, off: int, label_ptrs: dict[Any, int]) -> bytes:
    preference = rr.preference if isinstance(rr.preference, tuple) else (rr.preference,)
    return struct.pack(">H", *preference) + pack_name(rr.mxname, off + 2, label_ptrs)


def _unpack_mx(rr: Any, rdata: bytes, buf: bytes, off: int) -> None:
    rr.preference = struct.unpack(">H", rdata[:2])  # a tuple, as ever
    rr.mxname, _ = _unpack_name(buf, off + 2)


def _pack_srv(rr: Any, off: int, label_ptrs: dict[Any, int]) -> bytes:
    return struct.pack(">3H", *(getattr(rr, field) for field in _SRV_NUMBERS)) + pack_name(rr.srvname, off + 6, label_ptrs)


def _unpack_srv(rr: Any, rdata: bytes, buf: bytes, off: int) -> None:
    rr.priority, rr.weight, rr.port = struct.unpack(">3H", rdata[:6])
    rr.srvname, _ = _unpack_name(buf, off + 6)


def _pack_text(rr: Any, off: int, label_ptrs: dict[Any, int]) -> bytes:
    buf = bytearray()
    for text in rr.text:
        raw = text.encode(*_ENCODING) if isinstance(text, str) else text
        buf += struct.pack("B", len(raw)) + raw
    return bytes(buf)


def _unpack_text(rr: Any, rdata: bytes, buf: bytes, off: int) -> None:
    rr.text = []
    off = 0
    while off < len(rdata):
        end = off + 1 + rdata[off]
        rr.text.append(bytes(rdata[off + 1 : end]).decode(*_ENCODING))
        off = end


def _unpack_null(rr: Any, rdata: bytes, buf: bytes, off: int) -> None:
    rr.null = codecs.encode(rdata, "hex")


_PACK: dict[int, _Pack] = {
    DNS_A: _pack_bytes_of("ip"),
    DNS_NS: _pack_name_of("nsname"),
    DNS_CNAME: _pack_name_of("cname"),
    DNS_SOA: _pack_soa,
    DNS_PTR: _pack_name_of("ptrname"),
    DNS_HINFO: _pack_text,
    DNS_MX: _pack_mx,
    DNS_TXT: _pack_text,
    DNS_AAAA: _pack_bytes_of("ip6"),
    DNS_SRV: _pack_srv,
    DNS_OPT: lambda rr, off, label_ptrs: b"",
}

_UNPACK: dict[int, _Unpack] = {
    DNS_A: _unpack_bytes_of("ip"),
    DNS_NS: _unpack_name_of("nsname"),
    DNS_CNAME: _unpack_name_of("cname"),
    DNS_SOA: _unpack_soa,
    DNS_NULL: _unpack_null,
    DNS_PTR: _unpack_name_of("ptrname"),
    DNS_HINFO: _unpack_text,
    DNS_MX: _unpack_mx,
    DNS_TXT: _unpack_text,
    DNS_AAAA: _unpack_bytes_of("ip6"),
    DNS_SRV: _unpack_srv,
    DNS_OPT: lambda rr, rdata, buf, off: None,
}
