"""Hosts in intervals of time: which there are, and what is summed up for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._extras import need
from ..address import AddressColumn
from ..capture import Capture
from ..timeline import interval_text
from ._base import Made
from ._groups import number

#: Columns of packets that tell hosts and times.
KEYS = ("timestamp", "src", "dst")


@dataclass(frozen=True, eq=False, repr=False)
class Windows(Made):
    """Features of hosts in intervals of time: a row for each host that sent or received in an interval, by interval.

    Attributes
    ----------
    host : numpy.ndarray of object
        Each row's address, a text.
    start : numpy.ndarray of datetime64[ns]
        Where each row's interval begins (UTC), a multiple of the interval since 1970.
    interval : numpy.timedelta64
        Length of an interval.
    names : sequence of str
        Names of the features.
    values : numpy.ndarray of float64
        A row a host and interval, a column a feature.
    inputs : sequence of str
        Columns of packets that they were made of.
    """

    host: NDArray[np.object_]
    start: NDArray[np.datetime64]
    interval: np.timedelta64

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, name: str) -> NDArray[np.float64]:
        """Return a feature's column by its name; KeyError if there is none."""
        if name not in self.names:
            raise KeyError(name)
        column: NDArray[np.float64] = self.values[:, self.names.index(name)]
        return column

    def index(self, pandas: Any) -> Any:
        """Return hosts and intervals as a MultiIndex of `pandas`."""
        return pandas.MultiIndex.from_arrays([self.host, pandas.DatetimeIndex(self.start)], names=["host", "window"])

    def to_pandas(self) -> Any:
        """Return a pandas DataFrame with a column for each feature, indexed by host and window."""
        pandas = need("pandas", "to_pandas")
        return pandas.DataFrame(self.values, index=self.index(pandas), columns=self.names)

    def __repr__(self) -> str:
        hosts = len(set(self.host.tolist()))
        step = interval_text(int(self.interval.astype("timedelta64[ns]").astype(np.int64)))
        return f"<Windows of {step}: {len(self):,} of {hosts:,} hosts, {len(self.names)} features>"


@dataclass(frozen=True)
class Packets:
    """Packets by rows of windows.

    `rows` numbers the windows of hosts; of the packets that have such a row, `packets` are the places in the capture, `peers`
    the other ends.
    """

    capture: Capture
    count: int
    rows: NDArray[np.int64]
    packets: NDArray[np.int64] | slice
    peers: NDArray[np.int64]
    peer_count: int

    def column(self, name: str) -> NDArray[Any]:
        """Return a column of these packets."""
        values: NDArray[Any] = self.capture[name][self.packets]
        return values

    def sum(self, weights: NDArray[Any] | None = None) -> NDArray[np.float64]:
        """Sum up packets, or their weights, for each row."""
        rows = self.rows
        if weights is not None and weights.dtype == np.bool_:
            rows, weights = rows[weights], None
        return np.bincount(rows, weights=weights, minlength=self.count).astype(np.float64, copy=False)


def by_host(
    capture: Capture, width: int, hosts: Sequence[str] | str | None
) -> tuple[NDArray[np.object_], NDArray[np.datetime64], Packets, Packets]:
    """Cut a capture into hosts and intervals.

    Parameters
    ----------
    capture : Capture
        With the columns :data:`KEYS`.
    width : int
        Length of an interval in nanoseconds.
    hosts : list of str, optional
        Addresses or networks; None for all.

    Returns
    -------
    hosts, starts, sent, received
        Host and interval of each row; the packets that hosts sent, and those that they received.
    """
    texts, senders, receivers = _addresses(capture)
    moments, moment = number_times(capture.timestamp, width)
    wanted_senders, wanted_receivers = senders != 0, receivers != 0
    if hosts is not None:
        wanted_senders, wanted_receivers = capture.src.isin(hosts), capture.dst.isin(hosts)
    keys = moment * len(texts)
    ends = [(senders, receivers, wanted_senders), (receivers, senders, wanted_receivers)]
    found = np.concatenate([(keys + own)[wanted] for own, _, wanted in ends])
    distinct, rows = number(found, len(moments) * len(texts))
    cut = int(np.count_nonzero(wanted_senders))
    sent, received = (
        Packets(capture, len(distinct), part, _places(wanted), peers[wanted], len(texts))
        for part, (_, peers, wanted) in zip((rows[:cut], rows[cut:]), ends, strict=True)
    )
    return texts[distinct % len(texts)], _starts(moments, width)[distinct // len(texts)], sent, received


def _places(wanted: NDArray[np.bool_]) -> NDArray[np.int64] | slice:
    return slice(None) if wanted.all() else np.flatnonzero(wanted)


def _addresses(capture: Capture) -> tuple[NDArray[np.object_], NDArray[np.int64], NDArray[np.int64]]:
    """Return the addresses of sources and destinations in one list, and for each packet their places in it; 0 is none."""
    src, dst = capture.src, capture.dst
    tables = [column.values.tolist() for column in (src, dst)]
    # Each table is in ascending order; what only the second has comes behind the first.
    known = {text: place for place, text in enumerate(tables[0])}
    for text in tables[1]:
        known.setdefault(text, len(known))
    texts = np.array(list(known), dtype=object)
    places = np.array([known[text] for text in tables[1]], np.int64)
    return texts, _codes(src), places[dst.codes]


def _codes(column: AddressColumn) -> NDArray[np.int64]:
    return column.codes.astype(np.int64)


def number_times(times: NDArray[np.datetime64], width: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the intervals that occur, counted from 1970, and for each time the place of its own among them."""
    which = times.view(np.int64) // width
    if not len(which):
        return which, which
    first = int(which.min())
    last = int(which.max())
    if last - first >= np.iinfo(np.int64).max:
        return np.unique(which, return_inverse=True)
    distinct, places = number(which - first, last - first + 1)
    return distinct + first, places


def _starts(moments: NDArray[np.int64], width: int) -> NDArray[np.datetime64]:
    """Return where intervals begin; the first maybe before all times that there are, and then at the least of them."""
    least = np.iinfo(np.int64).min + 1
    fits = moments > least // width
    return np.where(fits, np.where(fits, moments, 0) * width, least).view("datetime64[ns]")
