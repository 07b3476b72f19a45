"""SYN floods: connections that are opened and never completed fill a server's table of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .._generated import Layer, TcpFlag
from ..timeline import Interval
from ._alerts import Alert, Alerts, Severity, alert
from ._groups import Ints, Surge, firsts, frequent, member, pack, pack_both, surges
from ._match import Match
from ._packets import Packets, Source
from ._units import at_least, duration, fraction, plural, seconds_text

COLUMNS = ("src", "dst", "layers", "sport", "dport", "tcp_flags")

HANDSHAKE = TcpFlag.SYN | TcpFlag.ACK | TcpFlag.RST | TcpFlag.FIN
OPENS = (int(HANDSHAKE), int(TcpFlag.SYN))
# More than so many attempts of one source in a flood, and its address is not made up by chance.
REPEATS = 3
LARGE = 10
SIDES: tuple[Literal["left"], Literal["right"]] = ("left", "right")
OVERWHELMING = 100


def syn_flood(
    capture: Source,
    *,
    half_open: int = 128,
    ratio: float = 0.8,
    window: Interval = "60s",
    pause: Interval = "10s",
) -> Alerts:
    """Find SYN floods.

    A connection is half open if its client has sent SYN and nothing that acknowledges the answer. Counted are connections, not
    packets: repeated SYNs of one connection count once. A target is one port of a host; or a host, if more than `half_open`
    sources with hardly an attempt each try its ports at random.

    Parameters
    ----------
    capture : Capture
        Needs src, dst, layers, sport, dport and tcp_flags.
    half_open : int
        More than so many half-open connections of one target within `window`; servers keep 128 and more (RFC 4987, 2).
    ratio : float
        At least this share of the connections that are opened meanwhile must be half open.
    window : duration
        How long a half-open connection is remembered: Linux repeats its answer for 63 s.
    pause : duration
        A flood ends when no connection was opened for longer.

    Returns
    -------
    Alerts
        Of kind "syn_flood", high; critical from a hundred times `half_open` on; medium if one source alone sends less than ten
        times as much, which may be a broken program.

    Raises
    ------
    ValueError
        An argument is out of range.
    AttributeError
        A column was not read and can not be read again.

    Notes
    -----
    RFC 4987, "TCP SYN Flooding Attacks and Common Mitigations"; H. Wang, D. Zhang, K. Shin, "Detecting SYN Flooding Attacks"
    (2002) for the ratio of opened to completed connections.

    Examples
    --------
    >>> import pcapframe as pf
    >>> floods = pf.detect.syn_flood(pf.read_pcap("examples/data/lab.pcap"))
    >>> print(floods[0].summary)
    4,000 of 4,000 connections to port 80 of 10.20.0.10 in 4.2 s were never completed, from 3,798 sources, most of them
    made up (198.18.0.0/15)
    """
    at_least("half_open", half_open, 1)
    fraction("ratio", ratio)
    times = duration("window", window), duration("pause", pause)
    packets = Packets.of(capture, COLUMNS)
    return Alerts(_floods(packets, half_open, ratio, *times), packets)


def _floods(packets: Packets, limit: int, ratio: float, window: int, pause: int) -> Iterator[Alert]:
    rows = np.flatnonzero(packets.has(Layer.TCP) & ((packets.tcp_flags & OPENS[0]) == OPENS[1]))
    rows = rows[frequent(packets.dst[rows], limit)]
    if not len(rows):
        return
    rows = rows[firsts(pack(*(getattr(packets, name)[rows] for name in ("src", "dst", "sport", "dport"))))]
    half = ~_completed(packets, rows)
    counted = np.zeros(len(rows), bool)
    for by_port in (True, False):
        key = pack(packets.dst[rows], packets.dport[rows]) if by_port else packets.dst[rows]
        # Who tries many ports once each is a scanner; many who try one port each are a flood.
        order = np.flatnonzero(half & ~counted & (by_port | _rare_sources(packets, rows)))
        order = order[np.argsort(key[order], kind="stable")]
        everything = np.argsort(key, kind="stable")
        ordered = key[everything]
        for surge in surges(key[order], packets.t[rows[order]], limit=limit, window=window, pause=pause):
            part = order[surge.rows]
            # Connections are numbered in the order of time, so those meanwhile are the numbers between.
            begin, end = (np.searchsorted(ordered, key[part[0]], side) for side in SIDES)
            opened = int(np.subtract(*np.searchsorted(everything[begin:end], [part[-1] + 1, part[0]])))
            sources = len(np.unique(packets.src[rows[part]]))
            if len(part) < ratio * opened or (not by_port and sources <= limit):
                continue
            counted[part] = True
            yield _alert(packets, rows[part], opened, surge, limit, by_port=by_port)


def _completed(packets: Packets, rows: Ints) -> NDArray[np.bool_]:
    """Which connections went on: their client has acknowledged something."""
    targets = np.zeros(len(packets.hosts), bool)
    targets[packets.dst[rows]] = True
    on = np.flatnonzero(packets.has(Layer.TCP) & ((packets.tcp_flags & (HANDSHAKE ^ TcpFlag.FIN)) == TcpFlag.ACK))
    on = on[targets[packets.dst[on]]]
    names = ("src", "dst", "sport", "dport")
    opened, acknowledged = pack_both(
        tuple(getattr(packets, name)[rows] for name in names), tuple(getattr(packets, name)[on] for name in names)
    )  # fmt: skip
    return member(opened, acknowledged)


def _rare_sources(packets: Packets, rows: Ints) -> NDArray[np.bool_]:
    counts = np.bincount(packets.src[rows])
    found: NDArray[np.bool_] = (counts <= REPEATS)[packets.src[rows]]
    return found


def _alert(packets: Packets, rows: Ints, opened: int, surge: Surge, limit: int, *, by_port: bool) -> Alert:
    sources, attempts = np.unique(packets.src[rows], return_counts=True)
    spoofed = len(sources) > limit // 2 and float(np.median(attempts)) <= REPEATS
    target = packets.text(packets.dst[rows[0]])
    port = int(packets.dport[rows[0]]) if by_port else None
    source = packets.hosts.summary(sources)
    match = Match.over(packets, rows, "tcp", dst=target, dport=port, flags=OPENS)
    severity = Severity.CRITICAL if surge.peak > OVERWHELMING * limit else Severity.HIGH
    if len(sources) == 1 and surge.peak <= LARGE * limit:
        severity = Severity.MEDIUM
    where = f"port {port} of {target}" if by_port else f"random ports of {target}"
    who = f"{plural(len(sources), 'source')}{', most of them made up' if spoofed else ''} ({source})"
    return alert(
        packets, "syn_flood", severity, match, source=source, target=target,
        summary=f"{len(rows):,} of {plural(opened, 'connection')} to {where} in {seconds_text(match.lasted)} were never "
        f"completed, from {who}",
        connections=opened, half_open=len(rows), ratio=round(len(rows) / opened, 3), sources=len(sources),
        spoofed=int(spoofed), peak=surge.peak, seconds=round(match.lasted / 1e9, 3),
    )  # fmt: skip
