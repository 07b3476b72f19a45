"""Reading speed, side by side: ``read()`` of the file, pcapframe, and dpkt's loop that fills the same lists.

usage: python benches/speed.py [ROUNDS]        writes benches/results.json

Everything is measured in one process, interleaved, round after round; a ratio is the median of the rounds' ratios, so that what
the machine does at the time meets both sides. dpkt is measured on the first packets of a capture, the time a packet is compared.
"""

from __future__ import annotations

import concurrent.futures
import gc
import importlib.metadata
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import dpkt
from captures import captures

import pcapframe as pf

RESULTS = pathlib.Path(__file__).with_name("results.json")
BUFFER = 1 << 20
DPKT_PACKETS = 200_000
THREADS = (1, 2)


def seconds(work: Callable[[], object]) -> float:
    """The time that `work` takes, with what it leaves behind let go of."""
    gc.collect()
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def read_bytes(path: pathlib.Path, threads: int) -> None:
    """Read all of a file with ``read()`` into a buffer for each thread, and do nothing with it."""
    size = path.stat().st_size
    step = -(-size // threads)

    def read(start: int) -> None:
        buffer = bytearray(BUFFER)
        with path.open("rb", buffering=0) as file:
            file.seek(start)
            left = min(step, size - start)
            while left > 0:
                left -= file.readinto(memoryview(buffer)[: min(left, BUFFER)])

    if threads == 1:
        read(0)
        return
    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        list(pool.map(read, range(0, size, step)))


def read_dpkt(path: pathlib.Path) -> int:
    """The tutorial's loop, filling a list for each of the default columns that dpkt knows."""
    lists: list[list[object]] = [[] for _ in range(12)]
    times, lengths, versions, sources, targets, protocols, sports, dports, flags, types, codes, payloads = lists
    with path.open("rb") as file:
        for count, (timestamp, data) in enumerate(dpkt.pcap.Reader(file)):
            if count == DPKT_PACKETS:
                break
            version = protocol = sport = dport = flag = kind = code = payload = 0
            source = target = b""
            try:
                ip = dpkt.ethernet.Ethernet(data).data
                if isinstance(ip, (dpkt.ip.IP, dpkt.ip6.IP6)):
                    version, source, target, protocol = ip.v, ip.src, ip.dst, ip.p
                    inner = ip.data
                    if isinstance(inner, dpkt.tcp.TCP):
                        sport, dport, flag, payload = inner.sport, inner.dport, inner.flags, len(inner.data)
                    elif isinstance(inner, dpkt.udp.UDP):
                        sport, dport, payload = inner.sport, inner.dport, len(inner.data)
                    elif isinstance(inner, (dpkt.icmp.ICMP, dpkt.icmp6.ICMP6)):
                        kind, code, payload = inner.type, inner.code, len(inner.data)
            except Exception:
                pass
            row = (timestamp, len(data), version, source, target, protocol, sport, dport, flag, kind, code, payload)
            for column, value in zip(
                (times, lengths, versions, sources, targets, protocols, sports, dports, flags, types, codes, payloads),
                row,
                strict=True,
            ):
                column.append(value)
    return len(times)


def measure(path: pathlib.Path, rounds: int) -> dict[str, object]:
    """All figures of one capture."""
    packets = len(pf.read_pcap(path, columns=["length"]))
    classic = path.suffix == ".pcap"
    times: dict[str, list[float]] = {}

    def take(name: str, work: Callable[[], object]) -> None:
        times.setdefault(name, []).append(seconds(work))

    for _ in range(rounds):
        # The system has taken back memory meanwhile, and the first to ask for it again would pay for all.
        pf.read_pcap(path, columns="all")
        for threads in THREADS:
            take(f"read {threads}", lambda n=threads: read_bytes(path, n))
            take(f"default {threads}", lambda n=threads: pf.read_pcap(path, threads=n))
            take(f"two columns {threads}", lambda n=threads: pf.read_pcap(path, columns=["timestamp", "length"], threads=n))
        take("all 2", lambda: pf.read_pcap(path, columns="all", threads=2))
        cap = pf.read_pcap(path, threads=2)
        take("codes of src 2", lambda c=cap: c.src.codes)
        take("src == 2", lambda c=cap: c.src == "10.0.0.1")
        del cap
        if classic:
            take("dpkt", lambda: read_dpkt(path))
    ratio = {
        name: statistics.median(a / b for a, b in zip(measured, times[f"read {name[-1]}"], strict=True))
        for name, measured in times.items()
        if name.startswith(("default", "two columns", "all"))
    }
    found: dict[str, object] = {
        "bytes": path.stat().st_size,
        "packets": packets,
        "seconds": {name: statistics.median(measured) for name, measured in times.items()},
        "times the read": ratio,
        "one thread to two": statistics.median(a / b for a, b in zip(times["default 1"], times["default 2"], strict=True)),
    }
    if classic:
        share = min(packets, DPKT_PACKETS) / packets
        found["times faster than dpkt"] = statistics.median(
            a / share / b for a, b in zip(times["dpkt"], times["default 2"], strict=True)
        )
    return found


def memory(path: pathlib.Path) -> dict[str, float]:
    """Peak of the resident memory of a process that reads the capture, beyond one that reads a single packet."""
    code = (
        "import sys, pcapframe as pf\n"
        "cap = pf.read_pcap(sys.argv[1], threads=2)\n"
        # Not getrusage, whose peak is that of the parent before it was replaced.
        "peak = next(line for line in open('/proc/self/status') if line.startswith('VmHWM'))\n"
        "print(int(peak.split()[1]) * 1024, cap.nbytes)"
    )

    def run(source: pathlib.Path) -> tuple[int, int]:
        done = subprocess.run([sys.executable, "-c", code, str(source)], capture_output=True, text=True, check=True)
        peak, columns = done.stdout.split()
        return int(peak), int(columns)

    tiny = path.with_name("one-packet.pcap")
    pf.read_pcap(path)[:1].write_pcap(tiny)
    (peak, columns), (base, _) = run(path), run(tiny)
    return {"columns MiB": columns / 2**20, "beyond the columns MiB": (peak - base - columns) / 2**20}


def machine() -> dict[str, object]:
    """What it was measured on."""
    model = platform.processor()
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            model = next((line.partition(":")[2].strip() for line in file if line.startswith("model name")), model)
    versions = {name: importlib.metadata.version(name) for name in ("pcapframe", "dpkt", "numpy")}
    return {"processor": model, "cores": os.cpu_count(), "python": platform.python_version(), **versions}


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    results: dict[str, object] = {"machine": machine(), "rounds": rounds, "dpkt packets": DPKT_PACKETS, "captures": {}}
    for name, path in captures().items():
        read_bytes(path, 2)  # into the page cache
        found = measure(path, rounds)
        if path.suffix == ".pcap":
            found["memory"] = memory(path)
        results["captures"][name] = found  # type: ignore[index]
        print(name, json.dumps(found, indent=1), flush=True)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
