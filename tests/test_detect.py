"""Each detector on made traffic: what it must find, what it must leave alone, and its threshold to the packet."""

from __future__ import annotations

import numpy as np
import pytest

from attacks import (
    ACK,
    FIN,
    ME,
    PSH,
    RST,
    SYN,
    URG,
    YOU,
    arp,
    capture,
    connection,
    datagram,
    echo,
    every,
    mac_text,
    segment,
    sent_by,
)  # fmt: skip
from frames import ethernet, icmp, ipv4
from pcapframe import detect

SERVER = "203.0.113.9"


def only(alerts: detect.Alerts) -> detect.Alert:
    assert len(alerts) == 1, alerts
    return alerts[0]


# Port scans.

PROBES = {"syn": SYN, "fin": FIN, "null": 0, "xmas": FIN | PSH | URG}


@pytest.mark.parametrize("ends", [(ME, YOU), ("fd00::1", "fd00::2")])
@pytest.mark.parametrize("technique", [*PROBES, "udp"])
def test_vertical_scans(technique, ends):
    def probe(port):
        return datagram(port, 40000, *ends) if technique == "udp" else segment(PROBES[technique], port, 40000, *ends)

    found = only(detect.port_scan(capture(every(0.1, [probe(port) for port in range(100, 116)]))))
    assert (found.kind, found.source, found.target) == ("port_scan", *ends)
    assert found.evidence["technique"] == technique
    assert (found.evidence["shape"], found.evidence["ports"], found.packets) == ("vertical", 16, 16)
    assert str(found.severity) == ("high" if technique in ("fin", "null", "xmas") else "medium")
    # One port fewer is the limit.
    assert not detect.port_scan(capture(every(0.1, [probe(port) for port in range(100, 115)])))
    # The same port again is not another one.
    assert not detect.port_scan(capture(every(0.1, [probe(port) for port in range(100, 115)] * 2)))


def test_ecn_bits_do_not_hide_a_scan():
    cap = capture(every(0.1, [segment(SYN | 0xC0, port) for port in range(100, 116)]))
    assert only(detect.port_scan(cap)).evidence["technique"] == "syn"


def test_a_scan_must_be_quick_enough():
    slow = [segment(SYN, port) for port in range(100, 116)]
    # Sixteen within a minute, the earlier end not included: the first and the last are just less than a minute apart.
    assert detect.port_scan(capture(every(3.999, slow)))
    assert not detect.port_scan(capture(every(4.0, slow)))
    assert detect.port_scan(capture(every(4.0, slow)), window="61s")
    assert not detect.port_scan(capture(every(11.0, slow)), window=None)
    assert detect.port_scan(capture(every(11.0, slow)), window=None, pause="12s")


def test_answered_attempts_are_no_scan():
    frames = [frame for i in range(30) for frame in connection(40000 + i, 100 + i)]
    assert not detect.port_scan(capture(every(0.01, frames)))
    assert only(detect.port_scan(capture(every(0.01, frames)), failed_only=False)).evidence["ports"] == 30
    # With the client's side alone, its acknowledgments tell.
    mine = [frame for frame in frames if frame[26:30] == bytes([10, 0, 0, 1])]
    assert len(mine) == 90
    assert not detect.port_scan(capture(every(0.01, mine)))


def test_connect_scans_complete_their_handshakes():
    def scan(answer):
        frames = [segment(SYN, port, 40000 + port) for port in range(100, 200)]
        frames += [segment(SYN | ACK, 40080, 80, YOU, ME), segment(answer, 80, 40080)]
        return capture(every(0.01, [segment(SYN, 80, 40080), *frames]))

    assert only(detect.port_scan(scan(ACK))).evidence["technique"] == "connect"
    assert only(detect.port_scan(scan(RST))).evidence["technique"] == "syn"
    assert only(detect.port_scan(scan(RST))).evidence["answered"] == 1


