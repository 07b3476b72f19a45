"""Every column of flows, of CICFlowMeter's too, on connections that are small enough to work out by hand."""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import math
import statistics
import struct

import numpy as np
import pytest

import pcapframe as pf
from frames import ethernet, icmp, ipv4, ipv6, pcap, tcp, udp

FIN, SYN, RST, PSH, ACK, URG, ECE, CWR = (1 << bit for bit in range(8))
A, B = "10.0.0.1", "10.0.0.2"
START = 1000
MS = 1_000_000

#: Milliseconds, whether forward, flags, sequence number, acknowledgment, window, bytes of options, bytes of payload.
CONNECTION = [
    (0, True, SYN | ECE | CWR, 100, 0, 1000, 4, 0),
    (15, False, SYN | ACK | ECE, 500, 101, 2000, 8, 0),
    (30, True, ACK, 101, 501, 1001, 0, 0),
    # Forward 101 to 110, 121 to 140, what is missing between them in two pieces, and the first twice again: a bulk.
    (7030, True, ACK | PSH, 101, 501, 1001, 0, 10),
    (7130, True, ACK | URG, 121, 501, 1001, 0, 20),
    (7230, True, ACK | PSH | ECE, 111, 501, 1001, 0, 4),
    (7330, True, ACK, 115, 501, 1001, 0, 6),
    (7430, True, ACK | URG, 101, 501, 1001, 0, 10),
    (7530, True, ACK, 101, 501, 1001, 0, 10),
    # Back 501 to 530, the same again, 541 to 545, what is missing between them, and 546 to 551: a bulk.
    (9330, False, ACK | PSH | CWR, 501, 141, 2001, 0, 30),
    (9430, False, ACK | CWR, 501, 141, 2001, 0, 30),
    (9530, False, ACK | URG, 541, 141, 2001, 0, 5),
    (9630, False, ACK, 531, 141, 2001, 0, 10),
    (9930, False, ACK, 546, 141, 2001, 0, 6),
    (15930, False, FIN | ACK, 552, 141, 2001, 0, 0),
    (15940, True, FIN | ACK, 141, 553, 1001, 0, 0),
    (15950, False, ACK, 553, 142, 2001, 0, 0),
]
# Ethernet's, IPv4's and TCP's headers are 54 bytes.
SIZES = {"fwd": [58, 54, 64, 74, 58, 60, 64, 64, 54], "rev": [62, 84, 84, 59, 64, 60, 54, 54]}
PAYLOADS = {"fwd": [0, 0, 10, 20, 4, 6, 10, 10, 0], "rev": [0, 30, 30, 5, 10, 6, 0, 0]}
#: Milliseconds between packets.
GAPS = {
    "total": [15, 15, 7000, 100, 100, 100, 100, 100, 1800, 100, 100, 100, 300, 6000, 10, 10],
    "fwd": [30, 7000, 100, 100, 100, 100, 100, 8410],
    "rev": [9315, 100, 100, 100, 300, 6000, 20],
}
#: Before the silences of 7 and 6 seconds.
ACTIVE, IDLE = [30, 2900], [7000, 6000]


def of_both(values):
    return {"total": values["fwd"] + values["rev"], **values}


def spread(prefix, values, suffix="", scale=1):
    """Least, mean, deviation and greatest, under a column's names."""
    values = [value * scale for value in values]
    answers = {"min": min(values), "mean": statistics.mean(values), "std": statistics.stdev(values), "max": max(values)}
    return {f"{prefix}_{name}{suffix}": value for name, value in answers.items()}


def community_id(src, dst, protocol, sport, dport):
    """By https://github.com/corelight/community-id-spec, of two ends that are in order."""
    packed = b"".join(ipaddress.ip_address(address).packed for address in (src, dst))
    data = struct.pack(">H", 0) + packed + struct.pack(">BBHH", protocol, 0, sport, dport)
    return "1:" + base64.b64encode(hashlib.sha1(data).digest()).decode()


