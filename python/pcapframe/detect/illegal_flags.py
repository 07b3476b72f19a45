"""TCP flags that no connection has."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .._generated import Layer, TcpFlag
from ..timeline import Interval
from ._alerts import Alert, Alerts, Severity, alert
from ._groups import Ints, pack, surges
from ._match import Match
from ._packets import Packets, Source
from ._units import at_least, duration, plural

COLUMNS = ("src", "dst", "layers", "tcp_flags")

FIN, SYN, RST = int(TcpFlag.FIN), int(TcpFlag.SYN), int(TcpFlag.RST)
PSH, ACK, URG = int(TcpFlag.PSH), int(TcpFlag.ACK), int(TcpFlag.URG)
ALL_SIX = FIN | SYN | RST | PSH | ACK | URG
#: Name, mask and value: the first that fits is the packet's.
COMBINATIONS = (
    ("no flags", ALL_SIX, 0),
    ("all flags", ALL_SIX, ALL_SIX),
    ("SYN and FIN", SYN | FIN, SYN | FIN),
    ("SYN and RST", SYN | RST, SYN | RST),
    ("FIN, PSH and URG without ACK", ALL_SIX, FIN | PSH | URG),
    ("FIN without ACK", FIN | ACK | RST, FIN),
    ("PSH or URG alone", SYN | ACK | RST | FIN, 0),
)
# From so many sources they are one alert about their target.
MANY = 10
FEW = 3
LARGE = 100


def illegal_flags(capture: Source, *, packets: int = 1, pause: Interval = "60s") -> Alerts:
    """Find TCP segments with combinations of flags that no program sends in a connection.

    These are no flags, all of them, SYN with FIN or RST, and segments without ACK that are neither SYN nor RST. ECE, CWR and NS
    do not count.

    Parameters
    ----------
    capture : Capture
        Needs src, dst, layers and tcp_flags.
    packets : int
        At least so many of one kind from one source; or to one target, if it has more than ten sources.
    pause : duration
        What comes after a longer pause is another event.

    Returns
    -------
    Alerts
        Of kind "illegal_flags": low for one or two segments, which a fault may have spoiled, high from a hundred on, else medium.

    Raises
    ------
    ValueError
        An argument is out of range.
    AttributeError
        A column was not read and can not be read again.

    Notes
    -----
    RFC 9293, 3.10.7: the ACK bit is on in every segment of a connection but the first, and RST in answer to what had none. The
    combinations are those that Snort's and Suricata's decoder rules know as scans.

    Examples
    --------
    >>> import pcapframe as pf
    >>> odd = pf.detect.illegal_flags(pf.read_pcap("examples/data/lab.pcap"))
    >>> print(odd[0].summary)
    202 TCP segments from 10.20.0.66 to 10.20.0.10 have FIN without ACK
    """
    at_least("packets", packets, 1)
    rest = duration("pause", pause)
    table = Packets.of(capture, COLUMNS)
    return Alerts(_found(table, packets, rest), table)


def _found(packets: Packets, limit: int, pause: int) -> Iterator[Alert]:
    rows = np.flatnonzero(packets.has(Layer.TCP) & _ILLEGAL[packets.tcp_flags & ALL_SIX])
    kinds = _KIND[packets.tcp_flags[rows] & ALL_SIX]
    for place in np.unique(kinds).tolist():
        part = rows[kinds == place]
        crowded = _crowded(packets, part)
        for one, by in ((part[crowded], packets.dst), (part[~crowded], packets.src)):
            ordered = one[np.argsort(by[one], kind="stable")]
            for surge in surges(by[ordered], packets.t[ordered], limit=limit - 1, window=None, pause=pause):
                yield _alert(packets, ordered[surge.rows], place, to_one=by is packets.dst)


def _crowded(packets: Packets, rows: Ints) -> Ints:
    """Which packets go to a target with many sources."""
    pairs = np.unique(pack(packets.src[rows], packets.dst[rows]), return_index=True)[1]
    sources = np.bincount(packets.dst[rows[pairs]], minlength=len(packets.hosts))
    found: Ints = (sources > MANY)[packets.dst[rows]]
    return found


def _alert(packets: Packets, rows: Ints, place: int, *, to_one: bool) -> Alert:
    name = COMBINATIONS[place][0]
    values = np.unique(packets.tcp_flags[rows] & ALL_SIX).tolist()
    source, target = packets.hosts.summary(packets.src[rows]), packets.hosts.summary(packets.dst[rows])
    targets, sources = len(np.unique(packets.dst[rows])), len(np.unique(packets.src[rows]))
    ends = {"src": None if to_one else source, "dst": target if targets == 1 else None}
    matches = [Match.over(packets, rows, "tcp", flags=(ALL_SIX, value), **ends) for value in values]
    many = len(rows)
    severity = Severity.LOW if many < FEW else Severity.HIGH if many >= LARGE else Severity.MEDIUM
    return alert(
        packets, "illegal_flags", severity, *matches, source=source, target=target,
        summary=f"{plural(many, 'TCP segment')} from {source} to {target} {'has' if many == 1 else 'have'} {name}",
        flags=name, sources=sources, targets=targets,
    )  # fmt: skip


def _table() -> tuple[Ints, Ints]:
    flags = np.arange(ALL_SIX + 1)
    kind = np.full(len(flags), len(COMBINATIONS))
    for place in reversed(range(len(COMBINATIONS))):
        _, mask, value = COMBINATIONS[place]
        kind[(flags & mask) == value] = place
    return kind < len(COMBINATIONS), kind


_ILLEGAL, _KIND = _table()
