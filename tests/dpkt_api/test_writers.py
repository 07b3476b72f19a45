"""Writers: byte for byte what dpkt's write, for every kind of time and packet. And memory, from reading to writing."""

from __future__ import annotations

import array
import decimal
import fractions
import io
import random
import struct
import subprocess
import sys
import time

import numpy as np
import pytest

dpkt = pytest.importorskip("dpkt")

import pcapframe  # noqa: E402

from . import targets  # noqa: E402

ours = targets.ours()
LITTLE = struct.pack("=H", 1) == b"\x01\x00"
HEAD = {"pcap": 24, "pcapng": 48}


@pytest.fixture(params=["pcap", "pcapng"])
def kind(request):
    return request.param


@pytest.fixture(params=["writepkt", "writepkt_time", "writepkts"])
def method(request):
    return request.param


def write(writer, method, packet, moment):
    """Write one packet by one of the three methods."""
    if method == "writepkts":
        writer.writepkts([(moment, packet)])
    else:
        getattr(writer, method)(packet, moment)


def written(module, kind, *packets, method="writepkt", **options):
    """The records of (packet, time), without what the file begins with."""
    file = io.BytesIO()
    writer = getattr(module, kind).Writer(file, **options)
    for packet, moment in packets:
        write(writer, method, packet, moment)
    return file.getvalue()[HEAD[kind] :]


def outcome(module, *arguments, **options):
    """The record, or the name of an exception; dpkt lets the struct module's out."""
    try:
        return written(module, *arguments, **options)
    except Exception as error:
        return "PackError" if isinstance(error, struct.error) else type(error).__name__


def refused(module, kind, method, packet, moment, **options):
    """The exception of a writer, which has written nothing."""
    file = io.BytesIO()
    writer = getattr(module, kind).Writer(file, **options)
    with pytest.raises(Exception) as error:  # noqa: PT011
        write(writer, method, packet, moment)
    assert len(file.getvalue()) == HEAD[kind]
    return error.value


def floats(count):
    """Times as they come, and those that are hard to round."""
    chance = random.Random(5)
    for _ in range(count):
        second = chance.choice((0, 1, chance.randrange(100), chance.randrange(1 << 31), 1_763_900_000, (1 << 32) - 1))
        yield chance.choice(
            (
                float(second),
                second + chance.random(),
                second + chance.randrange(10**6) / 1e6,
                second + (chance.randrange(10**6) + 0.5) / 1e6,
                second + chance.choice((0.9999994, 0.9999995, 0.9999996, 0.99999949999, 0.9999999995)),
                second * chance.random(),
                second + chance.randrange(10**9) / 1e9,
            )
        )


@pytest.mark.parametrize(("kind", "options"), [("pcap", {}), ("pcap", {"nano": True}), ("pcapng", {})])
def test_floats(kind, options, method):
    """10,000 of them; what dpkt refuses is refused, and nothing else."""
    records = 0
    for moment in floats(10_000):
        expected = outcome(dpkt, kind, (b"abcde", moment), method=method, **options)
        assert outcome(ours, kind, (b"abcde", moment), method=method, **options) == expected, moment
        records += isinstance(expected, bytes)
    assert records > 9_900


NUMBERS = [0, 1, 59, 1_763_900_000, (1 << 32) - 1, True, 0.0, -0.0, 5e-324, 0.5, -0.5, 1.9999995, 0.9999995, 4294967294.9999995]
NUMBERS += [fractions.Fraction(22, 7), np.float64(1.0000005), np.float32(1.1), np.float32(1.7e9)]
NUMBERS += [np.int64(1_763_900_000), np.int32(1_763_900_000), np.uint32(4_000_000_000), np.uint8(200)]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("moment", NUMBERS, ids=lambda moment: f"{type(moment).__name__}-{moment}")
def test_numbers(kind, method, moment):
    assert outcome(ours, kind, (b"abc", moment), method=method) == outcome(dpkt, kind, (b"abc", moment), method=method)


