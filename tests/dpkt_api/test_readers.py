"""Readers: dpkt's packets from the same files, whatever kind of file object they come as, and however a file is damaged."""

from __future__ import annotations

import decimal
import functools
import gc
import io
import itertools
import os
import random
import re
import struct
import threading
import time
import warnings

import pytest

dpkt = pytest.importorskip("dpkt")

import pcapframe  # noqa: E402

from . import readers, targets, tree  # noqa: E402
from .readers import BEGIN, FILES, OnlyRead, block, classic, enhanced, interface, made, option, record, section  # noqa: E402

Truncated = pcapframe.errors.TruncatedCaptureWarning
ours = targets.ours()
LAB, LAB_NG = targets.DATA / "lab.pcap", targets.DATA / "lab-small.pcapng"


@pytest.fixture(params=["pcap", "pcapng"])
def kind(request):
    return request.param


@pytest.fixture
def path(tmp_path):
    return tmp_path / "x"


def reader_of(kind, file, module=ours, **options):
    return getattr(module, kind).Reader(io.BytesIO(file) if isinstance(file, (bytes, bytearray)) else file, **options)


def read(reader):
    """All packets, and what the reader warned of."""
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        packets = list(reader)
    assert all(warning.category is Truncated for warning in warned)
    return packets, [str(warning.message) for warning in warned]


def test_whole_captures():
    """Ours and all those by others, 400,000 packets, read with both and with neither. Each reason for a difference is met."""
    others = targets.shared_captures()
    count, reasons, unexplained = 0, set(), []
    for path in [LAB, LAB_NG, *others]:
        case, found = readers.reading(path, dpkt, ours)
        unexplained += [f"{path}: {difference}" for difference in found if not difference.reason]
        reasons |= {difference.reason for difference in found if difference.reason}
        contents = readers.contents(path)
        if isinstance(case.ours, dict):
            count += len(contents.packets)
            assert (case.ours["times"], case.ours["packets"]) == (contents.times, contents.packets), path
            assert case.ours["warned"] == ["TruncatedCaptureWarning"] * bool(contents.fault), path
    assert unexplained == []
    assert count >= 28_281 + 162
    if not others:
        pytest.skip("the folder ../shared/captures is not there")
    assert count > 300_000
    assert reasons == {rule.reason for rule in readers.DELIBERATE}


NANO = 0xA1B23C4D


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("magic", [0xA1B2C3D4, NANO, 0xA1B2CD34])
def test_each_magic(magic, order):
    chance = random.Random(magic)
    # Fractions may be more than a second: files have that.
    records = [(chance.getrandbits(32), chance.randrange(2 ** chance.choice((19, 29, 32))), b"x" * i) for i in range(500)]
    data = classic(records, magic=magic, order=order, link_type=113)
    theirs, mine = (reader_of("pcap", data, module) for module in (dpkt, ours))
    assert (mine.datalink(), mine.snaplen, mine.dloff) == (theirs.datalink(), theirs.snaplen, theirs.dloff) == (113, 65535, 16)
    found = mine.readpkts()
    assert found == theirs.readpkts()
    assert {(type(moment), type(packet)) for moment, packet in found} == {(decimal.Decimal if magic == NANO else float, bytes)}
    with decimal.localcontext() as context:
        context.prec = 12
        assert list(reader_of("pcap", data)) == list(reader_of("pcap", data, dpkt))
    whole = [moment for moment, _ in ours.pcap.UniversalReader(io.BytesIO(data), timestamps="ns")]
    assert whole == [seconds * 10**9 + fraction * (1 if magic == NANO else 1000) for seconds, fraction, _ in records]
    assert {type(moment) for moment in whole} == {int}
    with pytest.raises(ValueError, match="timestamps is 'us', but must be 'ns'"):
        reader_of("pcap", data, timestamps="us")


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("offset", [None, -5, 10**9])
def test_each_clock_of_pcapng(order, offset):
    chance = random.Random(f"{order} {offset}")
    shift = b"" if offset is None else option(14, struct.pack(f"{order}q", offset), order)
    different, count = [], 0
    for resolution in range(256):
        units = [chance.getrandbits(chance.choice((8, 32, 50, 64))) for _ in range(8)]
        data = section(order) + interface(order, option(9, bytes([resolution]), order) + shift)
        data += b"".join(enhanced(unit, b"abc", order) for unit in units)
        if list(reader_of("pcapng", data)) != list(reader_of("pcapng", data, dpkt)):
            different.append(resolution)
        second = (2 if resolution & 0x80 else 10) ** (resolution & 0x7F)
        for (found, _), unit in zip(reader_of("pcapng", data, timestamps="ns"), units, strict=True):
            exact = unit * 10**9 // second + (offset or 0) * 10**9
            assert type(found) is int
            assert found == exact or exact >= 2**63
            count += exact < 2**63
    assert count > 1900
    assert different == []


