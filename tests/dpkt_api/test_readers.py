"""Readers: the same packets as dpkt's from the same files, and from every kind of file object; nothing is lost where one is cut."""

from __future__ import annotations

import decimal
import fractions
import gc
import io
import os
import random
import re
import struct
import subprocess
import sys
import threading
import time
import warnings

import pytest

dpkt = pytest.importorskip("dpkt")

import pcapframe  # noqa: E402

from . import readers, targets, tree  # noqa: E402
from .readers import FILES, OnlyRead, block, classic, enhanced, interface, made, option, section  # noqa: E402

Truncated = pcapframe.errors.TruncatedCaptureWarning
ours = targets.ours()
LAB, LAB_NG = targets.DATA / "lab.pcap", targets.DATA / "lab-small.pcapng"
KINDS = ["pcap", "pcapng"]


def read(kind, data, module=ours):
    """All packets of a capture, and what the reader warned of."""
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        packets = list(getattr(module, kind).Reader(io.BytesIO(data)))
    assert all(warning.category is Truncated for warning in warned)
    return packets, [str(warning.message) for warning in warned]


# Whole captures.


def compare(paths):
    """Read all with both, and with neither; count what was compared, and the reasons for what differs."""
    count, reasons, unexplained = 0, set(), []
    for path in paths:
        case, found = readers.reading(path, dpkt, ours)
        unexplained += [f"{path}: {difference}" for difference in found if not difference.reason]
        reasons |= {difference.reason for difference in found if difference.reason}
        contents = readers.contents(path)
        if isinstance(case.ours, dict):
            count += len(contents.packets)
            assert (case.ours["times"], case.ours["packets"]) == (contents.times, contents.packets), path
            assert case.ours["warned"] == ["TruncatedCaptureWarning"] * bool(contents.fault), path
    assert unexplained == []
    return count, reasons


def test_our_captures():
    assert compare([LAB, LAB_NG]) == (28_281 + 162, set())


def test_captures_by_others():
    """All of them, 400,000 packets; each reason for a difference is met."""
    paths = targets.shared_captures()
    if not paths:
        pytest.skip("the folder ../shared/captures is not there")
    count, reasons = compare(paths)
    assert count > 300_000
    assert reasons == {rule.reason for rule in readers.DELIBERATE}


# Formats and times.

NANO = 0xA1B23C4D


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("magic", [0xA1B2C3D4, NANO, 0xA1B2CD34])
def test_each_magic(magic, order):
    chance = random.Random(magic)
    # Fractions may be more than a second: files have that.
    records = [(chance.getrandbits(32), chance.randrange(2 ** chance.choice((19, 29, 32))), b"x" * i) for i in range(500)]
    data = classic(records, magic=magic, order=order, link_type=113)
    theirs, mine = dpkt.pcap.Reader(io.BytesIO(data)), ours.pcap.Reader(io.BytesIO(data))
    assert (mine.datalink(), mine.snaplen, mine.dloff) == (theirs.datalink(), theirs.snaplen, theirs.dloff) == (113, 65535, 16)
    expected, found = theirs.readpkts(), mine.readpkts()
    assert found == expected
    assert {(type(moment), type(packet)) for moment, packet in found} == {(decimal.Decimal if magic == NANO else float, bytes)}
    exact = [seconds * 10**9 + fraction * (1 if magic == NANO else 1000) for seconds, fraction, _ in records]
    whole = ours.pcap.UniversalReader(io.BytesIO(data), timestamps="ns").readpkts()
    assert [moment for moment, _ in whole] == exact
    assert {type(moment) for moment, _ in whole} == {int}


def test_the_decimal_context_counts_as_in_dpkt():
    data = classic([(1_700_000_000, 123_456_789, b"")], magic=NANO)
    with decimal.localcontext() as context:
        context.prec = 12
        assert read("pcap", data) == read("pcap", data, dpkt) == ([(decimal.Decimal("1700000000.12"), b"")], [])


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("offset", [None, -5, 10**9])
def test_each_clock_of_pcapng(order, offset):
    """Units of all powers of ten and of two."""
    chance = random.Random(offset)
    shift = b"" if offset is None else option(14, struct.pack(f"{order}q", offset), order)
    different, exact_ones = [], 0
    for resolution in range(256):
        units = [chance.getrandbits(chance.choice((8, 32, 50, 64))) for _ in range(8)]
        data = section(order) + interface(order, option(9, bytes([resolution]), order) + shift)
        data += b"".join(enhanced(unit, b"abc", order) for unit in units)
        if read("pcapng", data) != read("pcapng", data, dpkt):
            different.append(resolution)
        second = (2 if resolution & 0x80 else 10) ** (resolution & 0x7F)
        for (found, _), unit in zip(ours.pcapng.Reader(io.BytesIO(data), timestamps="ns"), units, strict=True):
            exact = fractions.Fraction(unit * 10**9, second).__floor__() + (offset or 0) * 10**9
            assert type(found) is int
            if exact < 2**63:
                assert found == exact
                exact_ones += 1
    assert exact_ones > 1900
    assert different == []


