"""The command ``pcapframe convert``: what it writes, and what it leaves."""

from __future__ import annotations

import gzip
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import pcapframe as pf
from command import PACKETS, START, ends_with, feed, one_line, write
from frames import enhanced, ethernet, interface, ipv4, option, pcap, section, udp
from pcapframe import __main__ as cli
from pcapframe.__main__ import main


def same_table(one: Path, other: Path) -> bool:
    """Whether both hold the same rows and types."""
    if one.suffix == ".csv":
        return one.read_text() == other.read_text()
    read = pytest.importorskip("pyarrow.parquet" if one.suffix == ".parquet" else "pyarrow.feather").read_table
    tables = read(one), read(other)
    return tables[0].schema == tables[1].schema and tables[0].to_pylist() == tables[1].to_pylist()


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
