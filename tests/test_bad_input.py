"""Nothing panics, hangs or is lost, whatever the source is."""

from __future__ import annotations

import io
import os
import pickle
import struct
import subprocess
import sys
import warnings

import numpy as np
import pytest

import pcapframe as pf
from frames import assorted, block, enhanced, ethernet, interface, ipv4, option, pcap, section, tcp

FRAME = ethernet(ipv4(tcp(1, 2, 2), 6))


def read(source, **options):
    """Read, and give the capture and the text of the warning if there was one."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        cap = pf.read_pcap(source, columns="all", **options)
    assert all(issubclass(w.category, pf.TruncatedCaptureWarning) for w in caught)
    return cap, str(caught[0].message) if caught else None


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b"\xd4\xc3\xb2\xa1\0\0\0\0\0\0", "24 bytes"),
        (b"\x0a\x0d\x0d\x0a\0\0\0\0\0\0", "28"),
        (b"abc", "3 bytes"),
        (b"\x00\x11\x22\x33" * 30, "00 11 22 33"),
        (b"just a text file\n" * 9, "no capture in any known format"),
        (b"\x1f\x8b" + bytes(30), "gzip"),
        (b"PK\x03\x04" + bytes(30), "zip"),
        (b"\x0a\x0d\x0d\x0a" + bytes(40), "byte-order magic"),
        (b"\xd4\xc3\xb2\xa1" + b"\xee" * 60, "version 61166.61166 is not known"),
        (b"\xa1\xb2\xc3\xd4\0\x02\0\x04" + b"\xff" * 60, "no link type"),
        (section()[:12] + b"\x09" * 40, "version 2313.2313 is not known|gives its length"),
        (bytes(range(256)), "begins with 00 01 02"),
    ],
)
def test_what_is_no_capture_is_refused(data, says):
    with pytest.raises(pf.NotACaptureError, match=says) as caught:
        pf.read_pcap(data)
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, pf.PcapframeError)


@pytest.mark.parametrize("reader", [pf.read_pcap, pf.scan_pcap])
def test_a_warning_names_the_line_that_reads(reader):
    with pytest.warns(pf.TruncatedCaptureWarning) as caught:
        for _ in reader(pcap([(0, 0, FRAME)])[:-1]):
            pass
    assert [warning.filename for warning in caught] == [__file__]


def test_header_alone_is_an_empty_capture():
    cap, warning = read(pcap([]))
    assert (len(cap), warning) == (0, None)
    assert cap.info.first is None
    assert "0 packets" in repr(cap)
    assert cap._repr_html_()


@pytest.mark.parametrize("cut", range(1, 16 + len(FRAME)))
def test_a_record_cut_anywhere_loses_only_itself(cut):
    whole = pcap([(1, 0, FRAME), (2, 0, FRAME)])
    cap, warning = read(whole[:-cut])
    assert len(cap) == 1
    assert warning is not None
    with pytest.raises(pf.CorruptCaptureError) as caught:
        pf.read_pcap(whole[:-cut], on_error="raise")
    assert (caught.value.offset, caught.value.packets) == (24 + 16 + len(FRAME), 1)
    again = pickle.loads(pickle.dumps(caught.value))
    assert (again.offset, again.reason, str(again)) == (caught.value.offset, caught.value.reason, str(caught.value))


def every_truncation(data, boundaries):
    """Every prefix keeps the packets that are whole in it, and warns if it ends inside a record."""
    for length in range(len(data)):
        whole = sum(end <= length for end in boundaries)
        try:
            cap, warning = read(data[:length])
        except pf.NotACaptureError:
            assert length < 28
            continue
        assert len(cap) == whole, length
        yield length, cap, warning


def test_every_truncation_of_a_pcap():
    data = pcap([(i, 0, frame) for i, frame in enumerate(assorted())])
    ends = np.cumsum([24] + [16 + len(frame) for frame in assorted()]).tolist()
    full, _ = read(data)
    for length, cap, warning in every_truncation(data, ends[1:]):
        assert (warning is None) == (length in ends)
        assert cap.sport.tolist() == full.sport[: len(cap)].tolist()
        assert cap.timestamp.tolist() == full.timestamp[: len(cap)].tolist()


def test_every_truncation_of_a_pcapng(lab_ng):
    blocks = [section(), interface(options=option(2, b"eth0") + option(9, b"\x09"))]
    blocks += [enhanced(0, 10**18 + i, frame) for i, frame in enumerate(assorted())]
    data = b"".join(blocks)
    ends = np.cumsum([len(part) for part in blocks]).tolist()
    full, _ = read(data)
    assert len(full) == len(assorted())
    for length, cap, warning in every_truncation(data, ends[2:]):
        assert (warning is None) == (length in ends)
        assert cap.timestamp.tolist() == full.timestamp[: len(cap)].tolist()


def test_record_length_of_zero_is_a_packet_without_bytes():
    cap, warning = read(pcap([(1, 0, b"", 60), (2, 0, FRAME)]))
    assert warning is None
    assert cap.captured_length.tolist() == [0, len(FRAME)]
    assert cap.stop.tolist() == [pf.Stop.TRUNCATED, pf.Stop.COMPLETE]


@pytest.mark.parametrize("claimed", [0xFFFFFFFF, 0x7FFFFFFF, 262_145])
def test_an_impossible_record_length_keeps_what_was_before(claimed):
    data = pcap([(1, 0, FRAME)]) + struct.pack("<IIII", 2, 0, claimed, claimed) + FRAME
    cap, warning = read(data)
    assert len(cap) == 1
    assert str(claimed) in warning


@pytest.mark.parametrize("snaplen", [0, 1, 0xFFFFFFFF])
def test_the_header_s_snaplen_is_advice(snaplen):
    cap, warning = read(pcap([(1, 0, FRAME)], snaplen=snaplen))
    assert (len(cap), warning) == (1, None)


def test_wire_length_below_captured_length_is_kept_as_it_is():
    cap, warning = read(pcap([(1, 0, FRAME, 20)]))
    assert warning is None
    assert (cap.length[0], cap.captured_length[0]) == (20, len(FRAME))
    assert (cap.sport[0], cap.stop[0]) == (1, pf.Stop.COMPLETE)


def test_block_lengths_that_disagree_end_the_capture():
    bad = bytearray(enhanced(0, 2, FRAME))
    bad[-4:] = struct.pack("<I", 44)
    cap, warning = read(section() + interface() + enhanced(0, 1, FRAME) + bytes(bad) + enhanced(0, 3, FRAME))
    assert len(cap) == 1
    assert "again as 44" in warning


def test_times_before_1970_and_after_2262():
    def stamp(options, units):
        return read(section() + interface(options=options) + enhanced(0, units, FRAME))[0].timestamp.view(np.int64)[0]

    assert stamp(option(14, struct.pack("<q", -3600)), 1_500_000) == -3_600_000_000_000 + 1_500_000_000
    assert stamp(option(9, b"\x00"), 2**40) == np.iinfo(np.int64).max
    assert stamp(option(14, struct.pack("<q", -(2**62))), 0) == np.iinfo(np.int64).min + 1  # the least is NaT
    assert stamp(option(9, b"\x89"), 3 << 8) == 1_500_000_000  # 2^9 units a second
    assert stamp(option(9, b"\x0c"), 1_500) == 1  # picoseconds
    assert stamp(option(9, b"\xff"), 2**64 - 1) == 0


def test_zero_interfaces():
    cap, warning = read(section() + enhanced(0, 1, FRAME))
    assert len(cap) == 0
    assert "interface 0" in warning


def test_seventy_thousand_interfaces():
    data = section() + interface() * 69_999 + interface(101) + enhanced(69_999, 5, ipv4(tcp(7, 8, 2), 6)) + enhanced(3, 6, FRAME)
    cap, warning = read(data)
    assert warning is None
    assert cap.link_type.tolist() == [101, 1]
    assert cap.interface.tolist() == [65_535, 3]
    assert cap.sport.tolist() == [7, 1]
    assert len(cap.info.interfaces) == 70_000
    assert len(str(cap.info)) < 2_000


def test_unknown_blocks_and_options_are_skipped():
    data = (
        section()
        + block(0xBAD, b"whatever")
        + interface(options=option(60_000, b"x" * 9))
        + block(5, bytes(12))
        + enhanced(0, 1, FRAME)
    )
    cap, warning = read(data)
    assert (len(cap), warning) == (1, None)


def test_paths_that_are_no_files(tmp_path):
    with pytest.raises(FileNotFoundError):
        pf.read_pcap(tmp_path / "none.pcap")
    with pytest.raises(IsADirectoryError):
        pf.read_pcap(tmp_path)
    text = tmp_path / "notes.txt"
    text.write_text("nothing captured here")
    with pytest.raises(pf.NotACaptureError, match=r"notes\.txt"):
        pf.read_pcap(text)


@pytest.mark.skipif(sys.platform == "win32", reason="permissions work differently")
def test_unreadable_file(tmp_path):
    path = tmp_path / "secret.pcap"
    path.write_bytes(pcap([]))
    path.chmod(0)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65_534)  # nobody: root can read everything
    try:
        with pytest.raises(PermissionError):
            pf.read_pcap(path)
    finally:
        if root:
            os.seteuid(0)


def test_file_objects(tmp_path):
    data = pcap([(1, 0, FRAME)])
    path = tmp_path / "one.pcap"
    path.write_bytes(data)
    with path.open("rb") as file:
        assert len(pf.read_pcap(file)) == 1
    with pytest.raises(ValueError, match="closed"):
        pf.read_pcap(file)
    with path.open(encoding="latin-1") as file, pytest.raises(TypeError, match="text mode"):
        pf.read_pcap(file)
    with pytest.raises(TypeError, match="text mode"):
        pf.read_pcap(io.StringIO("text"))
    with pytest.raises(TypeError, match="source is int"):
        pf.read_pcap(3)
    assert len(pf.read_pcap(io.BytesIO(data))) == 1
    assert len(pf.read_pcap(bytearray(data))) == 1
    assert len(pf.read_pcap(memoryview(data))) == 1


def test_a_file_object_is_read_from_where_it_stands(tmp_path):
    path = tmp_path / "late.pcap"
    path.write_bytes(b"prefix" + pcap([(1, 0, FRAME)]))
    with path.open("rb") as file:
        file.seek(6)
        assert len(pf.read_pcap(file)) == 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes")
def test_a_named_pipe(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    code = f"import sys; open({str(pipe)!r}, 'wb').write({pcap([(1, 0, FRAME)])!r})"
    with subprocess.Popen([sys.executable, "-c", code]) as writer:
        cap = pf.read_pcap(pipe, keep_bytes=True)
        assert writer.wait() == 0
    assert cap.packet(0) == FRAME


def test_bytes_that_were_not_kept():
    cap = pf.read_pcap(io.BytesIO(pcap([(1, 0, FRAME)])))
    with pytest.raises(pf.PcapframeError, match="keep_bytes=True"):
        cap.packet(0)


def test_a_file_that_has_changed_gives_no_wrong_packets(tmp_path):
    path = tmp_path / "changing.pcap"
    path.write_bytes(pcap([(1, 0, FRAME), (2, 0, FRAME)]))
    cap = pf.read_pcap(path)
    os.truncate(path, 24 + 16 + len(FRAME))
    with pytest.raises(pf.PcapframeError, match="changed"):
        cap.packet(1)
    with pytest.raises(pf.PcapframeError, match="changed"):
        cap.write_pcap(tmp_path / "copy.pcap")
    assert not list(tmp_path.glob("copy*"))


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"columns": ["sport", "nonsense"]}, pf.UnknownColumnError, "nonsense"),
        ({"columns": ["port"]}, pf.UnknownColumnError, "sport"),
        ({"columns": "sport"}, TypeError, r"\['sport'\]"),
        ({"columns": []}, ValueError, "empty"),
        ({"threads": 0}, ValueError, "threads is 0"),
        ({"on_error": "ignore"}, ValueError, "on_error is 'ignore'"),
    ],
)
def test_bad_arguments_name_the_argument_and_the_fix(options, error, says):
    with pytest.raises(error, match=says):
        pf.read_pcap(pcap([]), **options)
