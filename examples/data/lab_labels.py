#!/usr/bin/env python3
"""The labels of lab.pcap: who did what, and when. `python3 lab_labels.py` checks them with tshark.

Every label is a Wireshark display filter that holds no time. Its first and last packet and its count are
measured over the whole capture, so a label also says that there is nothing of the kind outside its seconds.
`not icmp` keeps out the ICMP errors, which quote the packet they answer: filters look into the quotation too.
"""

from __future__ import annotations

import csv
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import lab_network as lab

HERE = Path(__file__).resolve().parent
COLUMNS = ["kind", "class", "source", "target", "first_seen", "last_seen", "packets", "filter", "note"]

WEB, WEB6, DNS, GW = lab.WEB.ipv4, lab.WEB.ipv6, lab.DNS.ipv4, lab.GW.ipv4
ATTACKER, ATTACKER6, ATTACKER_MAC = lab.ATTACKER.ipv4, lab.ATTACKER.ipv6, lab.ATTACKER.mac
PC1, PC2, PC3 = lab.PC1.ipv4, lab.PC2.ipv4, lab.PC3.ipv4
PC1_6, PC2_6, PC3_6 = lab.PC1.ipv6, lab.PC2.ipv6, lab.PC3.ipv6
CAM, REC = lab.CAM.ipv4, lab.RECORDER.ipv4
OUTSIDE, WWW_OUTSIDE, BEACON_TARGET, SPOOFED = lab.OUTSIDE, lab.WWW_OUTSIDE, lab.BEACON_TARGET, lab.SPOOFED

SCAN = f"ip.src == {ATTACKER} and ip.dst == {WEB}"

# kind, class, source, target, filter, note
LABELS = [
    ("arp_sweep", "attack", ATTACKER, "10.20.0.0/24",
     f"arp.opcode == 1 and eth.src == {ATTACKER_MAC} and not arp.dst.proto_ipv4 in {{{GW}, {WEB}, {PC2}}}",
     "nmap -sn -PR; packets: requests for addresses the attacker has no other business with"),
    ("icmp_sweep", "attack", ATTACKER, OUTSIDE,
     f"ip.src == {ATTACKER} and ip.dst == {OUTSIDE} and icmp.type == 8",
     "fping over the whole network; two hosts answer"),
    ("syn_scan", "attack", ATTACKER, WEB,
     f"{SCAN} and tcp.flags == 0x002 and tcp.window_size_value == 1024",
     "nmap -sS of the 1000 most usual ports; packets: the SYNs"),
    ("syn_scan_ipv6", "attack", ATTACKER6, WEB6,
     f"ipv6.src == {ATTACKER6} and ipv6.dst == {WEB6} and tcp.flags == 0x002",
     "nmap -6 -sS of 200 ports; packets: the SYNs"),
    ("connect_scan", "attack", ATTACKER, WEB,
     f"{SCAN} and tcp.flags == 0x002 and tcp.window_size_value != 1024",
     "nmap -sT of 400 ports; packets: the SYNs, written by the attacker's kernel"),
    ("fin_scan", "attack", ATTACKER, WEB, f"{SCAN} and tcp.flags == 0x001", "nmap -sF of 200 ports"),
    ("null_scan", "attack", ATTACKER, WEB, f"{SCAN} and tcp.flags == 0x000", "nmap -sN of 200 ports"),
    ("xmas_scan", "attack", ATTACKER, WEB, f"{SCAN} and tcp.flags == 0x029", "nmap -sX of 200 ports (FIN, PSH, URG)"),
    ("udp_scan", "attack", ATTACKER, WEB, f"{SCAN} and udp and not icmp and udp.dstport != 7000",
     "nmap -sU of 40 ports; the ICMP answers are rate limited by the target"),
    ("port_sweep", "attack", ATTACKER, OUTSIDE,
     f"ip.src == {ATTACKER} and ip.dst == {OUTSIDE} and tcp.flags == 0x002 and tcp.dstport == 445",
     "nmap -sS of port 445 on every address, a few twice; two refuse, the others are silent"),
    ("syn_flood", "attack", SPOOFED, WEB,
     f"ip.src == {SPOOFED} and ip.dst == {WEB} and tcp.flags == 0x002",
     f"hping3 with lying sources, sent by {ATTACKER} ({ATTACKER_MAC}); the SYN-ACKs to them go on for some seconds"),
    ("icmp_flood", "attack", ATTACKER, WEB, f"{SCAN} and icmp.type == 8", "hping3 -1; every request is answered"),
    ("udp_flood", "attack", ATTACKER, WEB, f"{SCAN} and udp.dstport == 7000 and not icmp",
     "hping3 -2 to one closed port"),
    ("arp_spoof", "attack", ATTACKER, PC2,
     f"arp.opcode == 2 and eth.src == {ATTACKER_MAC} and arp.src.hw_mac == {ATTACKER_MAC} "
     f"and arp.src.proto_ipv4 in {{{GW}, {PC2}}}",
     f"arpspoof: tells {PC2} to be {GW} and {GW} to be {PC2}; true replies end it and are not counted"),
    ("arp_spoof_relay", "attack", PC2, WWW_OUTSIDE,
     f"ip.src == {PC2} and ip.dst == {OUTSIDE} and eth.src == {ATTACKER_MAC}",
     "what pc2 sent outside, passed on by the attacker: these packets are in the capture twice"),
    ("beacon", "attack", PC3, BEACON_TARGET,
     f"ip.src == {PC3} and ip.dst == {BEACON_TARGET} and tcp.flags == 0x002",
     "one HTTP request every 5 s with 0.2 s of jitter, all through; packets: the SYNs"),
    ("web_browsing", "benign", PC1, WEB, f"ip.src == {PC1} and ip.dst == {WEB} and tcp.dstport in {{80, 443}}",
     "office host, an action every 2.1 s on average"),
    ("web_browsing", "benign", PC2, WEB, f"ip.src == {PC2} and ip.dst == {WEB} and tcp.dstport in {{80, 443}}",
     "office host, an action every 2.9 s on average"),
    ("web_browsing", "benign", PC3, WEB, f"ip.src == {PC3} and ip.dst == {WEB} and tcp.dstport in {{80, 443}}",
     "office host, an action every 3.7 s on average; infected, see beacon"),
    ("web_browsing_ipv6", "benign", "fd00:20::/64", WEB6,
     f"ipv6.src in {{{PC1_6}, {PC2_6}, {PC3_6}}} and ipv6.dst == {WEB6} and tcp.dstport in {{80, 443}}",
     "the same hosts over IPv6"),
    ("dns_queries", "benign", "10.20.0.0/24", DNS, f"ip.dst == {DNS} and dns.flags.response == 0",
     "A, AAAA, MX, TXT, SRV, PTR, unknown names; some over TCP"),
    ("iperf_tcp", "benign", PC1, WEB, f"ip.src == {PC1} and ip.dst == {WEB} and tcp.dstport == 5201", "200 kB"),
    ("iperf_udp", "benign", PC2, WEB, f"ip.src == {PC2} and ip.dst == {WEB} and udp.dstport == 5201",
     "400 kbit/s for 2 s"),
    ("iperf_udp_fragments", "benign", PC3_6, WEB6,
     f"ipv6.src == {PC3_6} and ipv6.dst == {WEB6} and ipv6.fraghdr",
     "datagrams of 2500 bytes, two fragments each"),
    ("ping_fragments", "benign", PC1, WEB,
     f"ip.src == {PC1} and ip.dst == {WEB} and (ip.flags.mf == 1 or ip.frag_offset > 0)",
     "ping -s 4000; over IPv6 too, and both answered in fragments"),
    ("traceroute", "benign", PC2, WWW_OUTSIDE, f"ip.src == {PC2} and ip.dst == {WWW_OUTSIDE} and udp and not icmp",
     "traceroute over two routers, UDP probes with a TTL from 1"),
    ("camera", "benign", REC, CAM, f"vlan.id == 30 and ip.src == {REC} and ip.dst == {CAM}",
     "VLAN 30, the answers with priority 3; over IPv6 too"),
    ("long_session", "benign", PC2, WEB, f"ip.src == {PC2} and ip.dst == {WEB} and tcp.dstport == 7007",
     "one connection, a line every 7 s"),
]  # fmt: skip


