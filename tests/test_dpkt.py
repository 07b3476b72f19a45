"""The columns against what dpkt finds, in our own captures and in those of others."""

from __future__ import annotations

import warnings

import dpkt
import pytest

import pcapframe as pf

ETHERNET = 1
COLUMNS = ["timestamp", "link_type", "ip_version", "src", "dst", "protocol", "ttl", "sport", "dport", "tcp_flags", "tcp_seq",
           "tcp_ack", "tcp_window", "icmp_type", "icmp_code", "fragment_offset", "layers", "stop", "ethertype"]  # fmt: skip


def expectation(data):
    """The columns of one Ethernet frame as dpkt finds them, as far as it takes the frame apart."""
    try:
        ip = dpkt.ethernet.Ethernet(data).data
    except (dpkt.UnpackError, IndexError, ValueError):
        return {}
    if not isinstance(ip, (dpkt.ip.IP, dpkt.ip6.IP6)):
        return {}
    found = {"ip_version": ip.v}
    if isinstance(ip, dpkt.ip.IP):
        found |= {"src": dpkt.utils.inet_to_str(ip.src), "dst": dpkt.utils.inet_to_str(ip.dst), "protocol": ip.p, "ttl": ip.ttl}
        found |= {"fragment_offset": 8 * ip.offset}
    else:
        found |= {"src": dpkt.utils.inet_to_str(ip.src), "dst": dpkt.utils.inet_to_str(ip.dst), "ttl": ip.hlim}
    inner = ip.data
    if isinstance(ip, dpkt.ip.IP) and ip.offset:
        return found
    if isinstance(inner, dpkt.tcp.TCP):
        found |= {"sport": inner.sport, "dport": inner.dport, "tcp_flags": inner.flags, "tcp_seq": inner.seq}
        found |= {"tcp_ack": inner.ack, "tcp_window": inner.win}
    elif isinstance(inner, dpkt.udp.UDP):
        found |= {"sport": inner.sport, "dport": inner.dport}
    elif isinstance(inner, (dpkt.icmp.ICMP, dpkt.icmp6.ICMP6)):
        found |= {"icmp_type": inner.type, "icmp_code": inner.code}
    return found


def compare(path):
    """Values compared, and the differences."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cap = pf.read_pcap(path, columns=COLUMNS, decapsulate=False)
        columns = {name: list(cap[name]) for name in COLUMNS}
        compared, differences = 0, []
        for i, (_, data) in enumerate(cap.packets()):
            # dpkt takes apart what is cut or contradicts itself as far as it can; this reader trusts no byte after the fault.
            if columns["link_type"][i] != ETHERNET or columns["stop"][i] in (pf.Stop.TRUNCATED, pf.Stop.MALFORMED):
                continue
            # What dpkt finds behind MPLS, PPPoE, LLC and the like is of another kind than these columns yet are.
            if columns["ethertype"][i] not in (0x0800, 0x86DD) or columns["layers"][i] & pf.Layer.AH:
                continue
            for name, value in expectation(data).items():
                compared += 1
                if columns[name][i] != value:
                    differences.append(f"{path} packet {i} {name}: dpkt {value!r}, pcapframe {columns[name][i]!r}")
    return compared, differences


def test_our_captures(lab, lab_ng):
    for path, least in ((lab, 250_000), (lab_ng, 1_000)):
        compared, differences = compare(path)
        assert not differences, "\n".join(differences[:20])
        assert compared > least


def test_the_reader_s_records(lab):
    """Time, to the microsecond that a float can hold, and bytes of every record."""
    cap = pf.read_pcap(lab, columns=["timestamp"])
    with lab.open("rb") as file:
        for (moment, data), (seconds, expected) in zip(cap.packets(), dpkt.pcap.Reader(file), strict=True):
            assert data == expected
            assert moment.astype("int64") // 1000 == round(seconds * 1_000_000)


@pytest.mark.parametrize("part", range(3))
def test_captures_by_others(shared_captures, part):
    """A sixth of them."""
    total = 0
    for path in shared_captures[part::18]:
        try:
            compared, differences = compare(path)
        except pf.NotACaptureError:
            continue
        assert not differences, "\n".join(differences[:20])
        total += compared
    assert total > 10_000
