"""Grouping rows by whole numbers: without sorting where a table of all groups is small, else with one sort."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: A table may have this many places a row, and the least is always allowed.
PLACES_PER_ROW = 4
LEAST = 1 << 20


def _is_small(places: int, rows: int) -> bool:
    return places <= max(LEAST, PLACES_PER_ROW * rows)


def number(keys: NDArray[np.int64], places: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Number keys from 0 to `places` - 1 by rank.

    Returns
    -------
    distinct : numpy.ndarray of int64
        The keys that occur, ascending.
    ranks : numpy.ndarray of int64
        For each row the place of its key among them.
    """
    if not _is_small(places, len(keys)):
        distinct, ranks = np.unique(keys, return_inverse=True)
        return distinct, ranks
    occurs = np.zeros(places, np.bool_)
    occurs[keys] = True
    return np.flatnonzero(occurs), (np.cumsum(occurs) - 1)[keys]


def spread(
    groups: NDArray[np.int64], values: NDArray[np.int64], group_count: int, value_count: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how many distinct values each group has, and their Shannon entropy in bits.

    Parameters
    ----------
    groups, values : numpy.ndarray of int64
        Group and value of each row, from 0 to below the counts.
    """
    owners, counts = _pairs(groups * value_count + values, group_count * value_count, value_count)
    distinct = np.bincount(owners, minlength=group_count).astype(np.float64)
    totals = np.bincount(owners, weights=counts, minlength=group_count)[owners]
    # Of a single value this is exactly 0, and never below.
    parts = counts / totals * np.log2(totals / counts)
    return distinct, np.bincount(owners, weights=parts, minlength=group_count).astype(np.float64, copy=False)


def _pairs(keys: NDArray[np.int64], places: int, value_count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return group and number of rows of each pair of group and value."""
    if _is_small(places, len(keys)):
        counts = np.bincount(keys, minlength=1)
        found = np.flatnonzero(counts)
        return found // max(value_count, 1), counts[found]
    keys = np.sort(keys)
    starts = np.flatnonzero(np.append(True, keys[1:] != keys[:-1]))
    return keys[starts] // value_count, np.diff(np.append(starts, len(keys)))


def ratio(part: NDArray[np.number], whole: NDArray[np.number] | float) -> NDArray[np.float64]:
    """Divide, with 0 where nothing can be divided by."""
    bottom = np.broadcast_to(np.asarray(whole, np.float64), part.shape)
    quotients: NDArray[np.float64] = np.divide(part, bottom, out=np.zeros(part.shape), where=bottom != 0)
    return quotients
