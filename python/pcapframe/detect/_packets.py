"""What detectors work on: columns in the order of time, and one number for each host."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .._generated import Layer
from ._columns import need
from ._groups import Ints

if TYPE_CHECKING:
    from ..capture import Capture

# The upper half of a host's key: its kind. The lower half is the IPv4 address, or a place in some table of IPv6 addresses.
IPV4, IPV6 = 4 << 32, 6 << 32
LOWER = 0xFFFF_FFFF
#: Beyond so many nanoseconds, 146 years, times are all the same to detectors; sums of two of them fit in 64 bits.
LONGEST = 1 << 62
#: In more rows than these the rows of a host are looked up and not searched for.
MANY = 1 << 16
ENDS_OF_TIME = (-(1 << 63), (1 << 63) - 1)
#: Networks whose hosts are one's own: RFC 1918, 6598, 3927, 4193, 4291, and this host.
LOCAL = (
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8", "0.0.0.0/8",
    "fc00::/7", "fe80::/10", "::/127",
)  # fmt: skip
#: Addresses of many hosts at once: RFC 5771, 4291, and broadcast.
GROUPS = ("224.0.0.0/4", "255.255.255.255/32", "ff00::/8")
#: Types of an echo request and of its reply (RFC 792, 4443).
ECHO = {Layer.ICMP: (8, 0), Layer.ICMPV6: (128, 129)}


class Hosts:
    """Addresses by number; 0 is none, and those of IPv4 come first and in their order."""

    def __init__(self, keys: Ints, ipv6: Callable[[int], str]) -> None:
        """Take distinct keys in ascending order, the first of which is 0, and what gives the text of a host with IPv6."""
        self.keys = keys
        self._ipv6 = ipv6
        self._numbers: dict[str, int] | None = None

    def __len__(self) -> int:
        return len(self.keys)

    def text(self, host: int) -> str:
        """The address of a host; empty for none."""
        key = int(self.keys[host])
        if key >= IPV6:
            return self._ipv6(host)
        return str(ipaddress.IPv4Address(key & LOWER)) if key else ""

    def number(self, text: str) -> int:
        """The number of an address; that of none if it does not occur."""
        if ":" not in text:
            key = np.uint64(IPV4 | int(ipaddress.IPv4Address(text)))
            place = int(np.searchsorted(self.keys, key))
            return place if place < len(self.keys) and self.keys[place] == key else 0
        if self._numbers is None:
            first = int(np.searchsorted(self.keys, np.uint64(IPV6)))
            self._numbers = {self._ipv6(host): host for host in range(first, len(self.keys))}
        return self._numbers.get(text, 0)

    def within(self, hosts: Ints, networks: Sequence[str]) -> NDArray[np.bool_]:
        """Which of `hosts` are in one of `networks`."""
        distinct, place = np.unique(hosts, return_inverse=True)
        keys = self.keys[distinct]
        found = np.zeros(len(distinct), bool)
        known = [ipaddress.ip_network(text, strict=False) for text in networks]
        for network in known:
            if network.version == 4:
                first, last = (np.uint64(IPV4 | int(end)) for end in (network[0], network[-1]))
                found |= (keys >= first) & (keys <= last)
        sixes = [network for network in known if network.version == 6]
        for i in np.flatnonzero(keys >= np.uint64(IPV6)).tolist() if sixes else ():
            address = ipaddress.ip_address(self._ipv6(int(distinct[i])))
            found[i] = any(address in network for network in sixes)
        return found[place]

    def summary(self, hosts: Ints) -> str:
        """One address, or the smallest network that has them all, or how many there are if that would be too large."""
        distinct = np.unique(hosts)
        if len(distinct) == 1:
            return self.text(int(distinct[0]))
        ends = [ipaddress.ip_address(self.text(int(host)) or "::") for host in (distinct[0], distinct[-1])]
        if ends[0].version == ends[1].version == 4:
            prefix = 32 - (int(ends[0]) ^ int(ends[1])).bit_length()
            if prefix >= 8:
                return str(ipaddress.ip_network((int(ends[0]), prefix), strict=False))
        return f"{len(distinct):,} addresses"


class Packets:
    """Columns of packets in the order of time; an attribute for each.

    Beside the capture's own columns there is ``t``, nanoseconds since the first packet; ``src`` and ``dst`` are numbers of
    hosts, ``eth_src`` of hardware addresses.
    """

    def __init__(
        self,
        columns: Mapping[str, Ints],
        hosts: Hosts,
        macs: Sequence[str],
        capture: Capture | None = None,
    ) -> None:
        time = columns["timestamp"]
        # Where each row is in the capture; None if it has the same order.
        self.order = np.argsort(time, kind="stable") if (time[1:] < time[:-1]).any() else None
        self._columns = dict(columns)
        self._ordered: dict[str, Ints] = {}
        self._by_host: dict[str, tuple[Ints, Ints]] = {}
        self.hosts = hosts
        self.macs = macs
        self.capture = capture

    @classmethod
    def of(cls, capture: Capture | Packets, names: Sequence[str]) -> Packets:
        """Return a capture's packets with the columns of `names`, which are read if they were not."""
        if isinstance(capture, Packets):
            return capture
        wanted = dict.fromkeys(["timestamp", *names])
        addresses = "src" in wanted or "dst" in wanted
        if addresses:
            wanted |= dict.fromkeys(["src", "dst", "ip_version", "layers"])
        full = need(capture, list(wanted))
        columns: dict[str, Ints] = {
            name: full._frame.values(name) for name in wanted if name not in ("src", "dst", "eth_src", "timestamp")
        }
        columns["timestamp"] = full._frame.values("timestamp").view(np.int64)
        hosts, macs = Hosts(np.zeros(1, np.uint64), str), [""]
        if addresses:
            hosts, columns["src"], columns["dst"] = numbered(full)
        if "eth_src" in wanted:
            columns["eth_src"], macs = full._frame.codes("eth_src"), full._frame.categories("eth_src")
        return cls(columns, hosts, macs, capture)

    def __len__(self) -> int:
        return len(self._columns["timestamp"])

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or (name != "t" and name not in self._columns):
            raise AttributeError(name)
        if name not in self._ordered:
            self._ordered[name] = self._since() if name == "t" else self._in_order(name)
        return self._ordered[name]

    def _in_order(self, name: str) -> Ints:
        column = self._columns[name]
        ordered: Ints = column if self.order is None else column[self.order]
        return ordered

    def _since(self) -> Ints:
        time = self.timestamp
        # Unsigned, since the time between two ends of the range does not fit in a signed number.
        since: Ints = time.astype(np.uint64)
        since -= since[:1].copy()
        found: Ints = np.minimum(since, np.uint64(LONGEST)).astype(np.int64)
        return found

    def span(self, first: int, last: int) -> slice:
        """The rows from one time to another, both included."""
        begin, end = (np.int64(min(max(time, ENDS_OF_TIME[0]), ENDS_OF_TIME[1])) for time in (first, last))
        start = int(np.searchsorted(self.timestamp, begin))
        return slice(start, max(start, int(np.searchsorted(self.timestamp, end, side="right"))))

    def rows_of(self, side: Literal["src", "dst"], host: int, part: slice) -> Ints:
        """The rows in `part` of one host."""
        if part.stop - part.start < MANY:
            rows: Ints = np.flatnonzero(getattr(self, side)[part] == host) + part.start
            return rows
        if side not in self._by_host:
            column = getattr(self, side)
            rows = np.argsort(column, kind="stable")
            self._by_host[side] = rows, np.cumsum(np.bincount(column, minlength=len(self.hosts)))
        rows, ends = self._by_host[side]
        rows = rows[ends[host - 1] if host else 0 : ends[host]]
        inside: Ints = rows[np.searchsorted(rows, part.start) : np.searchsorted(rows, part.stop)]
        return inside

    def has(self, layers: int) -> NDArray[np.bool_]:
        """Which packets have one of these layers."""
        found: NDArray[np.bool_] = (self.layers & np.uint32(layers)) != 0
        return found

    def text(self, host: int) -> str:
        """The address of a host."""
        return self.hosts.text(int(host))


