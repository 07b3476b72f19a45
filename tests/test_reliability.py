"""What docs/reliability.md promises: each fault, and what is left of the capture."""

from __future__ import annotations

import errno
import io
import os
import pathlib
import pickle
import re
import signal
import struct
import subprocess
import sys
import textwrap
import time
import warnings

import numpy as np
import pytest

import pcapframe as pf
from frames import enhanced, ethernet, interface, ipv4, option, pcap, section, udp
from pcapframe import _core

TIME = 1_700_000_000
FRAMES = [ethernet(ipv4(udp(1000 + i, 53, bytes([0xEE]) * (i % 50)), 17)) for i in range(60)]
RECORDS = [(TIME + i, i, frame) for i, frame in enumerate(FRAMES)]
CLASSIC = pcap(RECORDS)
#: Where each record of it begins.
STARTS = np.cumsum([24] + [16 + len(frame) for frame in FRAMES]).tolist()
BLOCKS = section() + interface() + b"".join(enhanced(0, (TIME + i) * 10**6, frame) for i, frame in enumerate(FRAMES))


def spoilt(*numbers):
    """The capture with impossible lengths in these records."""
    data = bytearray(CLASSIC)
    for number in numbers:
        struct.pack_into("<I", data, STARTS[number] + 8, 0x7FFF_FFFF)
    return bytes(data)


