"""The command ``pcapframe``: what it prints, what it writes, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.figure import Figure

import pcapframe as pf
from command import LENGTHS, PACKETS, ends_with, feed, one_line, run, write
from frames import enhanced, interface, option, pcap, section
from pcapframe import __main__ as cli
from pcapframe.__main__ import main
from pcapframe._cli_plot import KINDS


def pcapng(options: bytes) -> bytes:
    """A capture of two packets on an interface with these options."""
    packets = [enhanced(0, seconds * 10**6 + micros, data) for seconds, micros, data in PACKETS[:2]]
    return section() + interface(options=options) + b"".join(packets)


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
            ["--by", "host", "--start", "2023-11-14T22:13:20", "--end", "2023-11-14T22:13:20.003"],
            ["--alerts"],
            *(["--kind", kind] for kind in KINDS),
            *(["--kind", kind, "--alerts"] for kind in ("packet-sizes", "port-activity", "tcp-flags", "seasonal", "gantt")),
            ["--kind", "protocol-mix", "--by", "port", "--value", "packets"],
            ["--kind", "connections", "--value", "bytes"],
            ["--kind", "seasonal", "--interval", "10ms", "--value", "connections"],
        ],
    )
    def test_png(self, options: list[str], capture: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        out = tmp_path / "out.png"
        assert main(["plot", capture, "-o", str(out), "--title", "cost: $5 and $6", *options]) == 0
        assert capsys.readouterr() == ("", f"pcapframe: wrote {out}\n")
        data = out.read_bytes()
        assert data.startswith(b"\x89PNG\r\n\x1a\n")
        size = (1200, 900) if "scatter3d" in options else (1500, 675)
        assert (int.from_bytes(data[16:20]), int.from_bytes(data[20:24])) == size
        assert 10_000 < len(data) < 200_000
        assert sorted(os.listdir(tmp_path)) == ["five.pcap", "out.png"]

    @pytest.mark.parametrize("kind", KINDS)
    def test_reads_what_it_draws(self, kind: str, lab: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The picture is that of the method, though no column is read that it does not need."""
        read: list[list[str]] = []

        def spy(*args: Any, **options: Any) -> pf.Capture:
            read.append(options["columns"])
            return pf.read_pcap(*args, **options)

        monkeypatch.setattr("pcapframe.__main__.read_pcap", spy)
        out, expected = tmp_path / "out.png", tmp_path / "expected.png"
        space = kind == "scatter3d"
        assert main(["plot", str(lab), "--kind", kind, "-o", str(out)]) == 0
        figure = Figure(figsize=(8, 6) if space else (10, 4.5), layout="constrained")
        ax = figure.subplots(subplot_kw={"projection": "3d"} if space else None)
        cap = pf.read_pcap(lab)
        getattr(cap.flows().plot if KINDS[kind].of_flows else cap.plot, kind.replace("-", "_"))(ax=ax)
        figure.savefig(expected, dpi=150)
        assert out.read_bytes() == expected.read_bytes()
        (columns,) = read
        if KINDS[kind].of_flows:
            return
        for name in set(columns) - {"timestamp"}:
            # Few packets are dots in the colours of their protocols.
            part = pf.read_pcap(lab.read_bytes(), columns=[other for other in columns if other != name])[:2000]
            ax = Figure().subplots(subplot_kw={"projection": "3d"} if space else None)
            with pytest.raises(AttributeError, match=name):
                getattr(part.plot, kind.replace("-", "_"))(ax=ax)

    def test_alerts(self, lab: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        drawn: list[set[str]] = []
        save = Figure.savefig

        def spy(figure: Figure, *args: Any, **options: Any) -> None:
            drawn.append({text.get_text() for text in figure.axes[0].texts})
            save(figure, *args, **options)

        monkeypatch.setattr("matplotlib.figure.Figure.savefig", spy)
        monkeypatch.chdir(tmp_path)
        command = ["plot", str(lab), "--kind", "tcp-flags"]
        assert main(command) == 0
        assert main([*command, "--alerts"]) == 0
        assert drawn[0] == set()
        assert {"port_scan", "syn_flood", "arp_spoof"} <= drawn[1]

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
                "--by is not for --kind packet-sizes, but for traffic, protocol-mix",
            ),
            (["plot", "FILE", "--kind", "pie"], "invalid choice: 'pie'"),
            (["plot", "FILE", "--start", "soon"], "start is 'soon', but must be a time such as"),
            (
                ["plot", "FILE", "--kind", "connections", "--alerts"],
                "--alerts is not for --kind connections, but for traffic, packet-sizes, port-activity, ",
            ),
            (
                ["plot", "FILE", "--kind", "gantt", "--end", "2026-11-23"],
                "--end is not for --kind gantt, but for traffic, packet-sizes, size-histogram, protocol-mix, ",
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
