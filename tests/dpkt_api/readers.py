"""What dpkt's reader and ours make of a whole file."""

from __future__ import annotations

import pathlib
from types import ModuleType
from typing import Any

from .tree import Case, Deliberate, Difference, Raised, attempt, compare, short

ATTRIBUTES = ("snaplen", "dloff", "filter")


def read(path: pathlib.Path, module: ModuleType) -> Any:
    """Attributes of the reader, every packet with the type of its time, and how the iteration ends."""
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
        while True:
            packet = attempt(lambda: next(iterator, None))
            if packet is None or isinstance(packet, Raised):
                end = packet
                break
            kinds.add((type(packet[0]).__name__, type(packet[1]).__name__))
            times.append(packet[0])
            packets.append(packet[1])
    return found | {"kinds": sorted(kinds), "end": end, "times": times, "packets": packets}


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
    return case, [
        Difference(d.path, d.theirs, d.ours, reason) for d, reason in zip(differences, reasons, strict=True)
    ]


def _short(found: dict[str, Any]) -> dict[str, Any]:
    packets = found["packets"]
    ends = {"count": len(packets), "last": [short(packet) for packet in packets[-2:]]}
    return {name: value for name, value in found.items() if name not in ("packets", "times")} | {"packets": ends}


DELIBERATE: tuple[Deliberate, ...] = ()