def read(source, **options):
    """Read, and give the capture and the texts of the warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        cap = pf.read_pcap(source, **options)
    assert all(issubclass(w.category, pf.TruncatedCaptureWarning) for w in caught)
    return cap, [str(w.message) for w in caught]


def without(*numbers):
    return [1000 + i for i in range(60) if i not in numbers]


class TestCorruptInTheMiddle:
    def test_what_is_kept_and_what_is_said(self, tmp_path):
        cap, (text,) = read(spoilt(20))
        assert cap.sport.tolist() == without(20)
        length = 16 + len(FRAMES[20])
        reason = "the record claims 2147483647 captured bytes, more than the 262144 that are believed"
        assert cap.info.gaps == (pf.Gap(STARTS[20], length, reason, 20),)
        assert cap.info.skipped_bytes == length
        assert text == cap.info.fault
        kept = f"20 packets before it are whole, {length} bytes skipped and packets after it kept"
        assert text == f"at offset {STARTS[20]}: {reason}; {kept}"
        path = tmp_path / "spoilt.pcap"
        path.write_bytes(spoilt(20))
        cap, (text,) = read(path)
        assert (cap.sport.tolist(), cap.info.gaps[0].path) == (without(20), str(path))
        assert text.startswith(f"{path}: at offset ")

    def test_several_gaps(self):
        # Five to seven records between two faults are no evidence.
        cap, _ = read(spoilt(3, 9, 16, 24, 31, 38))
        assert cap.sport.tolist() == without(*range(3, 39))
        assert [gap.packets for gap in cap.info.gaps] == [3]
        cap, (text,) = read(spoilt(3, 25, 43, 44))
        assert cap.sport.tolist() == without(3, 25, 43, 44)
        assert [(gap.offset, gap.packets) for gap in cap.info.gaps] == [(STARTS[3], 3), (STARTS[25], 24), (STARTS[43], 41)]
        assert sum(gap.length for gap in cap.info.gaps) == cap.info.skipped_bytes
        assert text.count("skipped and packets after it kept") == 3

    def test_the_warning_is_bounded(self):
        records = [(TIME, 0, FRAMES[0])] * 16
        bad = struct.pack("<IIII", TIME, 0, 2**31 - 1, 0)
        part = bad + pcap(records)[24:]
        cap, (text,) = read(pcap(records) + part * 500)
        assert (len(cap), len(cap.info.gaps)) == (16 * 501, 500)
        assert text.endswith("500 such gaps in all, 8,000 bytes skipped")
        assert len(text) < 1000

    @pytest.mark.parametrize("data", [spoilt(20), BLOCKS[:3000] + bytes(37) + BLOCKS[3000:]])
    def test_other_ways_to_deal_with_it(self, data):
        kept, _ = read(data)
        cap, (text,) = read(data, on_error="stop")
        assert cap.info.gaps == ()
        assert cap.sport.tolist() == kept.sport[: len(cap)].tolist()
        assert len(cap) == kept.info.gaps[0].packets < len(kept)
        assert text == cap.info.fault
        with pytest.raises(pf.CorruptCaptureError) as caught:
            pf.read_pcap(data, on_error="raise")
        assert (caught.value.offset, caught.value.packets) == (kept.info.gaps[0].offset, len(cap))
        with pytest.raises(pf.CorruptCaptureError):
            list(pf.scan_pcap(data, on_error="raise"))
        with pytest.raises(ValueError, match="on_error is 'ignore'"):
            pf.scan_pcap(data, on_error="ignore")

    @pytest.mark.parametrize("spoilt_data", [spoilt(5, 30), BLOCKS[:1500] + bytes(37) + BLOCKS[1500:]])
    def test_the_packets_bytes(self, spoilt_data, tmp_path):
        path = tmp_path / "spoilt"
        path.write_bytes(spoilt_data)
        found = []
        for source in (spoilt_data, path, io.BytesIO(spoilt_data)):
            cap, _ = read(source, keep_bytes=True)
            for one in (cap, pickle.loads(pickle.dumps(cap))):
                assert len(one.info.gaps) == len(cap.info.gaps) > 0
                packets = [data for _, data in one.packets()]
                assert packets == [one.packet(i) for i in range(len(one))]
                found.append(packets)
            cap[::2].write_pcap(tmp_path / "half.pcap")
            assert [data for _, data in pf.read_pcap(tmp_path / "half.pcap").packets()] == packets[::2]
        assert all(packets == found[0] for packets in found)
        assert set(found[0]) < set(FRAMES)
        assert len(found[0]) >= 55

    def test_streams(self):
        for batch_size in (1, 7, 1000):
            with pytest.warns(pf.TruncatedCaptureWarning, match="skipped and packets after it kept"):
                batches = list(pf.scan_pcap(io.BytesIO(spoilt(5, 30)), batch_size=batch_size))
            assert [port for batch in batches for port in batch.sport.tolist()] == without(5, 30)
            assert len(batches[-1].info.gaps) == 2
            assert batches[0].info.gaps == () or batch_size > 5

    def test_several_sources(self, tmp_path):
        path = tmp_path / "one.pcap"
        path.write_bytes(spoilt(20))
        cap, texts = read([CLASSIC, path, spoilt(30)])
        assert len(cap) == 60 + 59 + 59
        assert [(gap.packets, gap.path) for gap in cap.info.gaps] == [(20, str(path)), (30, None)]
        assert len(texts) == 2
        assert cap.packet(60 + 20) == FRAMES[21]


def run(code, *args):
    """Run a program of its own."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, args)], capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture(scope="session")
