"""The capture format pcapng: https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-03.html."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from decimal import Decimal
from struct import pack as struct_pack
from struct import unpack as struct_unpack
from time import time
from typing import Any, ClassVar

from pcapframe import _core

from . import dpkt
from ._reader import File, PacketReader, Recorder, Time, Timestamps, begun, integers, name_of, opened
from .compat import BytesIO as BytesIO
from .compat import intround as intround
from .pcap import DLT_ARCNET as DLT_ARCNET
from .pcap import (
    DLT_AX25,
    DLT_CHAOS,
    DLT_EN3MB,
    DLT_EN10MB,
    DLT_FDDI,
    DLT_IEEE802,
    DLT_IEEE802_11,
    DLT_IEEE802_11_RADIO,
    DLT_LINUX_SLL,
    DLT_LINUX_SLL2,
    DLT_LOOP,
    DLT_NULL,
    DLT_PFLOG,
    DLT_PFSYNC,
    DLT_PPP,
    DLT_PRONET,
    DLT_RAW,
    DLT_SLIP,
)
from .pcap import dltoff as _offsets

__all__ = [
    "BYTE_ORDER_MAGIC",
    "BYTE_ORDER_MAGIC_LE",
    "DLT_ARCNET",
    "DLT_AX25",
    "DLT_CHAOS",
    "DLT_EN3MB",
    "DLT_EN10MB",
    "DLT_FDDI",
    "DLT_IEEE802",
    "DLT_IEEE802_11",
    "DLT_IEEE802_11_RADIO",
    "DLT_LINUX_SLL",
    "DLT_LOOP",
    "DLT_NULL",
    "DLT_PFLOG",
    "DLT_PFSYNC",
    "DLT_PPP",
    "DLT_PRONET",
    "DLT_RAW",
    "DLT_SLIP",
    "EnhancedPacketBlock",
    "EnhancedPacketBlockLE",
    "InterfaceDescriptionBlock",
    "InterfaceDescriptionBlockLE",
    "PacketBlock",
    "PacketBlockLE",
    "PcapngBlockLE",
    "PcapngOption",
    "PcapngOptionLE",
    "Reader",
    "SectionHeaderBlock",
    "SectionHeaderBlockLE",
    "Writer",
    "dltoff",
]

BYTE_ORDER_MAGIC = 0x1A2B3C4D
BYTE_ORDER_MAGIC_LE = 0x4D3C2B1A

PCAPNG_VERSION_MAJOR = 1
PCAPNG_VERSION_MINOR = 0

# Types of block: interface description, (obsolete) packet, simple packet, enhanced packet, section header.
PCAPNG_BT_IDB = 0x00000001
PCAPNG_BT_PB = 0x00000002
PCAPNG_BT_SPB = 0x00000003
PCAPNG_BT_EPB = 0x00000006
PCAPNG_BT_SHB = 0x0A0D0D0A

# Options of any block, of a section header, and of an interface description.
PCAPNG_OPT_ENDOFOPT = 0
PCAPNG_OPT_COMMENT = 1

PCAPNG_OPT_SHB_HARDWARE = 2
PCAPNG_OPT_SHB_OS = 3
PCAPNG_OPT_SHB_USERAPPL = 4

PCAPNG_OPT_IF_NAME = 2
PCAPNG_OPT_IF_DESCRIPTION = 3
PCAPNG_OPT_IF_IPV4ADDR = 4
PCAPNG_OPT_IF_IPV6ADDR = 5
PCAPNG_OPT_IF_MACADDR = 6
PCAPNG_OPT_IF_EUIADDR = 7
PCAPNG_OPT_IF_SPEED = 8
PCAPNG_OPT_IF_TSRESOL = 9
PCAPNG_OPT_IF_TZONE = 10
PCAPNG_OPT_IF_FILTER = 11
PCAPNG_OPT_IF_OS = 12
PCAPNG_OPT_IF_FCSLEN = 13
PCAPNG_OPT_IF_TSOFFSET = 14

#: Lengths of link-layer headers.
dltoff = {number: offset for number, offset in _offsets.items() if number != DLT_LINUX_SLL2}


def _aligned(length: int) -> int:
    """The next multiple of four."""
    return -(-length // 4) * 4


def _padded(data: bytes) -> bytes:
    return data + bytes(_aligned(len(data)) - len(data))


def _microseconds(ts: Time) -> int:
    """Seconds as whole microseconds; a Decimal, which takes no floats, exactly."""
    return intround(ts * 1_000_000 if isinstance(ts, Decimal) else ts * 1e6)


# Names that dpkt's own tests use.
_align32b = _aligned


def _swap32b(i: int) -> int:
    return int.from_bytes(i.to_bytes(4, "big"), "little")


def _padlen(s: bytes) -> int:
    return _aligned(len(s)) - len(s)


def _padded_tolen(s: bytes, tolen: int) -> bytes:
    return struct_pack(f"{tolen}s", s)


class _PcapngBlock(dpkt.Packet):
    """A block: type and length, a body of its own kind, options, and the length again.

    `_packed` is what stands between the length and the options: the rest of the header, then packet data if there is any.
    """

    __hdr__: ClassVar[tuple[tuple[str, str, Any], ...]] = (("type", "I", 0), ("len", "I", 12), ("_len", "I", 12))
    type: int
    len: int

    def unpack_hdr(self, buf: bytes) -> None:
        """Read the declared header only."""
        super().unpack(buf)

    def unpack(self, buf: bytes) -> None:
        """Read the header and the options."""
        super().unpack(buf)
        if self.len > len(buf):
            raise dpkt.NeedData
        self._do_unpack_options(buf)

    def _do_unpack_options(self, buf: bytes, oo: int | None = None) -> None:
        start = oo or self.__hdr_len__ - 4
        order = self.__hdr_fmt__[0]
        option = PcapngOptionLE if order == "<" else PcapngOption
        self.opts: list[PcapngOption] = []
        self.data: Any = ""
        rest = buf[start : start + self.len - start - 4]
        while rest:
            opt = option(rest)
            self.opts.append(opt)
            rest = rest[len(opt) :]
            if opt.code == PCAPNG_OPT_ENDOFOPT:
                break
        if len(buf) < 4:
            raise dpkt.NeedData
        self._len = struct_unpack(order + "I", buf[-4:])[0]
        if self._len != self.len:
            raise dpkt.UnpackError("length fields do not match")

    def _do_pack_options(self) -> bytes:
        opts = getattr(self, "opts", None)
        if not opts:
            return b""
        if opts[-1].code != PCAPNG_OPT_ENDOFOPT:
            raise dpkt.PackError("options must end with opt_endofopt")
        return b"".join(bytes(opt) for opt in opts)

    def _body(self) -> bytes:
        """Packet data, padded; other blocks have none."""
        return b""

    def __bytes__(self) -> bytes:
        body = self._body()
        options = self._do_pack_options()
        self.len = self._len = self.__hdr_len__ + len(body) + len(options)
        header = self.pack_hdr()
        return header[:-4] + body + options + header[-4:]

    def __len__(self) -> int:
        return self.__hdr_len__ + sum(len(opt) for opt in getattr(self, "opts", None) or ())


class PcapngBlockLE(_PcapngBlock):
    """A block, in little-endian order."""

    __byte_order__ = "<"


class CommentError(dpkt.UnpackError, UnicodeDecodeError):
    """A comment is not UTF-8. dpkt raises the latter of both, which is none of its own."""


class PcapngOption(dpkt.Packet):
    """An option: code, length and value, padded to four bytes. `text` is the text of a comment."""

    __hdr__ = (("code", "H", PCAPNG_OPT_ENDOFOPT), ("len", "H", 0))
    code: int
    len: int

    def unpack(self, buf: bytes) -> None:
        """Read one option off a list of them."""
        super().unpack(buf)
        self.data = buf[self.__hdr_len__ : self.__hdr_len__ + self.len]
        if self.code == PCAPNG_OPT_COMMENT:
            try:
                self.text = self._decoded(bytes(self.data))
            except UnicodeDecodeError as error:
                raise CommentError(*error.args) from None

    @staticmethod
    def _decoded(value: bytes) -> str:
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            # Some writers leave garbage behind a terminating zero.
            if b"\x00" not in value:
                raise
            return value[: value.index(b"\x00")].decode("ascii")

    def __bytes__(self) -> bytes:
        if self.code == PCAPNG_OPT_COMMENT:
            text = getattr(self, "text", self.data)
            self.data = text if isinstance(text, bytes) else text.encode("utf-8")
        self.len = len(self.data)
        return self.pack_hdr() + _padded(self.data)

    def __len__(self) -> int:
        return self.__hdr_len__ + _aligned(len(self.data))

    def __repr__(self) -> str:
        if self.code == PCAPNG_OPT_ENDOFOPT:
            return f"{type(self).__name__}(opt_endofopt)"
        return super().__repr__()


class PcapngOptionLE(PcapngOption):
    """An option, in little-endian order."""

    __byte_order__ = "<"


class SectionHeaderBlock(_PcapngBlock):
    """Begins a section, and says its byte order."""

    __hdr__ = (
        ("type", "I", PCAPNG_BT_SHB),
        ("len", "I", 28),
        ("bom", "I", BYTE_ORDER_MAGIC),
        ("v_major", "H", PCAPNG_VERSION_MAJOR),
        ("v_minor", "H", PCAPNG_VERSION_MINOR),
        ("sec_len", "q", -1),
        ("_len", "I", 28),
    )
    bom: int
    v_major: int
    v_minor: int
    sec_len: int


class SectionHeaderBlockLE(SectionHeaderBlock):
    """A section header, in little-endian order."""

    __byte_order__ = "<"


class InterfaceDescriptionBlock(_PcapngBlock):
    """Describes an interface: link type, most bytes of a packet, and in options how it counts time."""

    __hdr__ = (
        ("type", "I", PCAPNG_BT_IDB),
        ("len", "I", 20),
        ("linktype", "H", DLT_EN10MB),
        ("_reserved", "H", 0),
        ("snaplen", "I", 1500),
        ("_len", "I", 20),
    )
    linktype: int
    snaplen: int


class InterfaceDescriptionBlockLE(InterfaceDescriptionBlock):
    """An interface description, in little-endian order."""

    __byte_order__ = "<"


class EnhancedPacketBlock(_PcapngBlock):
    """A packet: interface, time in the interface's units, lengths; `pkt_data` has its bytes."""

    __hdr__: ClassVar[tuple[tuple[str, str, Any], ...]] = (
        ("type", "I", PCAPNG_BT_EPB),
        ("len", "I", 64),
        ("iface_id", "I", 0),
        ("ts_high", "I", 0),
        ("ts_low", "I", 0),
        ("caplen", "I", 0),
        ("pkt_len", "I", 0),
        ("_len", "I", 64),
    )
    iface_id: int
    ts_high: int
    ts_low: int
    caplen: int
    pkt_len: int
    pkt_data: bytes

    def unpack(self, buf: bytes) -> None:
        """Read the header, the packet and the options."""
        self.unpack_hdr(buf)
        if self.len > len(buf):
            raise dpkt.NeedData
        start = self.__hdr_len__ - 4
        self.pkt_data = buf[start : start + self.caplen]
        self._do_unpack_options(buf, start + _aligned(self.caplen))

    def _body(self) -> bytes:
        self.caplen = self.pkt_len = len(self.pkt_data)
        return _padded(self.pkt_data)

    def __len__(self) -> int:
        return self.__hdr_len__ + _aligned(self.caplen) + sum(len(opt) for opt in self.opts)


