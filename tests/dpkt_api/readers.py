"""What dpkt's reader and ours make of a whole file, and what the specifications of the formats say is in it."""

from __future__ import annotations

import bz2
import functools
import gzip
import io
import mmap
import pathlib
import random
import struct
import tempfile
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from types import ModuleType
from typing import Any

from .tree import Case, Deliberate, Difference, Raised, attempt, compare, short

ATTRIBUTES = ("snaplen", "dloff", "filter")
# Longer records and blocks are not believed: see src/python/dpkt/records.rs and src/capture/pcapng.rs.
LONGEST = 128 << 20
LONGEST_BLOCK = 16 << 20


def read(path: pathlib.Path, module: ModuleType) -> Any:
    """Attributes of the reader, every packet with the type of its time, how the iteration ends, and what it warns of."""
    with path.open("rb") as file:
        reader = attempt(lambda: module.pcap.UniversalReader(file))
        if isinstance(reader, Raised):
            return reader
        found: dict[str, Any] = {
            "module": type(reader).__module__.rpartition(".")[2],
            "datalink": attempt(reader.datalink),
            "attributes": {name: attempt(lambda name=name: getattr(reader, name)) for name in ATTRIBUTES},
            "name is the file's": reader.name == str(path),
            "fileno is the file's": reader.fileno() == reader.fd == file.fileno(),
        }
        times, kinds, packets, end = [], set(), [], None
        iterator = iter(reader)
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            while True:
                packet = attempt(lambda: next(iterator, None))
                if packet is None or isinstance(packet, Raised):
                    end = packet
                    break
                kinds.add((type(packet[0]).__name__, type(packet[1]).__name__))
                times.append(packet[0])
                packets.append(packet[1])
    categories = [warning.category.__name__ for warning in warned]
    return found | {"kinds": sorted(kinds), "end": end, "warned": categories, "times": times, "packets": packets}


def reading(path: pathlib.Path, theirs: ModuleType, ours: ModuleType) -> tuple[Case, list[Difference]]:
    """Both readings of a file, and where they differ."""
    expected, found = read(path, theirs), read(path, ours)
    case = Case("pcap.UniversalReader", str(path).encode(), expected, found)
    if isinstance(expected, dict) and isinstance(found, dict) and len(found["packets"]) != len(expected["packets"]):
        # Say where they part; two lists of thousands of packets say nothing.
        differences = list(compare(_short(expected), _short(found)))
    else:
        differences = list(compare(expected, found))
    reasons = [next((rule.reason for rule in DELIBERATE if rule.applies(case, difference)), None) for difference in differences]
    return case, [Difference(d.path, d.theirs, d.ours, reason) for d, reason in zip(differences, reasons, strict=True)]


def _short(found: dict[str, Any]) -> dict[str, Any]:
    packets = found["packets"]
    ends = {"count": len(packets), "last": [short(packet) for packet in packets[-2:]]}
    return {name: value for name, value in found.items() if name not in ("packets", "times")} | {"packets": ends}


# What is in a file by the specifications of the formats, read without a line of either package.


@dataclass
class Contents:
    """The packets of a file, and what is odd about it."""

    times: list[Any] = field(default_factory=list)
    packets: list[bytes] = field(default_factory=list)
    # Of pcapng: the first interface's clock, each packet's, and why dpkt does not find a packet.
    first_clock: tuple[float, int] | None = None
    clocks: list[tuple[float, int]] = field(default_factory=list)
    lost: list[str | None] = field(default_factory=list)
    # "header", "record", "block": where the file is cut; or "length", "captured", "order", "version": what is wrong.
    fault: str | None = None
    # Where the bytes of a packet begin whose record claims an unbelievable length.
    unread: int = 0


@functools.lru_cache(maxsize=1)
def contents(path: pathlib.Path) -> Contents | None:
    """What is in a file; None for one of neither format."""
    data = path.read_bytes()
    magic = int.from_bytes(data[:4], "big")
    if magic == 0x0A0D0D0A and len(data) >= 28:
        return _pcapng(data)
    orders = {0xA1B2C3D4: ">", 0xA1B23C4D: ">", 0xA1B2CD34: ">", 0xD4C3B2A1: "<", 0x4D3CB2A1: "<", 0x34CDB2A1: "<"}
    if magic not in orders or len(data) < 24:
        return None
    return _pcap(
        data, orders[magic], nano=magic in (0xA1B23C4D, 0x4D3CB2A1), header=24 if magic in (0xA1B2CD34, 0x34CDB2A1) else 16
    )