def large(tmp_path_factory):
    """Forty megabytes, of which a stream's reader is never far ahead."""
    path = tmp_path_factory.mktemp("large") / "large.pcap"
    path.write_bytes(CLASSIC + CLASSIC[24:] * (40_000_000 // len(CLASSIC)))
    return path


class TestShrinkingFile:
    def test_while_it_is_read(self, large, tmp_path):
        path = tmp_path / "shrinking.pcap"
        path.write_bytes(large.read_bytes())
        whole = pf.read_pcap(path, columns=["sport"]).sport
        # The callback is called while the threads read, which small chunks make slow.
        settings = _core.Settings(threads=2, chunk=64)
        frame = _core.read([str(path)], ["sport"], settings, progress=lambda done, total: os.truncate(path, 1_000_003))
        ports = frame.values("sport")
        assert 0 < len(ports) < len(whole)
        assert (ports == whole[: len(ports)]).all()
        _, reason, packets = frame.sources[0]["fault"]
        assert (packets, "ends inside a record" in reason) == (len(ports), True)
        assert frame.sources[0]["gaps"] == []

    def test_between_two_batches(self, large, tmp_path):
        path = tmp_path / "shrinking.pcap"
        path.write_bytes(large.read_bytes())
        whole = pf.read_pcap(path, columns=["sport"]).sport
        batches = pf.scan_pcap(path, columns=["sport"], batch_size=1000)
        ports = next(batches).sport.tolist()
        os.truncate(path, 30_000_001)
        with pytest.warns(pf.TruncatedCaptureWarning, match="ends inside a record"):
            ports += [port for batch in batches for port in batch.sport.tolist()]
        assert 1000 < len(ports) < len(whole)
        assert ports == whole[: len(ports)].tolist()


class Failing(io.RawIOBase):
    """A disk that fails after some bytes."""

    def __init__(self, data):
        self.inner = io.BytesIO(data)

    def readable(self):
        return True

    def readinto(self, buffer):
        data = self.inner.read(min(len(buffer), 777))
        if not data:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        buffer[: len(data)] = data
        return len(data)


class TestDiskError:
    @pytest.mark.parametrize("data", [CLASSIC, CLASSIC[:-3], b""])
    def test_in_a_file_object(self, data):
        for reading in (pf.read_pcap, lambda source: list(pf.scan_pcap(source))):
            with pytest.raises(OSError, match="Input/output error") as caught:
                reading(Failing(data))
            assert caught.value.errno == errno.EIO

    def test_packets_before_it_come_first(self):
        records = CLASSIC[24:]
        batches = []
        with pytest.raises(OSError, match="Input/output error"):
            batches.extend(pf.scan_pcap(Failing(CLASSIC + records * 50), batch_size=100))
        ports = [port for batch in batches for port in batch.sport.tolist()]
        # What is less than a batch is lost with the error.
        assert ports == (without() * 51)[:3000]

    @pytest.mark.skipif(not os.path.exists("/proc/self/mem"), reason="no /proc")
    def test_of_the_kernel(self):
        # Nothing is mapped at address 0: to read there is an input/output error.
        for reading in (pf.read_pcap, pf.scan_pcap):
            with pytest.raises(OSError, match="Input/output error") as caught:
                reading("/proc/self/mem")
            assert (caught.value.errno, caught.value.filename) == (errno.EIO, "/proc/self/mem")


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
class TestKilledWriter:
    def test_of_a_pipe(self):
        code = f"""
            import os, signal, sys
            sys.stdout.buffer.write({CLASSIC[: STARTS[30] + 20]!r})
            sys.stdout.flush()
            os.kill(os.getpid(), signal.SIGKILL)
        """
        with subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE) as writer:
            cap, (text,) = read(writer.stdout)
        assert writer.returncode == -signal.SIGKILL
        assert cap.sport.tolist() == [1000 + i for i in range(30)]
        assert f"at offset {STARTS[30]}: the file ends inside a record: 20 of its " in text

    def test_of_our_own(self, large, tmp_path):
        out = tmp_path / "out.pcap"
        out.write_bytes(CLASSIC)
        code = "import sys, pcapframe as pf; pf.read_pcap(sys.argv[1], columns=['timestamp']).write_pcap(sys.argv[2])"
        with subprocess.Popen([sys.executable, "-c", code, str(large), str(out)]) as writer:
            while not (partial := list(tmp_path.glob(".out.pcap.*.partial"))) and writer.poll() is None:
                time.sleep(0.001)
            writer.kill()
        # If it was faster than we, the file is the new one; never a part of one.
        assert out.read_bytes() == CLASSIC or (not partial and out.stat().st_size == large.stat().st_size)


NO_MEMORY = """
    import resource, sys
    import numpy, pcapframe as pf
    with open("/proc/self/statm") as statm:
        taken = int(statm.read().split()[0]) * resource.getpagesize()
    most = taken + int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    try:
        cap = {read}
        {then}
        print(len(cap))
    except MemoryError as error:
        print("MemoryError", error)
"""


ROWS = 8_000_000
# Bytes of address space: each thread of glibc takes 64 MiB of it for its heap.
ROOM = 600 << 20


@pytest.fixture(scope="session")
def dense(tmp_path_factory):
    """Three quarters of a gigabyte of columns in 136 megabytes: packets of one byte."""
    path = tmp_path_factory.mktemp("dense") / "dense.pcap"
    path.write_bytes(CLASSIC[:24] + struct.pack("<IIIIB", 1, 0, 1, 1, 0xEE) * ROWS)
    return path


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="what is free is known on Linux only")
class TestOutOfMemory:
    def limited(self, path, room, reading, then="pass"):
        done = run(NO_MEMORY.replace("{read}", reading).replace("{then}", then), path, room)
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    @pytest.mark.parametrize("reading", [
        "pf.read_pcap(sys.argv[1], columns='all', threads=2)",
        "pf.read_pcap(open(sys.argv[1], 'rb', buffering=0).readall(), columns='all', threads=2)",
        "pf.read_pcap(type('Stream', (), {'read': open(sys.argv[1], 'rb').read})(), columns='all', threads=2)",
        "pf.read_pcap(type('Stream', (), {'read': open(sys.argv[1], 'rb').read})(), columns='all', keep_bytes=True)",
        "next(pf.scan_pcap(sys.argv[1], columns='all', batch_size=10**9))",
    ])  # fmt: skip
    def test_too_large_a_capture_is_an_error_and_not_the_end(self, dense, reading):
        text = self.limited(dense, ROOM, reading)
        assert text.startswith("MemoryError ")
        assert "packets" in text
        assert "columns=" in text
        assert "scan_pcap" in text

    def test_what_fits_is_read(self, dense):
        # The address space that is reserved for columns is no more than there is.
        assert self.limited(dense, ROOM, "pf.read_pcap(sys.argv[1], columns=['length'], threads=2)") == f"{ROWS}\n"

    def test_batches_take_no_more(self, dense):
        reading = "[len(batch) for batch in pf.scan_pcap(sys.argv[1], columns='all', threads=2)]"
        assert self.limited(dense, ROOM, reading, "cap = range(sum(cap))") == f"{ROWS}\n"

    def test_a_selection_that_does_not_fit(self, dense):
        reading = "pf.read_pcap(sys.argv[1], columns=['length'], threads=2)"
        then = "rows = numpy.zeros(10**7, numpy.int64); cap = [cap[rows] for _ in range(9)]"
        assert self.limited(dense, ROOM, reading, then).startswith("MemoryError")

    def test_refused_early_with_the_estimate_and_the_way_out(self, large, monkeypatch):
        packets = len(pf.read_pcap(large, columns=["length"]))
        monkeypatch.setenv("PCAPFRAME_MEMORY", str(4 * packets - 100_000))
        seen = []
        with pytest.raises(MemoryError) as caught:
            pf.read_pcap(large, columns=["length"], progress=lambda *done: seen.append(done))
        assert seen == []
        text = str(caught.value)
        assert text.startswith(f"{large}: about ")
        assert abs(int(text.split("about ")[1].split()[0]) - packets) < packets / 50
        assert text.endswith(
            "MB are free: read fewer columns with columns=, go through the capture with scan_pcap, or convert it with "
            "`pcapframe convert`"
        )
        monkeypatch.setenv("PCAPFRAME_MEMORY", str(8 * packets + 100_000))
        assert len(pf.read_pcap(large, columns=["length"])) == packets

    def test_noticed_on_the_way_where_the_size_is_not_known(self, monkeypatch):
        monkeypatch.setenv("PCAPFRAME_MEMORY", "1000")
        assert len(pf.read_pcap(io.BytesIO(CLASSIC), columns=["ttl"])) == 60
        for options in ({"columns": "all"}, {"columns": ["ttl"], "keep_bytes": True}):
            with pytest.raises(MemoryError, match="so far"):
                pf.read_pcap(io.BytesIO(CLASSIC * 200), **options)
        with pytest.raises(MemoryError, match="60 packets so far"):
            list(pf.scan_pcap(CLASSIC, columns="all"))

    def test_no_limit_that_is_none(self, monkeypatch):
        for value in ("", "much", "-1"):
            monkeypatch.setenv("PCAPFRAME_MEMORY", value)
            assert len(pf.read_pcap(CLASSIC)) == 60


