"""The result does not depend on threads, chunks or guesses: the same columns, codes and faults."""

from __future__ import annotations

import random
import warnings

import numpy as np
import pytest

from frames import assorted, enhanced, ethernet, interface, ipv4, mutated, option, pcap, section, udp
from pcapframe import PcapframeError, _core
from pcapframe._generated import ALL_COLUMNS

WAYS = [(threads, chunk) for threads in (1, 2, 3, 7) for chunk in (4096, 65_536)]


def columns(source, threads, chunk):
    """Every column's bytes, the addresses behind the codes, and the fault; or the error's text."""
    try:
        frame = _core.read([source], list(ALL_COLUMNS), _core.Settings(threads=threads, chunk=chunk))
    except PcapframeError as error:
        return str(error)
    origin = frame.sources[0]
    out = [len(frame), origin["fault"], frame.interfaces]
    for row in _core.column_table():
        name = row["name"]
        if row["kind"] == "address":
            out += [frame.codes(name).tobytes(), frame.categories(name)]
        else:
            out.append(frame.values(name).tobytes())
    return out


def assert_all_equal(source, ways=WAYS):
    expected = columns(source, 1, 1 << 30)
    for threads, chunk in ways:
        assert columns(source, threads, chunk) == expected, (threads, chunk)
    return expected


def test_our_captures(lab, lab_ng):
    for path in (lab, lab_ng):
        found = assert_all_equal(str(path))
        assert found[0] > 100


@pytest.mark.parametrize("seed", range(4))
def test_mutations_of_our_captures(lab, lab_ng, seed):
    rng = random.Random(seed)
    for path in (lab, lab_ng):
        data = path.read_bytes()[:300_000]
        for _ in range(6):
            assert_all_equal(mutated(data, rng), [(2, 4096), (3, 10_000), (7, 4096)])


def test_a_capture_carried_inside_packets():
    """The worst case for guesses: payloads that are captures themselves."""
    inner = pcap([(i, 0, frame) for i, frame in enumerate(assorted() * 20)])
    parts = [inner[at : at + 1400] for at in range(0, len(inner), 1400)]
    data = pcap([(i, 0, ethernet(ipv4(udp(1, 2, part), 17))) for i, part in enumerate(parts * 40)])
    found = assert_all_equal(data)
    assert found[0] == len(parts) * 40
    assert _core.read([data], ["sport"], _core.Settings(threads=2, chunk=4096)).sources[0]["wrong_guesses"] > 0


def test_interfaces_described_between_packets():
    """Every chunk changes what the next one must know."""
    rng = random.Random(5)
    parts = [section(), interface()]
    described = 1
    for i in range(3000):
        if rng.random() < 0.2:
            resolution = option(9, bytes([rng.choice([0, 3, 6, 9, 0x8A])]))
            parts.append(interface(rng.choice([1, 101, 113]), options=resolution))
            described += 1
        if rng.random() < 0.01:
            parts += [section(), interface(101)]
            described = 1
        parts.append(enhanced(rng.randrange(described), 10**6 * i, rng.choice(assorted())))
    found = assert_all_equal(b"".join(parts))
    assert found[0] == 3000


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("nano", [False, True])
def test_byte_orders_and_resolutions(order, nano):
    frames = assorted() * 300
    data = pcap([(10**9 + i, i, frame) for i, frame in enumerate(frames)], order=order, nano=nano)
    assert assert_all_equal(data)[0] == len(frames)


def test_records_larger_than_chunks():
    data = pcap([(i, 0, ethernet(ipv4(udp(1, 2, bytes(60_000)), 17))) for i in range(50)])
    assert assert_all_equal(data)[0] == 50


def test_captures_by_others(shared_captures):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rows = sum(len(found) and found[0] for found in map(every_way, shared_captures) if not isinstance(found, str))
    assert rows > 400_000


def every_way(path):
    small = path.stat().st_size < 4096
    return assert_all_equal(str(path), [(2, 512)] if small else [(2, 4096), (7, 4096), (3, 65_536)])


def test_mutations_of_captures_by_others(shared_captures):
    rng = random.Random(11)
    chosen = [path for path in rng.sample(shared_captures, 400) if 100 < path.stat().st_size < 200_000]
    for path in chosen:
        assert_all_equal(mutated(path.read_bytes(), rng), [(2, 4096), (3, 512)])


def test_codes_are_the_same_whatever_the_number_of_threads(lab, monkeypatch):
    def coded():
        frame = _core.read([str(lab)], ["src"], _core.Settings(threads=1))
        return frame.codes("src").tolist(), frame.categories("src")

    monkeypatch.setenv("PCAPFRAME_THREADS", "1")
    one = coded()
    monkeypatch.setenv("PCAPFRAME_THREADS", "3")
    assert coded() == one
    assert np.unique(one[0]).size == len(one[1]) - (0 not in one[0])
