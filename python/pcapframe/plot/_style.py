"""What all plots share: colours, time axes, sizes, and what to draw when there is nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from .._extras import need

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's colours, told apart by people who see fewer: https://jfly.uni-koeln.de/color/
PALETTE = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#000000"]
# For more than eight, two of Paul Tol's that are none of those: https://sronpersonalpages.nl/~pault/
MORE = ["#882255", "#999933"]
BLACK, WHITE, GREY = "#000000", "#FFFFFF", "#999999"
# A protocol keeps its colour from plot to plot.
PROTOCOL_COLORS = {
    "TCP": "#0072B2",
    "UDP": "#E69F00",
    "ICMP": "#009E73",
    "ARP": "#CC79A7",
    "ICMPv6": "#56B4E9",
    "SCTP": "#D55E00",
    "all": "#0072B2",
    "other": GREY,
}
# From one packet, which must be seen on the background, to many; told apart by lightness alone.
SHADES = ["#9ecae1", "#0072B2", "#06213f"]
SHADES_ON_DARK = ["#1f4e79", "#56B4E9", "#f2f9ff"]
# matplotlib counts in days, and from 1970 to now has room for microseconds only.
STEPS = [
    scale * step
    for scale, steps in [
        (10**3, (1, 10, 100)),
        (10**6, (1, 2, 5, 10, 20, 50, 100, 200, 500)),
        (10**9, (1, 2, 5, 10, 15, 30)),
        (60 * 10**9, (1, 2, 5, 10, 15, 30)),
        (3600 * 10**9, (1, 2, 3, 6, 12)),
        (86400 * 10**9, (1, 2, 7, 14, 28, 91, 365)),
    ]
    for step in steps
]
SECOND = 10**9
TARGET_BINS = 300
EARLIEST = np.datetime64("1677-09-21T00:12:45", "ns")
# Letters have their usual size on Axes of at least so many inches, and no less than so much of it on smaller ones.
FULL_WIDTH, FULL_HEIGHT, SMALLEST = 5.0, 3.0, 0.6
ROOMY = 0.8
# Cells of colour narrower than a pixel would not be drawn: of an inch a third may go to labels, and of the rest each has one.
CELLS_PER_INCH = 45
# White at both ends of the time axis, where the frame would hide a bar.
MARGIN = 0.01
# Ten microseconds in matplotlib's days: what is nearer has no axis of its own.
NEAREST = 10 / 86400e6
POINTS_PER_INCH = 72


def axes(ax: Axes | None, projection: str | None = None) -> Axes:
    """The given Axes, or those of a new figure."""
    if ax is not None:
        return ax
    pyplot = need("matplotlib.pyplot", "plotting")
    size = (10, 4.5) if projection is None else (8, 6)
    _, ax = pyplot.subplots(figsize=size, layout="constrained", subplot_kw={"projection": projection})
    return ax


def dark(ax: Axes) -> bool:
    """Whether the background is dark."""
    red, green, blue, alpha = need("matplotlib.colors", "plotting").to_rgba(ax.get_facecolor())
    if not alpha:
        red, green, blue, _ = need("matplotlib.colors", "plotting").to_rgba(ax.figure.get_facecolor())
    # Relative luminance by ITU-R BT.709.
    return bool(0.2126 * red + 0.7152 * green + 0.0722 * blue < 0.5)


def colors(ax: Axes, names: list[str]) -> list[str]:
    """A colour for each name, those of protocols fixed."""
    palette = [WHITE if color == BLACK and dark(ax) else color for color in [*PALETTE, *MORE]]
    free = [color for color in palette if color not in {PROTOCOL_COLORS.get(name) for name in names}]
    chosen = []
    for name in names:
        known = PROTOCOL_COLORS.get(name)
        chosen.append(known or (free.pop(0) if free else GREY))
    return chosen


def nice_interval(times: NDArray[np.int64]) -> int:
    """The shortest interval of a length people use that cuts `times` (nanoseconds) into no more than 300."""
    span = int(times.max()) - int(times.min()) if len(times) else 0
    if not span:
        return SECOND
    fitting = [step for step in STEPS if span <= step * TARGET_BINS]
    return fitting[0] if fitting else max(span // TARGET_BINS, 1)


def inches(ax: Axes) -> tuple[float, float]:
    """Width and height of the Axes, before they make room for labels and bars of colours."""
    place, figure = ax.get_subplotspec(), cast("Figure", ax.figure)
    share = ax.get_position() if place is None else place.get_position(figure)
    return share.width * figure.bbox.width / figure.dpi, share.height * figure.bbox.height / figure.dpi


def letters(ax: Axes) -> float:
    """How much of their usual size letters have on these Axes."""
    width, height = inches(ax)
    return max(min(width / FULL_WIDTH, height / FULL_HEIGHT, 1), SMALLEST)


def points(ax: Axes, parameter: str) -> float:
    """Size of letters, which a parameter of matplotlib names, on these Axes."""
    size = need("matplotlib", "plotting").rcParams[parameter]
    usual: float = need("matplotlib.font_manager", "plotting").FontProperties(size=size).get_size_in_points()
    return usual * letters(ax)


def lines(ax: Axes, most: int, share: float = 1.0) -> int:
    """How many lines of labels there is room for beside the Axes, or in a share of their height; from 3 to `most`."""
    fitting = inches(ax)[1] * share * POINTS_PER_INCH / (1.4 * points(ax, "ytick.labelsize"))
    return max(min(int(fitting), most), 3)


def cells(ax: Axes, across: int, up: int) -> tuple[int, int]:
    """How many cells of colour can be seen beside and above one another, at most `across` and `up`."""
    width, height = inches(ax)
    return min(across, max(int(width * CELLS_PER_INCH), 1)), min(up, max(int(height * CELLS_PER_INCH), 1))


def fit(ax: Axes) -> None:
    """Make letters smaller where there is little room."""
    for text, parameter in [
        (ax.title, "axes.titlesize"),
        (ax.xaxis.label, "axes.labelsize"),
        (ax.yaxis.label, "axes.labelsize"),
        (ax.xaxis.offsetText, "xtick.labelsize"),
        (ax.yaxis.offsetText, "ytick.labelsize"),
    ]:
        text.set_fontsize(points(ax, parameter))
    ax.tick_params(axis="x", which="both", labelsize=points(ax, "xtick.labelsize"))
    ax.tick_params(axis="y", which="both", labelsize=points(ax, "ytick.labelsize"))


def time_axis(ax: Axes, share: float = 1.0) -> None:
    """A UTC axis whose labels say no more than they need to; `share` of the width is left for it."""
    dates = need("matplotlib.dates", "plotting")
    # A label such as 21:52:30 is about five times as wide as it is high.
    fitting = int(share * inches(ax)[0] * POINTS_PER_INCH / (5 * points(ax, "xtick.labelsize")))
    most = max(min(fitting, 9), 3)
    locator = dates.AutoDateLocator(minticks=min(4, most - 1), maxticks=most)
    for frequency in (dates.MINUTELY, dates.SECONDLY):
        locator.intervald[frequency] = [1, 2, 5, 10, 15, 30]
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator))
    # The day is below on the right; where it would meet a label in the middle, there is a shorter one left of the axis.
    if letters(ax) < ROOMY:
        ax.set_xlabel("UTC", x=0, ha="right")
    else:
        ax.set_xlabel("time (UTC)")


def drawable(times: NDArray[np.datetime64]) -> NDArray[np.datetime64]:
    """The times as matplotlib can take them: it counts whole seconds first, and numpy has none of the first of 64 bits."""
    return np.maximum(times, EARLIEST)


def time_limits(ax: Axes, first: np.datetime64, last: np.datetime64, margin: float = 0) -> None:
    """Show the times from `first` to `last`, or what is around them if they are one to matplotlib, which counts in days."""
    begin, end = need("matplotlib.dates", "plotting").date2num([first, last])
    if end - begin < NEAREST:
        begin, end = begin - NEAREST / 2, end + NEAREST / 2
    more = margin * (end - begin)
    ax.set_xlim(begin - more, end + more)


def not_too_near(ax: Axes, times: NDArray[np.datetime64]) -> None:
    """Show what is around the times, if all of them are one to matplotlib."""
    first, last = drawable(np.array([times.min(), times.max()]))
    begin, end = need("matplotlib.dates", "plotting").date2num([first, last])
    if end - begin < NEAREST:
        time_limits(ax, first, last)


def amount(value: float, unit: str = "") -> str:
    """Return a number with k, M or G, and its unit."""
    text: str = need("matplotlib.ticker", "plotting").EngFormatter(unit=unit, sep=" " if unit else "")(float(f"{value:.3g}"))
    return text


def engineering(axis: Any, unit: str) -> None:
    """Ticks of an axis with k, M and G; there are no thousandths of a byte."""
    ticker = need("matplotlib.ticker", "plotting")
    large = ticker.EngFormatter(unit=unit, sep=" " if unit else "")

    def text(value: float, _: object) -> str:
        found: str = large(value) if abs(value) >= 1 else large.fix_minus(f"{value:.3g} {unit}".strip())
        return found

    axis.set_major_formatter(text)


def log_scale(ax: Axes, low: int, high: int, named: Sequence[int]) -> None:
    """A log scale that has 0, with ticks at those of `named`, the first ones first, that are not too near to one another."""
    ax.set_yscale("function", functions=(np.log1p, np.expm1))
    apart = (np.log1p(high) - np.log1p(low)) / lines(ax, 10)
    chosen: list[int] = []
    for number in named:
        if low <= number <= high and all(abs(np.log1p(number) - np.log1p(other)) >= apart for other in chosen):
            chosen.append(number)
    ax.set_yticks(chosen, [str(number) for number in chosen])
    ax.minorticks_off()


def log_edges(first: int, after: int, most: int) -> NDArray[np.int64]:
    """Edges of at most so many bins for whole numbers from `first` on and before `after`, even on such a scale."""
    spread = np.expm1(np.linspace(np.log1p(first), np.log1p(after), most + 1))
    return np.unique(np.rint(spread).astype(np.int64))


def whole_numbers(ax: Axes, axis: Any) -> None:
    """Ticks of an axis at whole numbers only, and no more than there is room for."""
    # Labels such as 1.25 MB are wider than they are high.
    size, letter = (inches(ax)[0], 6) if axis is ax.xaxis else (inches(ax)[1], 4)
    fitting = int(size * POINTS_PER_INCH / (letter * points(ax, "xtick.labelsize")))
    axis.set_major_locator(need("matplotlib.ticker", "plotting").MaxNLocator(max(min(fitting, 9), 2), integer=True))


def legend(ax: Axes, title: str | None) -> None:
    """A legend beside the plot, where it hides nothing."""
    size = points(ax, "legend.fontsize")
    ax.legend(
        title=title, loc="upper left", bbox_to_anchor=(1.01, 1), borderaxespad=0, frameon=False,
        fontsize=size, title_fontsize=size, handlelength=1.0 + letters(ax) ** 2,
    )  # fmt: skip


def mesh(
    ax: Axes, x: NDArray[Any], y: NDArray[Any], counts: NDArray[np.uint64], label: str, unit: str = "", **options: Any
) -> None:
    """Draw numbers as colours on a log scale, 0 as background, with a bar that explains them."""
    matplotlib_colors = need("matplotlib.colors", "plotting")
    least = int(counts[counts > 0].min())
    norm = matplotlib_colors.LogNorm(vmin=least, vmax=max(int(counts.max()), 2 * least))
    shades = matplotlib_colors.LinearSegmentedColormap.from_list("packets", SHADES_ON_DARK if dark(ax) else SHADES)
    shown: Any = np.ma.masked_equal(counts, 0)
    drawn = ax.pcolormesh(x, y, shown, norm=norm, cmap=shades, **options)
    bar = ax.figure.colorbar(drawn, ax=ax, pad=0.02)
    bar.set_label(label, fontsize=points(ax, "axes.labelsize"))
    ticker = need("matplotlib.ticker", "plotting")
    bar.ax.yaxis.set_major_formatter(ticker.EngFormatter(unit=unit, sep=" " if unit else ""))
    bar.ax.yaxis.set_minor_formatter(ticker.NullFormatter())
    if counts.max() == least:
        bar.set_ticks([least])
    elif norm.vmax < 10 * norm.vmin:
        bar.ax.yaxis.set_major_locator(ticker.MaxNLocator(4, integer=True))
    bar.ax.tick_params(labelsize=points(ax, "ytick.labelsize"))


def plain(axis: Any) -> None:
    """Numbers as they are: ports and sizes are not told by their distance from another."""
    axis.set_major_formatter(need("matplotlib.ticker", "plotting").ScalarFormatter(useOffset=False))


def dots(ax: Axes, times: NDArray[np.datetime64], values: NDArray[Any], color: str, label: str | None = None) -> None:
    """Draw a dot for each row over time."""
    ax.plot(drawable(times), values, ".", color=color, label=label, markersize=4)


def short(ax: Axes, name: str) -> str:
    """Return a name that fits beside the plot; of an IPv6 address the middle goes."""
    most = 20 if letters(ax) >= ROOMY else 15
    return name if len(name) <= most else f"{name[: most // 2]}…{name[-(most - most // 2 - 1) :]}"


def empty(ax: Axes, title: str, text: str = "no packets") -> Axes:
    """Say that there is nothing to draw."""
    ax.set_title(title)
    write = getattr(ax, "text2D", ax.text)
    write(0.5, 0.5, text, ha="center", va="center", transform=ax.transAxes, color="#808080", fontsize=points(ax, "font.size"))
    ax.set_xticks([])
    ax.set_yticks([])
    if hasattr(ax, "zaxis"):
        ax.set_axis_off()
    fit(ax)
    return ax
