#!/usr/bin/env python3
"""Record lab.pcap, lab.labels.csv and lab-small.pcapng: a small network, its ordinary traffic and known attacks.

    sudo python3 record_lab.py [--install] [--out FOLDER]

The network (lab_network.py) is a handful of network namespaces on this machine. No namespace is connected to
the machine's own interfaces, so no packet can leave it, and every program that makes traffic is bounded in
packets or in time. Needs root, Linux and the Debian packages named in PACKAGES (`--install`
installs those that are missing). Takes five minutes. Whatever it started is stopped and removed at the end,
also after an error or Ctrl-C; what an earlier, killed run left behind is removed at the start.

tcpdump listens on the bridge itself, so every frame is seen exactly once. README.md beside this file has the
picture, the hosts and the timeline.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import lab_labels
from lab_network import (
    ATTACKER,
    BEACON_TARGET,
    BRIDGE,
    CAM,
    DNS,
    GW,
    HOSTS,
    OUTSIDE,
    PC1,
    PC2,
    PC3,
    RECORDER,
    WEB,
    WWW_OUTSIDE,
    Host,
    build_bridge,
    build_outside,
    cleanup,
    do,
    plug_in,
    set_sysctl,
    sh,
    spoof_sources,
    start,
    start_servers,
)

HERE = Path(__file__).resolve().parent
DURATION = 285.0  # seconds from the first packet to the end

# program -> Debian package
PACKAGES = {
    "ip": "iproute2",
    "ethtool": "ethtool",
    "nft": "nftables",
    "tcpdump": "tcpdump",
    "tshark": "tshark",
    "dumpcap": "wireshark-common",
    "nginx": "nginx-light",
    "openssl": "openssl",
    "dnsmasq": "dnsmasq-base",
    "dig": "bind9-dnsutils",
    "curl": "curl",
    "socat": "socat",
    "iperf3": "iperf3",
    "ping": "iputils-ping",
    "traceroute": "traceroute",
    "nmap": "nmap",
    "fping": "fping",
    "hping3": "hping3",
    "arpspoof": "dsniff",
}

stopping = threading.Event()
runs: dict[str, tuple[float, float]] = {}  # label kind -> when its command ran, as seconds since 1970
clock_zero = 0.0


def at(second: float) -> None:
    """Sleep until `second` of the recording."""
    ahead = clock_zero + second - time.time()
    if ahead < 0:
        print(f"  {-ahead:.1f} s late for second {second}", flush=True)
    elif stopping.wait(ahead):
        raise SystemExit("stopped")


@contextmanager
def logged(kind: str):
    """Remember when the commands of one label ran."""
    print(f"  {time.time() - clock_zero:6.1f} s  {kind}", flush=True)
    begin = time.time()
    yield
    runs[kind] = (begin, time.time())


# ---------------------------------------------------------------- ordinary traffic

WWW, NET = "http://www.lab.example", "http://www.example.net"


def curl(host: Host, *arguments: object) -> None:
    do(host, "curl", "-s", "-m", "8", *arguments)


def fetch(host: Host, *urls: str, options: tuple[str, ...] = ()) -> None:
    """Fetch URLs one after the other over one connection."""
    words: list[str] = []
    for url in urls:
        words += ["-o", "/dev/null", url]
    curl(host, *options, *words)


def ordinary_actions(host: Host, chance: random.Random):
    """(how often, what): what an office host does when it does something."""
    family = chance.choice(["-4", "-4", "-6"])

    def dig(*words: str):
        return lambda: do(host, "dig", "+tries=1", "+time=2", *words)

    return [
        (5, lambda: fetch(host, f"{WWW}/", options=(family,))),
        (3, lambda: fetch(host, f"{WWW}/", f"{WWW}/style.css", f"{WWW}/font.woff2", options=(family,))),
        (3, lambda: fetch(host, f"{WWW}/news.html", f"{WWW}/favicon.ico", options=(family,))),
        (2, lambda: fetch(host, f"{WWW}/gone-{chance.randrange(20)}.html", options=(family,))),
        (2, lambda: fetch(host, "https://www.lab.example/news.html", options=(family, "-k"))),
        (2, lambda: fetch(host, f"{NET}/", options=("-4",))),
        (1, lambda: fetch(host, f"{WWW}/form", options=(family, "-d", "name=lab&choice=column"))),
        (1, lambda: fetch(host, f"{WWW}/report.txt", options=(family, "-I"))),
        (1, dig("+noall", chance.choice(["www", "pc1", "pc2", "gw"]) + ".lab.example", "A")),
        (1, dig("www.lab.example", "AAAA")),
        (1, dig("lab.example", "MX")),
        (1, dig("lab.example", "TXT", "+tcp")),
        (1, dig("-x", chance.choice([WEB, DNS, PC2]).ipv4)),
        (1, dig("-x", WEB.ipv6, "+tcp")),
        (1, dig("_http._tcp.lab.example", "SRV")),
        (2, dig(f"no-such-host-{chance.randrange(50)}.lab.example", "A")),
        (1, dig("intranet.lab.example", "A", "+nocookie", "+noedns")),
        (1, lambda: do(host, "ping", "-c", "2", "-i", "0.4", chance.choice([GW, WEB, DNS]).ipv4)),
        (1, lambda: do(host, "ping", "-6", "-c", "2", "-i", "0.4", chance.choice([GW, WEB, DNS]).ipv6)),
    ]


def office_host(host: Host, every: float, seed: int) -> None:
    """One action every so many seconds, give or take a third, until the end."""
    chance = random.Random(seed)
    while not stopping.wait(every * chance.uniform(0.67, 1.33)):
        actions = ordinary_actions(host, chance)
        chance.choices([a for _, a in actions], [w for w, _ in actions])[0]()


def beacon(seed: int) -> None:
    """The infected pc3 asks its master for a task every five seconds, give or take a fifth of a second."""
    chance = random.Random(seed)
    tick = time.time() + 2
    while not stopping.wait(max(0.0, tick + chance.uniform(-0.2, 0.2) - time.time())):
        fetch(PC3, f"http://{BEACON_TARGET}/task", options=("-A", "updater/1.0"))
        tick += 5


def camera_recorder() -> None:
    """In VLAN 30: a picture every six seconds, alternately over IPv4 and IPv6, and a ping now and then."""
    count = 0
    while not stopping.wait(6):
        count += 1
        address = CAM.ipv4 if count % 2 else f"[{CAM.ipv6}]"
        fetch(RECORDER, f"http://{address}/snapshot.raw")
        if count % 4 == 0:
            do(RECORDER, "ping", "-c", "1", CAM.ipv4)


def long_session() -> None:
    """One quiet TCP connection, open nearly all the time: a line every seven seconds, echoed."""
    session = start(PC2, "socat", "-", f"TCP:{WEB.ipv4}:7007", stdin=subprocess.PIPE)
    count = 0
    while not stopping.wait(7):
        count += 1
        session.stdin.write(f"line {count}\n".encode())
        session.stdin.flush()
    session.stdin.close()
    session.wait(5)


# ---------------------------------------------------------------- the timeline


def small_capture(target: Path) -> subprocess.Popen:
    """Two interfaces, nanoseconds, pcapng: the ports of pc1 and of the camera."""
    limits = ["-a", "duration:11", "-a", "filesize:97"]
    return start(BRIDGE, "dumpcap", "-q", "-n", "-i", "pc1", "-i", "cam", *limits, "-w", target)


def ordinary_extras(small: Path) -> None:
    at(12)
    with logged("large_download"):
        fetch(PC1, f"{WWW}/report.txt", options=("-4",))
        fetch(PC2, f"{WWW}/report.txt", options=("-6", "--limit-rate", "40K"))
        fetch(PC3, f"{NET}/archive.bin", options=("-4",))
    at(20)
    with logged("iperf_tcp"):
        do(PC1, "iperf3", "-c", WEB.ipv4, "-n", "200K", "-l", "8K", "-b", "2M", timeout=15)
    at(25)
    with logged("iperf_udp"):
        do(PC2, "iperf3", "-c", WEB.ipv4, "-u", "-b", "400K", "-l", "1000", "-t", "2", timeout=15)
    at(30)
    with logged("iperf_udp_fragments"):
        do(PC3, "iperf3", "-6", "-c", WEB.ipv6, "-u", "-b", "100K", "-l", "2500", "-t", "1", timeout=15)
    at(35)
    dumpcap = small_capture(small)
    at(37)
    for host, device in ((PC1, "eth0"), (RECORDER, "tagged")):  # ask for the neighbours again, with ARP and NDP
        do(host, "ip", "neigh", "flush", "dev", device)
    fetch(PC1, f"{WWW}/", options=("-4",))
    fetch(PC1, f"{WWW}/", f"{WWW}/favicon.ico", options=("-6",))
    do(PC1, "ping", "-c", "2", "-i", "0.3", WEB.ipv4)
    do(PC1, "ping", "-6", "-c", "2", "-i", "0.3", WEB.ipv6)
    with logged("ping_fragments"):
        do(PC1, "ping", "-c", "2", "-i", "0.4", "-s", "4000", WEB.ipv4)
        do(PC1, "ping", "-6", "-c", "2", "-i", "0.4", "-s", "4000", WEB.ipv6)
    do(PC1, "dig", "lab.example", "TXT", "+tcp")
    fetch(PC1, f"http://{WEB.ipv4}:8080/")  # nobody listens there: refused
    do(RECORDER, "ping", "-c", "2", "-i", "0.3", CAM.ipv4)
    do(RECORDER, "ping", "-6", "-c", "2", "-i", "0.3", CAM.ipv6)
    do(CAM, "ping", "-c", "1", "-s", "3000", RECORDER.ipv4)
    dumpcap.wait(30)
    at(50)
    with logged("traceroute"):
        do(PC2, "traceroute", "-n", "-q", "2", "-w", "1", WWW_OUTSIDE)


def attacks() -> None:
    def nmap(*words: object) -> None:
        do(ATTACKER, "nmap", "-n", *words, timeout=25)

    at(60)
    with logged("arp_sweep"):
        nmap("-sn", "-PR", "--max-rate", "120", "10.20.0.0/24")
    at(70)
    with logged("icmp_sweep"):
        do(ATTACKER, "fping", "-q", "-r", "0", "-i", "15", "-g", OUTSIDE, timeout=15)
    at(80)
    with logged("syn_scan"):
        nmap("-sS", "-Pn", "--top-ports", "1000", "--max-rate", "180", "--max-retries", "1", WEB.ipv4)
    at(93)
    with logged("syn_scan_ipv6"):
        nmap("-6", "-sS", "-Pn", "--top-ports", "200", "--max-rate", "100", "--max-retries", "1", WEB.ipv6)
    at(103)
    with logged("connect_scan"):
        nmap("-sT", "-Pn", "--top-ports", "400", "--max-rate", "100", "--max-retries", "1", WEB.ipv4)
    at(115)
    with logged("fin_scan"):
        nmap("-sF", "-Pn", "--top-ports", "200", "--max-rate", "60", "--max-retries", "1", WEB.ipv4)
    at(125)
    with logged("null_scan"):
        nmap("-sN", "-Pn", "--top-ports", "200", "--max-rate", "60", "--max-retries", "1", WEB.ipv4)
    at(135)
    with logged("xmas_scan"):
        nmap("-sX", "-Pn", "--top-ports", "200", "--max-rate", "60", "--max-retries", "1", WEB.ipv4)
    at(145)
    with logged("udp_scan"):
        nmap("-sU", "-Pn", "--top-ports", "40", "--min-rate", "10", "--max-rate", "15", "--max-retries", "1", WEB.ipv4)
    at(165)
    with logged("port_sweep"):
        nmap("-sS", "-Pn", "-p", "445", "--max-rate", "50", "--max-retries", "0", OUTSIDE)
    at(180)
    with logged("syn_flood"):
        do(ATTACKER, "hping3", "-q", "-S", "-p", "80", "--rand-source", "-i", "u1000", "-c", "4000", WEB.ipv4,
           timeout=20)  # fmt: skip
    at(203)
    with logged("icmp_flood"):
        do(ATTACKER, "hping3", "-q", "-1", "-d", "56", "-i", "u1000", "-c", "2500", WEB.ipv4, timeout=20)
    at(221)
    with logged("udp_flood"):
        do(ATTACKER, "hping3", "-q", "-2", "-s", "40000", "-p", "7000", "-d", "64", "-i", "u1000", "-c", "3000",
           WEB.ipv4, timeout=20)  # fmt: skip
    at(240)
    with logged("arp_spoof"):
        arp_spoof()


def arp_spoof() -> None:
    """For twelve seconds the attacker stands between pc2 and the gateway and passes on what comes."""
    set_sysctl(ATTACKER.name, net__ipv4__ip_forward=1, net__ipv4__conf__all__send_redirects=0,
               net__ipv4__conf__eth0__send_redirects=0)  # fmt: skip
    spoofer = start(ATTACKER, "arpspoof", "-i", "eth0", "-t", PC2.ipv4, "-r", GW.ipv4)
    time.sleep(3)
    for _ in range(3):
        fetch(PC2, f"{NET}/", options=("-4",))
        do(PC2, "ping", "-c", "1", WWW_OUTSIDE)
        time.sleep(2)
    spoofer.send_signal(signal.SIGINT)  # tells both their true neighbours again, over some seconds
    spoofer.wait(20)


def record(folder: Path) -> tuple[Path, Path]:
    global clock_zero
    capture, small = folder / "lab.pcap", folder / "lab-small.pcapng"
    build_bridge()
    tcpdump = start(BRIDGE, "tcpdump", "-i", "br0", "-s", "0", "-B", "16384", "-U", "-Z", "root", "-w", capture,
                    stderr=subprocess.PIPE, text=True)  # fmt: skip
    time.sleep(1.5)
    clock_zero = time.time()
    for host in HOSTS:
        plug_in(host)
    build_outside()
    spoof_sources()
    start_servers(folder)
    at(7)  # duplicate address detection is over, the servers listen
    everyday = [
        (office_host, PC1, 2.1, 101), (office_host, PC2, 2.9, 102), (office_host, PC3, 3.7, 103),
        (beacon, 7), (camera_recorder,), (long_session,),
    ]  # fmt: skip
    threads = [threading.Thread(target=job, args=words, daemon=True) for job, *words in everyday]
    for thread in threads:
        thread.start()
    ordinary_extras(small)
    attacks()
    at(DURATION)
    stopping.set()
    for thread in threads:
        thread.join(20)
    time.sleep(2)  # what is still in the kernel's buffer reaches tcpdump
    tcpdump.send_signal(signal.SIGINT)
    said = tcpdump.communicate(timeout=20)[1]
    if "\n0 packets dropped by kernel" not in said:
        raise SystemExit(f"tcpdump lost packets:\n{said}")
    return capture, small


def without_machine(pcapng: bytes) -> bytes:
    """The same pcapng without the options that name the recording machine's hardware and kernel."""
    section, interface, end_of_options = 0x0A0D0D0A, 1, 0
    unwanted = {section: {2, 3}, interface: {12}}  # shb_hardware, shb_os; if_os
    fixed_length = {section: 24, interface: 16}
    out, at_byte = [], 0
    while at_byte < len(pcapng):
        kind, length = struct.unpack_from("<II", pcapng, at_byte)
        block = pcapng[at_byte : at_byte + length]
        if kind in unwanted:
            here = fixed_length[kind]
            kept = block[8:here]
            while here < length - 4:
                code, size = struct.unpack_from("<HH", block, here)
                padded = 4 + (size + 3) // 4 * 4
                if code not in unwanted[kind]:
                    kept += block[here : here + padded]
                here += padded
                if code == end_of_options:
                    break
            total = struct.pack("<I", len(kept) + 12)
            block = block[:4] + total + kept + total
        out.append(block)
        at_byte += length
    return b"".join(out)


