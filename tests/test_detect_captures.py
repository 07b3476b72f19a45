"""Detection on captures: the labelled lab, attacks that others recorded, ordinary traffic; and display filters in tshark."""

from __future__ import annotations

import csv
import importlib.util
import subprocess

import dpkt
import numpy as np
import pytest

import pcapframe as pf
from attacks import ACK, ME, SYN, YOU, arp, capture, datagram, echo, every, records, segment, sent_by
from conftest import ROOT, SHARED, need_program
from frames import ethernet, icmp, ipv4, pcap, udp
from pcapframe import detect

spec = importlib.util.spec_from_file_location("false_alarms", ROOT / "tools" / "false_alarms.py")
assert spec is not None
assert spec.loader is not None
false_alarms = importlib.util.module_from_spec(spec)
spec.loader.exec_module(false_alarms)

# What finds each attack of the lab: kind of alert, and technique of a scan.
FOUND_BY = {
    "arp_sweep": ("arp_sweep", None),
    "icmp_sweep": ("ping_sweep", None),
    "syn_scan": ("port_scan", "syn"),
    "syn_scan_ipv6": ("port_scan", "syn"),
    "connect_scan": ("port_scan", "connect"),
    "fin_scan": ("port_scan", "fin"),
    "null_scan": ("port_scan", "null"),
    "xmas_scan": ("port_scan", "xmas"),
    "udp_scan": ("port_scan", "udp"),
    "port_sweep": ("port_scan", "syn"),
    "syn_flood": ("syn_flood", None),
    "icmp_flood": ("icmp_flood", None),
    "udp_flood": ("udp_flood", None),
    "arp_spoof": ("arp_spoof", None),
    "arp_spoof_relay": ("arp_spoof", None),
    "beacon": ("beaconing", None),
}


@pytest.fixture(scope="module")
def labels():
    path = ROOT / "examples" / "data" / "lab.labels.csv"
    with path.open(encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if row["class"] == "attack"]


@pytest.fixture(scope="module")
def found(lab):
    return detect.all(pf.read_pcap(lab))