def measure(capture: Path, display_filter: str) -> list[float]:
    """The times of the packets a display filter selects."""
    command = ["tshark", "-n", "-r", capture, "-Y", display_filter, "-T", "fields", "-e", "frame.time_epoch"]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [float(line) for line in out.split()]


def as_text(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def measured(capture: Path, label: tuple[str, ...]) -> tuple[dict[str, object], list[float]]:
    kind, group, source, target, display_filter, note = label
    times = measure(capture, display_filter)
    if not times:
        raise SystemExit(f"{kind} {source} {target}: no packet in the capture")
    values = [kind, group, source, target, as_text(min(times)), as_text(max(times)), len(times), display_filter, note]
    row = dict(zip(COLUMNS, values, strict=True))
    return row, times


def write(capture: Path, table: Path, runs: dict[str, tuple[float, float]]) -> None:
    """Measure every attack and every role; `runs` says when the command of an attack ran."""
    rows = []
    for label in LABELS:
        row, times = measured(capture, label)
        rows.append(row)
        kind = label[0]
        if label[1] == "attack" and kind in runs:
            begin, end = runs[kind]
            if min(times) < begin - 0.1 or max(times) > end + 0.5:
                print(f"WARNING: {kind}: packets outside its command ({as_text(begin)} to {as_text(end)})")
    with table.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def check(capture: Path, table: Path) -> list[str]:
    """What the table says and tshark does not."""
    with table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    wrong = []
    for row in rows:
        times = measure(capture, row["filter"])
        found = [as_text(min(times)), as_text(max(times)), str(len(times))] if times else ["", "", "0"]
        said = [row["first_seen"], row["last_seen"], row["packets"]]
        if found != said:
            wrong.append(f"{row['kind']} {row['source']} {row['target']}: table {said}, capture {found}")
    return wrong


if __name__ == "__main__":
    problems = check(HERE / "lab.pcap", HERE / "lab.labels.csv")
    print("\n".join(problems) or "lab.labels.csv agrees with lab.pcap")
    sys.exit(bool(problems))
