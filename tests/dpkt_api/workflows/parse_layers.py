"""From the frame through IP to TCP: who is inside, and what the fields say."""

import sys
from collections import Counter

import dpkt

stacks = Counter()
with open(sys.argv[1], "rb") as file:
    for number, (_, data) in enumerate(dpkt.pcap.Reader(file)):
        eth = dpkt.ethernet.Ethernet(data)
        stack = [type(eth).__name__]
        layer = eth.data
        while isinstance(layer, dpkt.Packet):
            stack.append(type(layer).__name__)
            layer = layer.data
        stacks["/".join(stack)] += 1
        if isinstance(eth.data, dpkt.ip.IP):
            ip = eth.data
            if isinstance(ip.data, dpkt.tcp.TCP):
                tcp = ip.data
                if number % 50 == 0:
                    print(number, dpkt.utils.mac_to_str(eth.src), dpkt.utils.inet_to_str(ip.src), ip.ttl, ip.id, ip.df, tcp.seq)
                    print(repr(tcp)[:200], dpkt.tcp.parse_opts(tcp.opts))
for stack, count in sorted(stacks.items()):
    print(count, stack)