def selected(path, text):
    """The numbers, from 0, of the packets that a display filter selects."""
    command = [need_program("tshark"), "-n", "-r", str(path), "-Y", text, "-T", "fields", "-e", "frame.number"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [int(line) - 1 for line in done.stdout.split()]


def around(cap, first, last, path):
    """The packets from a second before to a second after, as a file, which tshark reads faster than all; and as rows."""
    second = np.timedelta64(1, "s")
    rows = np.flatnonzero((cap.timestamp >= first - second) & (cap.timestamp <= last + second))
    cap[rows].write_pcap(path)
    return rows


def rows_of(cap, part):
    """The rows of a part of a capture, by their times, which are all different."""
    return np.flatnonzero(np.isin(cap.timestamp, part.timestamp)).tolist()


def times(row):
    return [np.datetime64(row[name].rstrip("Z"), "ns") for name in ("first_seen", "last_seen")]


def test_every_attack_of_the_lab_is_found(lab, labels, found, tmp_path):
    """An alert of the right kind begins with the attack, and its packets are the attack's."""
    cap = pf.read_pcap(lab)
    assert len(labels) == len(FOUND_BY) == 16
    for row in labels:
        kind, technique = FOUND_BY[row["kind"]]
        first, last = times(row)
        mine = [i for i, one in enumerate(found) if one.kind == kind and one.evidence.get("technique") == technique]
        hits = [i for i in mine if found[i].first_seen <= last and found[i].last_seen >= first]
        assert len(hits) == 1, row["kind"]
        near = around(cap, first, last, tmp_path / "near.pcap")
        attack = set(near[selected(tmp_path / "near.pcap", row["filter"])].tolist())
        assert len(attack) == int(row["packets"])
        packets = found.packets(hits[0])
        assert attack <= set(np.flatnonzero(np.isin(cap.timestamp, packets.timestamp)).tolist()), row["kind"]
        # What else there is are few packets of the attacker's own, such as answers and ARP of its kernel.
        assert len(packets) <= 1.1 * len(attack) + 40, row["kind"]


def test_nothing_else_is_alerted_in_the_lab(labels, found):
    """Each alert is about an attack: it begins within one, and ends with it."""
    assert len(found) == 21
    second = np.timedelta64(1, "s")
    for one in found:
        within = [
            row["kind"]
            for row in labels
            if times(row)[0] - second <= one.first_seen and one.last_seen <= times(row)[1] + 15 * second
        ]
        assert within, one


def test_the_targets_and_sources_of_the_lab(labels, found):
    for row in labels:
        if row["kind"] in ("arp_spoof_relay", "arp_spoof"):
            continue
        kind, technique = FOUND_BY[row["kind"]]
        same = [one for one in found if one.kind == kind and one.evidence.get("technique") == technique]
        assert (row["source"], row["target"]) in [(one.source, one.target) for one in same], row["kind"]
    spoof = next(one for one in found if one.kind == "arp_spoof")
    assert spoof.source == "10.20.0.66"
    assert "10.20.0.102" in spoof.summary


def test_display_filters_of_the_lab(lab, found, tmp_path):
    """Each filter selects in tshark the packets of the alert, no more and no less."""
    cap = pf.read_pcap(lab)
    assert len(np.unique(cap.timestamp)) > len(cap) - 40
    for i, one in enumerate(found):
        near = around(cap, one.first_seen, one.last_seen, tmp_path / "near.pcap")
        numbers = near[selected(tmp_path / "near.pcap", one.filter)]
        assert len(numbers) == one.packets > 0, one
        assert np.array_equal(cap[numbers].timestamp, found.packets(i).timestamp), one
        assert np.array_equal(cap[numbers].length, found.packets(i).length), one


def quoted(frame):
    """An ICMP error that quotes a frame's packet, from the same source to the same destination as that."""
    return ethernet(ipv4(icmp(3, 3, frame[14:]), 1, ME, YOU))


def in_fragments(frame, ident):
    """A UDP datagram over IPv4 in two fragments."""
    payload = frame[34:]
    src, dst = (".".join(map(str, frame[at : at + 4])) for at in (26, 30))
    first = ethernet(ipv4(payload[:24], 17, src, dst, ident=ident, fragment=0x2000))
    return [first, ethernet(ipv4(payload[24:], 17, src, dst, ident=ident, fragment=3))]


EVIL = "10.0.0.66"
MADE = {
    "a scan and what looks like it": every(0.01, [f for p in range(100, 150) for f in (
        segment(SYN, p), quoted(segment(SYN, p)), segment(SYN, p, src=YOU, dst=ME), segment(SYN | ACK, p, 80))]),
    "a sweep over IPv6": every(0.01, [segment(SYN, 445, src="fd00::1", dst=f"fd00::2:{i:x}") for i in range(40)]),
    "a block": every(0.01, [segment(SYN, p, dst=f"10.1.0.{i}") for i in range(10) for p in range(20, 30)]),
    "pings": every(0.001, [f for i in range(200) for f in (echo(), quoted(echo()), echo(YOU, ME, reply=True))]),
    "pings over IPv6": every(0.001, [echo("fd00::1", "fd00::2")] * 200),
    "a UDP flood": every(0.0005, [datagram(7000 + i % 3, 20000 + i) for i in range(800)]),
    "fragments": every(0.01, [f for i in range(120) for f in in_fragments(datagram(5000, 53, f"198.18.0.{i}", YOU, 400), i)]),
    "whole and in fragments": every(0.01, [f for i in range(120) for f in (
        datagram(5000, 53, f"198.18.0.{i}", YOU), *in_fragments(datagram(5000, 54, f"198.18.1.{i}", YOU, 400), i))]),
    "spoofing": [(0.0, arp(1, YOU, ME)), (1.0, arp(66, EVIL, ME)), *every(0.1, [arp(66, YOU, ME, reply=True)] * 5, 2.0),
                 (2.55, sent_by(66, segment(ACK, 80, src=YOU, dst="203.0.113.1"))), (9.0, arp(1, YOU, ME))],
    "gratuitous": every(0.01, [arp(5, ME, ME)] * 150 + [arp(5, ME, YOU)] * 5),
    "a tunnel": every(0.5, [f for i in range(30) for f in (echo(size=40 + i), echo(YOU, ME, reply=True, size=200 + i))]),
    "odd flags": every(0.1, [segment(flags, 80) for flags in (0, 0, 3, 3, 41, 41, 63, 63, 8, 32, 0xC1, 0x140)]),
    "a beacon of datagrams": every(30, [f for i in range(30) for f in (datagram(8125, dst="203.0.113.1"), datagram(9, dst=ME))]),
    "a surge": every(1, [datagram(80)] * 60) + every(0.001, [datagram(80), echo()] * 300, begin=60.2),
    "a new service": [(0.0, echo()), (3700.0, segment(SYN, 80)), (3700.1, segment(SYN | ACK, 40000, 80, YOU, ME))],
    "reflected SYN-ACKs": every(0.01, [segment(SYN | ACK, 5000, 443, f"198.18.0.{i}", YOU) for i in range(150)]),
}  # fmt: skip


@pytest.mark.parametrize("name", MADE)
def test_display_filters_of_made_captures(name, tmp_path):
    path = tmp_path / "made.pcap"
    path.write_bytes(pcap(records(MADE[name]), nano=True))
    cap = pf.read_pcap(path, columns="all")
    alerts = detect.all(cap)
    assert len(alerts)
    for i, one in enumerate(alerts):
        assert selected(path, one.filter) == rows_of(cap, alerts.packets(i)), (one, one.filter)


def test_filters_tell_packets_apart():
    """There is something to leave out in the made captures."""
    cap = capture(MADE["a scan and what looks like it"], columns="all")
    alerts = detect.port_scan(cap)
    assert [one.packets for one in alerts] == [50, 50]
    assert len(cap) == 200


# The tutorial's rule.


def tutorial(path, threshold):
    """The addresses that sent TCP to more than so many ports: a packet at a time, with dpkt."""
    ports = {}
    with open(path, "rb") as file:
        for _, data in dpkt.pcap.Reader(file):
            frame = dpkt.ethernet.Ethernet(data)
            if isinstance(frame.data, dpkt.ip.IP) and isinstance(frame.data.data, dpkt.tcp.TCP):
                ports.setdefault(frame.data.src, set()).add(frame.data.data.dport)
    return {".".join(map(str, src)): len(known) for src, known in ports.items() if len(known) > threshold}


@pytest.mark.parametrize("threshold", [10, 50, 366])
def test_the_simple_rule_is_a_special_case(lab, threshold):
    """More than ten ports, any TCP packet, whatever the target, however slow, answered or not."""
    alerts = detect.port_scan(
        pf.read_pcap(lab).ipv4, techniques="tcp", shapes="ports", ports=threshold, window=None, pause=None, failed_only=False
    )  # fmt: skip
    expected = tutorial(lab, threshold)
    assert len(expected) >= 2
    assert {one.source: one.evidence["ports"] for one in alerts} == expected


# Captures by others.


@pytest.mark.parametrize("pattern", false_alarms.ATTACKS)
def test_attacks_that_others_recorded(pattern):
    if not SHARED.is_dir():
        pytest.skip("the folder ../shared/captures is not there")
    path = false_alarms.find(SHARED, pattern)
    assert path is not None
    assert false_alarms.ATTACKS[pattern] in {one.kind for one in false_alarms.alerts_of(path)}


def test_ordinary_traffic_raises_few_alarms():
    if not SHARED.is_dir():
        pytest.skip("the folder ../shared/captures is not there")
    captures = [(path, alerts.at_least("high")) for path, alerts in false_alarms.benign(SHARED)]
    serious = {path.name: [str(one) for one in alerts] for path, alerts in captures if alerts}
    assert len(captures) >= 300
    assert len(serious) < 0.01 * len(captures), serious


def test_a_datagram_is_what_the_helper_says():
    """Two fragments hold the whole datagram."""
    whole = datagram(5000, 53, "198.18.0.1", YOU, 400)
    first, second = in_fragments(whole, 1)
    assert first[34:] + second[34:] == whole[34:] == udp(53, 5000, bytes(400))
