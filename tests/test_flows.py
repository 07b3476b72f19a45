"""Flows from Python: rows, columns, packets, exports, streams, and input that is out of the ordinary."""

from __future__ import annotations

import pathlib
import pickle

import numpy as np
import pytest

import pcapframe as pf
from frames import assorted, ethernet, icmp, ipv4, ipv6, pcap, tcp, udp

LAB = "examples/data/lab.pcap"
A, B = "10.0.0.1", "10.0.0.2"


def read(*frames, times=None):
    times = times or range(len(frames))
    return pf.read_pcap(pcap([(t, 0, frame) for t, frame in zip(times, frames, strict=True)]))


@pytest.fixture(scope="module")
def lab():
    return pf.read_pcap(LAB)


@pytest.fixture(scope="module")
def flows(lab):
    return lab.flows(statistics=True, sequence=4)


def test_both_directions_are_one_flow():
    flows = read(
        ethernet(ipv4(udp(5, 53, b"ask"), 17, A, B)), ethernet(ipv4(udp(53, 5, b"answer"), 17, B, A)), times=[1, 3]
    ).flows()
    assert (flows.src[0], flows.sport[0], flows.dst[0], flows.dport[0], flows.protocol[0]) == (A, 5, B, 53, 17)
    assert (flows.packets_total[0], flows.packets_fwd[0], flows.packets_rev[0]) == (2, 1, 1)
    assert (flows.bytes_fwd[0], flows.ip_bytes_fwd[0], flows.payload_bytes_fwd[0], flows.payload_bytes_rev[0]) == (45, 31, 3, 6)
    assert flows.duration[0] == np.timedelta64(2, "s")
    assert (flows.conn_state[0], flows.history[0]) == ("SF", "Dd")
    assert pf.EndReason(flows.end_reason[0]) is pf.EndReason.FORCED


def test_timeouts():
    frame = ethernet(ipv4(udp(5, 53), 17))
    assert len(read(frame, frame, times=[0, 120]).flows()) == 1
    idle = read(frame, frame, times=[0, 121]).flows()
    assert [pf.EndReason(reason).name for reason in idle.end_reason] == ["IDLE", "FORCED"]
    active = read(*[frame] * 3, times=[0, 8, 11]).flows(active_timeout="10s")
    assert active.packets_total.tolist() == [2, 1]
    assert pf.EndReason(active.end_reason[0]) is pf.EndReason.ACTIVE
    assert len(read(frame, frame, times=[0, 5]).flows(idle_timeout=4)) == 2


def test_networks_with_the_same_addresses_stay_apart():
    datagram = ipv4(udp(5, 53), 17)
    flows = read(ethernet(datagram), ethernet(datagram, vlans=[7]), ethernet(datagram, vlans=[8])).flows()
    assert flows.vlan_id.tolist() == [0, 7, 8]


def test_fragments_belong_to_the_first_one():
    first = ethernet(ipv4(udp(5, 53, bytes(8)), 17, ident=9, fragment=0x2000))
    later = ethernet(ipv4(bytes(16), 17, ident=9, fragment=2))
    assert read(first, later, later).flows().packets_fwd.tolist() == [3]
    assert read(later, first, later).flows().packets_fwd.tolist() == [1, 2]
    assert read(first, later, times=[0, 31]).flows().sport.tolist() == [5, 0]


def test_times_that_go_backwards():
    frame = ethernet(ipv4(udp(5, 53), 17))
    flows = read(*[frame] * 4, times=[1000, 10, 11, 12]).flows(statistics=True)
    assert flows.packets_total.tolist() == [4]
    assert flows.duration[0] == np.timedelta64(990, "s")
    assert flows.iat_max_total[0] == np.timedelta64(0, "ns")


@pytest.mark.parametrize("schema", ["pcapframe", "nfstream", "cicflowmeter", "zeek"])
@pytest.mark.parametrize(
    "frames",
    [
        [],
        [ethernet(ipv4(udp(1, 2), 17))],
        [ethernet(ipv4(icmp(), 1)), ethernet(ipv4(icmp(0), 1, B, A))],
        [ethernet(ipv6(udp(1, 2), 17), 0x86DD)] * 3,
        [ethernet(ipv4(b"", 6)), ethernet(ipv4(b"\0", 17))],
        assorted(),
    ],
    ids=["none", "one", "icmp", "ipv6", "cut", "assorted"],
)
def test_out_of_the_ordinary(schema, frames):
    flows = read(*frames, times=[7] * len(frames)).flows(schema=schema, sequence=2 if schema != "zeek" else 0)
    assert len(flows.to_pandas()) == flows.to_arrow().num_rows == len(flows)
    assert repr(flows)
    assert flows._repr_html_()
    assert (flows.duration == np.timedelta64(0, "ns")).all()


