"""When flows begin and end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from . import _records, _style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_FLOWS = 30
# A flow of no time at all is seen as so much of the axis.
LEAST = 0.003


def gantt(flows: Any, *, top: int | None = None, ax: Axes | None = None) -> Axes:
    """Draw a bar for each flow, from its first packet to its last; of many flows, the longest.

    Parameters
    ----------
    flows : Flows or table
        :class:`pcapframe.Flows`, a mapping of arrays, or a frame of pandas, polars or pyarrow, with the columns first_seen and
        last_seen (datetime64, whole nanoseconds, seconds, or texts). Where it has src, dst, dport and protocol they are shown.
    top : int, optional
        So many flows; by default as many as there is room for, at most 30.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        A column is missing, or a value is no time.

    Examples
    --------
    >>> import pcapframe as pf
    >>> flows = pf.read_pcap("examples/data/lab.pcap").flows()
    >>> flows.plot.gantt(top=20).get_title()
    'The 20 longest of 10,494 flows'
    """
    ax = _style.axes(ax)
    title = "Flows"
    flows = _records.own(flows)
    first, last = (_records.times(_records.column(flows, name, "flows"), name) for name in ("first_seen", "last_seen"))
    known = np.flatnonzero(~(np.isnat(first) | np.isnat(last)))
    if not len(known):
        return _style.empty(ax, title, "no flows")
    kept = _longest(first, last, known, _style.lines(ax, MOST_FLOWS) if top is None else top)
    if len(kept) < len(known):
        title = f"The {len(kept):,} longest of {len(known):,} flows"
    first, last = _style.drawable(first[kept]), _style.drawable(last[kept])
    _bars(ax, first, last, _protocols(flows, kept))
    ax.set_yticks(range(len(kept)), _labels(ax, flows, kept))
    ax.set_ylim(len(kept) - 0.4, -0.6)
    # Bars hold the axis to their ends, where the frame would hide short ones.
    ax.use_sticky_edges = False
    ax.margins(x=0.01)
    ax.set_title(title)
    _style.time_axis(ax, share=0.6)
    if _records.has(flows, "protocol"):
        _style.legend(ax, "protocol")
    _style.fit(ax)
    return ax


def _longest(
    first: NDArray[np.datetime64], last: NDArray[np.datetime64], known: NDArray[np.intp], top: int
) -> NDArray[np.intp]:  # fmt: skip
    """Return the rows of the longest flows, in the order in which they begin."""
    lengths = last[known].view(np.int64).astype(np.float64) - first[known].view(np.int64)
    longest = known[np.argsort(-lengths, kind="stable")[: max(top, 1)]]
    return longest[np.argsort(first[longest], kind="stable")]


def _protocols(flows: Any, rows: NDArray[np.intp]) -> list[str]:
    if not _records.has(flows, "protocol"):
        return ["all"] * len(rows)
    return _records.protocol_names(_records.column(flows, "protocol", "flows", rows))


def _labels(ax: Axes, flows: Any, rows: NDArray[np.intp]) -> list[str]:
    """Return who talks to whom, as far as the table tells."""
    ends = [
        [_style.short(ax, str(text)) for text in _records.column(flows, name, "flows", rows)]
        if _records.has(flows, name)
        else None
        for name in ("src", "dst", "dport")
    ]
    src, dst, port = ends
    if src is None or dst is None:
        return [str(row) for row in rows.tolist()]
    ports = [f" :{number}" if number not in ("0", "nan", "<NA>") else "" for number in port] if port else [""] * len(rows)
    return [f"{source} → {target}{number}" for source, target, number in zip(src, dst, ports, strict=True)]


def _bars(ax: Axes, first: NDArray[np.datetime64], last: NDArray[np.datetime64], protocols: list[str]) -> None:
    begin, end = first.view(np.int64), np.maximum(first, last).view(np.int64)
    span = max(float(end.max()) - float(begin.min()), 1e9)
    # As doubles, since 64 bits hold no difference of times at both ends of their range.
    lengths = np.clip(end.astype(np.float64) - begin, LEAST * span, 9.2e18).astype(np.int64)
    names = list(dict.fromkeys(protocols))
    for name, color in zip(names, _style.colors(ax, names), strict=True):
        places = np.flatnonzero([protocol == name for protocol in protocols])
        ax.barh(places, lengths[places].view("timedelta64[ns]"), left=first[places], height=0.7, color=color, label=name)
