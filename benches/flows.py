"""Flows, side by side: pcapframe, NFStream, nfpcapd and argus make flows of the mixed capture.

usage: python benches/flows.py [ROUNDS]        writes benches/flows.json

Each works in a process of its own, one after the other, round after round; a ratio is the median of the rounds' ratios, so that
what the machine does at the time meets all of them. Python's start and imports do not count. NFStream sees the first packets of
the capture only, and the time a packet is compared; that its rate does not depend on how many there are is shown once. NFStream
is looked for in this Python, or in that which NFSTREAM_PYTHON names. What is not installed is skipped.
"""

from __future__ import annotations

import functools
import json
import os
import pathlib
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

from captures import DATA, captures
from speed import machine, read_bytes

import pcapframe as pf

RESULTS = pathlib.Path(__file__).with_name("flows.json")
NFSTREAM_PACKETS = 350_000
PASSES = (1, 2, 4)
# read_flows, read_pcap with flows(), and scan_flows.
WAYS = ("read", "flows", "scan")
# All statistics, and these with every column worked out that follows from others.
WHAT = ("core", "statistics", "every column")
# As a server has it, where users' paths lack it.
SEARCH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin"])
NFSTREAM_PYTHON = os.environ.get("NFSTREAM_PYTHON", sys.executable)

OURS = """
import sys, time
import pcapframe as pf
from pcapframe import _core
how, what, source = sys.argv[1:4]
statistics = what != "core"
if source == "-":
    source = sys.stdin.buffer

def make(flows):
    # Columns that follow from others wait until they are asked for.
    for name in flows.columns if what == "every column" else ():
        if name not in ("src", "dst", "conn_state", "history", "community_id"):
            getattr(flows, name)

start = time.perf_counter()
packets, count, columns = 0, 0, 0
if how == "scan":
    for flows in pf.scan_flows(source, statistics=statistics, threads=2):
        make(flows)
        count += len(flows)
        packets += int(flows.packets_total.sum())
else:
    if how == "read":
        flows = pf.read_flows(source, statistics=statistics, threads=2)
    else:
        cap = pf.read_pcap(source, columns=_core.flow_packet_columns(), threads=2)
        flows = cap.flows(statistics=statistics, threads=2)
        packets, columns = len(cap), cap.nbytes
    make(flows)
    count = len(flows)
seconds = time.perf_counter() - start
# Not getrusage, whose peak is that of the parent before it was replaced.
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(seconds, packets, count, int(peak.split()[1]) * 1024, columns)
"""

NFSTREAM = """
import sys, time
from nfstream import NFStreamer
if __name__ == "__main__":
    start = time.perf_counter()
    packets = count = 0
    for flow in NFStreamer(source=sys.argv[1], statistical_analysis=True, n_dissections=0):
        count += 1
        packets += flow.bidirectional_packets
    print(time.perf_counter() - start, packets, count)
"""

WRITER = """
import sys
import numpy as np
path, passes, starts, span = sys.argv[1], int(sys.argv[2]), np.load(sys.argv[3]), int(sys.argv[4])
data = np.fromfile(path, np.uint8)
places = starts[:, None] + np.arange(4)
times = np.ascontiguousarray(data[places]).view("<u4")[:, 0]
out = open(1, "wb", buffering=0)
for number in range(passes):
    data[places] = (times + np.uint32(number * span)).view(np.uint8).reshape(-1, 4)
    rest = memoryview(data)[24 if number else 0:]
    while rest:
        rest = rest[out.write(rest):]
"""


def run(*command: object, **options: object) -> str:
    """What a program prints."""
    done = subprocess.run([*map(str, command)], stdout=subprocess.PIPE, text=True, check=True, **options)  # type: ignore[call-overload]
    return str(done.stdout)


def ours(how: str, what: str, path: pathlib.Path) -> tuple[float, int, int, int, int]:
    """Seconds, packets, flows, peak of the resident memory and bytes of the packets' columns."""
    found = run(sys.executable, "-c", OURS, how, what, path).split()
    seconds, numbers = float(found[0]), [int(number) for number in found[1:]]
    return seconds, numbers[0], numbers[1], numbers[2], numbers[3]


def nfstream(path: pathlib.Path) -> tuple[float, int, int]:
    """Seconds, packets and flows."""
    with tempfile.NamedTemporaryFile("w", suffix=".py") as script:  # its processes import it again
        script.write(NFSTREAM)
        script.flush()
        seconds, packets, flows = run(NFSTREAM_PYTHON, script.name, path).split()
    return float(seconds), int(packets), int(flows)


