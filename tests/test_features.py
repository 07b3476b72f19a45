"""Features: values worked out by hand and by a plain model, pipelines, and input that is out of the ordinary."""

from __future__ import annotations

import io
import math
import pathlib
import pickle
import re
import struct
import subprocess
import sys
import textwrap
from collections import Counter, defaultdict

import numpy as np
import pytest

pytest.importorskip("sklearn", minversion="1.6")

from sklearn import set_config
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import IsolationForest
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import LocalOutlierFactor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, RobustScaler
from sklearn.svm import OneClassSVM

import pcapframe as pf
from conftest import ROOT
from frames import arp, assorted, enhanced, ethernet, icmp, interface, ipv4, ipv6, option, pcap, section, tcp, udp
from pcapframe.features import BaselineDetector, FlowFeatures, WindowFeatures, _flow_table, _groups, _window_table

LAB = "examples/data/lab.pcap"
A, B, C = "10.0.0.1", "10.0.0.2", "10.0.0.3"
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
MODELS = [IsolationForest(n_estimators=20, random_state=0), LocalOutlierFactor(novelty=True), OneClassSVM(nu=0.1)]
MODEL_NAMES = ["forest", "neighbours", "svm"]


def read(*frames, times=None, **options):
    times = times or range(len(frames))
    return pf.read_pcap(pcap([(int(t), round(t % 1 * 1e6), frame) for t, frame in zip(times, frames, strict=True)]), **options)


def row(features, X, number=0):
    values = features.fit_transform(X)
    return dict(zip(features.get_feature_names_out(), values[number].tolist(), strict=True))


@pytest.fixture(scope="module")
def lab():
    return pf.read_pcap(LAB)


@pytest.fixture(scope="module")
def flows(lab):
    return lab.flows()


@pytest.fixture
def connection():
    """A handshake, a request, an answer and the end: 54 bytes a packet and payload, 2 seconds."""
    there = [(SYN, b"", 1), (ACK, b"", 2), (PSH | ACK, bytes(46), 2), (FIN | ACK, b"", 48)]
    back = [(SYN | ACK, b"", 1), (PSH | ACK, bytes(146), 2), (FIN | ACK, b"", 148)]
    out = [ethernet(ipv4(tcp(5000, 80, flags, data, seq=seq), 6, A, B)) for flags, data, seq in there]
    home = [ethernet(ipv4(tcp(80, 5000, flags, data, seq=seq), 6, B, A)) for flags, data, seq in back]
    return read(out[0], home[0], out[1], out[2], home[1], out[3], home[2], times=[10, 10.25, 10.5, 11, 11.5, 11.75, 12])


# Flows


def test_flow_features_by_hand(connection):
    expected = dict.fromkeys(_flow_table.DEFAULT, 0.0) | {
        "duration": 2.0,
        "packets_fwd": 4.0,
        "packets_rev": 3.0,
        "bytes_fwd": 4 * 54 + 46.0,
        "bytes_rev": 3 * 54 + 146.0,
        "payload_bytes_fwd": 46.0,
        "payload_bytes_rev": 146.0,
        "window_fwd": 8192.0,
        "window_rev": 8192.0,
        "handshake_rtt": 0.5,
        "packets_per_second": 3.5,
        "bytes_per_second": 285.0,
        "bytes_per_packet_fwd": 65.5,
        "bytes_per_packet_rev": 308 / 3,
        "packets_rev_share": 3 / 7,
        "bytes_rev_share": 308 / 570,
        "is_tcp": 1.0,
        "established": 1.0,
    }
    assert row(FlowFeatures(), connection) == pytest.approx(expected, rel=1e-12)


def test_statistics_by_hand(connection):
    found = row(FlowFeatures("all"), connection)
    assert list(found) == [*_flow_table.DEFAULT, *_flow_table.STATISTICS]
    assert (found["size_max_rev"], found["iat_max_fwd"], found["iat_mean_total"]) == (200, 0.75, pytest.approx(1 / 3))
    assert (found["syn_total"], found["psh_fwd"], found["subflows"]) == (2, 1, 1)


