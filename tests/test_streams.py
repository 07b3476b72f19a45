"""Compressed captures, pipes, several sources and batches: the same packets as from the plain file."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import pathlib
import pickle
import shutil
import socket
import subprocess
import sys
import threading
import warnings

import numpy as np
import pytest

import pcapframe as pf
from frames import enhanced, ethernet, interface, ipv4, option, pcap, section, udp

PLAIN = pcap([(i, i, ethernet(ipv4(udp(1000 + i, 53, b"x" * (i % 90)), 17))) for i in range(3000)])
COMPRESSED = {"gzip": gzip.compress, "xz": lzma.compress, "bzip2": bz2.compress}
# Formats that Python has no module for are written by their own programs, where those are installed.
PROGRAMS = {"zstd": ["zstd", "-qc"], "lz4": ["lz4", "-qc"]}


def compressed(name, data):
    if name in COMPRESSED:
        return COMPRESSED[name](data)
    program = shutil.which(PROGRAMS[name][0])
    if program is None:
        pytest.skip(f"the program {name} is not installed")
    return subprocess.run(PROGRAMS[name], input=data, capture_output=True, check=True).stdout


def rows(*captures):
    """All columns of captures that follow one another."""
    return {name: np.concatenate([np.asarray(cap[name]) for cap in captures]).tolist() for name in captures[0].columns}


@pytest.fixture(scope="module")
def whole():
    return pf.read_pcap(PLAIN, columns="all")


@pytest.mark.parametrize("name", [*COMPRESSED, *PROGRAMS])
class TestCompressed:
    def test_from_a_file_bytes_and_a_file_object(self, name, whole, tmp_path):
        data = compressed(name, PLAIN)
        # Nothing in the name tells.
        path = tmp_path / "capture.pcap"
        path.write_bytes(data)
        for source in (path, data, io.BytesIO(data)):
            cap = pf.read_pcap(source, columns="all")
            assert rows(cap) == rows(whole)
            assert cap.info.format.endswith(f", {name}")
            assert cap.info.source_bytes == len(PLAIN)

    def test_parts_one_after_the_other(self, name, whole):
        parts = [PLAIN[:1000], PLAIN[1000:1003], b"", PLAIN[1003:]]
        cap = pf.read_pcap(b"".join(compressed(name, part) for part in parts), columns="all")
        assert rows(cap) == rows(whole)

    def test_packets_are_read_again(self, name, whole, tmp_path):
        path = tmp_path / "capture"
        path.write_bytes(compressed(name, PLAIN))
        cap = pf.read_pcap(path)
        for i in (2999, 0, 1500, 1501, 3):
            assert cap.packet(i) == whole.packet(i)
        assert [data for _, data in cap[::7].packets()] == [data for _, data in whole[::7].packets()]
        cap[5:50].write_pcap(tmp_path / "part.pcap")
        assert list(pf.read_pcap(tmp_path / "part.pcap").sport) == list(whole.sport[5:50])
        assert pickle.loads(pickle.dumps(cap)).packet(7) == whole.packet(7)
        path.write_bytes(compressed(name, PLAIN[:-100]))
        with pytest.raises(pf.PcapframeError, match="has changed"):
            cap.packet(0)

    def test_cut(self, name):
        data = compressed(name, PLAIN)
        for cut in range(len(data) // 3, len(data), len(data) // 5):
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                try:
                    cap = pf.read_pcap(data[:cut], columns="all")
                except pf.NotACaptureError:
                    continue
            assert len(cap) < 3000
            assert {name: values[: len(cap)] for name, values in rows(pf.read_pcap(PLAIN, columns="all")).items()} == rows(cap)
            assert [warning.category for warning in caught] == [pf.TruncatedCaptureWarning]
            with pytest.raises(pf.CorruptCaptureError):
                pf.read_pcap(data[:cut], on_error="raise")


def test_a_decompression_bomb_is_refused():
    # One record after the other of nothing, 200 MB of them.
    bomb = gzip.compress(PLAIN[:24] + bytes(200_000_000), 1)
    with pytest.raises(pf.PcapframeError, match="max_expansion="):
        pf.read_pcap(bomb, max_expansion=20)
    with pytest.raises(pf.PcapframeError, match="max_expansion="):
        for _ in pf.scan_pcap(bomb, max_expansion=20):
            pass
    assert len(pf.read_pcap(bomb, columns=["length"])) == 200_000_000 // 16
    with pytest.raises(ValueError, match="max_expansion is 0"):
        pf.read_pcap(bomb, max_expansion=0)


@pytest.mark.parametrize(
    "data", [b"", b"\x1f\x8b", gzip.compress(b""), gzip.compress(b"no capture"), gzip.compress(gzip.compress(PLAIN))]
)
def test_no_capture(data):
    with pytest.raises(pf.NotACaptureError):
        pf.read_pcap(data)
    with pytest.raises(pf.NotACaptureError):
        pf.scan_pcap(data)


@pytest.mark.parametrize("kind", ["zip", "tar", "gztar", "xztar"])
def test_an_archive_is_no_container(kind, tmp_path):
    folder = tmp_path / "inside"
    folder.mkdir()
    for i in range(8):
        (folder / f"capture-{i}.pcap").write_bytes(PLAIN)
    path = shutil.make_archive(str(tmp_path / "archive"), kind, folder)
    for source in (path, pathlib.Path(path).read_bytes()):
        for read in (pf.read_pcap, pf.scan_pcap):
            with pytest.raises(pf.NotACaptureError, match=r"archive.*capture-\d.pcap.*, \.\.\."):
                read(source)


@pytest.mark.parametrize("size", [1, 7, 999, 3000, 10**6])
@pytest.mark.parametrize("threads", [1, 3])
def test_batches_are_the_whole(size, threads, whole, tmp_path):
    path = tmp_path / "plain"
    path.write_bytes(PLAIN)
    batches = list(pf.scan_pcap(path, columns="all", batch_size=size, threads=threads))
    assert [len(batch) for batch in batches] == [size] * (3000 // size) + [3000 % size] * (3000 % size > 0)
    assert rows(*batches) == rows(whole)


def test_batches_of_pcapng_and_its_interfaces():
    data = section() + b"".join(
        interface(options=option(2, f"if{i}".encode())) + enhanced(i, i * 10**6, ethernet(ipv4(udp(i, 1), 17))) for i in range(50)
    )
    cap = pf.read_pcap(data, columns="all")
    batches = list(pf.scan_pcap(data, columns="all", batch_size=11))
    assert rows(*batches) == rows(cap)
    assert [len(batch.info.interfaces) for batch in batches][-1] == 50
    assert batches[0].info.interfaces[3].name == "if3"


def test_no_batches_of_a_capture_without_packets():
    assert list(pf.scan_pcap(PLAIN[:24])) == []


def test_a_fault_is_told_after_the_last_batch():
    batches = pf.scan_pcap(PLAIN[:-5], batch_size=2000)
    assert [len(next(batches)), len(next(batches))] == [2000, 999]
    with pytest.warns(pf.TruncatedCaptureWarning, match="2,999 packets"):
        assert list(batches) == []
    with pytest.raises(pf.CorruptCaptureError):
        list(pf.scan_pcap(PLAIN[:-5], on_error="raise"))


def test_arguments():
    for wrong in ({"batch_size": 0}, {"timeout": -1.0}, {"follow": True}, {"on_error": "no"}, {"threads": 0}, {"columns": []}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            pf.scan_pcap(PLAIN, **wrong)
    with pytest.raises(FileNotFoundError):
        pf.scan_pcap("there/is/none")
    with pytest.raises(ValueError, match="empty list"):
        pf.read_pcap([])
    with pytest.raises(TypeError, match="text mode"):
        pf.read_pcap(io.StringIO("text"))
    with pytest.raises(TypeError, match="must be a path"):
        pf.read_pcap(7)
    with pytest.raises(ValueError, match=r'ports\[1\] is "no"'):
        pf.read_pcap(PLAIN, ports={1: "no"})
    with pytest.raises(ValueError, match="70000"):
        pf.read_pcap(PLAIN, ports={70000: "vxlan"})


class Trickle:
    """Gives little at a time."""

    def __init__(self, data):
        self.stream = io.BytesIO(data)

    def read(self, count):
        return self.stream.read(min(count, 777))


class Generous(Trickle):
    """Gives more than was asked for."""

    def read(self, count):
        return self.stream.read(count + 1000)


class Fails(Trickle):
    def read(self, count):
        data = super().read(count)
        if not data:
            raise RuntimeError("the line is dead")
        return data


def test_objects_that_can_be_read(whole):
    assert rows(pf.read_pcap(Trickle(PLAIN), columns="all")) == rows(whole)
    assert rows(pf.read_pcap(Generous(PLAIN), columns="all")) == rows(whole)
    assert rows(*pf.scan_pcap(Trickle(gzip.compress(PLAIN)), columns="all", batch_size=100)) == rows(whole)
    for data in (PLAIN, gzip.compress(PLAIN)):
        with pytest.raises(RuntimeError, match="the line is dead"):
            pf.read_pcap(Fails(data))
    with pytest.raises(TypeError, match="returned int"):
        pf.read_pcap(type("Odd", (), {"read": lambda self, count: 5})())
    kept = pf.read_pcap(Trickle(gzip.compress(PLAIN)), keep_bytes=True)
    assert kept.packet(2999) == whole.packet(2999)
    with pytest.raises(pf.PcapframeError, match="keep_bytes=True"):
        pf.read_pcap(Trickle(PLAIN)).packet(0)


def test_a_pipe_and_a_socket(whole, tmp_path):
    path = tmp_path / "plain"
    path.write_bytes(PLAIN)
    with subprocess.Popen(["cat", str(path)], stdout=subprocess.PIPE) as process:
        assert rows(pf.read_pcap(process.stdout, columns="all")) == rows(whole)
    here, there = socket.socketpair()
    sender = threading.Thread(target=lambda: (there.sendall(PLAIN), there.close()))
    sender.start()
    assert rows(*pf.scan_pcap(here, columns="all")) == rows(whole)
    sender.join()
    here.close()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_named_pipe(whole, tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(PLAIN,))
    writer.start()
    cap = pf.read_pcap(path, columns="all")
    writer.join()
    assert rows(cap) == rows(whole)


def test_a_live_pipe_gives_what_it_has():
    reading, writing = os.pipe()
    with open(reading, "rb") as source, open(writing, "wb", buffering=0) as sink:
        sink.write(PLAIN[:24])
        batches = pf.scan_pcap(source, timeout=0.05, batch_size=1000)
        step = 16 + len(ethernet(ipv4(udp(1000, 53), 17)))
        sink.write(PLAIN[24 : 24 + step])
        assert next(batches).sport.tolist() == [1000]
        # Half a record waits for its other half.
        sink.write(PLAIN[24 + step : 24 + step + 20])
        timer = threading.Timer(0.2, lambda: (sink.write(PLAIN[24 + step + 20 :]), sink.close()))
        timer.start()
        assert sum(len(batch) for batch in batches) == 2999


def test_a_growing_file(tmp_path):
    path = tmp_path / "growing"
    path.write_bytes(PLAIN[:5000])
    found = []
    for batch in pf.scan_pcap(path, follow=True, timeout=0.05):
        found += batch.sport.tolist()
        if len(found) == 3000:
            break
        if path.stat().st_size == 5000:
            with path.open("ab") as file:
                file.write(PLAIN[5000:])
    assert found == list(range(1000, 4000))


ABANDONED = """
import subprocess, sys, time
import pcapframe as pf
process = subprocess.Popen([sys.executable, "-c", "import sys, time; sys.stdout.buffer.write(open(sys.argv[1], 'rb').read()); "
    "sys.stdout.flush(); time.sleep(30)", sys.argv[1]], stdout=subprocess.PIPE)
