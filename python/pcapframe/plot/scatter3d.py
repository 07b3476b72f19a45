"""Size, port and protocol of packets in space."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ..timeline import protocol_groups
from . import _rows, _style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..capture import Capture

PORT_TICKS = {0: "0", 10: "10", 100: "100", 1000: "1k", 10_000: "10k", 65_535: "65k"}
# So many names of protocols have room on the axis.
ROOM_FOR = 6


def scatter3d(
    table: Capture,
    *,
    points: int = 5000,
    seed: int = 0,
    port: Literal["dport", "sport"] = "dport",
    start: _rows.Moment | None = None,
    end: _rows.Moment | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw packets as dots in space: port (log scale), protocol, and length on the wire.

    Of more than `points` packets a random sample is drawn, each packet as likely as any other. Packets without ports are at
    port 0.

    Parameters
    ----------
    table : Capture
        What to draw; needs the columns length, protocol, layers and `port`, and timestamp for a window.
    points : int
        So many dots at most.
    seed : int
        What the sample follows from: the same seed draws the same packets.
    port : {"dport", "sport"}
        Destination or source.
    start, end : str, datetime.datetime or numpy.datetime64, optional
        Packets from `start` on and before `end` only; UTC.
    ax : mpl_toolkits.mplot3d.axes3d.Axes3D, optional
        Where to draw; by default on a new figure.

    Returns
    -------
    mpl_toolkits.mplot3d.axes3d.Axes3D

    Raises
    ------
    ValueError
        An argument is not among those named, or `ax` is flat.

    Examples
    --------
    >>> import pcapframe as pf
    >>> cap = pf.read_pcap("examples/data/lab.pcap")
    >>> ax = cap.plot.scatter3d(points=1000)
    """
    name = _rows.port_name(port)
    if points < 1:
        message = f"points is {points}, but must be at least 1"
        raise ValueError(message)
    ax = _style.axes(ax, "3d")
    if not hasattr(ax, "zaxis"):
        message = "ax is flat, but must be three-dimensional: plt.subplots(subplot_kw={'projection': '3d'})"
        raise ValueError(message)
    table = _rows.window(table, start, end)
    title = "Size, port and protocol"
    if not len(table):
        return _style.empty(ax, title)
    sample = table
    if len(table) > points:
        sample = table[np.sort(np.random.default_rng(seed).choice(len(table), points, replace=False, shuffle=False))]
        part = f"{points:,} of {len(table):,} packets"
        title = f"{title} of {part}" if _style.letters(ax) >= _style.ROOMY else part
    _dots(ax, sample, port)
    ax.set_title(title)
    ax.set(
        xlabel=name if _style.letters(ax) >= _style.ROOMY else port,
        zlabel="length (bytes)",
        zlim=(0, max(int(sample.length.max()), 1)),
    )
    ticks = list(PORT_TICKS.items())[:: 1 if _style.letters(ax) >= _style.ROOMY else 2]
    ax.set_xticks([np.log1p(number) for number, _ in ticks], [text for _, text in ticks])
    ax.set_xlim(0, np.log1p(65_535))
    _style.fit(ax)
    _fit(ax)
    return ax


def _fit(ax: Any) -> None:
    """Leave room for labels, which in space reach beyond the box, where layouts do not look for them."""
    scale = _style.letters(ax)
    ax.set_box_aspect((5, 4, 3), zoom=0.8 + 0.15 * scale)
    ax.zaxis.label.set_fontsize(_style.points(ax, "axes.labelsize"))
    ax.tick_params(axis="z", labelsize=_style.points(ax, "ytick.labelsize"))
    for axis in (ax.xaxis, ax.yaxis, ax.zaxis):
        axis.labelpad *= scale
    # Its numbers are longer than those of ports.
    ax.zaxis.labelpad += 4 * scale


def _dots(ax: Any, sample: Capture, port: str) -> None:
    names, groups = protocol_groups(sample)
    codes = groups(slice(None))
    used = [place for place in range(len(names)) if (codes == place).any()]
    shown = [names[place] for place in used]
    for height, (place, color) in enumerate(zip(used, _style.colors(ax, shown), strict=True)):
        rows = codes == place
        where = np.full(int(rows.sum()), height)
        ax.scatter(
            np.log1p(sample[port][rows]), where, sample.length[rows], s=6, color=color, label=names[place], depthshade=False
        )
    if len(shown) <= ROOM_FOR:
        ax.set_yticks(range(len(shown)), shown)
        return
    ax.set_yticks(range(len(shown)), [""] * len(shown))
    # Above the box, which leaves room there; beside it are the labels of lengths.
    ax.legend(
        loc="upper center", ncols=-(-len(shown) // 2), borderaxespad=0, frameon=False, handletextpad=0, columnspacing=0.8,
        fontsize=_style.points(ax, "legend.fontsize"),
    )  # fmt: skip
