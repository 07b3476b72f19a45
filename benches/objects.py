"""dpkt and pcapframe.dpkt side by side: the same unchanged code under both, and the columns that take its place.

usage: python benches/objects.py [ROUNDS]        writes benches/objects.json

Both packages run in one process, interleaved, round after round; a ratio is the median of the rounds' ratios.
"""

from __future__ import annotations

import importlib.metadata
import io
import json
import os
import pathlib
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from functools import partial
from types import FunctionType, ModuleType
from typing import Any

import dpkt as theirs
from captures import captures
from speed import machine, seconds

import pcapframe as pf
from pcapframe import dpkt as ours

RESULTS = pathlib.Path(__file__).with_name("objects.json")
PACKETS = 200_000
BUILT = 20_000


def read(dpkt: ModuleType, path: pathlib.Path) -> None:
    """The reader alone."""
    with path.open("rb") as file:
        for _timestamp, _data in dpkt.pcap.Reader(file):
            pass


def tcp_flows(dpkt: ModuleType, path: pathlib.Path) -> None:
    """The tutorial's loop, without its print."""
    with path.open("rb") as file:
        for _timestamp, data in dpkt.pcap.Reader(file):
            eth = dpkt.ethernet.Ethernet(data)
            if isinstance(eth.data, dpkt.ip.IP):
                ip = eth.data
                if isinstance(ip.data, dpkt.tcp.TCP):
                    tcp = ip.data
                    flags = tcp.flags
                    ip.src, tcp.sport, ip.dst, tcp.dport, flags  # noqa: B018


def printed_tcp_flows(dpkt: ModuleType, path: pathlib.Path) -> None:
    """The tutorial's loop as it is, printing to the null device."""
    with path.open("rb") as file, open(os.devnull, "w", encoding="utf-8") as out:
        for _timestamp, data in dpkt.pcap.Reader(file):
            eth = dpkt.ethernet.Ethernet(data)
            if isinstance(eth.data, dpkt.ip.IP):
                ip = eth.data
                if isinstance(ip.data, dpkt.tcp.TCP):
                    tcp = ip.data
                    flags = tcp.flags
                    print(
                        f"Source: {ip.src}, Port: {tcp.sport}, Destination: {ip.dst}, Port: {tcp.dport}, Flags: {flags}", file=out
                    )


def build(dpkt: ModuleType, _: pathlib.Path) -> None:
    """Frames from keywords, and their bytes with checksums."""
    for number in range(BUILT):
        tcp = dpkt.tcp.TCP(sport=number, dport=80, seq=number, flags=dpkt.tcp.TH_SYN, data=b"x" * 100)
        ip = dpkt.ip.IP(src=b"\x0a\x00\x00\x01", dst=b"\x0a\x00\x00\x02", p=dpkt.ip.IP_PROTO_TCP, data=tcp)
        bytes(dpkt.ethernet.Ethernet(src=b"\x02" * 6, dst=b"\x04" * 6, type=dpkt.ethernet.ETH_TYPE_IP, data=ip))


def write(dpkt: ModuleType, path: pathlib.Path) -> None:
    """Every packet into another capture."""
    with path.open("rb") as file:
        dpkt.pcap.Writer(io.BytesIO()).writepkts(dpkt.pcap.Reader(file))


COLUMNS = ["ip_version", "src", "sport", "dst", "dport", "tcp_flags", "layers"]


def columns(path: pathlib.Path) -> pf.Capture:
    """What the loop reads, as arrays: addresses are numbers in them."""
    tcp = pf.read_pcap(path, columns=COLUMNS).tcp.ipv4
    tcp.src, tcp.sport, tcp.dst, tcp.dport, tcp.tcp_flags  # noqa: B018
    return tcp


def coded_columns(path: pathlib.Path) -> None:
    """The same, with addresses as codes and distinct values, as grouping needs them."""
    tcp = columns(path)
    tcp.src.codes, tcp.dst.codes  # noqa: B018


TASKS: dict[str, tuple[Callable[[ModuleType, pathlib.Path], None], int]] = {
    "reader": (read, PACKETS),
    "TCP flows": (tcp_flows, PACKETS),
    "TCP flows, printed": (printed_tcp_flows, PACKETS),
    "frames built and serialised": (build, BUILT),
    "writer": (write, PACKETS),
}


COLUMNAR: dict[str, Callable[[pathlib.Path], object]] = {
    "TCP flows, as columns": columns,
    "TCP flows, as columns with addresses coded": coded_columns,
}


