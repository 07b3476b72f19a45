"""Plots of packets, against numbers counted packet by packet."""

from __future__ import annotations

import collections
import datetime
import inspect
import itertools

import matplotlib.dates
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

import pcapframe as pf
from frames import assorted, ethernet, icmp, ipv4, pcap, tcp, udp
from pcapframe import plot
from pcapframe.plot import _rows, _style
from pcapframe.timeline import PROTOCOLS

START = 1_700_000_000
EACH = pcap([(START + 10 * i, 0, frame) for i, frame in enumerate(assorted())])
TCP, PORTS = 512, 0x3E00


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def cap(lab):
    return pf.read_pcap(lab)


def stacks(ax):
    """What each group adds on top of those below."""
    found, below = {}, 0
    for patch in ax.patches:
        values, edges, baseline = patch.get_data()
        assert (baseline == below).all()
        found[patch.get_label()] = (values - baseline, edges)
        below = values
    return found


def labels(ticks):
    return [label.get_text() for label in ticks]


def texts(ax):
    return [text.get_text() for text in ax.texts]


@pytest.mark.parametrize("value", ["bytes", "packets", "connections"])
def test_talkers(cap, value):
    sent, received = collections.Counter(), collections.Counter()
    weights = {
        "bytes": cap.length.tolist(),
        "packets": [1] * len(cap),
        "connections": [int(flags & 18 == 2) for flags in cap.tcp_flags.tolist()],
    }[value]
    for src, dst, weight in zip(cap.src, cap.dst, weights, strict=True):
        sent[src] += weight
        received[dst] += weight
    both = collections.Counter(sent)
    both.update(received)
    ax = cap.plot.top_talkers(value=value, top=5)
    names = labels(ax.get_yticklabels())
    assert [both[name] for name in names] == [count for _, count in both.most_common(5)]
    out, into = ax.containers
    assert [bar.get_width() for bar in out] == [sent[name] for name in names]
    assert [bar.get_width() for bar in into] == [received[name] for name in names]
    assert [bar.get_x() for bar in into] == [sent[name] for name in names]
    assert ax.get_xlabel() == value


def test_connections(cap):
    counts = collections.Counter(zip(cap.src, cap.dst, strict=True))
    ax = cap.plot.connections(top=6)
    (mesh,) = ax.collections
    senders, receivers = labels(ax.get_yticklabels()), labels(ax.get_xticklabels())
    assert (len(senders), senders[-1], receivers[-1]) == (7, "other", "other")
    assert senders[:3] == [name for name, _ in collections.Counter(cap.src).most_common(3)]
    expected = collections.Counter()
    for (src, dst), count in counts.items():
        expected[src if src in senders else "other", dst if dst in receivers else "other"] += count
    drawn = mesh.get_array().filled(0)
    assert {(s, r): drawn[i, j] for i, s in enumerate(senders) for j, r in enumerate(receivers) if drawn[i, j]} == expected
    assert drawn.sum() == len(cap)
    assert isinstance(mesh.norm, matplotlib.colors.LogNorm)
    by_size = cap.plot.connections(value="bytes", top=6).collections[0].get_array()
    assert by_size.sum() == cap.length.sum()


def test_packets_without_addresses_are_no_connections():
    cap = pf.read_pcap(EACH)
    ax = cap.plot.connections()
    assert ax.collections[0].get_array().sum() == np.count_nonzero(cap.src.codes) == 7
    assert "other" not in labels(ax.get_yticklabels())
    few = cap.plot.connections(top=1)
    assert (labels(few.get_yticklabels())[-1], few.collections[0].get_array().sum()) == ("other", 7)
    assert "no packets between addresses" in texts(cap[-1:].plot.connections())
    assert "no bytes of hosts with addresses" in texts(cap[-1:].plot.top_talkers())


def test_protocol_mix(cap):
    ax = cap.plot.protocol_mix()
    sums = {name: int(values.sum()) for name, values in cap.timeline("1d").series.items()}
    (bars,) = ax.containers
    assert labels(ax.get_yticklabels()) == list(sums)
    shares = [100 * part / int(cap.length.sum()) for part in sums.values()]
    assert [bar.get_width() for bar in bars] == pytest.approx(shares)
    assert min(shares) > 0.1
    assert texts(ax) == [f"{share:.1f} %" for share in shares]
    little = pf.read_pcap(pcap([(START, 0, frame) for frame in [segment(80)] * 2000 + [datagram(1)]]))
    assert texts(little.plot.protocol_mix(value="packets")) == ["100.0 %", "< 0.1 %"]
    assert ax.get_xlabel() == "percent of 3.27 MB"
    assert labels(cap.plot.protocol_mix(by="dport", value="packets", top=2).get_yticklabels())[-1] == "other"


