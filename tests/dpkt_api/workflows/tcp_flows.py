"""Ends and flags of every TCP segment over IPv4."""

import sys

import dpkt

with open(sys.argv[1], "rb") as file:
    for _, data in dpkt.pcap.Reader(file):
        eth = dpkt.ethernet.Ethernet(data)
        if isinstance(eth.data, dpkt.ip.IP):
            ip = eth.data
            if isinstance(ip.data, dpkt.tcp.TCP):
                tcp = ip.data
                print(f"{ip.src}:{tcp.sport} to {ip.dst}:{tcp.dport}, flags {tcp.flags}")
