"""Plots of flows and alerts, from whatever table they come in."""

from __future__ import annotations

import dataclasses
import itertools

import matplotlib.dates
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import pcapframe as pf
from pcapframe import plot
from pcapframe.plot import _records

BASE = np.datetime64("2026-11-23T21:52:00", "ns")
FLOWS = {
    "first_seen": BASE + np.array([0, 10, 5, 60], "timedelta64[s]"),
    "last_seen": BASE + np.array([30, 10, 6, 200], "timedelta64[s]"),
    "src": np.array(["10.0.0.1", "10.0.0.2", "fd00::1", "10.0.0.3"], object),
    "dst": np.array(["10.0.0.9"] * 4, object),
    "dport": np.array([80, 53, 0, 443], np.uint16),
    "protocol": np.array([6, 17, 58, 6], np.uint8),
}
ALERTS = {
    "first_seen": FLOWS["first_seen"],
    "last_seen": FLOWS["last_seen"],
    "kind": np.array(["port_scan", "beacon", "arp_spoof", "port_scan"], object),
    "severity": np.array(["high", "low", "medium", "critical"], object),
}
FORMS = {
    "mapping": dict,
    "pandas": pd.DataFrame,
    "pandas in a time zone": lambda columns: pd.DataFrame(columns).assign(
        first_seen=lambda frame: frame["first_seen"].dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo")
    ),
    "polars": pl.DataFrame,
    "pyarrow": pa.table,
    "nanoseconds": lambda columns: columns | {name: columns[name].view(np.int64) for name in ("first_seen", "last_seen")},
    "seconds": lambda columns: columns | {name: columns[name].view(np.int64) / 1e9 for name in ("first_seen", "last_seen")},
    "texts": lambda columns: (
        columns | {name: np.char.add(columns[name].astype(str), "Z") for name in ("first_seen", "last_seen")}
    ),
}


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def texts(ax):
    return [text.get_text() for text in ax.texts]


def seconds(ax):
    """Begin and length of each bar, in seconds from the base."""
    base = matplotlib.dates.date2num(BASE)
    bars = {}
    for bar in (bar for group in ax.containers for bar in group):
        bars[round(bar.get_y() + bar.get_height() / 2)] = (
            round((bar.get_x() - base) * 86400, 3), round(bar.get_width() * 86400, 3)
        )  # fmt: skip
    return np.array([bars[place] for place in sorted(bars)])


@pytest.mark.parametrize("form", FORMS)
def test_gantt(form):
    ax = plot.gantt(FORMS[form](FLOWS))
    # A flow of no time at all is drawn as 0.003 of the 200 s.
    assert seconds(ax) == pytest.approx(np.array([(0, 30), (5, 1), (10, 0.6), (60, 140)]), abs=0.01)
    assert [label.get_text() for label in ax.get_yticklabels()] == [
        "10.0.0.1 → 10.0.0.9 :80", "fd00::1 → 10.0.0.9", "10.0.0.2 → 10.0.0.9 :53", "10.0.0.3 → 10.0.0.9 :443",
    ]  # fmt: skip
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["TCP", "ICMPv6", "UDP"]
    assert ax.get_xlabel() == "time (UTC)"


@pytest.mark.parametrize("schema", ["pcapframe", "nfstream", "cicflowmeter", "zeek"])
def test_flows_of_a_capture(lab, schema):
    flows = pf.read_pcap(lab).flows(schema=schema)
    rows = {name: np.asarray(getattr(flows, name)) for name in ("first_seen", "last_seen", "src", "dst", "dport", "protocol")}
    for draw, expected in (
        (flows.plot.gantt, plot.gantt(rows)),
        (lambda: plot.gantt(flows), plot.gantt(rows)),
        (flows.plot.durations, plot.durations(rows)),
        (lambda: plot.durations(flows), plot.durations(rows)),
    ):
        ax = draw()
        assert ax.get_title() == expected.get_title()
        assert [label.get_text() for label in ax.get_yticklabels()] == [label.get_text() for label in expected.get_yticklabels()]
        bars, others = ([patch.get_extents().bounds for patch in drawn.patches] for drawn in (ax, expected))
        assert len(bars) > 1
        assert bars == others
    assert len(flows.plot.gantt(top=7).get_yticks()) == 7


