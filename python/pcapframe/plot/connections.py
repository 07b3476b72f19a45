"""Who sends to whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from . import _rows, _style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..capture import Capture
    from ..timeline import Value

MOST_HOSTS = 15


def connections(
    table: Capture,
    *,
    value: Value = "packets",
    top: int | None = None,
    start: _rows.Moment | None = None,
    end: _rows.Moment | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw how much each host sends to each other, as colours on a log scale.

    Rows are the hosts that send most, columns those that receive most; what goes from or to others is "other", so that the sum is
    that of all packets with addresses.

    Parameters
    ----------
    table : Capture
        What to draw; needs the columns src and dst, length for bytes, tcp_flags for connections, timestamp for a window.
    value : {"packets", "bytes", "connections"}
        What to sum: packets, bytes on the wire, or attempts at a TCP connection (SYN without ACK).
    top : int, optional
        So many hosts on each side; by default as many as there is room for, at most 15.
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
    >>> ax = cap.plot.connections(value="bytes", top=10)
    """
    ax = _style.axes(ax)
    title = "Connections between hosts"
    table = _rows.window(table, start, end)
    each = _rows.weights(table, value)
    if not len(table):
        return _style.empty(ax, title)
    # Labels below take room from those at the side.
    top = _style.lines(ax, MOST_HOSTS, share=0.7) if top is None else top
    senders, from_codes, rows = _busiest(table.src, table, each, top)
    receivers, to_codes, columns = _busiest(table.dst, table, each, top)
    counts = _rows.grid(
        table, lambda part: columns[to_codes[part]], lambda part: rows[from_codes[part]], each,
        start=0, width=1, count=len(receivers), group_count=len(senders),
    )  # fmt: skip
    if not counts.any():
        return _style.empty(ax, title, f"no {value} between addresses")
    _style.mesh(
        ax,
        np.arange(len(receivers) + 1),
        np.arange(len(senders) + 1),
        counts,
        value,
        _rows.UNITS[value],
        edgecolor=ax.get_facecolor(),
        linewidth=0.5,
    )
    ax.set(title=title, xlabel="to", ylabel="from")
    ax.set_xticks(np.arange(len(receivers)) + 0.5, [_style.short(ax, name) for name in receivers], rotation=90)
    ax.set_yticks(np.arange(len(senders)) + 0.5, [_style.short(ax, name) for name in senders])
    ax.invert_yaxis()
    _style.fit(ax)
    return ax


def _busiest(column: Any, table: Capture, each: _rows.Rows, top: int) -> tuple[list[str], NDArray[Any], NDArray[np.uint32]]:
    """Return the busiest hosts' names, "other" among them where there are others, the rows' codes, and each code's place."""
    codes, texts = column.codes, column.values
    sums = _rows.totals(table, codes, each, len(texts))
    # Code 0 is that of packets without an address.
    sums[0] = 0
    kept = _rows.largest(sums, top)
    others = np.count_nonzero(sums) > len(kept)
    places = np.full(len(texts), len(kept), np.uint32)
    places[kept] = np.arange(len(kept), dtype=np.uint32)
    places[0] = len(kept) + 1
    return [texts[code] for code in kept] + (["other"] if others else []), codes, places
