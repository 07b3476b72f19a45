"""Counting packets, bytes or connections in intervals of time."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from . import _core
from ._extras import need
from ._generated import Layer, TcpFlag
from .address import AddressColumn

if TYPE_CHECKING:
    from .capture import Capture

Interval: TypeAlias = str | float | datetime.timedelta | np.timedelta64
Value: TypeAlias = Literal["bytes", "packets", "connections"]

UNITS = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "min": 60 * 10**9,
    "h": 3600 * 10**9,
    "d": 86400 * 10**9,
}
PROTOCOLS = {6: "TCP", 17: "UDP", 1: "ICMP", 58: "ICMPv6", 132: "SCTP", 2: "IGMP", 47: "GRE", 50: "ESP"}
# More would be a mistake in the interval, or a hostile timestamp, and not a timeline.
MAX_BINS = 10_000_000
PIECE = 1 << 22


@dataclass(frozen=True, eq=False)
class Timeline:
    """Sums in intervals of time.

    Attributes
    ----------
    time : numpy.ndarray of datetime64[ns]
        Where each interval begins (UTC), a multiple of the interval since 1970.
    series : dict of str to numpy.ndarray of uint64
        A sum an interval, for each group, the largest group first.
    interval : numpy.timedelta64
        Length of an interval.
    value : str
        What was summed: "bytes", "packets" or "connections".
    by : str or None
        What the groups are.
    """

    time: NDArray[np.datetime64]
    series: dict[str, NDArray[np.uint64]]
    interval: np.timedelta64
    value: Value
    by: str | None = field(default=None)

    def __len__(self) -> int:
        return len(self.time)

    def __getitem__(self, name: str) -> NDArray[np.uint64]:
        return self.series[name]

    @property
    def total(self) -> NDArray[np.uint64]:
        """The sum over all groups, an interval each."""
        return sum(self.series.values(), np.zeros(len(self.time), np.uint64))

    def to_pandas(self) -> Any:
        """Return a pandas DataFrame with a column for each group, indexed by time."""
        pandas = need("pandas", "to_pandas")
        return pandas.DataFrame(self.series, index=pandas.DatetimeIndex(self.time, name="time"))

    def to_rows(self) -> list[dict[str, Any]]:
        """Return one dict an interval: "time" as ISO text, and a whole number for each group."""
        unit: Literal["ns", "s"] = "ns" if self.interval % np.timedelta64(1, "s") else "s"
        times = np.datetime_as_string(self.time, unit=unit)
        columns = {name: values.tolist() for name, values in self.series.items()}
        return [{"time": f"{t}Z"} | {n: v[i] for n, v in columns.items()} for i, t in enumerate(times)]

    @property
    def nanoseconds(self) -> int:
        """Length of an interval in nanoseconds."""
        return int(self.interval.astype("timedelta64[ns]").astype(np.int64))

    def __repr__(self) -> str:
        names = ", ".join(self.series)
        return f"<Timeline of {self.value}: {len(self):,} intervals of {interval_text(self.nanoseconds)}, {names or 'empty'}>"


def interval_nanoseconds(interval: Interval, name: str = "interval") -> int:
    """Return an interval in nanoseconds.

    Parameters
    ----------
    interval : str, float, datetime.timedelta or numpy.timedelta64
        A text such as ``"1s"``, ``"500ms"``, ``"5min"``, ``"1h"`` or ``"1d"``, or a number of seconds.
    name : str
        What an error calls it.

    Returns
    -------
    int
        At least 1.

    Raises
    ------
    ValueError
        It is no interval, or not from 1 ns to 292 years.

    Examples
    --------
    >>> interval_nanoseconds("1min")
    60000000000
    """
    nanoseconds: float
    if isinstance(interval, np.timedelta64):
        nanoseconds = int(interval.astype("timedelta64[ns]").astype(np.int64))
    elif isinstance(interval, datetime.timedelta):
        nanoseconds = round(interval / datetime.timedelta(microseconds=1)) * 1000
    elif isinstance(interval, str):
        found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)?\s*([a-zµ]+)\s*", interval.lower())
        if found is None or found[2] not in UNITS:
            message = f"{name} is {interval!r}, but must be like '1s', '500ms', '5min' or '1h'"
            raise ValueError(message)
        nanoseconds = float(found[1] or 1) * UNITS[found[2]]
    else:
        nanoseconds = float(interval) * 10**9
    if not 1 <= nanoseconds < 2**63:
        message = f"{name} is {interval!r}, but must be from 1 ns to 292 years"
        raise ValueError(message)
    return round(nanoseconds)


def interval_text(nanoseconds: int) -> str:
    """Return an interval in nanoseconds with its unit: 60000000000 is "1 min"."""
    units = [(86400 * 10**9, "d"), (3600 * 10**9, "h"), (60 * 10**9, "min"), (10**9, "s"), (10**6, "ms"), (10**3, "µs")]
    for size, unit in units:
        if nanoseconds >= size and nanoseconds % size == 0:
            return f"{nanoseconds // size} {unit}"
    return f"{nanoseconds:,} ns"


def timeline(capture: Capture, interval: Interval, by: str | None, value: Value, top: int) -> Timeline:
    """See :meth:`pcapframe.Capture.timeline`."""
    if value not in ("bytes", "packets", "connections"):
        message = f"value is {value!r}, but must be 'bytes', 'packets' or 'connections'"
        raise ValueError(message)
    width = interval_nanoseconds(interval)
    step = np.timedelta64(width, "ns")
    times = capture.timestamp.view(np.int64)
    if not len(times):
        return Timeline(np.empty(0, "datetime64[ns]"), {}, step, value, by)
    first = int(times.min()) // width
    count = int(times.max()) // width - first + 1
    if count > MAX_BINS:
        message = f"interval is {interval!r}, which cuts this capture into {count:,} intervals; choose a longer one"
        raise ValueError(message)
    names, groups = _groups(capture, by, value, top)
    sums = np.zeros((len(names), count), np.uint64)
    for begin in range(0, len(capture), PIECE):
        rows = slice(begin, begin + PIECE)
        codes, weights = groups(rows), None
        if value == "bytes":
            weights = capture.length[rows]
        elif value == "connections":
            codes = np.where(_opens(capture, rows), codes, np.uint32(len(names)))
        sums += _core.bin_sums(
            times[rows], codes, weights, start=first * width, width=width, count=count, group_count=len(names)
        ).reshape(sums.shape)
    order = sorted(range(len(names)), key=lambda i: (names[i] == "other", -int(sums[i].sum()), names[i]))
    series = {names[i]: sums[i] for i in order if sums[i].any()}
    return Timeline(_starts(first, count, width), series, step, value, by)


def _starts(first: int, count: int, width: int) -> NDArray[np.datetime64]:
    """Return where the intervals begin; the first maybe before all times that there are, and then at the least of them."""
    earliest = max(first * width, np.iinfo(np.int64).min + 1)
    later = (first + 1) * width + width * np.arange(count - 1) if count > 1 else np.empty(0, np.int64)
    return np.append(np.int64(earliest), later).view("datetime64[ns]")


def _opens(capture: Capture, rows: slice) -> NDArray[np.bool_]:
    """Return which packets ask for a TCP connection: SYN without ACK."""
    opens: NDArray[np.bool_] = (capture.tcp_flags[rows] & (TcpFlag.SYN | TcpFlag.ACK)) == TcpFlag.SYN
    return opens


def _groups(capture: Capture, by: str | None, value: Value, top: int) -> tuple[list[str], Any]:
    """Return the groups' names, and a function from rows to the code of each row's group."""
    if by is None:
        return ["all"], lambda rows: np.zeros(len(capture.timestamp[rows]), np.uint32)
    if by == "protocol":
        return protocol_groups(capture)
    codes, texts = _codes(capture, by)
    sums = np.zeros(len(texts))
    for begin in range(0, len(capture), PIECE):
        rows = slice(begin, begin + PIECE)
        weights = capture.length[rows] if value == "bytes" else _opens(capture, rows) if value == "connections" else None
        sums += np.bincount(codes(rows), weights=weights, minlength=len(texts))
    kept = [place for place in np.argsort(-sums, kind="stable")[:top].tolist() if sums[place]]
    names = [texts[place] for place in kept] + (["other"] if np.count_nonzero(sums) > len(kept) else [])
    lookup = np.full(len(texts), len(kept), np.uint32)
    lookup[kept] = np.arange(len(kept), dtype=np.uint32)
    return names, lambda rows: lookup[codes(rows)]


def _codes(capture: Capture, by: str) -> tuple[Any, Sequence[str]]:
    """Return a function from rows to the code of each row's value, and the codes' texts."""
    column = capture["src" if by == "host" else "sport" if by == "port" else by]
    if isinstance(column, AddressColumn):
        return column.codes.__getitem__, [text or "none" for text in column.values]
    present = capture._frame.present("sport" if by == "port" else by)
    if by == "port":
        other = capture.dport
        return _small(lambda rows: np.minimum(column[rows], other[rows]), 1 << 16, present)
    if column.dtype.kind == "u" and column.dtype.itemsize <= 2:
        return _small(column.__getitem__, 1 << 8 * column.dtype.itemsize, present)
    distinct, places = np.unique(column, return_inverse=True)
    return _small(places.__getitem__, len(distinct), present, distinct)


def _small(values: Any, count: int, present: NDArray[np.bool_] | None, names: Any = None) -> tuple[Any, list[str]]:
    """Return the same for numbers below `count`; where a row has none its code is `count`."""
    texts = [*map(str, range(count) if names is None else names.tolist()), "none"]
    if present is None:
        return values, texts
    # A type that `count` fits in: in that of the values it would wrap.
    return lambda rows: np.where(present[rows], values(rows), np.int64(count)), texts


def protocol_groups(capture: Capture) -> tuple[list[str], Any]:
    """Return the names of the protocols, and a function from rows to the code of each row's protocol."""
    names = [*PROTOCOLS.values(), "ARP", "other"]
    other, arp = np.uint32(len(names) - 1), np.uint32(len(names) - 2)
    lookup = np.full(256, other)
    for place, number in enumerate(PROTOCOLS):
        lookup[number] = place

    def codes(rows: slice) -> NDArray[np.uint32]:
        # Where there is no IP the protocol is 0, as it is for nothing that has a name here.
        found = lookup[capture.protocol[rows]]
        return np.where(capture.layers[rows] & (Layer.ARP | Layer.IPV4 | Layer.IPV6) == Layer.ARP, arp, found)

    return names, codes
