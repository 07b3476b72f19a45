"""Sweeps: one host asks many addresses whether somebody is there, by ICMP echo or by ARP."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .._generated import Layer
from ..timeline import Interval
from ._alerts import Alert, Alerts, Severity, alert
from ._groups import Ints, bursts, firsts, frequent, member, pack, pack_both, surges
from ._match import Match
from ._packets import ECHO, GROUPS, Packets, Source
from ._units import at_least, duration, plural, seconds_text

COLUMNS = ("src", "dst", "layers", "protocol", "icmp_type")

LARGE = 10


def ping_sweep(
    capture: Source, *, hosts: int = 15, arp_hosts: int = 50, window: Interval = "60s", pause: Interval = "10s"
) -> Alerts:
    """Find sweeps for hosts that are up.

    Parameters
    ----------
    capture : Capture
        Needs src, dst, layers, protocol and icmp_type.
    hosts : int
        More than so many addresses that one host has sent ICMP echo requests to within `window`.
    arp_hosts : int
        More than so many addresses that one host has asked for by ARP without an answer. Routers ask a lot of those questions,
        for each address behind them that somebody out there is curious about.
    window : duration
        Time in which they are counted; each address counts once.
    pause : duration
        A sweep ends when its source has rested longer.

    Returns
    -------
    Alerts
        Of kinds "ping_sweep" and "arp_sweep", medium; a "ping_sweep" of more than ten times as many addresses is high.

    Raises
    ------
    ValueError
        An argument is out of range.
    AttributeError
        A column was not read and can not be read again.

    Notes
    -----
    Host discovery as in nmap's reference guide (-sn, -PE, -PR); Snort's sfPortscan calls it an IP sweep.

    Examples
    --------
    >>> import pcapframe as pf
    >>> sweeps = pf.detect.ping_sweep(pf.read_pcap("examples/data/lab.pcap"))
    >>> print(sweeps[0].summary)
    10.20.0.66 asked by ARP for 249 addresses (10.20.0.0/24) in 4.5 s and got no answer
    """
    at_least("hosts", hosts, 1)
    at_least("arp_hosts", arp_hosts, 1)
    times = duration("window", window), duration("pause", pause)
    packets = Packets.of(capture, COLUMNS)
    return Alerts([*_pings(packets, hosts, *times), *_arps(packets, arp_hosts, *times)], packets)


def _pings(packets: Packets, limit: int, window: int, pause: int) -> Iterator[Alert]:
    for layer, (request, _) in ECHO.items():
        rows = np.flatnonzero(packets.has(layer) & (packets.icmp_type == request))
        for part, last, peak in _sweeps(packets, rows, limit, window, pause):
            source, target = packets.text(packets.src[part[0]]), packets.hosts.summary(packets.dst[part])
            match = Match(first=int(packets.timestamp[part[0]]), last=last, kind="icmp", src=source, types=(request,))
            yield alert(
                packets, "ping_sweep", Severity.HIGH if peak > LARGE * limit else Severity.MEDIUM, match,
                source=source, target=target,
                summary=f"{source} pinged {plural(len(part), 'host')} ({target}) in {seconds_text(match.lasted)}",
                hosts=len(part), peak=peak, seconds=round(match.lasted / 1e9, 3),
            )  # fmt: skip


def _arps(packets: Packets, limit: int, window: int, pause: int) -> Iterator[Alert]:
    arp = np.flatnonzero(packets.has(Layer.ARP))
    asked, answered = pack_both((packets.src[arp], packets.dst[arp]), (packets.dst[arp], packets.src[arp]))
    # To ask for one's own address is to announce it.
    silent = ~member(asked, answered) & (packets.src[arp] != packets.dst[arp])
    for part, last, peak in _sweeps(packets, arp[silent], limit, window, pause):
        source, target = packets.text(packets.src[part[0]]), packets.hosts.summary(packets.dst[part])
        match = Match(first=int(packets.timestamp[part[0]]), last=last, kind="arp", src=source)
        yield alert(
            packets, "arp_sweep", Severity.MEDIUM, match, source=source, target=target,
            summary=f"{source} asked by ARP for {plural(len(part), 'address', 'addresses')} ({target}) in "
            f"{seconds_text(match.lasted)} and got no answer",
            hosts=len(part), peak=peak, seconds=round(match.lasted / 1e9, 3),
        )  # fmt: skip


def _sweeps(packets: Packets, rows: Ints, limit: int, window: int, pause: int) -> Iterator[tuple[Ints, int, int]]:
    """For each sweep the first rows to each address, the time of the last row of all, and the most addresses in a window."""
    rows = rows[~packets.hosts.within(packets.dst[rows], GROUPS)]
    rows = rows[frequent(packets.src[rows], limit)]
    rows = rows[np.argsort(packets.src[rows], kind="stable")]
    if not len(rows):
        return
    burst = bursts(packets.src[rows], packets.t[rows], pause)
    last = np.append(np.flatnonzero(np.diff(burst)), len(burst) - 1)
    new = firsts(pack(burst, packets.dst[rows]))
    for surge in surges(burst[new], packets.t[rows[new]], limit=limit, window=window, pause=None):
        part = rows[new][surge.rows]
        yield part, int(packets.timestamp[rows[last[burst[new][surge.begin] - 1]]]), surge.peak
