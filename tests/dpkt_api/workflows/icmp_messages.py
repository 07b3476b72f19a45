"""Type and code of every ICMP message; with --describe as second argument, what they mean.

dpkt has no table of descriptions: without one, every message is unknown.
"""

import sys

import dpkt

descriptions = getattr(dpkt.icmp, "ICMP_TYPE_DESCRIPTIONS", {})
with open(sys.argv[1], "rb") as file:
    for _, data in dpkt.pcap.Reader(file):
        eth = dpkt.ethernet.Ethernet(data)
        if isinstance(eth.data, dpkt.ip.IP):
            ip = eth.data
            if isinstance(ip.data, dpkt.icmp.ICMP):
                icmp = ip.data
                line = f"type {icmp.type}, code {icmp.code}, {type(icmp.data).__name__}"
                if "--describe" in sys.argv[2:]:
                    line += ": " + descriptions.get((icmp.type, icmp.code), "unknown")
                print(line)
