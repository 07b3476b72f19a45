"""Reflected floods: servers answer requests that somebody else has sent in the victim's name."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from .._generated import Layer, TcpFlag
from ..timeline import Interval
from ._alerts import Alert, Alerts, Severity, alert
from ._groups import Ints, Surge, frequent, member, pack, pack_both, surges
from ._match import Match, has_fragments
from ._packets import GROUPS, Packets, Source
from ._services import AMPLIFIERS, CARRIERS, IS_AMPLIFIER
from ._units import at_least, duration, plural, seconds_text

COLUMNS = ("src", "dst", "layers", "protocol", "sport", "dport", "tcp_flags", "payload_length", "length")

SYN_ACK = (int(TcpFlag.SYN | TcpFlag.ACK | TcpFlag.RST), int(TcpFlag.SYN | TcpFlag.ACK))
LARGE = 10
# So few requests for the responses, and they are not the victim's.
UNASKED = 0.1


def amplification(
    capture: Source,
    *,
    packets: int = 100,
    ratio: float = 10.0,
    reflectors: int = 5,
    window: Interval = "10s",
    pause: Interval = "10s",
) -> Alerts:
    """Find reflected and amplified floods.

    Two signs, of responses from a port of a service that is known to amplify (DNS, NTP, memcached, SSDP, CLDAP, SNMP, …): nobody
    has asked for them and they come from several servers, which is what the victim sees; or they are many times as large as
    the requests, which is what the abused server sees. For TCP: SYN-ACKs that answer no SYN, and that no data follows.

    Parameters
    ----------
    capture : Capture
        Needs src, dst, layers, protocol, sport, dport, tcp_flags, payload_length and length.
    packets : int
        More than so many responses to one host within `window`.
    ratio : float
        Bytes of the responses to bytes of the requests; protocols that carry what is sent through them, such as VPNs, must be
        unasked for.
    reflectors : int
        Unasked responses must come from so many hosts.
    window : duration
        Time in which they are counted.
    pause : duration
        A flood ends when there was none for longer.

    Returns
    -------
    Alerts
        Of kinds "amplification" and "tcp_reflection"; high if unasked for, critical if more than ten times as many; medium if
        only large.

    Raises
    ------
    ValueError
        An argument is out of range.
    AttributeError
        A column was not read and can not be read again.

    Notes
    -----
    US-CERT alert TA14-017A, "UDP-Based Amplification Attacks"; C. Rossow, "Amplification Hell" (NDSS 2014), whose bandwidth
    amplification factor `ratio` is; M. Kührer et al., "Hell of a Handshake" (WOOT 2014) for TCP.

    Examples
    --------
    >>> import pcapframe as pf
    >>> floods = pf.detect.amplification(pf.read_pcap("examples/data/lab.pcap"))
    >>> len(floods)
    0
    """
    at_least("packets", packets, 1)
    at_least("ratio", ratio, 1)
    at_least("reflectors", reflectors, 1)
    times = duration("window", window), duration("pause", pause)
    table = Packets.of(capture, COLUMNS)
    found = [*_udp(table, packets, ratio, reflectors, *times), *_tcp(table, packets, reflectors, *times)]
    return Alerts(found, table)


def _udp(packets: Packets, limit: int, ratio: float, reflectors: int, window: int, pause: int) -> Iterator[Alert]:
    udp = packets.has(Layer.UDP)
    # Where both ports are such, as among NTP servers, the lower one is the service's.
    response = udp & IS_AMPLIFIER[packets.sport] & ~(IS_AMPLIFIER[packets.dport] & (packets.dport < packets.sport))
    rows = np.flatnonzero(response)
    rows = rows[frequent(packets.dst[rows], limit)]
    rows = rows[~packets.hosts.within(packets.dst[rows], GROUPS)]
    key = pack(packets.dst[rows], packets.sport[rows])
    order = np.argsort(key, kind="stable")
    rows, key = rows[order], key[order]
    for surge in surges(key, packets.t[rows], limit=limit, window=window, pause=pause):
        part = rows[surge.rows]
        found = _reflected(packets, part, surge, limit, ratio, reflectors, window)
        if found is not None:
            yield found


def _reflected(
    packets: Packets, part: Ints, surge: Surge, limit: int, ratio: float, reflectors: int, window: int
) -> Alert | None:
    victim, port = packets.text(packets.dst[part[0]]), int(packets.sport[part[0]])
    match = Match.over(packets, part, "udp", dst=victim, sport=port, fragments=has_fragments(packets, part, victim))
    asked = Match(first=match.first - window, last=match.last, kind="udp", src=victim, dport=port).rows(packets)
    # What follows of fragmented answers belongs to them; it has no ports.
    everything = match.rows(packets)
    received = int(packets.length[everything].sum(dtype=np.uint64))
    sent = int(packets.length[asked].sum(dtype=np.uint64))
    sources = np.unique(packets.src[part])
    unasked = len(asked) < UNASKED * len(part) and len(sources) >= reflectors
    if not unasked and (port in CARRIERS or not asked.size or received < ratio * sent):
        return None
    source = packets.hosts.summary(sources)
    severity = Severity.MEDIUM if not unasked else Severity.CRITICAL if surge.peak > LARGE * limit else Severity.HIGH
    how = "nobody had asked for them" if unasked else f"{received / sent:.0f} times the bytes of the requests"
    name = AMPLIFIERS[port]
    return alert(
        packets, "amplification", severity, match, source=source, target=victim,
        summary=f"{victim} got {plural(len(part), f'{name} response')} ({received:,} bytes) in {seconds_text(match.lasted)} from "
        f"{plural(len(sources), 'server')} ({source}): {how}",
        service=name, responses=len(part), requests=len(asked), bytes=received, request_bytes=sent, reflectors=len(sources),
        peak=surge.peak, seconds=round(match.lasted / 1e9, 3),
    )  # fmt: skip


def _tcp(packets: Packets, limit: int, reflectors: int, window: int, pause: int) -> Iterator[Alert]:
    tcp = packets.has(Layer.TCP)
    rows = np.flatnonzero(tcp & ((packets.tcp_flags & SYN_ACK[0]) == SYN_ACK[1]))
    # Most are answers to a SYN; what is left is looked at more closely.
    for sign in (_asked, _wanted):
        rows = rows[frequent(packets.dst[rows], limit)]
        if not len(rows):
            return
        rows = rows[~sign(packets, rows, tcp)]
    rows = rows[np.argsort(packets.dst[rows], kind="stable")]
    for surge in surges(packets.dst[rows], packets.t[rows], limit=limit, window=window, pause=pause):
        part = rows[surge.rows]
        sources = np.unique(packets.src[part])
        if len(sources) < reflectors:
            continue
        victim, source = packets.text(packets.dst[part[0]]), packets.hosts.summary(sources)
        match = Match.over(packets, part, "tcp", dst=victim, flags=SYN_ACK)
        yield alert(
            packets, "tcp_reflection", Severity.CRITICAL if surge.peak > LARGE * limit else Severity.HIGH, match,
            source=source, target=victim,
            summary=f"{victim} got {plural(len(part), 'SYN-ACK')} in {seconds_text(match.lasted)} from "
            f"{plural(len(sources), 'server')} ({source}) to which it had sent no SYN",
            responses=len(part), reflectors=len(sources), peak=surge.peak, seconds=round(match.lasted / 1e9, 3),
        )  # fmt: skip


def _asked(packets: Packets, rows: Ints, tcp: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which SYN-ACKs answer a SYN."""
    src, dst, sport, dport = packets.src, packets.dst, packets.sport, packets.dport
    opened = np.flatnonzero(tcp & ((packets.tcp_flags & SYN_ACK[0]) == TcpFlag.SYN))
    answered, asked = pack_both(
        (dst[rows], src[rows], dport[rows], sport[rows]), (src[opened], dst[opened], sport[opened], dport[opened])
    )
    return member(answered, asked)


def _wanted(packets: Packets, rows: Ints, tcp: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which SYN-ACKs belong to a connection: the other side has sent something, or data follows."""
    src, dst, sport, dport = packets.src, packets.dst, packets.sport, packets.dport
    victims = np.zeros(len(packets.hosts), bool)
    victims[dst[rows]] = True
    # A host that knows nothing of the connection answers with RST.
    sent = np.flatnonzero(tcp & victims[src] & ((packets.tcp_flags & TcpFlag.RST) == 0))
    data = np.flatnonzero(tcp & victims[dst] & (packets.payload_length > 0))
    answered, own = pack_both((dst[rows], src[rows], dport[rows], sport[rows]), (src[sent], dst[sent], sport[sent], dport[sent]))
    begun, going = pack_both((src[rows], dst[rows], sport[rows], dport[rows]), (src[data], dst[data], sport[data], dport[data]))
    return member(answered, own) | member(begun, going)
