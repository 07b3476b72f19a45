"""Every column that tshark has a field for, packet by packet."""

from __future__ import annotations

import collections
import ipaddress
import struct
import subprocess
import warnings

import numpy as np
import pytest

import pcapframe as pf
from conftest import nanoseconds, need_program
from pcapframe import _core

COLUMNS = {row["name"]: row["tshark"].split() for row in _core.column_table() if "tshark" in row}
OTHER_FIELDS = {"frame.protocols", "_ws.malformed", "_ws.short", "tcp.hdr_len", "ipv6.plen"}
OTHER_FIELDS |= {f"{protocol}.checksum" for protocol in ("ip", "tcp", "udp", "sctp")}
FIELDS = sorted({field for fields in COLUMNS.values() for field in fields} | OTHER_FIELDS)
# Each packet for itself, and numbers as they are in the headers.
PREFERENCES = [
    "ip.defragment:FALSE",
    "ipv6.defragment:FALSE",
    "tcp.desegment_tcp_streams:FALSE",
    "tcp.relative_sequence_numbers:FALSE",
    "tcp.analyze_sequence_numbers:FALSE",
    "ip.tso_support:TRUE",
    "ip.check_checksum:TRUE",
    "tcp.check_checksum:TRUE",
    "udp.check_checksum:TRUE",
    "udplite.check_checksum:TRUE",
    "sctp.checksum:crc-32c",
]
# Those of which the checksum is verified.
TRANSPORTS = {"tcp", "udp", "udplite", "sctp", "dccp", "icmp", "icmpv6", "igmp"}
# Layers beyond which pcapframe does not look yet, and link types it does not know yet.
BEYOND = set(
    """
    ap1394 arcnet aruba_erm atm ax25 ayiya batadv capwap.data chdlc cip cisco-erspan clip data-l2-802 dvmrp edp enc
    erspan etherip fddi fp fr frelay geneve gmtp gre gtp gtpprime hip homeplug-av ieee8021ad ieee8021ah ipcomp ipnet ipoib
    juniper l2tp l2tpv3 linux-sll lisp lisp-data llc lwapp macsec manet mobileip mpls netlink nflog nsh pflog ppp pppoes
    prism pwethcw radiotap rtacser sctp.ip slip sllnetlink teredo tr trill tzsp udpencap vntag vxlan wlan wlan_radio
    wlan_rsna_eapol wtap_meta xip
    """.split()  # noqa: SIM905
)


# tshark shows no larger one.
LARGEST_LENGTH = 2**31 - 1


def tshark(path):
    """One dict a packet: the text of each field; and whether tshark does not know the link type."""
    command = [need_program("tshark"), "-n", "-r", str(path), "-T", "fields", "-E", "separator=/t", "-E", "aggregator=,"]
    command += [argument for preference in PREFERENCES for argument in ("-o", preference)]
    command += [argument for field in FIELDS for argument in ("-e", field)]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    lines = done.stdout.split("\n")[:-1]
    rows = [dict(zip(FIELDS, line.split("\t"), strict=False)) for line in lines]
    return rows, "unknown or unsupported" in done.stderr


def innermost(layers):
    """The IP header that the columns describe: which field it is in and which of the field's values."""
    seen, found = collections.Counter(), None
    for layer in layers:
        if layer in ("ip", "ipv6"):
            found = (layer, seen[layer])
        seen[layer] += 1
        if layer in ("icmp", "icmpv6"):
            break
    return found


def number(text):
    return int(float(text)) if "." in text else int(text, 0)


def expectation(row, layers):
    """The columns of one packet as tshark sees them; a field that is not there is left out."""
    inner = innermost(layers)
    for name, fields in COLUMNS.items():
        texts = [row[field] for field in fields if row.get(field)]
        if not texts:
            continue
        if name == "protocol" and "ah" in layers:
            continue  # ip.proto is the number of the AH, the column that of the transport behind it
        if name == "ip_version" and inner and not row[f"{inner[0]}.src"]:
            continue  # tshark found no IP header fit to read either
        if name == "ip_checksum_ok":
            yield name, verdict(texts[0])
        elif name == "l4_checksum_ok":
            yield name, verdict(message_state(row, layers))
        elif name == "timestamp":
            yield name, nanoseconds(texts[0])
        elif name in ("src", "dst"):
            yield name, address(name, row, inner)
        elif name in ("eth_src", "eth_dst"):
            yield name, texts[0].split(",")[0]
        elif name == "ethertype":
            if "avsp" in layers:
                continue  # tshark gives that of a VLAN tag behind the tag of a switch, the column that of the switch
            yield name, number(texts[0].split(",")[-1])
        elif name == "payload_length":
            if texts[0] != "0" or row["tcp.len"]:  # a UDP length of 0 is that of a jumbogram
                yield name, payload(row)
        elif name == "fragment_offset":
            yield name, 8 * number(texts[0].split(",")[0])  # tshark 4.0 counts in units of 8 bytes
        elif name == "tcp_flags":
            yield name, number(texts[0]) & 0x1FF
        else:
            yield name, number(texts[0].split(",")[0])


def address(name, row, inner):
    if inner is None:
        return row[f"arp.{name}.proto_ipv4"].split(",")[0]
    return row[f"{inner[0]}.{name}"].split(",")[inner[1]]


def verdict(states):
    """What tshark says of a checksum; the first of several is not that of a packet quoted by an ICMP error."""
    return {"0": pf.Checksum.BAD, "1": pf.Checksum.GOOD, "4": pf.Checksum.BAD}.get(states.split(",")[0], 0)


