"""NFStream 6.6.0: the attributes of an NFlow with ``statistical_analysis=True, n_dissections=0``, and of ``splt_analysis``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .._generated import Tunnel
from ._derived import MILLISECOND, Derived, column

if TYPE_CHECKING:
    from ..flows import Flows

SIDES = {"bidirectional": "total", "src2dst": "fwd", "dst2src": "rev"}
FLAGS = ("syn", "cwr", "ece", "urg", "ack", "psh", "rst", "fin")
#: expiration_id: 0 idle or at the end of the capture, 1 active.
ACTIVE = 2
#: The tunnels that NFStream looks into and has a number for; it looks into IP in IP without one.
TUNNELS = np.zeros(256, np.uint32)
TUNNELS[[Tunnel.GTPU, Tunnel.CAPWAP, Tunnel.TZSP]] = 1, 2, 3


def _milliseconds(name: str) -> Derived:
    """Times as whole milliseconds since 1970; 0 where there is none."""
    return Derived(lambda flows: flows._frame.values(name).view(np.int64) // MILLISECOND)


def _duration(first: str, last: str) -> Derived:
    """Of two times in whole milliseconds, as NFStream has it: not of the difference."""

    def values(flows: Flows) -> NDArray[np.int64]:
        first_ms, last_ms = (flows._frame.values(name).view(np.int64) // MILLISECOND for name in (first, last))
        return last_ms - first_ms

    return Derived(values)


def _gap(name: str) -> Derived:
    return Derived(lambda flows: flows._frame.values(name).view(np.int64) / MILLISECOND)


def _whole_gap(name: str) -> Derived:
    return Derived(lambda flows: flows._frame.values(name).view(np.int64) // MILLISECOND)


def _hardware(name: str, characters: int) -> Derived:
    """Hardware addresses of a flow's first packet, or what they begin with; missing where its packets are gone."""

    def texts(flows: Flows) -> NDArray[np.object_]:
        frame = flows._capture._frame.with_columns([name]) if flows._capture is not None and len(flows) else None
        if frame is None:
            return np.full(len(flows), "", dtype=object)
        known = ["00:00:00:00:00:00", *frame.categories(name)[1:]]
        categories = np.array([text[:characters] for text in known], dtype=object)
        return categories[frame.codes(name)[flows.first_row.astype(np.int64)]]

    return Derived(texts, lambda flows: texts(flows) != "")


def _splt(name: str) -> Derived:
    def values(flows: Flows) -> NDArray[np.int64]:
        directions = flows.sequence_directions
        steps = {
            "direction": (directions < 0).astype(np.int64),
            "ps": flows.sequence_sizes.astype(np.int64),
            "piat_ms": flows.sequence_iats.view(np.int64) // MILLISECOND,
        }[name]
        return np.where(directions != 0, steps, -1)

    return Derived(values, needs_sequence=True)


def _columns() -> dict[str, Derived]:
    columns = {
        "id": Derived(lambda flows: np.arange(len(flows), dtype=np.int64)),
        "expiration_id": Derived(lambda flows: (flows.end_reason == ACTIVE).astype(np.int64)),
        "src_ip": column("src"),
        "src_mac": _hardware("eth_src", 17),
        "src_oui": _hardware("eth_src", 8),
        "src_port": Derived(lambda flows: flows._frame.values("sport")),
        "dst_ip": column("dst"),
        "dst_mac": _hardware("eth_dst", 17),
        "dst_oui": _hardware("eth_dst", 8),
        "dst_port": Derived(lambda flows: flows._frame.values("dport")),
        "protocol": column("protocol"),
        "ip_version": column("ip_version"),
        "vlan_id": Derived(lambda flows: flows._frame.values("vlan_id")),
        "tunnel_id": Derived(lambda flows: TUNNELS[flows.tunnel]),
    }
    for theirs, ours in SIDES.items():
        suffix = "" if ours == "total" else f"_{ours}"
        columns |= {
            f"{theirs}_first_seen_ms": _milliseconds(f"first_seen{suffix}"),
            f"{theirs}_last_seen_ms": _milliseconds(f"last_seen{suffix}"),
            f"{theirs}_duration_ms": _duration(f"first_seen{suffix}", f"last_seen{suffix}"),
            f"{theirs}_packets": column(f"packets_{ours}"),
            f"{theirs}_bytes": column(f"bytes_{ours}"),
        }
    for theirs, ours in SIDES.items():
        for stat, name in [("min", "min"), ("mean", "mean"), ("stddev", "std"), ("max", "max")]:
            columns[f"{theirs}_{stat}_ps"] = Derived(lambda flows, name=f"size_{name}_{ours}": flows._frame.values(name))  # type: ignore[misc]
    for theirs, ours in SIDES.items():
        for stat, name in [("min", "min"), ("mean", "mean"), ("stddev", "std"), ("max", "max")]:
            make = _whole_gap if stat in ("min", "max") else _gap
            columns[f"{theirs}_{stat}_piat_ms"] = make(f"iat_{name}_{ours}")
    for theirs, ours in SIDES.items():
        for flag in FLAGS:
            columns[f"{theirs}_{flag}_packets"] = Derived(lambda flows, name=f"{flag}_{ours}": flows._frame.values(name))  # type: ignore[misc]
    for name in ("direction", "ps", "piat_ms"):
        columns[f"splt_{name}"] = _splt(name)
    return columns


COLUMNS = _columns()
