"""Zeek's conn.log, of Zeek 7: https://docs.zeek.org/en/master/scripts/base/protocols/conn/main.zeek.html."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ._derived import Derived, column

if TYPE_CHECKING:
    from ..flows import Flows

DIGITS = np.array(list("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"), dtype=object)
#: Site::private_address_space: what Zeek counts as local where nothing else is configured.
PRIVATE = [
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
    "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4", "255.255.255.255/32", "fc00::/7",
    "fe80::/10", "::/128", "::1/128", "2002:a00::/24", "2002:7f00::/24", "2002:ac10::/28", "2002:c0a8::/32",
]  # fmt: skip
PROTOCOLS = {1: "icmp", 6: "tcp", 17: "udp", 58: "icmp"}


def _uid(flows: Flows) -> NDArray[np.object_]:
    """Texts as Zeek's, by the number of the first packet and so unique in a capture."""
    numbers = flows.first_row.astype(np.uint64)
    text = np.full(len(flows), "C", dtype=object)
    for power in range(10, -1, -1):
        text = text + DIGITS[(numbers // np.uint64(62**power) % np.uint64(62)).astype(np.int64)]
    return text


def _proto(flows: Flows) -> NDArray[np.object_]:
    names = np.full(256, "unknown_transport", dtype=object)
    for number, name in PROTOCOLS.items():
        names[number] = name
    return names[flows.protocol]


def _local(name: str) -> Derived:
    return Derived(lambda flows: flows._core_column(name).isin(PRIVATE))


def _nothing(dtype: Any) -> Derived:
    return Derived(
        lambda flows: np.full(len(flows), "" if dtype is object else 0, dtype), lambda flows: np.zeros(len(flows), bool)
    )


COLUMNS: dict[str, Derived] = {
    "ts": column("first_seen"),
    "uid": Derived(_uid),
    "id.orig_h": column("src"),
    "id.orig_p": column("zeek_orig_p"),
    "id.resp_h": column("dst"),
    "id.resp_p": column("zeek_resp_p"),
    "proto": Derived(_proto),
    "service": _nothing(object),
    "duration": column("zeek_duration"),
    "orig_bytes": column("zeek_orig_bytes"),
    "resp_bytes": column("zeek_resp_bytes"),
    "conn_state": column("conn_state"),
    "local_orig": _local("src"),
    "local_resp": _local("dst"),
    "missed_bytes": _nothing(np.uint64),
    "history": column("history"),
    "orig_pkts": column("packets_fwd"),
    "orig_ip_bytes": column("ip_bytes_fwd"),
    "resp_pkts": column("packets_rev"),
    "resp_ip_bytes": column("ip_bytes_rev"),
    "tunnel_parents": _nothing(object),
    "ip_proto": column("protocol"),
}
