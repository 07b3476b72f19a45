"""How many packets there are of each size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..timeline import protocol_groups
from . import _rows, _style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..capture import Capture

MOST_BINS = 100
# So large a part of the packets is shown at least; those that are longer may be left out.
COMMON = 0.99


def size_histogram(
    table: Capture, *, start: _rows.Moment | None = None, end: _rows.Moment | None = None, ax: Axes | None = None
) -> Axes:
    """Draw how many packets there are of each size, one protocol on top of the other.

    If the longest hundredth of the packets would leave little room for all others, they are left out and the title says so.

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
    counts, width = _count(table, groups, len(names), longest)
    by_size = counts.sum(axis=0)
    common = int(np.searchsorted(np.cumsum(by_size), COMMON * by_size.sum()) + 1) * width - 1
    if 4 * common < longest:
        # The few that are so long would leave no room for the others.
        counts, width = _count(table, groups, len(names), common)
        counts = counts[:, : int(np.flatnonzero(counts.any(axis=0))[-1]) + 1]
        title += f" ({_percent(1 - counts.sum() / len(table))} are longer, up to {longest:,} bytes)"
    count = counts.shape[1]
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


def _count(table: Capture, groups: Any, group_count: int, longest: int) -> tuple[NDArray[np.uint64], int]:
    """Return how many packets there are by protocol (rows) and size up to `longest` (columns), and the width of a column."""
    width = _width(longest + 1)
    counts = _rows.grid(
        table, lambda rows: table.length[rows].astype(np.int64), groups,
        start=0, width=width, count=longest // width + 1, group_count=group_count,
    )  # fmt: skip
    return counts, width


def _percent(share: float) -> str:
    return f"{100 * share:.1g} %"


def _width(span: int) -> int:
    """Return the least of 1, 2, 5, 10, 20, … that cuts `span` into no more than a hundred."""
    width, step = 1, 0
    while width * MOST_BINS < span:
        step += 1
        width = (1, 2, 5)[step % 3] * 10 ** (step // 3)
    return width
