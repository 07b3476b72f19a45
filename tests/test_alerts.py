"""Alerts as a table, as files, and as packets; bad input; columns that were not read."""

from __future__ import annotations

import json
import pickle
import re
import warnings

import numpy as np
import pytest

import pcapframe as pf
from attacks import ACK, ME, SYN, YOU, arp, capture, datagram, echo, every, records, segment
from frames import assorted, pcap
from pcapframe import detect
from pcapframe.detect import DETECTORS, Severity

SCAN = every(0.01, [segment(SYN, port) for port in range(1000, 1020)])
FLOOD = every(0.001, [echo(YOU, ME)] * 150, begin=30)


@pytest.fixture
def alerts():
    return detect.all(capture(SCAN + FLOOD))


def test_a_sequence_in_the_order_of_time(alerts):
    assert [alert.kind for alert in alerts] == ["port_scan", "icmp_flood"]
    assert len(alerts) == 2
    assert alerts[1] is list(alerts)[1]
    assert [alert.kind for alert in alerts[1:]] == ["icmp_flood"]
    assert [alert.kind for alert in alerts.of_kind("port_scan")] == ["port_scan"]
    assert bool(alerts)
    assert not alerts[:0]
    with pytest.raises(IndexError):
        alerts[2]


def test_severities_are_ordered(alerts):
    assert Severity.LOW < Severity.MEDIUM < Severity.HIGH < Severity.CRITICAL
    assert Severity.of("high") is Severity.HIGH
    assert len(alerts.at_least("medium")) == 2
    assert not alerts.at_least("high")
    with pytest.raises(ValueError, match="'awful'"):
        alerts.at_least("awful")


def test_the_packets_of_alerts(alerts):
    scan, flood = alerts.packets(0), alerts.packets(1)
    assert (len(scan), len(flood)) == (20, 150)
    assert set(scan.dport.tolist()) == set(range(1000, 1020))
    assert len(alerts.packets()) == 170
    assert len(alerts.packets(-1)) == 150
    assert len(alerts[:0].packets()) == 0
    with pytest.raises(IndexError):
        alerts.packets(2)


def test_packets_are_in_the_order_of_the_capture():
    """The capture runs backwards."""
    cap = capture((SCAN + FLOOD)[::-1])
    alerts = detect.all(cap)
    assert [alert.packets for alert in alerts] == [20, 150]
    assert alerts.packets(0).dport.tolist() == list(range(1019, 999, -1))


def test_tables(alerts):
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    pytest.importorskip("pyarrow")
    frame = alerts.to_pandas()
    assert frame["severity"].max() == "medium"
    assert (frame["severity"] >= "medium").all()
    assert frame["packets"].tolist() == [20, 150]
    assert frame["first_seen"].tolist() == [pandas.Timestamp(alert.first_seen) for alert in alerts]
    assert frame["evidence"][0]["ports"] == 20
    table = alerts.to_arrow()
    assert table["first_seen"].type.tz == "UTC"
    assert json.loads(table["evidence"][0].as_py())["ports"] == 20
    rows = alerts.to_polars()
    assert rows["severity"].dtype == polars.Enum(["low", "medium", "high", "critical"])
    assert table.to_pylist()[0]["filter"] == rows["filter"][0] == frame["filter"][0] == alerts[0].filter
    for empty in (alerts[:0].to_pandas(), alerts[:0].to_arrow(), alerts[:0].to_polars()):
        assert empty.shape == (0, len(frame.columns))
    assert alerts[:0].to_polars().schema == rows.schema
    assert alerts[:0].to_arrow().schema == table.schema


def test_columns(alerts):
    assert alerts.columns == list(alerts.to_pandas().columns)
    for name in alerts.columns:
        assert alerts[name].tolist() == [getattr(alert, name) for alert in alerts] or name in ("first_seen", "last_seen")
        assert alerts[:0][name].shape == (0,)
    assert alerts["first_seen"].dtype == "datetime64[ns]"
    assert (alerts["last_seen"] == [alert.last_seen for alert in alerts]).all()
    assert (alerts["severity"] >= detect.Severity.MEDIUM).tolist() == [True, True]
    assert alerts["packets"].sum() == 170
    with pytest.raises(pf.UnknownColumnError, match="there is no column 'colour'; columns are kind, severity, "):
        alerts["colour"]


