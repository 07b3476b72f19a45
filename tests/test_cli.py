"""The command ``pcapframe``: what it prints, what it writes, and how it ends."""

from __future__ import annotations

import gzip
import io
import json
import os
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

import pcapframe as pf
from frames import Record, arp, enhanced, ethernet, icmp, interface, ipv4, option, pcap, section, tcp, udp
from pcapframe import __main__ as cli
from pcapframe.__main__ import main

START = 1_700_000_000  # 2023-11-14 22:13:20 UTC
SYN, ACK = 0x02, 0x10

PACKETS: list[Record] = [
    (START, 0, ethernet(ipv4(tcp(40000, 80, SYN), 6))),
    (START, 1500, ethernet(ipv4(tcp(80, 40000, SYN | ACK), 6, "10.0.0.2", "10.0.0.1"))),
    (START + 1, 0, ethernet(ipv4(udp(5353, 53, b"query"), 17, dst="10.0.0.3"))),
    (START + 2, 0, ethernet(arp(), 0x0806)),
    (START + 2, 1, ethernet(ipv4(icmp(8), 1))),
]
LENGTHS = [len(data) for _, _, data in PACKETS]


def pcapng(options: bytes) -> bytes:
    """A capture of two packets on an interface with these options."""
    packets = [enhanced(0, seconds * 10**6 + micros, data) for seconds, micros, data in PACKETS[:2]]
    return section() + interface(options=options) + b"".join(packets)


@pytest.fixture
def capture(tmp_path: Path) -> str:
    return write(tmp_path / "five.pcap", pcap(PACKETS))


def write(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    return str(path)


def run(*args: str, stdin: bytes = b"", **options: object) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "pcapframe", *args]
    return subprocess.run(command, input=stdin, capture_output=True, timeout=60, check=False, **options)


