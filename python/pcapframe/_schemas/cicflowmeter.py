"""CICFlowMeter's CSV header, of its current version 4, by what its documentation says of each feature.

https://github.com/ahlashkari/CICFlowMeter; `docs/flow-features.md` lists where that program does something else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ._derived import MICROSECOND, Derived, Getter, column, constant, ratio

if TYPE_CHECKING:
    from ..flows import Flows

SECOND = 1e9
STATS = {"Mean": "mean", "Std": "std", "Max": "max", "Min": "min"}


def _plain(name: str) -> Derived:
    """A number; 0 where the flow has none, as CICFlowMeter has it."""
    return Derived(lambda flows: flows._frame.values(name))


def _nanoseconds(flows: Flows, name: str) -> NDArray[np.int64]:
    values: NDArray[np.int64] = flows._frame.values(name).view(np.int64)
    return values


def _microseconds(name: str) -> Derived:
    return Derived(lambda flows: _nanoseconds(flows, name) / MICROSECOND)


def _duration(name: str) -> Derived:
    """Whole microseconds."""
    return Derived(lambda flows: _nanoseconds(flows, name) // MICROSECOND)


def _total_gap(side: str) -> Derived:
    """Sum of the times between packets, in microseconds."""

    def values(flows: Flows) -> NDArray[np.int64]:
        last, first = (_nanoseconds(flows, f"{which}_seen_{side}") for which in ("last", "first"))
        return (last - first) // MICROSECOND

    return Derived(values)


def _rate(name: str) -> Derived:
    """By the second; 0 for a flow of one moment."""
    return Derived(lambda flows: ratio(flows._frame.values(name), _nanoseconds(flows, "duration") / SECOND))


def _quotient(numerator: Getter, denominator: Getter) -> Derived:
    return Derived(lambda flows: ratio(numerator(flows), denominator(flows)))


def _of(name: str) -> Getter:
    return lambda flows: flows._frame.values(name)


def _seconds(name: str) -> Getter:
    return lambda flows: _nanoseconds(flows, name) / SECOND


def _flow_id(flows: Flows) -> NDArray[np.object_]:
    text = [np.asarray(flows._core_column(name)).astype(object) for name in ("src", "dst")]
    numbers = [flows._frame.values(name).astype(str).astype(object) for name in ("sport", "dport", "protocol")]
    joined: NDArray[np.object_] = text[0] + "-" + text[1] + "-" + numbers[0] + "-" + numbers[1] + "-" + numbers[2]
    return joined


def _bulk(side: str) -> dict[str, Derived]:
    name = "Fwd" if side == "fwd" else "Bwd"
    return {
        f"{name} Bytes/Bulk Avg": _quotient(_of(f"bulk_bytes_{side}"), _of(f"bulks_{side}")),
        f"{name} Packet/Bulk Avg": _quotient(_of(f"bulk_packets_{side}"), _of(f"bulks_{side}")),
        f"{name} Bulk Rate Avg": _quotient(_of(f"bulk_bytes_{side}"), _seconds(f"bulk_duration_{side}")),
    }


def _subflow(side: str) -> dict[str, Derived]:
    name = "Fwd" if side == "fwd" else "Bwd"
    return {
        f"Subflow {name} Packets": _quotient(_of(f"packets_{side}"), _of("subflows")),
        f"Subflow {name} Bytes": _quotient(_of(f"payload_bytes_{side}"), _of("subflows")),
    }


def _lengths(name: str, side: str, order: tuple[str, ...]) -> dict[str, Derived]:
    return {f"{name} {stat}": _plain(f"payload_{STATS[stat]}_{side}") for stat in order}


def _gaps(name: str, side: str) -> dict[str, Derived]:
    return {f"{name} IAT {stat}": _microseconds(f"iat_{STATS[stat]}_{side}") for stat in STATS}


COLUMNS: dict[str, Derived] = {
    "Flow ID": Derived(_flow_id),
    "Src IP": column("src"),
    "Src Port": _plain("sport"),
    "Dst IP": column("dst"),
    "Dst Port": _plain("dport"),
    "Protocol": _plain("protocol"),
    "Timestamp": column("first_seen"),
    "Flow Duration": _duration("duration"),
    "Total Fwd Packet": _plain("packets_fwd"),
    "Total Bwd packets": _plain("packets_rev"),
    "Total Length of Fwd Packet": _plain("payload_bytes_fwd"),
    "Total Length of Bwd Packet": _plain("payload_bytes_rev"),
    **_lengths("Fwd Packet Length", "fwd", ("Max", "Min", "Mean", "Std")),
    **_lengths("Bwd Packet Length", "rev", ("Max", "Min", "Mean", "Std")),
    "Flow Bytes/s": _rate("payload_bytes_total"),
    "Flow Packets/s": _rate("packets_total"),
    **_gaps("Flow", "total"),
    "Fwd IAT Total": _total_gap("fwd"),
    **_gaps("Fwd", "fwd"),
    "Bwd IAT Total": _total_gap("rev"),
    **_gaps("Bwd", "rev"),
    "Fwd PSH Flags": _plain("psh_fwd"),
    "Bwd PSH Flags": _plain("psh_rev"),
    "Fwd URG Flags": _plain("urg_fwd"),
    "Bwd URG Flags": _plain("urg_rev"),
    "Fwd Header Length": _plain("header_bytes_fwd"),
    "Bwd Header Length": _plain("header_bytes_rev"),
    "Fwd Packets/s": _rate("packets_fwd"),
    "Bwd Packets/s": _rate("packets_rev"),
    **_lengths("Packet Length", "total", ("Min", "Max", "Mean", "Std")),
    "Packet Length Variance": Derived(lambda flows: flows._frame.values("payload_std_total") ** 2),
    **{
        f"{flag} Flag Count": _plain(f"{flag.lower()}_total") for flag in ("FIN", "SYN", "RST", "PSH", "ACK", "URG", "CWR", "ECE")
    },
    "Down/Up Ratio": _quotient(_of("packets_rev"), _of("packets_fwd")),
    "Average Packet Size": _plain("payload_mean_total"),
    "Fwd Segment Size Avg": _plain("payload_mean_fwd"),
    "Bwd Segment Size Avg": _plain("payload_mean_rev"),
    **_bulk("fwd"),
    **_bulk("rev"),
    **_subflow("fwd"),
    **_subflow("rev"),
    "FWD Init Win Bytes": _plain("window_fwd"),
    "Bwd Init Win Bytes": _plain("window_rev"),
    "Fwd Act Data Pkts": _plain("data_packets_fwd"),
    "Fwd Seg Size Min": _plain("header_min_fwd"),
    **{f"Active {stat}": _microseconds(f"active_{name}") for stat, name in STATS.items()},
    **{f"Idle {stat}": _microseconds(f"idle_{name}") for stat, name in STATS.items()},
    "Label": constant("NeedManualLabel", object),
}