def timed(*command: object) -> float:
    """Seconds of a program whose messages nobody reads."""
    start = time.perf_counter()
    subprocess.run([*map(str, command)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def nfpcapd(program: str, path: pathlib.Path) -> float:
    with tempfile.TemporaryDirectory(dir=DATA) as folder:
        return timed(program, "-r", path, "-w", folder)


def argus(program: str, path: pathlib.Path) -> float:
    return timed(program, "-r", path, "-w", "-")


def others() -> dict[str, Callable[[pathlib.Path], float]]:
    """The programs that are here, and what runs them."""
    found: dict[str, Callable[[pathlib.Path], float]] = {}
    for name, work in (("nfpcapd", nfpcapd), ("argus", argus)):
        program = shutil.which(name, path=SEARCH)
        if program:
            found[name] = lambda path, work=work, program=program: work(program, path)  # type: ignore[misc]
        else:
            print(f"skipped: {name} is not installed (Debian: nfdump, argus-server)", file=sys.stderr)
    return found


def nfstream_version() -> str | None:
    """NFStream's version, if it is here."""
    code = "import importlib.metadata as m, nfstream; print(m.version('nfstream'))"
    done = subprocess.run([NFSTREAM_PYTHON, "-c", code], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return done.stdout.strip()
    print("skipped: NFStream is not installed; NFSTREAM_PYTHON names a Python that has it", file=sys.stderr)
    return None


def first_packets(path: pathlib.Path, count: int) -> pathlib.Path:
    """A capture of the first packets of another."""
    first = path.with_name(f"{path.stem}-first-{count}.pcap")
    if not first.exists():
        pf.read_pcap(path, columns=["timestamp"])[:count].write_pcap(first)
    return first


def measure(path: pathlib.Path, rounds: int) -> dict[str, object]:
    """Seconds of each, and how many times faster ours are than the others."""
    programs, version = others(), nfstream_version()
    first = first_packets(path, NFSTREAM_PACKETS)
    times: dict[str, list[float]] = {}
    counts: dict[str, int] = {}

    def take(name: str, seconds: float) -> None:
        times.setdefault(name, []).append(seconds)
        print(f"{name}: {seconds:.3f} s", file=sys.stderr, flush=True)

    def take_ours(how: str, what: str) -> None:
        seconds, packets, flows, *_memory = ours(how, what, path)
        take(f"{how}, {what}", seconds)
        if how == "flows":  # who keeps no packets counts those in flows only
            counts.update(packets=packets, flows=flows)

    def take_nfstream() -> None:
        # Packets that it leaves out are not held against it.
        take("NFStream", nfstream(first)[0] / NFSTREAM_PACKETS)

    jobs: list[Callable[[], None]] = [functools.partial(take_ours, how, what) for how in WAYS for what in WHAT]
    jobs += [lambda name=name, work=work: take(name, work(path)) for name, work in programs.items()]  # type: ignore[misc]
    jobs += [take_nfstream] if version else []
    for number in range(rounds):
        # In turn each comes first, and behind another: what one leaves behind, such as pages to be written, meets all.
        for job in jobs[number % len(jobs) :] + jobs[: number % len(jobs)]:
            job()
    if version:
        times["NFStream"] = [seconds * counts["packets"] for seconds in times["NFStream"]]
    found: dict[str, object] = {
        **counts,
        "seconds": {name: statistics.median(taken) for name, taken in times.items()},
        "times faster": {
            name: {other: compare(times[other], times[name]) for other in times if "," not in other}
            for name in times
            if "," in name
        },
    }
    if version:
        seconds, *_ = nfstream(path)
        found["NFStream"] = {
            "version": version,
            "packets": NFSTREAM_PACKETS,
            "whole capture, seconds": seconds,
        }
    return found


def compare(theirs: list[float], ours: list[float]) -> dict[str, float]:
    ratios = [a / b for a, b in zip(theirs, ours, strict=True)]
    return {"median": statistics.median(ratios), "least": min(ratios), "greatest": max(ratios)}


def memory(path: pathlib.Path) -> dict[str, object]:
    """Bytes for each flow beyond a process that meets a single packet, without the packets' columns."""
    tiny = first_packets(path, 1)
    found: dict[str, object] = {}
    for how in WAYS:
        for what in WHAT:
            _, _, flows, peak, columns = ours(how, what, path)
            base = ours(how, what, tiny)[3]
            found[f"{how}, {what}"] = {"peak MiB": peak / 2**20, "bytes a flow": (peak - base - columns) / flows}
    return found


def record_starts(path: pathlib.Path) -> list[int]:
    data, at, starts = path.read_bytes(), 24, []
    while at + 16 <= len(data):
        starts.append(at)
        at += 16 + int(struct.unpack_from("<I", data, at + 8)[0])
    return starts


def bounded(path: pathlib.Path) -> list[dict[str, float]]:
    """The capture once, twice and four times in a row through a pipe, each pass later in time: the peak must not grow with it."""
    import numpy as np

    found = []
    times = pf.read_pcap(path, columns=["timestamp"]).timestamp
    span = int((times.max() - times.min()) / np.timedelta64(1, "s")) + 3600
    with tempfile.TemporaryDirectory() as folder:
        starts = pathlib.Path(folder) / "starts.npy"
        np.save(starts, np.array(record_starts(path), np.int64))
        for passes in PASSES:
            command = [sys.executable, "-c", WRITER, str(path), str(passes), str(starts), str(span)]
            writer = subprocess.Popen(command, stdout=subprocess.PIPE)
            seconds, packets, flows, peak, _ = run(
                sys.executable, "-c", OURS, "scan", "statistics", "-", stdin=writer.stdout
            ).split()
            found.append({"packets": int(packets), "flows": int(flows), "seconds": float(seconds), "peak MiB": int(peak) / 2**20})
            writer.wait()
    return found


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    path = captures()["mix"]
    read_bytes(path, 2)  # into the page cache
    results: dict[str, object] = {"machine": machine(), "rounds": rounds, **measure(path, rounds)}
    results |= {"memory": memory(path), "bounded": bounded(path)}
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
