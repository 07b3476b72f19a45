"""Flows against those of other programs: NFStream on our own capture, Zeek on captures of its tests."""

from __future__ import annotations

import collections
import json
import pathlib

import numpy as np
import pytest

import pcapframe as pf
from conftest import ROOT, SHARED

ZEEK = SHARED.parent / "zeek-conn"
KEY = ["id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "proto"]
#: What carries the connections that count here has a row of its own in Zeek.
TUNNEL_PORTS = {"2152", "3544", "4789", "6081"}
FIELDS = {"conn_state": str, "history": str} | dict.fromkeys(
    ("orig_pkts", "resp_pkts", "orig_ip_bytes", "resp_ip_bytes", "orig_bytes", "resp_bytes"), int
)
LENGTH_0 = {"orig_ip_bytes"}  # IP's length is 0: the bytes there are
#: Connections that differ, by capture and originator, each with its reason: docs/flow-features.md lists them.
DIFFERENCES = {
    ("core.cisco-fabric-path", "1234::"): LENGTH_0,
    ("scripts.base.protocols.ldap.sasl-signed-clear", "10.199.2.121"): LENGTH_0,
    ("scripts.base.protocols.ldap.sasl-signed-clear-2", "192.168.10.138"): LENGTH_0,
    ("core.tunnels.vxlan", "10.0.0.1"): {"history"},  # X: analyzers nested too deep
    ("core.pppoe-over-qinq", "1.1.1.1"): {"history"},  # padding inside IP's length, but outside PPPoE's
}
#: Connections that only Zeek has: inside a tunnel that is not decoded, or with a bad checksum, which Zeek does not count.
ONLY_ZEEK = {
    "core.tunnels.ayiya-large-identity": 1,
    "core.tunnels.gre-over-udp": 2,
    "core.tunnels.vxlan-unknown-internal-packet": 3,
}
#: Connections that only are here: IPv6 without a next header, and what the bad checksums are around.
ONLY_HERE = {"core.tunnels.gtp.inner_teredo": 7, "core.tunnels.vxlan-unknown-internal-packet": 3}


def test_nfstream():
    """What `NFStreamer(..., statistical_analysis=True, splt_analysis=5, n_dissections=0)` of NFStream 6.6.0 says."""
    theirs = json.loads((pathlib.Path(__file__).parent / "data" / "nfstream-6.6.0-lab-small.json").read_text())
    cap = pf.read_pcap(ROOT / "examples/data/lab-small.pcapng", columns="all")
    # It passes over fragments but the first.
    flows = cap[cap.fragment_offset == 0].flows(schema="nfstream", sequence=5)
    frame = flows.to_pandas()
    frame["src_ip"], frame["dst_ip"] = frame["src_ip"].astype(str), frame["dst_ip"].astype(str)
    order = ["bidirectional_first_seen_ms", "src_ip", "src_port", "dst_ip", "dst_port", "protocol"]
    ours = frame.sort_values(order).reset_index(drop=True)
    assert len(ours) == len(theirs["rows"])
    assert list(ours.columns) == theirs["keys"]
    for at, name in enumerate(theirs["keys"]):
        if name in ("id", "expiration_id"):
            continue
        expected = [row[at] for row in theirs["rows"]]
        if isinstance(expected[0], float):
            np.testing.assert_allclose(ours[name].astype(float), expected, atol=1e-6, err_msg=name)
        elif isinstance(expected[0], list):
            assert [list(row) for row in ours[name]] == expected, name
        else:
            assert ours[name].tolist() == expected, name


def zeek_rows(path):
    names: list[str] = []
    for line in path.read_text().splitlines():
        if line.startswith("#fields"):
            names = line.split("\t")[1:]
        elif line and not line.startswith("#"):
            yield dict(zip(names, line.split("\t"), strict=True))


def zeek_values(row):
    return {name: kind(row[name]) if kind is str or row[name] != "-" else 0 for name, kind in FIELDS.items()}


def our_values(row):
    return {name: row[name] or ("-" if kind is str else 0) for name, kind in FIELDS.items()}


def without_equals(theirs, ours):
    """Rows of either that have no equal in the other."""
    ours, rest = list(ours), []
    for row in theirs:
        if row in ours:
            ours.remove(row)
        else:
            rest.append(row)
    return rest, ours


@pytest.mark.skipif(not ZEEK.is_dir(), reason="the folder ../shared/zeek-conn is not there")
@pytest.mark.filterwarnings("ignore::pcapframe.TruncatedCaptureWarning")
@pytest.mark.parametrize("folder", sorted(path.name for path in ZEEK.iterdir()) if ZEEK.is_dir() else [])
def test_zeek(folder):
    """Each connection of the conn.log that Zeek wrote for a capture."""
    capture = next(path for path in sorted((ZEEK / folder).iterdir()) if path.name != "conn.log")
    ours, theirs = collections.defaultdict(list), collections.defaultdict(list)
    for row in pf.read_pcap(capture).flows(schema="zeek").to_arrow().to_pylist():
        ours[tuple(str(row[name]) for name in KEY)].append(our_values(row))
    for row in zeek_rows(ZEEK / folder / "conn.log"):
        theirs[tuple(row[name] for name in KEY)].append(zeek_values(row))
    only = {"zeek": 0, "here": 0}
    for key in ours | theirs:
        zeek, mine = without_equals(theirs[key], ours[key])
        for their, our in zip(zeek, mine, strict=False):
            wrong = {name for name in FIELDS if their[name] != our[name]}
            allowed = [names for (place, source), names in DIFFERENCES.items() if place == folder and key[0].startswith(source)]
            assert allowed == [wrong], (key, their, our)
        both = min(len(zeek), len(mine))
        around_a_tunnel = key[-1] == "udp" and bool(set(key) & TUNNEL_PORTS)
        only["zeek"] += sum(not around_a_tunnel or row["history"] == "C" for row in zeek[both:])
        only["here"] += len(mine) - both
    assert only == {"zeek": ONLY_ZEEK.get(folder, 0), "here": ONLY_HERE.get(folder, 0)}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("tcp", "1:LQU9qZlK+B5F3KDmev6m5PMibrg="),
        ("udp", "1:d/FP5EW3wiY1vCndhwleRRKHowQ="),
        ("sctp", "1:MP2EtRCAUIZvTw6MxJHLV7N7JDs="),
        ("icmp", "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="),
        ("icmp6", "1:dGHyGvjMfljg6Bppwm3bg0LO8TY="),
        ("ipv6", "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4="),
    ],
)
def test_community_id_baselines(name, expected):
    """Those of the specification's repository, https://github.com/corelight/community-id-spec/tree/master/baseline."""
    paths = list((SHARED / "corelight+community-id-spec").rglob(f"{name}.pcap"))
    if not paths:
        pytest.skip("the folder ../shared/captures is not there")
    (path,) = paths
    assert expected in pf.read_pcap(path).flows().community_id.tolist()
