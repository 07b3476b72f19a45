"""Packet sizes over time, drawn; saved where a second argument says so."""

import sys

import matplotlib as mpl

mpl.use("Agg")
import dpkt
import matplotlib.pyplot as plt

times, sizes = [], []
with open(sys.argv[1], "rb") as file:
    for timestamp, data in dpkt.pcap.Reader(file):
        times.append(timestamp)
        sizes.append(len(data))

figure, axes = plt.subplots()
axes.plot(times, sizes)
axes.set_xlabel("seconds since 1970")
axes.set_ylabel("bytes")
x, y = axes.get_lines()[0].get_data()
print(
    len(x), [float(v) for v in x[:3]], [float(v) for v in x[-3:]], hash(tuple(x.tolist())), int(sum(y)), hash(tuple(y.tolist()))
)
if len(sys.argv) > 2:
    figure.savefig(sys.argv[2])
plt.close(figure)
