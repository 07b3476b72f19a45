"""What the tests of the command share: a capture of five packets, and how it is run."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest

from frames import Record, arp, ethernet, icmp, ipv4, tcp, udp
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


def one_line(text: str) -> str:
    assert text.endswith("\n")
    assert text.count("\n") == 1
    assert "Traceback" not in text
    return text.rstrip("\n")