def message_state(row, layers):
    """tshark's state of the checksum of the first transport."""
    transport = next((layer for layer in layers if layer in TRANSPORTS), "")
    return row.get(f"{'udp' if transport == 'udplite' else transport}.checksum.status", "")


def has_reason(name, row, theirs, ours):
    """Whether a checksum differs as docs/tshark-differences.md says: good with 0xffff in place of 0, or not verifiable since the
    sender has not filled it in or has only begun it, or because not all bytes are there.
    """
    if ours == pf.Checksum.GOOD:
        return row["tcp.checksum"] == "0xffff"
    if ours != pf.Checksum.NOT_VERIFIABLE:
        return False
    layers = row["frame.protocols"].split(":")
    link = 14 * (layers[0] == "eth") + 4 * layers.count("vlan")
    length = number(row["ip.len"]) if row["ip.len"] else 40 + number(row["ipv6.plen"] or "0")
    if name == "l4_checksum_ok" and link + length > number(row["frame.len"]):
        return True
    if theirs != pf.Checksum.BAD:
        return False
    if name == "ip_checksum_ok":
        return number(row["ip.checksum"]) == 0
    if row["sctp.checksum"]:
        return number(row["sctp.checksum"]) == 0
    transport = "tcp" if row["tcp.checksum"] else "udp"
    length = number(row["tcp.len"]) + number(row["tcp.hdr_len"]) if transport == "tcp" else number(row["udp.length"])
    version = "ip" if row["ip.src"] else "ipv6"
    ends = b"".join(ipaddress.ip_address(row[f"{version}.{end}"]).packed for end in ("src", "dst"))
    pseudo = sum(struct.unpack(f">{len(ends) // 2}H", ends)) + (6 if transport == "tcp" else 17)
    # The length is left out where an interface divides a segment. A sum of 16 bits whose carries are added in is the remainder of
    # a division by 65535, which has two names for nothing.
    begun = {(pseudo + length) % 0xFFFF} | ({pseudo % 0xFFFF} if transport == "tcp" else set())
    return number(row[f"{transport}.checksum"]) % 0xFFFF in begun


def payload(row):
    return number(row["tcp.len"]) if row["tcp.len"] else number(row["udp.length"].split(",")[0]) - 8


def compare(path):
    """Values compared, the differences, and the packets left out because they hold what is not decoded yet."""
    rows, unknown = tshark(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pf.TruncatedCaptureWarning)
        cap = pf.read_pcap(path, columns="all", on_error="stop")  # as tshark does
    ours = {
        name: np.asarray(cap[name]).tolist() if name != "timestamp" else cap.timestamp.view(np.int64).tolist() for name in COLUMNS
    }
    compared, differences, left_out = 0, [], 0
    for i, row in enumerate(rows[: len(cap)]):
        layers = row["frame.protocols"].split(":")
        record_only = (
            row["_ws.malformed"] or row["_ws.short"] or BEYOND & set(layers) or layers.count("ip") + layers.count("ipv6") > 1
        )
        left_out += bool(record_only)
        for name, value in expectation(row, layers):
            if record_only and (name not in ("timestamp", "length", "captured_length") or layers[0] == "atm"):
                continue  # tshark does not count the pseudo-header that a packet of ATM begins with
            compared += 1
            if name.endswith("_checksum_ok") and has_reason(name, row, value, ours[name][i]):
                continue
            if ours[name][i] != value and not (name == "length" and value == LARGEST_LENGTH < ours[name][i]):
                differences.append(
                    f"{path} packet {i + 1} {name}: tshark {value!r}, pcapframe {ours[name][i]!r}, {':'.join(layers)}"
                )
    if len(rows) != len(cap) and not unknown:
        differences.append(f"{path}: tshark has {len(rows)} packets, pcapframe {len(cap)}")
    return compared, differences, left_out


def test_our_captures(lab, lab_ng):
    for path, least in ((lab, 500_000), (lab_ng, 2_500)):
        compared, differences, _ = compare(path)
        assert not differences, "\n".join(differences[:20])
        assert compared > least


def test_every_column_is_compared_with_something(lab, lab_ng):
    """A column with an oracle must meet it in our own captures; those that can not say why."""
    met = collections.Counter()
    for path in (lab, lab_ng):
        for row in tshark(path)[0]:
            met.update(name for name, _ in expectation(row, row["frame.protocols"].split(":")))
    assert set(COLUMNS) - set(met) == set()


# Read by other rules than tshark's; docs/tshark-differences.md gives the reason for each.
OTHERWISE = ("hadrielk+pcapng-test-generator", "test007.ntar", "regression_samples", "http_req_frag.pcap", "invalid_timestamp")


@pytest.mark.parametrize("part", range(4))
def test_captures_by_others(shared_captures, part):
    """One in twelve: all of them would take twenty minutes; the whole set is compared when the decoders change."""
    compared = 0
    for path in shared_captures[part * 3 :: 48]:
        if any(name in str(path) for name in OTHERWISE):
            continue
        try:
            count, differences, _ = compare(path)
        except pf.NotACaptureError:
            continue
        compared += count
        differences = [d for d in differences if not out_of_range(d)]
        assert not differences, "\n".join(differences[:20])
    assert compared > 20_000


def out_of_range(difference):
    """Times whose fraction is more than a second overflow in tshark; times after 2262 are out of range here."""
    return " timestamp: " in difference
