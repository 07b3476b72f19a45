"""The command ``pcapframe detect``: a capture's alerts as a table, JSON or EVE."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ._cli_output import say, say_json, say_table, whole

if TYPE_CHECKING:
    from .capture import Capture

SEVERITIES = ("low", "medium", "high", "critical")
FOUND = 3


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    add_choice(command)
    command.add_argument("--filters", action="store_true", help="show the Wireshark display filter of each alert")
    command.add_argument("--eve", type=Path, metavar="OUT", help="write the alerts as Suricata's EVE JSON, too")
    command.add_argument("--fail-on", choices=SEVERITIES, help="exit with status 3 if there are alerts of this severity or more")


def add_choice(command: argparse.ArgumentParser) -> None:
    """Declare the options that choose detectors and alerts."""
    command.add_argument("--only", type=_names, metavar="A,B,...", help="detectors to run (default: all)")
    command.add_argument("--severity", choices=SEVERITIES, default="low", help="alerts of this severity or more (default: low)")


def _names(text: str) -> list[str]:
    from .detect import DETECTORS

    names = list(dict.fromkeys(name.strip().replace("-", "_") for name in text.split(",")))
    for name in names:
        if name not in DETECTORS:
            raise argparse.ArgumentTypeError(f"there is no detector {name!r}; detectors are {', '.join(DETECTORS)}")
    return names


def run(args: argparse.Namespace, read: Callable[[list[str]], Capture]) -> int:
    """Find, write, and return the exit status; `read` reads some columns of the capture."""
    from .detect import DETECTORS, all  # noqa: A004
    from .detect._all import columns_of

    names = args.only or list(DETECTORS)
    everything = all(read([*columns_of(names), "ip_version"]), only=names)
    alerts = everything.at_least(args.severity)
    if args.eve is not None:
        with whole(args.eve) as partial:
            alerts.write_eve(partial)
    if args.json:
        say_json([alert.to_dict() for alert in alerts])
    elif not alerts:
        say("no alerts")
    else:
        header = ["first seen (UTC)", "severity", "kind", "packets", "what"]
        say_table(header, [[_time(a.first_seen), str(a.severity), a.kind, str(a.packets), a.summary] for a in alerts])
        if args.filters:
            for i, alert in enumerate(alerts, 1):
                say(f"{i}: {alert.filter}")
    return FOUND if args.fail_on and everything.at_least(args.fail_on) else 0


def _time(time: object) -> str:
    return str(time).replace("T", " ")[:19]