def test_protocols_and_refusals():
    capture = read(
        ethernet(ipv4(tcp(1, 2, SYN), 6, A, B)), ethernet(ipv4(tcp(2, 1, RST | ACK), 6, B, A)),
        ethernet(ipv4(udp(1, 2, b"ask"), 17, A, B)), ethernet(ipv4(udp(2, 1, b"answer"), 17, B, A)),
        ethernet(ipv4(icmp(), 1)), ethernet(ipv4(b"", 47)),
    )  # fmt: skip
    # Zeek calls an answered datagram SF, too.
    assert capture.flows().conn_state.tolist() == ["REJ", "SF", "OTH", "OTH"]
    names = ["is_tcp", "is_udp", "is_icmp", "established", "rejected"]
    assert FlowFeatures(names).fit_transform(capture).tolist() == [
        [1, 0, 0, 0, 1], [0, 1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 0, 0],
    ]  # fmt: skip


def test_a_logarithm_keeps_the_sign():
    values = np.array([[0.0, -9.0], [999.0, 0.5]])
    logarithms = [[0, -math.log(10)], [math.log(1000), math.log(1.5)]]
    assert FlowFeatures(log=True).fit_transform(values) == pytest.approx(np.array(logarithms))


def test_timeouts_are_those_of_flows():
    frame = ethernet(ipv4(udp(5, 53), 17))
    capture = read(frame, frame, times=[0, 10])
    assert len(FlowFeatures().fit_transform(capture)) == 1
    assert len(FlowFeatures(idle_timeout="5s").fit_transform(capture)) == 2
    assert len(FlowFeatures(active_timeout=5).fit_transform(capture)) == 2


def tables(flows):
    pandas, polars, arrow = flows.to_pandas(), flows.to_polars(), flows.to_arrow()
    return {"pandas": pandas, "polars": polars, "arrow": arrow, "capsule": _Capsule(arrow)}


class _Capsule:
    """Nothing but Arrow's PyCapsule interface."""

    def __init__(self, table):
        self._table = table

    def __arrow_c_stream__(self, requested_schema=None):
        return self._table.__arrow_c_stream__(requested_schema)


@pytest.mark.parametrize("columns", [None, "all"])
@pytest.mark.parametrize("kind", ["pandas", "polars", "arrow", "capsule"])
def test_tables_give_what_flows_give(lab, kind, columns):
    for package in ("pandas", "polars", "pyarrow"):
        pytest.importorskip(package)
    flows = lab.flows(statistics=True)
    expected = FlowFeatures(columns).fit_transform(flows)
    assert expected.shape == (len(flows), 25 if columns is None else 25 + len(_flow_table.STATISTICS))
    assert np.array_equal(FlowFeatures(columns).fit_transform(tables(flows)[kind]), expected)


def test_every_way_in_gives_the_same(lab, flows):
    expected = FlowFeatures().fit_transform(flows)
    with open(LAB, "rb") as file:
        data = file.read()
    ways = [lab, LAB, pathlib.Path(LAB), [LAB], data, io.BytesIO(data), pickle.loads(pickle.dumps(flows))]
    assert all(np.array_equal(FlowFeatures().fit_transform(way), expected) for way in ways)
    fitted = FlowFeatures().fit(lab)
    assert np.array_equal(fitted.transform(flows.to_pandas()), expected)
    assert np.array_equal(FlowFeatures().fit(flows.to_pandas()).transform(LAB), expected)


def test_features_can_be_features_again(flows):
    pytest.importorskip("pandas")
    once = FlowFeatures().set_output(transform="pandas").fit_transform(flows)
    assert np.array_equal(FlowFeatures().fit_transform(once[once.columns[::-1]]), once.to_numpy())


@pytest.mark.parametrize("schema", ["nfstream", "cicflowmeter", "zeek"])
def test_other_schemas_have_their_columns_and_ours(lab, schema):
    theirs = {"nfstream": "bidirectional_packets", "cicflowmeter": "Flow Duration", "zeek": "orig_pkts"}[schema]
    flows = lab.flows(schema=schema)
    values = FlowFeatures([theirs, "packets_fwd", "is_tcp"]).fit_transform(flows)
    assert np.array_equal(values[:, 0], np.asarray(flows[theirs], np.float64))
    assert np.array_equal(values[:, 1], flows.packets_fwd)
    assert np.array_equal(values[:, 2], flows.protocol == 6)
    assert FlowFeatures().fit_transform(flows).shape == (len(flows), 25)


