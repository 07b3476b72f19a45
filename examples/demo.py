"""A capture taken apart in seconds: what is in it, who talks, which connections there are, and which attacks show.

usage: python examples/demo.py      prints an analysis of examples/data/lab.pcap and writes plots to examples/plots/

The capture is a small office network with attacks at known times; examples/data/README.md tells its story.
"""

import csv
import os
from pathlib import Path

import matplotlib as mpl
import numpy as np

import pcapframe as pf

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

heading("Flows: both directions of what goes on between two ends")
flows = cap.flows()
tcp = flows[flows.protocol == 6]
print(f"{len(flows):,} flows of {flows.packets_total.sum():,} packets, {len(tcp):,} of them TCP connections. The largest:")
for i in np.argsort(flows.bytes_total)[:-6:-1]:
    ends = f"{flows.src[i]} > {flows.dst[i]}" + (f" port {flows.dport[i]}" if flows.dport[i] else "")
    print(f"{ends:40}{flows.bytes_total[i]:>9,} bytes in {flows.duration[i] / np.timedelta64(1, 's'):.1f} s")
states, counts = np.unique(tcp.conn_state.astype(str), return_counts=True)
print("\nWhat became of the connections, in Zeek's words:", ", ".join(f"{s} {n:,}" for s, n in zip(states, counts, strict=True)))
refused = tcp[np.isin(tcp.conn_state.astype(str), ["REJ", "S0"])]
print("Refused or not answered on more than 10 ports:", end=" ")
print(", ".join(f"{src} ({ports})" for src, ports in variety(refused.src, refused.dport).items() if ports > 10))

heading("Alerts")
alerts = pf.detect.all(cap)
for alert in alerts.at_least("medium"):
    print(f"{np.datetime_as_string(alert.first_seen, unit='s')[11:]}  {alert.severity!s:9} {alert.summary}")
scan = alerts.of_kind("port_scan")[0]
print(f"\nIn Wireshark, {scan.filter!r}\nshows the {scan.packets:,} packets of the first scan.")

heading("The labelled attacks, and the alerts that name their source at their time")
print(f"{'attack':18}{'seconds':>8}  found as")
with LABELS.open(encoding="utf-8", newline="") as file:
    attacks = [row for row in csv.DictReader(file) if row["class"] == "attack"]
for row in attacks:
    begin, end = (np.datetime64(row[name].rstrip("Z")) for name in ("first_seen", "last_seen"))
    there = [one for one in alerts if one.first_seen <= end and one.last_seen >= begin]
    kinds = sorted({one.kind for one in there if row["source"] in (one.source, *one.summary.replace(",", "").split())})
    print(f"{row['kind']:18}{(end - begin) / np.timedelta64(1, 's'):>8.1f}  {', '.join(kinds) or 'nothing'}")

heading("Plots")
PLOTS.mkdir(exist_ok=True)
plots = {
    "traffic.png": (cap.plot.traffic(), "Traffic by protocol"),
    "ports.png": (cap[cap.dport > 0].plot.traffic(by="dport", value="packets", top=5), "Packets by destination port"),
    "packet_sizes.png": (cap.plot.packet_sizes(), "Packet sizes"),
    "port_activity.png": (cap.plot.port_activity(), "Destination ports over time"),
    "connections.png": (cap.plot.connections(), "Packets between hosts"),
    "durations.png": (flows.plot.durations(), "How long flows last"),
    "gantt.png": (flows.plot.gantt(top=20), f"The 20 longest of {len(flows):,} flows"),
    "alerts.png": (pf.plot.overlay_alerts(cap.plot.tcp_flags(interval="1s"), alerts), "TCP flags and alerts"),
}
for name, (axes, title) in plots.items():
    axes.set_title(title)
    axes.figure.savefig(PLOTS / name, dpi=110)
    print((PLOTS / name).as_posix())