class EnhancedPacketBlockLE(EnhancedPacketBlock):
    """A packet, in little-endian order."""

    __byte_order__ = "<"


class PacketBlock(EnhancedPacketBlock):
    """A packet in an obsolete kind of block."""

    __hdr__ = (
        ("type", "I", PCAPNG_BT_PB),
        ("len", "I", 64),
        ("iface_id", "H", 0),
        ("drops_count", "H", 0),
        ("ts_high", "I", 0),
        ("ts_low", "I", 0),
        ("caplen", "I", 0),
        ("pkt_len", "I", 0),
        ("_len", "I", 64),
    )
    drops_count: int


class PacketBlockLE(PacketBlock):
    """A packet in an obsolete kind of block, in little-endian order."""

    __byte_order__ = "<"


class Writer:
    """Writes a capture, in the byte order of this machine and with times in microseconds.

    Parameters
    ----------
    fileobj : binary file object or path
        Where to write.
    snaplen, linktype : int
        What the description of the interface says.
    shb : SectionHeaderBlock, optional
        Written instead of one without options.
    idb : InterfaceDescriptionBlock or sequence of them, optional
        Written instead of one of `snaplen` and `linktype`.
    """

    __le = sys.byteorder == "little"

    def __init__(
        self,
        fileobj: File,
        snaplen: int = 1500,
        linktype: int = DLT_EN10MB,
        shb: SectionHeaderBlock | None = None,
        idb: InterfaceDescriptionBlock | Sequence[InterfaceDescriptionBlock] | None = None,
    ) -> None:
        self.__f = open(fileobj, "wb") if isinstance(fileobj, (str, os.PathLike)) else fileobj  # noqa: SIM115
        if shb:
            self._validate_block("shb", shb, SectionHeaderBlock)
        idbs = self._interfaces(idb) if idb else []
        if self.__le:
            self._kls: type[EnhancedPacketBlock] = EnhancedPacketBlockLE
            shb = shb or SectionHeaderBlockLE()
            idbs = idbs or [InterfaceDescriptionBlockLE(snaplen=snaplen, linktype=linktype)]
        else:
            self._kls = EnhancedPacketBlock
            shb = shb or SectionHeaderBlock()
            idbs = idbs or [InterfaceDescriptionBlock(snaplen=snaplen, linktype=linktype)]
        self.__f.write(bytes(shb))
        for description in idbs:
            self.__f.write(bytes(description))

    def _interfaces(self, idb: Any) -> list[InterfaceDescriptionBlock]:
        try:
            idbs = list(idb)
            for description in idbs:
                self._validate_block("idb", description, InterfaceDescriptionBlock)
        except (TypeError, ValueError):
            # A block is itself iterable: over its fields.
            self._validate_block("idb", idb, InterfaceDescriptionBlock)
            idbs = [idb]
        return idbs

    def _validate_block(self, arg_name: str, blk: Any, expected_cls: type[_PcapngBlock]) -> None:
        name = expected_cls.__name__
        if not isinstance(blk, expected_cls):
            message = f"{arg_name}: expecting class {name}"
            raise ValueError(message)  # noqa: TRY004
        if self.__le and blk.__hdr_fmt__[0] == ">":
            message = f"{arg_name}: expecting class {name}LE on a little-endian system"
            raise ValueError(message)
        if not self.__le and blk.__hdr_fmt__[0] == "<":
            message = f"{arg_name}: expecting class {name.replace('LE', '')} on a big-endian system"
            raise ValueError(message)

    def writepkt(self, pkt: Any, ts: Time | None = None) -> None:
        """Write a packet with the time `ts` in seconds, or now.

        An :class:`EnhancedPacketBlock` is written with its own time, if it has one and `ts` is None.
        """
        if not isinstance(pkt, EnhancedPacketBlock):
            self.writepkt_time(pkt, time() if ts is None else ts)
            return
        self._validate_block("pkt", pkt, EnhancedPacketBlock)
        if ts is None and pkt.ts_high == pkt.ts_low == 0:
            ts = time()
        if ts is not None:
            units = _microseconds(ts)
            pkt.ts_high, pkt.ts_low = units >> 32, units & 0xFFFFFFFF
        self.__f.write(bytes(pkt))

    def writepkt_time(self, pkt: Any, ts: Time) -> None:
        """Write bytes with the time `ts` in seconds."""
        units = _microseconds(ts)
        self.__f.write(_core.pcapng_record(bytes(pkt), units, self.__le))

    def writepkts(self, pkts: Iterable[tuple[Time, bytes]]) -> None:
        """Write (time, bytes) one after the other."""
        write, record, little = self.__f.write, _core.pcapng_record, self.__le
        for ts, pkt in pkts:
            write(record(pkt, _microseconds(ts), little))

    def close(self) -> None:
        """Close the file."""
        self.__f.close()

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Reader(PacketReader):
    """Reads a capture; times are counted as each packet's interface says.

    Parameters
    ----------
    fileobj : binary file object or path
        What to read.
    timestamps : "ns", optional
        Times as whole nanoseconds instead of seconds.

    Attributes
    ----------
    idb : InterfaceDescriptionBlock
        The first interface.
    name, snaplen, dloff, wirelen
        As in :class:`pcapframe.dpkt.pcap.Reader`.

    Raises
    ------
    ValueError
        This is no capture of this format.
    """

    def __init__(self, fileobj: File, *, timestamps: Timestamps = None) -> None:
        whole = integers(timestamps)
        with opened(fileobj) as file:
            self._file = self.__f = file
            self.name = name_of(file)
            stream, start = begun(file, SectionHeaderBlock.__hdr_len__)
            head = Recorder(stream, start)
            order = self._section_header(head)
            self.__le = order == "<"
            self.idb = self._first_interface(head, order)
            self._divisor, self._tsoffset = self._clock(self.idb, order)
            records = _core.Records.pcapng(stream, head.kept, integers=whole)
        self._begin(stream, records, link_type=self.idb.linktype, offsets=dltoff, snaplen=self.idb.snaplen)

    @staticmethod
    def _section_header(head: Recorder) -> str:
        """Read the section header; return its byte order."""
        shb = SectionHeaderBlock()
        buf = head.take(shb.__hdr_len__)
        if len(buf) < shb.__hdr_len__:
            raise ValueError("invalid pcapng header")
        shb.unpack_hdr(buf)
        if shb.type != PCAPNG_BT_SHB:
            raise ValueError("invalid pcapng header: not a SHB")
        if shb.bom not in (BYTE_ORDER_MAGIC, BYTE_ORDER_MAGIC_LE):
            raise ValueError("unknown endianness")
        little = shb.bom == BYTE_ORDER_MAGIC_LE
        buf += head.take((_swap32b(shb.len) if little else shb.len) - shb.__hdr_len__)
        shb = SectionHeaderBlockLE(buf) if little else SectionHeaderBlock(buf)
        if shb.v_major != PCAPNG_VERSION_MAJOR:
            message = f"unknown pcapng version {shb.v_major}.{shb.v_minor}"
            raise ValueError(message)
        return "<" if little else ">"

    @staticmethod
    def _first_interface(head: Recorder, order: str) -> InterfaceDescriptionBlock:
        while True:
            buf = head.take(8)
            if len(buf) < 8:
                raise ValueError("IDB not found")
            kind, length = struct_unpack(order + "II", buf)
            buf += head.take(length - 8)
            if kind == PCAPNG_BT_IDB:
                return InterfaceDescriptionBlockLE(buf) if order == "<" else InterfaceDescriptionBlock(buf)

    @staticmethod
    def _clock(idb: InterfaceDescriptionBlock, order: str) -> tuple[float, int]:
        """Units in a second, and seconds to add."""
        divisor, offset = 1e6, 0
        for opt in idb.opts:
            if opt.code == PCAPNG_OPT_IF_TSRESOL and len(opt.data) == 1:
                base = 2 if opt.data[0] & 0x80 else 10
                divisor = float(base ** (opt.data[0] & 0x7F))
            elif opt.code == PCAPNG_OPT_IF_TSOFFSET and len(opt.data) == 8:
                offset = struct_unpack(order + "q", opt.data)[0]
        return divisor, offset
