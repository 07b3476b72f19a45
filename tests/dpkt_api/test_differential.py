"""Every field, bytes(), len(), repr and exception of dpkt's packets and of ours, from the same bytes.

A sample that takes seconds; `python -m tests.dpkt_api.differential --all --mutations 200000` compares everything.
"""

from __future__ import annotations

import random
import types
import warnings

import pytest

dpkt = pytest.importorskip("dpkt")

from . import differential, targets, tree  # noqa: E402

PARTS = 4


@pytest.fixture(scope="module")
def pair():
    return targets.theirs(), targets.ours()


@pytest.fixture(autouse=True)
def quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def compare(frames, pair, *, feeds=1):
    tally = differential.Tally()
    for link_type, frame in frames:
        differential.compare_frame(tally, link_type, frame, pair, feeds=feeds)
    assert not tally.counts["unexplained"], tally.report()
    return tally


def test_our_captures(pair):
    for path, frames, least in (("lab.pcap", 2_000, 15_000), ("lab-small.pcapng", 200, 1_000)):
        tally = compare(differential.sample(targets.DATA / path, frames, spread=True), pair)
        assert tally.counts["equal"] > least
        # What dpkt refuses is compared too, and is not most of it.
        assert 0 < tally.counts["dpkt raised"] < tally.counts["compared"] / 2


@pytest.fixture(scope="session")
def others():
    paths = targets.shared_captures()
    if not paths:
        pytest.skip("the folder ../shared/captures is not there")
    return paths


@pytest.mark.parametrize("part", range(PARTS))
def test_captures_by_others(others, pair, part):
    """The first packets of each: the rare protocols are in the small captures."""
    frames = [frame for path in others[part::PARTS] for frame in differential.sample(path, 2)]
    tally = compare(dict.fromkeys(frames), pair)
    assert tally.counts["equal"] > 5_000


def test_the_sample_meets_every_class(pair):
    """Each class is fed with something, and those of the link layer by the captures themselves."""
    frames = differential.sample(targets.DATA / "lab.pcap", 600, spread=True)
    tally = compare(frames, pair, feeds=6)
    assert set(tree.FEED) <= set(tally.starts)


def test_mutated_frames(pair):
    corpus = differential.sample(targets.DATA / "lab.pcap", 1_500, spread=True)
    corpus += differential.sample(targets.DATA / "lab-small.pcapng", 200)
    for path in targets.shared_captures()[::7]:
        corpus += differential.sample(path, 1)
    tally = compare(differential.mutations(corpus, 3_000, seed=20), pair)
    assert tally.counts["frames"] == 3_000


def test_every_order_of_looking(pair):
    """Packets are parsed when they are looked at: whatever comes first must find the same."""
    for link_type, frame in differential.sample(targets.DATA / "lab.pcap", 150, spread=True):
        start = tree.start_of(link_type, frame)
        for order in tree.ORDERS:
            case, found = tree.compare_start(start, frame, *pair, order)
            assert not [difference for difference in found if not difference.reason], (str(case), found)


def test_empty_and_short_input(pair):
    """Every length from nothing to two headers, of zeros and of ones, to every class."""
    for fill in (b"\0", b"\xff", b"\x45\x60"):
        for length in range(90):
            for start in tree.FEED:
                case, found = tree.compare_start(start, (fill * length)[:length], *pair)
                assert not [difference for difference in found if not difference.reason], (str(case), found)


# The comparison itself.


@pytest.fixture
def twin():
    """dpkt again, as far as Ethernet, IP and TCP go, in classes of its own that can be spoiled."""
    ip, tcp, ethernet = (type(cls.__name__, (cls,), {}) for cls in (dpkt.ip.IP, dpkt.tcp.TCP, dpkt.ethernet.Ethernet))
    ip._protosw = {**dpkt.ip.IP._protosw, 6: tcp}
    ethernet._typesw = {**dpkt.ethernet.Ethernet._typesw, 0x0800: ip}
    return types.SimpleNamespace(
        ethernet=types.SimpleNamespace(Ethernet=ethernet), ip=types.SimpleNamespace(IP=ip), tcp=types.SimpleNamespace(TCP=tcp)
    )


FRAME = bytes.fromhex(
    "020000000002 020000000001 0800 4500002c000140004006 0000 0a000001 0a000002"
    "04d2005000000001000000006002200000000000020405b4"
)  # fmt: skip


def test_equal_packets_have_no_difference(twin):
    assert tree.differences(FRAME, dpkt, twin, 1) == []
    assert tree.differences(FRAME[:30], dpkt, twin, 1) == []


def spoil_field(twin):
    twin.tcp.TCP.unpack = lambda self, buf: (dpkt.tcp.TCP.unpack(self, buf), setattr(self, "win", 7))[0]


def spoil_bit_field(twin):
    twin.tcp.TCP.flags = property(lambda self: self._off_flags & 0xFD)


