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
#: Captures with a link layer or a tunnel that is not decoded: their connections are not seen, or seen in part.
NOT_DECODED = {"core.cisco-fabric-path", "core.tunnels.ayiya-large-identity", "core.tunnels.gre-over-udp"}
#: What carries the connections that count here has a row of its own in Zeek.
TUNNEL_PORTS = {"2152", "3544", "4754", "4789", "5072", "6081"}
#: Single connections that differ, each with its reason.
DIFFERENCES = {
    ("core.tunnels.vxlan", "10.0.0.1"): {"history"},  # X: analyzers nested too deep
    ("core.pppoe-over-qinq", "1.1.1.1"): {"history"},  # the tenth retransmission is counted earlier
}


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


def is_around_a_tunnel(row):
    return row["proto"] == "udp" and bool({row["id.orig_p"], row["id.resp_p"]} & TUNNEL_PORTS)


@pytest.mark.skipif(not ZEEK.is_dir(), reason="the folder ../shared/zeek-conn is not there")
@pytest.mark.filterwarnings("ignore::pcapframe.TruncatedCaptureWarning")
def test_zeek():
    fields = {"conn_state": str, "history": str, "orig_pkts": int, "resp_pkts": int, "orig_bytes": int, "resp_bytes": int}
    compared = 0
    for folder in sorted(ZEEK.iterdir()):
        if folder.name in NOT_DECODED:
            continue
        capture = next(path for path in sorted(folder.iterdir()) if path.name != "conn.log")
        ours = collections.defaultdict(list)
        for row in pf.read_pcap(capture).flows(schema="zeek").to_arrow().to_pylist():
            ours[tuple(str(row[name]) for name in KEY)].append(row)
        theirs = collections.defaultdict(list)
        for row in zeek_rows(folder / "conn.log"):
            if not is_around_a_tunnel(row):
                theirs[tuple(row[name] for name in KEY)].append(row)
        for key, rows in theirs.items():
            assert len(ours[key]) == len(rows), (folder.name, key)
            for zeek, mine in zip(rows, ours[key], strict=True):
                wrong = {
                    name
                    for name, kind in fields.items()
                    if kind(mine[name] or 0 if kind is int else mine[name] or "-") != plain(zeek[name], kind)
                }
                assert wrong <= DIFFERENCES.get((folder.name, key[0]), set()), (folder.name, key, wrong, zeek, mine)
                compared += 1
    assert compared > 100


def plain(text, kind):
    return kind(text) if kind is str or text != "-" else 0


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
