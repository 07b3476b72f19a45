"""How many TCP segments ask for a connection."""

import sys

import dpkt

MANY = 100

syns = 0
with open(sys.argv[1], "rb") as file:
    for _, data in dpkt.pcap.Reader(file):
        eth = dpkt.ethernet.Ethernet(data)
        if isinstance(eth.data, dpkt.ip.IP) and isinstance(eth.data.data, dpkt.tcp.TCP):
            tcp = eth.data.data
            if tcp.flags & dpkt.tcp.TH_SYN:
                syns += 1
print("a flood:" if syns > MANY else "no flood:", syns, "segments with SYN")