def test_a_table_of_another_tool():
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame({"Flow Duration": [1, 2], "Label": ["a", "b"], "Flow Bytes/s": [0.5, None]})
    assert FlowFeatures(["Flow Bytes/s", "Flow Duration"]).fit_transform(table).tolist() == [[0.5, 1], [0, 2]]
    table.loc[0, "Flow Bytes/s"] = np.inf
    with pytest.raises(ValueError, match="'Flow Bytes/s' has infinite"):
        FlowFeatures(["Flow Bytes/s"]).fit(table)
    with pytest.raises(ValueError, match="'Label' is no number"):
        FlowFeatures(["Label"]).fit(table)


def test_statistics_are_made_where_they_are_needed(lab, flows):
    some = flows[flows.conn_state == "SF"]
    expected = lab.flows(statistics=True)
    expected = expected[expected.conn_state == "SF"].iat_max_total / np.timedelta64(1, "s")
    assert len(some) > 100
    assert np.allclose(FlowFeatures(["iat_max_total"]).fit_transform(some)[:, 0], expected, rtol=1e-15)
    batch = next(pf.scan_flows(LAB))
    with pytest.raises(ValueError, match="'iat_max_total'; make flows with statistics=True"):
        FlowFeatures(["iat_max_total"]).fit(batch)


def test_columns_that_were_not_read_are_read_again(lab, tmp_path):
    few = pf.read_pcap(LAB, columns=["timestamp"])
    assert np.array_equal(FlowFeatures().fit_transform(few), FlowFeatures().fit_transform(lab))
    expected = WindowFeatures().fit_transform(lab)
    assert np.array_equal(WindowFeatures().fit_transform(few), expected)
    part = few[few.timestamp >= few.timestamp[100]]
    assert np.array_equal(WindowFeatures().fit_transform(part), WindowFeatures().fit_transform(lab[100:]))
    gone = pf.read_pcap(_Pipe(pathlib.Path(LAB).read_bytes()), columns=["timestamp", "src"])
    with pytest.raises(AttributeError, match=r"columns dst, length, payload_length, layers, .* not read"):
        WindowFeatures().fit(gone)
    with pytest.raises(AttributeError, match=r"length, .* not read"):
        FlowFeatures().fit(gone)


class _Pipe:
    """What can be read once."""

    def __init__(self, data):
        self.read = io.BytesIO(data).read


def test_what_is_missing_is_named(flows):
    pytest.importorskip("pandas")
    with pytest.raises(ValueError, match="no column 'packets_fwd'; name the features"):
        FlowFeatures().fit(flows.to_pandas().drop(columns="packets_fwd"))
    with pytest.raises(ValueError, match="no column 'nothing'; features are duration, "):
        FlowFeatures(["nothing"]).fit(flows)
    with pytest.raises(ValueError, match="'src' is no number"):
        FlowFeatures(["src"]).fit(flows)
    with pytest.raises(ValueError, match="'first_seen' is no number"):
        FlowFeatures(["first_seen"]).fit(flows)


@pytest.mark.parametrize("columns", [[], ["duration", "duration"], "some"])
def test_columns_must_be_names(flows, columns):
    with pytest.raises(ValueError, match="columns is"):
        FlowFeatures(columns).fit(flows)


def test_kinds_of_input_are_not_mixed(flows, lab):
    numbers = np.ones((3, 25))
    with pytest.raises(ValueError, match="X holds numbers, but FlowFeatures was fitted on traffic"):
        FlowFeatures().fit(flows).transform(numbers)
    with pytest.raises(ValueError, match="X holds traffic, but WindowFeatures was fitted on numbers"):
        WindowFeatures().fit(numbers).transform(lab)
    with pytest.raises(ValueError, match="X has no columns with names"):
        FlowFeatures(["duration"]).fit(numbers)
    with pytest.raises(ValueError, match="X has no columns with names"):
        WindowFeatures(columns=["bytes_sent"]).fit(numbers)
    with pytest.raises(TypeError, match="use FlowFeatures"):
        WindowFeatures().fit(flows)


# Windows


