"""★ The features of hosts in windows: each a row here, with what it means, its unit, and how it is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .._generated import Layer, TcpFlag
from ._groups import ratio, spread
from ._windows import Packets

PORTS = Layer.TCP | Layer.UDP | Layer.UDPLITE | Layer.SCTP | Layer.DCCP
ALL_PORTS = 1 << 16
FLAGS = ("fin", "syn", "rst", "psh", "ack", "urg")


class Direction:
    """What one direction's packets amount to; each is worked out when a feature first needs it."""

    def __init__(self, packets: Packets) -> None:
        self.by_host = packets

    @cached_property
    def packets(self) -> NDArray[np.float64]:
        """How many packets."""
        return self.by_host.sum()

    @cached_property
    def bytes(self) -> NDArray[np.float64]:
        """How many bytes on the wire."""
        return self.sum("length")

    def sum(self, name: str) -> NDArray[np.float64]:
        """Sum up a column."""
        return self.by_host.sum(self.by_host.column(name))

    @cached_property
    def layers(self) -> NDArray[np.uint32]:
        """The headers of each packet."""
        return self.by_host.column("layers")

    @cached_property
    def is_tcp(self) -> NDArray[np.bool_]:
        """Which packets have a TCP header."""
        found: NDArray[np.bool_] = (self.layers & Layer.TCP) != 0
        return found

    @cached_property
    def tcp(self) -> NDArray[np.float64]:
        """How many packets have a TCP header."""
        return self.by_host.sum(self.is_tcp)

    @cached_property
    def flags(self) -> NDArray[np.uint16]:
        """TCP flags of each packet; 0 where there is no TCP header."""
        return self.by_host.column("tcp_flags")

    @cached_property
    def has_ports(self) -> NDArray[np.bool_]:
        """Which packets have ports."""
        found: NDArray[np.bool_] = (self.layers & PORTS) != 0
        return found

    def count(self, layers: int) -> NDArray[np.float64]:
        """Count the packets that have one of these headers."""
        return self.by_host.sum((self.layers & layers) != 0)

    def count_flags(self, *, among: int, equal: int) -> NDArray[np.float64]:
        """Count the packets whose flags, of those in `among`, are exactly these."""
        return self.by_host.sum((self.flags & among) == equal)

    @cached_property
    def peers(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Number and entropy of the other ends."""
        of = self.by_host
        return spread(of.rows, of.peers, of.count, of.peer_count)

    @cached_property
    def dports(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Number and entropy of destination ports."""
        return self._ports("dport")

    @cached_property
    def sports(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Number and entropy of source ports."""
        return self._ports("sport")

    def _ports(self, name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        found = self.has_ports
        return spread(self.by_host.rows[found], self.by_host.column(name)[found].astype(np.int64), self.by_host.count, ALL_PORTS)

    @cached_property
    def syns(self) -> NDArray[np.float64]:
        """How many packets ask for a connection."""
        return self.count_flags(among=TcpFlag.SYN | TcpFlag.ACK, equal=TcpFlag.SYN)

    @cached_property
    def synacks(self) -> NDArray[np.float64]:
        """How many packets accept a connection."""
        both = TcpFlag.SYN | TcpFlag.ACK
        return self.count_flags(among=both, equal=both)


@dataclass(frozen=True)
class Traffic:
    """Both directions of hosts in windows, and how many seconds a window has."""

    sent: Direction
    received: Direction
    seconds: float


@dataclass(frozen=True)
class Feature:
    """A feature of a host in a window, and the columns of packets that it needs besides those that tell hosts and times."""

    meaning: str
    unit: str
    needs: tuple[str, ...]
    make: Callable[[Traffic], NDArray[np.float64]]


@dataclass(frozen=True)
class Half:
    """A feature of one direction; "sent" and "received" are put in place of {}."""

    meaning: str
    unit: str
    needs: tuple[str, ...]
    make: Callable[[Direction], NDArray[np.float64]]


def _share(layers: int, what: str) -> Half:
    return Half(f"Share of packets {{}} that {what}.", "0 to 1", ("layers",), lambda d: ratio(d.count(layers), d.packets))


def _flag(name: str) -> Half:
    bit = TcpFlag[name.upper()]

    def make(direction: Direction) -> NDArray[np.float64]:
        return ratio(direction.count_flags(among=bit, equal=bit), direction.tcp)

    return Half(f"Share of TCP packets {{}} that have the flag {name.upper()}.", "0 to 1", ("tcp_flags", "layers"), make)


HALVES: dict[str, Half] = {
    "packets": Half("Packets {}.", "packets", (), lambda d: d.packets),
    "bytes": Half("Bytes on the wire {}, link headers included.", "bytes", ("length",), lambda d: d.bytes),
    "payload_bytes": Half("Bytes of transport payload {}.", "bytes", ("payload_length",), lambda d: d.sum("payload_length")),
    "size_mean": Half("`bytes` / `packets` of packets {}.", "bytes", ("length",), lambda d: ratio(d.bytes, d.packets)),
    "tcp_share": _share(Layer.TCP, "have a TCP header"),
    "udp_share": _share(Layer.UDP, "have a UDP header"),
    "icmp_share": _share(Layer.ICMP | Layer.ICMPV6, "have an ICMP or ICMPv6 header"),
    "arp_share": _share(Layer.ARP, "are ARP"),
    "peers": Half("Distinct addresses at the other end of packets {}.", "addresses", (), lambda d: d.peers[0]),
    "peer_entropy": Half("Entropy of these addresses over packets {}.", "bits", (), lambda d: d.peers[1]),
    "dports": Half("Distinct destination ports of packets {}.", "ports", ("dport", "layers"), lambda d: d.dports[0]),
    "dport_entropy": Half(
        "Entropy of destination ports over packets {} that have ports.", "bits", ("dport", "layers"), lambda d: d.dports[1]
    ),
    "sports": Half("Distinct source ports of packets {}.", "ports", ("sport", "layers"), lambda d: d.sports[0]),
    "sport_entropy": Half(
        "Entropy of source ports over packets {} that have ports.", "bits", ("sport", "layers"), lambda d: d.sports[1]
    ),
    "syns": Half(
        "TCP packets {} with SYN and without ACK: attempts at a connection.", "packets", ("tcp_flags",), lambda d: d.syns
    ),
    "synacks": Half("TCP packets {} with SYN and ACK: connections accepted.", "packets", ("tcp_flags",), lambda d: d.synacks),
    **{f"{name}_ratio": _flag(name) for name in FLAGS},
}


def _whole(half: Half, direction: str) -> Feature:
    return Feature(half.meaning.format(direction), half.unit, half.needs, lambda traffic: half.make(getattr(traffic, direction)))


FEATURES: dict[str, Feature] = {
    **{f"{name}_{way}": _whole(half, way) for way in ("sent", "received") for name, half in HALVES.items()},
    "packets_per_second": Feature(
        "Packets of both directions / length of the interval.", "1/s", (),
        lambda t: (t.sent.packets + t.received.packets) / t.seconds,
    ),
    "bytes_per_second": Feature(
        "Bytes of both directions / length of the interval.", "bytes/s", ("length",),
        lambda t: (t.sent.bytes + t.received.bytes) / t.seconds,
    ),
    "accepted_by_peers": Feature(
        "`synacks_received` / `syns_sent`; 0 without SYN.", "ratio", ("tcp_flags",),
        lambda t: ratio(t.received.synacks, t.sent.syns),
    ),
    "accepted_by_host": Feature(
        "`synacks_sent` / `syns_received`; 0 without SYN.", "ratio", ("tcp_flags",),
        lambda t: ratio(t.sent.synacks, t.received.syns),
    ),
}  # fmt: skip
