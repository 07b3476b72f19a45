"""Which packets an alert is about: one description, from which both the rows and the display filter follow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .._generated import Layer, TcpFlag
from ._groups import Ints
from ._packets import Packets

Kind = Literal["any", "arp", "icmp", "tcp", "udp"]

LAYERS: dict[Kind, int] = {
    "arp": Layer.ARP,
    "icmp": Layer.ICMP | Layer.ICMPV6,
    "tcp": Layer.TCP,
    "udp": Layer.UDP,
}
PROTOCOLS = {"udp": (17, 17), "icmp": (1, 58)}
FLAG_NAMES = {
    TcpFlag.FIN: "fin", TcpFlag.SYN: "syn", TcpFlag.RST: "reset", TcpFlag.PSH: "push", TcpFlag.ACK: "ack", TcpFlag.URG: "urg",
}  # fmt: skip
# Messages that quote the packet they answer, whose fields a display filter finds too (RFC 792, 4443).
NO_QUOTES = {4: "!(icmp.type in {3..5, 11, 12})", 6: "!(icmpv6.type in {1..4})"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Packets from the time `first` to `last`, both included, that have all that is not None.

    Attributes
    ----------
    first, last : int
        Nanoseconds since 1970.
    kind : {"any", "arp", "icmp", "tcp", "udp"}
        What they are.
    src, dst : str, optional
        Addresses; for ARP the protocol addresses.
    sport, dport : int, optional
        Ports.
    flags : tuple of int and int, optional
        A mask, and what TCP flags are under it.
    types : tuple of int
        ICMP types, of which the packet has one.
    eth_src : str, optional
        Hardware address of the sender.
    gratuitous : bool
        ARP for the sender's own address.
    fragments : bool
        Whether fragments are meant too, of which it can not be seen if they have the ports or types.
    """

    first: int
    last: int
    kind: Kind = "any"
    src: str | None = None
    dst: str | None = None
    sport: int | None = None
    dport: int | None = None
    flags: tuple[int, int] | None = None
    types: tuple[int, ...] = ()
    eth_src: str | None = None
    gratuitous: bool = False
    fragments: bool = False

    @classmethod
    def over(cls, packets: Packets, rows: Ints, kind: Kind = "any", **fields: Any) -> Match:
        """A match for the time of some rows, which are in the order of time."""
        first, last = (int(packets.timestamp[row]) for row in (rows[0], rows[-1]))
        return cls(first=first, last=last, kind=kind, **fields)

    @property
    def lasted(self) -> int:
        """Nanoseconds from the first to the last."""
        return self.last - self.first

    def filter(self) -> str:
        """The Wireshark display filter that selects the same packets."""
        return " && ".join(self._terms())

    def _terms(self) -> Iterator[str]:
        if self.first == self.last:
            yield f"frame.time_epoch == {_seconds(self.first)}"
        else:
            yield f"frame.time_epoch >= {_seconds(self.first)}"
            yield f"frame.time_epoch <= {_seconds(self.last)}"
        for side, address in (("src", self.src), ("dst", self.dst)):
            if address is not None:
                field = f"arp.{side}.proto_ipv4" if self.kind == "arp" else f"{_ip(address)}.{side}"
                yield f"{field} == {address}"
        if self.eth_src is not None:
            yield f"eth.src == {self.eth_src}"
        if self.kind == "arp":
            yield "arp"
            if self.gratuitous:
                yield "arp.src.proto_ipv4 == arp.dst.proto_ipv4"
        elif self.kind == "icmp":
            yield from self._or_fragment(self._icmp())
            yield NO_QUOTES[self._version()]
        elif self.kind != "any":
            yield from self._transport()
            # An ICMP error quotes a packet, whose ports and addresses are not its own.
            yield "!icmp && !icmpv6"

    def _transport(self) -> Iterator[str]:
        ports = [(f"{self.kind}.srcport", self.sport), (f"{self.kind}.dstport", self.dport)]
        terms = [f"{field} == {port}" for field, port in ports if port is not None]
        mask, value = self.flags or (0, 0)
        terms += [f"tcp.flags.{name} == {int(bool(value & flag))}" for flag, name in FLAG_NAMES.items() if mask & flag]
        yield from self._or_fragment(" && ".join(terms) or self.kind)

    def _icmp(self) -> str:
        field = "icmp.type" if self._version() == 4 else "icmpv6.type"
        terms = [f"{field} == {number}" for number in self.types]
        return terms[0] if len(terms) == 1 else f"({' || '.join(terms)})"

    def _or_fragment(self, text: str) -> Iterator[str]:
        if not self.fragments:
            yield text
            return
        four, six = PROTOCOLS[self.kind]
        if self._version() == 4:
            yield f"ip.proto == {four}"
            yield f"(({text}) || ip.flags.mf == 1 || ip.frag_offset > 0)"
        else:
            yield f"(({text}) || ipv6.fraghdr.nxt == {six})"

    def _version(self) -> int:
        address = self.src or self.dst
        if address is None:
            message = f"a match of {self.kind} needs an address"
            raise ValueError(message)
        return 6 if ":" in address else 4

    def rows(self, packets: Packets) -> Ints:
        """The numbers of the rows in the order of time."""
        part = packets.span(self.first, self.last)
        if self.src is not None:
            rows = packets.rows_of("src", packets.hosts.number(self.src), part)
        elif self.dst is not None:
            rows = packets.rows_of("dst", packets.hosts.number(self.dst), part)
        else:
            rows = np.arange(part.start, part.stop)
        if self.src is not None and self.dst is not None:
            rows = rows[packets.dst[rows] == packets.hosts.number(self.dst)]
        if self.eth_src is not None:
            rows = rows[packets.eth_src[rows] == (packets.macs.index(self.eth_src) if self.eth_src in packets.macs else -1)]
        return rows if self.kind == "any" else rows[self._of_kind(packets, rows)]

    def _of_kind(self, packets: Packets, rows: Ints) -> NDArray[np.bool_]:
        layers = packets.layers[rows]
        found: NDArray[np.bool_] = (layers & np.uint32(LAYERS[self.kind])) != 0
        for name, port in (("sport", self.sport), ("dport", self.dport)):
            if port is not None:
                found &= getattr(packets, name)[rows] == port
        if self.flags is not None:
            found &= (packets.tcp_flags[rows] & self.flags[0]) == self.flags[1]
        if self.types:
            found &= np.isin(packets.icmp_type[rows], self.types)
        if self.gratuitous:
            found &= packets.src[rows] == packets.dst[rows]
        if self.fragments:
            protocol = PROTOCOLS[self.kind][self._version() == 6]
            found |= ((layers & np.uint32(Layer.FRAGMENT)) != 0) & (packets.protocol[rows] == protocol)
        return found


def any_filter(matches: Sequence[Match]) -> str:
    """The display filter for the packets of any of the matches."""
    texts = [match.filter() for match in matches]
    return texts[0] if len(texts) == 1 else " || ".join(f"({text})" for text in texts)


def any_rows(matches: Sequence[Match], packets: Packets) -> Ints:
    """The rows of any of the matches, each once and in order."""
    found = [match.rows(packets) for match in matches]
    return found[0] if len(found) == 1 else np.unique(np.concatenate(found))


def has_fragments(packets: Packets, rows: Ints, dst: str) -> bool:
    """Whether a host got fragments meanwhile: a match by ports or types would miss most of them."""
    rows = Match.over(packets, rows, dst=dst).rows(packets)
    return bool((packets.layers[rows] & np.uint32(Layer.FRAGMENT)).any())


def _ip(address: str) -> str:
    return "ipv6" if ":" in address else "ip"


def _seconds(nanoseconds: int) -> str:
    """Seconds with nine digits, exactly."""
    whole, fraction = divmod(abs(nanoseconds), 10**9)
    return f"{'-' if nanoseconds < 0 else ''}{whole}.{fraction:09d}"
