"""ICMP floods: more echo requests, or answers to none, than anybody needs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .._generated import Layer
from ..timeline import Interval
from ._alerts import Alert, Alerts, Severity, alert
from ._groups import surges
from ._match import Match, has_fragments
from ._packets import ECHO, Packets, Source
from ._units import at_least, duration, plural, seconds_text

COLUMNS = ("src", "dst", "layers", "protocol", "icmp_type")

LARGE = 10
# Replies beyond the requests by this factor have another's requests to thank for them: the smurf attack.
UNASKED = 2


def icmp_flood(capture: Source, *, packets: int = 100, window: Interval = "1s", pause: Interval = "10s") -> Alerts:
    """Find floods of ICMP echo messages.

    Parameters
    ----------
    capture : Capture
        Needs src, dst, layers, protocol and icmp_type.
    packets : int
        More than so many echo requests to one host within `window`; or so many echo replies, if they are more than twice as many
        as the requests that the host has sent meanwhile. ping sends one request a second, and five at most unless root asks.
    window : duration
        Time in which they are counted.
    pause : duration
        A flood ends when there was none for longer.

    Returns
    -------
    Alerts
        Of kind "icmp_flood", medium; high if more than ten times as many.

    Raises
    ------
    ValueError
        An argument is out of range.
    AttributeError
        A column was not read and can not be read again.

    Notes
    -----
    CERT Advisory CA-1998-01 (smurf); RFC 4732, "Internet Denial-of-Service Considerations".

    Examples
    --------
    >>> import pcapframe as pf
    >>> floods = pf.detect.icmp_flood(pf.read_pcap("examples/data/lab.pcap"))
    >>> print(floods[0].summary)
    10.20.0.10 got 2,500 echo requests in 2.6 s from 10.20.0.66
    """
    at_least("packets", packets, 1)
    times = duration("window", window), duration("pause", pause)
    table = Packets.of(capture, COLUMNS)
    return Alerts((one for layer in ECHO for one in _floods(table, layer, packets, *times)), table)


def _floods(packets: Packets, layer: Layer, limit: int, window: int, pause: int) -> Iterator[Alert]:
    echo = packets.has(layer)
    request, reply = ECHO[layer]
    for kind in (request, reply):
        rows = np.flatnonzero(echo & (packets.icmp_type == kind))
        rows = rows[np.argsort(packets.dst[rows], kind="stable")]
        for surge in surges(packets.dst[rows], packets.t[rows], limit=limit, window=window, pause=pause):
            part = rows[surge.rows]
            target = packets.text(packets.dst[part[0]])
            match = Match.over(packets, part, "icmp", dst=target, types=(kind,), fragments=has_fragments(packets, part, target))
            if kind == reply:
                asked = Match(first=match.first - window, last=match.last, kind="icmp", src=target, types=(request,))
                if len(part) <= UNASKED * len(asked.rows(packets)):
                    continue
            source = packets.hosts.summary(packets.src[part])
            name = "echo request" if kind == request else "unasked echo reply"
            many = plural(len(part), name, "unasked echo replies" if kind == reply else None)
            yield alert(
                packets, "icmp_flood", Severity.HIGH if surge.peak > LARGE * limit else Severity.MEDIUM, match,
                source=source, target=target, summary=f"{target} got {many} in {seconds_text(match.lasted)} from {source}",
                messages=len(part), sources=len(np.unique(packets.src[part])), peak=surge.peak,
                seconds=round(match.lasted / 1e9, 3),
            )  # fmt: skip
