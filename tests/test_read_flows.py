"""Flows that are read without columns of packets are those of the capture, whatever threads, chunks, sources and faults."""

from __future__ import annotations

import gzip
import io
import random
import warnings

import numpy as np
import pytest

import pcapframe as pf
from frames import assorted, ethernet, ipv4, ipv6, mutated, pcap, tcp, udp
from pcapframe import _core

OPTIONS = {"idle_timeout": None, "active_timeout": None, "schema": "pcapframe", "statistics": True, "sequence": 3}
WAYS = [(threads, chunk) for threads in (1, 2, 3, 7) for chunk in (512, 4096, 65_536)]


def contents(table):
    """Every column's bytes, and the texts and addresses behind the codes."""
    out = [len(table)]
    for name in table.columns:
        kind = pf.flows.KINDS[name]
        if kind in ("address", "text"):
            out += [table.codes(name).tobytes(), table.categories(name)]
        elif kind == "string":
            out.append(table.community_ids(0))
        else:
            out.append(table.values(name).tobytes())
    return out


def directly(source, threads, chunk, **options):
    """The flows of a source, and its faults; or the error's text."""
    meter = _core.FlowMeter(**OPTIONS | options, threads=threads)
    try:
        damage = meter.read([source], _core.Settings(threads=threads, chunk=chunk))
    except pf.PcapframeError as error:
        return str(error)
    return contents(meter.finish()[0]), damage


def by_columns(source, **options):
    try:
        frame = _core.read([source], _core.flow_packet_columns(), _core.Settings(threads=1))
    except pf.PcapframeError as error:
        return str(error)
    meter = _core.FlowMeter(**OPTIONS | options, threads=1)
    meter.add(frame)
    damage = [(about["path"], about["fault"], about["gaps"]) for about in frame.sources]
    return contents(meter.finish()[0]), damage


def assert_the_same(source, ways=WAYS, **options):
    expected = by_columns(source, **options)
    for threads, chunk in ways:
        assert directly(source, threads, chunk, **options) == expected, (threads, chunk)
    return expected