def spoil_order(twin):
    """The same attributes, but the payload's before the options."""
    twin.ip.IP.unpack = lambda self, buf: (setattr(self, "tcp", 1), dpkt.ip.IP.unpack(self, buf))[1]


def spoil_identity(twin):
    """The payload's attribute is another object than the payload."""

    def unpack(self, buf):
        dpkt.ip.IP.unpack(self, buf)
        self.tcp = twin.tcp.TCP(bytes(self.data))

    twin.ip.IP.unpack = unpack


def spoil_extra(twin):
    twin.tcp.TCP.unpack = lambda self, buf: (dpkt.tcp.TCP.unpack(self, buf), setattr(self, "more", 7))[0]


def spoil_bytes(twin):
    twin.tcp.TCP.__bytes__ = lambda self: dpkt.tcp.TCP.__bytes__(self)[:-1]


def spoil_len(twin):
    twin.ethernet.Ethernet.__len__ = lambda self: dpkt.ethernet.Ethernet.__len__(self) + 4


def spoil_repr(twin):
    twin.ip.IP.__repr__ = lambda self: dpkt.ip.IP.__repr__(self).replace("tos", "dscp").replace(", ", ",")


def spoil_type(twin):
    """The right number of the wrong type."""
    twin.tcp.TCP.unpack = lambda self, buf: (dpkt.tcp.TCP.unpack(self, buf), setattr(self, "win", float(self.win)))[0]


def spoil_what_bytes_leaves(twin):
    """bytes() does not fill the checksum in."""

    def to_bytes(self):
        packed = dpkt.ip.IP.__bytes__(self)
        self.sum = 0
        return packed

    twin.ip.IP.__bytes__ = to_bytes


def spoil_payload(twin):
    twin.ip.IP._protosw = {}


@pytest.mark.parametrize("spoil", [value for name, value in sorted(globals().items()) if name.startswith("spoil_")])
def test_a_spoiled_packet_is_found(twin, spoil):
    spoil(twin)
    found = tree.differences(FRAME, dpkt, twin, 1)
    assert found
    assert not any(difference.reason for difference in found)


@pytest.mark.parametrize(("error", "explained"), [(ValueError, False), (dpkt.UnpackError, False), (IndexError, False)])
def test_an_exception_where_dpkt_has_none_is_found(twin, error, explained):
    def unpack(self, buf):
        raise error("no")

    twin.ethernet.Ethernet.unpack = unpack
    assert [bool(difference.reason) for difference in tree.differences(FRAME, dpkt, twin, 1)] == [explained]


def test_another_text_of_an_exception_is_found(twin):
    def unpack(self, buf):
        raise dpkt.NeedData("too short")

    twin.ethernet.Ethernet.unpack = unpack
    assert [str(d) for d in tree.differences(b"short", dpkt, twin, 1)] == [
        ": dpkt raises NeedData('got 5, 14 needed at least'), ours raises NeedData('too short')"
    ]


def test_a_bare_exception_of_dpkt_is_a_difference_that_is_counted(twin):
    """MPLS labels up to the end of the frame: dpkt looks for the next byte."""
    frame = FRAME[:12] + bytes.fromhex("8847 00010140")
    with pytest.raises(IndexError):
        dpkt.ethernet.Ethernet(frame)
    same = tree.differences(frame, dpkt, twin, 1)
    assert [difference.reason for difference in same] == [None], "our IndexError is no better than dpkt's"

    def unpack(self, buf):
        raise dpkt.UnpackError("no payload")

    twin.ethernet.Ethernet.unpack = unpack
    found = tree.differences(frame, dpkt, twin, 1)
    assert [bool(difference.reason) for difference in found] == [True]
    tally = differential.Tally()
    tally.add(*tree.compare_start("ethernet.Ethernet", frame, dpkt, twin))
    assert tally.counts["deliberately different"] == sum(tally.reasons.values()) == 1


def test_unexplained_differences_fail_and_are_shown(twin):
    spoil_len(twin)
    tally = differential.Tally()
    for _ in range(30):
        tally.add(*tree.compare_start("ethernet.Ethernet", FRAME, dpkt, twin))
    assert tally.counts["unexplained"] == 30
    assert len(tally.unexplained) == differential.SHOWN
    assert "len: dpkt 58, ours 62" in tally.report()


def test_mutations_are_those_of_the_seed():
    corpus = differential.sample(targets.DATA / "lab-small.pcapng", 50)
    one, again, other = ([*differential.mutations(corpus, 300, seed)] for seed in (1, 1, 2))
    assert one == again != other
    assert len(set(one)) > 250
    assert sum(frame in corpus for frame in one) < 30


def test_recursion_ends():
    """A packet that contains itself."""
    packet = dpkt.ethernet.Ethernet(FRAME)
    packet.data.loop = packet
    assert ("loop", tree.Same("packet")) in tree.describe(packet)["fields"]["data"]["dict"]


def test_mutate_never_fails():
    chance = random.Random(5)
    for length in range(40):
        for _ in range(50):
            assert isinstance(differential.mutate(bytes(length), b"", chance), bytes)