def test_wirelen(kind):
    reader = reader_of(kind, BEGIN[kind] + record(kind, 0, b"abc") + record(kind, 0, b""))
    assert reader.wirelen is None
    assert [(packet, reader.wirelen) for _, packet in reader] == [(b"abc", 4), (b"", 1)]


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
@pytest.mark.parametrize("name", FILES)
def test_each_kind_of_file(kind, name, path):
    data, packets = made(kind)
    file = FILES[name](data, path)
    reader = reader_of(kind, file)
    assert list(reader) == packets
    assert reader.name == getattr(file, "name", f"<{type(file).__name__}>")


def piped(pieces, wanted=None, buffering=-1):
    """A pipe that gives these bytes, piece by piece when they are wanted; to who waits too long it gives its end instead."""
    end, start = os.pipe()

    def write():
        with os.fdopen(start, "wb", buffering=0) as file:
            for piece in pieces:
                if wanted is None or wanted.acquire(timeout=20):
                    file.write(piece)

    threading.Thread(target=write, daemon=True).start()
    return os.fdopen(end, "rb", buffering=buffering)


@pytest.mark.parametrize("name", ["BytesIO", "buffered", "gzip", "drip", "only read", "pipe"])
def test_columns_after_some_were_read(kind, name, path):
    data, packets = made(kind)
    file = piped([data]) if name == "pipe" else FILES[name](data, path)
    reader = reader_of(kind, file)
    assert [next(reader) for _ in range(5)] == packets[:5]
    cap = reader.columns(["length", "timestamp"])
    # What can not be read twice gives the rest.
    expected = packets[5:] if name in ("pipe", "only read") else packets
    assert list(cap.length) == [len(packet) + 1 for _, packet in expected]
    assert list(cap.timestamp.astype("int64")) == [int(moment) * 10**9 for moment, _ in expected]
    if len(expected) == len(packets):
        assert list(reader) == packets[5:]
    getattr(file, "close", int)()


@pytest.mark.parametrize("opened", ["buffered", "raw", "only read"])
def test_a_packet_is_given_out_before_the_next_one_is_written(kind, opened):
    records = [b"a" * 60, b"", b"b" * 1500, b"c" * 4, b"d"]
    wanted = threading.Semaphore()
    pieces = [BEGIN[kind], *(record(kind, 5, data) for data in records)]
    with piped(pieces, wanted, 0 if opened == "raw" else -1) as file:
        reader = reader_of(kind, type("", (), {"read": staticmethod(file.read)})() if opened == "only read" else file)
        for data in records:
            wanted.release()
            assert next(reader, None) == (5.0, data)


def test_paths_and_with():
    for path in (str(LAB), LAB):
        with ours.pcap.Reader(path) as reader:
            assert str(reader.name) == str(path)
            assert os.fstat(reader.fileno()).st_size == os.fstat(reader.fd).st_size == LAB.stat().st_size
            assert len(reader.readpkts()) == 28_281
        with pytest.raises(ValueError, match="closed"):
            reader.fileno()
    with LAB_NG.open("rb") as file:
        with ours.pcap.UniversalReader(file) as reader:
            assert (type(reader), reader.name, reader.fd) == (ours.pcapng.Reader, str(LAB_NG), file.fileno())
        assert file.closed
    reader = reader_of("pcap", BEGIN["pcap"])
    assert reader.name == "<BytesIO>"
    with pytest.raises(io.UnsupportedOperation):
        reader.fileno()


@pytest.mark.parametrize("reader", [ours.pcap.Reader, ours.pcapng.Reader, ours.pcap.UniversalReader])
def test_a_path_that_is_no_capture_is_closed_again(reader, path):
    path.write_bytes(b"this is no capture, whatever it is")
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        with pytest.raises(ValueError, match="header"):
            reader(path)
        gc.collect()
    assert [str(warning.message) for warning in warned] == []