def _pcap(data: bytes, order: str, *, nano: bool, header: int) -> Contents:
    found, at = Contents(), 24
    while at < len(data):
        if len(data) - at < header:
            found.fault = "header"
            return found
        seconds, fraction, captured, _ = struct.unpack_from(f"{order}4I", data, at)
        at += header
        if captured > LONGEST:
            found.fault, found.unread = "length", at
            return found
        found.times.append(seconds + fraction / (Decimal("1E9") if nano else 1e6))
        found.packets.append(data[at : at + captured])
        at += captured
    # What is there of a packet at the end is a packet, too.
    found.fault = "record" if at > len(data) else None
    return found


def _pcapng(data: bytes) -> Contents:
    found, at, lost = Contents(), 0, None
    clocks: list[tuple[float, int]] = []
    snaplen = 0
    first = order = ">" if data[8:12] == b"\x1a\x2b\x3c\x4d" else "<"
    while at < len(data):
        if len(data) - at < 12:
            found.fault = "block"
            return found
        (kind,) = struct.unpack_from(f"{order}I", data, at)
        if kind == 0x0A0D0D0A:
            if data[at + 8 : at + 12] not in (b"\x1a\x2b\x3c\x4d", b"\x4d\x3c\x2b\x1a"):
                found.fault = "order"
                return found
            order = ">" if data[at + 8] == 0x1A else "<"
            lost = lost or ("order" if order != first else None)
        (length,) = struct.unpack_from(f"{order}I", data, at + 4)
        end = at + -(-length // 4) * 4
        if length < 12 or length > (LONGEST if kind in (2, 3, 6) else LONGEST_BLOCK):
            found.fault = "length"
            return found
        if end > len(data):
            found.fault = "block"
            return found
        if struct.unpack_from(f"{order}I", data, end - 4)[0] != length:
            found.fault = "length"
            return found
        lost = lost or ("odd" if length % 4 and kind != 3 else None)
        body = data[at + 8 : end - 4]
        at = end
        if kind == 0x0A0D0D0A:
            clocks = []
            if struct.unpack_from(f"{order}H", body, 4) != (1,):
                found.fault = "version"
                return found
        elif kind == 1:
            snaplen = snaplen if clocks else struct.unpack_from(f"{order}I", body, 4)[0]
            clocks.append(_clock(body[8:], order))
            found.first_clock = found.first_clock or clocks[0]
        elif kind == 3:
            (length,) = struct.unpack_from(f"{order}I", body)
            found.times.append(0.0)
            found.packets.append(body[4 : 4 + min(length, snaplen or length)])
            found.clocks.append(clocks[0])
            found.lost.append(lost or "simple")
        elif kind in (2, 6):
            interface = struct.unpack_from(f"{order}H" if kind == 2 else f"{order}I", body)[0]
            high, low, captured = struct.unpack_from(f"{order}3I", body, 4)
            if captured > len(body) - 20:
                found.fault = "captured"
                return found
            divisor, offset = clocks[interface]
            found.times.append(offset + (high << 32 | low) / divisor)
            found.packets.append(body[20 : 20 + captured])
            found.clocks.append(clocks[interface])
            found.lost.append(lost)
    return found


def _clock(options: bytes, order: str) -> tuple[float, int]:
    """Units in a second, and seconds to add, by an interface's options."""
    divisor, offset, at = 1e6, 0, 0
    while at + 4 <= len(options):
        code, length = struct.unpack_from(f"{order}2H", options, at)
        value = options[at + 4 : at + 4 + length]
        if code == 0:
            break
        if code == 9 and len(value) == 1:
            divisor = float((2 if value[0] & 0x80 else 10) ** (value[0] & 0x7F))
        elif code == 14 and len(value) == 8:
            (offset,) = struct.unpack(f"{order}q", value)
        at += 4 + -(-length // 4) * 4
    return divisor, offset


# Made-up files.


def classic(records: list[tuple[int, int, bytes]], *, magic: int = 0xA1B2C3D4, order: str = "<", link_type: int = 1) -> bytes:
    """A classic capture of (seconds, fraction, bytes); on the wire each had one byte more."""
    more = bytes(8) if magic == 0xA1B2CD34 else b""
    parts = [struct.pack(f"{order}I2HiI2I", magic, 2, 4, 0, 0, 65535, link_type)]
    for seconds, fraction, data in records:
        parts.append(struct.pack(f"{order}4I", seconds, fraction, len(data), len(data) + 1) + more + data)
    return b"".join(parts)


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    body += bytes(-len(body) % 4)
    length = struct.pack(f"{order}I", len(body) + 12)
    return struct.pack(f"{order}I", kind) + length + body + length


def section(order: str = "<", version: tuple[int, int] = (1, 0), options: bytes = b"") -> bytes:
    return block(0x0A0D0D0A, struct.pack(f"{order}I2Hq", 0x1A2B3C4D, *version, -1) + options, order)


def interface(order: str = "<", options: bytes = b"", snaplen: int = 65535) -> bytes:
    return block(1, struct.pack(f"{order}2HI", 1, 0, snaplen) + options, order)


def option(code: int, value: bytes, order: str = "<") -> bytes:
    return struct.pack(f"{order}2H", code, len(value)) + value + bytes(-len(value) % 4)


def enhanced(units: int, data: bytes, order: str = "<", number: int = 0) -> bytes:
    fields = struct.pack(f"{order}5I", number, units >> 32, units & 0xFFFFFFFF, len(data), len(data) + 1)
    return block(6, fields + data, order)


# What a file begins with.
BEGIN = {"pcap": classic([]), "pcapng": section() + interface()}


def record(kind: str, seconds: int, data: bytes) -> bytes:
    return enhanced(seconds * 10**6, data) if kind == "pcapng" else classic([(seconds, 0, data)])[24:]


@functools.cache
def made(kind: str) -> tuple[bytes, list[tuple[float, bytes]]]:
    """A capture of 301 packets, some as large as what is read at once, and its packets."""
    chance = random.Random(kind)
    sizes = [chance.choice((0, 1, 60, 1500, 1501, 65535)) for _ in range(295)] + [262_144, 262_128, 250_000, 131_072, 3, 5]
    chance.shuffle(sizes)
    packets = [(float(i), chance.randbytes(size)) for i, size in enumerate(sizes)]
    if kind == "pcap":
        return classic([(int(moment), 0, packet) for moment, packet in packets]), packets
    blocks = [enhanced(i * 10**6, packet, number=i % 2) for i, (_, packet) in enumerate(packets)]
    return BEGIN[kind] + interface() + b"".join(blocks), packets


class OnlyRead:
    """The least that dpkt needs of a file."""

    def __init__(self, data: bytes) -> None:
        self.file = io.BytesIO(data)
        self.asked: list[int] = []

    def read(self, count: int = -1) -> bytes:
        self.asked.append(count)
        return self.file.read(count)


class Drip(io.BytesIO):
    """Gives what is there: now and then a few bytes."""

    chance = random.Random(7)

    def read1(self, count: int | None = -1) -> bytes:
        return self.read(self.chance.choice((1, 2, 15, 17, 1000, 5000)))


def _zipped(data: bytes, path: pathlib.Path) -> Any:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x", data)
    return zipfile.ZipFile(path).open("x")


def _spooled(data: bytes, _: pathlib.Path) -> Any:
    file = tempfile.SpooledTemporaryFile(max_size=len(data) // 2)  # noqa: SIM115
    file.write(data)
    file.seek(0)
    return file


def _saved(data: bytes, path: pathlib.Path) -> pathlib.Path:
    path.write_bytes(data)
    return path


def _mapped(data: bytes, path: pathlib.Path) -> Any:
    with _saved(data, path).open("r+b") as file:
        return mmap.mmap(file.fileno(), 0)


# Kinds of file objects, made from what is in them and a path that may be used.
FILES: dict[str, Callable[[bytes, pathlib.Path], Any]] = {
    "BytesIO": lambda data, _: io.BytesIO(data),
    "buffered": lambda data, path: _saved(data, path).open("rb"),
    "raw": lambda data, path: _saved(data, path).open("rb", buffering=0),
    "for update": lambda data, path: _saved(data, path).open("r+b"),
    "gzip": lambda data, _: gzip.open(io.BytesIO(gzip.compress(data, 1)), "rb"),  # noqa: SIM115
    "bz2": lambda data, _: bz2.open(io.BytesIO(bz2.compress(data, 1)), "rb"),  # noqa: SIM115
    "zip": _zipped,
    "mmap": _mapped,
    "spooled": _spooled,
    "only read": lambda data, _: OnlyRead(data),
    "drip": lambda data, _: Drip(data),
}


# Deliberate differences: ours is what the file has by its specification, and dpkt's is not.


def _ours_is_right(case: Case) -> Contents | None:
    """What is in the file, if ours has found exactly that and warned if it had to."""
    found = contents(pathlib.Path(case.frame.decode()))
    if found is None or not isinstance(case.ours, dict) or not isinstance(case.theirs, dict):
        return None
    right = (case.ours["times"], case.ours["packets"]) == (found.times, found.packets) and case.ours["end"] is None
    return found if right and case.ours["warned"] == ["TruncatedCaptureWarning"] * bool(found.fault) else None


def _is_cut(case: Case, difference: Difference) -> bool:
    found = _ours_is_right(case)
    cut = found is not None and found.fault in ("record", "block", "header")
    return cut and difference.path == "warned"


def _header_is_cut(case: Case, difference: Difference) -> bool:
    found = _ours_is_right(case)
    cut = found is not None and found.fault == "header" and case.theirs["packets"] == found.packets
    return cut and difference.path == "end" and isinstance(difference.theirs, Raised) and difference.theirs.kind == "NeedData"


def _length_is_not_believed(case: Case, difference: Difference) -> bool:
    found = _ours_is_right(case)
    if found is None or found.fault != "length" or not found.unread:
        return False
    rest = pathlib.Path(case.frame.decode()).read_bytes()[found.unread :]
    return case.theirs["packets"] == [*found.packets, rest]


def _block_contradicts_itself(case: Case, difference: Difference) -> bool:
    found = _ours_is_right(case)
    if found is None or found.unread or found.fault not in ("length", "captured", "order"):
        return False
    return case.theirs["packets"][: len(found.packets)] == found.packets


def _section_of_another_version(case: Case, difference: Difference) -> bool:
    found = _ours_is_right(case)
    return found is not None and found.fault == "version" and case.theirs["packets"][: len(found.packets)] == found.packets


def _loses(reason: str, case: Case, difference: Difference) -> bool:
    """dpkt has all packets but those that it loses, and loses some for this reason."""
    found = _ours_is_right(case)
    if found is None or reason not in found.lost or difference.path.startswith("times["):
        return False
    return case.theirs["packets"] == [packet for packet, lost in zip(found.packets, found.lost, strict=True) if lost is None]


def _another_interface_s_clock(case: Case, difference: Difference) -> bool:
    found = _ours_is_right(case)
    if found is None or not difference.path.startswith("times["):
        return False
    return found.clocks[int(difference.path[6:-1])] != found.first_clock


DELIBERATE: tuple[Deliberate, ...] = (
    Deliberate("the file ends inside a record or block: ours warns, dpkt says nothing", _is_cut),
    Deliberate("the file ends inside a record's header: dpkt raises NeedData, ours ends with a warning", _header_is_cut),
    Deliberate(
        "a record claims more than 128 MiB: dpkt takes the rest of the file for a packet, ours warns", _length_is_not_believed
    ),
    Deliberate(
        "a block contradicts itself: dpkt reads on in whatever follows, ours ends with a warning", _block_contradicts_itself
    ),
    Deliberate("a later section has a version that nobody knows: dpkt does not look, ours warns", _section_of_another_version),
    Deliberate("dpkt skips simple packet blocks", functools.partial(_loses, "simple")),
    Deliberate(
        "dpkt reads sections of the other byte order in that of the first, and finds nothing", functools.partial(_loses, "order")
    ),
    Deliberate("the length of a block is no multiple of four: dpkt raises", functools.partial(_loses, "odd")),
    Deliberate("dpkt counts every interface's time by the clock of the first", _another_interface_s_clock),
)
