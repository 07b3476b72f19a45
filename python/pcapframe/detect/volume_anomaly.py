"""Anomalies of volume: intervals with much more traffic than those before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .._generated import TcpFlag
from ..timeline import Interval, Value
from ._alerts import Alert, Alerts, Severity, alert
from ._groups import Ints
from ._match import Match
from ._packets import Packets, Source
from ._units import at_least, choices, duration, seconds_text

COLUMNS = ("length", "layers", "tcp_flags")

Method = Literal["median", "ewma", "seasonal"]
METHODS = ("median", "ewma", "seasonal")
# Less than this in a second harms nobody.
FLOOR = {"packets": 500.0, "bytes": 500_000.0, "connections": 100.0}
# MAD times this is the standard deviation, if the values are normal (Iglewicz and Hoaglin 1993).
NORMAL = 1.4826
PIECE = 1 << 14


def volume_anomaly(
    capture: Source,
    *,
    value: Value = "packets",
    interval: Interval = "1s",
    method: Method = "median",
    history: int = 60,
    season: Interval = "1d",
    threshold: float = 6.0,
    ratio: float = 5.0,
    minimum: float | None = None,
) -> Alerts:
    """Find intervals with more traffic than a baseline has it.

    Parameters
    ----------
    capture : Capture
        Needs length, layers and tcp_flags.
    value : {"packets", "bytes", "connections"}
        What is summed: packets, bytes on the wire, or SYNs without ACK.
    interval : duration
        Intervals begin at multiples of it since 1970, as those of :meth:`pcapframe.Capture.timeline` do.
    method : {"median", "ewma", "seasonal"}
        The baseline and its spread: median and median absolute deviation of the intervals before; mean and deviation of them
        with weights that fall by 2/(`history`+1) an interval (EWMA); or median and deviation of the intervals at the same time
        of earlier seasons.
    history : int
        So many intervals before, or seasons. Until half of them have passed there is no baseline: a shorter capture has no
        anomalies.
    season : duration
        Such as "1d": a multiple of `interval`.
    threshold : float
        More than so many spreads above the baseline (a robust z-score).
    ratio : float
        And at least so many times the baseline.
    minimum : float, optional
        And at least so much in an interval; by default 500 packets, 500 kB or 100 connections a second.

    Returns
    -------
    Alerts
        Of kind "volume_anomaly", low: there is nothing wrong with volume as such. One for consecutive intervals.

    Raises
    ------
    ValueError
        An argument is out of range or not among those named.
    AttributeError
        A column was not read and can not be read again.

    Notes
    -----
    B. Iglewicz, D. Hoaglin, "How to Detect and Handle Outliers" (1993) for the modified z-score; S. Roberts, "Control Chart Tests
    Based on Geometric Moving Averages" (1959) for EWMA.

    Examples
    --------
    >>> import pcapframe as pf
    >>> surges = pf.detect.volume_anomaly(pf.read_pcap("examples/data/lab.pcap"))
    >>> print(surges[0].summary)
    2,298 packets in 1.0 s, where 26 were usual before, for 5.0 s
    """
    choices("value", value, tuple(FLOOR))
    choices("method", method, METHODS)
    at_least("history", history, 2)
    at_least("threshold", threshold, 0)
    at_least("ratio", ratio, 1)
    width = duration("interval", interval)
    step = 1 if method != "seasonal" else duration("season", season) // width
    if method == "seasonal" and (step < 1 or duration("season", season) % width):
        message = f"season is {season!r}, but must be a multiple of interval, which is {interval!r}"
        raise ValueError(message)
    least = FLOOR[value] * width / 1e9 if minimum is None else minimum
    packets = Packets.of(capture, COLUMNS)
    found = _anomalies(packets, value, width, _Baseline(method, history, step), threshold, ratio, max(least, 1))
    return Alerts(found, packets)


class _Baseline:
    """What is usual in an interval, by those before."""

    def __init__(self, method: Method, history: int, step: int) -> None:
        self.method = method
        self.back = step * np.arange(history, 0, -1, dtype=np.int64)
        self.warmup = step * (history // 2)
        self.weights = (1 - 2 / (history + 1)) ** np.arange(history - 1, -1, -1.0)

    def of(self, bins: Ints, sums: Ints, places: Ints, first: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Baseline and spread for the intervals `places`; `bins` are those that have packets, in order, and `first` the first."""
        center, spread = np.empty(len(places)), np.empty(len(places))
        for begin in range(0, len(places), PIECE):
            part = slice(begin, begin + PIECE)
            wanted = places[part, None] - self.back
            at = np.minimum(np.searchsorted(bins, wanted), len(bins) - 1)
            table = np.where(bins[at] == wanted, sums[at], 0).astype(np.float64)
            center[part], spread[part] = self._summed_up(table, wanted >= first)
        return center, spread

    def _summed_up(self, table: NDArray[np.float64], known: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        if self.method == "ewma":
            weights = self.weights * known
            weights /= np.maximum(weights.sum(axis=1, keepdims=True), np.finfo(float).tiny)
            mean = (table * weights).sum(axis=1)
            return mean, np.sqrt(((table - mean[:, None]) ** 2 * weights).sum(axis=1))
        median = _row_medians(table, known)
        return median, NORMAL * _row_medians(np.abs(table - median[:, None]), known)


def _row_medians(table: NDArray[np.float64], known: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The median of what is known in each row, in which there is at least one value.

    What was before the capture is no interval without traffic.
    """
    ordered = np.sort(np.where(known, table, np.inf), axis=1)
    count = known.sum(axis=1)
    row = np.arange(len(table))
    median: NDArray[np.float64] = (ordered[row, (count - 1) // 2] + ordered[row, count // 2]) / 2
    return median


def _anomalies(
    packets: Packets, value: Value, width: int, baseline: _Baseline, threshold: float, ratio: float, least: float
) -> Iterator[Alert]:
    rows = np.arange(len(packets))
    if value == "connections":
        rows = np.flatnonzero((packets.tcp_flags & (TcpFlag.SYN | TcpFlag.ACK)) == TcpFlag.SYN)
    if not len(rows):
        return
    bins, place = np.unique(packets.timestamp[rows] // width, return_inverse=True)
    sums = np.bincount(place, weights=packets.length[rows] if value == "bytes" else None)
    first = int(packets.timestamp[0] // width)
    # The first interval is cut by the beginning of the capture, but it counts all the same.
    wanted = np.flatnonzero((sums >= least) & (bins - first >= baseline.warmup))
    if not len(wanted):
        return
    center, spread = baseline.of(bins, sums, bins[wanted], first)
    found = sums[wanted]
    # A spread of nothing would make everything an anomaly: counts spread by their root at least.
    spread = np.maximum(spread, np.sqrt(np.maximum(center, 1)))
    hit = wanted[(found > center + threshold * spread) & (found >= ratio * center)]
    usual = dict(zip(wanted.tolist(), center.tolist(), strict=True))
    for run in np.split(hit, np.flatnonzero(np.diff(bins[hit]) > 1) + 1):
        if len(run):
            yield _alert(packets, value, width, bins[run], sums[run], usual[int(run[0])])


def _alert(packets: Packets, value: Value, width: int, bins: Ints, sums: Ints, usual: float) -> Alert:
    span = packets.span(int(bins[0]) * width, (int(bins[-1]) + 1) * width - 1)
    most, lasted = float(sums.max()), len(bins) * width
    flags = (int(TcpFlag.SYN | TcpFlag.ACK), int(TcpFlag.SYN)) if value == "connections" else None
    match = Match.over(packets, np.array([span.start, span.stop - 1]), "tcp" if flags else "any", flags=flags)
    return alert(
        packets, "volume_anomaly", Severity.LOW, match, source="", target="",
        summary=f"{most:,.0f} {value} in {seconds_text(width)}, where {usual:,.0f} were usual before, for {seconds_text(lasted)}",
        value=value, most=most, usual=round(usual, 3), seconds=round(lasted / 1e9, 3),
    )  # fmt: skip
