"""The usual steps of an introduction to dpkt, as scripts: dpkt and `python -m pcapframe.dpkt` print the same."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

import pytest

pytest.importorskip("dpkt")
pytest.importorskip("matplotlib")

from . import targets

HERE = pathlib.Path(__file__).resolve().parent
SCRIPTS = sorted((HERE / "workflows").glob("*.py"))
SLICES = 20
OTHERS = 20
# What tells that dpkt has met its own bug and not the packet's.
DPKT_ERRORS = {"Error", "UnpackError", "NeedData", "PackError"}
ENVIRONMENT = os.environ | {"MPLBACKEND": "Agg"}


def python(*arguments, ours):
    """Run a script; `python -m PACKAGE` puts ours in dpkt's place."""
    runner = ["-m", targets.OURS] if ours else []
    return subprocess.run(
        [sys.executable, "-W", "ignore", *runner, *map(str, arguments)],
        capture_output=True, text=True, timeout=300, check=False, env=ENVIRONMENT, cwd=targets.ROOT,
    )  # fmt: skip


@pytest.fixture(scope="session")
def captures(tmp_path_factory):
    """Parts of our own capture, all with something else in them; some captures by others; and one that is no pcap."""
    dpkt = targets.theirs()
    folder = tmp_path_factory.mktemp("slices")
    with (targets.DATA / "lab.pcap").open("rb") as file:
        packets = dpkt.pcap.Reader(file).readpkts()
    step = len(packets) // SLICES
    found = []
    for number in range(SLICES):
        path = folder / f"slice-{number}.pcap"
        with path.open("wb") as file:
            dpkt.pcap.Writer(file).writepkts(packets[number * step : number * step + 300])
        found.append(path)
    found.append(targets.DATA / "lab-small.pcapng")
    small = [
        path for path in targets.shared_captures() if path.suffix in {".pcap", ".cap"} and 2_000 < path.stat().st_size < 60_000
    ]
    return found + small[:: max(1, len(small) // OTHERS)]


@pytest.fixture(scope="session")
def printed(captures, tmp_path_factory):
    """What each script printed on each capture, under dpkt and under ours."""
    folder = tmp_path_factory.mktemp("printed")
    both = []
    for ours in (False, True):
        target = folder / f"{ours}.json"
        done = python(HERE / "run_workflows.py", target, *SCRIPTS, "--", *captures, ours=ours)
        assert done.returncode == 0, done.stderr
        both.append(json.loads(target.read_text(encoding="utf-8")))
    return both


def test_each_runs_under_its_own_package(printed):
    (their_file, their_module, their_version), (our_file, our_module, our_version) = (side["dpkt"] for side in printed)
    assert their_file != our_file
    assert their_module == "dpkt.ethernet"
    assert "pcapframe" in pathlib.Path(our_file).parts or targets.OURS != "pcapframe.dpkt"
    assert our_module == f"{targets.OURS}.ethernet"
    assert their_version == our_version


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_the_same_is_printed(script, captures, printed):
    theirs, ours = (side["results"] for side in printed)
    compared = lines = 0
    for capture in captures:
        key = f"{script}\n{capture}"
        expected, found = theirs[key], ours[key]
        if expected["error"] and expected["error"][0] not in {*DPKT_ERRORS, "ValueError"}:
            # dpkt has ended with an IndexError or the like, which ours does not have.
            assert found["printed"].startswith(expected["printed"])
            continue
        assert found == expected, capture
        compared += 1
        lines += found["printed"].count("\n")
    assert compared >= 20
    # Some print a line a capture, and nothing for one that has none of what they look for.
    assert lines >= 15
    # A file that is no classic capture is refused, in the same words.
    assert theirs[f"{script}\n{targets.DATA / 'lab-small.pcapng'}"]["error"] == ["ValueError", "invalid tcpdump header"]


def test_there_are_eleven():
    assert len(SCRIPTS) == 11


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_alone_on_the_whole_capture(script):
    lab = targets.DATA / "lab.pcap"
    theirs, ours = python(script, lab, ours=False), python(script, lab, ours=True)
    assert theirs.returncode == ours.returncode == 0, ours.stderr
    assert theirs.stdout == ours.stdout
    assert theirs.stdout.count("\n") >= 1


def test_plots_are_saved_where_an_argument_says_so(tmp_path):
    lab = targets.DATA / "lab-small.pcapng"
    slice_of_it = tmp_path / "small.pcap"
    dpkt = targets.theirs()
    with lab.open("rb") as file, slice_of_it.open("wb") as out:
        dpkt.pcap.Writer(out).writepkts(dpkt.pcapng.Reader(file))
    for script in ("plot_traffic", "plot_sizes"):
        before = set(tmp_path.iterdir())
        assert python(HERE / "workflows" / f"{script}.py", slice_of_it, ours=True).returncode == 0
        assert set(tmp_path.iterdir()) == before
        picture = tmp_path / f"{script}.png"
        assert python(HERE / "workflows" / f"{script}.py", slice_of_it, picture, ours=True).returncode == 0
        assert picture.read_bytes().startswith(b"\x89PNG")


def test_icmp_messages_have_descriptions():
    """dpkt has none; ours names each of the lab's kinds, and the same as tshark's dictionary and IANA do."""
    done = python(HERE / "workflows" / "icmp_messages.py", targets.DATA / "lab.pcap", "--describe", ours=True)
    assert done.returncode == 0, done.stderr
    described = {line.partition(", ")[0] + line.partition(",")[2].partition(",")[0]: line for line in done.stdout.splitlines()}
    texts = {line.split(": ", 1)[1].lower() for line in described.values()}
    assert len(texts) == len(described) == 4
    assert "unknown" not in texts
    for line, word in (
        ("type 8 code 0", "echo"),
        ("type 0 code 0", "reply"),
        ("type 3 code 3", "port"),
        ("type 11 code 0", "exceeded"),
    ):
        assert word in described[line].lower()
