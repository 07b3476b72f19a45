"""Which share each protocol has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from . import _rows, _style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..capture import Capture
    from ..timeline import Value

# The longest there is: all packets are in one interval, or in the two that meet at 1970.
ALL_TIME = np.timedelta64(_rows.LAST, "ns")
MOST_GROUPS = 10
# What is less than this percentage is not told apart.
LEAST = 0.1


def protocol_mix(
    table: Capture,
    *,
    by: str = "protocol",
    value: Value = "bytes",
    top: int | None = None,
    start: _rows.Moment | None = None,
    end: _rows.Moment | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the share of each protocol as a bar, with its percentage.

    Parameters
    ----------
    table : Capture
        What to draw; needs the column timestamp and those that `by` and `value` name.
    by, value
        As for :meth:`pcapframe.Capture.timeline`.
    top : int, optional
        So many groups of a column are kept apart; by default as many as there is room for, at most 10.
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
    >>> ax = cap.plot.protocol_mix(value="packets")
    """
    ax = _style.axes(ax)
    title = f"Share of {value} by {by}"
    table = _rows.window(table, start, end)
    top = _style.lines(ax, MOST_GROUPS) if top is None else top
    sums = {name: int(values.sum()) for name, values in table.timeline(ALL_TIME, by, value, top=top).series.items()}
    if not sums:
        return _style.empty(ax, title, "no packets" if not len(table) else f"no {value}")
    total = sum(sums.values())
    shares = [100 * part / total for part in sums.values()]
    bars = ax.barh(range(len(sums)), shares, color=_style.colors(ax, list(sums)))
    ax.bar_label(
        bars,
        [f"{share:.1f} %" if share >= LEAST else f"< {LEAST} %" for share in shares],
        padding=3,
        fontsize=_style.points(ax, "ytick.labelsize"),
    )
    ax.set_yticks(range(len(sums)), [_style.short(ax, name) for name in sums])
    ax.invert_yaxis()
    # Room for the label of the longest bar.
    ax.set_xlim(0, max(shares) * 1.18)
    unit = "" if value == "bytes" else f" {value}"
    ax.set(title=title, xlabel=f"percent of {_style.amount(total, _rows.UNITS[value])}{unit}")
    _style.fit(ax)
    return ax
