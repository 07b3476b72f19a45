"""New services: a port that answers for the first time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from .._generated import Layer, TcpFlag
from ..timeline import Interval
from ._alerts import Alert, Alerts, Severity, alert
from ._groups import Ints, pack_both
from ._match import Kind, Match
from ._packets import GROUPS, LOCAL, Packets, Source
from ._units import duration, plural

COLUMNS = ("src", "dst", "layers", "sport", "dport", "tcp_flags")

TCP, UDP = 6, 17
NAMES = {TCP: "TCP", UDP: "UDP"}
SYN_ACK = (int(TcpFlag.SYN | TcpFlag.ACK | TcpFlag.RST), int(TcpFlag.SYN | TcpFlag.ACK))
# From here on Linux gives ports to clients; of UDP nothing else tells which side serves.
EPHEMERAL = 32768


def new_service(capture: Source, *, known: Source | None = None, learn: Interval = "1h", local: Sequence[str] = LOCAL) -> Alerts:
    """Find services that were not there before.

    A service is an address and a port that has answered: with SYN-ACK; or, below port 32768, with a datagram to who had sent it
    one.

    Parameters
    ----------
    capture : Capture
        Needs src, dst, layers, sport, dport and tcp_flags.
    known : Capture, optional
        Another capture, whose services are the known ones. If left out, those of the first part of this capture are.
    learn : duration
        How long that part is; unused with `known`. A shorter capture has no new services.
    local : sequence of str
        Only services of hosts in these networks; none for all hosts.

    Returns
    -------
    Alerts
        Of kind "new_service", low, one for each service.

    Raises
    ------
    ValueError
        An argument is out of range or no network.
    AttributeError
        A column was not read and can not be read again.

    Notes
    -----
    Zeek's policy/protocols/conn/known-services, which also looks at local hosts only.

    Examples
    --------
    >>> import pcapframe as pf
    >>> cap = pf.read_pcap("examples/data/lab.pcap")
    >>> today = pf.detect.new_service(cap[20000:], known=cap[:20000])
    >>> len(today)
    0
    """
    time = duration("learn", learn)
    packets = Packets.of(capture, COLUMNS)
    old: set[tuple[str, int, int]] = set()
    begin = time
    if known is not None:
        baseline = Packets.of(known, COLUMNS)
        old = {(baseline.text(host), protocol, port) for host, protocol, port, _ in _services(baseline, local)}
        begin = 0
    return Alerts(_new(packets, old, begin, local), packets)


def _new(packets: Packets, old: set[tuple[str, int, int]], begin: int, local: Sequence[str]) -> Iterator[Alert]:
    for host, protocol, port, first in _services(packets, local):
        if packets.t[first] < begin or (old and (packets.text(host), protocol, port) in old):
            continue
        address = packets.text(host)
        kind: Kind = "tcp" if protocol == TCP else "udp"
        flags = SYN_ACK if protocol == TCP else None
        match = Match.over(packets, np.array([first, -1]), kind, src=address, sport=port, flags=flags)
        clients = len(np.unique(packets.dst[match.rows(packets)]))
        yield alert(
            packets, "new_service", Severity.LOW, match, source="", target=address,
            summary=f"{address} answers at {NAMES[protocol]} port {port}, which it did not before, to "
            f"{plural(clients, 'client')}",
            port=port, protocol=NAMES[protocol], clients=clients,
        )  # fmt: skip


def _services(packets: Packets, local: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    """Host, protocol and port of each service, and the row in which it answered first."""
    tcp = np.flatnonzero(packets.has(Layer.TCP) & ((packets.tcp_flags & SYN_ACK[0]) == SYN_ACK[1]))
    for rows, protocol in ((tcp, TCP), (_udp_answers(packets), UDP)):
        if local:
            rows = rows[packets.hosts.within(packets.src[rows], local)]
        key = packets.src[rows].astype(np.uint64) << np.uint64(16) | packets.sport[rows]
        for row in rows[np.unique(key, return_index=True)[1]].tolist():
            yield int(packets.src[row]), protocol, int(packets.sport[row]), row


def _udp_answers(packets: Packets) -> Ints:
    """The first datagrams from a service to each of its clients, after one that the client has sent."""
    rows = np.flatnonzero(packets.has(Layer.UDP))
    src, dst, sport, dport = (getattr(packets, name)[rows] for name in ("src", "dst", "sport", "dport"))
    there, back = pack_both((src, sport, dst, dport), (dst, dport, src, sport))
    keys, first = np.unique(there, return_index=True)
    reverse = back[first]
    place = np.minimum(np.searchsorted(keys, reverse), max(len(keys) - 1, 0))
    answer = (keys[place] == reverse) & (first[place] < first) if len(keys) else np.zeros(0, bool)
    found: Ints = np.sort(rows[first[answer]])
    found = found[packets.sport[found] < EPHEMERAL]
    alone = ~packets.hosts.within(packets.dst[found], GROUPS)
    return np.compress(alone, found)