def test_text(kind):
    with LAB.open(encoding="latin-1") as file, pytest.raises(TypeError, match="binary mode"):
        reader_of(kind, file)


def steps(module, kind):
    """All ways to go on, one after the other; what they give, and where the file stands."""
    file = io.BytesIO(made(kind)[0])
    reader = reader_of(kind, file, module)
    begin, found, seen, places = file.tell(), [], [], []
    for most in (3, 5):
        for packet in reader:
            found.append(packet)
            if len(found) == most:
                break
        places.append(file.tell())
    found += [next(reader), reader.next(), next(iter(reader))]
    places.append(file.tell())
    file.seek(begin)
    found += [next(reader), next(reader)]
    one, other = iter(reader), iter(reader)
    found += [next(one), next(other), next(one), next(other)]
    del one, other
    counts = [reader.dispatch(count, lambda *arguments: seen.append((*arguments, file.tell())), "x") for count in (1, 4)]
    with pytest.raises(ZeroDivisionError):
        reader.loop(lambda *_: 1 / 0)
    counts += [len(reader.readpkts()), len(reader.readpkts()), reader.dispatch(0, seen.append), reader.dispatch(3, seen.append)]
    counts += [next(reader, "end"), reader.loop(seen.append)]
    file.seek(begin)
    again = list(reader)
    file.seek(begin)
    counts += [reader.dispatch(-1, lambda *arguments: seen.append(arguments)), next(reader, "end")]
    places.append(file.tell())
    file.write(record(kind, 5, b"more"))
    file.seek(places[-1])
    grown = [reader.readpkts(), next(reader, "end")]
    with pytest.raises(NotImplementedError):
        reader.setfilter("tcp", 1)
    return found, counts, seen, again, grown, places


def test_all_ways_to_go_on(kind):
    packets = made(kind)[1]
    found, counts, seen, again, grown, places = steps(ours, kind)
    assert (found, again, grown) == (packets[:8] + packets[:6], packets, [[(5.0, b"more")], "end"])
    assert counts == [1, 4, len(packets) - 12, 0, 0, 0, "end", None, len(packets), "end"]
    assert len(seen) == 5 + len(packets)
    assert steps(dpkt, kind) == (found, counts, seen, again, grown, places)


def test_a_file_that_grows(kind, path):
    path.write_bytes(BEGIN[kind])
    with path.open("rb") as file, path.open("ab") as out:
        reader = reader_of(kind, file)
        for number in range(3):
            assert reader.readpkts() == []
            out.write(record(kind, number, b"more"))
            out.flush()
            assert reader.readpkts() == [(float(number), b"more")]


def test_threads_share_a_reader(kind):
    """Each packet is given to one of them; the others may hear that the reader is busy."""
    packets = [(float(i), b"x" * 60) for i in range(300)]
    # Others go on in the middle of each reading.
    slow = type("", (io.BytesIO,), {"read1": lambda self, _: (time.sleep(0.0001), self.read(100))[1]})
    reader = reader_of(kind, slow(BEGIN[kind] + b"".join(record(kind, i, b"x" * 60) for i in range(300))))
    found, busy = [], []

    def work():
        while True:
            try:
                return found.extend(reader)
            except ValueError as error:
                busy.append(str(error))
                time.sleep(0.001)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    assert not any(thread.join(120) or thread.is_alive() for thread in threads)
    assert sorted(found) == packets
    assert set(busy) == {"the reader is reading already, in another thread"}


def test_a_file_that_reads_from_its_reader():
    reader = reader_of("pcap", type("", (io.BytesIO,), {"read1": lambda *_: next(reader)[1]})(classic([(0, 0, b"abc")])))
    with pytest.raises(ValueError, match="already"):
        list(reader)


SMALL = {
    "pcap": [classic([]), *(record("pcap", i, b"x" * i) for i in (3, 0, 5))],
    "pcapng": [
        *(section(options=option(2, b"hardware") + option(0, b"")), interface(options=option(2, b"eth0") + option(0, b""))),
        *(enhanced(5, b"one"), interface(options=option(9, b"\x09")), enhanced(7, b"another", number=1)),
        *(block(3, struct.pack("<I", 5) + b"simpl"), block(5, bytes(12)), block(2, struct.pack("<2H4I", 0, 0, 0, 9, 0, 0))),
    ],
}
WHOLE = {kind: b"".join(pieces) for kind, pieces in SMALL.items()}