def test_window_features_by_hand(connection):
    """Of A: 4 packets sent, 3 received; of its 7 one each has SYN and SYN-ACK."""
    windows = WindowFeatures("10s").windows(connection)
    assert windows.host.tolist() == [A, B]
    assert windows.start.tolist() == [np.datetime64(10, "s").astype("datetime64[ns]").astype(int)] * 2
    found = dict(zip(windows.names, windows.values[0].tolist(), strict=True))
    expected = dict.fromkeys(_window_table.FEATURES, 0.0) | {
        "packets_sent": 4, "bytes_sent": 262, "payload_bytes_sent": 46, "size_mean_sent": 65.5, "tcp_share_sent": 1,
        "peers_sent": 1, "dports_sent": 1, "sports_sent": 1, "syns_sent": 1,
        "fin_ratio_sent": 1 / 4, "syn_ratio_sent": 1 / 4, "psh_ratio_sent": 1 / 4, "ack_ratio_sent": 3 / 4,
        "packets_received": 3, "bytes_received": 308, "payload_bytes_received": 146, "size_mean_received": 308 / 3,
        "tcp_share_received": 1, "peers_received": 1, "dports_received": 1, "sports_received": 1, "synacks_received": 1,
        "fin_ratio_received": 1 / 3, "syn_ratio_received": 1 / 3, "psh_ratio_received": 1 / 3, "ack_ratio_received": 1,
        "packets_per_second": 0.7, "bytes_per_second": 57, "accepted_by_peers": 1,
    }  # fmt: skip
    assert found == pytest.approx(expected, rel=1e-12)
    other = dict(zip(windows.names, windows.values[1].tolist(), strict=True))
    assert (other["packets_sent"], other["accepted_by_host"], other["accepted_by_peers"]) == (3, 1, 0)


def test_entropies_by_hand():
    """Ports 1, 1, 2, 3 have 1.5 bits; half of the packets to each of two hosts 1 bit; one value has none."""
    frames = [ethernet(ipv4(udp(9, port), 17, A, to)) for port, to in [(1, B), (1, B), (2, C), (3, C)]]
    found = row(WindowFeatures("1h"), read(*frames))
    assert (found["dport_entropy_sent"], found["peer_entropy_sent"], found["sport_entropy_sent"]) == (1.5, 1, 0)
    assert (found["dports_sent"], found["peers_sent"], found["sports_sent"], found["udp_share_sent"]) == (3, 2, 1, 1)


def test_windows_begin_at_multiples_of_the_interval():
    frame = ethernet(ipv4(udp(1, 2), 17, A, B))
    windows = WindowFeatures("10s", columns=["packets_sent"], hosts=A).windows(read(*[frame] * 4, times=[9, 10, 19.5, 40]))
    assert windows.start.astype("datetime64[s]").astype(int).tolist() == [0, 10, 40]
    assert windows["packets_sent"].tolist() == [1, 2, 1]
    assert repr(windows) == "<Windows of 10 s: 3 of 1 hosts, 1 features>"
    with pytest.raises(KeyError):
        windows["bytes_sent"]


def naive(capture, width):
    """Rows by host and interval, packet by packet."""
    found = defaultdict(lambda: {"sent": [], "received": []})
    layer = pf.Layer
    for packet in capture.to_polars().with_row_index().iter_rows(named=True):
        layers = packet["layers"]
        packet["tcp"] = bool(layers & layer.TCP)
        packet["ports"] = packet["sport"] is not None
        moment = int(capture.timestamp[packet["index"]].astype(np.int64)) // width
        for own, other, direction in (("src", "dst", "sent"), ("dst", "src", "received")):
            if packet[own] is not None:
                found[packet[own], moment][direction].append(packet | {"peer": packet[other]})
    return {key: naive_row(of["sent"], of["received"], width / 1e9) for key, of in found.items()}


def entropy(values):
    counts = Counter(values)
    return -sum(n / counts.total() * math.log2(n / counts.total()) for n in counts.values())


def share(part, whole):
    return part / whole if whole else 0


