"""Compressed captures in dpkt's readers, which dpkt itself refuses: the packets of the plain file."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import shutil
import subprocess
import threading

import pytest

import pcapframe

from . import targets

ours = targets.ours()
Truncated = pcapframe.errors.TruncatedCaptureWarning
LAB = (targets.DATA / "lab.pcap").read_bytes()
#: The first one is cut between two packets.
PLAIN = {"pcap": LAB[:299_926], "pcapng": (targets.DATA / "lab-small.pcapng").read_bytes()}
MODULES = {"gzip": gzip, "bzip2": bz2, "xz": lzma}


@pytest.fixture(params=["pcap", "pcapng"])
def kind(request):
    return request.param


@pytest.fixture(params=["gzip", "bzip2", "xz", "zstd", "lz4"])
def compress(request):
    if request.param in MODULES:
        return MODULES[request.param].compress
    program = shutil.which(request.param)
    if program is None:
        pytest.skip(f"the program {request.param} is not installed")
    options = ["-B4"] if request.param == "lz4" else []
    return lambda data: subprocess.run([program, "-qc", *options], input=data, capture_output=True, check=True).stdout


def reader_of(kind):
    return getattr(ours, kind).Reader


def test_from_a_file_a_path_and_by_format(kind, compress, tmp_path):
    expected = list(reader_of(kind)(io.BytesIO(PLAIN[kind])))
    assert len(expected) > 100
    # In two parts, which is one file to the programs as well.
    data = compress(PLAIN[kind][:1000]) + compress(PLAIN[kind][1000:])
    path = tmp_path / "capture"
    path.write_bytes(data)
    for reader in (reader_of(kind), ours.pcap.UniversalReader):
        with reader(path) as made:
            assert list(made) == expected
        assert list(reader(io.BytesIO(data))) == expected
        with path.open("rb") as file:
            made = reader(file)
            assert (made.name, made.fd) == (str(path), file.fileno())
            assert made.datalink() == 1
            assert [next(made), next(made)] == expected[:2]
            assert made.readpkts() == expected[2:]
        assert file.closed


def test_over_to_columns(kind, compress, tmp_path):
    data = compress(PLAIN[kind])
    (tmp_path / "capture").write_bytes(data)
    expected = pcapframe.read_pcap(PLAIN[kind]).length.tolist()
    with reader_of(kind)(tmp_path / "capture") as reader:
        assert len([next(reader), *reader]) == len(expected)
        assert reader.columns(["length"]).length.tolist() == expected
    with pipe(data) as file:
        reader = reader_of(kind)(file)
        assert [len(next(reader)[1]) for _ in range(7)] == expected[:7]
        assert reader.columns(["length"]).length.tolist() == expected[7:]


def pipe(data):
    reading, writing = os.pipe()

    def write():
        with open(writing, "wb") as file:
            file.write(data)

    threading.Thread(target=write).start()
    return open(reading, "rb")


def test_a_pipe(kind, compress):
    with pipe(compress(PLAIN[kind])) as file:
        assert list(reader_of(kind)(file)) == list(reader_of(kind)(io.BytesIO(PLAIN[kind])))


def test_cut_data_ends_with_a_warning(compress):
    data = compress(LAB)
    expected = list(ours.pcap.Reader(io.BytesIO(LAB)))
    reader = ours.pcap.Reader(io.BytesIO(data[: len(data) * 3 // 4]))
    found = []
    with pytest.warns(Truncated, match="data is cut or corrupt here") as caught:
        found += reader
    assert len(caught) == 1
    assert len(found) < len(expected)
    # Of the last one only a part may be there, as of a plain file that is cut.
    assert found[:-1] == expected[: len(found)][:-1]


def test_what_the_file_raises_is_raised():
    class Fails:
        def __init__(self):
            self._data = io.BytesIO(gzip.compress(PLAIN["pcap"])[:5000])

        def read(self, count):
            data = self._data.read(min(count, 500))
            if not data:
                raise RuntimeError("the line is dead")
            return data

    reader = ours.pcap.Reader(Fails())
    with pytest.raises(RuntimeError, match="the line is dead"):
        list(reader)


@pytest.mark.parametrize("data", [b"", b"\x1f\x8b\x08", gzip.compress(b""), gzip.compress(b"no capture at all, but a text")])
def test_no_capture_in_it(data):
    for reader in (ours.pcap.Reader, ours.pcapng.Reader, ours.pcap.UniversalReader):
        with pytest.raises((ValueError, ours.dpkt.NeedData)):
            reader(io.BytesIO(data))
