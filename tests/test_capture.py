"""Columns, parts of a capture, packets, and what a person sees."""

from __future__ import annotations

import copy
import pickle
import subprocess

import numpy as np
import pytest

import pcapframe as pf
from conftest import need_program
from frames import assorted, enhanced, ethernet, interface, ipv4, ipv6, option, pcap, section, tcp, udp
from pcapframe import _core
from pcapframe._generated import ALL_COLUMNS, DEFAULT_COLUMNS

EACH = pcap([(i, 0, frame) for i, frame in enumerate(assorted())])


@pytest.fixture
def cap():
    return pf.read_pcap(EACH, columns="all")


def test_columns_of_one_frame_of_each_kind(cap):
    layer = pf.Layer
    assert cap.length.tolist() == [len(frame) for frame in assorted()]
    assert cap.layers.tolist() == [
        layer.ETHERNET | layer.IPV4 | layer.TCP,
        layer.ETHERNET | layer.IPV4 | layer.TCP,
        layer.ETHERNET | layer.VLAN | layer.IPV4 | layer.UDP,
        layer.ETHERNET | layer.VLAN | layer.IPV6 | layer.UDP,
        layer.ETHERNET | layer.IPV4 | layer.ICMP,
        layer.ETHERNET | layer.ARP,
        layer.ETHERNET | layer.IPV4 | layer.FRAGMENT,
        layer.ETHERNET,
    ]
    assert cap.sport.tolist() == [1234, 80, 5353, 1, 0, 0, 0, 0]
    assert cap.vlan_id.tolist() == [0, 0, 30, 30, 0, 0, 0, 0]
    assert cap.ethertype.tolist() == [0x800] * 3 + [0x86DD, 0x800, 0x806, 0x800, 0x88CC]
    assert list(cap.src) == ["10.0.0.1", "10.0.0.2", "10.0.0.1", "fd00::1", "10.0.0.1", "10.0.0.1", "10.0.0.1", ""]
    assert list(cap.eth_src) == ["02:00:00:00:00:01"] * 8
    assert (cap.tcp_mss[0], cap.tcp_wscale[0], cap.tcp_options[0]) == (1460, 7, 3)
    assert cap.payload_length.tolist() == [0, 0, 5, 3, 4, 0, 0, 0]
    assert cap.fragment_offset.tolist() == [0] * 6 + [800, 0]
    assert cap.stop.tolist() == [0] * 7 + [pf.Stop.UNSUPPORTED]
    assert cap.ip_version.tolist() == [4, 4, 4, 6, 4, 0, 4, 0]


def test_default_columns_and_selective_reading():
    assert pf.read_pcap(EACH).columns == list(DEFAULT_COLUMNS)
    full = pf.read_pcap(EACH, columns="all")
    assert full.columns == list(ALL_COLUMNS)
    for name in ALL_COLUMNS:
        alone = pf.read_pcap(EACH, columns=[name])
        assert alone.columns == [name]
        assert np.array_equal(np.asarray(alone[name]), np.asarray(full[name])), name
        assert alone.to_arrow()[name].equals(full.to_arrow()[name]), name


def test_a_column_that_was_not_read_names_the_fix():
    cap = pf.read_pcap(EACH, columns=["timestamp"])
    with pytest.raises(AttributeError, match=r'columns=\[\.\.\., "sport"\]'):
        _ = cap.sport
    with pytest.raises(AttributeError, match="no column or method 'sprot'"):
        _ = cap.sprot
    with pytest.raises(pf.UnknownColumnError, match='"sprot"'):
        cap["sprot"]
    assert cap.info.bytes is None
    assert not hasattr(cap, "_ipython_canary_method_should_not_exist_")


