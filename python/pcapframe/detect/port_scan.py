"""Port scans: one host tries many ports, or many hosts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .._generated import Layer, TcpFlag
from ..timeline import Interval
from ._alerts import Alert, Alerts, Severity, alert
from ._groups import Ints, Surge, bursts, crowd, firsts, frequent, member, pack, pack_both, surges
from ._match import Match
from ._packets import GROUPS, Packets, Source
from ._units import at_least, choices, optional_duration, plural

COLUMNS = ("src", "dst", "layers", "protocol", "sport", "dport", "tcp_flags")

ALL_SIX = TcpFlag.FIN | TcpFlag.SYN | TcpFlag.RST | TcpFlag.PSH | TcpFlag.ACK | TcpFlag.URG
HANDSHAKE = TcpFlag.SYN | TcpFlag.ACK | TcpFlag.RST | TcpFlag.FIN
# Mask and value of the TCP flags of a probe. ECN's bits do not count: a probe may have them.
FLAGS: dict[str, tuple[int, int] | None] = {
    "syn": (int(HANDSHAKE), int(TcpFlag.SYN)),
    "fin": (int(ALL_SIX), int(TcpFlag.FIN)),
    "null": (int(ALL_SIX), 0),
    "xmas": (int(ALL_SIX), int(TcpFlag.FIN | TcpFlag.PSH | TcpFlag.URG)),
    "tcp": None,
    "udp": None,
}
TECHNIQUES = ("syn", "fin", "null", "xmas", "udp")
SHAPES = ("vertical", "horizontal", "block")
NAMES = {"syn": "SYN", "connect": "connect", "fin": "FIN", "null": "NULL", "xmas": "Xmas", "tcp": "TCP", "udp": "UDP"}
# No program but a scanner sends these.
STEALTHY = ("fin", "null", "xmas")
# Larger by so much, and it is no mistake of a program.
LARGE = 10
# Ports of which so much of all combinations was tried are a scan; what peer-to-peer programs try is scattered.
DENSE = 0.25
# More datagrams than these to one port are no probe but a stream (nmap repeats at most ten times).
MOST_PROBES = 11
# Traceroute counts its probes in the port, from 33434 on (RFC 1393 names the method; the port is traceroute's own).
TRACEROUTE = (33434, 33534)
WELL_KNOWN = 1024
# In nanoseconds: so long after a scan its answers are still looked for.
ANSWER_TIME = 2 * 10**9


def port_scan(
    capture: Source,
    *,
    ports: int = 15,
    hosts: int = 25,
    pairs: int = 50,
    window: Interval | None = "60s",
    pause: Interval | None = "10s",
    techniques: Iterable[str] = TECHNIQUES,
    shapes: Iterable[str] = SHAPES,
    failed_only: bool = True,
) -> Alerts:
    """Find port scans.

    A scan is one source's attempts without a pause. Attempts that were answered do not count, for a browser reaches many hosts
    in a second, but all of them answer. Each port, or host, counts once.

    Parameters
    ----------
    capture : Capture
        Needs src, dst, layers, protocol, sport, dport and tcp_flags.
    ports : int
        Vertical: more than so many ports of one host (Zeek's port_scan_threshold).
    hosts : int
        Horizontal: one port of more than so many hosts (Zeek's addr_scan_threshold).
    pairs : int
        Block: more than so many pairs of host and port, of at least a quarter of all combinations of them.
    window : duration or None
        So many within this time; None for the whole capture.
    pause : duration or None
        A scan ends when its source has rested longer; None for never.
    techniques : iterable of str
        What an attempt is: "syn" (SYN alone; connect scans are told apart by their completed handshakes), "fin", "null", "xmas"
        (FIN, PSH and URG), "udp", or "tcp" (any TCP segment).
    shapes : iterable of str
        "vertical", "horizontal", "block", or "ports": more than `ports` ports, of whatever hosts.
    failed_only : bool
        Whether answered attempts are left out. Of FIN, NULL and Xmas all attempts count.

    Returns
    -------
    Alerts
        Of kind "port_scan", high if ten times as much as the limit or by FIN, NULL or Xmas, else medium.

    Raises
    ------
    ValueError
        An argument is out of range or not among those named.
    AttributeError
        A column was not read and can not be read again.

    Notes
    -----
    Kinds of scans after C. Lee, C. Roedel, E. Silenok, "Detection and Characterization of Port Scan Attacks" (2003): vertical,
    horizontal, block. Thresholds and the rule that failures count: Zeek's policy/misc/scan. Techniques: nmap's reference guide;
    RFC 9293, 3.10.7, for what answers them.

    Examples
    --------
    >>> import pcapframe as pf
    >>> scans = pf.detect.port_scan(pf.read_pcap("examples/data/lab.pcap"))
    >>> print(scans[0].summary)
    10.20.0.66 tried 1,000 ports of 10.20.0.10 (SYN scan)
    """
    rules = _Rules(
        ports=ports,
        hosts=hosts,
        pairs=pairs,
        window=optional_duration("window", window),
        pause=optional_duration("pause", pause),
        shapes=choices("shapes", shapes, (*SHAPES, "ports")),
        failed_only=failed_only,
    )
    chosen = choices("techniques", techniques, tuple(FLAGS))
    packets = Packets.of(capture, COLUMNS)
    return Alerts((one for technique in chosen for one in _scans(packets, technique, rules)), packets)


@dataclass(frozen=True)
class _Rules:
    ports: int
    hosts: int
    pairs: int
    window: int | None
    pause: int | None
    shapes: tuple[str, ...]
    failed_only: bool

    def __post_init__(self) -> None:
        for name in ("ports", "hosts", "pairs"):
            at_least(name, getattr(self, name), 0)

    @property
    def least(self) -> int:
        """The least that any shape asks for."""
        limits = {"vertical": self.ports, "ports": self.ports, "horizontal": self.hosts, "block": self.pairs}
        return min((limits[shape] for shape in self.shapes), default=0)


@dataclass(frozen=True)
class _Attempts:
    """The first attempt at each port of each host in a burst, in the order of sources and times."""

    burst: Ints
    t: Ints
    time: Ints
    src: Ints
    dst: Ints
    port: Ints
    failed: NDArray[np.bool_]

    def __getitem__(self, rows: NDArray[np.bool_] | NDArray[np.intp] | slice) -> _Attempts:
        return _Attempts(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


def _scans(packets: Packets, technique: str, rules: _Rules) -> Iterator[Alert]:
    rows = np.flatnonzero(_probes(packets, technique))
    rows = rows[frequent(packets.src[rows], rules.least)]
    if not len(rows):
        return
    failed = np.ones(len(rows), bool)
    if rules.failed_only and technique not in STEALTHY:
        failed = ~_answered(packets, rows, technique)
        # Who has not failed that often has not scanned.
        rows, failed = _suspects(packets, rows, failed, rules.least)
    attempts, last = _attempts(packets, rows, failed, rules.pause)
    for burst in _cut(attempts, last, rules):
        yield from _shapes_of(packets, technique, burst, rules)


def _probes(packets: Packets, technique: str) -> NDArray[np.bool_]:
    if technique == "udp":
        ports = packets.dport
        answers = (packets.sport < WELL_KNOWN) & (ports >= WELL_KNOWN)
        traceroute = (ports >= TRACEROUTE[0]) & (ports <= TRACEROUTE[1])
        found: NDArray[np.bool_] = packets.has(Layer.UDP) & ~answers & ~traceroute
        found[found] = ~packets.hosts.within(packets.dst[found], GROUPS)
        return found
    found = packets.has(Layer.TCP)
    flags = FLAGS[technique]
    if flags is not None:
        found &= (packets.tcp_flags & flags[0]) == flags[1]
    return found


def _answered(packets: Packets, rows: Ints, technique: str) -> NDArray[np.bool_]:
    """Which attempts reached something: it has answered, or what is sent to it shows that it has."""
    src, dst, port = packets.src, packets.dst, packets.dport
    if technique == "udp":
        back = np.flatnonzero(packets.has(Layer.UDP))
    else:
        back = np.flatnonzero(packets.has(Layer.TCP) & ((packets.tcp_flags & HANDSHAKE) == TcpFlag.SYN | TcpFlag.ACK))
    asked, answers = pack_both((src[rows], dst[rows], port[rows]), (dst[back], src[back], packets.sport[back]))
    found = member(asked, answers)
    if technique == "udp":
        # Streams: many datagrams to one port.
        return found | frequent(np.unique(asked, return_inverse=True)[1], MOST_PROBES)
    # Where only one direction was captured, acknowledgments tell of the answers.
    suspects = np.zeros(len(packets.hosts), bool)
    suspects[src[rows[~found]]] = True
    on = np.flatnonzero(packets.has(Layer.TCP) & ((packets.tcp_flags & HANDSHAKE) == TcpFlag.ACK) & suspects[src])
    asked, acknowledged = pack_both((src[rows], dst[rows], port[rows]), (src[on], dst[on], port[on]))
    return found | member(asked, acknowledged)


def _suspects(packets: Packets, rows: Ints, failed: NDArray[np.bool_], least: int) -> tuple[Ints, NDArray[np.bool_]]:
    counts = np.bincount(packets.src[rows], weights=failed, minlength=1)
    keep = (counts > least)[packets.src[rows]]
    return rows[keep], failed[keep]


def _attempts(packets: Packets, rows: Ints, failed: NDArray[np.bool_], pause: int | None) -> tuple[_Attempts, Ints]:
    """Attempts, and for each the time of the last probe in its burst."""
    order = np.argsort(packets.src[rows], kind="stable")
    rows, failed = rows[order], failed[order]
    src, dst, port, t = packets.src[rows], packets.dst[rows], packets.dport[rows], packets.t[rows]
    burst = bursts(src, t, pause)
    new = firsts(pack(burst, dst, port))
    ends = np.append(np.flatnonzero(np.diff(burst)), len(burst) - 1)
    last = packets.timestamp[rows][ends][burst - 1] if len(burst) else burst
    attempts = _Attempts(burst, t, packets.timestamp[rows], src, dst, port, failed)
    return attempts[new], last[new]


def _cut(attempts: _Attempts, last: Ints, rules: _Rules) -> Iterator[tuple[_Attempts, int]]:
    """The bursts with enough failures for any shape, and when each of them ended."""
    found = surges(attempts.burst, attempts.t, limit=rules.least, window=rules.window, pause=None, counted=attempts.failed)
    for surge in found:
        yield attempts[surge.rows], int(last[surge.begin])


def _shapes_of(packets: Packets, technique: str, burst: tuple[_Attempts, int], rules: _Rules) -> Iterator[Alert]:
    attempts, last = burst
    vertical = _many(attempts, attempts.dst, attempts.port, rules.ports, rules) if "vertical" in rules.shapes else {}
    horizontal = _many(attempts, attempts.port, attempts.dst, rules.hosts, rules) if "horizontal" in rules.shapes else {}
    finding = _Finding(packets, technique, attempts, last, rules)
    if "ports" in rules.shapes:
        everything = _many(attempts, np.zeros(len(attempts.t), np.int64), attempts.port, rules.ports, rules)
        if everything:
            yield finding.alert("ports", attempts, everything[0])
    # One host, or one port, is no block; and peer-to-peer programs send datagrams everywhere.
    if "block" in rules.shapes and technique != "udp" and len(vertical) + len(horizontal) != 1:
        dense = _dense(attempts)
        peak = int(crowd(dense.burst, dense.t, rules.window, dense.failed).max(initial=0))
        if peak > rules.pairs:
            yield finding.alert("block", dense, peak)
            covered = np.isin(attempts.dst, dense.dst) & np.isin(attempts.port, dense.port)
            vertical = {host: peak for host, peak in vertical.items() if not covered[attempts.dst == host].all()}
            horizontal = {port: peak for port, peak in horizontal.items() if not covered[attempts.port == port].all()}
    for host, peak in vertical.items():
        yield finding.alert("vertical", attempts[attempts.dst == host], peak)
    for port, peak in horizontal.items():
        yield finding.alert("horizontal", attempts[attempts.port == port], peak)


def _many(attempts: _Attempts, group: Ints, item: Ints, limit: int, rules: _Rules) -> dict[int, int]:
    """The groups with more than `limit` failed items in a window, and how many there were at most."""
    order = np.argsort(group, kind="stable")
    order = order[firsts(pack(group[order], item[order]))]
    found: list[Surge] = surges(
        group[order], attempts.t[order], limit=limit, window=rules.window, pause=None, counted=attempts.failed[order]
    )
    return {int(group[order[surge.begin]]): surge.peak for surge in found}


def _dense(attempts: _Attempts) -> _Attempts:
    """The attempts at ports that were tried on many of the hosts; none if hosts or ports are few."""
    _, host, tried = np.unique(attempts.dst, return_inverse=True, return_counts=True)
    _, port, hosts = np.unique(attempts.port, return_inverse=True, return_counts=True)
    several = (hosts[port] > 1) & (tried[host] > 1)
    part = attempts[several]
    combinations = len(np.unique(part.dst)) * len(np.unique(part.port))
    return part if len(part.t) >= DENSE * combinations and len(part.t) else attempts[:0]


@dataclass(frozen=True)
class _Finding:
    """Makes alerts about a burst."""

    packets: Packets
    technique: str
    burst: _Attempts
    last: int
    rules: _Rules

    def alert(self, shape: str, attempts: _Attempts, peak: int) -> Alert:
        """One alert about some of the burst's attempts."""
        packets, hosts, ports = self.packets, np.unique(attempts.dst), np.unique(attempts.port)
        source, target = packets.text(attempts.src[0]), packets.hosts.summary(attempts.dst)
        limit = {"horizontal": self.rules.hosts, "block": self.rules.pairs}.get(shape, self.rules.ports)
        large = peak > LARGE * limit or self.technique in STEALTHY
        technique = self._technique(attempts)
        tried = {
            "vertical": f"{plural(len(ports), 'port')} of {target}",
            "horizontal": f"port {ports[0]} of {plural(len(hosts), 'host')} ({target})",
            "block": f"{plural(len(ports), 'port')} of {plural(len(hosts), 'host')} ({target})",
            "ports": f"{plural(len(ports), 'port')} of {plural(len(hosts), 'host')} ({target})",
        }[shape]
        match = Match(
            first=int(attempts.time[0]), last=self.last, kind="udp" if self.technique == "udp" else "tcp", src=source,
            dst=target if shape == "vertical" else None, dport=int(ports[0]) if shape == "horizontal" else None,
            flags=FLAGS[self.technique],
        )  # fmt: skip
        # The burst lasted until then, but maybe with other hosts or ports.
        match = replace(match, last=int(packets.timestamp[match.rows(packets)[-1]]))
        return alert(
            packets, "port_scan", Severity.HIGH if large else Severity.MEDIUM, match, source=source, target=target,
            summary=f"{source} tried {tried} ({NAMES[technique]} scan)",
            technique=technique, shape=shape, hosts=len(hosts), ports=len(ports),
            answered=int((~attempts.failed).sum()), peak=peak,
        )  # fmt: skip

    def _technique(self, attempts: _Attempts) -> str:
        """A scan whose handshakes were completed is a connect scan."""
        if self.technique != "syn":
            return self.technique
        packets = self.packets
        part = packets.span(int(attempts.time[0]), self.last + ANSWER_TIME)
        tcp, flags = packets.has(Layer.TCP)[part], packets.tcp_flags[part] & HANDSHAKE
        src, dst, scanner = packets.src[part], packets.dst[part], attempts.src[0]
        accepted = tcp & (dst == scanner) & (flags == (TcpFlag.SYN | TcpFlag.ACK)) & np.isin(src, attempts.dst)
        completed = tcp & (src == scanner) & (flags == TcpFlag.ACK)
        opened, used = pack_both(
            (src[accepted], packets.sport[part][accepted]), (dst[completed], packets.dport[part][completed])
        )  # fmt: skip
        opened = np.unique(opened)
        return "connect" if len(opened) and 2 * np.count_nonzero(member(opened, used)) >= len(opened) else "syn"
