"""What all tests share."""

from __future__ import annotations

import os
import pathlib
import shutil

import matplotlib as mpl
import pytest

from command import PACKETS, write
from frames import pcap

mpl.use("Agg")
# Looked at when scipy is imported: without it scikit-learn leaves one of its checks of estimators out.
os.environ.setdefault("SCIPY_ARRAY_API", "1")

ROOT = pathlib.Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "captures"


@pytest.fixture(scope="session")
def lab() -> pathlib.Path:
    """Our own capture of a lab network."""
    return ROOT / "examples" / "data" / "lab.pcap"


@pytest.fixture(scope="session")
def lab_ng() -> pathlib.Path:
    """Two interfaces of the lab network, pcapng in nanoseconds."""
    return ROOT / "examples" / "data" / "lab-small.pcapng"


@pytest.fixture
def capture(tmp_path: pathlib.Path) -> str:
    """A capture of the five packets that the command is tested with."""
    return write(tmp_path / "five.pcap", pcap(PACKETS))


@pytest.fixture(scope="session")
def shared_captures() -> list[pathlib.Path]:
    """Captures by others, where they are there."""
    if not SHARED.is_dir():
        pytest.skip("the folder ../shared/captures is not there")
    return sorted(path for path in SHARED.rglob("*") if path.is_file() and path.suffix not in {".gz", ".md"})


def need_program(name: str) -> str:
    """The path of a program; the test is skipped where it is not installed."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def nanoseconds(text: str) -> int:
    """A time as tshark writes it, in seconds, without the way through a float."""
    whole, _, fraction = text.partition(".")
    return int(whole) * 10**9 + int(fraction.ljust(9, "0")[:9] or 0)