def test_cut_at_every_byte(kind):
    whole, head = WHOLE[kind], len(b"".join(SMALL[kind][: 1 if kind == "pcap" else 2]))
    packets, _ = read(reader_of(kind, whole))
    assert len(packets) == {"pcap": 3, "pcapng": 4}[kind]
    ends = set(itertools.accumulate(map(len, SMALL[kind])))
    for length in range(head):
        for name in ("pcap.Reader", "pcapng.Reader", "pcap.UniversalReader"):
            makers = (functools.partial(tree.find(module, name), io.BytesIO(whole[:length])) for module in (dpkt, ours))
            theirs, mine = map(tree.attempt, makers)
            assert isinstance(mine, tree.Raised)
            assert mine == theirs
    for length in range(head, len(whole) + 1):
        found, warned = read(reader_of(kind, whole[:length]))
        assert len(warned) == (length not in ends)
        if warned and found and kind == "pcap":
            # As with dpkt, what is there of the last packet is a packet.
            moment, packet = found.pop()
            assert (moment, packet) == (packets[len(found)][0], packets[len(found)][1][: len(packet)])
        assert found == packets[: len(found)]
    assert (found, warned) == (packets, [])


@pytest.mark.parametrize("claim", [0xFFFFFFFF, 0x80000000, (128 << 20) + 8192])
def test_a_record_that_claims_gigabytes(kind, claim):
    """It ends the iteration; nobody asks for its bytes."""
    begun = struct.pack("<4I", 9, 9, claim, 4) if kind == "pcap" else struct.pack("<2I", 6, claim & ~3)
    file = OnlyRead(BEGIN[kind] + record(kind, 1, b"ab") + begun + b"tail" * 20)
    with pytest.warns(Truncated, match="claims"):
        assert list(reader_of(kind, file)) == [(1.0, b"ab")]
    assert max(file.asked) < 100


def test_a_packet_of_300_000_bytes(kind):
    """dpkt has no limit."""
    data = BEGIN[kind] + record(kind, 1, bytes(300_000)) + record(kind, 2, b"x")
    assert read(reader_of(kind, data)) == read(reader_of(kind, data, dpkt))


@pytest.mark.parametrize("cut", [-2, 7])
def test_the_warning_says_where_and_how_many(kind, cut, path):
    """File and line, and as `read_pcap` says it the offset of the record that is cut and how many whole packets there are."""
    path.write_bytes(b"".join(SMALL[kind][:-1]) + SMALL[kind][-1][:cut])
    with pytest.warns(Truncated) as expected:
        pcapframe.read_pcap(path)
    with ours.pcap.UniversalReader(path) as reader, pytest.warns(Truncated) as found:
        for _ in reader:
            pass
    one, other = (re.findall(rf"{path}: at offset (\d+):.*; (\d+) packets?", str(it[0].message)) for it in (expected, found))
    assert (other, found[0].filename) == (one, __file__)
    assert one


def test_the_warning_as_an_error(kind):
    """As which pytest has it here: all packets come first, and the iteration has ended after it."""
    packets, _ = read(reader_of(kind, WHOLE[kind]))
    reader = reader_of(kind, WHOLE[kind] + b"more")
    assert [next(reader) for _ in packets] == packets
    with pytest.raises(Truncated):
        next(reader)
    assert next(reader, None) is None


def test_a_warning_of_long_ago_is_not_given_again():
    """A file that was cut is read again, whole."""
    file = io.BytesIO(WHOLE["pcap"][:-1])
    reader = reader_of("pcap", file)
    assert [len(next(reader)[1]) for _ in range(3)] == [3, 0, 4]
    file.write(WHOLE["pcap"][-1:])
    file.seek(24)
    assert read(reader) == read(reader_of("pcap", WHOLE["pcap"]))


def test_damage(kind):
    """A reader raises what dpkt's is known to raise, when it is made; an iteration raises nothing."""
    chance, iterated = random.Random(3), 0
    for _ in range(3_000):
        data = bytearray(WHOLE[kind])
        for _ in range(chance.choice((1, 1, 3))):
            at = chance.randrange(len(data))
            data[at : at + chance.choice((0, 1, 4))] = chance.choice((b"", b"\0", b"\xff", b"\x80", chance.randbytes(4)))
        try:
            reader = reader_of(kind, data)
        except (ValueError, ours.Error):
            continue
        read(reader)
        iterated += 1
    assert iterated > 1_200