def test_flows_of_nothing(lab):
    flows = pf.read_pcap(lab)[:0].flows()
    assert texts(flows.plot.gantt()) == texts(flows.plot.durations()) == ["no flows"]


def test_gantt_of_many_flows_has_the_longest():
    lengths = np.random.default_rng(1).permutation(100_000)
    ax = plot.gantt({"first_seen": np.zeros(100_000, np.int64), "last_seen": lengths * 10**9}, top=3)
    assert [bar.get_width() for group in ax.containers for bar in group] == [99_999 / 86400, 99_998 / 86400, 99_997 / 86400]
    assert ax.get_title() == "The 3 longest of 100,000 flows"
    assert ax.get_legend() is None


@pytest.mark.parametrize("size", [(3, 2), (16, 9)])
@pytest.mark.parametrize("count", [0, 1, 10, 100_000])
def test_any_number_of_flows_at_any_size(size, count):
    random = np.random.default_rng(count)
    first = BASE + random.integers(0, 10**12, count).astype("timedelta64[ns]")
    table = {"first_seen": first, "last_seen": first + (10 ** random.uniform(0, 11, count)).astype("timedelta64[ns]")}
    for draw in (plot.gantt, plot.durations):
        figure, ax = plt.subplots(figsize=size, layout="constrained")
        draw(table, ax=ax)
        figure.canvas.draw()
        assert ("no flows" in texts(ax)) == (count == 0)
        labels = [label for label in ax.get_yticklabels() if label.get_text()]
        heights = sorted((label.get_window_extent().y0, label.get_window_extent().y1) for label in labels)
        assert all(low[1] <= high[0] + 0.5 for low, high in itertools.pairwise(heights))


def test_flows_that_end_before_they_begin_or_never():
    table = {
        "first_seen": np.array([BASE + np.timedelta64(9, "s"), BASE, np.datetime64("NaT")]),
        "last_seen": np.array([BASE, BASE + np.timedelta64(5, "s"), BASE]),
    }
    ax = plot.gantt(table)
    assert len(ax.get_yticks()) == 2
    assert seconds(ax)[:, 1] == pytest.approx([5, 0.027], abs=0.001)
    plot.durations(table).figure.canvas.draw()


DURATIONS = np.array([0, 0, 1e-6, 0.5, 0.5, 15, 4000, -3])


@pytest.mark.parametrize(
    "table",
    [
        {"duration": DURATIONS},
        {"duration": np.append(DURATIONS, np.nan)},
        {"duration": (DURATIONS * 1e9).astype("timedelta64[ns]")},
        {"duration": (np.append(DURATIONS, -(2.0**63) / 1e9) * 1e9).astype(np.int64).view("timedelta64[ns]")},
        pd.DataFrame({"duration": pd.to_timedelta(DURATIONS, unit="s")}),
        pl.DataFrame({"duration": (DURATIONS * 1e6).astype("timedelta64[us]")}),
        {"first_seen": np.full(8, BASE), "last_seen": BASE + (DURATIONS * 1e9).astype("timedelta64[ns]")},
    ],
    ids=["seconds", "NaN", "timedelta", "NaT", "pandas", "polars", "two times"],
)
def test_durations(table):
    ax = plot.durations(table)
    (instants,) = ax.containers
    (stairs,) = [patch for patch in ax.patches if hasattr(patch, "get_data")]
    counts, edges, _ = stairs.get_data()
    assert [bar.get_height() for bar in instants] == [3]
    assert (counts == np.histogram(np.log10(DURATIONS[DURATIONS > 0]), edges)[0]).all()
    assert counts.sum() == 5
    assert ax.get_title() == "Flow durations (8 flows)"
    assert {"0", "1 s"} <= {label.get_text() for label in ax.get_xticklabels()}