def test_what_accompanies_a_column_is_not_taken_for_one():
    """Addresses need to know which layers there are, but only as deep as they are themselves."""
    cap = pf.read_pcap(EACH, columns=["src"])
    for ask in (lambda: cap.layers, lambda: cap["layers"], lambda: cap.tcp, lambda: cap.udp, lambda: cap.ipv4):
        with pytest.raises(AttributeError, match=r'columns=\[\.\.\., "(layers|ip_version)"\]'):
            ask()
    assert cap.to_arrow()["src"].null_count == 1


def test_flags_take_numpy_s_integers(cap):
    assert pf.TcpFlag(cap.tcp_flags[1]) == pf.TcpFlag.SYN | pf.TcpFlag.ACK
    assert pf.Layer(cap.layers[0]) == pf.Layer.ETHERNET | pf.Layer.IPV4 | pf.Layer.TCP
    assert pf.Stop(cap.stop[0]) is pf.Stop.COMPLETE
    with pytest.raises(TypeError):
        pf.TcpFlag("SYN")


def test_arrays_are_read_only_and_share_memory(cap):
    one, two = cap.sport, cap.sport
    assert np.shares_memory(one, two)
    assert np.shares_memory(one, cap[2:5].sport)
    for array in (cap.timestamp, cap.length, cap.src.codes, cap.src.values):
        assert not array.flags.writeable
        with pytest.raises(ValueError, match="read-only"):
            array[0] = array[1]
    with pytest.raises(ValueError, match="WRITEABLE"):
        one.flags.writeable = True
    assert cap.timestamp.dtype == "datetime64[ns]"


def test_arrays_outlive_the_capture():
    ports = pf.read_pcap(EACH).sport
    codes = pf.read_pcap(EACH).src.codes
    assert ports.tolist() == [1234, 80, 5353, 1, 0, 0, 0, 0]
    assert codes.tolist() == [1, 2, 1, 3, 1, 1, 1, 0]


def test_parts(cap):
    everything = cap.sport.tolist()
    rng = np.random.default_rng(3)
    keys = [
        slice(2, 5),
        slice(None, None, -1),
        slice(-3, None),
        slice(5, 2),
        slice(0, 100, 3),
        [0, -1, 3],
        np.array([7, 7]),
    ]
    keys += [rng.random(len(cap)) < 0.5 for _ in range(5)] + [np.zeros(8, bool), []]
    for key in keys:
        expected = np.array(everything)[np.array(key, int) if isinstance(key, list) and not key else key].tolist()
        part = cap[key]
        assert part.sport.tolist() == expected
        rows = np.arange(len(cap))[np.array(key, int) if isinstance(key, list) and not key else key]
        assert [data for _, data in part.packets()] == [cap.packet(row) for row in rows.tolist()]
        assert len(part) == len(expected)
    part = cap[1:7][[True, False, True, False, True, False]][1:]
    assert list(part.src) == ["fd00::1", "10.0.0.1"]
    assert [len(data) for _, data in part] == part.length.tolist()
    assert cap[3].src[0] == "fd00::1"
    assert cap.head(2).length.tolist() == cap.length[:2].tolist()
    for bad in (8, -9, [0, 8]):
        with pytest.raises(IndexError):
            cap[bad]
    with pytest.raises(IndexError, match="mask has 3 values"):
        cap[[True, False, True]]
    with pytest.raises(TypeError, match="index is float"):
        cap[1.5]


def test_sub_captures(cap):
    assert [len(part) for part in (cap.tcp, cap.udp, cap.icmp, cap.arp, cap.ipv4, cap.ipv6)] == [2, 2, 1, 1, 5, 1]
    assert cap.udp.ipv6.dst[0] == "fd00::2"
    assert len(cap.tcp.udp) == 0