class TestHostileSizes:
    @pytest.mark.parametrize("length", [262_144, 128 << 20])
    def test_a_length_takes_no_memory_before_the_bytes_are_there(self, length, tmp_path):
        link_type = 1 if length == 262_144 else 189
        path = tmp_path / "claims.pcap"
        path.write_bytes(pcap([], link_type=link_type) + struct.pack("<IIII", 1, 0, length, length) + bytes(100))
        code = """
            import resource, sys, warnings
            import pcapframe as pf
            warnings.simplefilter("ignore")
            pf.read_pcap(sys.argv[1]), list(pf.scan_pcap(sys.argv[1]))
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            for _ in range(20):
                assert len(pf.read_pcap(sys.argv[1])) == 0
                assert list(pf.scan_pcap(sys.argv[1])) == []
            print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
        """
        done = run(code, path)
        assert int(done.stdout) < 20_000, done.stderr

    @staticmethod
    def seconds(data):
        """The time that this process takes for it, however busy the machine is."""
        best = []
        for _ in range(3):
            start = time.process_time()
            pf.read_pcap(data, columns=["timestamp"], threads=1, on_error="keep")
            best.append(time.process_time() - start)
        return min(best)

    @pytest.mark.parametrize(
        "make",
        [
            lambda n: section() + interface() * n + enhanced(n - 1, 1, FRAMES[0]),
            lambda n: section() + b"".join(interface() + enhanced(i, 1, FRAMES[0]) for i in range(n)),
            lambda n: (section() + interface() + enhanced(0, 1, FRAMES[0])) * n,
            lambda n: section() + interface(options=option(2, b"eth0") * n) + enhanced(0, 1, FRAMES[0]),
        ],
        ids=["interfaces", "interfaces amid packets", "sections", "options"],
    )
    def test_many_of_them_take_time_in_proportion(self, make, monkeypatch):
        few, many = make(10_000), make(100_000)
        assert len(pf.read_pcap(many)) in (1, 100_000)
        # Ten times as many: twenty would be generous, a hundred is quadratic.
        assert self.seconds(many) < 30 * max(self.seconds(few), 0.001)

    def test_many_faults_take_time_in_proportion(self):
        bad = struct.pack("<IIII", TIME, 0, 2**31 - 1, 0)
        part = pcap([(TIME, 0, FRAMES[0])] * 7)[24:] + bad
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", pf.TruncatedCaptureWarning)
            # Seven records are never enough: all is searched.
            few, many = (self.seconds(pcap([]) + bad + part * n) for n in (300, 3000))
        assert many < 30 * max(few, 0.001)

    @pytest.mark.parametrize("kind", ["memory", "file", "stream"])
    def test_many_gaps_take_time_in_proportion(self, kind, tmp_path):
        bad = struct.pack("<IIII", TIME, 0, 2**31 - 1, 0)
        # What it claims to hold must be there before it can be told from a record.
        claim = struct.pack("<IIII", TIME, 0, 262_144, 262_144)
        part = bad + claim + pcap([(TIME, 0, FRAMES[0])] * 8)[24:]

        def seconds(n):
            source = data = pcap([]) + part * n
            if kind == "file":
                source = tmp_path / f"{n}.pcap"
                source.write_bytes(data)
            start = time.process_time()
            cap, _ = read(io.BytesIO(data) if kind == "stream" else source, columns=["timestamp"], threads=1)
            taken = time.process_time() - start
            assert (len(cap), len(cap.info.gaps)) == (8 * n, n)
            return taken

        few, many = (min(seconds(n) for _ in range(3)) for n in (990, 9900))
        # A hundred is quadratic. What has several chunks is also searched for their first records, which takes some time.
        assert many < 60 * max(few, 0.001)

    def test_addresses_chosen_to_collide_take_time_in_proportion(self):
        # Equal in the bytes from which the first, unseeded table takes the slot.
        def capture(n):
            head = bytes.fromhex("60000000 0000 3b40 2001 0db8")
            packets = (head + i.to_bytes(4, "big") + bytes(8) + bytes(16) for i in range(n))
            return pcap([(TIME, 0, packet) for packet in packets], link_type=101)

        def seconds(data):
            start = time.process_time()
            assert len(pf.read_pcap(data, columns=["src"], threads=1).src.unique()) == len(data) // 56
            return time.process_time() - start

        few, many = capture(10_000), capture(100_000)
        assert min(seconds(many) for _ in range(3)) < 30 * max(min(seconds(few) for _ in range(3)), 0.001)


