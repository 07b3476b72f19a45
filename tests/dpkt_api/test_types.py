"""Fields of headers have types: annotations of classes made in Python, the stub for those of the core; mypy makes use of both."""

from __future__ import annotations

import ast
import importlib
import inspect
import os
import re
import subprocess
import sys
import types

import pytest

from pcapframe import _core, dpkt

from . import targets

pytestmark = pytest.mark.skipif(targets.OURS != "pcapframe.dpkt", reason="another package than ours is tested")

NUMBERS = set("bBhHiIlLqQ")
# What is bytes in a header alone; questions and records of a message have text.
TEXT = {("DNS.Q", "name"), ("DNS.RR", "name")}


def classes(owner, module):
    """Classes of packets that belong to a module, nested ones too; those of the core say that they do."""
    for value in list(vars(owner).values()):
        if isinstance(value, type) and issubclass(value, dpkt.Packet) and value.__module__ == module.__name__:
            yield value
            yield from classes(value, module)


def stub():
    """Class by class what the core's stub annotates."""
    text = (targets.ROOT / "python" / "pcapframe" / "_core.pyi").read_text(encoding="utf-8")
    return {
        node.name: {line.target.id: ast.unparse(line.annotation) for line in node.body if isinstance(line, ast.AnnAssign)}
        for node in ast.parse(text).body
        if isinstance(node, ast.ClassDef)
    }


def annotated(cls, name, of_core):
    """The annotation of a name that counts: that of the nearest class that has one."""
    for base in cls.__mro__:
        own = of_core[base.__name__] if vars(_core).get(base.__name__) is base else inspect.get_annotations(base)
        if name in own:
            return own[name].__name__ if isinstance(own[name], type) else str(own[name])
    return None


def fields(cls):
    """Public fields and parts of fields, each with the type that it must have."""
    parts = getattr(cls, "__bit_fields__", None) or {}
    for name, code, default in cls.__hdr__:
        if code.endswith("s"):
            kind = "str" if (cls.__qualname__, name) in TEXT else "bytes"
        else:
            assert code in NUMBERS, (cls, name, code)
            # A message has lists where its header counts what is in them.
            kind = "list" if isinstance(default, list) else "int"
        for public, wanted in ((name, kind), *((part, "int") for part, _ in parts.get(name, ()))):
            if not public.startswith("_"):
                yield public, wanted


def mistakes(found, of_core):
    for cls in found:
        for name, wanted in fields(cls):
            kind = annotated(cls, name, of_core)
            if kind is None or kind.partition("[")[0] != wanted:
                yield f"{cls.__module__}.{cls.__qualname__}.{name} must be {wanted}, but is {kind or 'not annotated'}"


@pytest.fixture(scope="module")
def declared():
    """All classes that have a header."""
    modules = [importlib.import_module(f"pcapframe.dpkt.{name}") for name in targets.NATIVE]
    found = {cls for module in modules for cls in classes(module, module) if getattr(cls, "__hdr__", None)}
    return sorted(found, key=lambda cls: (cls.__module__, cls.__qualname__))


def test_fields_have_types(declared):
    assert not list(mistakes(declared, stub()))


def test_there_are_fields_to_check(declared):
    """Of every module that has packets, of the core and of Python, with all kinds of type."""
    names = {f"{cls.__module__.rpartition('.')[2]}.{cls.__qualname__}" for cls in declared}
    assert {"ip.IP", "ethernet.VLANtagISL", "icmp.ICMP.Echo", "dns.DNS.RR", "pcapng.PacketBlockLE"} <= names
    without_packets = {"compat", "crc32c", "dpkt", "utils"}
    assert {name.partition(".")[0] for name in names} == {*targets.NATIVE} - without_packets
    assert sum(vars(_core).get(cls.__name__) is cls for cls in declared) == 10
    checked = [wanted for cls in declared for _, wanted in fields(cls)]
    assert len(checked) > 300
    assert set(checked) == {"int", "bytes", "list", "str"}


def test_missing_and_wrong_annotations_are_found():
    class Packet(dpkt.Packet):
        __hdr__ = (("right", "H", 0), ("wrong", "4s", b""), ("_first_second", "B", 0))
        __bit_fields__ = {"_first_second": (("first", 4), ("second", 4))}  # noqa: RUF012
        right: int
        wrong: int
        first: int

    of_core = stub()
    del of_core["IP"]["ttl"]
    assert [text.rpartition(".")[2] for text in mistakes([Packet, dpkt.ip.IP], of_core)] == [
        "wrong must be bytes, but is int",
        "second must be int, but is not annotated",
        "ttl must be int, but is not annotated",
    ]


def test_annotations_leave_a_packet_as_it_is():
    """A name that is only annotated is no attribute, whether the line stands before or behind the header."""
    body = {"__hdr__": (("number", "H", 7), ("_high_low", "B", 0x21)), "__bit_fields__": {"_high_low": (("high", 4), ("low", 4))}}
    annotations = {"__annotations__": {"number": int, "high": int, "low": int, "more": bytes}}
    plain = types.new_class("Plain", (dpkt.Packet,), exec_body=lambda space: space.update(body))
    for parts in ((body, annotations), (annotations, body)):
        typed = types.new_class(
            "Typed", (dpkt.Packet,), exec_body=lambda space, parts=parts: [space.update(part) for part in parts]
        )
        for name in ("__hdr_fields__", "__hdr_fmt__", "__hdr_len__", "__hdr_defaults__", "__bit_fields_defaults__"):
            assert getattr(typed, name) == getattr(plain, name)
        assert not hasattr(typed, "more")
        packets = [(cls(b"\x01\x02\x43rest"), cls(number=5, low=9)) for cls in (plain, typed)]
        (parsed, built), (parsed_too, built_too) = packets
        assert (bytes(parsed_too), bytes(built_too)) == (bytes(parsed), bytes(built)) == (b"\x01\x02\x43rest", b"\x00\x05\x29")
        assert (parsed_too.number, parsed_too.high, parsed_too.low, built_too.low) == (0x102, 4, 3, 9)
        assert list(vars(built_too)) == list(vars(built))