def test_horizontal_scans():
    hosts = [f"10.1.0.{i}" for i in range(1, 27)]
    found = only(detect.port_scan(capture(every(0.1, [segment(SYN, 445, dst=host) for host in hosts]))))
    assert (found.evidence["shape"], found.evidence["hosts"], found.target) == ("horizontal", 26, "10.1.0.0/27")
    assert "tcp.dstport == 445" in found.filter
    assert not detect.port_scan(capture(every(0.1, [segment(SYN, 445, dst=host) for host in hosts[1:]])))


def test_block_scans_are_one_alert():
    def block(hosts, ports):
        return [segment(SYN, port, dst=f"10.1.0.{host}") for host in range(hosts) for port in range(100, 100 + ports)]

    assert only(detect.port_scan(capture(every(0.01, block(8, 8))))).evidence["shape"] == "block"
    assert only(detect.port_scan(capture(every(0.01, block(30, 20))))).evidence["shape"] == "block"
    assert not detect.port_scan(capture(every(0.01, block(7, 7))))
    # Peer-to-peer programs try as many pairs, but no port twice.
    scattered = [segment(SYN, 1000 + i, dst=f"10.1.{i}.1") for i in range(200)]
    assert not detect.port_scan(capture(every(0.01, scattered)))


def test_two_scans_with_a_pause_between_are_two():
    first = every(0.1, [segment(SYN, port) for port in range(100, 120)])
    second = every(0.1, [segment(SYN, port) for port in range(100, 120)], begin=20)
    alerts = detect.port_scan(capture(first + second))
    assert [alert.packets for alert in alerts] == [20, 20]
    assert alerts[0].last_seen < alerts[1].first_seen
    assert len(detect.port_scan(capture(first + second), pause="30s")) == 1


def test_datagrams_that_are_no_probes():
    answers = [datagram(50000 + i, 53, YOU, ME) for i in range(100)]
    assert not detect.port_scan(capture(every(0.01, answers)))
    traceroute = [datagram(port) for port in range(33434, 33500)]
    assert not detect.port_scan(capture(every(0.01, traceroute)))
    streams = [datagram(20000 + i) for i in range(20) for _ in range(20)]
    assert not detect.port_scan(capture(every(0.01, streams)))
    groups = [datagram(port, dst="239.255.255.250") for port in range(100, 200)]
    assert not detect.port_scan(capture(every(0.01, groups)))