@pytest.mark.parametrize("nano", [False, True])
def test_decimals(method, nano):
    """Exact, where a float is not; dpkt's writer of pcapng takes none."""
    chance = random.Random(6)
    for _ in range(500):
        moment = decimal.Decimal(chance.randrange(1 << 51)).scaleb(-chance.randrange(6, 13))
        expected = written(dpkt, "pcap", (b"a", moment), method=method, nano=nano)
        assert written(ours, "pcap", (b"a", moment), method=method, nano=nano) == expected
        exact = round(moment * 10**6)
        record = written(ours, "pcapng", (b"a", moment), method=method)
        assert struct.unpack("=2I", record[12:20]) == (exact >> 32, exact & 0xFFFFFFFF)


IMPOSSIBLE = {"pcap": [-1, -1.5, 1 << 32, 4294967296.0, decimal.Decimal(-1)], "pcapng": [-1, -0.5, 18446744073710]}


def test_times_that_do_not_fit(kind, method):
    """dpkt's come from the struct module."""
    for moment in (*IMPOSSIBLE[kind], 1 << 64, -(1 << 64), 1e30, -1e30):
        if not isinstance(moment, decimal.Decimal):
            assert isinstance(refused(dpkt, kind, method, b"abc", moment), struct.error)
        error = refused(ours, kind, method, b"abc", moment)
        assert type(error) is ours.PackError
        assert "does not fit" in str(error)


@pytest.mark.parametrize("moment", [float("nan"), float("inf"), "5", b"5", [], object()], ids=str)
def test_what_is_no_time(kind, method, moment):
    expected = outcome(dpkt, kind, (b"abc", moment), method=method)
    assert outcome(ours, kind, (b"abc", moment), method=method) == expected
    assert expected in ("TypeError", "ValueError", "OverflowError")


def udp(module):
    return module.udp.UDP(sport=5, data=b"odd")


def test_packets(kind, method):
    """Whatever dpkt writes; objects with `bytes(...)` by the methods that call it."""
    whole = bytes(range(256)) * 300
    for packet in (b"", b"a", b"ab", b"abc", b"abcd", whole, bytearray(b"abcde"), type("Own", (bytes,), {})(b"abc")):
        assert written(ours, kind, (packet, 1.5), method=method) == written(dpkt, kind, (packet, 1.5), method=method)
    if kind == "pcap":
        for packet in (memoryview(b"abcde"), array.array("B", b"abc")):
            assert written(ours, kind, (packet, 1.5), method=method) == written(dpkt, kind, (packet, 1.5), method=method)
    if method == "writepkt":
        expected = written(dpkt, kind, (bytes(udp(dpkt)), 1.5))
        assert written(ours, kind, (udp(ours), 1.5)) == written(ours, kind, (udp(dpkt), 1.5)) == expected
    if method == "writepkts" or (kind, method) == ("pcap", "writepkt_time"):
        assert isinstance(refused(ours, kind, method, udp(ours), 1.5), TypeError)
    for nothing in ("text", None):
        assert not isinstance(outcome(dpkt, kind, (nothing, 1.5), method=method), bytes)
        assert isinstance(refused(ours, kind, method, nothing, 1.5), TypeError)


def test_a_generator_that_raises_leaves_what_came_before(kind):
    def packets():
        yield 1.5, b"one"
        yield 2.5, b"two"
        raise ZeroDivisionError

    file = io.BytesIO()
    writer = getattr(ours, kind).Writer(file)
    with pytest.raises(ZeroDivisionError):
        writer.writepkts(packets())
    writer.writepkt(b"three", 3.5)
    file.seek(0)
    assert list(getattr(ours, kind).Reader(file)) == [(1.5, b"one"), (2.5, b"two"), (3.5, b"three")]


def test_packets_are_written_as_they_come(kind):
    """One write for each record, before the next packet is asked for."""
    file = io.BytesIO()
    writer = getattr(ours, kind).Writer(file)
    sizes = []
    writer.writepkts(sizes.append(len(file.getvalue())) or (1.0, b"abcd") for _ in range(4))
    step = {"pcap": 20, "pcapng": 36}[kind]
    assert sizes == [HEAD[kind] + step * i for i in range(4)]


