"""All that can be seen of a packet, as plain data, and where two such descriptions differ.

A description has no reference to a class of either package, so that one of dpkt's packets can be compared with one of ours.
"""

from __future__ import annotations

import functools
import re
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

# Looking changes things: bytes() fills in checksums, and what is parsed on demand is parsed by the first look.
ORDERS = (
    ("fields", "len", "repr", "bytes"),
    ("bytes", "fields", "len", "repr"),
    ("repr", "bytes", "len", "fields"),
    ("dict", "len", "bytes", "repr", "fields"),
)
DEPTH = 150  # layers; of what is deeper only the type is compared
DPKT_ERRORS = {"Error", "UnpackError", "NeedData", "PackError"}
# Its getter warns; tests of their own look at it.
DEPRECATED = {"off"}

# Class of the outermost layer by LINKTYPE.
START = {
    0: "loopback.Loopback",
    1: "ethernet.Ethernet",
    9: "ppp.PPP",
    50: "ppp.PPP",
    51: "pppoe.PPPoE",
    105: "ieee80211.IEEE80211",
    108: "loopback.Loopback",
    113: "sll.SLL",
    127: "radiotap.Radiotap",
    228: "ip.IP",
    229: "ip6.IP6",
    248: "sctp.SCTP",
    276: "sll2.SLL2",
}
RAW = {12, 14, 101}

# Classes that are fed with payloads, whether these are theirs or not.
FEED = (  # noqa: SIM905
    "ah.AH arp.ARP cdp.CDP cdp.CDP.TLV cdp.CDP.Address cdp.CDP.TLV_Addresses dns.DNS esp.ESP ethernet.Ethernet "
    "ethernet.MPLSlabel ethernet.VLANtag8021Q ethernet.VLANtagISL gre.GRE gre.GRE.SRE icmp.ICMP icmp.ICMP.Echo icmp.ICMP.Quote "
    "icmp.ICMP.Unreach icmp.ICMP.Quench icmp.ICMP.Redirect icmp.ICMP.ParamProbe icmp.ICMP.TimeExceed icmp6.ICMP6 "
    "icmp6.ICMP6.Error icmp6.ICMP6.Unreach icmp6.ICMP6.TooBig icmp6.ICMP6.TimeExceed icmp6.ICMP6.ParamProb icmp6.ICMP6.Echo "
    "igmp.IGMP ip.IP ip6.IP6 ip6.IP6OptsHeader ip6.IP6HopOptsHeader ip6.IP6DstOptsHeader ip6.IP6RoutingHeader "
    "ip6.IP6FragmentHeader ip6.IP6AHHeader ip6.IP6ESPHeader ipx.IPX llc.LLC loopback.Loopback pcap.FileHdr pcap.LEFileHdr "
    "pcap.PktHdr pcap.LEPktHdr pcap.PktModHdr pcap.LEPktModHdr pcapng.PcapngOption pcapng.PcapngOptionLE "
    "pcapng.SectionHeaderBlock pcapng.SectionHeaderBlockLE pcapng.InterfaceDescriptionBlock "
    "pcapng.InterfaceDescriptionBlockLE pcapng.EnhancedPacketBlock pcapng.EnhancedPacketBlockLE pcapng.PacketBlock "
    "pcapng.PacketBlockLE ppp.PPP pppoe.PPPoE pppoe.PPP radiotap.Radiotap sctp.SCTP sctp.Chunk sll.SLL sll2.SLL2 stp.STP "
    "tcp.TCP udp.UDP vrrp.VRRP"
).split()

# Functions of bytes.
FUNCTIONS = ("hexdump", "in_cksum", "crc32c.cksum", "tcp.parse_opts", "utils.mac_to_str", "utils.inet_to_str")


@dataclass(frozen=True)
class Raised:
    """An exception, in the place of what it prevented."""

    kind: str
    text: str

    @property
    def is_dpkt_s(self) -> bool:
        return self.kind in DPKT_ERRORS

    def __repr__(self) -> str:
        return f"raises {self.kind}({self.text[:200]!r})"


@dataclass(frozen=True)
class Same:
    """An object that has been described already, at this place."""

    place: str


@dataclass(frozen=True)
class Difference:
    """A place where the descriptions differ, and why it may."""

    path: str
    theirs: object
    ours: object
    reason: str | None = None

    def __str__(self) -> str:
        return f"{self.path}: dpkt {short(self.theirs)}, ours {short(self.ours)}"


