"""Sources that are objects: what fsspec opens, and whatever else can be read."""

from __future__ import annotations

import bz2
import functools
import gzip
import http.server
import io
import lzma
import sys
import threading
import zipfile

import numpy as np
import pytest

import pcapframe as pf
from frames import ethernet, ipv4, pcap, udp
from pcapframe.__main__ import main

PLAIN = pcap([(i, i, ethernet(ipv4(udp(1000 + i, 53, b"x" * (i % 90)), 17))) for i in range(3000)])


def check(source):
    expected = pf.read_pcap(PLAIN, columns=["timestamp", "sport"])
    found = pf.read_pcap(source, columns=["timestamp", "sport"])
    assert np.array_equal(found.sport, expected.sport)
    assert np.array_equal(found.timestamp, expected.timestamp)


def check_scan(source):
    batches = list(pf.scan_pcap(source, columns=["sport"], batch_size=1000))
    assert [len(batch) for batch in batches] == [1000] * 3
    assert np.concatenate([batch.sport for batch in batches]).tolist() == [1000 + i for i in range(3000)]


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def fsspec():
    found = pytest.importorskip("fsspec")
    found.filesystem("memory").store.clear()
    return found


class TestFsspec:
    @pytest.fixture(params=["local", "memory", "zip", "http"])
    def url(self, request, fsspec, tmp_path):
        data = gzip.compress(PLAIN)
        path = tmp_path / "capture.pcap.gz"
        path.write_bytes(data)
        if request.param == "local":
            yield path.as_uri()
        elif request.param == "memory":
            with fsspec.open("memory://folder/capture.pcap.gz", "wb") as file:
                file.write(data)
            yield "memory://folder/capture.pcap.gz"
        elif request.param == "zip":
            with zipfile.ZipFile(tmp_path / "all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("inside/capture.pcap.gz", data)
            yield f"zip://inside/capture.pcap.gz::{(tmp_path / 'all.zip').as_uri()}"
        else:
            pytest.importorskip("aiohttp")
            handler = functools.partial(Quiet, directory=tmp_path)
            with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
                thread = threading.Thread(target=server.serve_forever)
                thread.start()
                yield f"http://127.0.0.1:{server.server_port}/capture.pcap.gz"
                server.shutdown()
                thread.join()

    def test_urls(self, url):
        check(url)
        check_scan(url)
        check_scan([url])

    def test_open_files(self, url, fsspec):
        with fsspec.open(url) as file:
            check(file)
        # What is opened by `with` only.
        check(fsspec.open(url))
        check_scan(fsspec.open(url))
        check(fsspec.open(url, compression="infer"))
        for one in fsspec.open_files([url]):
            check(one)

    def test_what_was_opened_is_closed(self, fsspec, monkeypatch):
        fsspec.filesystem("memory").pipe("/x.pcap", PLAIN)
        closed = []
        leave = fsspec.core.OpenFile.__exit__

        def note(self, *args):
            closed.append(self.path)
            return leave(self, *args)

        monkeypatch.setattr(fsspec.core.OpenFile, "__exit__", note)
        pf.read_pcap("memory://x.pcap")
        assert closed == ["/x.pcap"]
        batches = pf.scan_pcap("memory://x.pcap", batch_size=100)
        next(batches)
        assert closed == ["/x.pcap"]
        batches.close()
        assert closed == ["/x.pcap"] * 2
        fsspec.filesystem("memory").pipe("/none.pcap", b"no capture")
        with pytest.raises(pf.NotACaptureError):
            pf.scan_pcap("memory://none.pcap")
        assert closed[2:] == ["/none.pcap"]

    def test_no_such_file(self, fsspec):
        with pytest.raises(FileNotFoundError):
            pf.read_pcap("memory://none")
        with pytest.raises(ValueError, match="nonesuch"):
            pf.read_pcap("nonesuch://host/file")

    def test_the_command(self, fsspec, capsys, tmp_path):
        fsspec.filesystem("memory").pipe("/x.pcap", PLAIN)
        assert main(["convert", "memory://x.pcap", "memory://x.pcap", str(tmp_path / "out.pcap")]) == 0
        assert len(pf.read_pcap(tmp_path / "out.pcap")) == 6000


def test_urls_without_fsspec(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(ImportError, match=r"s3://bucket/a\.pcap needs fsspec: pip install fsspec"):
        pf.read_pcap("s3://bucket/a.pcap")
    with pytest.raises(ImportError, match="fsspec"):
        pf.scan_pcap("https://host/a.pcap?x=[1]")
    # No URL, but the name of a file.
    (tmp_path / "s3:").mkdir()
    (tmp_path / "s3:" / "a.pcap").write_bytes(PLAIN)
    monkeypatch.chdir(tmp_path)
    check("s3://a.pcap")


@pytest.mark.parametrize("module", [gzip, bz2, lzma])
def test_objects_that_decompress(module, tmp_path):
    path = tmp_path / "capture"
    with module.open(path, "wb") as file:
        file.write(PLAIN)
    with module.open(path) as file:
        check(file)
    with module.open(path) as file:
        check_scan(file)
    # What is in it is compressed once more.
    with module.open(path, "wb") as file:
        file.write(gzip.compress(PLAIN))
    with module.open(path) as file:
        check(file)
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.write(path, "member")
    if module is gzip:
        return
    with zipfile.ZipFile(tmp_path / "all.zip") as archive, archive.open("member") as file, module.open(file) as inside:
        check(inside)


class OnlyRead:
    """Neither `seek` nor `fileno`."""

    def __init__(self, data, give=lambda data: data):
        self._file = io.BytesIO(data)
        self._give = give

    def read(self, count):
        return self._give(self._file.read(count))


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, lambda data: np.frombuffer(data, np.uint8)])
@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_kinds_of_bytes(kind, compress):
    check(OnlyRead(compress(PLAIN), kind))
    check_scan(OnlyRead(compress(PLAIN), kind))


class Hesitant(OnlyRead):
    """Does not wait: None stands for nothing yet, three times before each piece."""

    calls = 0

    def read(self, count):
        self.calls += 1
        return None if self.calls % 4 else super().read(min(count, 100_000))


@pytest.mark.parametrize("compress", [bytes, gzip.compress, lzma.compress])
def test_objects_that_do_not_wait(compress):
    check(Hesitant(compress(PLAIN)))
    check_scan(Hesitant(compress(PLAIN)))


class Silent:
    """Has nothing, for ever."""

    calls = 0

    def read(self, count):
        self.calls += 1


def test_nobody_waits_for_what_is_not_wanted_any_more():
    source = Silent()
    calls = []

    def interrupt(done, total):
        calls.append(done)
        if len(calls) == 5:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        pf.read_pcap(source, progress=interrupt)
    # It was asked now and then, and not as fast as it goes.
    assert source.calls < 50
