"""Other tools' columns: names to the letter, and a worked example for each place where CICFlowMeter is known to be wrong."""

from __future__ import annotations

import math

import numpy as np
import pytest

import pcapframe as pf
from frames import arp, ethernet, icmp, ipv4, pcap, tcp, udp

SYN, ACK, PSH, FIN, RST = 2, 16, 8, 1, 4
A, B = "10.0.0.1", "10.0.0.2"

CIC_HEADER = (
    "Flow ID,Src IP,Src Port,Dst IP,Dst Port,Protocol,Timestamp,Flow Duration,Total Fwd Packet,Total Bwd packets,"
    "Total Length of Fwd Packet,Total Length of Bwd Packet,Fwd Packet Length Max,Fwd Packet Length Min,Fwd Packet Length Mean,"
    "Fwd Packet Length Std,Bwd Packet Length Max,Bwd Packet Length Min,Bwd Packet Length Mean,Bwd Packet Length Std,Flow Bytes/s,"
    "Flow Packets/s,Flow IAT Mean,Flow IAT Std,Flow IAT Max,Flow IAT Min,Fwd IAT Total,Fwd IAT Mean,Fwd IAT Std,Fwd IAT Max,"
    "Fwd IAT Min,Bwd IAT Total,Bwd IAT Mean,Bwd IAT Std,Bwd IAT Max,Bwd IAT Min,Fwd PSH Flags,Bwd PSH Flags,Fwd URG Flags,"
    "Bwd URG Flags,Fwd Header Length,Bwd Header Length,Fwd Packets/s,Bwd Packets/s,Packet Length Min,Packet Length Max,"
    "Packet Length Mean,Packet Length Std,Packet Length Variance,FIN Flag Count,SYN Flag Count,RST Flag Count,PSH Flag Count,"
    "ACK Flag Count,URG Flag Count,CWR Flag Count,ECE Flag Count,Down/Up Ratio,Average Packet Size,Fwd Segment Size Avg,"
    "Bwd Segment Size Avg,Fwd Bytes/Bulk Avg,Fwd Packet/Bulk Avg,Fwd Bulk Rate Avg,Bwd Bytes/Bulk Avg,Bwd Packet/Bulk Avg,"
    "Bwd Bulk Rate Avg,Subflow Fwd Packets,Subflow Fwd Bytes,Subflow Bwd Packets,Subflow Bwd Bytes,FWD Init Win Bytes,"
    "Bwd Init Win Bytes,Fwd Act Data Pkts,Fwd Seg Size Min,Active Mean,Active Std,Active Max,Active Min,Idle Mean,Idle Std,"
    "Idle Max,Idle Min,Label"
)
ZEEK_FIELDS = (
    "ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration orig_bytes resp_bytes conn_state local_orig "
    "local_resp missed_bytes history orig_pkts orig_ip_bytes resp_pkts resp_ip_bytes tunnel_parents ip_proto"
)