def fragments():
    """Datagrams in pieces, of which the first comes first, last, in between or not at all, and late."""
    rng = random.Random(3)
    frames = []
    for number in range(400):
        first = ethernet(ipv4(udp(1000 + number % 7, 53, bytes(8)), 17, ident=number, fragment=0x2000))
        later = [ethernet(ipv4(bytes(16), 17, ident=number, fragment=2 + 2 * i)) for i in range(3)]
        pieces = [first, *later] if rng.random() < 0.8 else later
        if rng.random() < 0.3:
            rng.shuffle(pieces)
        frames += pieces + rng.sample(assorted(), 3)
    return pcap([(i // 20, i % 20, frame) for i, frame in enumerate(frames)])


def test_our_captures(lab, lab_ng):
    for path in (lab, lab_ng):
        (rows, *_), damage = assert_the_same(str(path))
        assert rows > 10
        assert damage == [(str(path), None, [])]


@pytest.mark.parametrize("schema", ["pcapframe", "nfstream", "cicflowmeter", "zeek"])
def test_schemas(lab, schema):
    assert_the_same(str(lab), [(2, 65_536), (3, 1 << 20)], schema=schema, sequence=0)
    expected = pf.read_pcap(lab).flows(schema=schema)
    flows = pf.read_flows(lab, schema=schema)
    # What they have of packets are hardware addresses.
    left_out = {"src_mac", "src_oui", "dst_mac", "dst_oui"}
    names = [name for name in expected.columns if name not in left_out]
    assert flows.columns == expected.columns
    assert flows.to_arrow().select(names).equals(expected.to_arrow().select(names))


def test_fragments_whose_first_one_lies_in_another_chunk():
    (rows, *_), _ = assert_the_same(fragments())
    assert rows == 12


def test_ipv6_and_times_that_go_backwards():
    rng = random.Random(8)
    ends = [f"2001:db8::{i}" for i in range(40)]
    frames = []
    for _ in range(3000):
        one, other = rng.sample(ends, 2)
        flags = rng.choice([2, 16, 17, 18, 4, 24])
        frames.append(ethernet(ipv6(tcp(rng.choice([80, 1234]), 1234, flags), 6, one, other), 0x86DD))
    records = [(1000 + i - rng.randrange(300), i, frame) for i, frame in enumerate(frames)]
    for schema in ("pcapframe", "nfstream", "zeek"):
        (rows, *_), _ = assert_the_same(pcap(records), [(2, 512), (7, 4096)], schema=schema, sequence=0)
        assert rows > 100


@pytest.mark.parametrize("seed", range(12))
def test_mutations(seed):
    rng = random.Random(seed)
    data = pcap([(i // 9, i, rng.choice(assorted())) for i in range(600)])
    for _ in range(4):
        assert_the_same(mutated(data, rng), [(2, 512), (3, 4096)])


def test_captures_by_others(shared_captures):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = [
            assert_the_same(str(path), [(2, 4096), (1, 1 << 20)]) for path in shared_captures if path.stat().st_size < 1 << 20
        ]
    assert sum(one[0][0] for one in found if not isinstance(one, str)) > 10_000


def test_more_flows_than_were_expected():
    """The first megabytes have one flow, the last ones a flow a packet: rows come that nobody has foreseen.

    Flows become rows after 64 chunks, which is after 4 MB here; in one go with the large chunk.
    """
    one = ethernet(ipv4(udp(1, 2, bytes(1400)), 17))
    many = [ethernet(ipv4(udp(port, 2), 17, f"10.1.{port % 200}.1")) for port in range(1, 60_000)]
    data = pcap([(i // 100, 0, frame) for i, frame in enumerate([one] * 4000 + many)])
    (rows, *_), _ = assert_the_same(data, [(2, 65_536), (1, 65_536), (2, 1 << 24), (3, 10_000)])
    assert rows == 60_000


def test_segments_of_a_stream(tmp_path):
    """A compressed source comes in segments of 6 MiB, whose flows go on in the next one."""
    rng = random.Random(2)
    ends = [(rng.randrange(1, 3000), f"10.0.{rng.randrange(20)}.1") for _ in range(2000)]
    ports = [(port, 80) if turn % 2 else (80, port) for turn in range(3) for port, _ in ends]
    sources = [source for _ in range(3) for _, source in ends]
    segments = [tcp(*pair, rng.choice([2, 16, 24, 17])) for pair in ports]
    frames = [ethernet(ipv4(segment, 6, source)) for segment, source in zip(segments, sources, strict=True)]
    data = pcap([(i // 3000, i % 3000, frames[i % 6000] + bytes(i % 50)) for i in range(150_000)])
    (tmp_path / "long.pcap.gz").write_bytes(gzip.compress(data, 1))
    assert len(data) > 14_000_000
    expected = pf.read_pcap(data).flows(statistics=True, sequence=3)
    for source in (tmp_path / "long.pcap.gz", gzip.compress(data, 1), io.BytesIO(data)):
        assert pf.read_flows(source, statistics=True, sequence=3).to_arrow().equals(expected.to_arrow())
    streamed = [row for part in pf.scan_flows(io.BytesIO(data), batch_size=20_000) for row in part.first_row.tolist()]
    assert sorted(streamed) == expected.first_row.tolist()


class TestSources:
    def test_a_file_bytes_a_file_object_and_compressed(self, lab, tmp_path):
        expected = pf.read_pcap(lab).flows().to_arrow()
        data = lab.read_bytes()
        (tmp_path / "lab.pcap.gz").write_bytes(gzip.compress(data))
        for source in (lab, data, io.BytesIO(data), tmp_path / "lab.pcap.gz", gzip.compress(data)):
            assert pf.read_flows(source).to_arrow().equals(expected)

    def test_several(self, lab, lab_ng):
        sources = [lab_ng, lab, lab_ng.read_bytes(), io.BytesIO(lab.read_bytes())]
        expected = pf.read_pcap([source if not hasattr(source, "read") else lab for source in sources])
        assert pf.read_flows(sources).to_arrow().equals(expected.flows().to_arrow())

    def test_ordered_by_time(self, tmp_path):
        frame = ethernet(ipv4(udp(5, 53), 17))
        paths = [tmp_path / "one.pcap", tmp_path / "two.pcap"]
        for path, times in zip(paths, [(0, 200, 400), (100, 300, 500)], strict=True):
            path.write_bytes(pcap([(time, 0, frame) for time in times]))
        assert len(pf.read_flows(paths)) == 3
        assert pf.read_flows(paths, merge=True).packets_total.tolist() == [6]
        frames = [ethernet(ipv4(udp(port, 53), 17)) for port in (5, 6)]
        # One source that is not in order; and a packet that comes far too late.
        lonely = pcap([(time, 0, frames[time % 2]) for time in (500, 0, 1, 300, 2)])
        late = pcap([(1000 + i, 0, frames[i % 2]) for i in range(3000)] + [(7, 0, frames[0])])
        for sources in (paths, lonely, [lonely, late]):
            expected = pf.read_pcap(sources, merge=True).flows().to_arrow()
            assert pf.read_flows(sources, merge=True).to_arrow().equals(expected)

    def test_headers_outside_of_tunnels(self, lab):
        expected = pf.read_pcap(lab, columns="all", decapsulate=False).flows().to_arrow()
        assert pf.read_flows(lab, decapsulate=False).to_arrow().equals(expected)

    def test_nothing(self):
        assert len(pf.read_flows(pcap([]))) == 0

    def test_no_capture_and_no_file(self, tmp_path):
        with pytest.raises(pf.NotACaptureError):
            pf.read_flows(b"no capture at all")
        with pytest.raises(FileNotFoundError):
            pf.read_flows(tmp_path / "missing.pcap")


class TestFaults:
    frames = (ethernet(ipv4(udp(5, 53), 17)), ethernet(ipv4(udp(6, 53), 17)))
    cut = pcap([(i, 0, frame) for i, frame in enumerate(frames)])[:-3]

    def test_the_warning_names_the_users_line(self):
        with pytest.warns(pf.TruncatedCaptureWarning, match="ends inside a record") as caught:
            assert len(pf.read_flows(self.cut)) == 1
        assert [warning.filename for warning in caught] == [__file__]
        with pytest.warns(pf.TruncatedCaptureWarning, match="ends inside a record") as caught:
            assert sum(len(flows) for flows in pf.scan_flows(self.cut)) == 1
        assert [warning.filename for warning in caught] == [__file__]

    def test_raised(self):
        with pytest.raises(pf.CorruptCaptureError):
            pf.read_flows(self.cut, on_error="raise")
        with pytest.raises(pf.CorruptCaptureError):
            list(pf.scan_flows(self.cut, on_error="raise"))

    def test_records_behind_a_fault(self):
        records = [(i, 0, self.frames[i % 2]) for i in range(4000)]
        data = bytearray(pcap(records))
        data[40_000:40_300] = bytes(300)
        with pytest.warns(pf.TruncatedCaptureWarning, match="bytes skipped and packets after it kept"):
            flows = pf.read_flows(bytes(data))
        assert 3900 < flows.packets_total.sum() < 4000
        with pytest.warns(pf.TruncatedCaptureWarning):
            stopped = pf.read_flows(bytes(data), on_error="stop")
        assert stopped.packets_total.sum() < 800


class TestArguments:
    @pytest.mark.parametrize(
        ("options", "text"),
        [
            ({"schema": "argus"}, "schema is 'argus'"),
            ({"sequence": 256}, "sequence is 256"),
            ({"threads": 0}, "threads is 0"),
            ({"idle_timeout": "soon"}, "idle_timeout"),
            ({"on_error": "ignore"}, "on_error is 'ignore'"),
            ({"max_expansion": 0}, "max_expansion is 0"),
        ],
    )
    def test_out_of_range(self, lab, options, text):
        with pytest.raises(ValueError, match=text):
            pf.read_flows(lab, **options)

    @pytest.mark.parametrize("merge", [False, True])
    def test_faults_are_told_of_merged_sources_too(self, merge, lab, tmp_path):
        path = tmp_path / "cut.pcap"
        path.write_bytes(TestFaults.cut)
        with pytest.warns(pf.TruncatedCaptureWarning, match=str(path)):
            pf.read_flows([lab, path], merge=merge)

    def test_more_than_fits(self, monkeypatch):
        data = pcap([(0, 0, ethernet(ipv4(udp(port, 2), 17))) for port in range(1, 5000)])
        capture = pf.read_pcap(data, columns=_core.flow_packet_columns())
        monkeypatch.setenv("PCAPFRAME_MEMORY", "300000")
        with pytest.raises(MemoryError, match=r"4999 flows so far, which take .* take them in batches, with scan_flows"):
            pf.read_flows(data)
        with pytest.raises(MemoryError, match="flows so far"):
            capture.flows()
        assert sum(len(flows) for flows in pf.scan_flows(data)) == 4999

    def test_packets_are_gone(self, lab):
        with pytest.raises(ValueError, match=r"without keeping packets; use read_pcap\(\.\.\.\)\.flows\(\)"):
            pf.read_flows(lab).packets()

    def test_a_meter_that_is_finished_or_has_failed(self, lab):
        finished, failed = _core.FlowMeter(**OPTIONS), _core.FlowMeter(**OPTIONS)
        finished.finish()
        with pytest.raises(pf.NotACaptureError):
            failed.read([str(lab), b"no capture"], _core.Settings(threads=1))
        frame = _core.read([str(lab)], _core.flow_packet_columns(), _core.Settings(threads=1))
        for meter in (finished, failed):
            for method, arguments in (
                (meter.read, ([str(lab)], _core.Settings(threads=1))),
                (meter.add, (frame,)),
                (meter.take, ()),
                (meter.finish, ()),
            ):
                with pytest.raises(ValueError, match="finished, has failed, or is at work"):
                    method(*arguments)

    def test_a_meter_that_is_at_work(self, lab):
        meter = _core.FlowMeter(**OPTIONS)
        with pytest.raises(ValueError, match="at work"):
            meter.read([str(lab)], _core.Settings(threads=2), progress=lambda done, total: meter.finish())


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """Large enough for threads, and for many blocks of small chunks."""
    data = pcap([(i // 900, i, frame) for i, frame in enumerate(assorted() * 90)])
    path = tmp_path_factory.mktemp("flows") / "large.pcap"
    path.write_bytes(data + data[24:] * (20_000_000 // len(data)))
    return path


class TestProgress:
    def test_it_is_told_and_ends_the_reading(self, large):
        told = []
        pf.read_flows(large, progress=lambda done, total: told.append((done, total)))
        assert told[-1] == (large.stat().st_size,) * 2

        def enough(done, total):
            raise RuntimeError("enough")

        settings = _core.Settings(threads=2, chunk=64)
        for _ in range(3):
            with pytest.raises(RuntimeError, match="enough"):
                _core.FlowMeter(**OPTIONS).read([str(large)], settings, progress=enough)

    def test_large_files_on_all_cores(self, large):
        assert_the_same(str(large), [(1, 1 << 20), (2, 1 << 20), (5, 100_000), (2, 20_000)])


def test_columns_that_follow_from_others(lab):
    flows = pf.read_flows(lab, statistics=True)
    for name in ("packets", "bytes", "ip_bytes", "payload_bytes", "fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr"):
        assert (flows[f"{name}_total"] == flows[f"{name}_fwd"] + flows[f"{name}_rev"]).all(), name
    assert (flows.duration == flows.last_seen - flows.first_seen).all()
    for side in ("total", "fwd", "rev"):
        packets = flows[f"packets_{side}"]
        some = packets > 0
        assert np.allclose(flows[f"size_mean_{side}"][some], flows[f"bytes_{side}"][some] / packets[some], rtol=1e-15)
        assert (flows[f"size_mean_{side}"][~some] == 0).all()
        for what in ("size", "payload"):
            low, mean, high = (flows[f"{what}_{kind}_{side}"] for kind in ("min", "mean", "max"))
            assert ((low <= mean) & (mean <= high)).all()
    both = flows[(flows.packets_fwd > 0) & (flows.packets_rev > 0)]
    assert (both.size_min_total == np.minimum(both.size_min_fwd, both.size_min_rev)).all()
    one_way = flows[flows.packets_rev == 0]
    assert len(one_way) > 0
    assert (one_way.size_min_total == one_way.size_min_fwd).all()
    # The same array again, and the part of a table's columns is the column of the part.
    assert np.shares_memory(flows.packets_total, flows.packets_total)
    half = flows[flows.dport == 53]
    assert half.size_mean_total.tolist() == flows.size_mean_total[flows.dport == 53].tolist()
    assert flows[3:9].duration.tolist() == flows.duration[3:9].tolist()


def test_what_a_flow_has_not_is_0(lab):
    """Whole blocks of flows without a column's field are passed over: elsewhere it must be 0 as well."""
    for options in ({"statistics": True}, {"schema": "zeek"}):
        table = pf.read_flows(lab, **options)._frame
        partly = {name: table.present(name) for name in table.columns}
        partly = {name: present for name, present in partly.items() if present is not None and not present.all()}
        assert len(partly) > 10
        for name, present in partly.items():
            values = table.codes(name) if pf.flows.KINDS[name] == "text" else table.values(name)
            assert not values[~present].astype(bool).any(), name
