#!/usr/bin/env python3
"""Which alerts do captures of ordinary traffic raise? python3 tools/false_alarms.py FOLDER

FOLDER holds captures by others, a folder for each of their projects (see `BENIGN`). Printed are the alerts of high severity, how
many captures raise each kind and severity, and in the last line how many of them raise an alert of high severity.
"""

from __future__ import annotations

import collections
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pcapframe as pf
from pcapframe import detect

#: Projects whose captures are of ordinary traffic, most of them of one application each.
BENIGN = ("ntop+nDPI", "chrissanders+packets", "nokia+pcaptoparquet", "FoxIO-LLC+ja4")
#: Captures among them that hold an attack, by their names and descriptions, and what of it a detector has to find.
ATTACKS = {
    "ntop+nDPI/**/synscan.pcap": "port_scan",
    "ntop+nDPI/**/icmp-tunnel.pcap": "icmp_tunnel",
    "chrissanders+packets/**/synscan.pcapng": "port_scan",
    "chrissanders+packets/**/activeosfingerprinting.pcapng": "illegal_flags",
    "StopDDoS+packet-captures/pkt.TCP.synflood.spoofed.pcap": "syn_flood",
    "StopDDoS+packet-captures/pkt.TCP.DOMINATE.syn.ecn.cwr.pcapng": "syn_flood",
    "StopDDoS+packet-captures/amp.TCP.reflection.SYNACK.pcap": "tcp_reflection",
    "StopDDoS+packet-captures/amp.UDP.bacnet.IOT.37810.pcapng": "amplification",
    "StopDDoS+packet-captures/amp.UDP.isakmp.pcap": "amplification",
    "StopDDoS+packet-captures/amp.UDP.snmp.src161.pcapng": "amplification",
    "StopDDoS+packet-captures/amp.dns.RRSIG.fragmented.pcap": "amplification",
    "stratosphereips+StratosphereLinuxIPS/dataset/test12-icmp-portscan.pcap": "ping_sweep",
    "stratosphereips+StratosphereLinuxIPS/dataset/test-cc/test-cc-capture-1.pcap": "beaconing",
    "stratosphereips+StratosphereLinuxIPS/dataset/test-cc/test-cc-capture-2.pcap": "beaconing",
    "stratosphereips+StratosphereLinuxIPS/dataset/test7-malicious.pcap": "port_scan",
    "stratosphereips+StratosphereLinuxIPS/dataset/test8-malicious.pcap": "arp_sweep",
}


def find(folder: Path, pattern: str) -> Path | None:
    """The capture of an attack; None if it is not there."""
    return next(iter(sorted(folder.glob(pattern))), None)


def alerts_of(path: Path) -> detect.Alerts | None:
    """All alerts of a capture; None if the file is none or has no packet."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            cap = pf.read_pcap(path, columns="all")
        except (pf.PcapframeError, OSError):
            return None
        return detect.all(cap) if len(cap) else None


def benign(folder: Path) -> Iterator[tuple[Path, detect.Alerts]]:
    """Captures of ordinary traffic and their alerts."""
    attacks = {find(folder, pattern) for pattern in ATTACKS}
    for project in BENIGN:
        for path in sorted((folder / project).rglob("*")):
            if path.is_file() and path not in attacks:
                alerts = alerts_of(path)
                if alerts is not None:
                    yield path, alerts


def main() -> None:
    """List them."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = Path(sys.argv[1])
    captures, serious = 0, []
    kinds: collections.Counter[tuple[str, str]] = collections.Counter()
    for path, alerts in benign(folder):
        captures += 1
        kinds.update({(alert.kind, str(alert.severity)) for alert in alerts})
        for alert in alerts.at_least("high"):
            print(f"{path.relative_to(folder)}: {alert}")
        serious += [path] if alerts.at_least("high") else []
    for (kind, severity), count in sorted(kinds.items()):
        print(f"{severity:8}  {kind:16}{count:5} captures")
    print(f"{len(serious)} of {captures} captures raise an alert of high severity ({len(serious) / max(captures, 1):.2%})")


if __name__ == "__main__":
    main()