class TestEscapes:
    NAME = "\x1b[31m<script>\u202e.pcap"

    @pytest.fixture
    def path(self, tmp_path):
        path = tmp_path / self.NAME
        path.write_bytes(spoilt(20))
        return path

    @staticmethod
    def is_harmless(text):
        return not set(text) & set("\x1b\u202e\x9b\x07")

    def test_in_what_is_printed_of_a_capture(self, path):
        cap, (text,) = read(path)
        assert text.startswith(str(path.parent))
        for shown in (text, str(cap.info), repr(cap), cap.info.fault):
            assert self.is_harmless(shown)
        several, texts = read([path, path])
        assert all(map(self.is_harmless, [str(several.info), several.info.fault, *texts]))

    def test_in_errors(self, path, tmp_path):
        with pytest.raises(pf.CorruptCaptureError) as caught:
            pf.read_pcap(path, on_error="raise")
        assert self.is_harmless(str(caught.value))
        assert caught.value.path == str(path)
        path.write_bytes(b"no capture")
        with pytest.raises(pf.NotACaptureError) as refused:
            pf.read_pcap(path)
        assert self.is_harmless(str(refused.value))

    def test_in_html(self, path):
        cap, _ = read([path, section() + interface(options=option(2, b"<b>\x1b]0;")) + enhanced(0, 1, FRAMES[0])])
        for shown in (cap.info._repr_html_(), cap._repr_html_()):
            assert self.is_harmless(shown)
            assert "<script>" not in shown
            assert "<b>" not in shown
        assert "&lt;b&gt;" in cap.info._repr_html_()

    def test_in_what_the_command_says(self, path):
        for command in (["info", path], ["info", "--json", path], ["head", path], ["info", path.parent / "\x1b[0m"]):
            done = subprocess.run(
                [sys.executable, "-m", "pcapframe", *map(str, command)], capture_output=True, text=True, timeout=60, check=False
            )
            assert done.stdout or done.stderr
            assert self.is_harmless(done.stdout + done.stderr)


