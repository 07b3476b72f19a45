"""Packet sizes over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .. import _core
from .._extras import need
from ..timeline import PIECE, protocol_groups
from . import _style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..capture import Capture

# Up to here every packet is a dot; beyond, dots would hide one another.
DOTS = 3000
SIZE_BINS = 80
TIME_BINS = 240
# From one packet, which must be seen on white, to many; told apart by lightness alone.
SHADES = ["#9ecae1", "#0072B2", "#06213f"]


def packet_sizes(table: Capture, *, ax: Axes | None = None) -> Axes:
    """Draw the size of packets over time: a dot each, or how many of each size where there are many.

    Parameters
    ----------
    table : Capture
        What to draw.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> cap.tcp.plot.packet_sizes()  # doctest: +SKIP
    """
    ax = _style.axes(ax)
    title = "Packet sizes"
    if not len(table):
        return _style.empty(ax, title)
    if len(table) <= DOTS:
        _dots(ax, table)
    else:
        _density(ax, table)
    ax.set_title(title)
    ax.set_ylabel("length on the wire (bytes)")
    ax.set_ylim(bottom=0)
    _style.time_axis(ax)
    return ax


def _dots(ax: Axes, table: Capture) -> None:
    names, groups = protocol_groups(table)
    codes = groups(slice(None))
    used = [place for place in range(len(names)) if (codes == place).any()]
    for place, color in zip(used, _style.colors([names[place] for place in used]), strict=True):
        rows = codes == place
        ax.plot(_style.drawable(table.timestamp[rows]), table.length[rows], ".", color=color, label=names[place], markersize=4)
    _style.legend(ax, "protocol")


def _density(ax: Axes, table: Capture) -> None:
    counts, times, sizes = _histogram(table)
    shown: Any = np.ma.masked_equal(counts, 0)
    colors = need("matplotlib.colors", "plotting")
    norm = colors.LogNorm(vmin=1, vmax=max(int(counts.max()), 2))
    mesh = ax.pcolormesh(
        _style.drawable(times), sizes, shown, norm=norm, cmap=colors.LinearSegmentedColormap.from_list("packets", SHADES)
    )
    ax.set_ylim(top=sizes[-1] * 1.02)
    ax.figure.colorbar(mesh, ax=ax, label="packets", pad=0.02)


def _histogram(table: Capture) -> tuple[NDArray[np.uint64], NDArray[np.datetime64], NDArray[np.int64]]:
    """Packets by size (rows) and time (columns), with the edges of both."""
    nanoseconds = table.timestamp.view(np.int64)
    start = int(nanoseconds.min())
    width = max(-(-(int(nanoseconds.max()) - start + 1) // TIME_BINS), 1)
    step = max(-(-(int(table.length.max()) + 1) // SIZE_BINS), 1)
    counts = np.zeros(SIZE_BINS * TIME_BINS, np.uint64)
    for first in range(0, len(table), PIECE):
        rows = slice(first, first + PIECE)
        sizes = table.length[rows] // np.uint32(step)
        counts += _core.bin_sums(nanoseconds[rows], sizes, None, start=start, width=width, count=TIME_BINS, group_count=SIZE_BINS)
    times = (start + width * np.arange(TIME_BINS + 1)).view("datetime64[ns]")
    return counts.reshape(SIZE_BINS, TIME_BINS), times, step * np.arange(SIZE_BINS + 1)