def test_packets_come_back_byte_for_byte(cap, lab, lab_ng):
    assert [data for _, data in cap.packets()] == assorted()
    assert [cap.packet(i) for i in range(-8, 8)] == assorted() * 2
    for bad in (8, -9):
        with pytest.raises(IndexError, match=str(bad)):
            cap.packet(bad)
    for path in (lab, lab_ng):
        found = pf.read_pcap(path, columns=["timestamp", "captured_length"])
        rows = list(found.packets())
        assert [time for time, _ in rows] == list(found.timestamp)
        assert [len(data) for _, data in rows] == found.captured_length.tolist()
        backwards = found[::-97]
        assert [data for _, data in backwards.packets()] == [data for _, data in rows[::-97]]


@pytest.mark.parametrize("suffix", [".pcap", ".pcapng"])
def test_written_captures_read_back_the_same(lab_ng, tmp_path, suffix):
    whole = pf.read_pcap(lab_ng, columns="all")
    for part in (whole, whole.udp, whole[5:50:3], whole[:0]):
        path = tmp_path / f"part{suffix}"
        assert part.write_pcap(path) == len(part)
        again = pf.read_pcap(path, columns="all")
        for name in ALL_COLUMNS:
            if name != "interface":
                assert np.array_equal(np.asarray(again[name]), np.asarray(part[name])), name
        if suffix == ".pcap" and len(part):
            tshark = need_program("tshark")
            shown = subprocess.run([tshark, "-r", path, "-T", "fields", "-e", "frame.time_epoch"], capture_output=True, text=True)
            assert len(shown.stdout.splitlines()) == len(part)


def test_microseconds_stay_microseconds(lab, tmp_path):
    pf.read_pcap(lab).write_pcap(tmp_path / "copy.pcap")
    assert (tmp_path / "copy.pcap").read_bytes() == lab.read_bytes()


def test_what_a_format_can_not_hold(tmp_path):
    mixed = section() + interface(1) + interface(101) + enhanced(0, 5, assorted()[0]) + enhanced(1, 6, ipv4(tcp(1, 2, 2), 6))
    cap = pf.read_pcap(mixed)
    with pytest.raises(ValueError, match=r"link type.*\.pcapng"):
        cap.write_pcap(tmp_path / "mixed.pcap")
    assert not list(tmp_path.iterdir())
    cap.write_pcap(tmp_path / "mixed.pcapng")
    again = pf.read_pcap(tmp_path / "mixed.pcapng", columns=["link_type", "sport"])
    assert again.link_type.tolist() == [1, 101]
    early = section() + interface(options=option(14, (-5).to_bytes(8, "little", signed=True))) + enhanced(0, 0, assorted()[0])
    with pytest.raises(ValueError, match="can not hold the time"):
        pf.read_pcap(early).write_pcap(tmp_path / "early.pcap")


def test_a_capture_may_be_written_over_its_own_source(tmp_path):
    path = tmp_path / "self.pcap"
    path.write_bytes(EACH)
    pf.read_pcap(path).udp.write_pcap(path)
    assert len(pf.read_pcap(path)) == 2


@pytest.mark.parametrize("make", [lambda c: pickle.loads(pickle.dumps(c)), copy.deepcopy, copy.copy])
def test_pickling(make, lab, tmp_path):
    whole = pf.read_pcap(lab, columns="all")
    memory = pf.read_pcap(EACH, columns="all")
    for part in (whole, whole.udp, whole[10:20], memory, memory[[3, 1]]):
        again = make(part)
        assert again.columns == part.columns
        assert again.to_arrow().equals(part.to_arrow())
        assert again.packet(1) == part.packet(1)
        assert str(again.info) == str(part.info)


def test_info(lab, lab_ng):
    info = pf.read_pcap(lab).info
    assert (info.packets, info.link_types, info.fault) == (28_281, (1,), None)
    assert info.format.startswith("pcap (microseconds, little-endian")
    assert str(info.first) == "2026-11-23T21:51:03.899432000"
    assert info.duration == info.last - info.first
    assert info.bytes == 3_267_080
    several = pf.read_pcap(lab_ng).info
    assert [interface.name for interface in several.interfaces] == ["pc1", "cam"]
    assert "pc1 Ethernet" in str(several)
    assert "<table>" in several._repr_html_()


