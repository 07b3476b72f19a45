"""Times and number of packets as tcpdump prints them."""

from __future__ import annotations

import subprocess

import pytest

import pcapframe as pf
from conftest import need_program


def times(path):
    """Nanoseconds since 1970 of every packet that tcpdump reads."""
    command = [need_program("tcpdump"), "-n", "-q", "-tt", "--nano", "-r", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    stamps = [line.split(" ", 1)[0] for line in done.stdout.splitlines() if line[:1].isdigit()]
    return [int(stamp.replace(".", "")) for stamp in stamps]


@pytest.mark.parametrize("name", ["lab.pcap", "lab-small.pcapng"])
def test_times(lab, name):
    path = lab.with_name(name)
    cap = pf.read_pcap(path, columns=["timestamp"])
    assert cap.timestamp.view("int64").tolist() == times(path)


def test_a_written_selection(lab, tmp_path):
    part = pf.read_pcap(lab).udp
    part.write_pcap(tmp_path / "udp.pcap")
    assert times(tmp_path / "udp.pcap") == part.timestamp.view("int64").tolist()