def naive_row(sent, received, seconds):
    row = {}
    syns, synacks = {}, {}
    for direction, packets in (("sent", sent), ("received", received)):
        flags = [packet["tcp_flags"] for packet in packets if packet["tcp"]]
        ported = [packet for packet in packets if packet["ports"]]
        size = sum(packet["length"] for packet in packets)
        syns[direction] = sum(f & (SYN | ACK) == SYN for f in flags)
        synacks[direction] = sum(f & (SYN | ACK) == SYN | ACK for f in flags)
        count = len(packets)
        of = {
            "packets": count,
            "bytes": size,
            "payload_bytes": sum(packet["payload_length"] or 0 for packet in packets),
            "size_mean": share(size, count),
            "tcp_share": share(len(flags), count),
            "udp_share": share(sum(bool(packet["layers"] & pf.Layer.UDP) for packet in packets), count),
            "icmp_share": share(sum(packet["icmp_type"] is not None for packet in packets), count),
            "arp_share": share(sum(bool(packet["layers"] & pf.Layer.ARP) for packet in packets), count),
            "peers": len({packet["peer"] for packet in packets}),
            "peer_entropy": entropy(packet["peer"] for packet in packets),
            "syns": syns[direction],
            "synacks": synacks[direction],
        }
        for port in ("dport", "sport"):
            of |= {f"{port}s": len({packet[port] for packet in ported})}
            of |= {f"{port}_entropy": entropy(packet[port] for packet in ported)}
        for place, flag in enumerate(("fin", "syn", "rst", "psh", "ack", "urg")):
            of[f"{flag}_ratio"] = share(sum(f >> place & 1 for f in flags), len(flags))
        row |= {f"{name}_{direction}": value for name, value in of.items()}
    return row | {
        "packets_per_second": (row["packets_sent"] + row["packets_received"]) / seconds,
        "bytes_per_second": (row["bytes_sent"] + row["bytes_received"]) / seconds,
        "accepted_by_peers": share(synacks["received"], syns["sent"]),
        "accepted_by_host": share(synacks["sent"], syns["received"]),
    }