@pytest.mark.skipif(sys.platform == "win32", reason="pipes are closed differently")
def test_a_closed_pipe_ends_the_command_quietly(large):
    with subprocess.Popen(
        [sys.executable, "-m", "pcapframe", "head", "-n", "5000", str(large)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as command:
        assert command.stdout.readline()
        command.stdout.close()
        assert command.stderr.read() == b""
        assert command.wait(60) == 0


def test_the_page_names_tests_that_exist():
    root = pathlib.Path(__file__).parent.parent
    page = (root / "docs" / "reliability.md").read_text(encoding="utf-8")
    python = "".join(path.read_text(encoding="utf-8") for path in root.glob("tests/*.py"))
    rust = "".join(path.read_text(encoding="utf-8") for path in [*root.glob("tests/*.rs"), *root.glob("src/**/*.rs")])
    tests = re.findall(r"\b(test_\w+)(?!\.py)\b", re.sub(r"\w+\.py", "", page))
    classes = re.findall(r"::(Test\w+)", page)
    assert len(tests) > 25
    assert [name for name in tests if f"def {name}(" not in python] == []
    assert [name for name in classes if f"class {name}:" not in python] == []
    functions = [name for group in re.findall(r"\.rs` \(([^)]*)\)", page) for name in re.findall(r"`(\w+)`", group)]
    assert len(functions) >= 3
    assert [name for name in functions if f"fn {name}(" not in rust] == []
    files = set(re.findall(r"`(?:tests/)?(\w+\.(?:rs|py))", page))
    assert {name for name in files if not (root / "tests" / name).exists()} <= {"dictionary.rs", "estimate.rs"}
