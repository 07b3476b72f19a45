"""Packet sizes over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..timeline import protocol_groups
from . import _rows, _style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..capture import Capture

SIZE_BINS = 80
TIME_BINS = 240
# Longer than any frame: what a network card cuts or has joined (TSO, GRO). Beside it frames need a log scale to be told apart.
JUMBO = 9216
LEAST_RATIO = 8
# What to name there, the first that fit.
NAMED = (1500, 65535, 100, 10_000, 500, 3000, 30_000, 200, 0, 40)


def packet_sizes(
    table: Capture, *, start: _rows.Moment | None = None, end: _rows.Moment | None = None, ax: Axes | None = None
) -> Axes:
    """Draw the size of packets over time: a dot each, or how many of each size where there are many.

    If some are longer than any frame, because a network card cuts or has joined them, the scale of sizes is logarithmic.

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
    shortest, longest = int(table.length.min()), int(table.length.max())
    is_log = longest > max(JUMBO, LEAST_RATIO * shortest)
    if is_log:
        _style.log_scale(ax, shortest, longest, NAMED)
    if len(table) <= _rows.DOTS:
        _dots(ax, table)
    else:
        _density(ax, table, shortest if is_log else None, longest)
    if not is_log:
        ax.set_ylim(bottom=0)
    ax.set_title(title)
    ax.set_ylabel("length on the wire (bytes)")
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


def _density(ax: Axes, table: Capture, shortest: int | None, longest: int) -> None:
    """Draw how many packets have each size: from `shortest` on in bins for a log scale, or else from 0 on in equal ones."""
    time_bins, size_bins = _style.cells(ax, TIME_BINS, SIZE_BINS)
    start, width, count, times = _rows.time_bins(table, time_bins)
    if shortest is None:
        step = -(-(longest + 1) // size_bins)
        sizes = step * np.arange(-(-(longest + 1) // step) + 1)
    else:
        sizes = _style.log_edges(shortest, longest + 1, size_bins)

    def groups(rows: slice) -> NDArray[Any]:
        lengths = table.length[rows]
        return lengths // np.uint32(step) if shortest is None else np.searchsorted(sizes, lengths, side="right") - 1

    counts = _rows.grid(
        table, lambda rows: table.timestamp[rows].view(np.int64), groups,
        start=start, width=width, count=count, group_count=len(sizes) - 1,
    )  # fmt: skip
    _style.mesh(ax, _style.drawable(times), sizes, counts, "packets")
    if shortest is None:
        ax.set_ylim(top=sizes[-1] * 1.02)
