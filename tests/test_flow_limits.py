"""Flows of input at its limits: nothing, one of everything, a million, every port, time that stands or goes backwards."""

from __future__ import annotations

import struct

import numpy as np
import pytest

import pcapframe as pf
from frames import assorted, ethernet, icmp, ipv4, ipv6, pcap, tcp, udp

SCHEMAS = ["pcapframe", "nfstream", "cicflowmeter", "zeek"]
A, B = "10.0.0.1", "10.0.0.2"
MILLION = 1_000_000
SOURCE, PORT = slice(26, 30), slice(34, 36)


def datagrams(count, *, sources=None, ports=None, microseconds=None):
    """A capture of UDP datagrams, the same but for what is given."""
    frame = ethernet(ipv4(udp(7, 53), 17, A, B))
    records = np.zeros(count, [("time", "<u4", 2), ("lengths", "<u4", 2), ("frame", "u1", len(frame))])
    records["frame"] = np.frombuffer(frame, np.uint8)
    records["lengths"] = len(frame)
    if sources is not None:
        records["frame"][:, SOURCE] = sources.astype(">u4").view(np.uint8).reshape(-1, 4)
    if ports is not None:
        records["frame"][:, PORT] = ports.astype(">u2").view(np.uint8).reshape(-1, 2)
    if microseconds is not None:
        records["time"] = np.stack(np.divmod(microseconds, MILLION), axis=1)
    return pf.read_pcap(pcap([]) + records.tobytes())


def captured(*records):
    return pf.read_pcap(pcap(records))


INPUTS = {
    "nothing": lambda: captured(),
    "no IP": lambda: captured((0, 0, ethernet(b"\x02\x07unknown", 0x88CC))),
    "one packet": lambda: captured((5, 0, ethernet(ipv4(udp(1, 2), 17)))),
    "ICMP": lambda: captured(*[(t, 0, ethernet(ipv4(icmp(kind), 1, A, B))) for t, kind in enumerate((8, 8, 3, 5, 11, 13))]),
    "IPv6": lambda: captured(*[(t, 0, ethernet(ipv6(udp(port, 2), 17), 0x86DD)) for t, port in enumerate((1, 1, 3))]),
    "one moment": lambda: captured(*[(5, 0, ethernet(ipv4(tcp(1, 2, flags, b"x"), 6))) for flags in (2, 16, 17)] * 3),
    "backwards": lambda: captured(*[(t, 0, ethernet(ipv4(tcp(1, 2, 16, b"x"), 6))) for t in (9, 5, 7, 1, 3000, 2, 0)]),
    "ends of time": lambda: captured(*[(t, 0, ethernet(ipv4(udp(1, 2), 17))) for t in (0, 0xFFFFFFFF, 0)]),
    "assorted": lambda: captured(*[(0, 0, frame) for frame in assorted()]),
    "every port": lambda: datagrams(65_536, ports=np.arange(65_536)),
}


@pytest.fixture(scope="module", params=INPUTS)
def cap(request):
    return INPUTS[request.param]()


@pytest.mark.parametrize("schema", SCHEMAS)
def test_numbers_are_numbers(cap, schema):
    flows = cap.flows(schema=schema, statistics=True, sequence=3)
    table = flows.to_arrow()
    assert table.num_rows == len(flows)
    for name in flows.columns:
        values = flows[name]
        assert len(values) == len(flows), name
        kind = values.dtype.kind if isinstance(values, np.ndarray) else ""
        if kind == "f":
            assert np.isfinite(values).all(), name
        elif kind == "m":
            assert (values >= np.timedelta64(0, "ns")).all(), name
    assert flows.packets_total.sum() == (cap.ip_version != 0).sum()


def test_zero_flows_have_all_columns():
    whole = INPUTS["every port"]().flows(statistics=True).to_arrow().schema
    assert INPUTS["nothing"]().flows(statistics=True).to_arrow().schema.equals(whole)


def test_a_million_flows_of_one_packet():
    flows = datagrams(MILLION, sources=np.arange(MILLION)).flows()
    assert len(flows) == MILLION
    assert (flows.packets_total == 1).all()
    assert (flows.duration == np.timedelta64(0, "ns")).all()
    assert (flows.first_row == np.arange(MILLION)).all()
    assert flows.src[258] == "0.0.1.2"


def test_one_flow_of_a_million_packets():
    times = np.cumsum(np.arange(MILLION) % 3)
    flows = datagrams(MILLION, microseconds=times).flows(statistics=True, sequence=255)
    assert (len(flows), flows.packets_fwd[0], flows.bytes_fwd[0]) == (1, MILLION, 42 * MILLION)
    assert (flows.size_std_fwd[0], flows.size_mean_fwd[0]) == (0, 42)
    gaps = np.diff(times) * 1000
    assert flows.iat_mean_fwd[0].astype(int) == round(gaps.mean())
    assert flows.iat_std_fwd[0].astype(int) == round(gaps.std(ddof=1))
    assert flows.sequence_iats[0, 1:].astype(int).tolist() == gaps[:254].tolist()


def test_every_port():
    flows = INPUTS["every port"]().flows()
    assert flows.sport.tolist() == list(range(65_536))
    # Port 0 is a port.
    assert flows.to_arrow()["sport"].null_count == 0
    assert (flows.dport == 53).all()


def test_times_that_stand_or_go_backwards():
    flows = INPUTS["one moment"]().flows(statistics=True)
    assert (flows.duration[0], flows.iat_max_total[0], flows.subflows[0]) == (np.timedelta64(0), np.timedelta64(0), 1)
    # 3000 s end the flow that the clock has stood at 9 s in; what was written later with earlier times belongs to the new one.
    flows = INPUTS["backwards"]().flows(statistics=True)
    assert flows.packets_total.tolist() == [4, 3]
    assert [int(second) for second in flows.duration / np.timedelta64(1, "s")] == [8, 3000]
    assert flows.iat_max_total.astype(int).tolist() == [0, 0]


@pytest.mark.parametrize("again", [1, 2])
def test_a_new_syn_on_the_same_ports(again):
    """With another sequence number it begins a flow; with the same one it is the same SYN once more."""

    def segment(flags, seq, forward=True):
        ports, ends = ((5, 80), (A, B)) if forward else ((80, 5), (B, A))
        return ethernet(ipv4(tcp(*ports, flags, seq=seq, ack=seq), 6, *ends))

    frames = [segment(2, 1), segment(18, 9, forward=False), segment(2, again)]
    flows = captured(*[(t, 0, frame) for t, frame in enumerate(frames)]).flows()
    assert flows.packets_total.tolist() == ([3] if again == 1 else [2, 1])
    if again != 1:
        assert flows.end_reason.tolist() == [pf.EndReason.END_OF_FLOW, pf.EndReason.FORCED]


def test_counters_do_not_overflow():
    """Records may claim 4 GiB on the wire: sums are as they are, and so are deviations."""
    frame = ethernet(ipv4(udp(1, 2), 17))
    record = struct.pack("<IIII", 0, 0, len(frame), 0xFFFFFFFF) + frame
    flows = pf.read_pcap(pcap([]) + record * 5 + pcap([(0, 0, frame)])[24:]).flows(statistics=True)
    assert flows.bytes_total[0] == 5 * 0xFFFFFFFF + len(frame)
    expected = np.std([0xFFFFFFFF] * 5 + [len(frame)], ddof=1)
    np.testing.assert_allclose(flows.size_std_total[0], expected, rtol=1e-12)
