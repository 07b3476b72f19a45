"""Packet sizes over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..timeline import protocol_groups
from . import _rows, _style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..capture import Capture

SIZE_BINS = 80
TIME_BINS = 240


def packet_sizes(
    table: Capture, *, start: _rows.Moment | None = None, end: _rows.Moment | None = None, ax: Axes | None = None
) -> Axes:
    """Draw the size of packets over time: a dot each, or how many of each size where there are many.

    Parameters
    ----------
    table : Capture
        What to draw; needs the columns timestamp, length, protocol and layers.
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
        `start` or `end` is no time.

    Examples
    --------
    >>> import pcapframe as pf
    >>> cap = pf.read_pcap("examples/data/lab.pcap")
    >>> ax = cap.tcp.plot.packet_sizes()
    """
    ax = _style.axes(ax)
    title = "Packet sizes over time"
    table = _rows.window(table, start, end)
    if not len(table):
        return _style.empty(ax, title)
    if len(table) <= _rows.DOTS:
        _dots(ax, table)
    else:
        _density(ax, table)
    ax.set_title(title)
    ax.set_ylabel("length on the wire (bytes)")
    ax.set_ylim(bottom=0)
    _style.time_axis(ax)
    _style.fit(ax)
    return ax


def _dots(ax: Axes, table: Capture) -> None:
    names, groups = protocol_groups(table)
    codes = groups(slice(None))
    used = [place for place in range(len(names)) if (codes == place).any()]
    for place, color in zip(used, _style.colors(ax, [names[place] for place in used]), strict=True):
        rows = codes == place
        _style.dots(ax, table.timestamp[rows], table.length[rows], color, names[place])
    _style.not_too_near(ax, table.timestamp)
    _style.legend(ax, "protocol")


def _density(ax: Axes, table: Capture) -> None:
    start, width, count, edges = _rows.time_bins(table, TIME_BINS)
    step = max(-(-(int(table.length.max()) + 1) // SIZE_BINS), 1)
    counts = _rows.grid(
        table,
        lambda rows: table.timestamp[rows].view(np.int64),
        lambda rows: table.length[rows] // np.uint32(step),
        start=start, width=width, count=count, group_count=SIZE_BINS,
    )  # fmt: skip
    sizes = step * np.arange(SIZE_BINS + 1)
    _style.mesh(ax, _style.drawable(edges), sizes, counts, "packets")
    ax.set_ylim(top=sizes[-1] * 1.02)
