"""How many packets there are of each size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..timeline import protocol_groups
from . import _rows, _style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..capture import Capture

MOST_BINS = 100


def size_histogram(
    table: Capture, *, start: _rows.Moment | None = None, end: _rows.Moment | None = None, ax: Axes | None = None
) -> Axes:
    """Draw how many packets there are of each size, one protocol on top of the other.

    Parameters
    ----------
    table : Capture
        What to draw; needs the columns length, protocol and layers, and timestamp for a window.
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
    >>> ax = cap.plot.size_histogram()
    """
    ax = _style.axes(ax)
    title = "Packet sizes"
    table = _rows.window(table, start, end)
    if not len(table):
        return _style.empty(ax, title)
    names, groups = protocol_groups(table)
    longest = int(table.length.max())
    width = _width(longest + 1)
    count = longest // width + 1
    counts = _rows.grid(
        table, lambda rows: table.length[rows].astype(np.int64), groups, start=0, width=width, count=count, group_count=len(names)
    )
    order = [place for place in np.argsort(-counts.sum(axis=1).astype(np.int64), kind="stable").tolist() if counts[place].any()]
    shown = [names[place] for place in order]
    edges, below = width * np.arange(count + 1), np.zeros(count, np.uint64)
    for place, color in zip(order, _style.colors(ax, shown), strict=True):
        above = below + counts[place]
        ax.stairs(above, edges, baseline=below, fill=True, color=color, label=names[place], linewidth=0)
        below = above
    ax.set(title=title, xlabel="length on the wire (bytes)", ylabel="packets" if width == 1 else f"packets per {width:,} bytes")
    ax.set_xlim(0, edges[-1])
    ax.set_ylim(bottom=0)
    _style.whole_numbers(ax, ax.xaxis)
    _style.whole_numbers(ax, ax.yaxis)
    _style.engineering(ax.yaxis, "")
    _style.legend(ax, "protocol")
    _style.fit(ax)
    return ax


def _width(span: int) -> int:
    """Return the least of 1, 2, 5, 10, 20, … that cuts `span` into no more than a hundred."""
    width, step = 1, 0
    while width * MOST_BINS < span:
        step += 1
        width = (1, 2, 5)[step % 3] * 10 ** (step // 3)
    return width
