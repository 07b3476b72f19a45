"""Beaconing: a host calls another one again and again, with the regularity of a clock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from .._generated import Layer, TcpFlag
from ..timeline import Interval
from ._alerts import Alert, Alerts, Severity, alert
from ._groups import Ints, bursts, changes, pack
from ._match import Kind, Match
from ._packets import GROUPS, LOCAL, Packets, Source
from ._units import at_least, duration, fraction, plural, seconds_text

COLUMNS = ("src", "dst", "layers", "sport", "dport", "tcp_flags")

OPENS = (int(TcpFlag.SYN | TcpFlag.ACK | TcpFlag.RST | TcpFlag.FIN), int(TcpFlag.SYN))
# SYNs of one connection are repeated for so long at most (Linux, six retries), in nanoseconds.
REPEATED = 128 * 10**9


def beaconing(
    capture: Source,
    *,
    calls: int = 20,
    jitter: float = 0.2,
    shortest: Interval = "1s",
    local: Sequence[str] = LOCAL,
    ignore_ports: Iterable[int] = (123,),
) -> Alerts:
    """Find hosts that call home at regular intervals.

    Calls are connections that are opened (SYN), and datagrams to a port not above their own, after silence; from one address to
    one port of another. Their regularity is the dispersion of the intervals between them: the median absolute deviation divided
    by the median. It is 0 for a clock and 0.69 for chance.

    Parameters
    ----------
    capture : Capture
        Needs src, dst, layers, sport, dport and tcp_flags.
    calls : int
        At least so many.
    jitter : float
        At most this dispersion. An interval that varies by a half at random has 0.17.
    shortest : duration
        Shorter intervals belong to one call.
    local : sequence of str
        Networks of one's own: only calls from inside to outside are looked at; all calls where neither end of any is inside, or
        where this is empty.
    ignore_ports : iterable of int
        Destination ports whose calls are regular by their nature; by default NTP's.

    Returns
    -------
    Alerts
        Of kind "beaconing", medium: updates and telemetry call home, too.

    Raises
    ------
    ValueError
        An argument is out of range or no network.
    AttributeError
        A column was not read and can not be read again.

    Notes
    -----
    RITA (Active Countermeasures) scores the intervals' deviation from their median in the same way; ATT&CK T1071, T1029. What is
    said over a connection that stays open is no call, and the dispersion says nothing of what was said.

    Examples
    --------
    >>> import pcapframe as pf
    >>> beacons = pf.detect.beaconing(pf.read_pcap("examples/data/lab.pcap"))
    >>> print(beacons[0].summary)
    10.20.0.103 called TCP port 80 of 203.0.113.80 56 times in 4.6 minutes, every 5.0 s (dispersion 0.03)
    """
    at_least("calls", calls, 3)
    fraction("jitter", jitter)
    least, ignored = duration("shortest", shortest), np.array(sorted(set(ignore_ports)), np.int64)
    packets = Packets.of(capture, COLUMNS)
    return Alerts(_beacons(packets, calls, jitter, least, local, ignored), packets)


def _beacons(packets: Packets, calls: int, jitter: float, shortest: int, local: Sequence[str], ignored: Ints) -> Iterator[Alert]:
    kinds: tuple[tuple[Ints, Kind], ...] = ((_opened(packets), "tcp"), (_sent(packets), "udp"))
    for rows, kind in kinds:
        rows = rows[~np.isin(packets.dport[rows], ignored)]
        rows = _outward(packets, rows, local)
        key = pack(packets.src[rows], packets.dst[rows], packets.dport[rows])
        order = np.argsort(key, kind="stable")
        rows, key = rows[order], key[order]
        # A call is what comes after silence.
        call = changes(bursts(key, packets.t[rows], shortest))
        starts, key = rows[call], key[call]
        for group in _regular(key, packets.t[starts], calls, jitter):
            yield _alert(packets, starts[group.rows], kind, group)


class _Group:
    """Calls of one pair, and how regular they are."""

    def __init__(self, begin: int, end: int, median: float, dispersion: float) -> None:
        self.begin, self.rows, self.median, self.dispersion = begin, slice(begin, end), median, dispersion


def _opened(packets: Packets) -> Ints:
    """The first SYN of each connection."""
    rows = np.flatnonzero(packets.has(Layer.TCP) & ((packets.tcp_flags & OPENS[0]) == OPENS[1]))
    key = pack(*(getattr(packets, name)[rows] for name in ("src", "dst", "sport", "dport")))
    order = np.argsort(key, kind="stable")
    new = changes(bursts(key[order], packets.t[rows[order]], REPEATED))
    return np.sort(rows[order[new]])


def _sent(packets: Packets) -> Ints:
    return np.flatnonzero(packets.has(Layer.UDP) & (packets.dport <= packets.sport))


def _outward(packets: Packets, rows: Ints, local: Sequence[str]) -> Ints:
    rows = rows[~packets.hosts.within(packets.dst[rows], GROUPS)]
    if not local:
        return rows
    source, target = (packets.hosts.within(side[rows], local) for side in (packets.src, packets.dst))
    # Where nobody is inside, one's own addresses are others than these.
    return rows[source & ~target] if source.any() or target.any() else rows


def _regular(key: Ints, t: Ints, calls: int, jitter: float) -> Iterator[_Group]:
    if not len(key):
        return
    begin = np.flatnonzero(changes(key))
    count = np.diff(np.append(begin, len(key)))
    begin, count = begin[count >= calls], count[count >= calls]
    if not len(begin):
        return
    # The intervals of each group, one group after the other.
    group = np.repeat(np.arange(len(begin)), count - 1)
    place = np.arange(len(group)) - np.repeat(np.cumsum(count - 1) - (count - 1), count - 1)
    later = begin[group] + place + 1
    interval = (t[later] - t[later - 1]).astype(np.float64)
    median = _medians(group, interval)
    dispersion = _medians(group, np.abs(interval - median[group])) / median
    for i in np.flatnonzero(dispersion <= jitter).tolist():
        yield _Group(int(begin[i]), int(begin[i] + count[i]), float(median[i]), float(dispersion[i]))


def _medians(group: Ints, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The median of each group; groups are numbered from 0 and in order."""
    ordered = values[np.lexsort((values, group))]
    begin = np.flatnonzero(changes(group))
    count = np.diff(np.append(begin, len(group)))
    median: NDArray[np.float64] = (ordered[begin + (count - 1) // 2] + ordered[begin + count // 2]) / 2
    return median


def _alert(packets: Packets, starts: Ints, kind: Kind, group: _Group) -> Alert:
    source, target = packets.text(packets.src[starts[0]]), packets.text(packets.dst[starts[0]])
    port, tcp = int(packets.dport[starts[0]]), kind == "tcp"
    match = Match.over(packets, starts, kind, src=source, dst=target, dport=port, flags=OPENS if tcp else None)
    return alert(
        packets, "beaconing", Severity.MEDIUM, match, source=source, target=target,
        summary=f"{source} called {kind.upper()} port {port} of {target} {plural(len(starts), 'time')} in "
        f"{seconds_text(match.lasted)}, every {seconds_text(round(group.median))} (dispersion {group.dispersion:.2f})",
        calls=len(starts), interval=round(group.median / 1e9, 3), dispersion=round(group.dispersion, 4), port=port,
        seconds=round(match.lasted / 1e9, 3),
    )  # fmt: skip