@pytest.mark.parametrize("module", [dpkt, ours], ids=["dpkt", "ours"])
def test_now_is_asked_for_when_a_packet_is_written(module, monkeypatch):
    """Tests of programs replace `time.time`, or in pcapng, which has imported it, `pcapng.time`."""
    clock = iter([1.25, 2.5, 3.75])
    file = io.BytesIO()
    writer = module.pcap.Writer(file)
    monkeypatch.setattr(time, "time", lambda: next(clock))
    writer.writepkt(b"a")
    writer.writepkt(b"b", ts=None)
    writer.writepkt(b"c", ts=0)
    assert [moment for moment, _ in module.pcap.Reader(io.BytesIO(file.getvalue()))] == [1.25, 2.5, 0]
    file = io.BytesIO()
    writer = module.pcapng.Writer(file)
    monkeypatch.setattr(module.pcapng, "time", lambda: next(clock))
    writer.writepkt(b"a")
    writer.writepkt(b"c", ts=0)
    assert [moment for moment, _ in module.pcapng.Reader(io.BytesIO(file.getvalue()))] == [3.75, 0]


def test_what_a_file_begins_with(kind):
    for options in ({}, {"snaplen": 7, "linktype": 113}, {"snaplen": 0xFFFFFFFF}, {"nano": True} if kind == "pcap" else {}):
        theirs, mine = io.BytesIO(), io.BytesIO()
        getattr(dpkt, kind).Writer(theirs, **options)
        getattr(ours, kind).Writer(mine, **options)
        assert mine.getvalue() == theirs.getvalue()
        assert len(mine.getvalue()) == HEAD[kind]