def assert_as_naive(capture, width):
    windows = WindowFeatures(width / 1e9).windows(capture)
    expected = naive(capture, width)
    keys = list(zip(windows.host.tolist(), (windows.start.view(np.int64) // width).tolist(), strict=True))
    assert len(keys) == len(expected)
    assert [moment for _, moment in keys] == sorted(moment for _, moment in keys)
    for key, values in zip(keys, windows.values.tolist(), strict=True):
        assert dict(zip(windows.names, values, strict=True)) == pytest.approx(expected[key], rel=1e-9, abs=1e-9), key


@pytest.fixture(params=["tables", "sorting"])
def grouping(request, monkeypatch):
    """Both ways of grouping, whatever the size."""
    if request.param == "sorting":
        monkeypatch.setattr(_groups, "LEAST", 0)
        monkeypatch.setattr(_groups, "PLACES_PER_ROW", 0)


def made_up(random, count):
    """Packets of a few hosts, of every kind, at times that also go backwards."""
    frames = assorted()
    for _ in range(count):
        ends = [f"10.0.0.{end}" for end in random.integers(1, 5, 2)]
        ports = random.integers(1, 6, 2).tolist()
        kind = random.integers(6)
        if kind < 3:
            frames.append(ethernet(ipv4(tcp(*ports, int(random.integers(64)), bytes(random.integers(20))), 6, *ends)))
        elif kind == 3:
            frames.append(ethernet(ipv4(udp(*ports, b"data"), 17, *ends)))
        elif kind == 4:
            frames.append(ethernet(ipv6(icmp(128), 58), 0x86DD))
        else:
            frames.append(ethernet(arp(*ends), 0x0806))
    return frames


@pytest.mark.parametrize("seed", range(8))
def test_windows_are_those_of_a_plain_model(seed, grouping):
    pytest.importorskip("polars")
    random = np.random.default_rng(seed)
    frames = made_up(random, 150)
    assert_as_naive(read(*frames, times=random.uniform(0, 60, len(frames)).tolist()), 7 * 10**9)


def test_windows_of_the_lab_are_those_of_a_plain_model(lab, grouping):
    pytest.importorskip("polars")
    assert_as_naive(lab[:6000], 10**10)


def test_every_packet_is_sent_and_received_once(lab):
    windows = WindowFeatures("1s", columns=["packets_sent", "packets_received", "bytes_received"]).windows(lab)
    assert windows["packets_sent"].sum() == (lab.src.codes != 0).sum()
    assert windows["packets_received"].sum() == (lab.dst.codes != 0).sum()
    assert windows["bytes_received"].sum() == lab.length[lab.dst.codes != 0].sum()


def test_hosts_are_those_of_a_network(lab):
    whole = WindowFeatures().windows(lab)
    inside = np.array([host.startswith("10.20.0.") for host in whole.host])
    for hosts in ("10.20.0.0/24", ["10.20.0.0/25", "10.20.0.128/25"]):
        part = WindowFeatures(hosts=hosts).windows(lab)
        assert 0 < len(part) < len(whole)
        assert part.host.tolist() == whole.host[inside].tolist()
        assert np.array_equal(part.values, whole.values[inside])
    with pytest.raises(ValueError, match="neither an IP address nor a network"):
        WindowFeatures(hosts="nonsense").fit(lab)


def test_only_chosen_features_are_made(lab):
    whole = WindowFeatures().windows(lab)
    names = ["bytes_sent", "peer_entropy_received"]
    part = WindowFeatures(columns=names).windows(lab)
    assert (part.names, part["bytes_sent"].tolist()) == (names, whole["bytes_sent"].tolist())
    with pytest.raises(ValueError, match="no feature 'nothing'"):
        WindowFeatures(columns=["nothing"]).fit(lab)
    frame = whole.to_pandas()
    assert np.array_equal(WindowFeatures(columns=names).fit_transform(frame), part.values)
    with pytest.raises(ValueError, match="X has no column 'bytes_sent'; it has peer"):
        WindowFeatures(columns=names).fit(frame[["peer_entropy_received"]])


@pytest.mark.parametrize("interval", ["0s", "soon", -1])
def test_intervals_are_checked(lab, interval):
    with pytest.raises(ValueError, match="interval is"):
        WindowFeatures(interval).fit(lab)


# Whatever comes


UNUSUAL = {
    "none": [],
    "one": [ethernet(ipv4(udp(1, 2), 17))],
    "icmp": [ethernet(ipv4(icmp(), 1)), ethernet(ipv4(icmp(0), 1, B, A))],
    "ipv6": [ethernet(ipv6(udp(1, 2), 17), 0x86DD)] * 3,
    "arp": [ethernet(arp(), 0x0806)] * 2,
    "no addresses": [ethernet(b"\x02\x07unknown", 0x88CC)] * 2,
    "cut": [ethernet(ipv4(b"", 6)), ethernet(ipv4(b"\0", 17))],
    "assorted": assorted(),
}


@pytest.mark.parametrize("times", ["equal", "backwards"])
@pytest.mark.parametrize("frames", UNUSUAL.values(), ids=UNUSUAL.keys())
def test_whatever_comes_is_finite(frames, times):
    capture = read(*frames, times=[7] * len(frames) if times == "equal" else list(range(1000, 1000 - len(frames), -1)))
    for log in (False, True):
        made = FlowFeatures("all", log=log).fit_transform(capture)
        assert made.shape == (len(capture.flows()), len(_flow_table.ALL))
        assert np.isfinite(made).all()
        features = WindowFeatures("1s", log=log)
        made = features.fit_transform(capture)
        windows = features.windows(capture)
        assert made.shape == windows.values.shape == (len(windows), len(_window_table.FEATURES))
        assert np.isfinite(made).all()
    addressed = int((capture.src.codes != 0).sum())
    assert windows["packets_sent"].sum() == addressed


def test_rates_of_no_duration_are_0():
    found = row(FlowFeatures(), read(ethernet(ipv4(udp(1, 2), 17))))
    assert (found["duration"], found["packets_per_second"], found["bytes_per_second"]) == (0, 0, 0)


@pytest.mark.parametrize("interval", ["1ns", "1s", "100000d"])
def test_times_at_the_ends_of_the_range(interval):
    """Times from the least there is to the greatest: neither intervals nor their distances overflow."""
    frame = ethernet(ipv4(udp(1, 2), 17, A, B))
    long_ago = option(14, struct.pack("<q", -(10**10)))
    data = section() + interface(options=option(9, bytes([9]))) + interface(options=option(9, bytes([9])) + long_ago)
    capture = pf.read_pcap(data + b"".join(enhanced(*at, frame) for at in [(0, 0), (0, 2**63 - 1), (1, 0), (0, 2**64 - 1)]))
    times = capture.timestamp.view(np.int64).tolist()
    assert max(times) - min(times) > 2**63
    features = WindowFeatures(interval, hosts=A)
    windows = features.windows(capture)
    assert len(windows) == 3
    assert windows["packets_sent"].sum() == 4
    assert not np.isnat(windows.start).any()
    step = int(windows.interval.astype(np.int64))
    starts = windows.start.view(np.int64).tolist()
    assert starts == sorted(max(time // step * step, 1 - 2**63) for time in set(times))


def test_nothing_is_written_to_what_is_given(flows):
    values = np.arange(6.0).reshape(3, 2)
    FlowFeatures().fit_transform(values)[:] = 0
    assert values.tolist() == [[0, 1], [2, 3], [4, 5]]


# As scikit-learn has it


@pytest.mark.parametrize("model", MODELS, ids=MODEL_NAMES)
def test_pipelines(lab, flows, model):
    pipeline = make_pipeline(FlowFeatures(log=True), RobustScaler(), clone(model)).fit(flows[:1500])
    found = pipeline.predict(flows)
    assert set(np.unique(found)) == {-1, 1}
    assert np.array_equal(pickle.loads(pickle.dumps(pipeline)).predict(flows), found)
    assert np.array_equal(clone(pipeline).fit(flows[:1500]).predict(flows), found)
    hosts = make_pipeline(WindowFeatures("10s", log=True), clone(model)).fit(lab)
    assert len(hosts.score_samples(lab)) == len(WindowFeatures("10s").windows(lab))


@pytest.mark.parametrize("model", MODELS, ids=MODEL_NAMES)
def test_grid_search(flows, lab, model):
    pytest.importorskip("pandas")
    known = np.where(flows.protocol == 6, -1, 1)[:900]
    pipeline = make_pipeline(FlowFeatures(), RobustScaler(), clone(model))
    grid = {"flowfeatures__log": [False, True], "flowfeatures__columns": [None, ["packets_fwd", "bytes_rev_share"]]}
    search = GridSearchCV(pipeline, grid, scoring="accuracy", cv=3, error_score="raise")
    search.fit(flows[:900].to_pandas(), known)
    assert len(search.cv_results_["params"]) == 4
    assert np.isfinite(search.best_score_)
    windows = WindowFeatures("10s").windows(lab[:5000]).to_pandas()
    search = GridSearchCV(
        make_pipeline(WindowFeatures(), BaselineDetector()), {"windowfeatures__log": [False, True]},
        scoring=lambda found, X, y=None: found.score_samples(X).mean(), cv=3, error_score="raise",
    )  # fmt: skip
    assert search.fit(windows).best_params_ == {"windowfeatures__log": True}


def test_column_transformer(flows):
    pytest.importorskip("pandas")
    frame = flows.to_pandas()
    transformer = ColumnTransformer([
        ("amounts", FlowFeatures(["bytes_per_second", "duration"], log=True), ["duration", "bytes_total", "packets_total"]),
        ("state", OneHotEncoder(sparse_output=False), ["conn_state"]),
    ])  # fmt: skip
    values = transformer.fit_transform(frame)
    names = transformer.get_feature_names_out().tolist()
    assert names[:2] == ["amounts__bytes_per_second", "amounts__duration"]
    assert values.shape == (len(flows), 2 + len(set(flows.conn_state)))
    assert np.array_equal(values[:, :2], FlowFeatures(["bytes_per_second", "duration"], log=True).fit_transform(flows))
    named = transformer.set_output(transform="pandas").fit_transform(frame)
    assert named.columns.tolist() == names


@pytest.mark.parametrize("container", ["pandas", "polars"])
def test_output_has_names(lab, flows, container):
    library = pytest.importorskip(container)
    for features, X in ((FlowFeatures(), flows), (WindowFeatures(), lab), (WindowFeatures(), WindowFeatures().windows(lab))):
        expected = features.fit_transform(X)
        frame = features.set_output(transform=container).transform(X)
        assert isinstance(frame, library.DataFrame)
        assert list(frame.columns) == features.get_feature_names_out().tolist()
        assert np.array_equal(frame.to_numpy(), expected)
        assert np.array_equal(features.set_output(transform="default").transform(X), expected)


def test_rows_keep_their_index(lab, flows):
    pandas = pytest.importorskip("pandas")
    frame = flows.to_pandas().set_index("first_row")
    made = FlowFeatures().set_output(transform="pandas").fit_transform(frame)
    assert made.index.equals(frame.index)
    windows = WindowFeatures("10s").windows(lab)
    made = WindowFeatures("10s").set_output(transform="pandas").fit_transform(lab)
    assert made.index.names == ["host", "window"]
    assert made.index.get_level_values(0).tolist() == windows.host.tolist()
    assert (made.index.get_level_values(1) == windows.start).all()
    pandas.testing.assert_frame_equal(made, windows.to_pandas())
    set_config(transform_output="pandas")
    try:
        pandas.testing.assert_frame_equal(WindowFeatures("10s").fit_transform(lab), made)
    finally:
        set_config(transform_output="default")


def test_what_was_seen_is_told(lab, flows):
    features = FlowFeatures(["packets_per_second", "is_tcp"]).fit(lab)
    assert features.feature_names_in_.tolist() == ["packets_total", "duration", "protocol"]
    assert features.n_features_in_ == 3
    assert features.get_feature_names_out().tolist() == ["packets_per_second", "is_tcp"]
    with pytest.raises(ValueError, match="input_features"):
        features.get_feature_names_out(["other"])
    pytest.importorskip("pandas")
    frame = flows.to_pandas()
    assert features.fit(frame).feature_names_in_.tolist() == list(frame.columns)
    assert features.n_features_in_ == len(frame.columns)
    numbers = FlowFeatures().fit(np.ones((2, 2)))
    assert not hasattr(numbers, "feature_names_in_")
    assert numbers.get_feature_names_out().tolist() == ["x0", "x1"]
    assert not hasattr(FlowFeatures().fit(flows).fit(np.ones((2, 2))), "feature_names_in_")


def test_parameters_are_kept_as_they_are():
    parameters = {"interval": "5s", "columns": ("bytes_sent",), "log": True, "hosts": ["10.0.0.0/8"]}
    features = clone(WindowFeatures(**parameters))
    assert features.get_params() == parameters
    assert repr(BaselineDetector(threshold=3)) == "BaselineDetector(threshold=3)"


# Documentation, and what is not installed


def documented():
    """The lines of docs/features.md that the tables ask for."""
    for name, feature in [*_flow_table.COMPUTED.items(), *_window_table.FEATURES.items()]:
        if not name.endswith("_received"):
            both = f"{name}`, `{name.removesuffix('sent')}received" if name.endswith("_sent") else name
            meaning = re.sub(r"\bsent\b", "sent (received)", feature.meaning)
            columns = ", ".join(f"`{column}`" for column in feature.needs) or "—"
            yield f"| `{both}` | {feature.unit} | {meaning} | {columns} |"


def test_every_feature_is_documented():
    text = (ROOT / "docs" / "features.md").read_text(encoding="utf-8")
    wanted = set(documented())
    assert len(wanted) == 11 + 22 + 4
    assert wanted <= set(text.splitlines())
    assert all(f"`{name}`" in text for name in _flow_table.AMOUNTS)


def test_features_need_no_more_than_they_say(lab):
    """Each is made of a capture that has nothing but the columns it names."""
    expected = WindowFeatures().windows(lab)
    for name, feature in _window_table.FEATURES.items():
        few = pf.read_pcap(_Pipe(pathlib.Path(LAB).read_bytes()), columns=["timestamp", "src", "dst", *feature.needs])
        windows = WindowFeatures(columns=[name]).windows(few)
        assert np.array_equal(windows[name], expected[name]), name
    frame = lab.flows().to_polars()
    for name, feature in _flow_table.COMPUTED.items():
        few = FlowFeatures([name]).fit_transform(frame.select(feature.needs))
        assert np.array_equal(few, FlowFeatures([name]).fit_transform(frame)), name


def test_without_scikit_learn_it_is_said_what_to_install():
    code = """
        import sys
        sys.modules["sklearn"] = None
        import pcapframe as pf
        try:
            pf.features
        except ImportError as error:
            print(error)
        try:
            pf.nothing
        except AttributeError as error:
            print(error)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines() == [
        "pcapframe.features needs scikit-learn 1.6 or later: pip install 'pcapframe[ml]'",
        "module 'pcapframe' has no attribute 'nothing'",
    ], done.stderr


def test_features_are_an_attribute_of_the_package():
    code = "import pcapframe as pf, sys; assert 'sklearn' not in sys.modules; print(pf.features.FlowFeatures())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "FlowFeatures()", done.stderr
