"""Traffic over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..timeline import interval_text
from . import _rows, _style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..capture import Capture
    from ..timeline import Interval, Timeline, Value


def traffic(
    table: Capture,
    *,
    interval: Interval | None = None,
    by: str | None = "protocol",
    value: Value = "bytes",
    top: int = 8,
    start: _rows.Moment | None = None,
    end: _rows.Moment | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw bytes, packets or connections over time, one group on top of the other.

    Parameters
    ----------
    table : Capture
        What to draw; needs the column timestamp and those that `by` and `value` name.
    interval, by, value, top
        As for :meth:`pcapframe.Capture.timeline`; without an interval, one that makes about 300 steps.
    start, end : str, datetime.datetime or numpy.datetime64, optional
        Packets from `start` on and before `end` only; UTC.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        An argument is not among those named, or the interval cuts the capture into more than ten million.

    Examples
    --------
    >>> import pcapframe as pf
    >>> cap = pf.read_pcap("examples/data/lab.pcap")
    >>> ax = cap.plot.traffic(by="port", value="packets")
    >>> ax = cap.plot.traffic(by="host", start="2026-11-23T21:54", end="2026-11-23T21:55")
    """
    ax = _style.axes(ax)
    title = f"Traffic by {by}" if by else "Traffic"
    table = _rows.window(table, start, end)
    if not len(table):
        return _style.empty(ax, title)
    if interval is None:
        interval = np.timedelta64(_style.nice_interval(table.timestamp.view(np.int64)), "ns")
    sums = table.timeline(interval, by, value, top=top)
    names = list(sums.series)
    edges = _edges(sums)
    below = np.zeros(len(sums), np.uint64)
    for name, color in zip(names, _style.colors(ax, names), strict=True):
        above = below + sums[name]
        ax.stairs(above, edges, baseline=below, fill=True, color=color, label=_style.short(ax, name), linewidth=0)
        below = above
    _style.time_limits(ax, edges[0], edges[-1], _style.MARGIN)
    ax.set_ylim(bottom=0)
    ax.set_title(title)
    length = interval_text(sums.nanoseconds)
    ax.set_ylabel(f"{value} per {length.removeprefix('1 ')}")
    _style.time_axis(ax)
    if value != "bytes":
        _style.whole_numbers(ax, ax.yaxis)
    _style.engineering(ax.yaxis, _rows.UNITS[value])
    if names:
        _style.legend(ax, by)
    _style.fit(ax)
    return ax


def _edges(sums: Timeline) -> NDArray[np.datetime64]:
    """Return where the intervals begin, and where the last one ends, which may be after all times that there are."""
    last = int(sums.time[-1].astype(np.int64)) + sums.nanoseconds
    end = np.datetime64(min(last, np.iinfo(np.int64).max), "ns")
    return _style.drawable(np.append(sums.time, end))