def test_previews_are_bounded_and_escaped():
    name = b"<script>alert(1)</script>"
    cap = pf.read_pcap(section() + interface(options=option(2, name)) + enhanced(0, 5, assorted()[0]) * 500)
    assert "<script>" not in cap.info._repr_html_()
    assert "&lt;script&gt;" in cap.info._repr_html_()
    assert cap._repr_html_().count("<tr>") == 11
    assert "490 more" in cap._repr_html_()
    assert len(repr(cap).splitlines()) == 9
    assert "SYN" in repr(cap)
    assert "10.0.0.1" in repr(cap)


def test_generated_files_are_up_to_date(pytestconfig):
    import sys

    command = [sys.executable, pytestconfig.rootpath / "tools" / "generate.py", "--check"]
    assert subprocess.run(command, check=False).returncode == 0


def test_every_column_has_documentation_and_an_oracle():
    for column in _core.column_table():
        assert column["doc"].endswith((".", ">)."))
        assert bool(column.get("tshark")) != bool(column.get("exempt")), column["name"]
        assert getattr(pf.Capture, column["name"]).__doc__


def test_address_columns(cap):
    src = cap.src
    assert (src == "10.0.0.1").tolist() == [True, False, True, False, True, True, True, False]
    assert (src != "10.0.0.1").tolist() == [False, True, False, True, False, False, False, True]
    assert (src == "fd00:0::0001").tolist() == [False] * 3 + [True] + [False] * 4
    assert src.isin("10.0.0.0/31").tolist() == [True, False, True, False, True, True, True, False]
    assert src.isin(["fd00::/16", "10.0.0.2"]).tolist() == [False, True, False, True] + [False] * 4
    assert src.isin("0.0.0.0/0").sum() == 6
    assert src.isin("::/0").sum() == 1
    assert src.isin([]).sum() == 0
    assert (cap.dst == cap.dst).all()
    assert (cap.src == cap.dst).sum() == 1  # neither has one
    assert src.values.tolist() == ["", "10.0.0.1", "10.0.0.2", "fd00::1"]
    assert src.counts() == {"10.0.0.1": 5, "10.0.0.2": 1, "fd00::1": 1}
    assert src.unique() == ["10.0.0.1", "10.0.0.2", "fd00::1"]
    assert cap.udp.src.unique() == ["10.0.0.1", "fd00::1"]
    assert (src[0], src[-1], src[2:4].tolist()) == ("10.0.0.1", "", ["10.0.0.1", "fd00::1"])
    assert (cap.eth_dst == "02-00-00-00-00-02").all()
    assert cap.eth_dst.isin(["02:00:00:00:00:02"]).all()
    assert "10.0.0.1" in repr(src)
    with pytest.raises(TypeError, match="compared with int"):
        _ = src == 5
    with pytest.raises(ValueError, match="neither an IP address nor a network"):
        src.isin("nonsense")
    with pytest.raises(IndexError):
        src[8]


def test_many_addresses_of_both_versions():
    rng = np.random.default_rng(1)
    hosts = rng.integers(0, 5000, 20_000)
    frames = [
        ethernet(ipv4(udp(1, 2), 17, f"10.1.{h >> 8}.{h & 255}"))
        if h % 3
        else ethernet(ipv6(udp(1, 2), 17, f"fd00::{h:x}"), 0x86DD)
        for h in hosts.tolist()
    ]
    cap = pf.read_pcap(pcap([(i, 0, frame) for i, frame in enumerate(frames)]))
    expected = [
        f"10.1.{h >> 8}.{h & 255}" if h % 3 else str(__import__("ipaddress").IPv6Address(f"fd00::{h:x}")) for h in hosts.tolist()
    ]
    assert list(cap.src) == expected
    assert len(cap.src.values) == len(set(expected)) + 1
