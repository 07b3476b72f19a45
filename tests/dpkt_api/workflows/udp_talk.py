"""Who sends datagrams to whom."""

import sys

import dpkt

with open(sys.argv[1], "rb") as file:
    for _, data in dpkt.pcap.Reader(file):
        eth = dpkt.ethernet.Ethernet(data)
        if isinstance(eth.data, dpkt.ip.IP):
            ip = eth.data
            if isinstance(ip.data, dpkt.udp.UDP):
                udp = ip.data
                print(f"{ip.src}:{udp.sport} to {ip.dst}:{udp.dport}, {udp.ulen} bytes")
