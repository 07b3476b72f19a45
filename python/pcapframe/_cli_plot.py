"""The command ``pcapframe plot``: any of the plots as a picture."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from itertools import compress
from typing import TYPE_CHECKING, Any

from . import _core
from ._extras import need

if TYPE_CHECKING:
    from .capture import Capture

Read = Callable[[list[str]], "Capture"]

SIZE, SIZE_IN_SPACE = (10, 4.5), (8, 6)
PROTOCOL = ("protocol", "layers")
FLOWS = tuple(_core.flow_packet_columns())
WINDOW = ("start", "end")


@dataclass(frozen=True)
class Kind:
    """A plot of a capture: what it needs, and which options of the command line it takes."""

    columns: tuple[str, ...] = ()
    options: tuple[str, ...] = WINDOW
    #: What it sums, where it is told nothing.
    value: str = "bytes"
    #: Whether its axis is time, so that alerts can be marked on it.
    over_time: bool = False
    #: Whether it is one of flows.
    of_flows: bool = False


KINDS = {
    "traffic": Kind(options=("interval", "by", "value", *WINDOW), over_time=True),
    "packet-sizes": Kind(("length", *PROTOCOL), over_time=True),
    "size-histogram": Kind(("length", *PROTOCOL)),
    "protocol-mix": Kind(options=("by", "value", *WINDOW)),
    "top-talkers": Kind(("src", "dst"), ("value", *WINDOW)),
    "connections": Kind(("src", "dst"), ("value", *WINDOW), value="packets"),
    "port-activity": Kind(("dport",), over_time=True),
    "tcp-flags": Kind(("tcp_flags",), ("interval", *WINDOW), over_time=True),
    "scatter3d": Kind(("length", "dport", *PROTOCOL)),
    "seasonal": Kind(options=("interval", "value", *WINDOW), over_time=True),
    "durations": Kind(FLOWS, (), of_flows=True),
    "gantt": Kind(FLOWS, (), over_time=True, of_flows=True),
}
OPTIONS = ("interval", "by", "value", *WINDOW)


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Declare the command's options, apart from those that it shares with ``timeline``."""
    command.add_argument("--kind", choices=KINDS, default="traffic", metavar="KIND", help=f"what to draw: {', '.join(KINDS)}")
    command.add_argument("--start", metavar="TIME", help="packets from this time on, such as 2026-11-23T21:54")
    command.add_argument("--end", metavar="TIME", help="packets before this time")
    command.add_argument("--alerts", action="store_true", help="mark what detect finds on a plot over time")
    command.add_argument("--title", help="title of the picture")


def draw(args: argparse.Namespace, read: Read) -> Any:
    """Draw and return the figure; `read` reads some columns of the capture.

    Raises
    ------
    ValueError
        An option is for other kinds of plots.
    """
    kind = KINDS[args.kind]
    options = _options(args, kind)
    capture = read(_columns(args, kind, options))
    in_space = args.kind == "scatter3d"
    figure = need("matplotlib.figure", "plotting").Figure(figsize=SIZE_IN_SPACE if in_space else SIZE, layout="constrained")
    ax = figure.subplots(subplot_kw={"projection": "3d"} if in_space else None)
    plots = capture.flows().plot if kind.of_flows else capture.plot
    getattr(plots, args.kind.replace("-", "_"))(ax=ax, **options)
    if args.title is not None:
        ax.set_title(args.title, parse_math=False)
    if args.alerts:
        _mark(ax, capture)
    return figure


def _options(args: argparse.Namespace, kind: Kind) -> dict[str, Any]:
    """Return the arguments for the plot: those that were given."""
    given = {name: getattr(args, name) for name in OPTIONS if getattr(args, name) is not None}
    for name in given:
        if name not in kind.options:
            others = compress(KINDS, (name in other.options for other in KINDS.values()))
            message = f"--{name} is not for --kind {args.kind}, but for {', '.join(others)}"
            raise ValueError(message)
    if args.alerts and not kind.over_time:
        others = compress(KINDS, (other.over_time for other in KINDS.values()))
        message = f"--alerts is not for --kind {args.kind}, but for {', '.join(others)}"
        raise ValueError(message)
    if "by" in given:
        given["by"] = None if args.by == "none" else args.by
    return given


def _columns(args: argparse.Namespace, kind: Kind, options: dict[str, Any]) -> list[str]:
    names = ["timestamp", *kind.columns]
    if "by" in kind.options:
        names += group_columns(options.get("by", "protocol"))
    if "value" in kind.options:
        names += value_columns(options.get("value", kind.value))
    if args.alerts:
        from .detect import DETECTORS
        from .detect._all import columns_of

        names += [*columns_of(DETECTORS), "ip_version"]
    return list(dict.fromkeys(names))


def group_columns(by: str | None) -> list[str]:
    """Return the columns that a timeline needs to group packets."""
    special = {None: [], "protocol": [*PROTOCOL], "host": ["src"], "port": ["sport", "dport"]}
    return special[by] if by in special else [str(by)]


def value_columns(value: str) -> list[str]:
    """Return the columns that a timeline needs to sum packets."""
    return {"bytes": ["length"], "connections": ["tcp_flags"], "packets": []}[value]


def _mark(ax: Any, capture: Capture) -> None:
    from . import detect, plot

    plot.overlay_alerts(ax, detect.all(capture))
