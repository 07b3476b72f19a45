"""A capture taken apart in a minute: what is in it, who talks, and which attacks show.

usage: python examples/demo.py      prints an analysis of examples/data/lab.pcap and writes plots to examples/plots/

The capture is a small office network with attacks at known times; examples/data/README.md tells its story.
"""

import csv
import os
from pathlib import Path

import matplotlib as mpl
import numpy as np

import pcapframe as pf
from pcapframe.plot import overlay_alerts

mpl.use("Agg")
# The paths below hold wherever this is started.
os.chdir(Path(__file__).resolve().parent.parent)
CAPTURE, LABELS, PLOTS = Path("examples/data/lab.pcap"), Path("examples/data/lab.labels.csv"), Path("examples/plots")


def heading(text):
    print(f"\n{text}\n{'-' * len(text)}")


heading("What the file holds")
cap = pf.read_pcap(CAPTURE)
print(cap.info)

heading("The first TCP packets")
first = cap.tcp.head(5)
for i, time in enumerate(first.timestamp):
    flags = pf.TcpFlag(int(first.tcp_flags[i])).name
    print(f"{time}  {first.src[i]}:{first.sport[i]} > {first.dst[i]}:{first.dport[i]}  {flags}")

heading("Packets and bytes of each protocol")
packets, sizes = (cap.timeline("1d", value=value).series for value in ("packets", "bytes"))
for name, counts in packets.items():
    print(f"{name:8}{counts.sum():>8,} packets{sizes[name].sum():>12,} bytes")

heading("Who sends most")
for address, count in list(cap.src.counts().items())[:5]:
    print(f"{address:16}{count:>8,} packets")

heading("TCP, minute by minute")
minutes = cap.tcp.timeline("1min", value="packets")
attempts = cap.tcp.timeline("1min", value="connections")
print("minute (UTC)      packets  attempts to connect")
for i, minute in enumerate(np.datetime_as_string(minutes.time, unit="m")):
    print(f"{minute}{minutes['TCP'][i]:>9,}{attempts['TCP'][i]:>21,}")

heading("SYN packets")
syn = (cap.tcp_flags & pf.TcpFlag.SYN) != 0
opens = syn & ((cap.tcp_flags & pf.TcpFlag.ACK) == 0)
print(f"{syn.sum():,} packets with SYN, {opens.sum():,} of them without ACK: attempts to connect")

heading("Who sends to more than 10 TCP ports")


def variety(addresses, values):
    """How many different values go with each address, most first: every pair counts once."""
    pairs = np.unique(np.stack([addresses.codes, values]), axis=1)
    counts = np.bincount(pairs[0], minlength=len(addresses.values))
    return {addresses.values[code]: int(counts[code]) for code in np.argsort(-counts) if counts[code]}


for which, part in {"any TCP packet": cap.tcp, "attempts to connect": cap[opens]}.items():
    print(f"{which}:", ", ".join(f"{src} ({ports})" for src, ports in variety(part.src, part.dport).items() if ports > 10))
print("The servers here answer to many ports of their clients, but open no connection: the second line has the scanners alone.")

heading("The labelled attacks under four simple rules")
usual = np.median(cap.timeline("1s", by=None, value="packets").total)
print("Of what the attack's sources sent while it lasted: more than 10 TCP ports, more than 10 hosts, more than 100 SYNs,")
print(f"more than ten times the {usual:.0f} packets a second that are usual here.\n")
print(f"{'attack':16}{'seconds':>8}{'ports':>7}{'hosts':>7}{'SYNs':>7}{'packets/s':>11}  stands out by")
for row in csv.DictReader(LABELS.read_text(encoding="utf-8").splitlines()):
    if row["class"] == "attack":
        begin, end = (np.datetime64(row[name].rstrip("Z")) for name in ("first_seen", "last_seen"))
        seconds = (end - begin) / np.timedelta64(1, "s")
        part = cap[(cap.timestamp >= begin) & (cap.timestamp <= end) & cap.src.isin(row["source"])]
        ports = max(variety(part.tcp.src, part.tcp.dport).values(), default=0)
        hosts = max(variety(part.src, part.dst.codes).values(), default=0)
        syns, rate = part.timeline("1d", by=None, value="connections").total.sum(), len(part) / seconds
        rules = {"ports": ports > 10, "hosts": hosts > 10, "SYNs": syns > 100, "rate": rate > 10 * usual}
        reasons = ", ".join(name for name, broken in rules.items() if broken) or "nothing"
        print(f"{row['kind']:16}{seconds:>8.1f}{ports:>7}{hosts:>7}{syns:>7}{rate:>11.1f}  {reasons}")

heading("Plots")
PLOTS.mkdir(exist_ok=True)
with_ports = cap[cap.dport > 0]
with LABELS.open(encoding="utf-8") as file:
    attacks = [row for row in csv.DictReader(file) if row["class"] == "attack"]
plots = {
    "traffic.png": (cap.plot.traffic(), "Traffic by protocol"),
    "ports.png": (with_ports.plot.traffic(by="dport", value="packets", top=5), "Packets by destination port"),
    "packet_sizes.png": (cap.plot.packet_sizes(), "Packet sizes"),
    "port_activity.png": (cap.plot.port_activity(), "Destination ports over time"),
    "connections.png": (cap.plot.connections(), "Packets between hosts"),
    "alerts.png": (overlay_alerts(cap.plot.tcp_flags(interval="1s"), attacks), "TCP flags and the labelled attacks"),
}
for name, (axes, title) in plots.items():
    axes.set_title(title)
    axes.figure.savefig(PLOTS / name, dpi=110)
    print((PLOTS / name).as_posix())
