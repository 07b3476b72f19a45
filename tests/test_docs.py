"""The pages: links lead somewhere, code runs and prints what they say, and the demo works."""

from __future__ import annotations

import contextlib
import csv
import doctest
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import pcapframe as pf
from conftest import ROOT, need_program
from pcapframe.dpkt import installed

PAGES = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "examples/data/README.md"]
PAGES += [path.relative_to(ROOT).as_posix() for path in [*sorted(ROOT.glob("docs/*.md")), *ROOT.glob("benches/README.md")]]
OPTIONS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
# Put together here, so that this file has none itself.
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:work|root|tmp|home|Users)" + r"/\w|[A-Z]:\\Users")


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[str]:
    """The fenced code of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """A folder to write to, in which the captures are where they are in a clone."""
    data = tmp_path / "examples" / "data"
    data.mkdir(parents=True)
    for name in ("lab.pcap", "lab-small.pcapng", "lab.labels.csv"):
        shutil.copy(ROOT / "examples" / "data" / name, data)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def pyplot():
    plt = pytest.importorskip("matplotlib.pyplot")
    yield plt
    plt.close("all")


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name):
    text = re.sub(r"^```.*?^```$", "", page(name), flags=re.MULTILINE | re.DOTALL)
    targets = re.findall(r"\]\(([^)\s]+)\)", text)
    local = [target.partition("#")[0] for target in targets if not re.match(r"[a-z]+:|#", target)]
    missing = [target for target in local if not (ROOT / name).parent.joinpath(target).exists()]
    assert not missing


def test_links_are_found():
    """The search of the test above finds links, pictures among them."""
    targets = re.findall(r"\]\(([^)\s]+)\)", page("README.md"))
    assert {"docs/columns.md", "docs/images/speed.svg", "CONTRIBUTING.md", "benches/README.md", "LICENSE-MIT"} <= set(targets)


def test_the_readme_has_its_parts():
    text = page("README.md")
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert {"Install", "Quickstart", "Why not …", "Limitations", "Licence"} <= set(headings)
    assert "`make demo`" in text
    assert "`make test`" in text


@pytest.mark.parametrize(
    "name", ["README.md", "docs/reading.md", "docs/plots.md", "docs/dpkt.md", "docs/detection.md", "docs/features.md"]
)
def test_examples_print_what_the_page_says(name, clone, pyplot, capsys):
    if name == "docs/plots.md":
        pytest.importorskip("pandas")
    if name == "README.md":
        for package in ("pandas", "polars", "duckdb", "sklearn"):
            pytest.importorskip(package)
    if name == "docs/features.md":
        for package in ("pandas", "sklearn"):
            pytest.importorskip(package)
    failed, attempted = doctest.testfile(str(ROOT / name), module_relative=False, optionflags=OPTIONS, encoding="utf-8")
    assert (failed, attempted > 10) == (0, True), capsys.readouterr().out


@pytest.mark.parametrize("package", ["dpkt", "pcapframe.dpkt"])
def test_both_forms_find_the_same(package, clone, pyplot, capsys, monkeypatch):
    """The object form of each step, on dpkt and on ours, against the columns."""
    pytest.importorskip("dpkt")
    code = [block for block in blocks(page("docs/dpkt.md"), "python") if not block.startswith(">>>")]
    assert len(code) == 12
    found = {}
    with installed() if package != "dpkt" else contextlib.nullcontext():
        for block in code:
            exec(block, found)
    assert found["dpkt"].__name__ == package
    lines = capsys.readouterr().out.splitlines()
    cap = pf.read_pcap("examples/data/lab.pcap")
    tcp, udp = cap.tcp.ipv4, cap.udp.ipv4
    assert found["count"] == len(cap)
    source, ttl, number, sequence, options = found["first"]
    part = pf.read_pcap("examples/data/lab.pcap", columns="all").tcp.ipv4
    assert (source, ttl, number, sequence) == (part.src[0], part.ttl[0], part.ip_id[0], part.tcp_seq[0])
    assert (dpkt_option(options, 2), len(options)) == (part.tcp_mss[0], 5)
    assert len(lines) == len(tcp) + len(udp)
    assert lines[0].split() == [tcp.src[0], str(tcp.sport[0]), tcp.dst[0], str(tcp.dport[0]), str(tcp.tcp_flags[0])]
    assert sum(found["messages"].values()) == len(cap.icmp.ipv4)
    assert {name: sum(sums.values()) for name, sums in found["seconds"].items()} == {
        "TCP": tcp.length.sum(),
        "UDP": udp.length.sum(),
    }
    assert found["scanners"]["10.20.0.66"] == len(np.unique(tcp[tcp.src == "10.20.0.66"].dport))
    assert list(found["per_minute"].values()) == tcp.timeline("1min", value="packets")["TCP"].tolist()
    assert found["syn_count"] == np.count_nonzero(tcp.tcp_flags & pf.TcpFlag.SYN)
    assert found["sizes"] == cap.ipv4.length.tolist()
    written = pf.read_pcap("udp.pcap")
    assert written.timestamp.tolist() == udp.timestamp.tolist()


def dpkt_option(options, kind):
    return next(int.from_bytes(data, "big") for number, data in options if number == kind)


def test_examples_with_other_libraries_run(clone, pyplot, monkeypatch):
    """What the page on plots hands over to seaborn and plotly: each takes it and has something to draw."""
    pytest.importorskip("seaborn")
    basedatatypes = pytest.importorskip("plotly.basedatatypes")
    shown = []
    monkeypatch.setattr(basedatatypes.BaseFigure, "show", lambda figure: shown.append(json.loads(figure.to_json())))
    known = {"pf": pf}
    for example in doctest.DocTestParser().get_examples(page("docs/plots.md")):
        exec(example.source, known)
    pyplot.close("all")
    with_seaborn, with_plotly = blocks(page("docs/plots.md"), "py")
    for line in with_seaborn.splitlines():
        exec(line, known)
        if line.startswith("sns."):
            (figure,) = map(pyplot.figure, pyplot.get_fignums())
            drawn = figure.axes[0]
            assert drawn.patches or drawn.collections, line
            pyplot.close("all")
    exec(with_plotly, known)
    assert [figure["data"][0]["type"] for figure in shown] == ["scatter", "scatter3d", "scattergl", "bar"]


def test_commands_in_the_readme_run(clone):
    pytest.importorskip("pyarrow")
    pytest.importorskip("matplotlib")
    shown = blocks(page("README.md"), "sh") + blocks(page("docs/plots.md"), "sh")
    commands = [line for block in shown for line in block.splitlines()]
    assert len(commands) >= 9
    for command in commands:
        done = subprocess.run(
            [sys.executable, "-m", *shlex.split(command)], capture_output=True, timeout=60, env=os.environ | {"MPLBACKEND": "Agg"}
        )
        assert (done.returncode, b"Traceback" in done.stderr) == (0, False), (command, done.stderr)
    assert {"flags.png", "lab.tcp-flags.png", "ports.svg"} <= set(os.listdir())
    assert Path("lab.parquet").exists()


def test_the_demo(tmp_path):
    pytest.importorskip("matplotlib")
    start = time.time()
    done = subprocess.run(
        [sys.executable, "-W", "error", ROOT / "examples" / "demo.py"],
        capture_output=True, cwd=tmp_path, encoding="utf-8", timeout=120,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert not re.search(r"(?:^|\s)(/|[A-Z]:\\)", done.stdout), "an absolute path"
    written = re.findall(r"^examples/plots/.+\.png$", done.stdout, re.MULTILINE)
    assert len(written) == 8
    for name in written:
        plot = ROOT / name
        assert plot.read_bytes().startswith(b"\x89PNG")
        assert plot.stat().st_mtime > start - 10
    with (ROOT / "examples" / "data" / "lab.labels.csv").open(encoding="utf-8", newline="") as file:
        attacks = [row["kind"] for row in csv.DictReader(file) if row["class"] == "attack"]
    verdicts = dict(re.findall(r"^(\w+) .*?  (\w[\w, ]*)$", done.stdout.partition("found as\n")[2], re.MULTILINE))
    assert list(verdicts) == attacks
    assert verdicts["syn_scan"] == "port_scan"
    assert verdicts["syn_flood"] == "syn_flood"
    assert verdicts["beacon"] == "beaconing"
    assert "nothing" not in verdicts.values()


def test_pictures_are_small():
    sizes = {path.name: path.stat().st_size for path in ROOT.glob("docs/images/*.png")}
    assert sizes
    assert max(sizes.values()) < 100_000, sizes


def test_no_file_names_a_path_of_one_machine():
    listed = subprocess.run(
        [need_program("git"), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True, cwd=ROOT, encoding="utf-8",
    )  # fmt: skip
    if listed.returncode:
        pytest.skip("this is no clone")
    paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    texts = {path: path.read_bytes() for path in paths if path.is_file()}
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path, data in texts.items()
        if b"\0" not in data[:8192] and (match := MACHINE_PATH.search(data.decode("utf-8", "replace")))
    ]
    assert len(texts) > 50
    assert not found


@pytest.mark.parametrize("text", ["in /{}/x", '"/{}/user"', "(/{}/a)"])
@pytest.mark.parametrize("folder", ["work", "root", "tmp", "home", "Users"])
def test_machine_paths_are_found(text, folder):
    assert MACHINE_PATH.search(text.format(folder))
