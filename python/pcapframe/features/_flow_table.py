"""★ The features of flows: each a row here, with what it means, its unit, and what it is made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..flows import GROUPS, KINDS
from ._groups import ratio
from ._tables import Table, numbers

#: States of connections whose handshake was seen, by Zeek's definitions.
ESTABLISHED = ("S1", "SF", "S2", "S3", "RSTO", "RSTR")
TCP, UDP, ICMP = (6,), (17,), (1, 58)


@dataclass(frozen=True)
class Feature:
    """A feature that is computed from columns of flows."""

    meaning: str
    unit: str
    needs: tuple[str, ...]
    make: Callable[[Table], NDArray[np.float64]]


def _quotient(part: str, whole: str, meaning: str, unit: str) -> Feature:
    return Feature(meaning, unit, (part, whole), lambda flows: ratio(numbers(flows, part), numbers(flows, whole)))


def _protocol(name: str, protocols: Sequence[int]) -> Feature:
    def make(flows: Table) -> NDArray[np.float64]:
        return np.isin(numbers(flows, "protocol"), protocols).astype(np.float64)

    return Feature(f"Whether the transport protocol is {name}.", "0 or 1", ("protocol",), make)


def _state(states: Sequence[str], meaning: str) -> Feature:
    def make(flows: Table) -> NDArray[np.float64]:
        is_tcp = np.isin(numbers(flows, "protocol"), TCP)
        return (is_tcp & flows.among("conn_state", states)).astype(np.float64)

    return Feature(meaning, "0 or 1", ("protocol", "conn_state"), make)


COMPUTED: dict[str, Feature] = {
    "packets_per_second": _quotient("packets_total", "duration", "`packets_total` / `duration`.", "1/s"),
    "bytes_per_second": _quotient("bytes_total", "duration", "`bytes_total` / `duration`.", "bytes/s"),
    "bytes_per_packet_fwd": _quotient("bytes_fwd", "packets_fwd", "`bytes_fwd` / `packets_fwd`.", "bytes"),
    "bytes_per_packet_rev": _quotient("bytes_rev", "packets_rev", "`bytes_rev` / `packets_rev`.", "bytes"),
    "packets_rev_share": _quotient("packets_rev", "packets_total", "`packets_rev` / `packets_total`.", "0 to 1"),
    "bytes_rev_share": _quotient("bytes_rev", "bytes_total", "`bytes_rev` / `bytes_total`.", "0 to 1"),
    "is_tcp": _protocol("TCP (6)", TCP),
    "is_udp": _protocol("UDP (17)", UDP),
    "is_icmp": _protocol("ICMP (1) or ICMPv6 (58)", ICMP),
    "established": _state(ESTABLISHED, "TCP with a handshake: `conn_state` is S1, SF, S2, S3, RSTO or RSTR."),
    "rejected": _state(("REJ",), "TCP whose SYN was answered by RST: `conn_state` is REJ."),
}

#: Columns of flows that are amounts and need no statistics.
AMOUNTS = (
    "duration", "packets_fwd", "packets_rev", "bytes_fwd", "bytes_rev", "payload_bytes_fwd", "payload_bytes_rev",
    "window_fwd", "window_rev", "handshake_rtt", "retransmitted_fwd", "retransmitted_rev", "out_of_order_fwd",
    "out_of_order_rev",
)  # fmt: skip
STATISTICS = tuple(name for name, group in GROUPS.items() if group == "statistics" and KINDS[name] != "datetime64[ns]")

DEFAULT = [*AMOUNTS, *COMPUTED]
ALL = [*DEFAULT, *STATISTICS]
