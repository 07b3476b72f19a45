"""Spanning Tree Protocol: IEEE 802.1D."""

from typing import Any

from . import dpkt


def _seconds(field: str, doc: str) -> Any:
    """Make a property for the whole seconds of `field`, which counts in 256ths."""

    def read(self: "STP") -> int:
        return int(getattr(self, field) >> 8)

    def write(self: "STP", value: int) -> None:
        setattr(self, field, value << 8)

    return property(read, write, doc=doc)


class STP(dpkt.Packet):
    """Configuration BPDU; the times of day-to-day use are in seconds."""

    __hdr__ = (
        ("proto_id", "H", 0),
        ("v", "B", 0),
        ("type", "B", 0),
        ("flags", "B", 0),
        ("root_id", "8s", b""),
        ("root_path", "I", 0),
        ("bridge_id", "8s", b""),
        ("port_id", "H", 0),
        ("_age", "H", 0),
        ("_max_age", "H", 0),
        ("_hello", "H", 0),
        ("_fd", "H", 0),
    )
    proto_id: int
    v: int
    type: int
    flags: int
    root_id: bytes
    root_path: int
    bridge_id: bytes
    port_id: int

    age: int = _seconds("_age", "Age of the message, in seconds.")
    max_age: int = _seconds("_max_age", "Age at which the message is no longer valid, in seconds.")
    hello: int = _seconds("_hello", "Time between two messages of the root, in seconds.")
    fd: int = _seconds("_fd", "Forward delay, in seconds.")