def capture(*packets):
    """Packets as milliseconds, whether forward, TCP flags and payload bytes."""
    records = []
    for milliseconds, forward, flags, payload in packets:
        ports = (1000, 80) if forward else (80, 1000)
        src, dst = (A, B) if forward else (B, A)
        frame = ethernet(ipv4(tcp(*ports, flags, bytes(payload)), 6, src, dst))
        records.append((milliseconds // 1000, milliseconds % 1000 * 1000, frame))
    return pf.read_pcap(pcap(records))


def cic(*packets):
    flows = capture(*packets).flows(schema="cicflowmeter")
    assert len(flows) == 1
    return {name: flows[name][0] for name in flows.columns}


def test_names_are_those_of_the_tools():
    cap = capture((0, True, SYN, 0))
    assert cap.flows(schema="cicflowmeter").columns == CIC_HEADER.split(",")
    assert cap.flows(schema="zeek").columns == ZEEK_FIELDS.split()
    names = cap.flows(schema="nfstream").columns
    assert names[:4] == ["id", "expiration_id", "src_ip", "src_mac"]
    assert "splt_ps" not in names
    assert cap.flows(schema="nfstream", sequence=3).columns == [*names, "splt_direction", "splt_ps", "splt_piat_ms"]


def test_cic_the_first_packet_counts_once():
    row = cic((0, True, ACK, 10), (1, False, ACK, 0), (2, True, ACK, 20))
    assert (row["Packet Length Mean"], row["Average Packet Size"]) == (10, 10)
    # Deviations 0, 10 and 10: 200 over 2.
    assert math.isclose(row["Packet Length Variance"], 100)
    assert math.isclose(row["Packet Length Std"], 10)


def test_cic_bulks_are_counted_forward_too_and_not_cut_to_whole_numbers():
    row = cic(*[(10 * i, True, ACK, 5) for i in range(5)], *[(100 + 10 * i, False, ACK, 3) for i in range(4)])
    assert (row["Fwd Packet/Bulk Avg"], row["Fwd Bytes/Bulk Avg"]) == (5, 25)
    assert (row["Bwd Packet/Bulk Avg"], row["Bwd Bytes/Bulk Avg"]) == (4, 12)
    # 25 bytes in 40 ms, 12 in 30 ms.
    assert math.isclose(row["Fwd Bulk Rate Avg"], 625)
    assert math.isclose(row["Bwd Bulk Rate Avg"], 400)
    bulks = cic(
        *[(10 * i, True, ACK, 1) for i in range(4)], (50, False, ACK, 1), *[(100 + 10 * i, True, ACK, 1) for i in range(5)]
    )
    assert bulks["Fwd Packet/Bulk Avg"] == 4.5


def test_cic_subflows():
    row = cic((0, True, ACK, 4), (500, True, ACK, 4), (2000, False, ACK, 1), (2100, True, ACK, 1))
    # One silence of more than a second: two subflows.
    assert (row["Subflow Fwd Packets"], row["Subflow Fwd Bytes"]) == (1.5, 4.5)
    assert (row["Subflow Bwd Packets"], row["Subflow Bwd Bytes"]) == (0.5, 0.5)


def test_cic_ratio_is_a_fraction():
    assert cic((0, True, ACK, 0), (1, True, ACK, 0), (2, False, ACK, 0))["Down/Up Ratio"] == 0.5


def test_cic_windows_are_those_of_the_first_packets():
    frames = []
    for i, (ports, src, dst, window) in enumerate([((5, 6), A, B, 100), ((6, 5), B, A, 200), ((6, 5), B, A, 300)]):
        segment = bytearray(tcp(*ports, ACK))
        segment[14:16] = window.to_bytes(2, "big")
        frames.append((i, 0, ethernet(ipv4(bytes(segment), 6, src, dst))))
    flows = pf.read_pcap(pcap(frames)).flows(schema="cicflowmeter")
    assert (flows["FWD Init Win Bytes"][0], flows["Bwd Init Win Bytes"][0]) == (100, 200)


def test_cic_counts_of_all_packets():
    row = cic((0, True, ACK | PSH, 1), (1, True, ACK | PSH, 1), (2, False, ACK | PSH, 1), (3, True, ACK, 0))
    assert (row["Fwd Act Data Pkts"], row["Fwd PSH Flags"], row["Bwd PSH Flags"], row["PSH Flag Count"]) == (2, 2, 1, 3)
    assert (row["Fwd Header Length"], row["Fwd Seg Size Min"], row["ACK Flag Count"]) == (60, 20, 4)


def test_cic_active_and_idle():
    row = cic((0, True, ACK, 0), (2000, True, ACK, 0), (10_000, False, ACK, 0), (11_000, False, ACK, 0), (20_000, True, ACK, 0))
    # Active 2 s and 1 s before silences of 8 s and 9 s.
    assert (row["Active Mean"], row["Active Max"], row["Active Min"]) == (1.5e6, 2e6, 1e6)
    assert (row["Idle Mean"], row["Idle Max"], row["Idle Min"]) == (8.5e6, 9e6, 8e6)
    assert math.isclose(row["Idle Std"], 1e6 / math.sqrt(2), rel_tol=1e-9)
    never = cic((0, True, ACK, 0), (3000, True, ACK, 0))
    assert (never["Active Mean"], never["Idle Mean"]) == (0, 0)


def test_cic_rates_and_times():
    row = cic((0, True, ACK, 100), (1000, False, ACK, 50), (4000, True, ACK, 50))
    assert (row["Flow Duration"], row["Flow Bytes/s"], row["Flow Packets/s"]) == (4_000_000, 50, 0.75)
    assert (row["Flow IAT Mean"], row["Flow IAT Max"], row["Flow IAT Min"]) == (2e6, 3e6, 1e6)
    assert math.isclose(row["Flow IAT Std"], math.sqrt(2) * 1e6, rel_tol=1e-9)
    assert (row["Fwd IAT Total"], row["Fwd IAT Mean"], row["Bwd IAT Total"]) == (4_000_000, 4e6, 0)
    moment = cic((0, True, ACK, 100))
    assert (moment["Flow Bytes/s"], moment["Fwd Packets/s"], moment["Flow IAT Mean"], moment["Packet Length Std"]) == (0, 0, 0, 0)


def test_cic_a_flow_ends_by_fin_of_both_or_rst():
    close = [(0, True, SYN, 0), (1, False, SYN | ACK, 0), (2, True, ACK, 0), (3, True, FIN | ACK, 0), (4, False, ACK, 7)]
    assert len(capture(*close, (5, False, FIN | ACK, 0), (6, True, ACK, 0)).flows(schema="cicflowmeter")) == 1
    assert len(capture((0, True, ACK, 1), (1, False, RST, 0), (7000, True, ACK, 1)).flows(schema="cicflowmeter")) == 2


def test_nfstream_times_are_whole_milliseconds():
    frames = [(0, micro, ethernet(ipv4(udp(5, 6, b"x"), 17))) for micro in (1999, 3000, 3999)]
    flows = pf.read_pcap(pcap(frames)).flows(schema="nfstream", sequence=5)
    # 1, 3 and 3 ms.
    assert (flows["bidirectional_first_seen_ms"][0], flows["bidirectional_duration_ms"][0]) == (1, 2)
    assert (flows["src2dst_mean_piat_ms"][0], flows["src2dst_max_piat_ms"][0], flows["dst2src_mean_piat_ms"][0]) == (1, 2, 0)
    assert math.isclose(flows["bidirectional_stddev_piat_ms"][0], math.sqrt(2), abs_tol=1e-6)
    assert flows["splt_piat_ms"].tolist() == [[0, 2, 0, -1, -1]]
    assert flows["splt_direction"].tolist() == [[0, 0, 0, -1, -1]]
    assert flows["splt_ps"].tolist() == [[43, 43, 43, -1, -1]]
    assert (flows["src_mac"][0], flows["dst_oui"][0]) == ("02:00:00:00:00:01", "02:00:00")


@pytest.mark.parametrize(("microseconds", "count"), [((900, 120_000_000), 2), ((1000, 120_000_999), 1)])
def test_nfstream_flows_end_at_the_timeout_in_whole_milliseconds(microseconds, count):
    frame = ethernet(ipv4(udp(5, 6), 17))
    cap = pf.read_pcap(pcap([(*divmod(micro, 1_000_000), frame) for micro in microseconds]))
    assert (len(cap.flows(schema="nfstream")), len(cap.flows())) == (count, 1)
    frames = [(second, 0, frame) for second in (0, 4, 8, 10)]
    flows = pf.read_pcap(pcap(frames)).flows(schema="nfstream", active_timeout=10)
    assert (flows["bidirectional_packets"].tolist(), flows["expiration_id"].tolist()) == ([3, 1], [1, 0])


def test_nfstream_knows_three_tunnels_apart():
    inner = ipv4(udp(5, 6, b"x"), 17)
    tzsp = bytes.fromhex("01000001 01") + ethernet(inner)
    frames = [inner, ipv4(inner, 4, "1.1.1.1", "2.2.2.2"), ipv4(udp(37008, 37008, tzsp), 17, "1.1.1.1", "2.2.2.2")]
    flows = pf.read_pcap(pcap([(0, 0, ethernet(frame)) for frame in frames])).flows(schema="nfstream")
    assert (flows["bidirectional_packets"].tolist(), flows["tunnel_id"].tolist()) == ([2, 1], [0, 3])


def test_nfstream_time_is_that_of_packets_in_flows():
    frame = ethernet(ipv4(udp(5, 6), 17))
    flows = pf.read_pcap(pcap([(9, 0, ethernet(arp(), 0x0806)), (2, 0, frame), (1, 0, frame)])).flows(schema="nfstream")
    assert (flows["bidirectional_first_seen_ms"][0], flows["bidirectional_last_seen_ms"][0]) == (2000, 2000)


def test_zeek_fields():
    records = [(0, 0, ethernet(ipv4(icmp(8), 1, A, B))), (1, 0, ethernet(ipv4(icmp(0), 1, B, A)))]
    records += [(2, 0, ethernet(ipv4(icmp(3, 1), 1, B, A))), (3, 0, ethernet(ipv4(udp(53, 999), 17, "8.8.8.8", A)))]
    flows = pf.read_pcap(pcap(records)).flows(schema="zeek")
    rows = flows.to_pandas().to_dict("records")
    keys = [tuple(row[name] for name in ("id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "proto")) for row in rows]
    # The answer from a well-known port has the other end as originator.
    assert keys == [(A, 8, B, 0, "icmp"), (B, 3, A, 1, "icmp"), (A, 999, "8.8.8.8", 53, "udp")]
    assert [(row["conn_state"], row["orig_pkts"], row["resp_pkts"]) for row in rows] == [
        ("OTH", 1, 1),
        ("OTH", 1, 0),
        ("SHR", 0, 1),
    ]
    assert rows[2]["history"] == "^d"
    assert [row["local_resp"] for row in rows] == [True, True, False]
    assert len(set(flows["uid"])) == 3


@pytest.mark.parametrize("schema", ["pcapframe", "nfstream", "cicflowmeter", "zeek"])
def test_there_is_no_nan(schema):
    cap = pf.read_pcap("examples/data/lab.pcap")
    flows = cap.flows(schema=schema, statistics=None if schema != "pcapframe" else True)
    for name in flows.columns:
        values = flows[name]
        if isinstance(values, np.ndarray) and values.dtype.kind == "f":
            assert np.isfinite(values).all(), name
