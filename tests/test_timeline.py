"""Sums over time, against sums made packet by packet, and the plots that draw them."""

from __future__ import annotations

import collections
import datetime
import time

import matplotlib.dates
import matplotlib.pyplot as plt
import numpy as np
import pytest

import pcapframe as pf
from frames import assorted, enhanced, ethernet, interface, ipv4, option, pcap, section, tcp, udp
from pcapframe import _core
from pcapframe.timeline import interval_nanoseconds

EACH = pcap([(60 + 10 * i, 0, frame) for i, frame in enumerate(assorted())])


def naive(cap, seconds, key, weight):
    """Timeline as a loop over packets."""
    sums = collections.defaultdict(collections.Counter)
    for i, moment in enumerate(cap.timestamp.view(np.int64).tolist()):
        sums[key(i)][moment // (seconds * 10**9)] += weight(i)
    return sums


@pytest.mark.parametrize("seconds", [1, 7, 60])
@pytest.mark.parametrize("value", ["bytes", "packets", "connections"])
def test_sums_equal_a_loop_over_packets(lab, seconds, value):
    cap = pf.read_pcap(lab)
    names = {6: "TCP", 17: "UDP", 1: "ICMP", 58: "ICMPv6", 2: "IGMP"}
    protocols = [
        names.get(p, "other") if v else "ARP" for p, v in zip(cap.protocol.tolist(), cap.ip_version.tolist(), strict=True)
    ]
    weights = {
        "bytes": cap.length.tolist(),
        "packets": [1] * len(cap),
        "connections": [int(flags & 18 == 2) for flags in cap.tcp_flags.tolist()],
    }[value]
    expected = naive(cap, seconds, protocols.__getitem__, weights.__getitem__)
    found = cap.timeline(f"{seconds}s", value=value)
    starts = (found.time.view(np.int64) // (seconds * 10**9)).tolist()
    assert starts == list(range(starts[0], starts[-1] + 1))
    for name, column in found.series.items():
        assert dict(zip(starts, column.tolist(), strict=True)) == {s: expected[name][s] for s in starts}, name
    assert int(found.total.sum()) == sum(weights)


def test_the_tutorial_s_connections_per_minute(lab):
    """Counted as the tutorial does: every TCP packet of a minute."""
    cap = pf.read_pcap(lab)
    expected = collections.Counter()
    for moment in cap.tcp.timestamp.astype("datetime64[s]").astype(np.int64).tolist():
        expected[time.strftime("%Y-%m-%d %H:%M", time.gmtime(moment))] += 1
    found = cap.tcp.timeline("1min", value="packets")
    minutes = [str(moment)[:16].replace("T", " ") for moment in found.time]
    assert dict(zip(minutes, found["TCP"].tolist(), strict=True)) == expected


def test_groups_of_a_column(lab):
    cap = pf.read_pcap(lab)
    found = cap.timeline("1h", by="dport", value="bytes", top=3)
    names = [str(p) if layers & 0x3E00 else "none" for p, layers in zip(cap.dport.tolist(), cap.layers.tolist(), strict=True)]
    sums = collections.Counter()
    for name, length in zip(names, cap.length.tolist(), strict=True):
        sums[name] += length
    assert {name: int(column.sum()) for name, column in found.series.items() if name != "other"} == dict(sums.most_common(3))
    assert int(found.total.sum()) == int(cap.length.sum())
    hosts = cap.timeline("1h", by="src", value="packets", top=2)
    assert hosts["10.20.0.66"].sum() == (cap.src == "10.20.0.66").sum()
    assert list(cap.timeline("1h", by=None).series) == ["all"]


def test_forms(lab):
    found = pf.read_pcap(lab).timeline("1min", value="packets")
    frame = found.to_pandas()
    assert frame["TCP"].sum() == found["TCP"].sum()
    assert frame.index.name == "time"
    rows = found.to_rows()
    assert rows[0]["time"] == "2026-11-23T21:51:00Z"
    assert sum(row["TCP"] for row in rows) == found["TCP"].sum()
    assert "packets" in repr(found)
    assert pf.read_pcap(lab)[:0].timeline("1s").to_rows() == []
    assert pf.read_pcap(lab).timeline("1d").to_rows()[0]["time"] == "2026-11-23T00:00:00Z"


@pytest.mark.parametrize(
    ("interval", "nanoseconds"),
    [
        ("1s", 10**9),
        ("500ms", 5 * 10**8),
        ("1.5 min", 90 * 10**9),
        ("h", 3600 * 10**9),
        ("1d", 86400 * 10**9),
        ("3us", 3000),
        (2, 2 * 10**9),
        (0.25, 25 * 10**7),
        (datetime.timedelta(minutes=2), 120 * 10**9),
        (np.timedelta64(7, "ms"), 7 * 10**6),
    ],
)
def test_intervals(interval, nanoseconds):
    assert interval_nanoseconds(interval) == nanoseconds


@pytest.mark.parametrize(
    "interval", ["", "soon", "0s", "-1s", 0, -3, "1e9s", "9" * 400 + "d", float("nan"), float("inf"), "300000d"]
)
def test_what_is_no_interval(interval):
    with pytest.raises(ValueError, match="interval is"):
        interval_nanoseconds(interval)


def test_bad_arguments():
    cap = pf.read_pcap(EACH)
    with pytest.raises(ValueError, match="value is 'size'"):
        cap.timeline("1s", value="size")
    with pytest.raises(pf.UnknownColumnError):
        cap.timeline("1s", by="nonsense")
    with pytest.raises(ValueError, match=r"70,000,000,001 intervals; choose a longer one"):
        cap.timeline("1ns")


def test_times_at_the_ends_of_their_range():
    offsets = [option(14, offset.to_bytes(8, "little", signed=True)) for offset in (-(2**62), -5, 2**62)]
    parts = [section(), *(interface(options=offset) for offset in offsets)]
    parts += [enhanced(i, 10**6, assorted()[0]) for i in range(3)]
    cap = pf.read_pcap(b"".join(parts))
    for part in (cap[:1], cap[2:], cap[1:2]):
        for interval in ("1ns", "1d", "100000d"):
            found = part.timeline(interval, value="packets")
            assert found.total.tolist() == [1]
            assert not np.isnat(found.time).any()
        part.plot.traffic()
        part.plot.packet_sizes()
        plt.close("all")
    assert cap.timeline("36500d", value="packets").total.sum() == 3


def test_bins_beyond_a_piece(monkeypatch):
    """Pieces of a large capture add up."""
    cap = pf.read_pcap(pcap([(i, 0, frame) for i, frame in enumerate(assorted() * 500)]))
    whole = cap.timeline("10s", value="bytes")
    monkeypatch.setattr("pcapframe.timeline.PIECE", 777)
    pieces = cap.timeline("10s", value="bytes")
    assert whole.series.keys() == pieces.series.keys()
    assert all((whole[name] == pieces[name]).all() for name in whole.series)


def test_bin_sums_refuses_what_does_not_fit():
    zeros = np.zeros(3, np.int64), np.zeros(2, np.uint32)
    with pytest.raises(ValueError, match="differ in length"):
        _core.bin_sums(*zeros, None, start=0, width=1, count=1, group_count=1)
    with pytest.raises(ValueError, match="width is 0"):
        _core.bin_sums(zeros[0], zeros[1].repeat(2)[:3], None, start=0, width=0, count=1, group_count=1)


# What is drawn: title, axes with units, legend, colours, and the numbers of the table.


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_traffic_draws_the_timeline(lab):
    cap = pf.read_pcap(lab)
    ax = cap.plot.traffic(interval="5s", value="packets")
    sums = cap.timeline("5s", value="packets")
    assert [patch.get_label() for patch in ax.patches] == list(sums.series)
    below = np.zeros(len(sums))
    for patch in ax.patches:
        values, edges, baseline = patch.get_data()
        assert (baseline == below).all()
        assert (values - baseline == sums[patch.get_label()]).all()
        assert (edges[:-1] == matplotlib.dates.date2num(sums.time)).all() or (edges[:-1] == sums.time).all()
        below = values
    assert ax.get_title() == "Traffic by protocol"
    assert ax.get_ylabel() == "packets per 5 s"
    assert ax.get_xlabel() == "time (UTC)"
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list(sums.series)
    colors = {patch.get_facecolor() for patch in ax.patches}
    assert len(colors) == len(sums.series)


def test_plots_draw_on_the_axes_they_are_given(lab):
    cap = pf.read_pcap(lab)
    _, axes = plt.subplots(2)
    assert cap.plot.traffic(ax=axes[0]) is axes[0]
    assert cap.plot.packet_sizes(ax=axes[1]) is axes[1]
    assert "bytes per s" in axes[0].get_ylabel()
    assert axes[1].get_ylabel() == "length on the wire (bytes)"
    assert len(plt.get_fignums()) == 1


@pytest.mark.parametrize("count", [0, 1, 2, 10])
def test_few_packets(count):
    cap = pf.read_pcap(EACH)[:count]
    for plot in (cap.plot.traffic, cap.plot.packet_sizes):
        ax = plot()
        assert ax.get_title()
        if count == 0:
            assert "no packets" in [text.get_text() for text in ax.texts]
        ax.figure.canvas.draw()
    if count == 2:
        assert sum(len(line.get_xdata()) for line in ax.lines) == 2


def test_many_packets_are_counted_and_not_drawn_one_by_one():
    frames = [ethernet(ipv4(tcp(1, 2, 16, bytes(100 * (i % 9))), 6)) for i in range(90)] + [ethernet(ipv4(udp(1, 2), 17))] * 10
    cap = pf.read_pcap(pcap([(i // 50, i % 50, frame) for i, frame in enumerate(frames * 80)]))
    ax = cap.plot.packet_sizes()
    (mesh,) = ax.collections
    assert int(mesh.get_array().sum()) == len(cap)
    assert not ax.lines
    ax.figure.canvas.draw()


def test_minutes_begin_at_full_minutes():
    found = pf.read_pcap(EACH).timeline("1min", value="packets")
    assert found.time.astype(str).tolist() == ["1970-01-01T00:01:00.000000000", "1970-01-01T00:02:00.000000000"]
    assert found.total.tolist() == [6, 2]
