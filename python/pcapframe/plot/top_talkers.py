"""The hosts that send and receive most."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from . import _rows, _style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..capture import Capture
    from ..timeline import Value

MOST_HOSTS = 12
SENT, RECEIVED = "#0072B2", "#E69F00"


def top_talkers(
    table: Capture,
    *,
    value: Value = "bytes",
    top: int | None = None,
    start: _rows.Moment | None = None,
    end: _rows.Moment | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw a bar for each of the busiest hosts: what it sent, and beside it what it received.

    Parameters
    ----------
    table : Capture
        What to draw; needs the columns src and dst, length for bytes, tcp_flags for connections, timestamp for a window.
    value : {"bytes", "packets", "connections"}
        What to sum: bytes on the wire, packets, or attempts at a TCP connection (SYN without ACK).
    top : int, optional
        So many hosts; by default as many as there is room for, at most 12.
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
    >>> ax = cap.plot.top_talkers(value="packets")
    """
    ax = _style.axes(ax)
    title = "Top talkers"
    table = _rows.window(table, start, end)
    each = _rows.weights(table, value)
    if not len(table):
        return _style.empty(ax, title)
    sent, received = _by_host(table, each)
    names = list(sent | received)
    both = np.array([sent.get(name, 0) + received.get(name, 0) for name in names], np.uint64)
    kept = [names[place] for place in _rows.largest(both, _style.lines(ax, MOST_HOSTS) if top is None else top)]
    if not kept:
        return _style.empty(ax, title, f"no {value} of hosts with addresses")
    places = np.arange(len(kept))
    out, into = (np.array([sums.get(name, 0) for name in kept], np.float64) for sums in (sent, received))
    ax.barh(places, out, color=SENT, label="sent")
    ax.barh(places, into, left=out, color=RECEIVED, label="received")
    ax.set_yticks(places, [_style.short(ax, name) for name in kept])
    ax.invert_yaxis()
    ax.set_xlim(0, float((out + into).max()) * 1.05)
    ax.set(title=title, xlabel=value)
    _style.whole_numbers(ax, ax.xaxis)
    _style.engineering(ax.xaxis, _rows.UNITS[value])
    _style.legend(ax, None)
    _style.fit(ax)
    return ax


def _by_host(table: Capture, each: _rows.Rows) -> tuple[dict[str, int], dict[str, int]]:
    """Return what each host sent and received, hosts without any left out."""
    sides = []
    for column in (table.src, table.dst):
        texts = column.values
        sums = _rows.totals(table, column.codes, each, len(texts))
        sums[0] = 0
        used = np.flatnonzero(sums)
        sides.append(dict(zip(texts[used].tolist(), sums[used].tolist(), strict=True)))
    return sides[0], sides[1]