def test_missing_columns():
    for draw in (plot.gantt, plot.durations):
        with pytest.raises(ValueError, match="flows has no column 'first_seen'; columns are last_seen"):
            draw({"last_seen": FLOWS["last_seen"]})
    with pytest.raises(ValueError, match="alerts has no column 'kind'"):
        plot.overlay_alerts(plt.subplots()[1], {name: ALERTS[name] for name in ("first_seen", "last_seen")})
    with pytest.raises(ValueError, match="first_seen is 'soon'"):
        plot.gantt({"first_seen": ["soon"], "last_seen": ["later"]})
    with pytest.raises(ValueError, match="severity is 'grave', but must be 'low'"):
        plot.overlay_alerts(plt.subplots()[1], ALERTS | {"severity": np.array(["grave"] * 4, object)})


# Alerts.


@dataclasses.dataclass
class Alert:
    first_seen: np.datetime64
    last_seen: np.datetime64
    kind: str
    severity: object


def rows(make):
    return [make(**dict(zip(ALERTS, values, strict=True))) for values in zip(*ALERTS.values(), strict=True)]


@pytest.fixture
def ax(lab):
    return pf.read_pcap(lab).plot.traffic()


def spans(ax, *, edge=False):
    """Begin and end of what is marked behind the plot, or on its edge, in seconds from the base."""
    base = matplotlib.dates.date2num(BASE)
    found = []
    for group in ax.collections:
        if (group.get_zorder() >= 1) == edge:
            for path in group.get_paths():
                box = path.get_extents()
                found.append(tuple(round(86400 * (x - base), 1) for x in (box.x0, box.x1)))
    return np.array(sorted(found))


@pytest.mark.parametrize("form", [*FORMS, "objects", "dicts", "numbers"])
def test_alerts(ax, form):
    limits = ax.get_xlim()
    if form in FORMS:
        alerts = FORMS[form](ALERTS)
    elif form == "numbers":
        alerts = ALERTS | {"severity": np.array([3, 1, 2, 4])}
    else:
        alerts = iter(rows(Alert if form == "objects" else dict))
    assert plot.overlay_alerts(ax, alerts) is ax
    near = 86400 * (limits[1] - limits[0]) / 400
    assert spans(ax) == pytest.approx(np.array([(0, 30), (5, 6), (10, 10 + near), (60, 200)]), abs=0.06)
    assert ax.get_xlim() == limits
    assert sorted(texts(ax)) == ["arp_spoof", "beacon", "port_scan", "port_scan"]
    shown = [text.get_text() for text in ax.get_legend().get_texts()]
    assert shown[-4:] == ["low alert", "medium alert", "high alert", "critical alert"]
    colors = {tuple(group.get_facecolor()[0][:3]) for group in ax.collections}
    assert len(colors) == 4
    ax.figure.canvas.draw()


@pytest.mark.parametrize("form", ["alerts", "generator", "pandas", "polars", "arrow"])
def test_what_detectors_return(ax, lab, form):
    found = pf.detect.all(pf.read_pcap(lab))
    to = {
        "alerts": lambda: found,
        "generator": lambda: iter(found),
        "pandas": found.to_pandas,
        "polars": found.to_polars,
        "arrow": found.to_arrow,
    }
    plot.overlay_alerts(ax, to[form]())
    limits = ax.get_xlim()
    near = 86400 * (limits[1] - limits[0]) / 400
    begin, end = ((found[name] - BASE) / np.timedelta64(1, "s") for name in ("first_seen", "last_seen"))
    drawn = spans(ax)
    # Those of one kind and severity that meet are one; the beacon called all the time and is marked on the edge only.
    for one, first, last in zip(found, begin, end, strict=True):
        inside = ((drawn[:, 0] <= first + 0.06) & (drawn[:, 1] >= last - 0.06)).any()
        assert inside == (one.kind != "beaconing"), one
    assert len(drawn) >= 15
    assert {tuple(span) for span in drawn} < {tuple(span) for span in spans(ax, edge=True)}
    assert (drawn[:, 1] - drawn[:, 0] >= near - 0.06).all()
    shown = [text.get_text() for text in ax.get_legend().get_texts()]
    assert shown[-4:] == ["low alert", "medium alert", "high alert", "critical alert"]
    assert {"port_scan", "syn_flood", "arp_spoof"} <= set(texts(ax))