@dataclass(frozen=True)
class Case:
    """What was compared: the input, how it was looked at, and both descriptions."""

    start: str
    frame: bytes
    theirs: Any
    ours: Any

    def __str__(self) -> str:
        return f"{self.start}({self.frame[:400]!r}{'…' if len(self.frame) > 400 else ''})"


def short(value: object) -> str:
    text = repr(value)
    return text if len(text) < 400 else f"{text[:300]}…{text[-80:]} ({len(text)} characters)"


def attempt(function: Callable[[], Any]) -> Any:
    """What a call returns, or the exception it ends with."""
    try:
        return function()
    except Exception as error:
        return raised(error)


def raised(error: Exception) -> Raised:
    # Ours may be one of dpkt's and one of Python's at once.
    names = [base.__name__ for base in type(error).__mro__]
    kind = next((name for name in names if name in DPKT_ERRORS), names[0])
    # The text of these is Python's, of another version and for another kind of attribute another one.
    text = "" if kind in ("AttributeError", "RecursionError") else _anonymous(str(error))
    return Raised(kind, text)


def _anonymous(text: str) -> str:
    """A repr without the package and the address of an object that has no repr of its own."""
    return re.sub(r"<(?:\w+\.)*?dpkt\.([\w.]+)( object)? at 0x[0-9a-f]+>", r"<\1>", text)


@functools.cache
def is_packet(cls: type) -> bool:
    return any(base.__name__ == "Packet" for base in cls.__mro__)


@functools.cache
def header(cls: type) -> tuple[str, ...]:
    return tuple(name for name, _, _ in getattr(cls, "__hdr__", None) or ())


@functools.cache
def visible(cls: type) -> tuple[str, ...]:
    """Public attributes of a class that are no methods: bit fields, properties, defaults such as `opts`."""
    names = [name for name in dir(cls) if not name.startswith("_") and not callable(getattr(cls, name))]
    return tuple(name for name in names if name not in header(cls) and name not in DEPRECATED and name != "data")


Names = dict[tuple[str, tuple[str, ...]], tuple[str, ...]]


class Describer:
    """Describes the objects below one packet; each of them once."""

    def __init__(self, names: Names, *, learn: bool) -> None:
        self.names = names
        self.learn = learn
        self.places: dict[int, str] = {}
        self.kept: list[object] = []  # so that no id is used again

    def value(self, value: Any, place: str, depth: int = 0) -> Any:
        kind = type(value)
        if kind in (bytes, int, str, bool, float, type(None)):
            return value
        if kind in (bytearray, memoryview):
            return (kind.__name__, bytes(value))
        if isinstance(value, Exception):
            return raised(value)
        if isinstance(value, type):
            return ("class", value.__qualname__)
        if id(value) in self.places and kind is not tuple:
            return Same(self.places[id(value)])
        if depth > DEPTH:
            return ("too deep", kind.__name__)
        self.places[id(value)] = place
        self.kept.append(value)
        if is_packet(kind):
            return self.packet(value, place, depth)
        if isinstance(value, Mapping):
            items = [(self.value(k, place), self.value(v, f"{place}[{k!r}]", depth + 1)) for k, v in value.items()]
            return (kind.__name__, items)
        if isinstance(value, (list, tuple, set, frozenset)):
            items = sorted(value, key=repr) if isinstance(value, (set, frozenset)) else list(value)
            return (kind.__name__, [self.value(item, f"{place}[{i}]", depth + 1) for i, item in enumerate(items)])
        if callable(value):
            return ("callable", getattr(value, "__name__", kind.__name__))
        if hasattr(value, "__dict__"):
            return (kind.__qualname__, self.dictionary(value, place, depth))
        return (kind.__qualname__, _anonymous(repr(value)))

    def packet(self, packet: Any, place: str, depth: int) -> dict[str, Any]:
        cls = type(packet)
        key = cls.__qualname__, header(cls)
        if self.learn:
            self.names[key] = visible(cls)
        others = self.names[key] if key in self.names else visible(cls)
        return {
            "class": cls.__qualname__,
            "header": {name: self.get(packet, name, place, depth) for name in header(cls)},
            "data": self.get(packet, "data", place, depth),
            "attributes": {name: self.get(packet, name, place, depth) for name in others},
            "dict": self.dictionary(packet, place, depth),
        }

    def get(self, packet: Any, name: str, place: str, depth: int) -> Any:
        return self.value(attempt(lambda: getattr(packet, name)), f"{place}.{name}", depth + 1)

    def dictionary(self, packet: Any, place: str, depth: int) -> Any:
        """The public items of `__dict__`, in order."""
        found = attempt(lambda: list(vars(packet).items()))
        if isinstance(found, Raised):
            return found
        public = [(name, value) for name, value in found if not str(name).startswith("_")]
        return [(name, self.value(value, f"{place}.{name}", depth + 1)) for name, value in public]