def segment(sport, dport, flags, seq, ack, window, options=0, payload=0):
    data = bytearray(tcp(sport, dport, flags, bytes(payload), b"\x01" * options, seq, ack))
    data[14:16] = window.to_bytes(2, "big")
    return bytes(data)


def connection():
    records = []
    for time, forward, flags, seq, ack, window, options, payload in CONNECTION:
        ports, ends = ((1000, 80), (A, B)) if forward else ((80, 1000), (B, A))
        frame = ethernet(ipv4(segment(*ports, flags, seq, ack, window, options, payload), 6, *ends))
        records.append((START + time // 1000, time % 1000 * 1000, frame))
    return records


def at_once(*frames):
    return [(START, 0, frame) for frame in frames]


def times(prefix, first, last, suffix=""):
    """Of milliseconds after the start."""
    return {
        f"{prefix}first_seen{suffix}": START * 1000 * MS + first * MS,
        f"{prefix}last_seen{suffix}": START * 1000 * MS + last * MS,
    }


THE_CONNECTION = {
    "src": A, "dst": B, "sport": 1000, "dport": 80, "protocol": 6, "ip_version": 4,
    **times("", 0, 15950), "duration": 15950 * MS,
    "packets_total": 17, "packets_fwd": 9, "packets_rev": 8,
    "bytes_total": 1071, "bytes_fwd": 550, "bytes_rev": 521,
    "ip_bytes_total": 833, "ip_bytes_fwd": 424, "ip_bytes_rev": 409,
    "payload_bytes_total": 141, "payload_bytes_fwd": 60, "payload_bytes_rev": 81,
    "end_reason": pf.EndReason.END_OF_FLOW, "conn_state": "SF", "history": "ShADTdtfFa",
    "window_fwd": 1000, "window_rev": 2000, "handshake_rtt": 30 * MS,
    "retransmitted_fwd": 2, "retransmitted_rev": 1, "out_of_order_fwd": 2, "out_of_order_rev": 1,
    "community_id": community_id(A, B, 6, 1000, 80),
    **{k: value for side, values in of_both(SIZES).items() for k, value in spread("size", values, f"_{side}").items()},
    **{k: value for side, values in of_both(PAYLOADS).items() for k, value in spread("payload", values, f"_{side}").items()},
    **{k: value for side, values in GAPS.items() for k, value in spread("iat", values, f"_{side}", MS).items()},
    **times("", 0, 15940, "_fwd"), **times("", 15, 15950, "_rev"),
    "fin_total": 2, "fin_fwd": 1, "fin_rev": 1, "syn_total": 2, "syn_fwd": 1, "syn_rev": 1,
    "psh_total": 3, "psh_fwd": 2, "psh_rev": 1, "ack_total": 16, "ack_fwd": 8, "ack_rev": 8,
    "urg_total": 3, "urg_fwd": 2, "urg_rev": 1, "ece_total": 3, "ece_fwd": 2, "ece_rev": 1,
    "cwr_total": 3, "cwr_fwd": 1, "cwr_rev": 2,
    "header_bytes_fwd": 184, "header_min_fwd": 20, "data_packets_fwd": 6,
    "header_bytes_rev": 168, "header_min_rev": 20, "data_packets_rev": 5,
    "bulks_fwd": 1, "bulk_packets_fwd": 6, "bulk_bytes_fwd": 60, "bulk_duration_fwd": 500 * MS,
    "bulks_rev": 1, "bulk_packets_rev": 5, "bulk_bytes_rev": 81, "bulk_duration_rev": 600 * MS,
    # Silences of 7, 1.8 and 6 seconds.
    "subflows": 4, "idle_count": 2, **spread("active", ACTIVE, "", MS), **spread("idle", IDLE, "", MS),
    "sequence_sizes": [58, 62, 54, 64], "sequence_iats": [0, 15 * MS, 15 * MS, 7000 * MS], "sequence_directions": [1, -1, 1, 1],
}  # fmt: skip


def of_one_moment(lengths, payloads, headers):
    """What flows have of packets that all came at once, given for each end."""
    (fwd, rev), (fwd_payloads, rev_payloads), (fwd_headers, rev_headers) = lengths, payloads, headers
    row = {**times("", 0, 0), **times("", 0, 0, "_fwd"), "subflows": 1}
    if rev:
        row |= times("", 0, 0, "_rev")
    both = {"total": (fwd + rev, fwd_payloads + rev_payloads), "fwd": (fwd, fwd_payloads), "rev": (rev, rev_payloads)}
    for side, (sizes, loads) in both.items():
        row[f"packets_{side}"] = len(sizes)
        row[f"bytes_{side}"] = sum(sizes)
        row[f"payload_bytes_{side}"] = sum(loads)
        for name, values in (("size", sizes), ("payload", loads)):
            if len(values) > 1:
                row |= spread(name, values, f"_{side}")
            elif values:
                row |= {f"{name}_{stat}_{side}": values[0] for stat in ("min", "mean", "max")}
    for side, values, loads in (("fwd", fwd_headers, fwd_payloads), ("rev", rev_headers, rev_payloads)):
        row |= {f"header_bytes_{side}": sum(values), f"header_min_{side}": min(values, default=0)}
        row[f"data_packets_{side}"] = sum(load > 0 for load in loads)
    sizes, directions = fwd + rev, [1] * len(fwd) + [-1] * len(rev)
    row["sequence_sizes"] = sizes[:4] + [0] * (4 - len(sizes))
    row["sequence_directions"] = directions[:4] + [0] * (4 - len(directions))
    row["sequence_iats"] = [0] * 4
    return row


UNREACHABLE = at_once(ethernet(ipv4(icmp(3, 1), 1, B, A)))
ECHO = at_once(
    *[
        ethernet(ipv6(icmp(kind), 58, *ends), 0x86DD)
        for kind, ends in ((128, ("fd00::1", "fd00::2")), (129, ("fd00::2", "fd00::1")))
    ]
)
REFUSED = at_once(
    ethernet(ipv4(segment(5, 80, SYN, 1, 0, 100), 6, A, B), vlans=[7]),
    ethernet(ipv4(segment(80, 5, RST | ACK, 0, 2, 0), 6, B, A), vlans=[7]),
)
GIVEN_UP = at_once(*[ethernet(ipv4(segment(5, 80, flags, seq, 0, 100), 6, A, B)) for flags, seq in ((SYN, 1), (RST, 2))])
HALF_OPEN = at_once(*[ethernet(ipv4(segment(5, 80, flags, seq, 0, 100), 6, A, B)) for flags, seq in ((SYN, 1), (FIN, 2))])
VXLAN = at_once(
    ethernet(
        ipv4(udp(5000, 4789, bytes.fromhex("0800000000004d00") + ethernet(ipv4(udp(7, 8, b"abc"), 17))), 17, "1.1.1.1", "2.2.2.2")
    )
)

FORCED, ENDED = pf.EndReason.FORCED, pf.EndReason.END_OF_FLOW
EXAMPLES = {
    "connection": (connection(), THE_CONNECTION),
    "unreachable": (UNREACHABLE, {
        **of_one_moment(([46], []), ([4], []), ([8], [])), "src": B, "dst": A, "icmp_type": 3, "icmp_code": 1, "protocol": 1,
        "ip_version": 4, "ip_bytes_total": 32, "ip_bytes_fwd": 32, "end_reason": FORCED, "conn_state": "OTH",
        "community_id": community_id(B, A, 1, 3, 1),
    }),
    "echo": (ECHO, {
        **of_one_moment(([66], [66]), ([4], [4]), ([8], [8])), "src": "fd00::1", "dst": "fd00::2", "icmp_type": 128,
        "protocol": 58, "ip_version": 6, "ip_bytes_total": 104, "ip_bytes_fwd": 52, "ip_bytes_rev": 52,
        "end_reason": FORCED, "conn_state": "OTH",
        "community_id": community_id("fd00::1", "fd00::2", 58, 128, 129),
    }),
    "refused": (REFUSED, {
        **of_one_moment(([58], [58]), ([0], [0]), ([20], [20])), "src": A, "dst": B, "sport": 5, "dport": 80, "protocol": 6,
        "ip_version": 4, "vlan_id": 7, "ip_bytes_total": 80, "ip_bytes_fwd": 40, "ip_bytes_rev": 40, "end_reason": ENDED,
        "conn_state": "REJ", "history": "Sr", "window_fwd": 100, "community_id": community_id(A, B, 6, 5, 80),
        "syn_total": 1, "syn_fwd": 1, "rst_total": 1, "rst_rev": 1, "ack_total": 1, "ack_rev": 1,
    }),
    "given up": (GIVEN_UP, {
        **of_one_moment(([54, 54], []), ([0, 0], []), ([20, 20], [])), "src": A, "dst": B, "sport": 5, "dport": 80, "protocol": 6,
        "ip_version": 4, "ip_bytes_total": 80, "ip_bytes_fwd": 80, "end_reason": ENDED, "conn_state": "RSTOS0", "history": "SR",
        "window_fwd": 100, "community_id": community_id(A, B, 6, 5, 80),
        "syn_total": 1, "syn_fwd": 1, "rst_total": 1, "rst_fwd": 1,
    }),
    "half open": (HALF_OPEN, {
        **of_one_moment(([54, 54], []), ([0, 0], []), ([20, 20], [])), "src": A, "dst": B, "sport": 5, "dport": 80, "protocol": 6,
        "ip_version": 4, "ip_bytes_total": 80, "ip_bytes_fwd": 80, "end_reason": ENDED, "conn_state": "SH", "history": "SF",
        "window_fwd": 100, "community_id": community_id(A, B, 6, 5, 80),
        "syn_total": 1, "syn_fwd": 1, "fin_total": 1, "fin_fwd": 1,
    }),
    "vxlan": (VXLAN, {
        **of_one_moment(([95], []), ([3], []), ([8], [])), "src": A, "dst": B, "sport": 7, "dport": 8, "protocol": 17,
        "ip_version": 4, "tunnel": pf.Tunnel.VXLAN, "tunnel_id": 77, "ip_bytes_total": 31, "ip_bytes_fwd": 31,
        "end_reason": FORCED, "conn_state": "S0", "history": "D", "community_id": community_id(A, B, 17, 7, 8),
    }),
}  # fmt: skip


def plain(value):
    if isinstance(value, np.ndarray):
        return [plain(one) for one in value]
    if isinstance(value, np.datetime64 | np.timedelta64):
        return int(value.astype(np.int64))
    return value.item() if isinstance(value, np.generic) else value


def agrees(value, expected):
    if isinstance(expected, str | list):
        return value == expected
    # Times are whole nanoseconds.
    return value == expected or math.isclose(value, expected, rel_tol=1e-12, abs_tol=0.5 if isinstance(value, int) else 0)


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_column_by_hand(name):
    records, expected = EXAMPLES[name]
    flows = pf.read_pcap(pcap(records)).flows(statistics=True, sequence=4)
    assert len(flows) == 1
    assert set(expected) <= set(flows.columns)
    found = {column: plain(flows[column][0]) for column in flows.columns}
    nothing = {column: "" if isinstance(value, str) else 0 for column, value in found.items()}
    wrong = {column: (value, {**nothing, **expected}[column]) for column, value in found.items()}
    assert not {column: pair for column, pair in wrong.items() if not agrees(*pair)}


def test_no_column_is_without_an_example():
    columns = pf.read_pcap(pcap(connection())).flows(statistics=True, sequence=4).columns
    shown = {column for _, expected in EXAMPLES.values() for column, value in expected.items() if value not in (0, "")}
    assert set(columns) - shown == {"first_row"}


def test_every_column_of_cicflowmeter_by_hand():
    flows = pf.read_pcap(pcap(connection())).flows(schema="cicflowmeter")
    seconds = 15.95

    def lengths(name, values):
        return {f"{name} {stat}": value for stat, value in answers(values).items()}

    def answers(values, scale=1):
        values = [value * scale for value in values]
        return {"Mean": statistics.mean(values), "Std": statistics.stdev(values), "Max": max(values), "Min": min(values)}

    payloads = of_both(PAYLOADS)
    expected = {
        "Flow ID": f"{A}-{B}-1000-80-6", "Src IP": A, "Src Port": 1000, "Dst IP": B, "Dst Port": 80, "Protocol": 6,
        "Timestamp": START * 1000 * MS, "Flow Duration": 15_950_000, "Total Fwd Packet": 9, "Total Bwd packets": 8,
        "Total Length of Fwd Packet": 60, "Total Length of Bwd Packet": 81,
        **lengths("Fwd Packet Length", payloads["fwd"]), **lengths("Bwd Packet Length", payloads["rev"]),
        "Flow Bytes/s": 141 / seconds, "Flow Packets/s": 17 / seconds,
        **{f"{name} IAT {stat}": value for name, side in (("Flow", "total"), ("Fwd", "fwd"), ("Bwd", "rev"))
           for stat, value in answers(GAPS[side], 1000).items()},
        "Fwd IAT Total": 15_940_000, "Bwd IAT Total": 15_935_000,
        "Fwd PSH Flags": 2, "Bwd PSH Flags": 1, "Fwd URG Flags": 2, "Bwd URG Flags": 1,
        "Fwd Header Length": 184, "Bwd Header Length": 168, "Fwd Packets/s": 9 / seconds, "Bwd Packets/s": 8 / seconds,
        **lengths("Packet Length", payloads["total"]), "Packet Length Variance": statistics.variance(payloads["total"]),
        "FIN Flag Count": 2, "SYN Flag Count": 2, "RST Flag Count": 0, "PSH Flag Count": 3, "ACK Flag Count": 16,
        "URG Flag Count": 3, "CWR Flag Count": 3, "ECE Flag Count": 3, "Down/Up Ratio": 8 / 9, "Average Packet Size": 141 / 17,
        "Fwd Segment Size Avg": 60 / 9, "Bwd Segment Size Avg": 81 / 8,
        "Fwd Bytes/Bulk Avg": 60, "Fwd Packet/Bulk Avg": 6, "Fwd Bulk Rate Avg": 60 / 0.5,
        "Bwd Bytes/Bulk Avg": 81, "Bwd Packet/Bulk Avg": 5, "Bwd Bulk Rate Avg": 81 / 0.6,
        "Subflow Fwd Packets": 9 / 4, "Subflow Fwd Bytes": 60 / 4, "Subflow Bwd Packets": 8 / 4, "Subflow Bwd Bytes": 81 / 4,
        "FWD Init Win Bytes": 1000, "Bwd Init Win Bytes": 2000, "Fwd Act Data Pkts": 6, "Fwd Seg Size Min": 20,
        **{f"Active {stat}": value for stat, value in answers(ACTIVE, 1000).items()},
        **{f"Idle {stat}": value for stat, value in answers(IDLE, 1000).items()},
        "Label": "NeedManualLabel",
    }  # fmt: skip
    assert set(expected) == set(flows.columns)
    found = {column: plain(flows[column][0]) for column in flows.columns}
    close = {
        column: value == expected[column] or math.isclose(value, expected[column], rel_tol=1e-9)
        for column, value in found.items()
    }
    assert not {column: (found[column], expected[column]) for column, same in close.items() if not same}


def test_a_handshake_that_nobody_completes_is_s1_as_in_zeek():
    """Zeek's ends are both established by the SYN-ACK (`TCPSessionAdapter::UpdateInactiveState`): the ACK is not waited for."""
    flows = pf.read_pcap(pcap(connection()[:2])).flows()
    assert (flows.conn_state[0], flows.history[0]) == ("S1", "Sh")
    assert flows.to_arrow()["handshake_rtt"].null_count == 1
