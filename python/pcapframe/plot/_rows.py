"""The rows of a table that a plot is about, counted piece by piece so that memory stays bounded."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .. import _core
from .._generated import TcpFlag
from ..timeline import PIECE, Value

if TYPE_CHECKING:
    from ..capture import Capture

Moment: TypeAlias = str | datetime.datetime | np.datetime64
Rows: TypeAlias = Callable[[slice], Any]

UNITS = {"bytes": "B", "packets": "", "connections": ""}
LAST = np.iinfo(np.int64).max
# Nanoseconds that matplotlib has an axis for.
SHORTEST = 10_000
# Up to here every packet is a dot; beyond, dots would hide one another.
DOTS = 3000
PORTS = {"dport": "destination port", "sport": "source port"}
OFFSET = re.compile(r"T.*[+-]\d\d(:?\d\d)?$")


def nanoseconds(moment: Moment, name: str) -> int:
    """Return a time as nanoseconds since 1970 UTC, exact, maybe beyond 64 bits; `name` is what errors call it.

    Raises
    ------
    ValueError
        It is no time.
    """
    try:
        time = _datetime64(moment)
    except (ValueError, TypeError):
        time = np.datetime64("NaT")
    if np.isnat(time):
        message = (
            f"{name} is {moment!r}, but must be a time such as '2026-11-23T21:52:00' (UTC), a datetime or a numpy.datetime64"
        )
        raise ValueError(message)
    if np.datetime_data(time.dtype)[0] in ("ns", "ps", "fs", "as"):
        return int(time.astype("datetime64[ns]").astype(np.int64))
    return int(time.astype("datetime64[us]").astype(np.int64)) * 1000


def _datetime64(moment: Any) -> np.datetime64:
    if hasattr(moment, "to_datetime64"):  # pandas' Timestamp, which has nanoseconds
        return np.datetime64(moment.to_datetime64())
    if isinstance(moment, str) and OFFSET.search(moment):
        moment = datetime.datetime.fromisoformat(moment)
    if isinstance(moment, str):
        return np.datetime64(moment.strip().removesuffix("Z"))
    if isinstance(moment, datetime.datetime) and moment.tzinfo is not None:
        moment = moment.astimezone(datetime.UTC).replace(tzinfo=None)
    if isinstance(moment, (datetime.date, np.datetime64)):
        return np.datetime64(moment)
    raise TypeError(type(moment).__name__)


def window(table: Capture, start: Moment | None, end: Moment | None) -> Capture:
    """Return the packets from `start` on and before `end`; no copy where they stand together."""
    if start is None and end is None:
        return table
    times = table.timestamp.view(np.int64)
    inside = np.ones(len(times), np.bool_)
    if start is not None:
        inside &= _at_least(times, nanoseconds(start, "start"))
    if end is not None:
        inside &= ~_at_least(times, nanoseconds(end, "end"))
    if not inside.any():
        return table[:0]
    rows = slice(int(inside.argmax()), len(inside) - int(inside[::-1].argmax()))
    within = inside[rows]
    return table[rows] if within.all() else table[rows][within]


def _at_least(times: NDArray[np.int64], moment: int) -> NDArray[np.bool_]:
    return times >= np.int64(max(moment, -LAST)) if moment <= LAST else np.zeros(len(times), np.bool_)


def pieces(table: Capture) -> Iterator[slice]:
    """Cut the rows into pieces of bounded size."""
    for first in range(0, len(table), PIECE):
        yield slice(first, first + PIECE)


def weights(table: Capture, value: Value) -> Rows:
    """Return a function from rows to what each counts, or to None where each counts 1.

    Raises
    ------
    ValueError
        `value` is not among those there are.
    """
    if value == "packets":
        return lambda rows: None
    if value == "bytes":
        return lambda rows: table.length[rows]
    if value == "connections":
        return lambda rows: ((table.tcp_flags[rows] & (TcpFlag.SYN | TcpFlag.ACK)) == TcpFlag.SYN).astype(np.uint32)
    message = f"value is {value!r}, but must be 'bytes', 'packets' or 'connections'"
    raise ValueError(message)


def port_name(port: str) -> str:
    """Return what a column of ports is called.

    Raises
    ------
    ValueError
        It is none.
    """
    if port not in PORTS:
        message = f"port is {port!r}, but must be 'dport' or 'sport'"
        raise ValueError(message)
    return PORTS[port]


def grid(
    table: Capture, along: Rows, groups: Rows, each: Rows | None = None, *, start: int, width: int, count: int, group_count: int
) -> NDArray[np.uint64]:
    """Sum what each row counts by group (rows of the result) and bin (columns); rows outside of both are left out."""
    sums = np.zeros((group_count, count), np.uint64)
    for rows in pieces(table):
        places, codes = np.ascontiguousarray(along(rows), np.int64), np.ascontiguousarray(groups(rows), np.uint32)
        weight = each(rows) if each is not None else None
        found = _core.bin_sums(places, codes, weight, start=start, width=width, count=count, group_count=group_count)
        sums += found.reshape(sums.shape)
    return sums


def totals(table: Capture, codes: NDArray[Any], each: Rows, count: int) -> NDArray[np.uint64]:
    """Sum what each row counts by its code, of which there are `count`."""
    sums = np.zeros(count, np.uint64)
    for rows in pieces(table):
        weight = each(rows)
        # Sums of doubles are exact up to 2^53, and a piece has no more bytes than that.
        sums += np.bincount(codes[rows], weights=weight, minlength=count).astype(np.uint64)
    return sums


def time_bins(table: Capture, most: int) -> tuple[int, int, int, NDArray[np.datetime64]]:
    """Return start and width (nanoseconds), number and edges of equal bins of time, no shorter than can be drawn."""
    times = table.timestamp.view(np.int64)
    start, span = int(times.min()), int(times.max()) - int(times.min()) + 1
    width = max(-(-span // most), 1000 if span > SHORTEST else SHORTEST)
    count = -(-span // width)
    edges = [min(start + width * place, LAST) for place in range(count + 1)]
    return start, width, count, np.array(edges, np.int64).view("datetime64[ns]")


def largest(sums: NDArray[np.uint64], top: int) -> list[int]:
    """Return the places of the `top` largest sums that are not 0, the largest first."""
    order = np.argsort(-sums.astype(np.float64), kind="stable")[: max(top, 0)]
    return [place for place in order.tolist() if sums[place]]