def describe(
    packet: Any, order: tuple[str, ...] = ORDERS[0], names: Names | None = None, *, learn: bool = True
) -> dict[str, Any]:
    """All that can be seen of a packet, looked at in this order; after bytes(), the header fields of all layers once more.

    `names` says which attributes are looked at besides header and `__dict__`; where it does not know a class, the class does,
    and with `learn` tells `names`.
    """
    names = {} if names is None else names
    found: dict[str, Any] = {}
    for step in order:
        if step == "fields":
            found[step] = Describer(names, learn=learn).value(packet, "packet")
        elif step == "dict":
            found[step] = attempt(lambda: [name for name in vars(packet) if not name.startswith("_")])
        elif step == "len":
            found[step] = attempt(lambda: len(packet))
        elif step == "repr":
            found[step] = attempt(lambda: _anonymous(repr(packet)))
        elif step == "bytes":
            found[step] = attempt(lambda: bytes(packet))
            found["after"] = [_fields(layer) for layer in layers(packet)]
        else:
            raise ValueError(step)
    return found


def _fields(packet: Any) -> list[Any]:
    values = [attempt(lambda name=name: getattr(packet, name)) for name in header(type(packet))]
    return [type(packet).__qualname__, *(value if type(value) in (int, bytes, Raised) else short(value) for value in values)]


def layers(packet: Any) -> Iterator[Any]:
    """The packet, its payload, and so on, as long as they are packets."""
    for _ in range(DEPTH):
        if not is_packet(type(packet)):
            return
        yield packet
        packet = attempt(lambda packet=packet: packet.data)


def compare(theirs: Any, ours: Any, path: str = "") -> Iterator[Difference]:
    """Where two descriptions differ."""
    if type(theirs) is not type(ours):
        yield Difference(path, theirs, ours)
    elif isinstance(theirs, dict):
        for name in theirs:
            yield from compare(theirs[name], ours.get(name, "(missing)"), f"{path}.{name}" if path else name)
        for name in ours:
            if name not in theirs:
                yield Difference(f"{path}.{name}", "(missing)", ours[name])
    elif isinstance(theirs, (list, tuple)):
        if len(theirs) != len(ours):
            yield Difference(path, theirs, ours)
        else:
            for i, (a, b) in enumerate(zip(theirs, ours, strict=True)):
                yield from compare(a, b, f"{path}[{i}]")
    elif theirs != ours and not (theirs != theirs and ours != ours):  # not a number equals nothing, itself included
        yield Difference(path, theirs, ours)


def find(module: ModuleType, name: str) -> Any:
    """A class or function by a name such as `icmp.ICMP.Echo`."""
    return functools.reduce(getattr, name.split("."), module)


def start_of(link_type: int, frame: bytes) -> str:
    """The class that takes a frame of this link type; of types without one, Ethernet, to which they are hostile input."""
    if link_type in RAW:
        return "ip6.IP6" if frame[:1] and frame[0] >> 4 == 6 else "ip.IP"
    return START.get(link_type, "ethernet.Ethernet")


def compare_start(
    start: str, frame: bytes, theirs: ModuleType, ours: ModuleType, order: tuple[str, ...] = ORDERS[0]
) -> tuple[Case, list[Difference]]:
    """Both packages' packet of this class from the same bytes, and all differences."""
    names: Names = {}
    built = attempt(lambda: find(theirs, start)(frame))
    expected = built if isinstance(built, Raised) else describe(built, order, names)
    built = attempt(lambda: find(ours, start)(frame))
    found = built if isinstance(built, Raised) else describe(built, order, names, learn=False)
    case = Case(start, frame, expected, found)
    return case, judge(case, list(compare(expected, found)))


