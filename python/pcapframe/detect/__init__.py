"""Detectors of attacks and anomalies: each takes a capture and returns :class:`Alerts`.

>>> import pcapframe as pf
>>> alerts = pf.detect.all(pf.read_pcap("examples/data/lab.pcap"))
>>> len(alerts), len(alerts.at_least("high"))
(21, 13)

What each looks for, and where that comes from, is in its docstring and in docs/detection.md.
"""

from ._alerts import Alert, Alerts, Severity
from ._all import DETECTORS, all  # noqa: A004
from .amplification import amplification
from .arp_spoof import arp_spoof
from .beaconing import beaconing
from .icmp_flood import icmp_flood
from .icmp_tunnel import icmp_tunnel
from .illegal_flags import illegal_flags
from .new_service import new_service
from .ping_sweep import ping_sweep
from .port_scan import port_scan
from .syn_flood import syn_flood
from .udp_flood import udp_flood
from .volume_anomaly import volume_anomaly

__all__ = [
    "DETECTORS",
    "Alert",
    "Alerts",
    "Severity",
    "all",
    "amplification",
    "arp_spoof",
    "beaconing",
    "icmp_flood",
    "icmp_tunnel",
    "illegal_flags",
    "new_service",
    "ping_sweep",
    "port_scan",
    "syn_flood",
    "udp_flood",
    "volume_anomaly",
]
