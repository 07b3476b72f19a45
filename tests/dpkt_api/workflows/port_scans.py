"""Sources that send to many TCP ports."""

import sys

import dpkt

MANY = 10

ports_of = {}
with open(sys.argv[1], "rb") as file:
    for _, data in dpkt.pcap.Reader(file):
        eth = dpkt.ethernet.Ethernet(data)
        if isinstance(eth.data, dpkt.ip.IP):
            ip = eth.data
            if isinstance(ip.data, dpkt.tcp.TCP):
                ports_of.setdefault(ip.src, []).append(ip.data.dport)

for source, ports in ports_of.items():
    if len(set(ports)) > MANY:
        print(f"{source} tried {len(set(ports))} ports")
print(len(ports_of), "sources of TCP")
