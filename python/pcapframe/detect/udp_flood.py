"""UDP floods: datagrams that nobody has asked for and nobody answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from .._generated import Layer
from ..timeline import Interval
from ._alerts import Alert, Alerts, Severity, alert
from ._groups import Ints, frequent, pack, surges
from ._match import Match, has_fragments
from ._packets import GROUPS, Packets, Source
from ._services import IS_AMPLIFIER
from ._units import at_least, duration, fraction, plural, seconds_text

COLUMNS = ("src", "dst", "layers", "protocol", "sport", "dport", "icmp_type", "icmp_code")

# Destination unreachable, port unreachable (RFC 792, 4443).
REFUSAL = {Layer.ICMP: (3, 3), Layer.ICMPV6: (1, 4)}
LARGE = 10


def udp_flood(
    capture: Source,
    *,
    packets: int = 500,
    answered: float = 0.1,
    streams: int = 10,
    window: Interval = "1s",
    pause: Interval = "10s",
) -> Alerts:
    """Find UDP floods.

    Much one-way UDP is no attack: television, telephony. Such a stream goes from one port to one port, and is wanted. So a flood
    must come in many streams, or its target must refuse it by "port unreachable".

    Parameters
    ----------
    capture : Capture
        Needs src, dst, layers, protocol, sport, dport, icmp_type and icmp_code.
    packets : int
        More than so many datagrams to one host within `window`.
    answered : float
        At most so many datagrams come back, as a share of those that go there.
    streams : int
        At least so many pairs of source (address and port) and destination port, unless the target refuses.
    window : duration
        Time in which they are counted.
    pause : duration
        A flood ends when there was none for longer.

    Returns
    -------
    Alerts
        Of kind "udp_flood", medium; high if more than ten times as many.

    Raises
    ------
    ValueError
        An argument is out of range.
    AttributeError
        A column was not read and can not be read again.

    Notes
    -----
    CERT Advisory CA-1996-01 (UDP packet storms); RFC 4732; that normal traffic is two-way is the measure of T. Gil, M. Poletto,
    "MULTOPS" (2001). What comes from ports that are known for reflecting is :func:`amplification`'s.

    Examples
    --------
    >>> import pcapframe as pf
    >>> floods = pf.detect.udp_flood(pf.read_pcap("examples/data/lab.pcap"))
    >>> print(floods[0].summary)
    3,000 datagrams to port 7000 of 10.20.0.10 in 3.2 s from 10.20.0.66; it refused 9
    """
    at_least("packets", packets, 1)
    at_least("streams", streams, 1)
    fraction("answered", answered)
    times = duration("window", window), duration("pause", pause)
    table = Packets.of(capture, COLUMNS)
    return Alerts(_floods(table, packets, answered, streams, *times), table)


def _floods(packets: Packets, limit: int, answered: float, streams: int, window: int, pause: int) -> Iterator[Alert]:
    udp = packets.has(Layer.UDP)
    rows = np.flatnonzero(udp & ~IS_AMPLIFIER[packets.sport])
    rows = rows[frequent(packets.dst[rows], limit)]
    rows = rows[~packets.hosts.within(packets.dst[rows], GROUPS)]
    rows = rows[np.argsort(packets.dst[rows], kind="stable")]
    for surge in surges(packets.dst[rows], packets.t[rows], limit=limit, window=window, pause=pause):
        part = rows[surge.rows]
        target = packets.text(packets.dst[part[0]])
        sent = Match.over(packets, part, "udp", src=target).rows(packets)
        # What a host sends to itself is no answer.
        back = int(np.count_nonzero(packets.dst[sent] != packets.dst[part[0]]))
        found = len(np.unique(pack(packets.src[part], packets.sport[part], packets.dport[part])))
        refused = _refusals(packets, part, window, target)
        if back > answered * len(part) or (found < streams and not refused):
            continue
        ports = np.unique(packets.dport[part])
        source = packets.hosts.summary(packets.src[part])
        where = f"port {ports[0]} of {target}" if len(ports) == 1 else f"{plural(len(ports), 'port')} of {target}"
        port = int(ports[0]) if len(ports) == 1 else None
        match = Match.over(packets, part, "udp", dst=target, dport=port, fragments=has_fragments(packets, part, target))
        yield alert(
            packets, "udp_flood", Severity.HIGH if surge.peak > LARGE * limit else Severity.MEDIUM, match,
            source=source, target=target,
            summary=f"{plural(len(part), 'datagram')} to {where} in {seconds_text(match.lasted)} from {source}"
            + (f"; it refused {refused:,}" if refused else ", not answered" if not back else f"; {back:,} came back"),
            datagrams=len(part), answers=back, refused=refused, streams=found, ports=len(ports),
            sources=len(np.unique(packets.src[part])), peak=surge.peak, seconds=round(match.lasted / 1e9, 3),
        )  # fmt: skip


def _refusals(packets: Packets, part: Ints, window: int, target: str) -> int:
    kind, code = REFUSAL[Layer.ICMPV6 if ":" in target else Layer.ICMP]
    meanwhile = Match.over(packets, part, "icmp", src=target, types=(kind,))
    rows = replace(meanwhile, last=meanwhile.last + window).rows(packets)
    return int(np.count_nonzero(packets.icmp_code[rows] == code))
