"""ICMP tunnels: data carried in echo messages."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .._generated import Layer
from ..timeline import Interval
from ._alerts import Alert, Alerts, Severity, alert
from ._groups import Ints, changes, pack, surges
from ._match import Match
from ._packets import ECHO, Packets, Source
from ._units import at_least, duration, plural

COLUMNS = ("src", "dst", "layers", "protocol", "icmp_type", "payload_length")

# Lost requests leave replies that mirror nothing: more than this share is no loss.
LOSS = 0.1
# More than half, and the replies carry what the requests do not.
MOST = 0.5


def icmp_tunnel(
    capture: Source,
    *,
    messages: int = 20,
    lengths: int = 5,
    volume: int = 100_000,
    pause: Interval = "5min",
) -> Alerts:
    """Find data that is carried in ICMP echo messages.

    A reply has to return the data of its request, and ping sends data of one length. So a tunnel shows by replies whose lengths
    are not those of requests, or by much data of many lengths.

    Parameters
    ----------
    capture : Capture
        Needs src, dst, layers, protocol, icmp_type and payload_length.
    messages : int
        More than so many echo messages between two hosts.
    lengths : int
        At least so many different lengths of data. With four times as many, and `volume`, replies may return their requests'
        data.
    volume : int
        Bytes of data in all, for that case.
    pause : duration
        Messages after a longer pause are another conversation.

    Returns
    -------
    Alerts
        Of kind "icmp_tunnel", high if most replies do not return their requests' lengths, else medium.

    Raises
    ------
    ValueError
        An argument is out of range.
    AttributeError
        A column was not read and can not be read again.

    Notes
    -----
    RFC 792, "The data received in the echo message must be returned in the echo reply message"; A. Singh et al., "Malicious ICMP
    Tunneling: Defense against the Vulnerability" (2003); ATT&CK T1095.

    Examples
    --------
    >>> import pcapframe as pf
    >>> tunnels = pf.detect.icmp_tunnel(pf.read_pcap("examples/data/lab.pcap"))
    >>> len(tunnels)
    0
    """
    at_least("messages", messages, 1)
    at_least("lengths", lengths, 1)
    at_least("volume", volume, 0)
    rest = duration("pause", pause)
    packets = Packets.of(capture, COLUMNS)
    return Alerts((one for layer in ECHO for one in _tunnels(packets, layer, messages, lengths, volume, rest)), packets)


def _tunnels(packets: Packets, layer: Layer, messages: int, lengths: int, volume: int, pause: int) -> Iterator[Alert]:
    rows = np.flatnonzero(packets.has(layer) & np.isin(packets.icmp_type, ECHO[layer]))
    src, dst = packets.src[rows], packets.dst[rows]
    pair = pack(np.minimum(src, dst), np.maximum(src, dst))
    order = np.argsort(pair, kind="stable")
    rows, pair = rows[order], pair[order]
    for surge in surges(pair, packets.t[rows], limit=messages, window=None, pause=pause):
        found = _judge(packets, rows[surge.rows], ECHO[layer], lengths, volume)
        if found is not None:
            yield found


def _judge(packets: Packets, rows: Ints, types: tuple[int, int], lengths: int, volume: int) -> Alert | None:
    size = packets.payload_length[rows].astype(np.int64)
    reply = packets.icmp_type[rows] == types[1]
    distinct, data = len(np.unique(size)), int(size.sum())
    foreign = _foreign(packets, rows, reply, size)
    strange = foreign > max(LOSS * int(reply.sum()), lengths)
    if not (distinct >= lengths and strange) and not (distinct >= 4 * lengths and data >= volume):
        return None
    ends = sorted({int(host) for host in (packets.src[rows[0]], packets.dst[rows[0]])})
    one, other = packets.text(packets.src[rows[0]]), packets.text(packets.dst[rows[0]])
    directions = ((one, other), (other, one)) if len(ends) > 1 else ((one, other),)
    matches = [Match.over(packets, rows, "icmp", src=src, dst=dst, types=types) for src, dst in directions]
    return alert(
        packets, "icmp_tunnel", Severity.HIGH if foreign > MOST * int(reply.sum()) else Severity.MEDIUM, *matches,
        source=one, target=other,
        summary=f"{plural(len(rows), 'echo message')} between {one} and {other} carry {data:,} bytes in "
        f"{distinct} different lengths"
        + (f"; {plural(foreign, 'reply', 'replies')} did not return a request's data" if strange else ""),
        messages=len(rows), replies=int(reply.sum()), foreign_replies=foreign, lengths=distinct, bytes=data,
    )  # fmt: skip


def _foreign(packets: Packets, rows: Ints, reply: Ints, size: Ints) -> int:
    """How many replies there are beyond the requests of the same length in the other direction."""
    # Direction of the question, and length.
    asker = np.where(reply, packets.dst[rows], packets.src[rows])
    key = pack(asker, size)
    order = np.argsort(key, kind="stable")
    begin = np.flatnonzero(changes(key[order]))
    balance = np.add.reduceat(np.where(reply[order], 1, -1), begin)
    return int(balance[balance > 0].sum())