def feed(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def ends_with(status: int, *args: str) -> None:
    """Whether it is argparse that refuses or the command."""
    try:
        found = main(list(args))
    except SystemExit as error:
        found = error.code
    assert found == status


def same_table(one: Path, other: Path) -> bool:
    """Whether both hold the same rows and types."""
    if one.suffix == ".csv":
        return one.read_text() == other.read_text()
    read = pytest.importorskip("pyarrow.parquet" if one.suffix == ".parquet" else "pyarrow.feather").read_table
    tables = read(one), read(other)
    return tables[0].schema == tables[1].schema and tables[0].to_pylist() == tables[1].to_pylist()


def one_line(text: str) -> str:
    assert text.endswith("\n")
    assert text.count("\n") == 1
    assert "Traceback" not in text
    return text.rstrip("\n")


class TestInfo:
    def test_text(self, capture: str, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["info", capture]) == 0
        out, err = capsys.readouterr()
        assert out.splitlines() == [
            "format          pcap (microseconds, little-endian)",
            f"path            {capture}",
            f"source bytes    {os.path.getsize(capture)}",
            "packets         5",
            f"bytes           {sum(LENGTHS)}",
            f"captured bytes  {sum(LENGTHS)}",
            "first           2023-11-14T22:13:20.000000000 UTC",
            "last            2023-11-14T22:13:22.000001000 UTC",
            "duration        2.000001 s",
            "truncated       0",
            "malformed       0",
            "interfaces      Ethernet, snaplen 65535",
            "protocols       TCP 2; UDP 1; ICMP 1; ARP 1",
        ]
        assert err == ""

    def test_json(self, capture: str, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["info", capture, "--json"]) == 0
        assert json.loads(capsys.readouterr().out) == {
            "format": "pcap (microseconds, little-endian)",
            "path": capture,
            "files": [capture],
            "source_bytes": os.path.getsize(capture),
            "interfaces": [{"name": "", "link_type": 1, "link_type_name": "Ethernet", "snaplen": 65535}],
            "packets": 5,
            "bytes": sum(LENGTHS),
            "captured_bytes": sum(LENGTHS),
            "first": "2023-11-14T22:13:20.000000000Z",
            "last": "2023-11-14T22:13:22.000001000Z",
            "duration_ns": 2_000_001_000,
            "truncated": 0,
            "malformed": 0,
            "fault": None,
            "gaps": [],
            "protocols": {"TCP": 2, "UDP": 1, "ICMP": 1, "ARP": 1},
        }

    def test_no_packets(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["info", write(tmp_path / "none.pcap", pcap([])), "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert (found["packets"], found["first"], found["duration_ns"], found["protocols"]) == (0, None, None, {})

    def test_times_at_the_end_of_what_can_be_counted(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        file = write(tmp_path / "past.pcapng", pcapng(option(14, struct.pack("<q", -(2**62)))))
        assert main(["info", file, "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert (found["first"], found["duration_ns"]) == ("1677-09-21T00:12:43.145224193Z", 0)
        assert main(["head", file, "--columns", "timestamp", "--json"]) == 0
        assert json.loads(capsys.readouterr().out) == [{"timestamp": "1677-09-21T00:12:43.145224193Z"}] * 2
        # Whether such intervals can be summed or not, there is no traceback.
        assert main(["timeline", file]) in (0, 1, 2)

    def test_interface_name_can_not_reach_the_terminal(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        name = "\x1b[31mred\n\x9bA\u202ename"
        file = write(tmp_path / "evil.pcapng", pcapng(option(2, name.encode())))
        assert main(["info", file]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert r"interfaces      \x1b[31mred\n\x9bA\u202ename Ethernet, snaplen 0" in lines
        assert main(["info", file, "--json"]) == 0
        out = capsys.readouterr().out
        assert out.isascii()
        assert "\x1b" not in out
        assert json.loads(out)["interfaces"][0]["name"] == name


class TestHead:
    def test_text(self, capture: str, capsys: pytest.CaptureFixture[str]) -> None:
        columns = "timestamp,src,protocol,dport,tcp_flags,icmp_type,layers"
        assert main(["head", capture, "-n", "4", "--columns", columns]) == 0
        assert capsys.readouterr().out.splitlines() == [
            "timestamp                       src       protocol  dport  tcp_flags  icmp_type  layers",
            "2023-11-14 22:13:20.000000000Z  10.0.0.1  TCP          80  SYN                   ETHERNET|IPV4|TCP",
            "2023-11-14 22:13:20.001500000Z  10.0.0.2  TCP       40000  SYN|ACK               ETHERNET|IPV4|TCP",
            "2023-11-14 22:13:21.000000000Z  10.0.0.1  UDP          53                        ETHERNET|IPV4|UDP",
            "2023-11-14 22:13:22.000000000Z  10.0.0.1                                         ETHERNET|ARP",
        ]

    def test_json(self, capture: str, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["head", capture, "--json", "--columns", "dport,timestamp,src,protocol,icmp_type"]) == 0
        names = ["dport", "timestamp", "src", "protocol", "icmp_type"]
        rows = [
            [80, "2023-11-14T22:13:20.000000000Z", "10.0.0.1", 6, None],
            [40000, "2023-11-14T22:13:20.001500000Z", "10.0.0.2", 6, None],
            [53, "2023-11-14T22:13:21.000000000Z", "10.0.0.1", 17, None],
            [None, "2023-11-14T22:13:22.000000000Z", "10.0.0.1", None, None],
            [None, "2023-11-14T22:13:22.000001000Z", "10.0.0.1", 1, 8],
        ]
        found = json.loads(capsys.readouterr().out)
        assert found == [dict(zip(names, row, strict=True)) for row in rows]
        assert list(found[0]) == names

    @pytest.mark.parametrize(("options", "names"), [([], pf.read_pcap(pcap([])).columns), (["--columns", "all"], None)])
    def test_columns(self, options: list[str], names: list[str] | None, capture: str, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["head", capture, "--json", *options]) == 0
        whole = pf.read_pcap(capture, columns="all")
        rows = json.loads(capsys.readouterr().out)
        assert list(rows[0]) == (names or whole.columns)
        for name in set(rows[0]) - {"timestamp"}:
            absent = "" if name in {"src", "dst", "eth_src", "eth_dst", "outer_src", "outer_dst"} else 0
            assert [absent if row[name] is None else row[name] for row in rows] == np.asarray(whole[name]).tolist()

    def test_reads_what_is_asked_for_and_no_more(self, capture: str, monkeypatch: pytest.MonkeyPatch) -> None:
        asked = []
        read = cli.read_pcap
        monkeypatch.setattr(cli, "read_pcap", lambda source, **options: asked.append(options) or read(source, **options))
        assert main(["head", capture, "--columns", "dport, src,dport", "--threads", "2"]) == 0
        assert main(["timeline", capture, "--by", "none", "--value", "packets"]) == 0
        assert [options["columns"] for options in asked] == [["dport", "src"], ["timestamp"]]
        assert asked[0]["threads"] == 2
        assert asked[0]["progress"] is False

    def test_no_packets(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        file = write(tmp_path / "none.pcap", pcap([]))
        assert main(["head", file, "--columns", "src,dport"]) == 0
        assert main(["head", file, "--json"]) == 0
        assert capsys.readouterr().out == "src  dport\n[]\n"

    @pytest.mark.parametrize("count", [0, 3, 5, 9])
    def test_large_file_is_read_in_its_beginning(
        self, count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = write(tmp_path / "six.pcap", pcap([*PACKETS, PACKETS[0]]))
        sizes = []
        read = cli.read_pcap
        monkeypatch.setattr(cli, "BEGINNING", os.path.getsize(file) - 1)
        monkeypatch.setattr(cli, "read_pcap", lambda source, **options: sizes.append(len(source)) or read(source, **options))
        assert main(["head", file, "-n", str(count), "--columns", "length", "--json"]) == 0
        out, err = capsys.readouterr()
        assert [row["length"] for row in json.loads(out)] == [*LENGTHS, LENGTHS[0]][:count]
        assert err == ""
        assert len(sizes) == (1 if count <= 5 else 2)


class TestTimeline:
    def test_text(self, capture: str, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["timeline", capture, "--value", "packets"]) == 0
        assert capsys.readouterr().out.splitlines() == [
            "time                  TCP  ARP  ICMP  UDP",
            "2023-11-14 22:13:20Z    2    0     0    0",
            "2023-11-14 22:13:21Z    0    0     0    1",
            "2023-11-14 22:13:22Z    0    1     1    0",
        ]

    def test_json(self, capture: str, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["timeline", capture, "--json", "--by", "dst", "--top", "1", "--interval", "1500ms"]) == 0
        assert json.loads(capsys.readouterr().out) == [
            {"time": "2023-11-14T22:13:19.500000000Z", "10.0.0.2": LENGTHS[0], "other": LENGTHS[1]},
            {"time": "2023-11-14T22:13:21.000000000Z", "10.0.0.2": LENGTHS[3] + LENGTHS[4], "other": LENGTHS[2]},
        ]

    @pytest.mark.parametrize(("value", "sum_"), [("bytes", sum(LENGTHS)), ("packets", 5), ("connections", 1)])
    def test_values(self, value: str, sum_: int, capture: str, capsys: pytest.CaptureFixture[str]) -> None:
        options = ["--by", "none", "--interval", "1d", "--value", value, "--json"]
        assert main(["timeline", capture, *options]) == 0
        assert json.loads(capsys.readouterr().out) == [{"time": "2023-11-14T00:00:00Z", "all": sum_}]

    def test_no_packets(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        file = write(tmp_path / "none.pcap", pcap([]))
        assert main(["timeline", file]) == 0
        assert main(["timeline", file, "--json"]) == 0
        assert capsys.readouterr().out == "time\n[]\n"


class TestPlot:
    @pytest.mark.parametrize(
        "options",
        [
            [],
            ["--by", "dport", "--value", "packets", "--interval", "10ms"],
            ["--by", "none"],
            ["--kind", "packet-sizes"],
        ],
    )
    def test_png(self, options: list[str], capture: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        out = tmp_path / "out.png"
        assert main(["plot", capture, "-o", str(out), "--title", "cost: $5 and $6", *options]) == 0
        assert capsys.readouterr() == ("", f"pcapframe: wrote {out}\n")
        data = out.read_bytes()
        assert data.startswith(b"\x89PNG\r\n\x1a\n")
        assert (int.from_bytes(data[16:20]), int.from_bytes(data[20:24])) == (1500, 675)
        assert 10_000 < len(data) < 200_000
        assert sorted(os.listdir(tmp_path)) == ["five.pcap", "out.png"]

    def test_other_formats(self, capture: str, tmp_path: Path) -> None:
        assert main(["plot", capture, "-o", str(tmp_path / "out.svg"), "--title", "Lunch hour"]) == 0
        assert main(["plot", capture, "-o", str(tmp_path / "out.PDF")]) == 0
        assert ElementTree.parse(tmp_path / "out.svg").getroot().tag == "{http://www.w3.org/2000/svg}svg"
        assert "Lunch hour" in (tmp_path / "out.svg").read_text()
        assert (tmp_path / "out.PDF").read_bytes().startswith(b"%PDF-")

    def test_names_the_picture_after_the_capture(
        self, capture: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "here").mkdir()
        monkeypatch.chdir(tmp_path / "here")
        assert main(["plot", capture]) == 0
        feed(monkeypatch, pcap([]))
        assert main(["plot", "-", "--kind", "packet-sizes"]) == 0
        assert sorted(os.listdir()) == ["capture.packet-sizes.png", "five.traffic.png"]
        assert capsys.readouterr().err == "pcapframe: wrote five.traffic.png\npcapframe: wrote capture.packet-sizes.png\n"

    def test_needs_no_display(self, capture: str, tmp_path: Path) -> None:
        environment = {k: v for k, v in os.environ.items() if k not in {"DISPLAY", "WAYLAND_DISPLAY"}}
        done = run("plot", capture, "-o", str(tmp_path / "out.png"), env=environment | {"MPLBACKEND": "tkagg"})
        assert done.returncode == 0, done.stderr
        assert (tmp_path / "out.png").exists()


class TestConvert:
    def test_parquet(self, capture: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        parquet = pytest.importorskip("pyarrow.parquet")
        out = tmp_path / "out.parquet"
        assert main(["convert", capture, str(out)]) == 0
        assert capsys.readouterr() == ("", f"pcapframe: wrote 5 packets to {out}\n")
        expected = pf.read_pcap(capture).to_arrow()
        found = parquet.read_table(out)
        assert found.column_names == expected.column_names
        assert found.to_pylist() == expected.to_pylist()

    @pytest.mark.parametrize("suffix", [".arrow", ".feather"])
    def test_arrow(self, suffix: str, capture: str, tmp_path: Path) -> None:
        feather = pytest.importorskip("pyarrow.feather")
        out = tmp_path / f"out{suffix}"
        assert main(["convert", capture, str(out), "--columns", "all"]) == 0
        assert feather.read_table(out).equals(pf.read_pcap(capture, columns="all").to_arrow())

    def test_csv(self, capture: str, tmp_path: Path) -> None:
        pytest.importorskip("pyarrow")
        out = tmp_path / "out.csv"
        assert main(["convert", capture, str(out), "--columns", "timestamp,dst,protocol,dport,tcp_flags"]) == 0
        assert out.read_bytes().decode().split("\n") == [
            "timestamp,dst,protocol,dport,tcp_flags",
            "2023-11-14T22:13:20.000000000Z,10.0.0.2,6,80,2",
            "2023-11-14T22:13:20.001500000Z,10.0.0.1,6,40000,18",
            "2023-11-14T22:13:21.000000000Z,10.0.0.3,17,53,",
            "2023-11-14T22:13:22.000000000Z,10.0.0.2,,,",
            "2023-11-14T22:13:22.000001000Z,10.0.0.2,1,,",
            "",
        ]

    def test_csv_read_back(self, capture: str, tmp_path: Path) -> None:
        csv = pytest.importorskip("pyarrow.csv")
        out = tmp_path / "out.csv"
        assert main(["convert", capture, str(out), "--columns", "all"]) == 0
        for name, column in zip(*(lambda t: (t.column_names, t.columns))(csv.read_csv(out)), strict=True):
            expected = pf.read_pcap(capture, columns=[name]).to_arrow()[name].to_pylist()
            found = column.to_pylist()
            if name == "timestamp":
                found, expected = [t.value for t in found], [t.value for t in expected]
            # A column of nothing but absences reads back as one, and texts that are absent as empty.
            assert [value or None for value in found] == [value or None for value in expected], name

    @pytest.mark.parametrize("suffix", [".parquet", ".arrow", ".csv"])
    def test_batches_are_one_table(self, suffix: str, capture: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Also where addresses come up only later: each batch has others."""
        pytest.importorskip("pyarrow")
        packets = [(i, 0, ethernet(ipv4(udp(i, 53), 17, src=f"10.0.{i % 7}.{i}"))) for i in range(200)]
        file = write(tmp_path / "many.pcap", pcap([*packets, *PACKETS]))
        whole, batches = tmp_path / f"whole{suffix}", tmp_path / f"batches{suffix}"
        assert main(["convert", file, str(whole), "--columns", "all"]) == 0
        monkeypatch.setattr("pcapframe.scanning.BATCH_SIZE", 13)
        assert main(["convert", file, str(batches), "--columns", "all"]) == 0
        assert same_table(whole, batches)
        assert sorted(os.listdir(tmp_path)) == sorted(["five.pcap", "many.pcap", whole.name, batches.name])
        if suffix == ".parquet":
            metadata = pytest.importorskip("pyarrow.parquet").read_metadata(batches)
            assert [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)] == [13] * 15 + [10]

    def test_schema_is_that_of_write_parquet(self, capture: str, tmp_path: Path) -> None:
        parquet = pytest.importorskip("pyarrow.parquet")
        pf.read_pcap(capture, columns="all").write_parquet(tmp_path / "written.parquet")
        assert main(["convert", capture, str(tmp_path / "out.parquet"), "--columns", "all"]) == 0
        found, expected = (parquet.read_table(tmp_path / name) for name in ("out.parquet", "written.parquet"))
        assert found.schema.equals(expected.schema, check_metadata=True)
        assert found.to_pylist() == expected.to_pylist()

    def test_polars_reads_it(self, capture: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        polars = pytest.importorskip("polars")
        monkeypatch.setattr("pcapframe.scanning.BATCH_SIZE", 2)
        assert main(["convert", capture, str(tmp_path / "out.arrow"), "--columns", "length,src,dst"]) == 0
        found = polars.read_ipc(tmp_path / "out.arrow").to_dicts()
        assert found == pf.read_pcap(capture).to_arrow().select(["length", "src", "dst"]).to_pylist()

    @pytest.mark.parametrize("suffix", [".csv", ".pcap", ".pcapng"])
    @pytest.mark.parametrize("merge", [False, True])
    def test_several(self, suffix: str, merge: bool, capture: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        pytest.importorskip("pyarrow")
        other = [(START, 500, ethernet(ipv4(udp(7, 9), 17))), (START + 9, 0, ethernet(ipv4(udp(8, 9), 17)))]
        write(tmp_path / "other.pcap.gz", gzip.compress(pcap(other)))
        feed(monkeypatch, pcap(other[:1]))
        out = tmp_path / "out" / f"out{suffix}"
        out.parent.mkdir()
        options = ["--merge"] if merge else []
        assert main(["convert", *options, str(tmp_path / "*.pcap*"), "-", str(out)]) == 0
        expected = [*PACKETS, *other, *other[:1]]
        if merge:
            expected.sort(key=lambda record: record[:2])
        if suffix == ".csv":
            assert [int(line.split(",")[1]) for line in out.read_text().splitlines()[1:]] == [len(r[2]) for r in expected]
        else:
            nanoseconds = [(seconds * 10**6 + micros) * 1000 for seconds, micros, _ in expected]
            found = list(pf.read_pcap(out).packets())
            assert [int(time.astype(np.int64)) for time, _ in found] == nanoseconds
            assert [data for _, data in found] == [data for *_, data in expected]

    def test_a_time_that_needs_nanoseconds_comes_late(self, tmp_path: Path) -> None:
        """Also when what is written is larger than what is changed at a time."""
        times = [START * 10**9 + i * 1000 for i in range(3000)] + [START * 10**9 + 3_000_001]
        data = section() + interface(options=option(9, b"\x09"))
        data += b"".join(enhanced(0, time, bytes([i % 251]) * (i % 1900)) for i, time in enumerate(times))
        file, out = write(tmp_path / "fine.pcapng", data), tmp_path / "out.pcap"
        assert main(["convert", file, str(out)]) == 0
        assert out.stat().st_size > 2 << 20
        found, expected = pf.read_pcap(out), pf.read_pcap(file)
        assert found.info.format == "pcap (nanoseconds, little-endian)"
        assert found.timestamp.astype(np.int64).tolist() == times
        assert [data for _, data in found.packets()] == [data for _, data in expected.packets()]

    def test_link_types_that_do_not_fit(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        file = write(
            tmp_path / "two.pcapng", section() + interface() + interface(101) + enhanced(0, 0, b"") + enhanced(1, 0, b"")
        )
        ends_with(2, "convert", file, str(tmp_path / "out.pcap"))
        assert "give the path the suffix .pcapng" in one_line(capsys.readouterr().err)
        assert os.listdir(tmp_path) == ["two.pcapng"]
        assert main(["convert", file, str(tmp_path / "out.pcapng")]) == 0
        assert pf.read_pcap(tmp_path / "out.pcapng", columns=["link_type"]).link_type.tolist() == [1, 101]

    @pytest.mark.parametrize("suffix", [".csv", ".pcap"])
    def test_cut(self, suffix: str, capture: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        pytest.importorskip("pyarrow")
        cut = write(tmp_path / "cut.pcap.gz", gzip.compress(pcap(PACKETS))[:-30])
        assert main(["convert", cut, capture, str(tmp_path / f"out{suffix}")]) == 0
        warning, wrote = capsys.readouterr().err.splitlines()
        assert warning.startswith(f"pcapframe: warning: {cut}: at offset ")
        before = int(warning.split("; ")[-1].split()[0])
        assert 0 < before < 5
        assert wrote == f"pcapframe: wrote {before + 5} packets to {tmp_path / f'out{suffix}'}"

    def test_an_interrupted_one_leaves_nothing(self, tmp_path: Path) -> None:
        """Ctrl-C while a pipe is waited for."""
        pytest.importorskip("pyarrow")
        for name in ("out.parquet", "out.arrow", "out.pcap"):
            command = [sys.executable, "-m", "pcapframe", "convert", "-", str(tmp_path / name)]
            with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
                assert process.stdin is not None
                process.stdin.write(pcap(PACKETS))
                process.stdin.flush()
                until = time.monotonic() + 30
                while not os.listdir(tmp_path) and time.monotonic() < until:
                    time.sleep(0.05)
                assert os.listdir(tmp_path)
                process.send_signal(signal.SIGINT)
                assert process.wait(timeout=30) == 130
                process.stdin.close()
            assert os.listdir(tmp_path) == []

    @pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="the peak of memory is not to be had")
    @pytest.mark.parametrize("suffix", [".parquet", ".csv", ".pcap"])
    def test_memory_does_not_grow(self, suffix: str, tmp_path: Path) -> None:
        """Not with the packets, in bytes or columns."""
        pytest.importorskip("pyarrow")
        once = pcap([(i, 0, ethernet(ipv4(udp(i % 65536, 53, bytes(26)), 17))) for i in range(20_000)])
        code = (
            "import sys; from pcapframe.__main__ import main; status = main(['convert', '-', sys.argv[1]])\n"
            "print(next(line for line in open('/proc/self/status') if line.startswith('VmHWM')).split()[1]); sys.exit(status)"
        )
        peaks = []
        for times in (40, 160):
            command = [sys.executable, "-c", code, str(tmp_path / f"out{suffix}")]
            with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
                assert process.stdin is not None
                assert process.stdout is not None
                process.stdin.write(once[:24])
                for _ in range(times):
                    process.stdin.write(once[24:])
                process.stdin.close()
                peaks.append(int(process.stdout.read()) / 1024)
            assert process.returncode == 0
        # 2.4 million more packets are 206 MB, and 90 MB of columns.
        assert peaks[1] - peaks[0] < 40, peaks

    def test_no_packets(self, tmp_path: Path) -> None:
        parquet = pytest.importorskip("pyarrow.parquet")
        file = write(tmp_path / "none.pcap", pcap([]))
        for suffix in (".parquet", ".arrow", ".csv", ".pcap", ".pcapng"):
            assert main(["convert", file, str(tmp_path / f"out{suffix}")]) == 0
        assert parquet.read_table(tmp_path / "out.parquet").num_rows == 0
        assert (tmp_path / "out.csv").read_text() == ",".join(pf.read_pcap(file).columns) + "\n"
        assert len(pf.read_pcap(tmp_path / "out.pcap")) == len(pf.read_pcap(tmp_path / "out.pcapng")) == 0

    @pytest.mark.parametrize("suffix", [".pcap", ".pcapng"])
    @pytest.mark.parametrize("file", ["-", None])
    def test_capture(self, suffix: str, file: str | None, capture: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        out = tmp_path / f"out{suffix}"
        feed(monkeypatch, pcap(PACKETS))
        assert main(["convert", file or capture, str(out)]) == 0
        found = pf.read_pcap(out)
        assert found.info.format.startswith(suffix[1:])
        assert list(found.packets()) == list(pf.read_pcap(capture).packets())

    def test_pcap_of_the_same_bytes(self, capture: str, tmp_path: Path) -> None:
        assert main(["convert", capture, str(tmp_path / "ng.pcapng")]) == 0
        assert main(["convert", str(tmp_path / "ng.pcapng"), str(tmp_path / "again.pcap")]) == 0
        again = pf.read_pcap(tmp_path / "again.pcap")
        assert again.info.format == "pcap (microseconds, little-endian)"
        assert [data for _, data in again.packets()] == [data for _, _, data in PACKETS]

    @pytest.mark.parametrize("name", ["five.pcap", "link.pcap", "hard.pcap"])
    def test_not_onto_the_capture_itself(
        self, name: str, capture: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        os.symlink(capture, tmp_path / "link.pcap")
        os.link(capture, tmp_path / "hard.pcap")
        before = Path(capture).read_bytes()
        ends_with(2, "convert", capture, str(tmp_path / name))
        assert one_line(capsys.readouterr().err).endswith(f"{name} is the capture to read; write to another file")
        assert Path(capture).read_bytes() == before

    def test_not_onto_standard_input(self, capture: str) -> None:
        with open(capture, "rb") as stdin:
            done = subprocess.run([sys.executable, "-m", "pcapframe", "convert", "-", capture], stdin=stdin, capture_output=True)
        assert done.returncode == 2
        assert b"is the capture to read" in done.stderr
        assert Path(capture).read_bytes() == pcap(PACKETS)

    @pytest.mark.parametrize("suffix", [".csv", ".parquet", ".png"])
    def test_whole_or_not_at_all(
        self,
        suffix: str,
        capture: str,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        def fail(*_: object, **__: object) -> None:
            raise OSError(28, "No space left on device")

        out = tmp_path / f"out{suffix}"
        out.write_text("what was there")
        monkeypatch.setitem(cli.TABLE_FILES, suffix, lambda path, _: (path.write_text("half"), fail()))
        monkeypatch.setattr("matplotlib.figure.Figure.savefig", fail)
        command = ["plot", capture, "-o", str(out)] if suffix == ".png" else ["convert", capture, str(out)]
        ends_with(1, *command)
        assert out.read_text() == "what was there"
        assert sorted(os.listdir(tmp_path)) == ["five.pcap", out.name]
        assert "No space left on device" in one_line(capsys.readouterr().err)

    def test_follows_a_link(self, capture: str, tmp_path: Path) -> None:
        pytest.importorskip("pyarrow")
        (tmp_path / "there").mkdir()
        os.symlink(tmp_path / "there" / "real.csv", tmp_path / "out.csv")
        assert main(["convert", capture, str(tmp_path / "out.csv")]) == 0
        assert os.listdir(tmp_path / "there") == ["real.csv"]


class TestStandardInput:
    @pytest.mark.parametrize("command", ["info", "head", "timeline"])
    def test_as_from_the_file(
        self, command: str, capture: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main([command, capture, "--json"]) == 0
        expected = json.loads(capsys.readouterr().out)
        if command == "info":
            expected |= {"path": None, "files": [None]}
        feed(monkeypatch, pcap(PACKETS))
        assert main([command, "-", "--json"]) == 0
        assert json.loads(capsys.readouterr().out) == expected

    def test_of_a_process(self) -> None:
        done = run("head", "-", "-n", "1", "--columns", "src,dst", stdin=pcap(PACKETS))
        assert (done.returncode, done.stderr) == (0, b"")
        assert done.stdout.decode().splitlines() == ["src       dst", "10.0.0.1  10.0.0.2"]


class TestFaults:
    def test_cut_after_packets(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        file = write(tmp_path / "cut.pcap", pcap(PACKETS)[:-5])
        assert main(["head", file, "--columns", "length", "--json"]) == 0
        out, err = capsys.readouterr()
        assert [row["length"] for row in json.loads(out)] == LENGTHS[:-1]
        offset = 24 + sum(16 + length for length in LENGTHS[:-1])
        assert one_line(err).startswith(f"pcapframe: warning: {file}: at offset {offset}: ")
        assert err.endswith("; 4 packets before it are whole\n")

    def test_cut_is_in_info(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["info", write(tmp_path / "cut.pcap", pcap(PACKETS)[:-5]), "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert found["packets"] == 4
        assert "4 packets before it are whole" in found["fault"]

    @pytest.mark.parametrize(
        ("data", "reason"),
        [
            (b"", "the file is empty"),
            (b"this is a text\n" * 9, "this is no capture in any known format"),
            (pcap(PACKETS)[:20], "a pcap file header has 24 bytes"),
            (pcap(PACKETS)[:50], "at offset 24: "),
        ],
    )
    def test_nothing_to_use(self, data: bytes, reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        file = write(tmp_path / "bad.pcap", data)
        out = tmp_path / "out.pcap"
        for args in (["info", file], ["head", file], ["timeline", file], ["plot", file], ["convert", file, str(out)]):
            assert main(args) == 1
            printed, err = capsys.readouterr()
            assert printed == ""
            assert one_line(err).startswith(f"pcapframe: error: {file}: {reason}")
        assert os.listdir(tmp_path) == ["bad.pcap"]

    def test_no_file(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["info", str(tmp_path / "\x1b[31m")]) == 1
        assert one_line(capsys.readouterr().err) == rf"pcapframe: error: {tmp_path}/\x1b[31m: No such file or directory"

    def test_directory(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["head", str(tmp_path)]) == 1
        assert one_line(capsys.readouterr().err).startswith(f"pcapframe: error: {tmp_path}: Is a directory")


class TestUsage:
    @pytest.mark.parametrize(
        ("args", "message"),
        [
            ([], "the following arguments are required: COMMAND"),
            (["frobnicate"], "invalid choice: 'frobnicate'"),
            (["info"], "the following arguments are required: FILE"),
            (["info", "FILE", "--threads", "0"], "argument --threads: '0' is no whole number of at least 1"),
            (["head", "FILE", "-n", "-1"], "argument -n: "),
            (["head", "FILE", "-n", "x"], "argument -n: 'x' is no whole number of at least 0"),
            (["head", "FILE", "--columns", "src,nope"], "there is no column 'nope'; columns are timestamp, length, "),
            (["head", "FILE", "--columns", ""], "there is no column ''"),
            (["timeline", "FILE", "--by", "nope"], "there is no column 'nope'"),
            (["timeline", "FILE", "--interval", "5x"], "interval is '5x', but must be like '1s'"),
            (["timeline", "FILE", "--interval", "0s"], "interval is '0s', but must be from 1 ns to 292 years"),
            (["timeline", "FILE", "--interval", "9" * 400 + "d"], "from 1 ns to 292 years"),
            (["timeline", "FILE", "--interval", "99999999999d"], "from 1 ns to 292 years"),
            (["timeline", "FILE", "--interval", "1ns"], "interval is '1ns', which cuts this capture into "),
            (["timeline", "FILE", "--value", "colours"], "invalid choice: 'colours'"),
            (["plot", "FILE", "-o", "out.jpeg"], "'out.jpeg' does not end in a known suffix: .png, .svg, .pdf"),
            (
                ["plot", "FILE", "--kind", "packet-sizes", "--by", "src"],
                "--interval, --by and --value are for --kind traffic",
            ),
            (
                ["convert", "FILE", "out.xlsx"],
                "'out.xlsx' does not end in a known suffix: .parquet, .csv, .arrow, .feather, .pcap, .pcapng",
            ),
            (["convert", "FILE", "out.pcap", "--columns", "src"], "--columns is for tables"),
            (["convert", "FILE", "nowhere/out.csv"], "nowhere/out.csv: there is no directory nowhere"),
        ],
    )
    def test_refused(
        self,
        args: list[str],
        message: str,
        capture: str,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.chdir(Path(capture).parent)
        ends_with(2, *(capture if arg == "FILE" else arg for arg in args))
        out, err = capsys.readouterr()
        assert out == ""
        assert one_line(err).startswith("pcapframe: error: ")
        assert message in err
        assert os.listdir() == ["five.pcap"]

    @pytest.mark.parametrize(
        ("module", "args", "extra"),
        [("pyarrow", ["convert", "out.csv"], "arrow"), ("matplotlib.figure", ["plot"], "plot")],
    )
    def test_missing_extra(
        self,
        module: str,
        args: list[str],
        extra: str,
        capture: str,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.chdir(Path(capture).parent)
        monkeypatch.setitem(sys.modules, module, None)
        ends_with(2, args[0], capture, *args[1:])
        assert f"pip install 'pcapframe[{extra}]'" in one_line(capsys.readouterr().err)
        assert os.listdir() == ["five.pcap"]

    def test_version(self, capsys: pytest.CaptureFixture[str]) -> None:
        ends_with(0, "--version")
        assert capsys.readouterr().out == f"pcapframe {pf.__version__}\n"

    def test_help_names_the_exit_statuses(self) -> None:
        done = run("convert", "--help", env=os.environ | {"PYTHONIOENCODING": "ascii"})
        assert (done.returncode, done.stderr) == (0, b"")
        assert b"exit status:" in done.stdout
        assert b".parquet, .csv, .arrow, .feather, .pcap, .pcapng" in b" ".join(done.stdout.split())

    def test_entry_point(self, capture: str) -> None:
        done = run("info", capture + "x")
        assert done.returncode == 1
        assert one_line(done.stderr.decode()) == f"pcapframe: error: {capture}x: No such file or directory"


class TestEnding:
    def test_reader_that_has_seen_enough(self, tmp_path: Path) -> None:
        file = write(tmp_path / "many.pcap", pcap(PACKETS * 2000))
        command = [sys.executable, "-m", "pcapframe", "head", file, "-n", "10000"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdout.readline().startswith(b"timestamp")
            process.stdout.close()
            assert process.stderr.read() == b""
            assert process.wait(60) == 0

    @pytest.mark.skipif(os.name != "posix", reason="sends SIGINT")
    def test_interrupt(self) -> None:
        command = [sys.executable, "-m", "pcapframe", "info", "-"]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe) as process:
            # More than a pipe holds: when it is written, the command is reading.
            process.stdin.write(pcap(PACKETS * 2000))
            time.sleep(0.2)
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == 130
            assert (process.stdout.read(), process.stderr.read()) == (b"", b"")

    def test_text_that_the_terminal_can_not_show(self, tmp_path: Path) -> None:
        file = write(tmp_path / "name.pcapng", pcapng(option(2, "café 日本".encode())))
        done = run("info", file, env=os.environ | {"PYTHONIOENCODING": "ascii"})
        assert (done.returncode, done.stderr) == (0, b"")
        assert rb"interfaces      caf\xe9 \u65e5\u672c Ethernet" in done.stdout

    def test_progress_only_on_a_terminal(self, capture: str, monkeypatch: pytest.MonkeyPatch) -> None:
        asked = []
        read = cli.read_pcap
        monkeypatch.setattr(
            cli, "read_pcap", lambda source, **options: asked.append(options["progress"]) or read(source, **options)
        )
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
        assert main(["info", capture]) == 0
        assert asked == [True]