def test_packets_are_those_of_the_flows(lab, flows):
    owners = flows.packet_flows()
    assert len(owners) == len(lab)
    is_ip = lab.ip_version != 0
    assert (owners[~is_ip] == -1).all()
    assert (np.bincount(owners[is_ip], minlength=len(flows)) == flows.packets_total).all()
    busy = flows[np.argsort(-flows.packets_total.astype(np.int64), kind="stable")]
    packets = busy.packets(0)
    assert len(packets) == busy.packets_total[0]
    assert packets.timestamp.min() == busy.first_seen[0]
    few = busy[:3]
    assert len(few.packets()) == few.packets_total.sum()
    assert len(flows.packets()) == is_ip.sum()


def test_packets_are_written(flows, tmp_path):
    some = flows[flows.conn_state == "REJ"].head(3)
    assert some.write_pcap(tmp_path / "some.pcap") == some.packets_total.sum()
    again = pf.read_pcap(tmp_path / "some.pcap").flows()
    assert again.history.tolist() == some.history.tolist()


def test_choosing_rows(flows):
    assert len(flows[10:20]) == 10
    assert flows[::-1].first_row[0] == flows.first_row[-1]
    mask = flows.protocol == 17
    assert (flows[mask].protocol == 17).all()
    assert flows[[3, 1]].first_row.tolist() == flows.first_row[[3, 1]].tolist()
    assert flows[-1].first_row[0] == flows.first_row[-1]
    assert flows[mask].sequence_sizes.tolist() == flows.sequence_sizes[mask].tolist()
    with pytest.raises(IndexError, match="mask has 1 values"):
        flows[np.array([True])]
    with pytest.raises(IndexError, match=r"row \d+ is not there"):
        flows[len(flows)]
    with pytest.raises(pf.UnknownColumnError, match="no_such"):
        flows["no_such"]


def test_statistics_by_numpy(lab, flows):
    """Of every flow, from its packets."""
    owners = flows.packet_flows()
    order = np.argsort(owners, kind="stable")
    groups = np.split(order, np.searchsorted(owners[order], np.arange(len(flows))))[1:]
    times, length = lab.timestamp.view(np.int64), lab.length
    for row in range(0, len(flows), 97):
        packets = groups[row]
        sizes = length[packets].astype(float)
        assert (flows.size_min_total[row], flows.size_max_total[row]) == (sizes.min(), sizes.max())
        np.testing.assert_allclose(flows.size_mean_total[row], sizes.mean())
        np.testing.assert_allclose(flows.size_std_total[row], sizes.std(ddof=1) if len(sizes) > 1 else 0, atol=1e-9)
        gaps = np.diff(times[packets])
        if len(gaps) > 1:
            np.testing.assert_allclose(flows.iat_std_total[row].astype(np.int64), gaps.std(ddof=1), atol=1)
        assert flows.sequence_sizes[row][: len(packets)].tolist() == sizes[:4].tolist()


def test_exports_agree(flows, tmp_path):
    flows = flows[::40]
    table, frame = flows.to_arrow(), flows.to_pandas()
    assert table.column_names == list(frame.columns) == flows.columns
    for name in flows.columns:
        assert table[name].null_count == frame[name].isna().sum(), name
    assert table["src"].to_pylist() == list(np.asarray(flows.src))
    assert table["sport"].null_count == (~np.isin(flows.protocol, [6, 17, 33, 132, 136])).sum()
    flows.write_parquet(tmp_path / "flows.parquet")
    import pyarrow.parquet

    rows = table.to_pylist()
    assert pyarrow.parquet.read_table(tmp_path / "flows.parquet").to_pylist() == rows
    polars = pytest.importorskip("polars")
    assert polars.DataFrame(flows).to_arrow().to_pylist() == rows
    for name in ("sport", "bytes_total", "size_std_total", "iat_max_fwd", "handshake_rtt", "conn_state", "src"):
        present = frame[name].notna().to_numpy()
        assert [row[name] is not None for row in rows] == present.tolist(), name
        values = np.asarray(flows[name])[present]
        assert frame[name][present].tolist() == pandas_list(values), name


def pandas_list(values):
    import pandas

    return pandas.Series(values).tolist()


