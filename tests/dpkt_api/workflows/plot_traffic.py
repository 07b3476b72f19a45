"""Bytes of TCP and of UDP over time, drawn; saved where a second argument says so."""

import sys

import matplotlib as mpl

mpl.use("Agg")
import dpkt
import matplotlib.pyplot as plt

times, tcp_bytes, udp_bytes = [], [], []
with open(sys.argv[1], "rb") as file:
    for timestamp, data in dpkt.pcap.Reader(file):
        eth = dpkt.ethernet.Ethernet(data)
        if isinstance(eth.data, dpkt.ip.IP):
            ip = eth.data
            if isinstance(ip.data, (dpkt.tcp.TCP, dpkt.udp.UDP)):
                times.append(timestamp)
                is_tcp = isinstance(ip.data, dpkt.tcp.TCP)
                tcp_bytes.append(len(data) if is_tcp else 0)
                udp_bytes.append(0 if is_tcp else len(data))

figure, axes = plt.subplots()
axes.plot(times, tcp_bytes, label="TCP")
axes.plot(times, udp_bytes, label="UDP")
axes.set_xlabel("seconds since 1970")
axes.set_ylabel("bytes")
axes.legend()
for line in axes.get_lines():
    x, y = line.get_data()
    print(line.get_label(), len(x), [float(v) for v in x[:3]], [float(v) for v in x[-3:]], int(sum(y)), hash(tuple(y.tolist())))
if len(sys.argv) > 2:
    figure.savefig(sys.argv[2])
plt.close(figure)