def compare_function(name: str, frame: bytes, theirs: ModuleType, ours: ModuleType) -> tuple[Case, list[Difference]]:
    """What a function of both packages makes of the same bytes, and the differences."""

    def call(module: ModuleType) -> Any:
        result = attempt(lambda: find(module, name)(frame))
        return result if isinstance(result, Raised) else Describer({}, learn=False).value(result, "result")

    expected, found = call(theirs), call(ours)
    case = Case(name, frame, expected, found)
    return case, judge(case, list(compare(expected, found, "result")))


def differences(frame: bytes, theirs: ModuleType, ours: ModuleType, link_type: int) -> list[Difference]:
    """The differences in one frame of a capture, from its outermost layer on."""
    return compare_start(start_of(link_type, frame), frame, theirs, ours)[1]


# Deliberate differences.


@dataclass(frozen=True)
class Deliberate:
    """A difference that is meant, and when a difference is of its kind."""

    reason: str
    applies: Callable[[Case, Difference], bool]


def judge(case: Case, found: list[Difference]) -> list[Difference]:
    """The differences, each with its reason if there is one; an exception that is not dpkt's is one, whatever dpkt does."""
    if isinstance(case.ours, Raised) and not case.ours.is_dpkt_s and case.start not in FUNCTIONS and not found:
        found = [Difference("an exception that is not dpkt's", case.theirs, case.ours)]
    reasons = ((d, next((rule.reason for rule in DELIBERATE if rule.applies(case, d)), None)) for d in found)
    return [replace(difference, reason=reason) for difference, reason in reasons]


def _bare(value: object) -> bool:
    return isinstance(value, Raised) and not value.is_dpkt_s


def _constructor_let_a_bare_exception_out(case: Case, _: Difference) -> bool:
    return _bare(case.theirs) and not _bare(case.ours)


def _look_let_a_bare_exception_out(case: Case, difference: Difference) -> bool:
    step = difference.path.partition(".")[0].partition("[")[0]
    return (
        isinstance(case.theirs, dict)
        and step in ("len", "repr", "bytes")
        and _bare(difference.theirs)
        and not _bare(difference.ours)
    )


def _packets(description: Any, *classes: str) -> Iterator[dict[str, Any]]:
    """All packets of these classes in a description."""
    if isinstance(description, dict):
        if description.get("class") in classes:
            yield description
        for value in description.values():
            yield from _packets(value, *classes)
    elif isinstance(description, (list, tuple)):
        for value in description:
            yield from _packets(value, *classes)


def _ours(case: Case, *classes: str) -> Iterator[dict[str, Any]]:
    return _packets(case.ours.get("fields"), *classes) if isinstance(case.ours, dict) else iter(())


def _len_is_not_that_of_bytes(case: Case, difference: Difference) -> bool:
    if difference.path != "len" or not any(_ours(case, "PPP", "VRRP", "SCTP", "Chunk", "Radiotap", "Ethernet")):
        return False
    theirs, ours = case.theirs["bytes"], case.ours["bytes"]
    return isinstance(ours, bytes) and difference.ours == len(ours) and difference.theirs != len(theirs)


def _radiotap_loses_its_fields(case: Case, difference: Difference) -> bool:
    if difference.path not in ("bytes", "len") or not any(_ours(case, "Radiotap")):
        return False
    theirs, ours = case.theirs["bytes"], case.ours["bytes"]
    return len(theirs) < len(ours) and case.frame.startswith(ours[:8])


def _radiotap_has_fields_unknown_to_dpkt(case: Case, _: Difference) -> bool:
    return case.start == "radiotap.Radiotap" and len(case.frame) > 6 and bool(case.frame[5] & 0x80 or case.frame[6] & 0x03)


def _chunk_is_padded_or_lies(case: Case, difference: Difference) -> bool:
    if not difference.path:
        return case.start == "sctp.SCTP" and _has_an_odd_chunk(case.frame)
    for chunk in _ours(case, "Chunk"):
        kind, length = chunk["header"]["type"], chunk["header"]["len"]
        if (kind != 0 and length % 4) or length < 4 or length - 4 != len(chunk["data"]):
            return True
    return any(_has_an_odd_chunk(bytes_of) for bytes_of in _sctp_left_as_bytes(case))


