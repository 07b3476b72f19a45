"""What all plots share: colours, time axes, and what to draw when there is nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .._extras import need

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe and Ito's colours, told apart by people who see fewer: https://jfly.uni-koeln.de/color/
PALETTE = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#000000"]
# A protocol keeps its colour from plot to plot.
PROTOCOL_COLORS = {
    "TCP": "#0072B2",
    "UDP": "#E69F00",
    "ICMP": "#009E73",
    "ARP": "#CC79A7",
    "ICMPv6": "#56B4E9",
    "SCTP": "#D55E00",
    "all": "#0072B2",
    "other": "#999999",
}
STEPS = [
    scale * step
    for scale, steps in [
        (1, (1, 10, 100)),
        (10**3, (1, 10, 100)),
        (10**6, (1, 2, 5, 10, 20, 50, 100, 200, 500)),
        (10**9, (1, 2, 5, 10, 15, 30)),
        (60 * 10**9, (1, 2, 5, 10, 15, 30)),
        (3600 * 10**9, (1, 2, 3, 6, 12)),
        (86400 * 10**9, (1, 2, 7, 14, 28, 91, 365)),
    ]
    for step in steps
]
TARGET_BINS = 300
EARLIEST = np.datetime64("1677-09-21T00:12:45", "ns")


def axes(ax: Axes | None) -> Axes:
    """The given Axes, or those of a new figure."""
    if ax is not None:
        return ax
    pyplot = need("matplotlib.pyplot", "plotting")
    _, ax = pyplot.subplots(figsize=(10, 4.5), layout="constrained")
    return ax


def colors(names: list[str]) -> list[str]:
    """A colour for each name, those of protocols fixed."""
    free = [color for color in PALETTE if color not in {PROTOCOL_COLORS.get(name) for name in names}]
    chosen = []
    for name in names:
        known = PROTOCOL_COLORS.get(name)
        chosen.append(known or (free.pop(0) if free else "#999999"))
    return chosen


def nice_interval(times: NDArray[np.int64]) -> int:
    """The shortest interval of a length people use that cuts `times` (nanoseconds) into no more than 300."""
    span = int(times.max()) - int(times.min()) if len(times) else 0
    fitting = [step for step in STEPS if span <= step * TARGET_BINS]
    return fitting[0] if fitting else max(span // TARGET_BINS, 1)


def time_axis(ax: Axes) -> None:
    """A UTC axis whose labels say no more than they need to."""
    dates = need("matplotlib.dates", "plotting")
    locator = dates.AutoDateLocator(minticks=4, maxticks=9)
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator))
    ax.set_xlabel("time (UTC)")


def drawable(times: NDArray[np.datetime64]) -> NDArray[np.datetime64]:
    """The times as matplotlib can take them: it counts whole seconds first, and numpy has none of the first of 64 bits."""
    return np.maximum(times, EARLIEST)


def time_limits(ax: Axes, first: np.datetime64, last: np.datetime64) -> None:
    """Show the times from `first` to `last`, if matplotlib, which counts in days, can tell them apart."""
    ends = need("matplotlib.dates", "plotting").date2num([first, last])
    if ends[0] < ends[1]:
        ax.set_xlim(*ends)


def engineering(ax: Axes, unit: str) -> None:
    """Ticks of the y axis with k, M and G."""
    ticker = need("matplotlib.ticker", "plotting")
    ax.yaxis.set_major_formatter(ticker.EngFormatter(unit=unit, sep=" " if unit else ""))


def legend(ax: Axes, title: str | None) -> None:
    """A legend beside the plot, where it hides nothing."""
    ax.legend(title=title, loc="upper left", bbox_to_anchor=(1.01, 1), borderaxespad=0, frameon=False)


def empty(ax: Axes, title: str) -> Axes:
    """Say that there is nothing to draw."""
    ax.set_title(title)
    ax.text(0.5, 0.5, "no packets", ha="center", va="center", transform=ax.transAxes, color="#666666")
    ax.set_xticks([])
    ax.set_yticks([])
    return ax
