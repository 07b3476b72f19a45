"""Captures in the formats of other programs, as editcap writes them: the packets of the pcap file, tshark's times and lengths."""

from __future__ import annotations

import gzip
import os
import struct
import subprocess

import numpy as np
import pytest

import pcapframe as pf
from conftest import nanoseconds, need_program
from pcapframe import _core

# Name for editcap, nanoseconds in a unit of its time, whether a cut file can be read.
FORMATS = {
    "snoop": (1000, True),
    "netmon1": (1_000_000, False),
    "netmon2": (1000, False),
    "ngwsniffer_1_1": (1000, True),
    "ngwsniffer_2_0": (1000, True),
    "ngsniffer": (1000, True),
    "visual": (1_000_000, True),
    "modpcap": (1000, True),
    "rh6_1pcap": (1000, True),
    "suse6_3pcap": (1000, True),
    "nokiapcap": (1000, True),
}
FIELDS = ["frame.time_epoch", "frame.len", "frame.cap_len"]


def tshark(path):
    """Time, length and captured length of each packet, in a time zone that the file may have been written in."""
    command = [need_program("tshark"), "-n", "-r", str(path), "-T", "fields", *(word for name in FIELDS for word in ("-e", name))]
    environment = {**os.environ, "TZ": "UTC"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    return [(nanoseconds(time), int(length), int(captured)) for time, length, captured in rows]


def records(capture):
    times = capture["timestamp"].astype(np.int64).tolist()
    return list(zip(times, capture["length"].tolist(), capture["captured_length"].tolist(), strict=True))


@pytest.fixture(scope="module")
def original(lab, tmp_path_factory):
    """The first packets of our own capture, some of them cut."""
    path = tmp_path_factory.mktemp("formats") / "original.pcap"
    subprocess.run([need_program("editcap"), "-F", "pcap", "-s", "200", "-r", str(lab), str(path), "1-2000"], check=True)
    return path


@pytest.fixture(scope="module", params=FORMATS)
def written(request, original, tmp_path_factory):
    path = tmp_path_factory.mktemp("formats") / f"capture.{request.param}"
    command = [need_program("editcap"), "-F", request.param, str(original), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "TZ": "UTC"}, check=False)
    if done.returncode:
        pytest.skip(f"this editcap does not write {request.param}: {done.stderr.strip()}")
    return request.param, path


def test_the_same_packets(written, original):
    name, path = written
    found, expected = pf.read_pcap(path, columns="all"), pf.read_pcap(original, columns="all")
    assert len(found) == len(expected) == 2000
    unit, _ = FORMATS[name]
    off = np.abs((found["timestamp"] - expected["timestamp"]).astype(np.int64))
    assert off.max() <= unit
    # editcap writes the wire length, of which Visual Networks' programs say that it counts a frame check sequence.
    lengths = {"length", "payload_length"} if name == "visual" else set()
    differing = {"timestamp", "time"} | lengths
    for column in set(expected.columns) - differing:
        assert np.array_equal(np.asarray(found[column]), np.asarray(expected[column])), column
    assert found.packet(7)[: expected["captured_length"][7]] == expected.packet(7)


def test_times_and_lengths_are_those_of_tshark(written):
    _, path = written
    assert records(pf.read_pcap(path, columns="all")) == tshark(path)