def test_timestamps_are_ns_or_seconds():
    for reader in (ours.pcap.Reader, ours.pcapng.Reader, ours.pcap.UniversalReader):
        with pytest.raises(ValueError, match="timestamps is 'us', but must be 'ns'"):
            reader(io.BytesIO(), timestamps="us")


def test_wirelen():
    reader = ours.pcap.Reader(io.BytesIO(classic([(0, 0, b"abc"), (0, 0, b"")])))
    assert reader.wirelen is None
    assert [(packet, reader.wirelen) for _, packet in reader] == [(b"abc", 4), (b"", 1)]
    data = section() + interface(snaplen=5) + enhanced(7, b"ab") + block(3, struct.pack("<I", 9) + b"12345")
    reader = ours.pcapng.Reader(io.BytesIO(data))
    assert [(packet, reader.wirelen) for _, packet in reader] == [(b"ab", 3), (b"12345", 9)]


# Kinds of files.


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_file(kind, name, tmp_path):
    data, packets = made(kind)
    file = FILES[name](data, tmp_path / "x")
    reader = getattr(ours, kind).Reader(file)
    assert list(reader) == packets
    assert reader.name == getattr(file, "name", f"<{type(file).__name__}>")


def piped(data):
    """A pipe that gives these bytes."""
    end, start = os.pipe()

    def write():
        with os.fdopen(start, "wb") as file:
            file.write(data)

    threading.Thread(target=write, daemon=True).start()
    return os.fdopen(end, "rb")


@pytest.mark.parametrize("name", ["BytesIO", "buffered", "gzip", "drip", "only read", "pipe"])
@pytest.mark.parametrize("kind", KINDS)
def test_columns_after_some_were_read(kind, name, tmp_path):
    data, packets = made(kind)
    file = piped(data) if name == "pipe" else FILES[name](data, tmp_path / "x")
    reader = getattr(ours, kind).Reader(file)
    assert [next(reader) for _ in range(5)] == packets[:5]
    cap = reader.columns(["length", "timestamp"])
    # What can not be read twice gives the rest.
    expected = packets[5:] if name in ("pipe", "only read") else packets
    assert list(cap.length) == [len(packet) + 1 for _, packet in expected]
    assert list(cap.timestamp.astype("int64")) == [int(moment) * 10**9 for moment, _ in expected]
    if len(expected) == len(packets):
        assert list(reader) == packets[5:]
    if hasattr(file, "close"):
        file.close()


def test_columns_of_a_pipe_with_late_interfaces():
    """The second interface is described behind what the reader begins with, and was read before the columns are asked for."""
    with piped(LAB_NG.read_bytes()) as file:
        reader = ours.pcapng.Reader(file)
        next(reader)
        assert len(reader.columns()) == 161


