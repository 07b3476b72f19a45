"""How TCP connections begin and end over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .._generated import TcpFlag
from ..timeline import MAX_BINS, interval_nanoseconds, interval_text
from . import _rows, _style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..capture import Capture
    from ..timeline import Interval

# Told apart by dashes, too.
KINDS = {
    "SYN": ("#0072B2", "-"),
    "SYN-ACK": ("#E69F00", "--"),
    "FIN": ("#009E73", "-."),
    "RST": ("#D55E00", ":"),
}
FLAGS = np.arange(1 << 9)


def tcp_flags(
    table: Capture,
    *,
    interval: Interval | None = None,
    start: _rows.Moment | None = None,
    end: _rows.Moment | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw over time how many TCP packets have SYN, SYN and ACK, FIN, and RST.

    SYN is SYN without ACK, an attempt at a connection; SYN-ACK is both, an answer to one. A packet with several flags counts for
    each.

    Parameters
    ----------
    table : Capture
        What to draw; needs the columns timestamp and tcp_flags.
    interval : str, float, datetime.timedelta or numpy.timedelta64, optional
        Such as ``"1s"``; a number is seconds. By default one that makes about 300 steps.
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
    >>> ax = cap.plot.tcp_flags(interval="1s")
    """
    ax = _style.axes(ax)
    title = "TCP flags"
    table = _rows.window(table, start, end)
    if not len(table):
        return _style.empty(ax, title)
    times = table.timestamp.view(np.int64)
    width = _style.nice_interval(times) if interval is None else interval_nanoseconds(interval)
    first = int(times.min()) // width
    count = int(times.max()) // width - first + 1
    if count > MAX_BINS:
        message = f"interval is {interval!r}, which cuts this capture into {count:,} intervals; choose a longer one"
        raise ValueError(message)
    sums = _counts(table, first * width, width, count)
    if not sums.any():
        return _style.empty(ax, title, "no SYN, FIN or RST")
    ends = [min(max((first + place) * width, -_rows.LAST), _rows.LAST) for place in range(count + 1)]
    edges = _style.drawable(np.array(ends, np.int64).view("datetime64[ns]"))
    for (name, (color, dashes)), counts in zip(KINDS.items(), sums, strict=True):
        if counts.any():
            ax.stairs(counts, edges, baseline=None, color=color, linestyle=dashes, linewidth=1.6 * _style.letters(ax), label=name)
    _style.time_limits(ax, edges[0], edges[-1], _style.MARGIN)
    ax.set_ylim(bottom=0)
    ax.set_title(title)
    ax.set_ylabel(f"packets per {interval_text(width).removeprefix('1 ')}")
    _style.time_axis(ax)
    _style.whole_numbers(ax, ax.yaxis)
    _style.engineering(ax.yaxis, "")
    _style.legend(ax, None)
    _style.fit(ax)
    return ax


def _counts(table: Capture, start: int, width: int, count: int) -> NDArray[np.uint64]:
    """Packets of each kind (rows) in each interval (columns)."""
    acknowledges = (FLAGS & TcpFlag.ACK) != 0
    opens = (FLAGS & TcpFlag.SYN) != 0
    kinds = [opens & ~acknowledges, opens & acknowledges, (FLAGS & TcpFlag.FIN) != 0, (FLAGS & TcpFlag.RST) != 0]
    # Which of the kinds a packet is, as bits: one count tells all of them.
    bits = np.zeros(len(FLAGS), np.uint32)
    for place, kind in enumerate(kinds):
        bits |= kind.astype(np.uint32) << np.uint32(place)
    found = _rows.grid(
        table, lambda rows: table.timestamp[rows].view(np.int64), lambda rows: bits[table.tcp_flags[rows] & 0x1FF],
        start=start, width=width, count=count, group_count=1 << len(kinds),
    )  # fmt: skip
    combinations = np.arange(len(found))
    return np.array([found[(combinations >> place & 1) == 1].sum(axis=0) for place in range(len(kinds))])