def test_arguments_are_checked():
    cap = capture([(0, segment(SYN, 80))])
    for wrong in ({"ports": -1}, {"window": "soon"}, {"techniques": "ack"}, {"shapes": ["round"]}, {"hosts": float("nan")}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            detect.port_scan(cap, **wrong)


# Sweeps.


@pytest.mark.parametrize("prefix", ["10.1.0.", "fd00::1:"])
def test_ping_sweeps(prefix):
    me = ME if "." in prefix else "fd00::1"
    frames = [echo(me, f"{prefix}{i + 1}") for i in range(16)]
    found = only(detect.ping_sweep(capture(every(0.1, frames))))
    assert (found.kind, found.source, found.evidence["hosts"]) == ("ping_sweep", me, 16)
    assert not detect.ping_sweep(capture(every(0.1, frames[1:])))
    assert not detect.ping_sweep(capture(every(5, frames)))
    assert not detect.ping_sweep(capture(every(0.1, [echo(me, f"{prefix}1")] * 100)))


def test_arp_sweeps():
    frames = [arp(1, ME, f"10.1.0.{i + 1}") for i in range(51)]
    found = only(detect.ping_sweep(capture(every(0.1, frames))))
    assert (found.kind, found.source, found.evidence["hosts"]) == ("arp_sweep", ME, 51)
    assert not detect.ping_sweep(capture(every(0.1, frames[1:])))
    answered = [*frames, *(arp(2 + i, f"10.1.0.{i + 1}", ME, reply=True) for i in range(51))]
    assert not detect.ping_sweep(capture(every(0.1, answered)))


# Floods.


def spoofed(i):
    return f"198.18.{i >> 8}.{i & 255}"


def test_syn_floods():
    frames = [segment(SYN, 80, 1024 + i, spoofed(i)) for i in range(129)]
    found = only(detect.syn_flood(capture(every(0.01, frames))))
    assert (found.severity, found.target, found.evidence["spoofed"]) == (detect.Severity.HIGH, YOU, 1)
    assert (found.evidence["half_open"], found.evidence["sources"], found.packets) == (129, 129, 129)
    assert not detect.syn_flood(capture(every(0.01, frames[1:])))
    assert not detect.syn_flood(capture(every(0.5, frames)))
    # A SYN that is repeated is one connection.
    assert not detect.syn_flood(capture(every(0.01, frames[1:] * 3)))
    assert not detect.port_scan(capture(every(0.01, frames)))


def test_a_busy_server_is_not_flooded():
    busy = [frame for i in range(400) for frame in connection(1024 + i, 80, spoofed(i))]
    assert not detect.syn_flood(capture(every(0.001, busy)))
    attack = [segment(SYN, 80, 1024 + i, spoofed(1000 + i)) for i in range(200)]
    # Of 600 connections 200 are half open: less than a third.
    mixed = capture(sorted(every(0.001, busy) + every(0.008, attack), key=lambda step: step[0]))
    assert not detect.syn_flood(mixed)
    assert only(detect.syn_flood(mixed, ratio=0.3)).evidence["connections"] == pytest.approx(600, abs=10)


def test_a_scan_is_no_syn_flood_and_a_flood_of_all_ports_is():
    scan = capture(every(0.01, [segment(SYN, port) for port in range(1, 1000)]))
    assert not detect.syn_flood(scan)
    flood = capture(every(0.001, [segment(SYN, 1 + i * 61 % 65535, 5000, spoofed(i)) for i in range(1000)]))
    assert "random ports" in only(detect.syn_flood(flood)).summary
    both = [segment(SYN, 1 + i * 61 % 65535, 5000, spoofed(i)) for i in range(200)]
    both += [segment(SYN, port) for port in range(1, 1000)]
    assert only(detect.syn_flood(capture(every(0.001, both)))).evidence["half_open"] == 200


@pytest.mark.parametrize("ends", [(ME, YOU), ("fd00::1", "fd00::2")])
def test_icmp_floods(ends):
    found = only(detect.icmp_flood(capture(every(0.005, [echo(*ends)] * 101))))
    assert (found.kind, found.target, found.evidence["messages"]) == ("icmp_flood", ends[1], 101)
    assert not detect.icmp_flood(capture(every(0.005, [echo(*ends)] * 100)))
    assert not detect.icmp_flood(capture(every(0.01, [echo(*ends)] * 1000)))
    both = [frame for _ in range(101) for frame in (echo(*ends), echo(*ends[::-1], reply=True))]
    assert only(detect.icmp_flood(capture(every(0.001, both)))).target == ends[1]
    smurf = [echo(spoofed(i), YOU, reply=True) for i in range(101)]
    assert "unasked" in only(detect.icmp_flood(capture(every(0.001, smurf)))).summary


def refusal(src, dst):
    return ethernet(ipv4(icmp(3, 3, bytes(28)), 1, src, dst))


def test_udp_floods():
    frames = [datagram(7000, 20000 + i) for i in range(501)]
    found = only(detect.udp_flood(capture(every(0.001, frames))))
    assert (found.target, found.evidence["datagrams"], found.evidence["streams"]) == (YOU, 501, 501)
    assert not detect.udp_flood(capture(every(0.001, frames[1:])))
    assert not detect.udp_flood(capture(every(0.003, frames)))
    answered = [frame for i in range(501) for frame in (datagram(7000, 20000 + i), datagram(20000 + i, 7000, YOU, ME))]
    assert not detect.udp_flood(capture(every(0.0005, answered)))


def test_a_host_that_floods_itself():
    frames = [datagram(7000, 20000 + i, ME, ME) for i in range(600)]
    assert only(detect.udp_flood(capture(every(0.001, frames)))).evidence["answers"] == 0


def test_one_stream_is_a_flood_only_where_it_is_refused():
    stream = every(0.001, [datagram(7000)] * 600)
    assert not detect.udp_flood(capture(stream))
    assert only(detect.udp_flood(capture([*stream, (0.7, refusal(YOU, ME))]))).evidence["refused"] == 1


def test_amplification():
    frames = [datagram(5000, 123, spoofed(i), YOU, 400) for i in range(101)]
    found = only(detect.amplification(capture(every(0.01, frames))))
    assert (found.kind, found.target, found.evidence["service"], found.severity) == (
        "amplification",
        YOU,
        "NTP",
        detect.Severity.HIGH,
    )
    assert found.evidence["reflectors"] == 101
    assert not detect.amplification(capture(every(0.01, frames[1:])))
    assert not detect.udp_flood(capture(every(0.0001, frames * 10)))
    few = [datagram(5000, 123, spoofed(i % 4), YOU, 400) for i in range(200)]
    assert not detect.amplification(capture(every(0.01, few)))


@pytest.mark.parametrize(("port", "size", "found"), [(53, 1400, True), (53, 300, False), (4500, 1400, False)])
def test_answers_that_were_asked_for_must_be_large(port, size, found):
    """Bytes of responses to requests: 1442/82 and 342/82; what IPsec carries is no amplification."""
    frames = [frame for i in range(150) for frame in (datagram(port, 6000 + i, size=40), datagram(6000 + i, port, YOU, ME, size))]
    alerts = detect.amplification(capture(every(0.01, frames)))
    assert [alert.severity for alert in alerts] == ([detect.Severity.MEDIUM] if found else [])


def test_tcp_reflection():
    frames = [segment(SYN | ACK, 5000 + i, 443, spoofed(i), YOU) for i in range(101)]
    assert only(detect.amplification(capture(every(0.01, frames)))).kind == "tcp_reflection"
    assert not detect.amplification(capture(every(0.01, frames[1:])))
    asked = [frame for i in range(200) for frame in connection(5000 + i, 443, YOU, spoofed(i))]
    assert not detect.amplification(capture(every(0.01, asked)))
    # One direction alone, in which data follows.
    half = [frame for i in range(200) for frame in (
        segment(SYN | ACK, 5000 + i, 443, spoofed(i), YOU), segment(ACK, 5000 + i, 443, spoofed(i), YOU, b"data"))]  # fmt: skip
    assert not detect.amplification(capture(every(0.01, half)))


# Volume.


def traffic(counts):
    return [(second + i / (count + 1), datagram(80)) for second, count in enumerate(counts) for i in range(count)]


# A mean learns at once what a median leaves out: the second of two high intervals is none to it.
@pytest.mark.parametrize(("method", "packets"), [("median", 1000), ("ewma", 500)])
def test_volume_anomalies(method, packets):
    quiet = [20 + second % 5 for second in range(60)]
    found = only(detect.volume_anomaly(capture(traffic([*quiet, 500, 500, 20])), method=method))
    assert (found.kind, found.packets, found.evidence["most"]) == ("volume_anomaly", packets, 500)
    assert found.evidence["usual"] == pytest.approx(22, abs=1)
    assert not detect.volume_anomaly(capture(traffic([*quiet, 499, 20])), method=method)
    # No baseline yet, a baseline that is as high, and a steady one.
    assert not detect.volume_anomaly(capture(traffic([*quiet[:29], 600])), method=method)
    assert not detect.volume_anomaly(capture(traffic([110] * 60 + [520])), method=method)


def test_seasons():
    day = [5, 5, 600, 5]
    seasonal = {"method": "seasonal", "season": "4s", "history": 4}
    assert not detect.volume_anomaly(capture(traffic(day * 6)), **seasonal)
    found = only(detect.volume_anomaly(capture(traffic([*day * 5, 5, 600, 600, 5])), **seasonal))
    assert found.packets == 600
    with pytest.raises(ValueError, match="season"):
        detect.volume_anomaly(capture(traffic(day)), method="seasonal", season="1500ms")


def test_volume_in_bytes_and_connections():
    quiet = traffic([2] * 40)
    large = every(0.001, [datagram(80, size=1400)] * 400, begin=40)
    found = only(detect.volume_anomaly(capture(quiet + large), value="bytes"))
    assert found.evidence["most"] == 400 * 1442
    opens = [*every(1, [segment(SYN, 80)] * 40), *every(0.001, [segment(SYN, 80)] * 100, begin=40)]
    found = only(detect.volume_anomaly(capture([*opens, (40.5, datagram(1))]), value="connections"))
    assert found.packets == 100


def test_gaps_in_time_cost_nothing():
    cap = capture([(0, datagram(80)), (3e8, datagram(80)), *every(0.001, [datagram(80)] * 600, begin=6e8)])
    assert only(detect.volume_anomaly(cap)).packets == 600


# Services and beacons.


def test_new_services():
    before = [(i, frame) for i in range(3) for frame in connection(5000 + i, 80)]
    after = [(3601.0, frame) for frame in connection(6000, 4444)]
    found = only(detect.new_service(capture(before + after)))
    assert (found.target, found.evidence["port"], found.packets) == (YOU, 4444, 1)
    assert not detect.new_service(capture(before + [(3599.0, frame) for _, frame in after]))
    refused = [(3601.0, segment(SYN, 4444)), (3601.1, segment(RST | ACK, 40000, 4444, YOU, ME))]
    assert not detect.new_service(capture(before + refused))
    known = capture(before)
    assert only(detect.new_service(capture(before + after), known=known)).evidence["port"] == 4444
    assert not detect.new_service(known, known=known)


def test_new_udp_services_are_those_that_answer():
    asked = [(3601.0, datagram(53, 3000)), (3601.1, datagram(3000, 53, YOU, ME))]
    begin = [(0.0, echo())]
    found = only(detect.new_service(capture(begin + asked)))
    assert (found.target, found.evidence["protocol"], found.evidence["port"]) == (YOU, "UDP", 53)
    assert not detect.new_service(capture(begin + asked[:1]))
    outside = [(3601.0, frame) for frame in connection(6000, 443, ME, SERVER)]
    assert not detect.new_service(capture(begin + outside))
    assert only(detect.new_service(capture(begin + outside), local=())).target == SERVER


def calls(intervals, dst=SERVER):
    times = np.concatenate([[0.0], np.cumsum(intervals)])
    return [(float(t), segment(SYN, 443, 10000 + i, dst=dst)) for i, t in enumerate(times)]


def test_beacons():
    found = only(detect.beaconing(capture(calls([60.0] * 19))))
    assert (found.source, found.target, found.evidence["calls"]) == (ME, SERVER, 20)
    assert (found.evidence["interval"], found.evidence["dispersion"]) == (60.0, 0.0)
    assert not detect.beaconing(capture(calls([60.0] * 18)))
    assert not detect.beaconing(capture(calls([60.0] * 50, dst=YOU)))
    assert detect.beaconing(capture(calls([60.0] * 50, dst=YOU)), local=())
    # Nobody is inside where one's own addresses are public, unless one says who is.
    public = [(i * 60.0, segment(SYN, 443, 10000 + i, "192.0.2.1", SERVER)) for i in range(20)]
    assert only(detect.beaconing(capture(public))).source == "192.0.2.1"
    assert not detect.beaconing(capture([*public, (0.5, segment(SYN, 443))]))
    assert detect.beaconing(capture([*public, (0.5, segment(SYN, 443))]), local=["192.0.2.0/24"])


def test_the_dispersion_of_a_beacon():
    """Intervals 50, 60 and 70 in turns: the median is 60, the deviations' median 10."""
    cap = capture(calls([50.0, 60.0, 70.0] * 10))
    assert only(detect.beaconing(cap, jitter=0.17)).evidence["dispersion"] == pytest.approx(10 / 60, abs=1e-4)
    assert not detect.beaconing(cap, jitter=0.16)
    chance = np.random.default_rng(7).exponential(60, 300)
    assert not detect.beaconing(capture(calls(chance)))


def test_repeated_syns_are_one_call():
    steps = [(t + again, frame) for t, frame in calls([60.0] * 30) for again in (0, 1, 3)]
    assert only(detect.beaconing(capture(steps))).evidence["calls"] == 31


def test_datagram_beacons_but_not_time():
    def sent(port):
        return capture(every(30, [datagram(port, dst=SERVER)] * 25))

    assert only(detect.beaconing(sent(8125))).evidence["calls"] == 25
    assert not detect.beaconing(sent(123))
    assert detect.beaconing(sent(123), ignore_ports=())


# ARP.

GATEWAY, VICTIM, EVIL = "10.0.0.254", "10.0.0.7", "10.0.0.66"


def test_arp_spoofing():
    usual = [(0.0, arp(1, GATEWAY, VICTIM)), (1.0, arp(7, VICTIM, GATEWAY, reply=True)), (2.0, arp(66, EVIL, GATEWAY))]
    claims = [(10.0 + i, arp(66, who, ME, reply=True)) for i in range(4) for who in (GATEWAY, VICTIM)]
    still = [(20.0, arp(1, GATEWAY, VICTIM)), (21.0, arp(7, VICTIM, GATEWAY))]
    found = only(detect.arp_spoof(capture(usual + claims + still)))
    assert (found.severity, found.source, found.evidence["mac"]) == (detect.Severity.HIGH, EVIL, mac_text(66))
    assert (found.evidence["addresses"], found.evidence["claims"], found.packets) == (2, 8, 8)
    relayed = [(11.5, sent_by(66, segment(ACK, 80, src=VICTIM, dst=SERVER)))]
    found = only(detect.arp_spoof(capture(sorted(usual + claims + relayed + still, key=lambda step: step[0]))))
    assert (found.severity, found.evidence["relayed"], found.packets) == (detect.Severity.CRITICAL, 1, 9)
    # One address alone may be a mistake.
    one = [step for i, step in enumerate(claims) if i % 2]
    assert only(detect.arp_spoof(capture(usual + one + still))).severity == detect.Severity.MEDIUM
    # The owner is not heard of afterwards, or not soon, or was not heard of for long.
    assert not detect.arp_spoof(capture(usual + claims))
    assert not detect.arp_spoof(capture(usual + claims + [(t + 600, f) for t, f in still]))
    assert not detect.arp_spoof(capture(usual + [(t + 600, f) for t, f in claims + still]))
    assert detect.arp_spoof(capture(usual + [(t + 600, f) for t, f in claims + still]), window="1h")


def test_what_is_no_spoofing():
    handover = [(0.0, arp(1, VICTIM, ME)), (5.0, arp(2, VICTIM, ME)), (6.0, arp(2, VICTIM, ME))]
    assert not detect.arp_spoof(capture(handover))
    probes = [(i / 10, arp(i % 5, "0.0.0.0", VICTIM)) for i in range(50)]
    assert not detect.arp_spoof(capture(probes))
    virtual = bytes.fromhex("00005e000101")
    vrrp = [(0.0, arp(1, GATEWAY, ME)), (1.0, arp(9, GATEWAY, ME)), (2.0, arp(1, GATEWAY, ME)), (3.0, arp(9, GATEWAY, ME))]
    assert detect.arp_spoof(capture(vrrp))
    renamed = [(t, frame.replace(bytes([2, 0, 0, 0, 0, 9]), virtual)) for t, frame in vrrp]
    assert not detect.arp_spoof(capture(renamed))
    # The same packets before and behind a router, which sends those of others, too.
    there = [(t, sent_by(7, segment(ACK, 80, src=VICTIM))) for t in (1.0, 2.0, 3.0)] + [
        (t, arp(7, VICTIM, ME)) for t in (1.5, 2.5)
    ]
    sources = (VICTIM, "10.0.0.8", "10.0.0.9")
    behind = [(t + 0.1, sent_by(50, segment(ACK, 80, src=src))) for t in (0, 1, 2, 3) for src in sources]
    assert not detect.arp_spoof(capture(sorted([*there, *behind], key=lambda step: step[0])))
    # One of them would be another host with the same address.
    assert detect.arp_spoof(capture(sorted([*there, *behind[::3]], key=lambda step: step[0])))


def test_many_who_claim_one_address_are_one_alert():
    claims = [(float(i), arp(20 + i % 8, VICTIM, ME)) for i in range(40)]
    assert only(detect.arp_spoof(capture(claims))).evidence["macs"] >= 7


def test_arp_floods():
    frames = [arp(5, VICTIM, VICTIM)] * 101
    assert only(detect.arp_spoof(capture(every(0.5, frames)))).kind == "arp_flood"
    assert not detect.arp_spoof(capture(every(0.5, frames[1:])))


# ICMP tunnels.


def pinged(sizes, answers=None):
    pairs = zip(sizes, answers or sizes, strict=True)
    return every(0.5, [frame for a, b in pairs for frame in (echo(size=a), echo(YOU, ME, reply=True, size=b))])


def test_icmp_tunnels():
    sizes = [40 + i * 13 for i in range(15)]
    found = only(detect.icmp_tunnel(capture(pinged(sizes, [200 + i * 7 for i in range(15)]))))
    assert (found.kind, found.severity, found.evidence["messages"]) == ("icmp_tunnel", detect.Severity.HIGH, 30)
    assert {found.source, found.target} == {ME, YOU}
    assert not detect.icmp_tunnel(capture(pinged([56] * 500)))
    assert not detect.icmp_tunnel(capture(pinged(sizes)))
    # Replies whose requests were lost.
    assert not detect.icmp_tunnel(capture(every(1, [echo(YOU, ME, reply=True, size=56)] * 100)))


def test_much_data_that_is_returned_is_a_tunnel_too():
    sizes = [500 + i for i in range(100)]
    assert only(detect.icmp_tunnel(capture(pinged(sizes)))).severity == detect.Severity.MEDIUM
    assert not detect.icmp_tunnel(capture(pinged(sizes)), volume=200_000)


def test_few_messages_are_no_tunnel():
    different = [(100 + i, 300 + i) for i in range(11)]
    frames = pinged([a for a, _ in different], [b for _, b in different])
    assert not detect.icmp_tunnel(capture(frames[:20]))
    assert detect.icmp_tunnel(capture(frames[:21]))


# Flags.


@pytest.mark.parametrize(
    ("flags", "name"),
    [
        (0, "no flags"), (63, "all flags"), (SYN | FIN, "SYN and FIN"), (SYN | FIN | ACK, "SYN and FIN"),
        (SYN | RST, "SYN and RST"),
        (FIN | PSH | URG, "FIN, PSH and URG without ACK"), (FIN, "FIN without ACK"), (FIN | PSH, "FIN without ACK"),
        (PSH, "PSH or URG alone"), (URG | PSH, "PSH or URG alone"),
    ],
)  # fmt: skip
def test_illegal_flags(flags, name):
    found = only(detect.illegal_flags(capture([(0, segment(flags, 80)), (1, segment(flags, 81))])))
    assert (found.evidence["flags"], found.severity, found.packets) == (name, detect.Severity.LOW, 2)


def test_legal_flags():
    legal = [SYN, SYN | ACK, ACK, ACK | PSH, ACK | FIN, ACK | FIN | PSH, RST, RST | ACK, ACK | URG, SYN | 0xC0, ACK | 0x100]
    assert not detect.illegal_flags(capture(every(1, [segment(flags, 80) for flags in legal])))


def test_illegal_flags_from_everywhere_are_one_alert():
    frames = [segment(0, 80, src=spoofed(i)) for i in range(200)]
    found = only(detect.illegal_flags(capture(every(0.01, frames))))
    assert (found.severity, found.target, found.evidence["sources"]) == (detect.Severity.HIGH, YOU, 200)
    assert not detect.illegal_flags(capture(every(0.01, frames)), packets=201)
