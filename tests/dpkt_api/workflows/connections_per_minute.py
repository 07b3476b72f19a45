"""TCP packets in each minute."""

import sys
import time
from collections import Counter

import dpkt

per_minute = Counter()
with open(sys.argv[1], "rb") as file:
    for timestamp, data in dpkt.pcap.Reader(file):
        minute = time.strftime("%Y-%m-%d %H:%M", time.gmtime(timestamp))
        eth = dpkt.ethernet.Ethernet(data)
        if isinstance(eth.data, dpkt.ip.IP) and isinstance(eth.data.data, dpkt.tcp.TCP):
            per_minute[minute] += 1
for minute, count in per_minute.items():
    print(minute, count)