# What follows a `#` is the type that mypy must reveal, or "error" where it must refuse.
SAMPLE = """
from pcapframe import dpkt
from pcapframe.dpkt import http
from pcapframe.dpkt.dpkt import NeedData


class Mine(dpkt.Packet):
    __hdr__ = (("kind", "H", 0), ("_high_low", "B", 0))
    __bit_fields__ = {"_high_low": (("high", 4), ("low", 4))}
    __byte_order__ = "<"
    kind: int

    def unpack(self, buf: bytes) -> None:
        super().unpack(buf)
        self.rest = self.data[2:]


def main(path: str) -> None:
    out = dpkt.pcap.Writer(open("copy.pcap", "wb"), nano=True)
    with open(path, "rb") as f:
        for ts, buf in dpkt.pcap.Reader(f):
            reveal_type(ts)  # float | int | Decimal
            reveal_type(buf)  # bytes
            show(buf)
            out.writepkt(dpkt.ethernet.Ethernet(buf), ts)
    with open(path, "rb") as f:
        for _, buf in dpkt.pcap.UniversalReader(f):
            reveal_type(buf)  # bytes
        for _, buf in dpkt.pcapng.Reader(f):
            reveal_type(buf)  # bytes


def show(buf: bytes) -> None:
    try:
        eth = dpkt.ethernet.Ethernet(buf)
    except (dpkt.UnpackError, NeedData) as error:
        print(error)
        return
    reveal_type(eth.src)  # bytes
    reveal_type(eth.type)  # int
    reveal_type(eth.data)  # Any
    reveal_type(eth.vlan_tags[0].id)  # int
    reveal_type(eth.ip.tcp.dport)  # int
    reveal_type(eth[dpkt.tcp.TCP])  # TCP
    reveal_type(dpkt.tcp.TCP in eth)  # bool
    reveal_type(len(eth))  # int
    reveal_type(bytes(eth))  # bytes
    reveal_type([name for name, value in eth])  # list[str]
    ip = eth.data
    if not isinstance(ip, dpkt.ip.IP):
        return
    reveal_type(ip)  # IP
    reveal_type(ip.hl)  # int
    reveal_type(ip.df)  # int
    reveal_type(ip.get_proto(ip.p))  # type[Packet]
    reveal_type(dpkt.utils.inet_to_str(ip.src))  # str
    ip.sum = 0
    ip.note = "any attribute may be set"
    reveal_type(ip.note)  # Any
    ip.src = "text"  # error
    tcp = ip.tcp
    if tcp.flags & dpkt.tcp.TH_SYN:
        reveal_type(dpkt.tcp.parse_opts(tcp.opts))  # list[tuple[int, bytes] | None]
    reveal_type(eth.ip6.extension_hdrs)  # dict[int, Any]
    reveal_type(eth.arp.spa)  # bytes
    dns = dpkt.dns.DNS(ip.udp.data)
    reveal_type(dns.rcode)  # int
    reveal_type(dns.qd[0].name)  # str
    reveal_type(dns.an[0].ip)  # bytes
    reveal_type(http.Request(tcp.data))  # Any
    reveal_type(dpkt.dpkt.in_cksum(buf))  # int


def build() -> bytes:
    echo = dpkt.icmp.ICMP.Echo(id=1, seq=2, data=b"payload")
    reveal_type(echo.seq)  # int
    reveal_type(dpkt.icmp.ICMP(echo.pack()).unreach.mtu)  # int
    reveal_type(dpkt.icmp6.ICMP6(data=echo).toobig.mtu)  # int
    mine = Mine(b"abc")
    reveal_type(mine.kind)  # int
    reveal_type(mine.high)  # Any
    dpkt.ethernet.Ethernet("text")  # error
    dpkt.ethernet.Ethernet.set_type(0x88B5, Mine)
    reveal_type(Mine.__hdr_len__)  # int
    reveal_type(dpkt.sctp.SCTP(b"").vtag)  # int
    return bytes(dpkt.ip.IP(src=bytes(4), dst=bytes(4), p=dpkt.ip.IP_PROTO_ICMP, data=dpkt.icmp.ICMP(data=echo)))
"""

NOTE = re.compile(r"sample\.py:(\d+): (?:note: Revealed type is \"(.*)\"|(error): .*)$")


def test_what_mypy_reveals(tmp_path):
    pytest.importorskip("mypy")
    (tmp_path / "sample.py").write_text(SAMPLE, encoding="utf-8")
    # Any version of Python that can be asked for: the sample is not run.
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--no-error-summary", "--hide-error-context"]
    command += ["--follow-imports=silent", f"--cache-dir={tmp_path / 'cache'}", "--no-color-output", "sample.py"]
    environment = {**os.environ, "MYPYPATH": str(targets.ROOT / "python")}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    lines = [
        line for line in done.stdout.splitlines() if not line.startswith("sample.py") or "error:" in line or "Revealed" in line
    ]
    found = {}
    for line in lines:
        match = NOTE.fullmatch(line)
        assert match, done.stdout + done.stderr
        number, kind, error = match.groups()
        found[int(number)] = error or re.sub(r"\b(?:\w+\.)+(?=\w)", "", kind)
    expected = {number: line.rpartition("  # ")[2] for number, line in enumerate(SAMPLE.splitlines(), start=1) if "  # " in line}
    assert len(expected) > 35
    assert found == expected, done.stderr
