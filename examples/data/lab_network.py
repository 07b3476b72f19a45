"""The laboratory: namespaces as hosts, one bridge, a gateway, what lies behind it, and the servers.

No namespace is connected to the machine's own interfaces, so no packet can leave them.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
PREFIX = "pflab-"  # of every namespace made here, and of nothing else


@dataclass(frozen=True)
class Host:
    """A namespace with one port on the bridge. The last number of both addresses is `number`."""

    name: str
    number: int
    vlan: int = 0  # 802.1Q tag, 0 for none
    priority: int = 0  # 802.1p priority in the tag

    @property
    def ipv4(self) -> str:
        return f"10.{self.vlan or 20}.0.{self.number}"

    @property
    def ipv6(self) -> str:
        return f"fd00:{self.vlan or 20}::{self.number}"

    @property
    def mac(self) -> str:
        return f"02:00:0a:{self.vlan or 20:02x}:00:{self.number:02x}"


GW = Host("gw", 1)
WEB = Host("web", 10)
DNS = Host("dns", 53)
ATTACKER = Host("attacker", 66)
PC1, PC2, PC3 = Host("pc1", 101), Host("pc2", 102), Host("pc3", 103)
CAM, RECORDER = Host("cam", 11, vlan=30, priority=3), Host("rec", 12, vlan=30)
HOSTS = [GW, WEB, DNS, ATTACKER, PC1, PC2, PC3, CAM, RECORDER]

# Behind the gateway, not on the bridge: one more router and one host with two addresses.
BRIDGE, ISP, INET = "bridge", "isp", "inet"
WWW_OUTSIDE, BEACON_TARGET, OUTSIDE = "203.0.113.10", "203.0.113.80", "203.0.113.0/24"
SPOOFED = "198.18.0.0/15"  # where the SYN flood pretends to come from


# ---------------------------------------------------------------- commands


def sh(*command: object, check: bool = True) -> None:
    """Run one command on the machine itself; show what it said only if it failed."""
    words = [str(word) for word in command]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if check and done.returncode:
        raise SystemExit(f"failed: {' '.join(words)}\n{done.stdout}{done.stderr}")


def inside(name: str, *command: object) -> list[str]:
    return ["ip", "netns", "exec", PREFIX + name, *map(str, command)]


def do(host: Host | str, *command: object, timeout: float = 60) -> None:
    """Run a traffic program in a host to its end. Its exit code says what the network did, so it is no error."""
    name = host if isinstance(host, str) else host.name
    process = subprocess.Popen(
        inside(name, *command), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        process.wait(timeout)
    except subprocess.TimeoutExpired:
        process.terminate()
        process.wait()


def start(host: Host | str, *command: object, **options: object) -> subprocess.Popen:
    """Start a program in a host and leave it running; cleanup() ends it with its namespace."""
    name = host if isinstance(host, str) else host.name
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(inside(name, *command), **{**quiet, **options})


# ---------------------------------------------------------------- the network


def cleanup() -> None:
    """End every process inside our namespaces, then remove the namespaces."""
    listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True).stdout
    ours = [line.split()[0] for line in listed.splitlines() if line.startswith(PREFIX)]
    for name in ours:
        pids = subprocess.run(["ip", "netns", "pids", name], capture_output=True, text=True).stdout.split()
        for pid in map(int, pids):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    for name in ours:
        sh("ip", "netns", "delete", name, check=False)
        shutil.rmtree(f"/etc/netns/{name}", ignore_errors=True)
    with suppress(OSError):  # not ours alone, or never made
        Path("/etc/netns").rmdir()


def set_sysctl(name: str, **values: object) -> None:
    for key, value in values.items():
        sh(*inside(name, "sysctl", "-qw", f"{key.replace('__', '.')}={value}"))


def real_packets(name: str, device: str) -> None:
    """Without this the kernel hands over 64 KiB super-packets with unfinished checksums."""
    for feature in ("tx", "sg", "tso", "gso", "gro"):
        sh(*inside(name, "ethtool", "-K", device, feature, "off"), check=False)


def build_bridge() -> None:
    sh("ip", "netns", "add", PREFIX + BRIDGE)
    sh(*inside(BRIDGE, "ip", "link", "add", "br0", "type", "bridge", "forward_delay", "0", "mcast_snooping", "0"))
    sh(*inside(BRIDGE, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1"))
    sh(*inside(BRIDGE, "sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1"))
    # Keep the firewall hooks out of bridged traffic, where the kernel has them.
    for table in ("iptables", "ip6tables", "arptables"):
        sh(*inside(BRIDGE, "sysctl", "-qw", f"net.bridge.bridge-nf-call-{table}=0"), check=False)
    sh(*inside(BRIDGE, "ip", "link", "set", "br0", "up"))


def add_namespace(name: str, resolver: str) -> None:
    sh("ip", "netns", "add", PREFIX + name)
    sh(*inside(name, "ip", "link", "set", "lo", "up"))
    # `ip netns exec` shows this file to the programs inside as /etc/resolv.conf.
    folder = Path("/etc/netns") / (PREFIX + name)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "resolv.conf").write_text(f"nameserver {resolver}\n")


def plug_in(host: Host) -> None:
    """Give a host its cable to the bridge, its addresses and its route."""
    add_namespace(host.name, DNS.ipv4)
    port = host.name
    sh("ip", "link", "add", "eth0", "netns", PREFIX + host.name, "type", "veth",
       "peer", "name", port, "netns", PREFIX + BRIDGE)  # fmt: skip
    sh(*inside(host.name, "ip", "link", "set", "eth0", "address", host.mac))
    real_packets(host.name, "eth0")
    real_packets(BRIDGE, port)
    sh(*inside(BRIDGE, "ip", "link", "set", port, "master", "br0", "up"))
    device = "eth0"
    if host.vlan:
        sh(*inside(host.name, "sysctl", "-qw", "net.ipv6.conf.eth0.disable_ipv6=1"))
        device = "tagged"
        start(host, sys.executable, HERE / "vlan_tap.py", device, "eth0", host.mac, host.vlan, host.priority)
        wait_for(host, "ip", "link", "show", device)
    sh(*inside(host.name, "ip", "link", "set", "eth0", "up"))
    sh(*inside(host.name, "ip", "link", "set", device, "up"))
    sh(*inside(host.name, "ip", "address", "add", f"{host.ipv4}/24", "dev", device))
    sh(*inside(host.name, "ip", "address", "add", f"{host.ipv6}/64", "dev", device))
    if host is not GW and not host.vlan:
        sh(*inside(host.name, "ip", "route", "add", "default", "via", GW.ipv4))


def wait_for(host: Host, *command: object) -> None:
    for _ in range(50):
        if subprocess.run(inside(host.name, *command), capture_output=True).returncode == 0:
            return
        time.sleep(0.1)
    raise SystemExit(f"{host.name}: {' '.join(map(str, command))} did not succeed")


def build_outside() -> None:
    """gw - isp - inet: two routers and the outside host. Whatever has no address there ends at isp."""
    for name in (ISP, INET):
        add_namespace(name, DNS.ipv4)
    sh("ip", "link", "add", "wan", "netns", PREFIX + GW.name, "type", "veth",
       "peer", "name", "office", "netns", PREFIX + ISP)  # fmt: skip
    sh("ip", "link", "add", "inet", "netns", PREFIX + ISP, "type", "veth",
       "peer", "name", "eth0", "netns", PREFIX + INET)  # fmt: skip
    for name, device, address in (
        (GW.name, "wan", "192.0.2.2/30"),
        (ISP, "office", "192.0.2.1/30"),
        (ISP, "inet", "192.0.2.5/30"),
        (INET, "eth0", "192.0.2.6/30"),
    ):
        real_packets(name, device)
        sh(*inside(name, "ip", "link", "set", device, "up"))
        sh(*inside(name, "ip", "address", "add", address, "dev", device))
    for address in (WWW_OUTSIDE, BEACON_TARGET):
        sh(*inside(INET, "ip", "address", "add", f"{address}/32", "dev", "lo"))
        sh(*inside(ISP, "ip", "route", "add", f"{address}/32", "via", "192.0.2.6"))
    sh(*inside(GW.name, "ip", "route", "add", "default", "via", "192.0.2.1"))
    sh(*inside(INET, "ip", "route", "add", "default", "via", "192.0.2.5"))
    sh(*inside(ISP, "ip", "route", "add", "10.20.0.0/24", "via", "192.0.2.2"))
    sh(*inside(ISP, "ip", "route", "add", "blackhole", "default"))
    for name in (GW.name, ISP):
        set_sysctl(name, net__ipv4__ip_forward=1)


# ---------------------------------------------------------------- the servers


def text(length: int, seed: int) -> bytes:
    """English-looking words, the same for the same seed."""
    words = ("packet", "column", "frame", "flow", "port", "host", "address", "length", "time", "header", "byte")
    chosen = random.Random(seed)
    out = " ".join(chosen.choice(words) for _ in range(length // 5 + 1))
    return out.encode()[: length - 1] + b"\n"


def start_nginx(name: str, folder: Path, files: dict[str, bytes], tls: bool = False) -> None:
    root = folder / name
    root.mkdir()
    for path, body in files.items():
        (root / path).write_bytes(body)
    listen_tls = ""
    if tls:
        key, certificate = folder / "key.pem", folder / "certificate.pem"
        sh("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
           "-days", "3650", "-subj", "/CN=www.lab.example", "-keyout", key, "-out", certificate)  # fmt: skip
        listen_tls = f"listen 443 ssl; listen [::]:443 ssl; ssl_certificate {certificate}; ssl_certificate_key {key};"
    config = folder / f"{name}.conf"
    config.write_text(
        f"""user root; worker_processes 1; daemon off; pid {folder}/{name}.pid; error_log /dev/null;
        events {{ worker_connections 256; }}
        http {{
          access_log off; server_tokens off; default_type application/octet-stream;
          types {{ text/html html; text/css css; font/woff2 woff2; text/plain txt; }}
          client_body_temp_path {folder}/{name}.1; proxy_temp_path {folder}/{name}.2;
          fastcgi_temp_path {folder}/{name}.3; uwsgi_temp_path {folder}/{name}.4; scgi_temp_path {folder}/{name}.5;
          server {{
            listen 80; listen [::]:80; {listen_tls} root {root};
            location = /form {{ return 204; }}
            location = /task {{ return 200 "none"; }}
          }}
        }}"""
    )
    start(name, "nginx", "-e", "/dev/null", "-c", config)


def start_dnsmasq(folder: Path) -> None:
    config = folder / "dnsmasq.conf"
    zone = "lab.example"
    hosts = {"www": WEB, "gw": GW, "dns": DNS, "pc1": PC1, "pc2": PC2, "pc3": PC3}
    records = [f"host-record={name}.{zone},{h.ipv4},{h.ipv6}" for name, h in hosts.items()]
    config.write_text(
        "\n".join(
            [
                "no-resolv", "no-hosts", "no-daemon", "user=root", "port=53", "log-facility=/dev/null",
                f"pid-file={folder}/dnsmasq.pid", "local=/example/", "local=/10.in-addr.arpa/", "local=/example.net/",
                *records,
                f"host-record=www.example.net,{WWW_OUTSIDE}",
                f"host-record=updates.example.net,{BEACON_TARGET}",
                f"mx-host={zone},mail.{zone},10", f"host-record=mail.{zone},{WEB.ipv4}",
                f"cname=intranet.{zone},www.{zone}",
                f'txt-record={zone},"v=spf1 mx -all"',
                f"srv-host=_http._tcp.{zone},www.{zone},80",
            ]
        )
        + "\n"
    )  # fmt: skip
    start(DNS, "dnsmasq", f"--conf-file={config}")


def spoof_sources() -> None:
    """hping3 can draw any source address; the attacker's own firewall folds them into SPOOFED."""
    prefix = SPOOFED.split("/")[0]
    lie = f"ip saddr set ip saddr & 0.1.255.255 | {prefix}"
    rules = f"""
        table ip lab {{
            chain out {{
                type filter hook postrouting priority 0;
                ip saddr != {ATTACKER.ipv4} ip daddr {WEB.ipv4} tcp dport 80 {lie}
            }}
        }}
    """
    subprocess.run(inside(ATTACKER.name, "nft", "-f", "-"), input=rules, text=True, check=True)


def start_servers(folder: Path) -> None:
    office = {
        "index.html": text(1900, 1),
        "style.css": text(2600, 2),
        "font.woff2": random.Random(3).randbytes(4200),
        "news.html": text(1200, 4),
        "report.txt": text(60_000, 5),
    }
    # A connection half opened by a liar is asked after once, not five times.
    set_sysctl(WEB.name, net__ipv4__tcp_synack_retries=1)
    start_nginx(WEB.name, folder, office, tls=True)
    start_nginx(INET, folder, {"index.html": text(1500, 6), "archive.bin": random.Random(7).randbytes(50_000)})
    start_nginx(CAM.name, folder, {"snapshot.raw": random.Random(8).randbytes(2500)})
    start_dnsmasq(folder)
    start(WEB, "iperf3", "-s")
    start(WEB, "socat", "TCP-LISTEN:7007,fork,reuseaddr", "EXEC:cat")