PACKAGES = (("dpkt", theirs), ("ours", ours))


def own(work: Callable[[ModuleType, pathlib.Path], None]) -> Callable[[ModuleType, pathlib.Path], None]:
    """A copy of a function for one package alone: Python adapts code to the modules that it meets, as it does in a script."""
    return FunctionType(work.__code__.replace(), globals(), work.__name__)


def median_ratio(a: Iterable[float], b: Iterable[float]) -> float:
    return statistics.median(x / y for x, y in zip(a, b, strict=True))


def side_by_side(path: pathlib.Path, rounds: int) -> dict[str, Any]:
    times: dict[str, list[float]] = {}
    both = [(f"{label} {name}", partial(own(work), dpkt, path)) for name, (work, _) in TASKS.items() for label, dpkt in PACKAGES]
    for _ in range(rounds):
        for name, run in both:
            times.setdefault(name, []).append(seconds(run))
        for name, work_on in COLUMNAR.items():
            times.setdefault(name, []).append(seconds(partial(work_on, path)))
    found = {
        name: {
            "dpkt ns": statistics.median(times[f"dpkt {name}"]) / count * 1e9,
            "ours ns": statistics.median(times[f"ours {name}"]) / count * 1e9,
            "times faster": median_ratio(times[f"dpkt {name}"], times[f"ours {name}"]),
        }
        for name, (_, count) in TASKS.items()
    }
    for name in COLUMNAR:
        found[name] = {
            "dpkt ns": found["TCP flows"]["dpkt ns"],
            "ours ns": statistics.median(times[name]) / PACKETS * 1e9,
            "times faster": median_ratio(times["dpkt TCP flows"], times[name]),
        }
    return found


def frame(path: pathlib.Path) -> bytes:
    """A frame of TCP over IPv4 with options."""
    with path.open("rb") as file:
        return next(
            data for _, data in ours.pcap.Reader(file) if data[12:15] == b"\x08\x00\x45" and data[23] == 6 and len(data) > 80
        )


def objects(path: pathlib.Path, rounds: int) -> dict[str, dict[str, float]]:
    """Nanoseconds of single steps, the loop around them taken off."""
    steps = {
        "Ethernet(data)": "Ethernet(data)",
        "its data: an IP object": "Ethernet(data).data",
        "its data: a TCP object": "Ethernet(data).data.data",
        "eth.data again": "eth.data",
        "tcp.sport": "tcp.sport",
        "tcp.flags (bits)": "tcp.flags",
        "ip.src": "ip.src",
        "tcp.opts": "tcp.opts",
        "bytes(eth)": "bytes(eth)",
    }
    found: dict[str, dict[str, float]] = {}
    for label, dpkt in PACKAGES:
        eth = dpkt.ethernet.Ethernet(frame(path))
        names = {"Ethernet": dpkt.ethernet.Ethernet, "data": frame(path), "eth": eth, "ip": eth.data, "tcp": eth.data.data}
        cost = {name: nanoseconds(code, names, rounds) for name, code in {"": "tcp", **steps}.items()}
        before = cost.pop("")
        chain = list(steps)[:3]
        for name, step in cost.items():
            earlier = cost[chain[chain.index(name) - 1]] if name in chain[1:] else before
            found.setdefault(name, {})[f"{label} ns"] = step - earlier
    return found


def nanoseconds(code: str, names: dict[str, Any], rounds: int) -> float:
    """The least of several runs: what a step costs when nothing disturbs it."""
    count = 20_000
    scope = dict(names)
    exec(f"def run():\n for _ in numbers: {code}", scope)
    scope["numbers"] = range(count)
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        scope["run"]()
        best = min(best, time.perf_counter() - start)
    return best / count * 1e9


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    mix = captures()["mix"]
    path = mix.with_name(f"mix-ipv4-{PACKETS}.pcap")
    if not path.exists():
        # dpkt ends at the first frame that is not as it expects, and every capture of that size has some.
        pf.read_pcap(mix).ipv4[:PACKETS].write_pcap(path)
    results = {
        "machine": machine() | {"python": platform.python_version(), "dpkt": importlib.metadata.version("dpkt")},
        "rounds": rounds,
        "packets": PACKETS,
        "built": BUILT,
        "side by side": side_by_side(path, rounds),
        "steps": objects(path, rounds),
    }
    print(json.dumps(results, indent=1))
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
