"""Captures and packets made byte by byte."""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Iterable

Record = tuple[int, int, bytes] | tuple[int, int, bytes, int]


def pcap(records: Iterable[Record], *, link_type: int = 1, order: str = "<", nano: bool = False, snaplen: int = 65535) -> bytes:
    """A classic capture of ``(seconds, fraction, data[, length on the wire])``."""
    magic = 0xA1B23C4D if nano else 0xA1B2C3D4
    out = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, snaplen, link_type)]
    for seconds, fraction, data, *length in records:
        out.append(struct.pack(order + "IIII", seconds, fraction, len(data), length[0] if length else len(data)) + data)
    return b"".join(out)


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    """A pcapng block."""
    body += b"\0" * (-len(body) % 4)
    length = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + length + body + length


def option(code: int, value: bytes, order: str = "<") -> bytes:
    """A pcapng option."""
    return struct.pack(order + "HH", code, len(value)) + value + b"\0" * (-len(value) % 4)


def section(order: str = "<") -> bytes:
    """A section header."""
    return block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def interface(link_type: int = 1, snaplen: int = 0, options: bytes = b"", order: str = "<") -> bytes:
    """An interface description."""
    return block(1, struct.pack(order + "HHI", link_type, 0, snaplen) + options, order)


def enhanced(number: int, units: int, data: bytes, length: int | None = None, order: str = "<") -> bytes:
    """An enhanced packet."""
    head = struct.pack(
        order + "IIIII", number, units >> 32, units & 0xFFFFFFFF, len(data), len(data) if length is None else length
    )
    return block(6, head + data + b"\0" * (-len(data) % 4), order)


def ethernet(payload: bytes, kind: int = 0x0800, vlans: Iterable[int] = ()) -> bytes:
    """An Ethernet frame, tagged if `vlans` says so."""
    tags = b"".join(struct.pack(">HH", 0x8100, vlan) for vlan in vlans)
    return bytes.fromhex("020000000002 020000000001") + tags + struct.pack(">H", kind) + payload


def ipv4(
    payload: bytes, protocol: int, src: str = "10.0.0.1", dst: str = "10.0.0.2", *, ident: int = 1, fragment: int = 0
) -> bytes:
    """An IPv4 packet."""
    addresses = ipaddress.IPv4Address(src).packed + ipaddress.IPv4Address(dst).packed
    return struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), ident, fragment, 64, protocol, 0) + addresses + payload


def ipv6(payload: bytes, following: int, src: str = "fd00::1", dst: str = "fd00::2") -> bytes:
    """An IPv6 packet."""
    addresses = ipaddress.IPv6Address(src).packed + ipaddress.IPv6Address(dst).packed
    return struct.pack(">IHBB", 6 << 28, len(payload), following, 64) + addresses + payload


def tcp(sport: int, dport: int, flags: int, payload: bytes = b"", options: bytes = b"", seq: int = 1, ack: int = 0) -> bytes:
    """A TCP segment."""
    offset = (20 + len(options)) // 4
    return struct.pack(">HHIIHHHH", sport, dport, seq, ack, offset << 12 | flags, 8192, 0, 0) + options + payload


def udp(sport: int, dport: int, payload: bytes = b"") -> bytes:
    """A UDP datagram."""
    return struct.pack(">HHHH", sport, dport, 8 + len(payload), 0) + payload


def icmp(kind: int = 8, code: int = 0, payload: bytes = b"ping") -> bytes:
    """An ICMP message."""
    return struct.pack(">BBHHH", kind, code, 0, 1, 1) + payload


def arp(src: str = "10.0.0.1", dst: str = "10.0.0.2") -> bytes:
    """An ARP request."""
    sender = bytes.fromhex("020000000001") + ipaddress.IPv4Address(src).packed
    return struct.pack(">HHBBH", 1, 0x0800, 6, 4, 1) + sender + bytes(6) + ipaddress.IPv4Address(dst).packed


def assorted() -> list[bytes]:
    """One frame of each kind."""
    return [
        ethernet(ipv4(tcp(1234, 80, 2, options=bytes.fromhex("020405b4 01030307")), 6)),
        ethernet(ipv4(tcp(80, 1234, 18), 6, "10.0.0.2", "10.0.0.1")),
        ethernet(ipv4(udp(5353, 53, b"hello"), 17), vlans=[30]),
        ethernet(ipv6(udp(1, 2, b"six"), 17), 0x86DD, vlans=[30, 40]),
        ethernet(ipv4(icmp(), 1)),
        ethernet(arp(), 0x0806),
        ethernet(ipv4(b"middle", 17, fragment=100)),
        ethernet(b"\x02\x07unknown", 0x88CC),
    ]


def mutated(data, rng):
    """Bytes flipped, cut out or put in."""
    data = bytearray(data)
    for _ in range(rng.randrange(1, 6)):
        at = rng.randrange(len(data))
        kind = rng.randrange(3)
        if kind == 0:
            data[at] = rng.randrange(256)
        elif kind == 1:
            del data[at : at + rng.randrange(1, 40)]
        else:
            data[at:at] = rng.randbytes(rng.randrange(1, 40))
    return bytes(data)
