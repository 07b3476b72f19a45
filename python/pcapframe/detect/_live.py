"""Detection on a stream: the packets of the last minutes in bounded memory, and each event reported once."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .._generated import Layer, TcpFlag
from ._alerts import Alert, Severity
from ._all import DETECTORS, columns_of
from ._eve import is_address
from ._groups import Ints
from ._packets import IPV6, Hosts, Packets, numbered

if TYPE_CHECKING:
    from ..capture import Capture

#: Beaconing takes longer than what is kept, and new services need a baseline.
LIVE = tuple(name for name in DETECTORS if name not in ("beaconing", "new_service"))
HANDSHAKE = TcpFlag.SYN | TcpFlag.ACK
# Connections this young, in nanoseconds, may still be answered: they are not judged yet.
UNDECIDED = 2 * 10**9
# More than so many events are not remembered at a time.
MOST_EVENTS = 10_000


def live_columns(names: Iterable[str]) -> list[str]:
    """Return the columns that a ring keeps for some detectors."""
    return list(dict.fromkeys([*columns_of(names), "src", "dst", "ip_version", "layers", "tcp_flags", "length"]))


@dataclass(frozen=True)
class _Batch:
    """Columns of one batch; its hosts and hardware addresses are numbered on their own."""

    columns: dict[str, Ints]
    keys: Ints
    ipv6: list[str]
    macs: list[str]
    last: int

    @classmethod
    def of(cls, capture: Capture, names: Iterable[str]) -> _Batch:
        frame = capture._frame
        hosts, src, dst = numbered(capture)
        keys = hosts.keys
        texts = [hosts.text(host) for host in np.flatnonzero(keys >= np.uint64(IPV6)).tolist()]
        kept = [name for name in names if name not in ("src", "dst", "eth_src", "timestamp", "ip_version")]
        # Copies, since views would keep all columns of the batch.
        columns = {name: frame.values(name).copy() for name in kept}
        time = frame.values("timestamp").view(np.int64).copy()
        macs = [""]
        if "eth_src" in names:
            columns["eth_src"], macs = frame.codes("eth_src").copy(), frame.categories("eth_src")
        return cls(columns | {"timestamp": time, "src": src, "dst": dst}, keys, texts, macs, int(time.max()))

    def __len__(self) -> int:
        return len(self.columns["timestamp"])


class Ring:
    """The packets of the last `history` nanoseconds of a stream, at most `most` of them."""

    def __init__(self, names: Iterable[str], *, history: int, most: int) -> None:
        self._names = live_columns(names)
        self._history = history
        self._most = most
        self._batches: deque[_Batch] = deque()
        self._count = 0
        # Packets since, and time of, the last look.
        self._added, self._looked = 0, 0

    def __len__(self) -> int:
        return self._count

    def add(self, capture: Capture) -> None:
        """Take a batch, and forget what is too old or too much."""
        batch = _Batch.of(capture[-self._most :], self._names)
        self._batches.append(batch)
        self._count += len(batch)
        self._added += len(batch)
        # By the latest batch's time, not the latest time: a clock that was set back must not make everything old.
        while len(self._batches) > 1 and (self._batches[0].last < batch.last - self._history or self._count > self._most):
            self._count -= len(self._batches.popleft())

    @property
    def due(self) -> bool:
        """Whether half of what is kept is new: one must look before it is forgotten."""
        latest = self._batches[-1].last if self._batches else self._looked
        return self._added >= self._most / 2 or abs(latest - self._looked) >= self._history / 2

    def packets(self, *, settled: bool = True) -> Packets:
        """The packets at hand; with `settled` without the attempts to connect that may still be answered."""
        batches = list(self._batches)
        self._added, self._looked = 0, batches[-1].last
        columns = {name: np.concatenate([batch.columns[name] for batch in batches]) for name in batches[0].columns}
        hosts, columns["src"], columns["dst"] = _joined(batches)
        macs: dict[str, int] = {"": 0}
        if "eth_src" in columns:
            places = [np.array([macs.setdefault(mac, len(macs)) for mac in batch.macs], np.uint32) for batch in batches]
            columns["eth_src"] = np.concatenate(
                [place[batch.columns["eth_src"]] for place, batch in zip(places, batches, strict=True)]
            )
        if settled:
            opens = ((columns["layers"] & np.uint32(Layer.TCP)) != 0) & ((columns["tcp_flags"] & HANDSHAKE) == TcpFlag.SYN)
            keep = ~(opens & (columns["timestamp"] > batches[-1].last - UNDECIDED))
            columns = {name: column[keep] for name, column in columns.items()}
        return Packets(columns, hosts, list(macs))


def _joined(batches: list[_Batch]) -> tuple[Hosts, Ints, Ints]:
    """One numbering of the hosts of all batches."""
    places: dict[str, int] = {}
    keys = []
    for batch in batches:
        known = batch.keys.copy()
        sixes = np.flatnonzero(known >= np.uint64(IPV6))
        known[sixes] = [IPV6 | places.setdefault(text, len(places)) for text in batch.ipv6]
        keys.append(known)
    distinct = np.unique(np.concatenate(keys))
    texts = list(places)
    first = int(np.searchsorted(distinct, np.uint64(IPV6)))

    def ipv6(host: int) -> str:
        return texts[host - first]

    sides = []
    for name in ("src", "dst"):
        numbers = [np.searchsorted(distinct, known).astype(np.uint32) for known in keys]
        sides.append(np.concatenate([number[batch.columns[name]] for number, batch in zip(numbers, batches, strict=True)]))
    return Hosts(distinct, ipv6), sides[0], sides[1]


class Watch:
    """Runs detectors over a ring and tells of each event once."""

    def __init__(self, ring: Ring, names: Iterable[str] = LIVE, *, cooldown: int) -> None:
        self.ring = ring
        self._names = tuple(names)
        self._cooldown = cooldown
        self._events: dict[tuple[str, ...], tuple[int, Severity]] = {}

    def look(self, *, settled: bool = True) -> list[Alert]:
        """Return what is new: events that were not told of, or have become more severe.

        An event goes on as long as it does not rest for longer than the cool-down.
        """
        if not len(self.ring):
            return []
        packets = self.ring.packets(settled=settled)
        if not len(packets):
            return []
        found = [one for name in self._names for one in DETECTORS[name](packets)]
        found.sort(key=lambda one: (one.first_seen, one.kind))
        return [one for one in found if self._is_new(one)]

    def _is_new(self, one: Alert) -> bool:
        key = _event(one)
        first, last = (int(time.astype(np.int64)) for time in (one.first_seen, one.last_seen))
        known = self._events.pop(key, None)
        goes_on = known is not None and first - known[0] <= self._cooldown
        if known is not None and goes_on:
            last = max(last, known[0])
        # Put back as the latest: the eldest are forgotten first.
        self._events[key] = last, max(one.severity, known[1]) if known is not None and goes_on else one.severity
        if len(self._events) > MOST_EVENTS:
            del self._events[next(iter(self._events))]
        return known is None or not goes_on or one.severity > known[1]


def _event(one: Alert) -> tuple[str, ...]:
    """What stays the same as an event goes on: not the networks that grow with it."""
    ends = [text if is_address(text) else "" for text in (one.source, one.target)]
    details = [str(one.evidence.get(name, "")) for name in ("technique", "shape", "flags", "service", "mac")]
    # A connect scan is a SYN scan until its handshakes are seen.
    return one.kind, *ends, *(text.replace("connect", "syn") for text in details), str(one.matches[0].dport)
