"""ARP spoofing: a host claims the address of another one, so that its packets come to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._generated import Layer
from ..timeline import Interval
from ._alerts import Alert, Alerts, Severity, alert
from ._groups import Ints, changes, pack, surges
from ._match import Match
from ._packets import Packets, Source
from ._units import at_least, duration, plural, seconds_text

COLUMNS = ("src", "dst", "layers", "eth_src")

# Addresses that wander from host to host by design: VRRP and CARP (RFC 9568), HSRP 1 and 2, GLBP, Microsoft NLB.
VIRTUAL = (
    "00:00:5e:00:01:", "00:00:5e:00:02:", "00:00:0c:07:ac:", "00:00:0c:9f:f", "00:05:73:a0:0", "00:07:b4:00:", "02:bf:", "03:bf:",
)  # fmt: skip
# Who sends the packets of so many hosts is a router: their hardware address is not that of its packets.
ROUTED = 3
# An attacker claims so many addresses, its target's and the gateway's.
BOTH_ENDS = 2
# One address that more than so many hosts dispute is one alert.
CROWD = 3


def arp_spoof(
    capture: Source, *, window: Interval = "5min", announcements: int = 100, announcement_window: Interval = "60s"
) -> Alerts:
    """Find ARP spoofing, and floods of gratuitous ARP.

    An address is disputed where a host claims it by ARP while another one, shortly before and shortly after, uses it: by ARP or
    in packets that no router has passed on. So neither an address that was given to another host nor a failover is a dispute,
    and virtual addresses (VRRP, CARP, HSRP, GLBP, NLB) are left out.

    Parameters
    ----------
    capture : Capture
        Needs src, dst, layers and eth_src.
    window : duration
        What "shortly" is.
    announcements : int
        More than so many gratuitous ARP messages of one host, which announce its own address, within `announcement_window`.
    announcement_window : duration
        Time in which they are counted.

    Returns
    -------
    Alerts
        Of kind "arp_spoof": high if a host claims several addresses of others, critical if it has passed packets on; medium if it
        is one address, which two hosts may have been given by mistake. Of kind "arp_flood", medium.

    Raises
    ------
    ValueError
        An argument is out of range.
    AttributeError
        A column was not read and can not be read again.

    Notes
    -----
    RFC 826; S. Whalen, "An Introduction to ARP Spoofing" (2001); ATT&CK T1557.002; arpwatch's "flip flop". RFC 5227 for
    announcements.

    Examples
    --------
    >>> import pcapframe as pf
    >>> spoofs = pf.detect.arp_spoof(pf.read_pcap("examples/data/lab.pcap"))
    >>> print(spoofs[0].summary)
    02:00:0a:14:00:42 (10.20.0.66) claims to be 10.20.0.1 and 10.20.0.102, used by 02:00:0a:14:00:01, 02:00:0a:14:00:66,
    and has passed on 24 packets
    """
    at_least("announcements", announcements, 1)
    times = duration("window", window), duration("announcement_window", announcement_window)
    packets = Packets.of(capture, COLUMNS)
    claims = packets.has(Layer.ARP) & (packets.eth_src > 0) & (packets.src > 0) & (packets.src != packets.hosts.number("0.0.0.0"))
    if not claims.any():
        return Alerts((), packets)
    virtual = np.array([mac.startswith(VIRTUAL) for mac in packets.macs])
    claims &= ~virtual[packets.eth_src]
    return Alerts([*_spoofs(packets, claims, times[0]), *_floods(packets, claims, announcements, times[1])], packets)


class _Dispute(NamedTuple):
    """Claims of one address by a hardware address that is not the first to use it."""

    host: int
    mac: int
    others: tuple[int, ...]
    rows: Ints


def _spoofs(packets: Packets, claims: NDArray[np.bool_], window: int) -> Iterator[Alert]:
    disputes = []
    for of_one in _disputes(packets, claims, window):
        if len(of_one) > CROWD:
            yield _crowd_alert(packets, of_one)
        else:
            disputes += of_one
    addresses: dict[int, set[int]] = {}
    for dispute in disputes:
        addresses.setdefault(dispute.mac, set()).add(dispute.host)
    for mac in sorted(addresses):
        own = [dispute for dispute in disputes if dispute.mac == mac and _is_attacker(dispute, addresses)]
        if own:
            yield _alert(packets, claims, mac, own)


def _is_attacker(dispute: _Dispute, addresses: dict[int, set[int]]) -> bool:
    """Of those who claim an address, who claims most addresses of others; the latest to come, if they are even."""
    mine = len(addresses[dispute.mac])
    theirs = max((len(addresses.get(other, ())) for other in dispute.others), default=0)
    return mine >= theirs if mine >= BOTH_ENDS or theirs < BOTH_ENDS else False


def _disputes(packets: Packets, claims: NDArray[np.bool_], window: int) -> Iterator[list[_Dispute]]:
    """The disputes about each address."""
    claimed = np.zeros(len(packets.hosts), bool)
    claimed[packets.src[claims]] = True
    rows = np.flatnonzero(claims | (claimed[packets.src] & packets.has(Layer.IPV4) & (packets.eth_src > 0)))
    rows = rows[claims[rows] | ~_routers(packets)[packets.eth_src[rows]]]
    pairs = np.unique(pack(packets.src[rows], packets.eth_src[rows]), return_index=True)[1]
    several = (np.bincount(packets.src[rows[pairs]], minlength=len(packets.hosts)) > 1) & claimed
    rows = rows[several[packets.src[rows]]]
    rows = rows[np.argsort(packets.src[rows], kind="stable")]
    for part in np.split(rows, np.flatnonzero(np.diff(packets.src[rows])) + 1):
        if len(part):
            yield _of_one_host(packets, claims, part, window)


def _routers(packets: Packets) -> NDArray[np.bool_]:
    """Which hardware addresses send packets of several hosts."""
    rows = np.flatnonzero(packets.has(Layer.IPV4) & (packets.eth_src > 0))
    pairs = np.unique(pack(packets.eth_src[rows], packets.src[rows]), return_index=True)[1]
    found: NDArray[np.bool_] = np.bincount(packets.eth_src[rows[pairs]], minlength=len(packets.macs)) >= ROUTED
    return found


def _of_one_host(packets: Packets, claims: NDArray[np.bool_], rows: Ints, window: int) -> list[_Dispute]:
    mac, t = packets.eth_src[rows], packets.t[rows]
    begin = np.flatnonzero(changes(mac))
    end = np.append(begin[1:], len(rows))
    run = np.repeat(np.arange(len(begin)), end - begin)
    # Who used the address just before and just after each row, and was another.
    inner = (run > 0) & (run < len(begin) - 1)
    before = t - t[np.maximum(begin[run] - 1, 0)]
    after = t[np.minimum(end[run], len(rows) - 1)] - t
    disputed = claims[rows] & inner & (before <= window) & (after <= window)
    first = int(mac[0])
    suspects = [int(one) for one in np.unique(mac[disputed]) if int(one) != first or len(np.unique(mac[disputed])) > 1]
    users = [int(one) for one in np.unique(mac)]
    return [
        _Dispute(int(packets.src[rows[0]]), one, tuple(user for user in users if user != one), rows[disputed & (mac == one)])
        for one in suspects
    ]  # fmt: skip


def _alert(packets: Packets, claims: NDArray[np.bool_], mac: int, disputes: list[_Dispute]) -> Alert:
    rows = np.sort(np.concatenate([dispute.rows for dispute in disputes]))
    name = packets.macs[mac]
    claimed, relayed, count = [], [], 0
    for dispute in disputes:
        anything = Match.over(packets, rows, src=packets.text(dispute.host), eth_src=name)
        claimed.append(replace(anything, kind="arp"))
        passed = len(anything.rows(packets)) - len(claimed[-1].rows(packets))
        count += passed
        relayed += [anything] if passed else []
    hosts = [packets.text(dispute.host) for dispute in disputes]
    target = packets.hosts.summary(np.array([dispute.host for dispute in disputes]))
    others = sorted({packets.macs[other] for dispute in disputes for other in dispute.others})
    its_own = [packets.text(host) for host in np.unique(packets.src[claims & (packets.eth_src == mac)])]
    own = next((text for text in its_own if text not in hosts), "")
    severity = Severity.CRITICAL if count else Severity.HIGH if len(hosts) >= BOTH_ENDS else Severity.MEDIUM
    # ARP is among what a match of anything selects.
    return alert(
        packets, "arp_spoof", severity, *claimed, *relayed, source=own or name, target=target,
        summary=f"{name}{f' ({own})' if own else ''} claims to be {_listed(hosts, ' and ')}, used by {_listed(others, ', ')}"
        + (f", and has passed on {plural(count, 'packet')}" if count else ""),
        mac=name, addresses=len(hosts), claims=len(rows), relayed=count,
    )  # fmt: skip


def _crowd_alert(packets: Packets, disputes: list[_Dispute]) -> Alert:
    """An address that many hosts claim is rather a network out of order than an attack."""
    rows = np.sort(np.concatenate([dispute.rows for dispute in disputes]))
    address = packets.text(disputes[0].host)
    return alert(
        packets, "arp_spoof", Severity.MEDIUM, Match.over(packets, rows, "arp", src=address), source="", target=address,
        summary=f"{len(disputes):,} hardware addresses claim to be {address}",
        macs=len(disputes), addresses=1, claims=len(rows),
    )  # fmt: skip


def _listed(texts: list[str], between: str) -> str:
    return between.join(texts[:CROWD]) + (" and others" if len(texts) > CROWD else "")


def _floods(packets: Packets, claims: NDArray[np.bool_], limit: int, window: int) -> Iterator[Alert]:
    rows = np.flatnonzero(claims & (packets.src == packets.dst))
    rows = rows[np.argsort(packets.eth_src[rows], kind="stable")]
    for surge in surges(packets.eth_src[rows], packets.t[rows], limit=limit, window=window, pause=window):
        part = rows[surge.rows]
        name, hosts = packets.macs[packets.eth_src[part[0]]], np.unique(packets.src[part])
        match = Match.over(packets, part, "arp", eth_src=name, gratuitous=True)
        yield alert(
            packets, "arp_flood", Severity.MEDIUM, match, source=name, target="",
            summary=f"{name} announced {plural(len(hosts), 'address', 'addresses')} {plural(len(part), 'time')} by ARP in "
            f"{seconds_text(match.lasted)}",
            mac=name, announcements=len(part), addresses=len(hosts), peak=surge.peak, seconds=round(match.lasted / 1e9, 3),
        )  # fmt: skip
