"""Alerts over a plot of time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .._extras import need
from . import _records, _style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SEVERITIES = ("low", "medium", "high", "critical")
# Reds of ColorBrewer, told apart by lightness, and not the colours of what is drawn: https://colorbrewer2.org
COLORS = ("#FCBBA1", "#FB6A4A", "#CB181D", "#67000D")
# Spans nearer to each other than this part of the axis are drawn as one; what is shorter is drawn as long.
NEAR = 1 / 400
# What takes more than this part of the axis is marked on the edge only: behind the plot it would tint all of it.
MOST_WIDTH = 0.5
# Labels take no more than this part of the height.
MOST_HEIGHT = 0.3


def overlay_alerts(ax: Axes, alerts: Any, *, labels: bool = True) -> Axes:
    """Mark on any plot over time when alerts were, in the colour of their severity.

    Alerts that are outside of the times shown are not drawn; those of a kind that cannot be told apart there are drawn as one.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        A plot whose x axis is time.
    alerts : Alerts, table or iterable
        What :mod:`pcapframe.detect` returns; or objects with the attributes first_seen, last_seen, kind and severity, a mapping
        of arrays, a frame of pandas, polars or pyarrow, with these columns. Times are datetime64, whole nanoseconds, seconds, or
        texts; severities are "low", "medium", "high", "critical", or 1 to 4. Without severities all are medium.
    labels : bool
        Write the kinds beside the spans, where there is room.

    Returns
    -------
    matplotlib.axes.Axes
        `ax`.

    Raises
    ------
    ValueError
        A column is missing, a value is no time, or no severity.

    Examples
    --------
    >>> import pcapframe as pf
    >>> cap = pf.read_pcap("examples/data/lab.pcap")
    >>> ax = pf.plot.overlay_alerts(cap.plot.traffic(), pf.detect.all(cap))
    """
    table = _table(alerts)
    first, last = (_records.times(_records.column(table, name, "alerts"), name) for name in ("first_seen", "last_seen"))
    kinds = _records.column(table, "kind", "alerts")
    levels = (
        _levels(_records.column(table, "severity", "alerts")) if _records.has(table, "severity") else np.ones(len(kinds), np.intp)
    )
    known = ~(np.isnat(first) | np.isnat(last))
    begin, end = (need("matplotlib.dates", "plotting").date2num(_style.drawable(times[known])) for times in (first, last))
    limits = ax.get_xlim()
    spans = _spans(begin, np.maximum(begin, end), kinds[known], levels[known], limits)
    colors = COLORS[::-1] if _style.dark(ax) else COLORS
    widest = MOST_WIDTH * abs(limits[1] - limits[0])
    for level in sorted({level for _, level, _, _ in spans}):
        chosen = [(left, right - left) for _, span_level, left, right in spans if span_level == level]
        style: dict[str, Any] = {"transform": ax.get_xaxis_transform(), "color": colors[level], "linewidth": 0}
        # Behind what is drawn, and on the edge above it, where nothing hides them.
        ax.broken_barh([span for span in chosen if span[1] <= widest], (0, 1), alpha=0.3, zorder=0.5, **style)
        ax.broken_barh(chosen, (0.98, 0.02), zorder=3, label=f"{SEVERITIES[level]} alert", **style)
    ax.set_xlim(limits)
    if spans:
        _legend(ax)
    if labels and spans:
        _write(ax, spans, limits)
    return ax


def _table(alerts: Any) -> Any:
    """Return a table; of objects their attributes, of dicts their values."""
    if _records.names(alerts):
        return alerts
    rows = list(alerts)
    wanted = [
        name for name in ("first_seen", "last_seen", "kind", "severity") if name != "severity" or all(map(_has_severity, rows))
    ]
    table = {}
    for name in wanted:
        table[name] = np.empty(len(rows), object)
        table[name][:] = [row[name] if isinstance(row, dict) else getattr(row, name) for row in rows]
    return table


def _has_severity(row: Any) -> bool:
    return "severity" in row if isinstance(row, dict) else hasattr(row, "severity")


def _levels(severities: NDArray[Any]) -> NDArray[np.intp]:
    """Return severities as places in the list of them."""
    return np.array([_level(severity) for severity in severities.tolist()], np.intp)


def _level(severity: Any) -> int:
    text = str(severity).lower()
    if text in SEVERITIES:
        return SEVERITIES.index(text)
    if isinstance(severity, int) and 1 <= severity <= len(SEVERITIES):
        return severity - 1
    message = f"severity is {severity!r}, but must be 'low', 'medium', 'high' or 'critical', or a number from 1 to 4"
    raise ValueError(message)


def _spans(
    begin: NDArray[np.float64],
    end: NDArray[np.float64],
    kinds: NDArray[Any],
    levels: NDArray[np.intp],
    limits: tuple[float, float],
) -> list[tuple[str, int, float, float]]:
    """Return kind, severity and ends of what can be told apart, cut to what is shown."""
    low, high = sorted(limits)
    near = (high - low) * NEAR
    last: dict[tuple[str, int], list[float]] = {}
    spans: list[tuple[str, int, list[float]]] = []
    shown = np.flatnonzero((end >= low) & (begin <= high))
    for row in shown[np.argsort(begin[shown], kind="stable")].tolist():
        key = str(kinds[row]), int(levels[row])
        left, right = max(float(begin[row]), low), min(max(float(end[row]), float(begin[row]) + near), high)
        if key in last and left <= last[key][1] + near:
            last[key][1] = max(last[key][1], right)
            continue
        last[key] = [left, right]
        spans.append((*key, last[key]))
    return [(kind, level, ends[0], ends[1]) for kind, level, ends in spans]


def _legend(ax: Axes) -> None:
    """Add severities to the legend; where there is none, beside which a bar of colours or names of panels stand, above."""
    known = ax.get_legend()
    if known is not None:
        _style.legend(ax, known.get_title().get_text())
        return
    size = _style.points(ax, "legend.fontsize")
    legend = ax.legend(
        loc="lower center", bbox_to_anchor=(0.5, 1.0), borderaxespad=0.4, borderpad=0, frameon=False, fontsize=size,
        ncols=len(SEVERITIES), handlelength=1.0, handletextpad=0.4, columnspacing=1.0,
    )  # fmt: skip
    # The title makes room for it; layouts would make the Axes as narrow as the legend is wide.
    legend.set_in_layout(False)
    ax.set_title(ax.get_title(), pad=2.2 * size, fontsize=ax.title.get_fontsize())


def _write(ax: Axes, spans: list[tuple[str, int, float, float]], limits: tuple[float, float]) -> None:
    """Write kinds at the top, the worst first, each on the first line where it hides no other; without room, not."""
    size = _style.points(ax, "legend.fontsize") * 0.85
    # How wide the Axes are beside their legend is known once they have been laid out.
    ax.figure.canvas.figure.draw_without_rendering()
    box, dpi = ax.get_window_extent(), ax.figure.dpi
    width, height = box.width / dpi, box.height / dpi
    low, high = sorted(limits)
    letter = (high - low) / width * size * 0.65 / _style.POINTS_PER_INCH
    line = size * 1.3 / _style.POINTS_PER_INCH / height
    taken: list[list[tuple[float, float]]] = [[] for _ in range(max(int(MOST_HEIGHT / line), 1))]
    outline = need("matplotlib.patheffects", "plotting").withStroke(linewidth=2, foreground=ax.get_facecolor())
    for kind, _, left, right in sorted(spans, key=lambda span: (-span[1], span[2])):
        length = letter * (len(kind) + 2)
        middle = (left + right) / 2 if right - left <= MOST_WIDTH * (high - low) else left
        center = min(max(middle, low + length / 2), high - length / 2)
        place = center - length / 2, center + length / 2
        free = next((n for n, texts in enumerate(taken) if all(place[1] < a or place[0] > b for a, b in texts)), None)
        if free is None:
            continue
        taken[free].append(place)
        ax.text(
            center, 0.97 - free * line, kind, transform=ax.get_xaxis_transform(), ha="center", va="top", fontsize=size,
            clip_on=True, zorder=6, path_effects=[outline],
        )  # fmt: skip
