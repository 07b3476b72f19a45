"""Made traffic for the detectors: records in the order of time, and captures of them."""

from __future__ import annotations

import ipaddress
import struct

import pcapframe as pf
from frames import Record, ethernet, icmp, ipv4, ipv6, pcap, tcp, udp

START = 1_700_000_000
FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32
ME, YOU = "10.0.0.1", "10.0.0.2"

Step = tuple[float, bytes]


def mac(number: int) -> bytes:
    return bytes([2, 0, 0, 0, number >> 8, number & 255])


def mac_text(number: int) -> str:
    return ":".join(f"{byte:02x}" for byte in mac(number))


def ip(payload: bytes, protocol: int, src: str, dst: str) -> bytes:
    """An Ethernet frame with IPv4 or IPv6, by the addresses."""
    if ":" in src:
        return ethernet(ipv6(payload, protocol, src, dst), 0x86DD)
    return ethernet(ipv4(payload, protocol, src, dst))


def segment(flags: int, dport: int, sport: int = 40000, src: str = ME, dst: str = YOU, data: bytes = b"") -> bytes:
    return ip(tcp(sport, dport, flags, data), 6, src, dst)


def datagram(dport: int, sport: int = 40000, src: str = ME, dst: str = YOU, size: int = 8) -> bytes:
    return ip(udp(sport, dport, bytes(size)), 17, src, dst)


def echo(src: str = ME, dst: str = YOU, *, reply: bool = False, size: int = 32) -> bytes:
    six = ":" in src
    kinds = (128, 129) if six else (8, 0)
    return ip(icmp(kinds[reply], 0, bytes(size)), 58 if six else 1, src, dst)


def arp(sender: int, src: str, dst: str, *, reply: bool = False) -> bytes:
    """ARP from the hardware address with this number."""
    body = struct.pack(">HHBBH", 1, 0x0800, 6, 4, 2 if reply else 1) + mac(sender) + ipaddress.IPv4Address(src).packed
    return mac(0xFFFF) + mac(sender) + b"\x08\x06" + body + bytes(6) + ipaddress.IPv4Address(dst).packed


def sent_by(sender: int, frame: bytes) -> bytes:
    """The same frame from another hardware address."""
    return frame[:6] + mac(sender) + frame[12:]


def connection(sport: int, dport: int, src: str = ME, dst: str = YOU) -> list[bytes]:
    """A handshake and a segment of data."""
    return [
        segment(SYN, dport, sport, src, dst),
        segment(SYN | ACK, sport, dport, dst, src),
        segment(ACK, dport, sport, src, dst),
        segment(ACK | PSH, dport, sport, src, dst, b"data"),
    ]


def records(steps: list[Step]) -> list[Record]:
    return [(START + int(t // 1), round(t % 1 * 10**9), frame) for t, frame in steps]


def capture(steps: list[Step], columns: object = None) -> pf.Capture:
    """A capture of frames at times, in seconds."""
    return pf.read_pcap(pcap(records(steps), nano=True), columns=columns)


def every(interval: float, frames: list[bytes], begin: float = 0.0) -> list[Step]:
    """One frame after the other."""
    return [(begin + i * interval, frame) for i, frame in enumerate(frames)]
