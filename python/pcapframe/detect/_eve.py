"""Alerts as Suricata's EVE JSON: events that its etc/schema.json accepts.

See https://docs.suricata.io/en/latest/output/eve/eve-json-format.html.
"""

from __future__ import annotations

import ipaddress
import json
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from ._alerts import Alert

#: Number and class of each kind; the classes are those of Suricata's classification.config. The numbers are in the range
#: that is left for local use.
SIGNATURES = {
    "port_scan": (1_900_001, "Detection of a Network Scan"),
    "ping_sweep": (1_900_002, "Detection of a Network Scan"),
    "arp_sweep": (1_900_003, "Detection of a Network Scan"),
    "syn_flood": (1_900_004, "Detection of a Denial of Service Attack"),
    "icmp_flood": (1_900_005, "Detection of a Denial of Service Attack"),
    "udp_flood": (1_900_006, "Detection of a Denial of Service Attack"),
    "amplification": (1_900_007, "Detection of a Denial of Service Attack"),
    "tcp_reflection": (1_900_008, "Detection of a Denial of Service Attack"),
    "volume_anomaly": (1_900_009, "Misc activity"),
    "new_service": (1_900_010, "Misc activity"),
    "beaconing": (1_900_011, "Malware Command and Control Activity Detected"),
    "arp_spoof": (1_900_012, "Potentially Bad Traffic"),
    "arp_flood": (1_900_013, "Potentially Bad Traffic"),
    "icmp_tunnel": (1_900_014, "A Network Trojan was detected"),
    "illegal_flags": (1_900_015, "Potentially Bad Traffic"),
}
OTHER = (1_900_000, "Misc activity")
GENERATOR = 1
REVISION = 1
# EVE's severities count down: 1 is the worst.
WORST = 4
LABELS = {1: "Informational", 2: "Minor", 3: "Major", 4: "Critical"}
PROTOCOLS = {"tcp": "TCP", "udp": "UDP"}


def event(alert: Alert) -> dict[str, Any]:
    """Return an alert as an event. What is not known, such as the one source of a flood from many, is left out."""
    number, category = SIGNATURES.get(alert.kind, OTHER)
    found: dict[str, Any] = {
        "timestamp": _time(alert.first_seen),
        "event_type": "alert",
        "alert": {
            "action": "allowed",
            "gid": GENERATOR,
            "signature_id": number,
            "rev": REVISION,
            "signature": f"pcapframe {alert.kind.replace('_', ' ')}",
            "category": category,
            "severity": WORST + 1 - int(alert.severity),
            "rule": alert.filter,
            "metadata": {
                "signature_severity": [LABELS[int(alert.severity)]],
                "tag": [alert.summary, *(f"{name}={value}" for name, value in alert.evidence.items())],
            },
        },
        "flow": {"start": _time(alert.first_seen), "end": _time(alert.last_seen), "pkts_toserver": alert.packets},
    }
    return found | _tuple(alert)


def _tuple(alert: Alert) -> dict[str, Any]:
    found: dict[str, Any] = {}
    match = alert.matches[0]
    addresses, ports = {"src_ip": alert.source, "dest_ip": alert.target}, {"src_port": match.sport, "dest_port": match.dport}
    found |= {name: text for name, text in addresses.items() if is_address(text)}
    found |= {name: port for name, port in ports.items() if port is not None}
    if match.kind in PROTOCOLS:
        found["proto"] = PROTOCOLS[match.kind]
    elif match.kind == "icmp":
        found["proto"] = "IPv6-ICMP" if ":" in (match.src or match.dst or "") else "ICMP"
    if match.eth_src is not None:
        found["ether"] = {"src_mac": match.eth_src}
    return found


def is_address(text: str) -> bool:
    """Whether a text is one IP address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _time(time: np.datetime64) -> str:
    return f"{np.datetime_as_string(time, unit='us')}+0000"


def line(alert: Alert) -> str:
    """Return the event as a line of a file."""
    return json.dumps(event(alert), allow_nan=False) + "\n"