def test_paths_and_with(kind, tmp_path):
    for path in (str(tmp_path / "one"), tmp_path / "two"):
        with getattr(ours, kind).Writer(path, 100, 113) as writer:
            writer.writepkt(b"abc", 1.5)
        with getattr(ours, kind).Reader(path) as reader:
            assert (reader.snaplen, reader.datalink(), reader.readpkts()) == (100, 113, [(1.5, b"abc")])
    path = tmp_path / "three"
    with path.open("wb") as file, pytest.raises(ZeroDivisionError), getattr(ours, kind).Writer(file) as writer:
        writer.writepkt(1 // 0)
    assert file.closed
    assert path.stat().st_size == HEAD[kind]
    writer = getattr(ours, kind).Writer(path)
    writer.close()
    with pytest.raises(ValueError, match="closed"):
        writer.writepkt(b"abc")


def test_a_subclass_sees_each_packet(kind):
    """As in dpkt, `writepkt` goes through `writepkt_time`."""
    for module in (dpkt, ours):
        base = getattr(module, kind).Writer
        own = type("Own", (base,), {"writepkt_time": lambda self, pkt, ts, base=base: base.writepkt_time(self, pkt[:2], ts + 1)})
        file = io.BytesIO()
        own(file).writepkt(b"abc", 1.5)
        file.seek(0)
        assert list(getattr(module, kind).Reader(file)) == [(2.5, b"ab")]


# Blocks of pcapng.


def blocks(module, order="LE" if LITTLE else ""):
    """A section header, two interfaces and two packets, all with options."""
    found = {name: getattr(module.pcapng, name + order) for name in ("SectionHeaderBlock", "InterfaceDescriptionBlock")}
    opt, packet = (getattr(module.pcapng, name + order) for name in ("PcapngOption", "EnhancedPacketBlock"))
    shb = found["SectionHeaderBlock"](opts=[opt(code=3, data=b"an OS"), opt(code=1, text="Größe"), opt()])
    idb = [found["InterfaceDescriptionBlock"](snaplen=9, linktype=113, opts=[opt(code=9, data=b"\x06"), opt()])]
    idb.append(found["InterfaceDescriptionBlock"]())
    packets = [packet(pkt_data=b"abcde", opts=[opt(code=1, text="note"), opt()]), packet(pkt_data=b"", iface_id=1)]
    return shb, idb, packets


def test_blocks_are_written_as_given():
    found = []
    for module in (dpkt, ours):
        file = io.BytesIO()
        shb, idb, packets = blocks(module)
        writer = module.pcapng.Writer(file, 5, 6, shb=shb, idb=idb)
        module.pcapng.Writer(file, shb=shb)
        module.pcapng.Writer(file, idb=tuple(idb))
        module.pcapng.Writer(file, idb=idb[0])
        for packet in packets:
            writer.writepkt(packet, ts=1_700_000_000.25)
            writer.writepkt(packet)
            writer.writepkt(packet, ts=0)
        packets[0].ts_low = 7
        writer.writepkt(packets[0])
        found.append(file.getvalue())
    assert found[0] == found[1]
    assert len(found[0]) > 600


@pytest.mark.parametrize("module", [dpkt, ours], ids=["dpkt", "ours"])
def test_a_packet_block_without_a_time_gets_the_time_of_now(module, monkeypatch):
    monkeypatch.setattr(module.pcapng, "time", lambda: 5.5)
    block = blocks(module)[2][0]
    module.pcapng.Writer(io.BytesIO()).writepkt(block)
    assert (block.ts_high, block.ts_low) == (0, 5_500_000)


def test_blocks_of_the_wrong_kind():
    texts = []
    for module in (dpkt, ours):
        shb, idb, packets = blocks(module, "" if LITTLE else "LE")
        file = io.BytesIO()
        texts.append([])
        for options in ({"shb": idb[0]}, {"shb": shb}, {"shb": "x"}, {"idb": shb}, {"idb": idb}, {"idb": [shb]}, {"idb": 5}):
            with pytest.raises(ValueError, match="expecting class") as error:
                module.pcapng.Writer(file, **options)
            texts[-1].append(str(error.value))
        with pytest.raises(ValueError, match="pkt: expecting class") as error:
            module.pcapng.Writer(file).writepkt(packets[0], 1.5)
        texts[-1].append(str(error.value))
        assert len(file.getvalue()) == HEAD["pcapng"]
    assert texts[0] == texts[1]


def test_round_trip(kind):
    """By our reader, dpkt's, and the reader of columns, which has never seen either."""
    chance = random.Random(8)
    packets = [
        (chance.randrange(1 << 31) + chance.randrange(10**6) / 1e6, chance.randbytes(chance.randrange(1500))) for _ in range(2000)
    ]
    file = io.BytesIO()
    getattr(ours, kind).Writer(file, snaplen=65535).writepkts(packets)
    data = file.getvalue()
    assert list(getattr(dpkt, kind).Reader(io.BytesIO(data))) == packets
    assert list(getattr(ours, kind).Reader(io.BytesIO(data))) == packets
    cap = pcapframe.read_pcap(io.BytesIO(data), keep_bytes=True)
    assert [packet for _, packet in cap.packets()] == [packet for _, packet in packets]
    assert list(cap.timestamp.astype("int64") // 1000) == [round(moment * 10**6) for moment, _ in packets]
    rewritten = io.BytesIO()
    getattr(ours, kind).Writer(rewritten, snaplen=65535).writepkts(getattr(ours, kind).Reader(io.BytesIO(data)))
    assert rewritten.getvalue() == data


def test_nanoseconds_there_and_back():
    moments = [decimal.Decimal("1700000000.123456789"), decimal.Decimal("0.000000001"), decimal.Decimal("4294967295.999999999")]
    file = io.BytesIO()
    ours.pcap.Writer(file, nano=True).writepkts((moment, b"abc") for moment in moments)
    data = file.getvalue()
    assert [moment for moment, _ in ours.pcap.Reader(io.BytesIO(data))] == moments
    assert [moment for moment, _ in dpkt.pcap.Reader(io.BytesIO(data))] == moments
    assert [moment for moment, _ in ours.pcap.Reader(io.BytesIO(data), timestamps="ns")] == [int(m * 10**9) for m in moments]


# Statements that are run again and again; `data` is a frame of TCP and `d` the package.
PATTERNS = """
frame = d.ethernet.Ethernet(data); frame.ip.tcp.dport, frame.ip.src, frame.ip.tcp.opts, frame.ip.tcp.flags, frame.data.v
frame = d.ethernet.Ethernet(data); frame.ip.ttl -= 1; frame.ip.src = b"abcd"; frame.ip.sum = 0; bytes(frame), len(frame)
frame = d.ethernet.Ethernet(tagged); frame.vlan_tags[0].id = 5; frame.vlanid, bytes(frame), repr(frame)
frame = d.ethernet.Ethernet(src=b"123456", data=d.ip.IP(p=17, note=[1], data=d.udp.UDP(data=b"x"))); bytes(frame)
frame = d.ethernet.Ethernet(bytearray(data)); vars(frame), vars(frame.ip), frame[d.tcp.TCP], dict(frame.ip), hasattr(frame, "udp")
frame = d.ethernet.Ethernet(data); frame.note = [frame]; frame.ip.tcp.above = frame; del frame.ip.ttl
frame = pickle.loads(pickle.dumps(d.ethernet.Ethernet(data))); frame = copy.deepcopy(frame); frame.data = copy.copy(frame.data)
[attempt(cls, data[:end]) for cls in (d.ethernet.Ethernet, d.ip.IP, d.tcp.TCP, Own) for end in (0, 2, 20, 33, 40)]
own = Own(data); own.unpack(data); own.tail, own.a, bytes(own), Own(a=9, data=own), attempt(setattr, own, "b", 99), own.data
reader = d.pcap.Reader(io.BytesIO(capture)); next(reader), list(reader), reader.dispatch(0, print), attempt(next, reader)
list(d.pcap.Reader(io.BytesIO(capture[:-1]), timestamps="ns"))
writer = d.pcap.Writer(io.BytesIO()); writer.writepkt(data, 1.5); writer.writepkts([(1, data)]); attempt(writer.writepkt, 0, -1)
"""
MEMORY = """
import copy, gc, io, json, pickle, sys, warnings
from pcapframe import dpkt as d

def attempt(function, *arguments):
    try: return function(*arguments)
    except Exception: return None

def resident():
    gc.collect()
    with open("/proc/self/statm") as file: return int(file.read().split()[1]) * 4096

class Own(d.Packet):
    __hdr__ = ("a", "H", 1), ("_b_c", "B", 2)
    __bit_fields__ = {"_b_c": (("b", 4), ("c", 4))}
    def unpack(self, buf): d.Packet.unpack(self, buf); self.tail = self.data[-4:]

warnings.simplefilter("ignore")
count, data = int(sys.argv[1]), bytes.fromhex(sys.argv[2])
tagged, file = data[:12] + bytes.fromhex("81000001") + data[12:], io.BytesIO()
d.pcap.Writer(file).writepkts([(1.5, data)] * 3)
capture, classes = file.getvalue(), (d.ethernet.Ethernet, d.ip.IP, d.tcp.TCP, d.udp.UDP, d.ethernet.VLANtag8021Q, Own)
things = data, tagged, capture, d.ethernet.Ethernet._typesw, d.ip.IP._protosw, *classes
for pattern in sys.stdin.read().strip().splitlines():
    exec("def run(count):\\n for _ in range(count): " + pattern)
    run(3000)
    before, references = resident(), [sys.getrefcount(thing) for thing in things]
    run(count)
    print(resident() - before, *(sys.getrefcount(thing) - number for thing, number in zip(things, references)))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="what a process holds is asked of /proc")
def test_memory_stays_flat():
    """300,000 times: a leak of 40 bytes each is found, and one reference to what packets share."""
    frame = dpkt.ethernet.Ethernet(data=dpkt.ip.IP(p=6, data=dpkt.tcp.TCP(off=6, opts=b"1234")))
    arguments = [sys.executable, "-c", MEMORY, "25000", bytes(frame).hex()]
    done = subprocess.run(arguments, input=PATTERNS, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    for pattern, line in zip(PATTERNS.strip().splitlines(), done.stdout.splitlines(), strict=True):
        grown, *references = map(int, line.split())
        assert grown < 1 << 20, pattern
        assert max(map(abs, references)) < 100, pattern