Source: TypeAlias = "Capture | Packets"


def numbered(capture: Capture) -> tuple[Hosts, Ints, Ints]:
    """Return the hosts of a capture, and the numbers of its sources and destinations."""
    frame = capture._frame
    sides = [_Side(capture, name) for name in ("src", "dst")]
    keys = np.unique(np.concatenate([np.zeros(1, np.uint64), *(side.keys for side in sides)]))
    numbers = [np.searchsorted(keys, side.keys).astype(np.uint32) for side in sides]
    # Where each host occurs.
    rows: Ints = np.zeros(len(keys), np.int64)
    is_dst: Ints = np.zeros(len(keys), bool)
    for side, number in zip(sides, numbers, strict=True):
        rows[number] = side.rows
        is_dst[number] = side.name == "dst"

    def ipv6(host: int) -> str:
        return frame.address("dst" if is_dst[host] else "src", int(rows[host]))

    return Hosts(keys, ipv6), numbers[0][sides[0].codes], numbers[1][sides[1].codes]


class _Side:
    """One address column: its codes, and for each of them its key and a row that has it."""

    def __init__(self, capture: Capture, name: str) -> None:
        frame = capture._frame
        self.name = name
        self.keys: Ints = np.zeros(1, np.uint64)
        self.codes = frame.codes(name)
        count = int(self.codes.max()) + 1 if len(self.codes) else 1
        self.rows = np.zeros(count, np.int64)
        self.rows[self.codes] = np.arange(len(self.codes))
        if not len(self.codes):
            return
        kind = np.where(frame.values("ip_version")[self.rows] == 6, np.uint64(IPV6), np.uint64(IPV4))
        self.keys = kind | frame.values(name)[self.rows].astype(np.uint64)
        self.keys[0] = 0
