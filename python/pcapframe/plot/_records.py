"""Columns of any table: flows, alerts, a mapping of arrays, or a frame of pandas, polars or pyarrow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..address import AddressColumn
from ..flows import Flows
from ..timeline import PROTOCOLS
from . import _rows

SECOND = 10**9
# Less than 64 bits of nanoseconds hold.
MOST_SECONDS = 9.2e9


def own(flows: Any) -> Any:
    """Return flows with pcapframe's columns, whatever tool's they show; any other table as it is."""
    return Flows(flows._frame) if isinstance(flows, Flows) else flows


def names(table: Any) -> list[str]:
    """Return the names of a table's columns."""
    if isinstance(table, Mapping):
        return list(table)
    # pyarrow's `columns` are the arrays themselves.
    return list(getattr(table, "column_names", getattr(table, "columns", ())))


def column(table: Any, name: str, what: str, rows: Any = slice(None)) -> NDArray[Any]:
    """Return a column, or some of its rows, as an array; `what` is what errors call the table.

    Raises
    ------
    ValueError
        There is no such column.
    """
    known = names(table)
    if name in known:
        values = table[name]
        # Addresses become texts, of which only some rows may be wanted.
        array: NDArray[Any] = (values if isinstance(values, AddressColumn) else np.asarray(values))[rows]
        return array
    message = f"{what} has no column {name!r}; columns are {', '.join(map(str, known)) or 'none'}"
    raise ValueError(message)


def has(table: Any, name: str) -> bool:
    """Whether the table has a column."""
    return name in names(table)


def times(values: NDArray[Any], name: str) -> NDArray[np.datetime64]:
    """Return times as datetime64[ns]; whole numbers are nanoseconds and others seconds since 1970, texts are read.

    Raises
    ------
    ValueError
        A value is no time.
    """
    if values.dtype.kind == "M" or values.dtype.kind in "iu":
        return values.astype(np.int64).view("datetime64[ns]") if values.dtype.kind in "iu" else values.astype("datetime64[ns]")
    if values.dtype.kind == "f":
        return _from_seconds(values).view("datetime64[ns]")
    found = [_rows.nanoseconds(value, name) for value in values.tolist()]
    return np.array([min(max(moment, -_rows.LAST), _rows.LAST) for moment in found], np.int64).view("datetime64[ns]")


def _from_seconds(values: NDArray[Any]) -> NDArray[np.int64]:
    known = np.isfinite(values)
    nanoseconds = (np.clip(np.where(known, values, 0), -MOST_SECONDS, MOST_SECONDS) * SECOND).astype(np.int64)
    return np.where(known, nanoseconds, np.iinfo(np.int64).min)


def seconds(table: Any, what: str) -> NDArray[np.float64]:
    """Return how long each row lasted: `duration`, which is a timedelta or seconds, or else `last_seen` less `first_seen`."""
    if has(table, "duration"):
        values = column(table, "duration", what)
        if values.dtype.kind == "m":
            return np.where(np.isnat(values), np.nan, values / np.timedelta64(1, "s"))
        return values.astype(np.float64)
    first, last = (times(column(table, name, what), name) for name in ("first_seen", "last_seen"))
    return np.where(np.isnat(first) | np.isnat(last), np.nan, (last - first) / np.timedelta64(1, "s"))


def protocol_names(values: NDArray[Any]) -> list[str]:
    """Return protocols as names, where they are numbers."""
    return [PROTOCOLS.get(value, "other") if isinstance(value, int) else str(value) for value in values.tolist()]