for batch in pf.scan_pcap(process.stdout, timeout=0.1):
    break
start = time.monotonic()
process.stdout.close()
process.kill()
print(len(batch) > 0, time.monotonic() - start < 5)
"""


def test_leaving_the_loop_over_a_live_pipe(tmp_path):
    path = tmp_path / "plain"
    path.write_bytes(PLAIN)
    done = subprocess.run([sys.executable, "-c", ABANDONED, path], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "True True\n", "")


class TestSeveral:
    @pytest.fixture
    def folder(self, tmp_path):
        records = [(2 * i, 0, ethernet(ipv4(udp(i, 1), 17))) for i in range(5)]
        others = [(2 * i + 1, 0, ethernet(ipv4(udp(100 + i, 1), 17, src="10.0.0.9"))) for i in range(4)]
        (tmp_path / "day-1.pcap").write_bytes(pcap(records))
        (tmp_path / "day-2.pcap.gz").write_bytes(gzip.compress(pcap(others)))
        return tmp_path

    def test_one_after_the_other(self, folder):
        for source in (str(folder / "day-*"), [folder / "day-1.pcap", folder / "day-2.pcap.gz"], [str(folder / "day-*")]):
            cap = pf.read_pcap(source, columns="all")
            assert cap.sport.tolist() == [0, 1, 2, 3, 4, 100, 101, 102, 103]
            assert cap.file.tolist() == [0] * 5 + [1] * 4
            assert cap.interface.tolist() == [0] * 5 + [1] * 4
            assert list(cap.src[-4:]) == ["10.0.0.9"] * 4
            assert [os.path.basename(path) for path in cap.info.files] == ["day-1.pcap", "day-2.pcap.gz"]
            assert (cap.info.path, len(cap.info.interfaces)) == (None, 2)
            assert rows(*pf.scan_pcap(source, columns="all", batch_size=2)) == rows(cap)

    def test_packets_of_either(self, folder, tmp_path):
        cap = pf.read_pcap(str(folder / "day-*"))
        single = [pf.read_pcap(path) for path in sorted(folder.glob("day-*"))]
        expected = [data for one in single for _, data in one.packets()]
        assert [data for _, data in cap.packets()] == expected
        assert [cap.packet(i) for i in (8, 0, 5)] == [expected[i] for i in (8, 0, 5)]
        cap.write_pcap(tmp_path / "all.pcap")
        assert pf.read_pcap(tmp_path / "all.pcap").sport.tolist() == cap.sport.tolist()
        assert pickle.loads(pickle.dumps(cap)).packet(6) == expected[6]

    def test_bytes_among_files_are_kept(self, folder):
        cap = pf.read_pcap([PLAIN, folder / "day-1.pcap", gzip.compress(PLAIN)], columns=["length"])
        whole = pf.read_pcap(PLAIN)
        assert [cap.packet(i) for i in (0, 2999, 3005, 6004)] == [whole.packet(i) for i in (0, 2999, 0, 2999)]

    def test_ordered_by_time(self, folder):
        cap = pf.read_pcap(str(folder / "day-*"), merge=True)
        assert cap.sport.tolist() == [0, 100, 1, 101, 2, 102, 3, 103, 4]
        assert cap.packet(1) == pf.read_pcap(folder / "day-2.pcap.gz").packet(0)

    def test_a_fault_in_one(self, folder):
        path = folder / "day-1.pcap"
        path.write_bytes(path.read_bytes()[:-3])
        with pytest.warns(pf.TruncatedCaptureWarning, match="day-1.pcap.*4 packets"):
            cap = pf.read_pcap(str(folder / "day-*"))
        assert len(cap) == 8
        assert "day-1.pcap" in cap.info.fault

    def test_no_match(self, folder):
        with pytest.raises(FileNotFoundError):
            pf.read_pcap(str(folder / "night-*"))

    def test_a_name_that_looks_like_a_pattern(self, folder):
        shutil.copy(folder / "day-1.pcap", folder / "[1].pcap")
        assert len(pf.read_pcap(folder / "[1].pcap")) == 5


def vxlan(inner, *, port=4789):
    return ethernet(ipv4(udp(50000, port, bytes.fromhex("08000000 00002a00") + inner), 17, src="192.0.2.1", dst="192.0.2.2"))


class TestMerged:
    """`scan_pcap` orders as `read_pcap` does, which sorts all packets."""

    AHEAD = 1024

    @staticmethod
    def compare(sources, **options):
        expected = pf.read_pcap(sources, columns="all", merge=True)
        batches = list(pf.scan_pcap(sources, columns="all", merge=True, **options))
        found = rows(*batches)
        assert found == rows(expected)
        assert list(found) == expected.columns
        assert [i.name for i in batches[-1].info.interfaces] == [i.name for i in expected.info.interfaces]
        return batches

    @staticmethod
    def records(count, seed, *, spread=0, source="10.0.0.1"):
        """Packets whose times are in order but for neighbours `spread` apart; many are the same."""
        random = np.random.default_rng(seed)
        times = np.sort(random.integers(0, count // 3, count))
        order = np.argsort(np.arange(count) + random.integers(0, spread + 1, count), kind="stable")
        data = [ethernet(ipv4(udp(int(i) % 65536, 53, b"x" * int(random.integers(0, 60))), 17, src=source)) for i in range(count)]
        return [(int(times[i]), int(i) % 1000, data[i]) for i in order]

    @pytest.mark.parametrize("spread", [0, 30, 1000])
    @pytest.mark.parametrize(("size", "threads"), [(10**6, 1), (997, 2)])
    def test_as_when_all_is_read(self, spread, size, threads, tmp_path):
        (tmp_path / "a.pcap").write_bytes(pcap(self.records(7000, 1, spread=spread)))
        (tmp_path / "b.pcap.gz").write_bytes(gzip.compress(pcap(self.records(5000, 2, spread=spread, source="10.0.0.9"))))
        ng = section() + b"".join(interface(options=option(2, name)) for name in (b"left", b"right"))
        ng += b"".join(
            enhanced(i % 2, i * 10**6 // 3, ethernet(ipv4(udp(i % 65536, 7), 17, src="10.9.9.9"))) for i in range(3000)
        )
        batches = self.compare([str(tmp_path / "*.pcap*"), ng], batch_size=size, threads=threads)
        assert [len(batch) for batch in batches[:-1]] == [size] * (15000 // size)
        files = np.concatenate([batch.file for batch in batches])
        # They are mixed, and not one after the other.
        assert np.bincount(files).tolist() == [7000, 5000, 3000]
        assert np.count_nonzero(np.diff(files.astype(int))) > 2000

    def test_large_segments_on_all_cores(self):
        sources = [pcap([(i, file, bytes(900)) for i in range(8000)]) for file in range(2)]
        self.compare(sources, threads=3)

    def test_large_packets(self):
        # Fewer of them are looked at ahead.
        sources = [pcap([(i ^ 1, 0, bytes(60_000 + file)) for i in range(60)]) for file in range(2)]
        self.compare(sources)

    def test_what_is_too_late_comes_when_it_is_met(self):
        other = pcap([(1, 0, b"other")])
        for late in (self.AHEAD, 4 * self.AHEAD):
            data = pcap([(10 + i, 0, b"x") for i in range(late)] + [(0, 0, b"late")] + [(9999, 0, b"x")] * 3000)
            (batch,) = pf.scan_pcap([data, other], columns=["length", "timestamp"], merge=True)
            place = batch.length.tolist().index(4)
            assert place == 0 if late == self.AHEAD else 1 < place < late
            assert len(batch) == late + 3002

    def test_interfaces_that_come_late(self):
        late = section() + interface(options=option(2, b"first"))
        late += b"".join(enhanced(0, i, ethernet(ipv4(udp(1, 1), 17))) for i in range(3000))
        late += interface(options=option(2, b"late")) + enhanced(1, 5000, ethernet(ipv4(udp(2, 2), 17)))
        batches = list(pf.scan_pcap([late, pcap([(1, 0, b"")])], columns="all", merge=True))
        names = [one.name for one in batches[-1].info.interfaces]
        assert names == ["first", "", "late"]
        found = rows(*batches)
        assert [names[number] for number in found["interface"][2999:]] == ["first", "late", ""]
        assert found["file"][2999:] == [0, 0, 1]

    def test_faults_and_sources_without_packets(self, tmp_path):
        path = tmp_path / "cut.pcap"
        path.write_bytes(PLAIN[:-5])
        with pytest.warns(pf.TruncatedCaptureWarning, match="cut.pcap.*2,999 packets"):
            batches = list(pf.scan_pcap([PLAIN[:24], path, PLAIN], merge=True))
        assert sum(map(len, batches)) == 5999
        assert batches[0].info.files == (None, None, None)
        with pytest.raises(pf.CorruptCaptureError, match=r"cut\.pcap"):
            list(pf.scan_pcap([path, PLAIN], merge=True, on_error="raise"))
        assert list(pf.scan_pcap([PLAIN[:24]] * 3, merge=True)) == []
        with pytest.raises(FileNotFoundError, match=r"none\.pcap"):
            pf.scan_pcap([path, tmp_path / "none.pcap"], merge=True)
        (tmp_path / "text").write_text("no capture at all")
        with pytest.raises(pf.NotACaptureError, match="text: this is no"):
            pf.scan_pcap([path, tmp_path / "text"], merge=True)

    def test_one_source(self):
        assert rows(*pf.scan_pcap([PLAIN], columns="all", merge=True)) == rows(pf.read_pcap(PLAIN, columns="all"))

    def test_live_pipes(self):
        reading, writing = os.pipe()
        with open(reading, "rb") as source, open(writing, "wb", buffering=0) as sink:
            writer = threading.Thread(target=sink.write, args=(PLAIN,))
            writer.start()
            batches = pf.scan_pcap([source, PLAIN], timeout=0.05, merge=True)
            found = len(next(batches))
            writer.join()
            # What the pipe may still have to say could come first.
            timer = threading.Timer(0.5, sink.close)
            timer.start()
            for batch in batches:
                found += len(batch)
                assert found <= 6000 - self.AHEAD or sink.closed
            assert found == 6000

    def test_progress_is_that_of_all(self, tmp_path):
        (tmp_path / "a").write_bytes(PLAIN)
        (tmp_path / "b").write_bytes(gzip.compress(PLAIN))
        total = sum(path.stat().st_size for path in tmp_path.iterdir())
        for merge in (True, False):
            calls = []
            list(
                pf.scan_pcap(
                    [tmp_path / "a", tmp_path / "b"],
                    merge=merge,
                    progress=lambda done, total, calls=calls: calls.append((done, total)),
                )
            )
            done = [one for one, _ in calls]
            assert done == sorted(done)
            assert {whole for _, whole in calls} == {total}


class TestTunnels:
    PACKET = ethernet(ipv4(udp(1234, 53, b"abc"), 17))

    def test_columns_are_those_inside(self):
        cap = pf.read_pcap(pcap([(0, 0, vxlan(self.PACKET)), (1, 0, self.PACKET)]), columns="all")
        assert list(cap.src) == ["10.0.0.1"] * 2
        assert list(cap.outer_src) == ["192.0.2.1", ""]
        assert list(cap.outer_dst) == ["192.0.2.2", ""]
        assert cap.tunnel.tolist() == [pf.Tunnel.VXLAN, pf.Tunnel.NONE]
        assert (cap.tunnel_id.tolist(), cap.tunnel_depth.tolist()) == ([42, 0], [1, 0])
        assert cap.dport.tolist() == [53, 53]
        assert cap.outer_src.isin("192.0.2.0/24").tolist() == [True, False]

    def test_outermost(self):
        cap = pf.read_pcap(pcap([(0, 0, vxlan(self.PACKET))]), decapsulate=False, columns="all")
        assert (list(cap.src), cap.dport.tolist(), cap.tunnel.tolist()) == (["192.0.2.1"], [4789], [0])

    def test_other_ports(self):
        data = pcap([(0, 0, vxlan(self.PACKET, port=8472)), (1, 0, vxlan(self.PACKET))])
        assert pf.read_pcap(data).dport.tolist() == [8472, 53]
        assert pf.read_pcap(data, ports={8472: "vxlan", 4789: None}).dport.tolist() == [53, 4789]
        (batch,) = pf.scan_pcap(data, ports={8472: "vxlan"}, columns=["dport"])
        assert batch.dport.tolist() == [53, 53]

    def test_nulls(self):
        cap = pf.read_pcap(pcap([(0, 0, vxlan(self.PACKET)), (1, 0, self.PACKET)]), columns="all")
        table = cap.to_arrow()
        for name in ("tunnel_id", "outer_src", "outer_dst", "outer_ip_version"):
            assert table[name].null_count == 1