# ---------------------------------------------------------------- the command


def missing_packages() -> list[str]:
    search = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    return sorted({package for program, package in PACKAGES.items() if not shutil.which(program, path=search)})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--install", action="store_true", help="install the missing Debian packages first")
    parser.add_argument("--out", type=Path, default=HERE, help="folder for the three files (default: beside this file)")
    options = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("record_lab.py makes network namespaces and needs root")
    missing = missing_packages()
    if missing and options.install:
        os.environ["DEBIAN_FRONTEND"] = "noninteractive"
        sh("apt-get", "update")
        sh("apt-get", "install", "-y", "--no-install-recommends", *missing)
        if "nginx-light" in missing:  # its package may start a server of the machine
            sh("service", "nginx", "stop", check=False)
    elif missing:
        sys.exit(f"missing Debian packages (or run again with --install): {' '.join(missing)}")

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit("stopped"))
    cleanup()
    with tempfile.TemporaryDirectory(prefix="pflab-") as name:
        folder = Path(name)
        try:
            print(f"recording for {DURATION:.0f} seconds", flush=True)
            capture, small = record(folder)
        finally:
            stopping.set()
            cleanup()
        small.write_bytes(without_machine(small.read_bytes()))
        lab_labels.write(capture, folder / "lab.labels.csv", runs)
        for file in (capture, small, folder / "lab.labels.csv"):
            target = options.out / file.name
            shutil.copyfile(file, target)
            target.chmod(0o644)
            print(f"{target.name}: {target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
