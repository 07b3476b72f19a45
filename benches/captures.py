"""The captures that are measured, made once in a folder that git ignores."""

from __future__ import annotations

import pathlib
import struct
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
DATA = ROOT / "bench-data"
MAKER = ROOT.parent / "shared" / "check" / "make_bench_capture.py"
LAB = ROOT / "examples" / "data" / "lab.pcap"
BYTES = 1_000_000_000
LARGE = 160  # packets of at least so many bytes, 870 on average, make the capture of large ones


def captures() -> dict[str, pathlib.Path]:
    """Name and path of each: large, mixed and small packets, and the mixed ones as pcapng."""
    DATA.mkdir(exist_ok=True)
    mix, small, large = DATA / "mix.pcap", DATA / "small.pcap", DATA / "large.pcap"
    if MAKER.exists():
        _once(mix, lambda path: _make(path))
        _once(small, lambda path: _make(path, "--small", "--bytes", "640000000"))
    else:
        # Without the captures of others: our own, again and again.
        _once(mix, lambda path: _repeat(LAB, path, BYTES))
        _once(small, lambda path: _repeat(LAB, path, BYTES // 2, least=60, most=64))
    _once(large, lambda path: _repeat(mix, path, BYTES, least=LARGE))
    mixed_ng = DATA / "mix.pcapng"
    _once(mixed_ng, _as_pcapng)
    return {"large": large, "mix": mix, "small": small, "mix as pcapng": mixed_ng}


def _once(path: pathlib.Path, make: object) -> None:
    if path.exists():
        return
    print(f"making {path.name}", file=sys.stderr)
    partial = path.with_name(f"partial-{path.name}")
    make(partial)  # type: ignore[operator]
    partial.rename(path)


def _make(path: pathlib.Path, *options: str) -> None:
    subprocess.run([sys.executable, MAKER, path, *options], check=True, stdout=subprocess.DEVNULL)


def _repeat(source: pathlib.Path, path: pathlib.Path, size: int, *, least: int = 0, most: int = 1 << 20) -> None:
    """Write the records of `source` with `least` to `most` captured bytes again and again until there are `size` bytes."""
    data = source.read_bytes()
    kept, offset = [], 24
    while offset + 16 <= len(data):
        captured = struct.unpack_from("<I", data, offset + 8)[0]
        end = offset + 16 + captured
        if least <= captured <= most:
            kept.append(data[offset:end])
        offset = end
    once = b"".join(kept)
    with path.open("wb") as file:
        file.write(data[:24])
        for _ in range(max(1, size // len(once))):
            file.write(once)


def _as_pcapng(path: pathlib.Path) -> None:
    import pcapframe as pf

    named = path.with_suffix(".pcapng")
    pf.read_pcap(DATA / "mix.pcap", columns=["timestamp"]).write_pcap(named)
    if named != path:
        named.rename(path)


if __name__ == "__main__":
    for name, path in captures().items():
        print(f"{name}: {path.stat().st_size / 1e6:,.0f} MB")