def _sctp_left_as_bytes(case: Case) -> Iterator[bytes]:
    """What dpkt takes for SCTP further inside, where ours has none: from the header on."""
    if isinstance(case.theirs, Raised) or any(_ours(case, "SCTP")):
        return
    for packet in _packets(case.theirs.get("fields"), "SCTP"):
        header = packet["header"]
        start = case.frame.find(struct.pack(">HHII", header["sport"], header["dport"], header["vtag"], header["sum"]))
        if start >= 0:
            yield case.frame[start:]


def _has_an_odd_chunk(frame: bytes) -> bool:
    """The same, where there is nothing but the bytes to look at."""
    at = 12
    while at + 4 <= len(frame):
        kind, length = frame[at], int.from_bytes(frame[at + 2 : at + 4], "big")
        if (kind != 0 and length % 4) or length < 4 or at + length > len(frame):
            return True
        at += length + -length % 4
    return False


def _fragment_header_is_not_the_first(case: Case, _: Difference) -> bool:
    fragments = (header["attributes"]["frag_off"] for header in _ours(case, "IP6FragmentHeader"))
    return any(fragments) and any(_ours(case, "IP6"))


def _vrrp_without_addresses(case: Case, difference: Difference) -> bool:
    return bool(difference.path) and any(vrrp["header"]["count"] == 0 for vrrp in _ours(case, "VRRP"))


def _mpls_has_a_control_word(case: Case, difference: Difference) -> bool:
    labels = any(_ours(case, "MPLSlabel"))
    return labels and difference.path in ("bytes", "len") and _keeps_its_shims(case)


def _keeps_its_shims(case: Case) -> bool:
    """bytes() of ours begins as what was parsed and has more than dpkt's; checksums may have been filled in further behind."""
    theirs, ours = case.theirs["bytes"], case.ours["bytes"]
    return isinstance(ours, bytes) and len(theirs) < len(ours) <= len(case.frame) and ours[:18] == case.frame[:18]


def _tags_or_labels_are_read_twice(case: Case, difference: Difference) -> bool:
    """dpkt reads on where the payload stayed bytes, and puts what it then takes for tags or labels in the place of the first."""
    for frame in _ours(case, "Ethernet"):
        attributes = dict(frame["dict"])
        tags = attributes.get("vlan_tags", ("list", []))[1]
        types = [tag["header"]["type"] for tag in tags if isinstance(tag, dict) and tag["class"] == "VLANtag8021Q"]
        if len(types) > 2 or any(number != 0x8100 for number in types[:-1]) or types[-1:] in ([0x88A8], [0x9100], [0x9200]):
            return True
        if "labels" in attributes and isinstance(frame["data"], bytes):
            return True
        if types and "labels" in attributes and difference.path in ("bytes", "len"):
            return _keeps_its_shims(case)
    return False


DELIBERATE = (
    Deliberate(
        "dpkt ends with an exception that is not its own (IndexError, AttributeError, …); ours raises UnpackError or NeedData, "
        "or, in a payload, leaves it as bytes",
        _constructor_let_a_bare_exception_out,
    ),
    Deliberate("len, repr or bytes of dpkt end with an exception that is not its own", _look_let_a_bare_exception_out),
    Deliberate("len of dpkt is not the number of bytes; ours is (PPP, VRRP, SCTP, MPLS, Radiotap)", _len_is_not_that_of_bytes),
    Deliberate("bytes() of dpkt leaves the fields of a Radiotap header out", _radiotap_loses_its_fields),
    Deliberate(
        "dpkt does not know of the Radiotap fields TX flags and retries, and reads those behind them at the wrong place",
        _radiotap_has_fields_unknown_to_dpkt,
    ),
    Deliberate(
        "dpkt does not expect padding behind SCTP chunks other than DATA, or splits chunks whose length lies so that bytes are "
        "lost or stand twice",
        _chunk_is_padded_or_lies,
    ),
    Deliberate(
        "dpkt decodes later IPv6 fragments as if they began with a transport header, unless the fragment header is the first",
        _fragment_header_is_not_the_first,
    ),
    Deliberate("dpkt drops four bytes of authentication data of a VRRP message without addresses", _vrrp_without_addresses),
    Deliberate(
        "dpkt loses tags or labels: with more than two VLAN tags, tags of other types inside, MPLS behind VLAN tags, or MPLS "
        "whose payload stays bytes, which it reads as labels again",
        _tags_or_labels_are_read_twice,
    ),
    Deliberate("dpkt drops the control word of a pseudowire over MPLS", _mpls_has_a_control_word),
)