@pytest.mark.parametrize(("scale", "port"), [("log", "dport"), ("linear", "dport"), ("log", "sport")])
def test_ports_over_time(cap, scale, port):
    ax = cap.plot.port_activity(scale=scale, port=port)
    (mesh,) = ax.collections
    drawn = mesh.get_array().filled(0)
    corners = mesh.get_coordinates()
    edges, times = corners[:, 0, 1], corners[0, :, 0]
    found = (cap.layers & PORTS) != 0
    expected, _, _ = np.histogram2d(cap[port][found], matplotlib.dates.date2num(cap.timestamp[found]), [edges, times])
    assert drawn.sum() == found.sum()
    assert (drawn.sum(axis=1) == expected.sum(axis=1)).all()
    # Times as matplotlib has them are rounded, so that a few packets fall on the other side of an edge.
    assert np.abs(drawn - expected).sum() <= 0.01 * len(cap)
    assert (drawn.sum(axis=1)[[0, -1]] > 0).all()
    assert ax.get_ylabel() == {"dport": "destination port", "sport": "source port"}[port]


def test_every_port_is_in_a_bin():
    frames = [ethernet(ipv4(tcp(9, port, 2), 6)) for port in range(1 << 16)]
    cap = pf.read_pcap(pcap([(START + i // 100, i, frame) for i, frame in enumerate(frames)]))
    for scale in ("log", "linear"):
        ax = cap.plot.port_activity(scale=scale)
        (mesh,) = ax.collections
        edges = mesh.get_coordinates()[:, 0, 1]
        assert (edges[0], edges[-1]) == (-0.5, 65535.5)
        assert (mesh.get_array().filled(0).sum(axis=1) == np.diff(edges)).all()
    names = [int(name) for name in labels(cap.plot.port_activity().get_yticklabels())]
    assert {0, 80, 443, 65535} <= set(names)


def test_few_packets_with_ports_are_dots():
    cap = pf.read_pcap(EACH)
    (dots,) = cap.plot.port_activity().lines
    assert dots.get_ydata().tolist() == [80, 1234, 53, 2]
    assert "no packets with ports" in texts(cap.icmp.plot.port_activity())


def test_flags(cap):
    ax = cap.plot.tcp_flags(interval="5s")
    flags, places = cap.tcp_flags, cap.timestamp.view(np.int64) // (5 * 10**9)
    kinds = {"SYN": flags & 18 == 2, "SYN-ACK": flags & 18 == 18, "FIN": flags & 1 == 1, "RST": flags & 4 == 4}
    assert [patch.get_label() for patch in ax.patches] == list(kinds)
    for patch in ax.patches:
        counts, _, _ = patch.get_data()
        assert counts.tolist() == np.bincount(places[kinds[patch.get_label()]] - places.min(), minlength=len(counts)).tolist()
    assert len({(patch.get_edgecolor(), patch.get_linestyle()) for patch in ax.patches}) == 4
    assert ax.get_ylabel() == "packets per 5 s"
    assert "no SYN, FIN or RST" in texts(cap.udp.plot.tcp_flags())


def test_a_packet_with_several_flags_counts_for_each():
    cap = pf.read_pcap(pcap([(START, 0, ethernet(ipv4(tcp(1, 2, 0x1FF), 6))), (START, 1, ethernet(ipv4(tcp(1, 2, 3), 6)))]))
    counts = {patch.get_label(): patch.get_data()[0].tolist() for patch in cap.plot.tcp_flags(interval="1s").patches}
    assert counts == {"SYN": [1], "SYN-ACK": [1], "FIN": [2], "RST": [1]}


def test_size_histogram(cap):
    ax = cap.plot.size_histogram()
    found = stacks(ax)
    edges = next(iter(found.values()))[1]
    assert np.diff(edges).tolist() == [20] * (len(edges) - 1)
    assert (found["TCP"][0] == np.histogram(cap.tcp.length, edges)[0]).all()
    assert sum(counts.sum() for counts, _ in found.values()) == len(cap)
    assert ax.get_ylabel() == "packets per 20 bytes"


@pytest.mark.parametrize(
    ("longest", "width"), [(1, 1), (99, 1), (100, 2), (199, 2), (200, 5), (65535, 1000), (2**32 - 1, 50_000_000)]
)
def test_widths_of_sizes(longest, width):
    data = assorted()[0]
    cap = pf.read_pcap(pcap([(START, 0, data[:longest], longest)]))
    found = stacks(cap.plot.size_histogram())
    ((counts, edges),) = found.values()
    assert np.diff(edges).tolist() == [width] * len(counts)
    assert (len(counts), counts[-1], counts.sum()) == (longest // width + 1, 1, 1)


def test_few_giants_leave_room_for_the_others():
    lengths = [*range(60, 1510)] * 2 + [60_000, 65_535]
    cap = pf.read_pcap(pcap([(START + i, 0, segment(80), length) for i, length in enumerate(lengths)]))
    ax = cap.plot.size_histogram()
    ((counts, edges),) = stacks(ax).values()
    assert (counts == np.histogram(lengths, edges)[0]).all()
    assert (counts.sum(), edges[-1]) == (len(cap) - 2, 1520)
    assert ax.get_title() == "Packet sizes (0.07 % are longer, up to 65,535 bytes)"
    # Over time they have a log scale, for dots and for many packets.
    assert len(cap) <= _rows.DOTS
    few = labels(cap.plot.packet_sizes().get_yticklabels())
    assert {"100", "1500", "65535"} <= set(few)
    many = cap[np.tile(np.arange(len(cap)), 2)]
    ax = many.plot.packet_sizes()
    (mesh,) = ax.collections
    edges = mesh.get_coordinates()[:, 0, 1]
    assert (mesh.get_array().filled(0).sum(axis=1) == np.histogram(many.length, edges)[0]).all()
    assert mesh.get_array().sum() == len(many)
    assert labels(ax.get_yticklabels()) == few


@pytest.mark.parametrize("size", [(3, 2), (4.5, 2.6), (10, 4.5)])
def test_no_cell_is_too_narrow_to_be_seen(size):
    """A scan of all ports is a line without gaps, at the least resolution that there is."""
    frames = [ethernet(ipv4(tcp(9, port, 2), 6)) for port in range(1 << 16)]
    cap = pf.read_pcap(pcap([(START + i // 100, i % 100 * 10_000, frame) for i, frame in enumerate(frames)]))
    figure, ax = plt.subplots(figsize=size, dpi=72, layout="constrained")
    cap.plot.port_activity(scale="linear", ax=ax)
    figure.canvas.draw()
    box = ax.get_window_extent()
    picture = np.asarray(figure.canvas.buffer_rgba())[::-1, :, :3]
    inside = picture[round(box.y0) + 2 : round(box.y1) - 2, round(box.x0) + 2 : round(box.x1) - 2]
    blue = (inside[..., 2].astype(int) - inside[..., 0]) > 20
    assert blue.any(axis=0).mean() > 0.99
    assert blue.any(axis=1).mean() > 0.99


def test_there_are_no_thousandths_of_bytes():
    ax = pf.read_pcap(pcap([(START + i, 0, ethernet(ipv4(icmp(), 1))) for i in range(50)])).plot.seasonal()
    ax.figure.canvas.draw()
    trend, residual = ([label.get_text() for label in panel.get_yticklabels()] for panel in ax.child_axes[1::2])
    assert "0.92 B" in trend
    assert "\N{MINUS SIGN}0.05 B" in residual
    assert not any("mB" in text for text in trend + residual)


def test_scatter_draws_packets(cap):
    part = cap[:2000]
    ax = part.plot.scatter3d()
    points = [tuple(point) for group in ax.collections for point in np.stack(group._offsets3d, axis=1).tolist()]
    names = labels(ax.get_yticklabels())
    assert sorted(names) == sorted({"TCP", "UDP", "ICMP", "ICMPv6", "ARP"} & set(names))
    expected = zip(part.dport.tolist(), part.length.tolist(), strict=True)
    assert collections.Counter((round(np.expm1(x)), z) for x, _, z in points) == collections.Counter(expected)
    where = collections.Counter(names[int(y)] for x, y, _ in points if round(np.expm1(x)) == 53)
    assert where == {"UDP": (part.udp.dport == 53).sum(), "TCP": (part.tcp.dport == 53).sum()}


def test_scatter_draws_a_sample_that_follows_from_the_seed(cap):
    def drawn(**options):
        return [np.stack(group._offsets3d).tolist() for group in cap.plot.scatter3d(points=300, **options).collections]

    first = drawn()
    assert sum(len(group[0]) for group in first) == 300
    assert drawn() == first
    assert drawn(seed=1) != first


def test_season_of_a_known_series():
    """A line, a wave of four steps and nothing else come out as they went in."""
    wave = np.tile([3.0, -1, -4, 2], 10)
    line = 5 + 0.5 * np.arange(40)
    trend, season, rest = plot.decompose(line + wave, 4)
    assert np.isnan(trend).tolist() == [True] * 2 + [False] * 36 + [True] * 2
    assert trend[2:-2] == pytest.approx(line[2:-2])
    assert season == pytest.approx(wave)
    assert rest[2:-2] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("period", [2, 3, 4, 7, 12])
def test_decomposition_by_its_definition(period):
    values = np.random.default_rng(period).normal(100, 20, 41)
    trend, season, rest = plot.decompose(values, period)
    half = period // 2
    for place in range(half, len(values) - half):
        around = values[place - half : place + half + 1]
        weights = np.ones(len(around))
        weights[[0, -1]] = 1 if period % 2 else 0.5
        assert trend[place] == pytest.approx(np.average(around, weights=weights))
    means = [np.nanmean((values - trend)[place::period]) for place in range(period)]
    assert season == pytest.approx([means[place % period] - np.mean(means) for place in range(len(values))])
    known = slice(half, len(values) - half)
    assert (trend + season + rest)[known] == pytest.approx(values[known])


@pytest.mark.parametrize(("count", "period"), [(3, 2), (10, 1), (10, 6), (0, 2)])
def test_what_cannot_be_decomposed(count, period):
    with pytest.raises(ValueError, match=f"period is {period}, but must be at least 2 and at most half of the {count} values"):
        plot.decompose(np.zeros(count), period)


def test_seasonal_draws_the_parts(cap):
    ax = cap.plot.seasonal(period="1min", interval="2s", value="packets")
    values = cap.timeline("2s", None, "packets").total.astype(float)
    expected = [values, *plot.decompose(values, 30)]
    assert [texts(panel) for panel in ax.child_axes] == [["observed"], ["trend"], ["seasonal"], ["residual"]]
    for panel, series in zip(ax.child_axes, expected, strict=True):
        (line,) = panel.lines
        assert np.allclose(line.get_ydata(), series, equal_nan=True, atol=1e-6)
    assert ax.get_title() == "Packets per 2 s with a period of 1 min"
    assert cap.plot.seasonal().get_title() == "Bytes per s with a period of 1 min"
    assert texts(cap[:10].plot.seasonal(period="1h")) == ["shorter than two periods of 1 h"]


def test_parts_of_a_packet_are_decimals(cap):
    """A mean of packets that come every other interval is half a packet, and not 500 milli."""
    ax = cap[:200].plot.seasonal(period="200ms", interval="10ms", value="packets")
    ax.figure.canvas.draw()
    labels = [label.get_text() for panel in ax.child_axes for label in panel.get_yticklabels()]
    assert any("0." in label for label in labels)
    assert not any("m" in label for label in labels)


@pytest.mark.parametrize("period", ["1s", "2s", "7s", "1min", "1h", "1d", "7d", "1.1ms", "30ns"])
def test_intervals_that_a_period_is_cut_into(period):
    cap = pf.read_pcap(EACH)[:0]
    assert cap.plot.seasonal(period=period).get_title().startswith("Bytes per ")


def test_periods_that_are_none(cap):
    for options in ({"period": "1min", "interval": "7s"}, {"period": "1s", "interval": "1s"}, {"period": "1ns"}):
        with pytest.raises(ValueError, match=r"period is .*, but must be two or more whole intervals of"):
            cap.plot.seasonal(**options)


def test_traffic_by_port_and_host(cap):
    ax = cap.plot.traffic(interval="1min", by="port", value="packets", top=3)
    lower = np.where((cap.layers & PORTS) != 0, np.minimum(cap.sport, cap.dport).astype(int), -1)
    counts = collections.Counter("none" if number < 0 else str(number) for number in lower.tolist())
    found = {name: values.sum() for name, (values, _) in stacks(ax).items()}
    assert {name: count for name, count in found.items() if name != "other"} == dict(counts.most_common(3))
    assert sum(found.values()) == len(cap)
    hosts = cap.timeline("1min", by="host", value="packets", top=3)
    senders = cap.timeline("1min", by="src", value="packets", top=3)
    assert {name: values.tolist() for name, values in hosts.series.items()} == {n: v.tolist() for n, v in senders.series.items()}


@pytest.mark.parametrize("column", ["sport", "dport", "icmp_type", "ip_version", "length", "stop", "layers"])
def test_groups_of_any_column(cap, column):
    present = cap._frame.present(column)
    counts = collections.Counter(
        str(number) if present is None or present[row] else "none" for row, number in enumerate(cap[column].tolist())
    )
    sums = cap.timeline("1d", by=column, value="packets", top=10**6)
    assert {name: int(values.sum()) for name, values in sums.series.items()} == counts


# Windows.

MIDDLE = "2026-11-23T21:52:30"


def kinds():
    return [name for name in vars(plot.CapturePlots) if not name.startswith("_")]


def test_every_plot_of_packets_is_a_method():
    functions = {name for name in plot.__all__ if "table" in inspect.signature(getattr(plot, name)).parameters}
    assert functions == set(kinds())
    for name in kinds():
        expected = dict(inspect.signature(getattr(plot, name)).parameters)
        del expected["table"]
        found = dict(inspect.signature(getattr(plot.CapturePlots, name)).parameters)
        del found["self"]
        assert {n: p.default for n, p in found.items()} == {n: p.default for n, p in expected.items()}


@pytest.mark.parametrize(
    ("moment", "nanoseconds"),
    [
        ("1970-01-01T00:00:01", 10**9),
        ("1970-01-01T00:00:01Z", 10**9),
        ("1970-01-01T01:00:01+01:00", 10**9),
        ("1970-01-01T00:00:00.000000007", 7),
        ("1970-01-02", 86400 * 10**9),
        (np.datetime64(5, "ns"), 5),
        (np.datetime64(5, "s"), 5 * 10**9),
        (datetime.datetime(1970, 1, 1, 0, 0, 2), 2 * 10**9),
        (datetime.datetime(1970, 1, 1, 0, 0, 2, tzinfo=datetime.timezone(datetime.timedelta(hours=-1))), 3602 * 10**9),
        (pd.Timestamp(9, unit="ns"), 9),
        (pd.Timestamp("1970-01-01T02:00", tz="Europe/Berlin"), 3600 * 10**9),
        ("9999-01-01", 253370764800 * 10**9),
    ],
)
def test_moments(moment, nanoseconds):
    assert _rows.nanoseconds(moment, "start") == nanoseconds


@pytest.mark.parametrize("moment", ["", "soon", 5, np.datetime64("NaT"), None, "2026-13-01"])
def test_what_is_no_moment(moment):
    with pytest.raises(ValueError, match=r"end is .*, but must be a time such as '2026"):
        _rows.nanoseconds(moment, "end")


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (None, MIDDLE),
        (MIDDLE, None),
        (MIDDLE, "2026-11-23T21:53"),
        ("1600-01-01", "3000-01-01"),
        ("3000-01-01", None),
        (None, "1600"),
    ],
)
@pytest.mark.parametrize("order", ["forward", "backward"])
def test_windows(cap, start, end, order):
    if order == "backward":
        cap = cap[::-1]
    times = cap.timestamp.astype("datetime64[us]")
    expected = np.ones(len(cap), bool)
    if start is not None:
        expected &= times >= np.datetime64(start, "us")
    if end is not None:
        expected &= times < np.datetime64(end, "us")
    found = _rows.window(cap, start, end)
    assert found.timestamp.tolist() == cap.timestamp[expected].tolist()


def test_a_window_of_packets_out_of_order():
    cap = pf.read_pcap(pcap([(START + second, 0, assorted()[0]) for second in (5, 1, 9, 2, 5, 8)]))
    moments = (np.datetime64(START + second, "s") for second in (2, 9))
    assert (_rows.window(cap, *moments).timestamp.view(np.int64) // 10**9 - START).tolist() == [5, 2, 5, 8]


@pytest.mark.parametrize("kind", kinds())
def test_a_window_draws_what_the_part_draws(cap, kind):
    window = {"start": MIDDLE, "end": "2026-11-23T21:54:20"}
    part = cap[(cap.timestamp >= np.datetime64(window["start"])) & (cap.timestamp < np.datetime64(window["end"]))]
    assert 0 < len(part) < len(cap)
    drawn = [pixels(getattr(captured.plot, kind)(**options)) for captured, options in ((cap, window), (part, {}), (cap, {}))]
    assert drawn[0] == drawn[1]
    assert drawn[0] != drawn[2]


def pixels(ax):
    ax.figure.canvas.draw()
    return bytes(ax.figure.canvas.buffer_rgba())


def test_bad_arguments(cap):
    for kind in ("top_talkers", "connections", "protocol_mix", "traffic", "seasonal"):
        with pytest.raises(ValueError, match="value is 'size'"):
            getattr(cap.plot, kind)(value="size")
    with pytest.raises(ValueError, match="port is 'src'"):
        cap.plot.port_activity(port="src")
    with pytest.raises(ValueError, match="port is 'src'"):
        cap.plot.scatter3d(port="src")
    with pytest.raises(ValueError, match="scale is 'cubic'"):
        cap.plot.port_activity(scale="cubic")
    with pytest.raises(ValueError, match="points is 0"):
        cap.plot.scatter3d(points=0)
    with pytest.raises(ValueError, match="ax is flat"):
        cap.plot.scatter3d(ax=plt.subplots()[1])
    with pytest.raises(ValueError, match="intervals; choose a longer one"):
        cap.plot.tcp_flags(interval="1ns")


def test_columns_that_were_not_read(lab):
    cap = pf.read_pcap(lab, columns=["timestamp", "length"])
    with pytest.raises(AttributeError, match='column "tcp_flags" was not read; read it with'):
        cap.plot.tcp_flags()
    assert cap.plot.traffic(by=None).patches


@pytest.mark.parametrize(
    ("kind", "columns"),
    [
        ("packet_sizes", ["timestamp", "length", "protocol", "layers"]),
        ("size_histogram", ["length", "protocol", "layers"]),
        ("protocol_mix", ["timestamp", "length", "protocol", "layers"]),
        ("top_talkers", ["src", "dst", "length"]),
        ("connections", ["src", "dst"]),
        ("port_activity", ["timestamp", "dport"]),
        ("tcp_flags", ["timestamp", "tcp_flags"]),
        ("scatter3d", ["length", "protocol", "layers", "dport"]),
        ("seasonal", ["timestamp", "length"]),
    ],
)
def test_the_columns_that_the_documentation_names_are_enough(lab, cap, kind, columns):
    part = pf.read_pcap(lab, columns=columns)
    assert pixels(getattr(part.plot, kind)()) == pixels(getattr(cap.plot, kind)())


@pytest.mark.parametrize("kind", kinds())
def test_pieces_add_up(monkeypatch, cap, kind):
    whole = pixels(getattr(cap.plot, kind)())
    monkeypatch.setattr("pcapframe.plot._rows.PIECE", 7777)
    monkeypatch.setattr("pcapframe.timeline.PIECE", 7777)
    assert pixels(getattr(cap.plot, kind)()) == whole


# Sizes, backgrounds and odd captures.


@pytest.fixture(scope="module")
def captures(lab):
    cap = pf.read_pcap(lab)
    pings = [ethernet(ipv4(icmp(), 1, f"10.0.0.{i % 5 + 1}")) for i in range(50)]
    return {
        "none": cap[:0],
        "one": cap[5000:5001],
        "ten": cap[5000:5010],
        "ICMP": pf.read_pcap(pcap([(START + i, 0, frame) for i, frame in enumerate(pings)])),
        "IPv6": cap.ipv6,
        "backwards": pf.read_pcap(pcap([(START - 3 * i, 0, frame) for i, frame in enumerate(assorted() * 40)])),
        "all ports": pf.read_pcap(pcap([(START, port, segment(port)) for port in range(1 << 16)])),
        "one flow": pf.read_pcap(pcap([(START, i, segment(80)) for i in range(50)])),
        "giants": pf.read_pcap(pcap([(START + i, 0, segment(80), 60 if i % 100 else 60_000) for i in range(5000)])),
        "many protocols": pf.read_pcap(pcap([(START + i, 0, frame) for i, frame in enumerate(protocols() * 5)])),
        "one instant": pf.read_pcap(pcap([(START, 0, frame) for frame in assorted() * 500])),
        "1970": pf.read_pcap(pcap([(0, 0, frame) for frame in assorted()])),
        "lab": cap,
    }


def segment(port):
    return ethernet(ipv4(tcp(40000, port, 2), 6))


def datagram(port):
    return ethernet(ipv4(udp(40000, port), 17))


def protocols():
    """A packet of each protocol that has a name, and one of another."""
    return [*assorted(), *(ethernet(ipv4(bytes(40), number)) for number in (*PROTOCOLS, 99))]


@pytest.mark.parametrize(("kind", "size"), [*itertools.product(kinds(), [(3, 2), (16, 9)]), ("scatter3d", (8, 6))])
def test_nothing_is_cut_or_hides_another(captures, kind, size):
    """Every text is within the figure, and no label of an axis touches the next."""
    seen = 0
    for name, cap in captures.items():
        projection = "3d" if kind == "scatter3d" else None
        figure, ax = plt.subplots(figsize=size, layout="constrained", subplot_kw={"projection": projection})
        assert getattr(cap.plot, kind)(ax=ax) is ax
        figure.canvas.draw()
        assert ax.get_title(), name
        seen += inspect_texts(figure, ax, name)
        plt.close(figure)
    assert seen >= 10


def inspect_texts(figure, ax, name):
    seen = 0
    panels = [*figure.axes, *ax.child_axes]
    flat = [axis for axes in panels for axis in (axes.xaxis, axes.yaxis) if not hasattr(axes, "zaxis")]
    for axis in flat:
        boxes = [label.get_window_extent() for label in visible_ticks(axis)]
        along = sorted((box.x0, box.x1) if axis.axis_name == "x" else (box.y0, box.y1) for box in boxes)
        touching = [(a, b) for a, b in itertools.pairwise(along) if a[1] > b[0] + 0.5]
        assert not touching, (name, axis)
        below, beside = axis.label.get_window_extent(), axis.offsetText.get_window_extent()
        assert not (axis.offsetText.get_text() and axis.axis_name == "x" and below.overlaps(beside)), name
    writing = [
        ax.title,
        *(axis.label for axis in flat),
        *(text for axes in panels for text in axes.texts),
        *(label for axis in flat for label in visible_ticks(axis)),
    ]
    legend = ax.get_legend()
    writing += legend.get_texts() if legend else []
    for text in writing:
        if text.get_text():
            seen += 1
            box = text.get_window_extent()
            assert box.x0 >= -1, (name, text)
            assert box.y0 >= -1, (name, text)
            assert box.x1 <= figure.bbox.x1 + 1, (name, text)
            assert box.y1 <= figure.bbox.y1 + 1, (name, text)
    return seen


def visible_ticks(axis):
    low, high = sorted(axis.get_view_interval())
    ticks = [tick for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]
    return [
        tick.label1 if tick.label1.get_visible() else tick.label2
        for tick in ticks
        if tick.label1.get_text() or tick.label2.get_text()
    ]


def test_colors_suit_the_background():
    names = [str(number) for number in range(8)]
    with plt.style.context("dark_background"):
        dark = _style.colors(plt.subplots()[1], names)
    light = _style.colors(plt.subplots()[1], names)
    protocols = [*PROTOCOLS.values(), "ARP", "other"]
    assert len(set(_style.colors(plt.subplots()[1], protocols))) == len(protocols) == 10
    assert "#000000" in light
    assert "#000000" not in dark
    assert len(set(dark)) == len(set(light)) == 8


def test_a_single_packet_is_seen(lab):
    cap = pf.read_pcap(lab)[5000:5001]
    ((values, edges),) = stacks(cap.plot.traffic()).values()
    assert (len(values), 86400 * np.ptp(edges)) == (1, pytest.approx(1, abs=1e-5))
    for kind in ("packet_sizes", "port_activity"):
        low, high = getattr(cap.plot, kind)().get_xlim()
        assert 86400 * (high - low) < 1
