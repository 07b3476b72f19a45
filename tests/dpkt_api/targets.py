"""The two packages that are compared, and the captures they are compared on."""

from __future__ import annotations

import importlib
import os
import pathlib
from types import ModuleType

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = ROOT / "examples" / "data"
SHARED = ROOT.parent / "shared" / "captures"

# Another package in the place of ours: the harness itself is tried out on changed copies of dpkt.
OURS = os.environ.get("PCAPFRAME_DPKT_TARGET", "pcapframe.dpkt")

# What the package answers for itself, without dpkt's files.
NATIVE = (  # noqa: SIM905
    "ah arp cdp compat crc32c dns dpkt esp ethernet gre icmp icmp6 igmp ip ip6 ipx llc loopback pcap pcapng ppp pppoe radiotap "
    "sctp sll sll2 stp tcp udp utils vrrp"
).split()


def theirs() -> ModuleType:
    return importlib.import_module("dpkt")


def ours() -> ModuleType:
    return importlib.import_module(OURS)


def own_captures() -> list[pathlib.Path]:
    return sorted(path for path in DATA.iterdir() if path.suffix in {".pcap", ".pcapng"})


def shared_captures() -> list[pathlib.Path]:
    """Captures by others; none where the folder is not there."""
    return sorted(path for path in SHARED.rglob("*") if path.is_file() and path.suffix not in {".gz", ".md"})
