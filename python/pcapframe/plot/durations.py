"""How long flows last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from . import _records, _style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BINS_A_DECADE = 5
LEAST_BINS = 15
# A bar so high would hide those of a few flows.
LOG_FROM = 100
# What to name on the axis, in seconds, the first that fit.
NAMED = {
    1: "1 s", 60: "1 min", 3600: "1 h", 86400: "1 d", 1e-3: "1 ms", 1e-6: "1 µs", 1e-9: "1 ns", 864000: "10 d", 8640000: "100 d",
    0.1: "100 ms", 10: "10 s", 600: "10 min", 36000: "10 h", 0.01: "10 ms", 1e-4: "100 µs", 1e-5: "10 µs", 1e-7: "100 ns",
}  # fmt: skip


def durations(flows: Any, *, ax: Axes | None = None) -> Axes:
    """Draw how many flows last how long, on a log scale; those of no time at all have a bar of their own.

    Parameters
    ----------
    flows : Flows or table
        :class:`pcapframe.Flows`, a mapping of arrays, or a frame of pandas, polars or pyarrow, with the column duration (a
        timedelta, or seconds), or with first_seen and last_seen. Missing durations are left out.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        A column is missing.

    Examples
    --------
    >>> import pcapframe as pf
    >>> pf.plot.durations({"duration": [0.0, 0.2, 0.3, 15.0]}).get_title()
    'Flow durations (4 flows)'
    """
    ax = _style.axes(ax)
    title = "Flow durations"
    lengths = _records.seconds(_records.own(flows), "flows")
    lengths = lengths[np.isfinite(lengths)]
    if not len(lengths):
        return _style.empty(ax, title, "no flows")
    lasting = lengths[lengths > 0]
    edges = _edges(lasting)
    counts = np.histogram(np.log10(lasting), np.log10(edges))[0] if len(lasting) else np.zeros(len(edges) - 1, np.int64)
    places = np.log10(edges)
    ax.stairs(counts, places, fill=True, color=_style.PALETTE[0], label="flows")
    instants = len(lengths) - len(lasting)
    step = places[1] - places[0]
    zero = places[0] - 2.5 * step
    if instants:
        ax.bar(zero, instants, width=1.5 * step, color=_style.PALETTE[1])
    _name(ax, (zero - step if instants else places[0], places[-1]), zero if instants else None)
    ax.set(title=f"{title} ({len(lengths):,} {'flow' if len(lengths) == 1 else 'flows'})", xlabel="duration", ylabel="flows")
    if max(counts.max(), instants) > LOG_FROM:
        ax.set_yscale("log")
        ax.set_ylim(bottom=0.7)
    else:
        ax.set_ylim(bottom=0)
        _style.whole_numbers(ax, ax.yaxis)
    _style.engineering(ax.yaxis, "")
    _style.fit(ax)
    return ax


def _edges(lasting: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the edges of bins of equal ratio that hold all durations."""
    if not len(lasting):
        return np.array([1e-3, 1e-2])
    low = np.floor(np.log10(lasting.min()) * BINS_A_DECADE)
    high = np.floor(np.log10(lasting.max()) * BINS_A_DECADE) + 1
    missing = max(LEAST_BINS - int(high - low), 0)
    low, high = low - missing // 2, high + missing - missing // 2
    return np.asarray(10 ** (np.arange(low, high + 1) / BINS_A_DECADE), np.float64)


def _name(ax: Axes, limits: tuple[float, float], zero: float | None) -> None:
    """Ticks of times that people name, not too near to one another."""
    ax.set_xlim(*limits)
    room = max(int(_style.inches(ax)[0] * _style.POINTS_PER_INCH / (5 * _style.points(ax, "xtick.labelsize"))), 2)
    apart = (limits[1] - limits[0]) / room
    chosen = {} if zero is None else {zero: "0"}
    for seconds, text in NAMED.items():
        place = float(np.log10(seconds))
        if limits[0] + apart / 4 <= place <= limits[1] and all(abs(place - other) >= apart for other in chosen):
            chosen[place] = text
    ax.set_xticks(list(chosen), list(chosen.values()))