@pytest.mark.parametrize("opened", ["buffered", "raw", "only read"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_packet_is_given_out_before_the_next_one_is_written(kind, opened):
    records = [b"a" * 60, b"", b"b" * 1500, b"c" * 4, b"d"]
    pieces = [classic([]), *(classic([(5, 0, record)])[24:] for record in records)]
    if kind == "pcapng":
        pieces = [section() + interface(), *(enhanced(5 * 10**6, record) for record in records)]
    end, start = os.pipe()
    wanted = threading.Semaphore()

    def write():
        with os.fdopen(start, "wb", buffering=0) as file:
            # A reader that waits for more than it needs gets the end of the file after a while.
            for piece in pieces:
                if wanted.acquire(timeout=20):
                    file.write(piece)

    threading.Thread(target=write, daemon=True).start()
    with os.fdopen(end, "rb", buffering=0 if opened == "raw" else -1) as file:
        source = type("", (), {"read": staticmethod(file.read)})() if opened == "only read" else file
        reader = getattr(ours, kind).Reader(source)
        for record in records:
            wanted.release()
            assert next(reader, None) == (5.0, record)


def test_paths_and_with():
    for path in (str(LAB), LAB):
        with ours.pcap.Reader(path) as reader:
            assert str(reader.name) == str(path)
            assert reader.fd == reader.fileno()
            assert os.fstat(reader.fd).st_size == LAB.stat().st_size
            assert next(reader)[0] == 1763934663.899432
        with pytest.raises(ValueError, match="closed"):
            reader.fileno()
    with LAB_NG.open("rb") as file:
        with ours.pcap.UniversalReader(file) as reader:
            assert type(reader) is ours.pcapng.Reader
            assert (reader.name, reader.fileno()) == (str(LAB_NG), file.fileno())
        assert file.closed
    with ours.pcap.UniversalReader(LAB) as reader:
        assert type(reader) is ours.pcap.Reader
    reader = ours.pcap.Reader(io.BytesIO(classic([])))
    assert reader.name == "<BytesIO>"
    with pytest.raises(io.UnsupportedOperation):
        reader.fileno()


def test_a_path_that_is_no_capture_is_closed_again(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"this is no capture, whatever it is")
    for reader in (ours.pcap.Reader, ours.pcapng.Reader, ours.pcap.UniversalReader):
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            with pytest.raises(ValueError, match="header"):
                reader(path)
            gc.collect()
        assert [str(warning.message) for warning in warned] == []


@pytest.mark.parametrize("kind", KINDS)
def test_text(kind):
    with LAB.open(encoding="latin-1") as file, pytest.raises(TypeError, match="binary mode"):
        getattr(ours, kind).Reader(file)


# Reading on, and reading again.


def steps(module, kind):
    """All ways to go on, one after the other, and what they give."""
    file = io.BytesIO(made(kind)[0])
    reader = getattr(module, kind).Reader(file)
    begin, found, seen = file.tell(), [], []
    for most in (3, 5):
        for packet in reader:
            found.append(packet)
            if len(found) == most:
                break
    found += [next(reader), reader.next(), next(iter(reader))]
    one, other = iter(reader), iter(reader)
    found += [next(one), next(other), next(one), next(other)]
    counts = [reader.dispatch(count, lambda *arguments: seen.append(arguments), "x") for count in (1, 4)]
    counts += [len(reader.readpkts()), len(reader.readpkts()), reader.dispatch(0, seen.append), reader.dispatch(3, seen.append)]
    counts += [next(reader, "end"), next(one, "end"), reader.loop(seen.append)]
    file.seek(begin)
    again = list(reader)
    file.seek(begin)
    counts += [reader.dispatch(-1, lambda *arguments: seen.append(arguments)), next(reader, "end")]
    end = file.seek(0, io.SEEK_END)
    file.write(enhanced(5, b"more") if kind == "pcapng" else classic([(5, 6, b"more")])[24:])
    file.seek(end)
    grown = [reader.readpkts(), next(reader, "end")]
    with pytest.raises(NotImplementedError):
        reader.setfilter("tcp", 1)
    return found, counts, seen, again, grown


@pytest.mark.parametrize("kind", KINDS)
def test_all_ways_to_go_on(kind):
    found, counts, seen, again, grown = steps(ours, kind)
    packets = made(kind)[1]
    assert (found, again) == (packets[:12], packets)
    assert counts == [1, 4, len(packets) - 17, 0, 0, 0, "end", "end", None, len(packets), "end"]
    assert len(seen) == 5 + len(packets)
    assert [packet for _, packet in grown[0]] == [b"more"]
    assert steps(dpkt, kind) == (found, counts, seen, again, grown)


def test_an_exception_in_a_callback_loses_no_packet():
    data, packets = made("pcap")
    reader = ours.pcap.Reader(io.BytesIO(data))
    with pytest.raises(ZeroDivisionError):
        reader.loop(lambda *_: 1 / 0)
    assert reader.readpkts() == packets[1:]


def test_a_file_that_grows(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(classic([(9, 0, b"one")]))
    with path.open("rb") as file, path.open("ab") as out:
        reader = ours.pcap.Reader(file)
        assert reader.readpkts() == [(9.0, b"one")]
        for number in range(3):
            out.write(classic([(number, 0, b"more")])[24:])
            out.flush()
            assert reader.readpkts() == [(float(number), b"more")]


class Slow(io.BytesIO):
    """Lets other threads go on in the middle of each reading."""

    def read1(self, count=-1):
        time.sleep(0.0001)
        return self.read(100)


@pytest.mark.parametrize("kind", KINDS)
def test_threads_share_a_reader(kind):
    """Each packet is given to one of them; the others may hear that the reader is busy."""
    packets = [(float(i), b"x" * 60) for i in range(300)]
    data = classic([(i, 0, b"x" * 60) for i in range(300)])
    if kind == "pcapng":
        data = section() + interface() + b"".join(enhanced(i * 10**6, b"x" * 60) for i in range(300))
    reader, found, others = getattr(ours, kind).Reader(Slow(data)), [], []

    def work():
        while True:
            try:
                found.extend(reader)
            except ValueError:
                continue
            except BaseException as error:  # whatever it is, the test is to name it
                others.append(error)
            return

    threads = [threading.Thread(target=work, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not any(thread.is_alive() for thread in threads)
    assert others == []
    assert sorted(found) == packets


def test_a_file_that_reads_from_its_reader():
    class Loop(io.BytesIO):
        def read1(self, count=-1):
            return next(reader)[1]

    reader = ours.pcap.Reader(Loop(classic([(0, 0, b"abc")])))
    with pytest.raises(ValueError, match="already"):
        next(reader)