@pytest.mark.parametrize("size", [(3, 2), (5, 3), (16, 9)])
@pytest.mark.parametrize("kind", ["port_activity", "packet_sizes", "seasonal"])
def test_severities_are_explained_above_where_there_is_no_legend(lab, kind, size):
    cap = pf.read_pcap(lab)
    figure, ax = plt.subplots(figsize=size, layout="constrained")
    getattr(cap.plot, kind)(ax=ax)
    figure.canvas.draw()
    width = ax.get_window_extent().width
    plot.overlay_alerts(ax, ALERTS)
    figure.canvas.draw()
    box, title = ax.get_legend().get_window_extent(), ax.title.get_window_extent()
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        "low alert", "medium alert", "high alert", "critical alert",
    ]  # fmt: skip
    # One line between title and plot; the plot is as wide as before.
    assert ax.get_window_extent().y1 <= box.y0 < box.y1 <= title.y0
    assert ax.get_window_extent().width == pytest.approx(width, rel=0.02)
    assert figure.bbox.x0 <= box.x0 < box.x1 <= figure.bbox.x1


def test_alerts_without_severity_or_alerts(ax):
    plot.overlay_alerts(ax, [])
    plot.overlay_alerts(ax, {name: values[:0] for name, values in ALERTS.items()})
    assert not ax.collections
    plot.overlay_alerts(ax, {name: values for name, values in ALERTS.items() if name != "severity"}, labels=False)
    assert not texts(ax)
    assert [text.get_text() for text in ax.get_legend().get_texts()][-1] == "medium alert"


def test_alerts_beyond_what_is_shown(ax):
    shift = np.timedelta64(1, "D")
    plot.overlay_alerts(ax, ALERTS | {name: ALERTS[name] + shift for name in ("first_seen", "last_seen")})
    assert not ax.collections
    around = {"first_seen": [BASE - shift], "last_seen": [BASE + shift], "kind": ["all day"]}
    plot.overlay_alerts(ax, {name: np.array(values) for name, values in around.items()})
    limits = [86400 * (x - matplotlib.dates.date2num(BASE)) for x in ax.get_xlim()]
    # What takes all of the axis is no tint of all that is drawn.
    assert spans(ax, edge=True) == pytest.approx(np.array([limits]), abs=0.06)
    assert not len(spans(ax))


def test_very_many_alerts_are_few_spans(ax):
    count = 200_000
    first = BASE + np.arange(count) * np.timedelta64(1, "ms")
    alerts = {
        "first_seen": first,
        "last_seen": first,
        "kind": np.array(["scan", "flood"] * (count // 2)),
        "severity": np.full(count, 2),
    }
    plot.overlay_alerts(ax, alerts)
    assert len(spans(ax, edge=True)) == 2
    assert sorted(texts(ax)) == ["flood", "scan"]


def test_labels_hide_no_other(lab):
    figure, ax = plt.subplots(figsize=(4, 3), layout="constrained")
    pf.read_pcap(lab).plot.tcp_flags(ax=ax)
    first = BASE + np.arange(40) * np.timedelta64(4, "s")
    kinds = np.array([f"kind_{number}" for number in range(40)], object)
    plot.overlay_alerts(ax, {"first_seen": first, "last_seen": first, "kind": kinds, "severity": np.array([1, 4] * 20)})
    figure.canvas.draw()
    boxes = [text.get_window_extent() for text in ax.texts]
    assert 3 < len(boxes) < 40
    assert not [1 for i, box in enumerate(boxes) for other in boxes[:i] if box.overlaps(other)]
    worst = [int(text.removeprefix("kind_")) % 2 == 1 for text in texts(ax)]
    assert worst[0]
    assert worst == sorted(worst, reverse=True)
    assert sum(worst) > len(worst) - sum(worst)


def test_alerts_over_panels(lab):
    ax = plot.overlay_alerts(pf.read_pcap(lab).plot.seasonal(), ALERTS)
    assert len(spans(ax)) == 4
    assert not any(panel.patch.get_visible() for panel in ax.child_axes)
    ax.figure.canvas.draw()


def test_times_beyond_64_bits_are_the_nearest():
    found = _records.times(np.array([1e300, -1e300, np.nan, 1.5]), "first_seen")
    assert found.view(np.int64)[[0, 1]].tolist() == [int(9.2e18), -int(9.2e18)]
    assert np.isnat(found[2])
    assert found[3] == np.datetime64("1970-01-01T00:00:01.5")
