"""Ports over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from . import _rows, _style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..capture import Capture

PORTS = 1 << 16
PORT_BINS = 160
TIME_BINS = 240
# What to name on a log scale, the first that fit.
NAMED = (0, 80, 443, 65535, 22, 1024, 8080, 53, 10, 3389, 3, 25, 123, 20000, 300, 2000, 1, 5000, 40000)


def port_activity(
    table: Capture,
    *,
    port: Literal["dport", "sport"] = "dport",
    scale: Literal["log", "linear"] = "log",
    start: _rows.Moment | None = None,
    end: _rows.Moment | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the ports of packets over time, where there are many as how many each has: a scan is a column, a service a line.

    Parameters
    ----------
    table : Capture
        What to draw; needs the columns timestamp and `port`.
    port : {"dport", "sport"}
        Destination or source.
    scale : {"log", "linear"}
        How ports are spread; log shows the well-known ones apart. Ports that are close together are always spread evenly.
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
        An argument is not among those named.

    Examples
    --------
    >>> import pcapframe as pf
    >>> cap = pf.read_pcap("examples/data/lab.pcap")
    >>> ax = cap.plot.port_activity(scale="linear")
    """
    name = _rows.port_name(port)
    if scale not in ("log", "linear"):
        message = f"scale is {scale!r}, but must be 'log' or 'linear'"
        raise ValueError(message)
    ax = _style.axes(ax)
    title = f"{name.capitalize()}s over time"
    table = _rows.window(table, start, end)
    if not len(table):
        return _style.empty(ax, title)
    present = table._frame.present(port)
    used = np.zeros(PORTS, np.bool_)
    for rows in _rows.pieces(table):
        used[table[port][rows][slice(None) if present is None else present[rows]]] = True
    if not used.any():
        return _style.empty(ax, title, "no packets with ports")
    time_bins, port_bins = _style.cells(ax, TIME_BINS, PORT_BINS)
    edges, is_log = _edges(int(used.argmax()), PORTS - int(used[::-1].argmax()), scale, port_bins)
    if is_log:
        _style.log_scale(ax, int(edges[0]), int(edges[-1]), NAMED)
    if len(table) <= _rows.DOTS:
        shown = slice(None) if present is None else present
        _style.dots(ax, table.timestamp[shown], table[port][shown], _style.PALETTE[0])
        _style.not_too_near(ax, table.timestamp[shown])
    else:
        counts, times = _counts(table, port, present, edges, time_bins)
        # A port is in the middle of its bin.
        _style.mesh(ax, _style.drawable(times), edges - 0.5, counts, "packets")
    if not is_log:
        _style.whole_numbers(ax, ax.yaxis)
        _style.plain(ax.yaxis)
    ax.set(title=title, ylabel=name)
    _style.time_axis(ax)
    _style.fit(ax)
    return ax


def _edges(first: int, after: int, scale: str, most: int) -> tuple[NDArray[np.int64], bool]:
    """Return where at most so many bins of ports begin, and where the last ends, and whether they are on a log scale."""
    if after - first <= most:
        return np.arange(first, after + 1), False
    if scale == "log" and after > 8 * (first + 1):
        return _style.log_edges(first, after, most), True
    step = -(-(after - first) // most)
    return np.append(np.arange(first, after, step), after), False


def _counts(
    table: Capture, port: str, present: NDArray[np.bool_] | None, edges: NDArray[np.int64], time_bins: int
) -> tuple[NDArray[np.uint64], NDArray[np.datetime64]]:
    """Packets by port (rows) and time (columns), and the edges of time."""
    start, width, count, times = _rows.time_bins(table, time_bins)
    bins = len(edges) - 1
    lookup = (np.searchsorted(edges, np.arange(PORTS), side="right") - 1).astype(np.uint32)

    def groups(rows: slice) -> NDArray[np.uint32]:
        codes = lookup[table[port][rows]]
        return codes if present is None else np.where(present[rows], codes, np.uint32(bins))

    counts = _rows.grid(
        table, lambda rows: table.timestamp[rows].view(np.int64), groups, start=start, width=width, count=count, group_count=bins
    )
    return counts, times