@pytest.mark.parametrize("schema", ["nfstream", "cicflowmeter", "zeek"])
def test_exports_of_schemas_agree(lab, schema, tmp_path):
    import pyarrow.parquet

    flows = lab.flows(schema=schema)[::40]
    rows = flows.to_arrow().to_pylist()
    flows.write_parquet(tmp_path / "flows.parquet")
    assert pyarrow.parquet.read_table(tmp_path / "flows.parquet").to_pylist() == rows
    frame = flows.to_pandas()
    assert list(frame.columns) == flows.columns
    for name in flows.columns:
        missing = [row[name] is None for row in rows]
        assert frame[name].isna().tolist() == missing, name
    polars = pytest.importorskip("polars")
    assert polars.DataFrame(flows).to_arrow().to_pylist() == rows


def test_pickling(flows):
    again = pickle.loads(pickle.dumps(flows))
    assert again.to_arrow().equals(flows.to_arrow())
    assert again.sequence_iats.tolist() == flows.sequence_iats.tolist()
    assert again.packet_flows().tolist() == flows.packet_flows().tolist()


@pytest.mark.parametrize("schema", ["pcapframe", "nfstream", "cicflowmeter", "zeek"])
def test_a_stream_gives_the_same_flows(lab, schema, tmp_path):
    few = lab[:8000]
    few.write_pcap(tmp_path / "few.pcap")
    options = {"schema": schema, "statistics": True, "sequence": 0 if schema == "zeek" else 3}
    whole = few.flows(**options)
    batches = [list(pf.scan_flows(tmp_path / "few.pcap", **options, batch_size=size)) for size in (700, 3333)]
    # Hardware addresses are gone with the packets, and numbers count rows.
    left_out = {"id", "src_mac", "src_oui", "dst_mac", "dst_oui"}

    def rows(flows):
        table = flows.to_arrow().drop_columns([name for name in flows.columns if name in left_out])
        return list(zip(flows.first_row.tolist(), table.to_pylist(), strict=True))

    one, other = ([row for part in parts for row in rows(part)] for parts in batches)
    assert one == other
    assert sorted(one, key=lambda row: row[0]) == rows(whole)
    assert len(batches[0]) > 1
    with pytest.raises(ValueError, match="without keeping packets"):
        next(pf.scan_flows(LAB)).packets()


def test_threads_do_not_matter(lab, flows):
    assert lab.flows(statistics=True, sequence=4, threads=1).to_arrow().equals(flows.to_arrow())


def test_missing_columns_are_read_again_or_named(lab, tmp_path):
    data = pathlib.Path(LAB).read_bytes()
    expected = lab.flows().to_arrow()
    assert pf.read_pcap(data, columns=["length"]).flows().to_arrow().equals(expected)
    part = pf.read_pcap(LAB, columns=["length", "protocol", "ip_version"])
    assert len(part[part.protocol == 17].flows()) == (lab.flows().protocol == 17).sum()
    (batch,) = pf.scan_pcap(LAB, batch_size=1 << 20)
    with pytest.raises(AttributeError, match=r"vlan_id.* were not read; read them with columns="):
        batch.flows()
    copy = tmp_path / "copy.pcap"
    copy.write_bytes(data)
    cap = pf.read_pcap(copy, columns=["length"])
    copy.write_bytes(data[:-5])
    with pytest.raises(pf.PcapframeError, match="changed"):
        cap.flows()


def test_columns_that_were_not_made(lab):
    with pytest.raises(AttributeError, match="statistics=True"):
        _ = lab.flows().size_min_fwd
    with pytest.raises(AttributeError, match="no_such"):
        _ = lab.flows().no_such


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"schema": "argus"}, "schema is 'argus'"),
        ({"sequence": 256}, "sequence is 256"),
        ({"sequence": -1}, "sequence is -1"),
        ({"threads": 0}, "threads is 0"),
        ({"schema": "nfstream", "statistics": False}, "statistics is False"),
        ({"idle_timeout": "soon"}, "idle_timeout is 'soon'"),
        ({"active_timeout": 0}, "active_timeout is 0"),
    ],
)
def test_wrong_arguments(lab, arguments, message):
    with pytest.raises(ValueError, match=message):
        lab.flows(**arguments)


def test_community_id():
    flows = read(ethernet(ipv4(tcp(34855, 80, 2), 6, "128.232.110.120", "66.35.250.204"))).flows()
    assert flows.community_id.tolist() == ["1:LQU9qZlK+B5F3KDmev6m5PMibrg="]
    assert flows.community_ids(1).tolist() != flows.community_ids(0).tolist() == flows.community_id.tolist()
    with pytest.raises(ValueError, match="seed is 65536"):
        flows.community_ids(65536)


def test_addresses_of_flows(flows):
    assert (flows.src == "10.20.0.10").sum() == (np.asarray(flows.src) == "10.20.0.10").sum() > 0
    assert flows.dst.isin("10.0.0.0/8").any()