def test_previews_are_bounded_and_escaped():
    frames = [segment(SYN, port, src=f"10.0.1.{i}") for port in range(100, 120) for i in range(30)]
    alerts = detect.port_scan(capture(every(0.001, frames)))
    assert len(alerts) == 30
    assert repr(alerts).count("\n") == 9
    assert "and 22 more" in repr(alerts)
    html = alerts._repr_html_()
    assert html.count("<tr>") == 21
    assert "and 10 more" in html
    assert " && " not in html
    assert repr(alerts[:0]) == "<Alerts: no alerts>"


def test_previews_show_the_worst_in_the_order_of_time(lab):
    alerts = detect.all(pf.read_pcap(lab))
    lines = repr(alerts).splitlines()
    assert [line.split()[0] for line in lines[1:9]] == ["high"] * 7 + ["critical"]
    assert lines[9] == "  … and 13 more, none worse"
    assert "arp_spoof" in alerts._repr_html_()
    assert alerts._repr_html_().count("<tr>") == 21


def test_pickling(alerts):
    again = pickle.loads(pickle.dumps(alerts))
    assert again == alerts
    assert len(again.packets(0)) == 20


# EVE: the part of Suricata's etc/schema.json (7.0) that alerts use: types, and no properties beyond those named.
STRINGS = {"type": "array", "items": {"type": "string"}}
EVE = {
    "timestamp": {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d+[+\-]\d+$"},
    "event_type": {"type": "string"}, "src_ip": {"type": "string"}, "dest_ip": {"type": "string"},
    "src_port": {"type": "integer"}, "dest_port": {"type": "integer"}, "proto": {"type": "string"},
    "ether": {"src_mac": {"type": "string"}, "dest_mac": {"type": "string"}},
    "flow": {"start": {"type": "string"}, "end": {"type": "string"}, "pkts_toserver": {"type": "integer"}},
    "alert": {
        "action": {"type": "string"}, "category": {"type": "string"}, "gid": {"type": "integer"}, "rev": {"type": "integer"},
        "rule": {"type": "string"}, "severity": {"type": "integer"}, "signature": {"type": "string"},
        "signature_id": {"type": "integer"}, "metadata": {"signature_severity": STRINGS, "tag": STRINGS},
    },
}  # fmt: skip
TYPES = {"string": str, "integer": int}


def check(value, schema):
    """Whether a value is as the schema says."""
    if schema.get("type") == "array":
        assert isinstance(value, list)
        for item in value:
            check(item, schema["items"])
    elif isinstance(schema.get("type"), str):
        assert type(value) is TYPES[schema["type"]], value
        assert re.search(schema.get("pattern", ""), value if isinstance(value, str) else "")
    else:
        assert set(value) <= set(schema)
        for name, part in value.items():
            check(part, schema[name])


def test_eve(lab, tmp_path):
    alerts = detect.all(pf.read_pcap(lab))
    assert alerts.write_eve(tmp_path / "eve.json") == len(alerts) > 15
    events = [json.loads(line) for line in (tmp_path / "eve.json").read_text().splitlines()]
    for event, alert in zip(events, alerts, strict=True):
        check(event, EVE)
        assert event["event_type"] == "alert"
        assert event["alert"]["severity"] == 5 - alert.severity
        assert event["flow"]["pkts_toserver"] == alert.packets
        assert event["timestamp"][:26] == str(alert.first_seen)[:26]
    scan = next(event for event in events if event["alert"]["signature"] == "pcapframe port scan")
    assert (scan["src_ip"], scan["dest_ip"], scan["proto"]) == ("10.20.0.66", "10.20.0.10", "TCP")
    flood = next(event for event in events if event["alert"]["signature"] == "pcapframe syn flood")
    assert "src_ip" not in flood
    assert (flood["dest_ip"], flood["dest_port"]) == ("10.20.0.10", 80)
    assert len({event["alert"]["signature_id"] for event in events}) == len({alert.kind for alert in alerts})


def test_the_eve_check_can_fail():
    for wrong in ({"event_type": 1}, {"timestamp": "now"}, {"alert": {"colour": "red"}}, {"alert": {"metadata": {"tag": [1]}}}):
        with pytest.raises(AssertionError):
            check(wrong, EVE)


# Columns.


def test_missing_columns_are_read_again(lab):
    few = pf.read_pcap(lab, columns=["timestamp", "length"])
    assert detect.all(few) == detect.all(pf.read_pcap(lab, columns="all"))


def test_missing_columns_of_a_selection_are_read_again(lab):
    few = pf.read_pcap(lab, columns=["timestamp", "length"])[::-2]
    every_second = pf.read_pcap(lab, columns="all")[::-2]
    assert len(detect.all(few)) > 10
    assert detect.all(few) == detect.all(every_second)
    assert len(detect.arp_spoof(few).packets()) == len(detect.arp_spoof(every_second).packets()) > 0


def test_columns_that_can_not_be_read_again_are_named(tmp_path):
    path = tmp_path / "gone.pcap"
    path.write_bytes(pcap(records(SCAN), nano=True))
    cap = pf.read_pcap(path)
    path.unlink()
    with pytest.raises(AttributeError, match="eth_src were not read and can not be read again"):
        detect.arp_spoof(cap)
    with pytest.warns(UserWarning, match="arp_spoof was left out: the columns eth_src"):
        alerts = detect.all(cap)
    assert [alert.kind for alert in alerts] == ["port_scan"]


def test_columns_of_another_view_are_not_mixed(lab_ng, tmp_path):
    """Read without decapsulation, and what is read again would be the inside."""
    from frames import ethernet, ipv4

    inner = ethernet(ipv4(ipv4(b"\0" * 20, 6), 4, "192.0.2.1", "192.0.2.2"))
    path = tmp_path / "tunnel.pcap"
    path.write_bytes(pcap([(1, 0, inner)]))
    cap = pf.read_pcap(path, decapsulate=False)
    with pytest.raises(AttributeError, match="options that change the columns"):
        detect.arp_spoof(cap)


def test_options_and_choices():
    cap = capture(SCAN + FLOOD)
    assert [alert.kind for alert in detect.all(cap, only="icmp_flood")] == ["icmp_flood"]
    assert [alert.kind for alert in detect.all(cap, options={"port_scan": {"ports": 20}})] == ["icmp_flood"]
    with pytest.raises(ValueError, match="'nonsense'"):
        detect.all(cap, only=["nonsense"])
    with pytest.raises(ValueError, match="'nonsense'"):
        detect.all(cap, options={"nonsense": {}})


# Bad input.

MIN, MAX = np.iinfo(np.int64).min, np.iinfo(np.int64).max
AWKWARD = {
    "no packets": [],
    "one packet": [(0, segment(SYN, 80))],
    "one flow": every(0.1, [segment(SYN, 80), segment(SYN | ACK, 40000, 80, YOU, ME), *[segment(ACK, 80)] * 50]),
    "all ICMP": every(0.1, [echo()] * 50),
    "only IPv6": every(0.001, [segment(SYN, port, src="fd00::1", dst="fd00::2") for port in range(1000)]),
    "no time passes": [(1.0, segment(SYN, port)) for port in range(1000)],
    "backwards": every(0.001, [segment(SYN, port) for port in range(1000)])[::-1],
    "all ports": [(0.0, segment(SYN, port)) for port in range(65536)],
    "one of each": every(1, assorted()),
    "ARP alone": every(0.01, [arp(i % 3, f"10.0.0.{i % 5}", YOU) for i in range(200)]),
    "half a century": [(0, datagram(80)), (1.6e9, datagram(80))],
}


@pytest.mark.parametrize("name", DETECTORS)
@pytest.mark.parametrize("case", AWKWARD)
def test_awkward_captures(case, name):
    cap = capture(AWKWARD[case], columns="all")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        alerts = DETECTORS[name](cap)
    for i, alert in enumerate(alerts):
        assert len(alerts.packets(i)) == alert.packets > 0
        assert "nan" not in json.dumps(alert.to_dict(), allow_nan=False).lower()
        assert alert.first_seen <= alert.last_seen


def test_the_ends_of_time():
    """Times saturate at the ends of 64 bits: pcapng says when 2^64 units of a second are."""
    from frames import enhanced, interface, option, section

    frames = [segment(SYN, port) for port in range(1000)]
    whole_seconds = interface(options=option(9, b"\0"))
    times = [0, 2**63 - 1, 5, 2**64 - 1, 1_700_000_000]
    cap = pf.read_pcap(
        section() + whole_seconds + b"".join(enhanced(0, times[i % 5], f) for i, f in enumerate(frames)), columns="all"
    )
    assert cap.timestamp.max().astype(np.int64) == MAX
    alerts = detect.all(cap)
    assert "port_scan" in {alert.kind for alert in alerts}
    for i, alert in enumerate(alerts):
        assert len(alerts.packets(i)) == alert.packets


def test_the_module_is_loaded_when_it_is_used():
    import subprocess
    import sys

    code = (
        "import sys, pcapframe as pf; before = 'pcapframe.detect' in sys.modules; pf.detect.all; "
        "print(before, 'pcapframe.detect' in sys.modules, hasattr(pf, 'nothing'))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True", "False"]