@pytest.mark.filterwarnings("ignore::pcapframe.TruncatedCaptureWarning")
def test_cut_files(written, tmp_path):
    name, path = written
    data = path.read_bytes()
    kept = 0
    for cut in (len(data) // 3, len(data) // 2 + 1, len(data) - 5000):
        part = tmp_path / f"{cut}.{name}"
        part.write_bytes(data[:cut])
        if FORMATS[name][1]:
            found = records(pf.read_pcap(part, columns="all"))
            assert found == tshark(part)
            kept += len(found)
        else:
            assert tshark(part) == []
            with pytest.raises(pf.NotACaptureError, match="this Network Monitor file is cut"):
                pf.read_pcap(part)
    assert kept > 1000 or not FORMATS[name][1]


def test_every_way_of_reading_gives_the_same(written, original, tmp_path):
    _, path = written
    whole = pf.read_pcap(path, columns="all")
    columns = {name: np.asarray(whole[name]).tolist() for name in whole.columns}
    kept = [data for _, data in whole.packets()]

    def assert_same(*captures):
        for name, values in columns.items():
            assert np.concatenate([np.asarray(capture[name]) for capture in captures]).tolist() == values, name

    assert_same(pf.read_pcap(path.read_bytes(), columns="all"))
    packed = tmp_path / "capture.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    zipped = pf.read_pcap(packed, columns="all")
    assert_same(zipped)
    assert [data for _, data in zipped.packets()] == kept
    assert_same(*pf.scan_pcap(path, columns="all", batch_size=300))
    assert_same(*pf.scan_pcap(packed, columns="all", batch_size=300))

    copy = tmp_path / "copy.pcapng"
    assert whole.write_pcap(copy) == len(whole)
    again = pf.read_pcap(copy, columns="all")
    assert [data for _, data in again.packets()] == kept
    assert again["timestamp"].tolist() == whole["timestamp"].tolist()

    both = pf.read_pcap([path, original], columns="all", merge=True)
    assert len(both) == 2 * len(whole)
    assert (np.diff(both["timestamp"].astype(np.int64)) >= 0).all()


def snoop(packets):
    """Sun's snoop (RFC 1761), of Ethernet frames and their seconds."""
    out = [b"snoop\0\0\0" + struct.pack(">II", 2, 4)]
    for seconds, data in packets:
        padding = -len(data) % 4
        out.append(struct.pack(">IIIIII", len(data), len(data), 24 + len(data) + padding, 0, seconds, 0) + data + bytes(padding))
    return b"".join(out)


def erf(packets):
    """Endace's ERF, of Ethernet frames and their seconds; records are padded to eight bytes."""
    out = []
    for seconds, data in packets:
        length = 18 + len(data)
        padding = -length % 8
        out.append(
            struct.pack("<II", 0, seconds) + struct.pack(">BBHHHxx", 2, 4, length + padding, 0, len(data)) + data + bytes(padding)
        )
    return b"".join(out)


@pytest.mark.parametrize("write", [snoop, erf])
def test_formats_that_can_be_begun_in_the_middle(write, lab):
    capture = pf.read_pcap(lab, columns=["timestamp"])
    seconds = capture["timestamp"].astype(np.int64) // 10**9
    packets = [(int(time), data) for time, (_, data) in zip(seconds, capture.packets(), strict=True)]
    source = write(packets)
    names = list(pf.read_pcap(source, columns="all").columns)
    one, two = (_core.read([source], names, _core.Settings(threads=threads, chunk=1 << 15)) for threads in (1, 2))
    assert len(one) == len(two) == len(packets)
    kinds = {row["name"]: row["kind"] for row in _core.column_table()}
    for name in (name for name in names if kinds.get(name) not in {None, "address"}):
        assert one.values(name).tobytes() == two.values(name).tobytes(), name
    # A chunk in which nothing looks like records is parsed again: most must not be.
    assert len(source) > 20 << 15
    assert two.sources[0]["wrong_guesses"] <= 1
    assert [data for _, data in pf.read_pcap(source).packets()] == [data for _, data in packets]


def test_shared_captures_in_other_formats(shared_captures):
    names = {"100_packets.erf", "5_packets.erf", "provenance.erf", "iphttps.cap", "packets_ppp.pcap", "solaris.snoop"}
    found = [path for path in shared_captures if path.name in names]
    if not found:
        pytest.skip("none of these captures is there")
    for path in found:
        capture = pf.read_pcap(path, columns="all")
        assert len(capture) > 0
        assert records(capture) == tshark(path)
