"""Counting in groups and in windows of time, without a loop over packets."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[Any]


def pack(*columns: Ints) -> Ints:
    """Return one number a row that is the same in two rows just where all columns are.

    The order of the numbers is that of the columns, the first one first.
    """
    key: Ints = np.zeros(len(columns[0]), np.uint64)
    size = 1
    if not len(key):
        return key
    for column in columns:
        span = int(column.max()) + 1
        if size * span >= 1 << 64:
            distinct, places = np.unique(key, return_inverse=True)
            key, size = places.astype(np.uint64), len(distinct)
        key = key * np.uint64(span) + column.astype(np.uint64)
        size *= span
    return key


def pack_both(one: tuple[Ints, ...], other: tuple[Ints, ...]) -> tuple[Ints, Ints]:
    """Pack two tables so that their numbers can be compared."""
    key = pack(*(np.concatenate(pair) for pair in zip(one, other, strict=True)))
    return key[: len(one[0])], key[len(one[0]) :]


def changes(key: Ints) -> NDArray[np.bool_]:
    """Return where a group begins, for rows in the order of groups."""
    begins = np.ones(len(key), bool)
    np.not_equal(key[1:], key[:-1], out=begins[1:])
    return begins


def firsts(key: Ints) -> NDArray[np.bool_]:
    """Return which rows are the first of their key."""
    found = np.zeros(len(key), bool)
    found[np.unique(key, return_index=True)[1]] = True
    return found


def bursts(group: Ints, t: Ints, pause: int | None) -> Ints:
    """Number what happens without a pause; rows are in the order of groups, and in each of time."""
    begins = changes(group)
    if pause is not None and len(t):
        begins[1:] |= np.diff(t) > pause
    found: Ints = np.cumsum(begins)
    return found


def crowd(group: Ints, t: Ints, window: int | None, counted: Ints | None = None) -> Ints:
    """Return for each row how many of its group there were in the window of time that ends with it.

    Parameters
    ----------
    group, t : numpy.ndarray
        Rows in the order of groups, and in each of time.
    window : int or None
        Nanoseconds, the earlier end not included; None is all of the time before.
    counted : numpy.ndarray, optional
        What each row counts; 1 if left out.
    """
    if not len(t):
        return np.empty(0, np.int64)
    total: Ints = np.arange(1, len(t) + 1) if counted is None else np.cumsum(counted)
    found: Ints
    before = np.concatenate([np.zeros(1, total.dtype), total])
    begins = changes(group)
    if window is None:
        places = np.flatnonzero(begins)
        left = np.repeat(places, np.diff(np.append(places, len(t))))
        found = total - before[left]
        return found
    # One axis for all groups: between them, and in place of longer gaps, there is just the window.
    gaps = np.minimum(np.diff(t, prepend=t[:1]), window)
    gaps[begins] = window
    # Coarser than nanoseconds only where the axis would not fit in 64 bits.
    unit = (len(t) * window >> 62) + 1
    axis = np.cumsum(gaps // unit)
    left = np.searchsorted(axis, axis - window // unit, side="right")
    found = total - before[left]
    return found


class Surge(NamedTuple):
    """Rows of one group without a pause, and the most of them in one window."""

    begin: int
    end: int
    peak: int

    @property
    def rows(self) -> slice:
        """The rows as a slice."""
        return slice(self.begin, self.end)


def surges(
    group: Ints, t: Ints, *, limit: float, window: int | None, pause: int | None, counted: Ints | None = None
) -> list[Surge]:
    """Return the bursts that have more than `limit` in a window of time."""
    if not len(t):
        return []
    burst = bursts(group, t, pause)
    begin = np.flatnonzero(changes(burst))
    end = np.append(begin[1:], len(t))
    peak = np.maximum.reduceat(crowd(burst, t, window, counted), begin)
    hit = peak > limit
    return [Surge(*found) for found in zip(begin[hit].tolist(), end[hit].tolist(), peak[hit].tolist(), strict=True)]


def frequent(group: Ints, least: float) -> NDArray[np.bool_]:
    """Return the rows whose group has more than `least` rows; groups are small whole numbers."""
    found: NDArray[np.bool_] = (np.bincount(group, minlength=1) > least)[group]
    return found


def member(key: Ints, wanted: Ints) -> NDArray[np.bool_]:
    """Return which of `key` are in `wanted`."""
    ordered = np.unique(wanted)
    if not len(ordered):
        return np.zeros(len(key), bool)
    place = np.minimum(np.searchsorted(ordered, key), len(ordered) - 1)
    found: NDArray[np.bool_] = ordered[place] == key
    return found
