"""Compressed captures against the programs that decompress them, and pipes that carry more than memory holds.

usage: python benches/streams.py [ROUNDS [GIGABYTES]]        writes benches/streams.json

Reading and the program that only decompresses take turns, round after round; a ratio is the median of the rounds' ratios. To the
null device the program has all cores for itself; through a pipe another takes the bytes, as parsing does here. Through the last
pipe go the packets of `bench-data/mix.pcap` again and again, until there are so many bytes (20 GB without an argument, a tenth of
it through gzip).
"""

from __future__ import annotations

import json
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

from captures import captures
from speed import machine, read_bytes, seconds

import pcapframe as pf

RESULTS = pathlib.Path(__file__).with_name("streams.json")
COMPRESS = {"gz": ["gzip", "-c"], "zst": ["zstd", "-qc"], "lz4": ["lz4", "-qc"]}
DECOMPRESS = {
    "gzip -dc": ("gz", ["gzip", "-dc"]),
    "pigz -dc": ("gz", ["pigz", "-dc"]),
    "zstd -dc": ("zst", ["zstd", "-qdc"]),
    "lz4 -dc": ("lz4", ["lz4", "-qdc"]),
}

WRITER = """
import sys
path, size = sys.argv[1], int(sys.argv[2])
data = open(path, "rb").read()
packets, out = memoryview(data)[24:], open(1, "wb", buffering=0)
out.write(data[:24])
for _ in range(-(-size // len(packets))):
    rest = packets
    while rest:
        rest = rest[out.write(rest):]
"""

READER = """
import sys
import pcapframe as pf
packets = octets = 0
for batch in pf.scan_pcap(sys.stdin.buffer):
    packets += len(batch)
    octets = batch.info.source_bytes
# Not getrusage, whose peak is that of the parent before it was replaced.
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(packets, octets, int(peak.split()[1]) * 1024)
"""


def compressed(suffix: str) -> pathlib.Path:
    """The mixed capture, compressed once by the program itself."""
    mix = captures()["mix"]
    path = mix.with_name(f"{mix.name}.{suffix}")
    if not path.exists():
        partial = path.with_name(f"partial-{path.name}")
        with partial.open("wb") as file:
            subprocess.run([*COMPRESS[suffix], mix], stdout=file, check=True)
        partial.rename(path)
    return path


def decompress(command: list[str], path: pathlib.Path) -> None:
    subprocess.run([*command, path], stdout=subprocess.DEVNULL, check=True)


def decompress_piped(command: list[str], path: pathlib.Path) -> None:
    with subprocess.Popen([*command, path], stdout=subprocess.PIPE) as program:
        subprocess.run(["cat"], stdin=program.stdout, stdout=subprocess.DEVNULL, check=True)


def scan(path: pathlib.Path) -> None:
    for _batch in pf.scan_pcap(path):
        pass


def measure(command: list[str], path: pathlib.Path, rounds: int) -> dict[str, float]:
    """Seconds of the program, alone and through a pipe, of `read_pcap` and `scan_pcap`, and the program's divided by theirs."""
    read_bytes(path, 1)  # into the page cache
    times: dict[str, list[float]] = {"program": [], "piped": [], "read": [], "scan": []}
    for _ in range(rounds):
        times["program"].append(seconds(lambda: decompress(command, path)))
        times["piped"].append(seconds(lambda: decompress_piped(command, path)))
        times["read"].append(seconds(lambda: pf.read_pcap(path, threads=2)))
        times["scan"].append(seconds(lambda: scan(path)))
    found = {name: statistics.median(taken) for name, taken in times.items()}
    for way in ("read", "scan"):
        for program, name in (("program", f"{way} ratio"), ("piped", f"{way} ratio piped")):
            found[name] = statistics.median(one / ours for one, ours in zip(times[program], times[way], strict=True))
    return found


def pipe(size: float, *commands: list[str]) -> dict[str, float]:
    """Scans so many bytes that another process writes, through `commands`."""
    start = time.perf_counter()
    processes: list[subprocess.Popen[bytes]] = []
    for command in ([sys.executable, "-c", WRITER, str(captures()["mix"]), str(int(size))], *commands):
        stdin = processes[-1].stdout if processes else None
        processes.append(subprocess.Popen(command, stdin=stdin, stdout=subprocess.PIPE))
    done = subprocess.run(
        [sys.executable, "-c", READER], stdin=processes[-1].stdout, stdout=subprocess.PIPE, text=True, check=True
    )  # fmt: skip
    packets, octets, peak = map(int, done.stdout.split())
    return {"packets": packets, "bytes": octets, "seconds": time.perf_counter() - start, "peak MiB": peak / 2**20}


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    size = float(sys.argv[2]) * 1e9 if len(sys.argv) > 2 else 20e9
    results: dict[str, object] = {"machine": machine(), "rounds": rounds, "compressed": {}, "pipes": {}}
    for name, (suffix, command) in DECOMPRESS.items():
        if shutil.which(command[0]):
            found = measure(command, compressed(suffix), rounds)
            results["compressed"][name] = found  # type: ignore[index]
            print(name, json.dumps(found, indent=1), flush=True)
    for name, commands, share in (("plain", [], 1.0), ("through gzip -1", [["gzip", "-1c"]], 0.1)):
        found = pipe(size * share, *commands)
        results["pipes"][name] = found  # type: ignore[index]
        print(name, json.dumps(found, indent=1), flush=True)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
