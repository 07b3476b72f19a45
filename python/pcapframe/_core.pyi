"""The extension module, written in Rust. It is an implementation detail: use what ``pcapframe`` itself exports."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import IO, Any, ClassVar, Final, NotRequired, Self, SupportsFloat, TypeAlias, TypedDict, TypeVar, final

import numpy as np
from numpy.typing import NDArray
from typing_extensions import disjoint_base

from .dpkt import icmp as _icmp
from .dpkt import icmp6 as _icmp6
from .dpkt.ethernet import MPLSlabel, VLANtag8021Q, VLANtagISL

__all__ = [
    "ARP",
    "ICMP",
    "ICMP6",
    "IP",
    "IP6",
    "SLL",
    "SLL2",
    "TCP",
    "UDP",
    "CaptureFile",
    "Decompressed",
    "Error",
    "Ethernet",
    "FlowMeter",
    "FlowTable",
    "Frame",
    "NeedData",
    "PackError",
    "Packet",
    "PacketIterator",
    "RecordIterator",
    "Records",
    "Scan",
    "Settings",
    "Tag",
    "UnpackError",
    "__version__",
    "bin_sums",
    "checksums",
    "column_table",
    "conn_states",
    "default_threads",
    "dpkt_crc32c_add",
    "dpkt_in_cksum",
    "dpkt_in_cksum_add",
    "end_reasons",
    "flow_column_table",
    "flow_packet_columns",
    "layers",
    "parse_opts",
    "pcap_record",
    "pcapng_record",
    "read",
    "restore",
    "restore_flows",
    "stops",
    "tunnels",
    "write_packets",
]

__version__: Final[str]

class _Column(TypedDict):
    name: str
    kind: str
    doc: str
    default: bool
    tshark: NotRequired[str]
    exempt: NotRequired[str]

class _Source(TypedDict):
    format: str
    bytes: int
    wrong_guesses: int
    path: str | None
    # Offset, reason, and whole packets before it.
    fault: tuple[int, str, int] | None
    # Offset, length, reason, and whole packets before it.
    gaps: list[tuple[int, int, str, int]]

@final
class Settings:
    """How a source is read: what all ways of reading have in common."""

    def __new__(
        cls,
        *,
        threads: int,
        decapsulate: bool = True,
        ports: Sequence[tuple[int, str | None]] | None = None,
        max_expansion: int = 1000,
        resync: bool = True,
        chunk: int | None = None,
    ) -> Settings:
        """`ports` are numbers of UDP ports and names of tunnels, or None for a port that is no tunnel's.

        `resync` says whether records are looked for behind a fault.
        """

def read(
    sources: Sequence[str | os.PathLike[str] | bytes | bytearray | object],
    columns: Sequence[str],
    settings: Settings,
    *,
    progress: Callable[[int, int], object] | None = None,
    keep: bool = False,
) -> Frame:
    """Read captures, one after the other, into one table: each of `sources` is a path, bytes or a stream."""

@final
class Scan:
    """Sources as batches of packets, in bounded memory, or as packets to be written."""

    def __new__(
        cls,
        sources: Sequence[str | os.PathLike[str] | bytes | bytearray | object],
        columns: Sequence[str],
        settings: Settings,
        *,
        batch_size: int,
        timeout: float | None = None,
        follow: bool = False,
        progress: Callable[[int, int], object] | None = None,
        file: int = 0,
        interfaces: int = 0,
    ) -> Scan:
        """One source, or several whose packets are merged by time."""

    def next(self) -> Frame | None:
        """Return the next batch, or None after the last."""

    def flows(self, meter: FlowMeter) -> bool:
        """Give the next batch to a meter, without columns of its packets; return False after the last."""

    def write(self, file: CaptureFile) -> int:
        """Append all packets that are left to a file; return how many."""

    @property
    def damage(self) -> list[tuple[tuple[int, str, int] | None, list[tuple[int, int, str, int]]]]:
        """For each source where it has broken off, and what was passed over so far.

        That is the offset, of a gap the length too, the reason, and the packets before it.
        """

    @property
    def interfaces(self) -> int:
        """How many interfaces the sources have described so far."""

    def stop(self) -> None:
        """End the reading ahead."""

@final
class CaptureFile:
    """A capture that is written bit by bit, by :class:`Scan`."""

    def __new__(cls, path: str | os.PathLike[str], *, pcapng: bool) -> CaptureFile:
        """Begin a file: pcapng, or classic pcap in microseconds, or in nanoseconds if a time needs them."""

    def close(self) -> None:
        """Make the file whole."""

def default_threads() -> int:
    """Return how many threads are used if none are named."""

def bin_sums(
    timestamps: NDArray[np.int64],
    groups: NDArray[np.uint32],
    weights: NDArray[np.uint32] | None,
    *,
    start: int,
    width: int,
    count: int,
    group_count: int,
) -> NDArray[np.uint64]:
    """Return sums of `weights` (of 1 where None) by group and bin, group after group."""

def write_packets(frame: Frame, path: str | os.PathLike[str], *, pcapng: bool, nanoseconds: bool) -> int:
    """Write a frame's packets to `path`: pcapng or classic pcap, in nano- or microseconds; return their number."""

def restore(state: dict[str, Any]) -> Frame:
    """Return the frame whose :meth:`Frame.state` this is."""

def checksums() -> list[tuple[str, int, str]]:
    """Return name, number and meaning of what may be known of a checksum."""

def column_table() -> list[_Column]:
    """Return every column: name, kind, documentation, whether it is read by default, and its oracle in the tests."""

def layers() -> list[tuple[str, int, str]]:
    """Return name, bit and meaning of every layer."""

def stops() -> list[tuple[str, int, str]]:
    """Return name, number and meaning of every reason why decoding ends."""

def tunnels() -> list[tuple[str, int, str]]:
    """Return name, number and meaning of every tunnel."""

class _FlowColumn(TypedDict):
    name: str
    kind: str
    doc: str
    group: str

def flow_packet_columns() -> list[str]:
    """Return the columns of packets that flows are made of."""

def flow_column_table() -> list[_FlowColumn]:
    """Return every column of flows: name, kind, documentation and group."""

def end_reasons() -> list[tuple[str, int, str]]:
    """Return name, number and meaning of every reason why a flow ends."""

def conn_states() -> list[tuple[str, str]]:
    """Return name and meaning of every `conn_state`."""

def restore_flows(state: dict[str, Any]) -> FlowTable:
    """Return the table whose :meth:`FlowTable.state` this is."""

@final
class FlowMeter:
    """Packets become flows, frame after frame."""

    def __new__(
        cls,
        *,
        idle_timeout: int | None,
        active_timeout: int | None,
        schema: str,
        statistics: bool = False,
        sequence: int = 0,
        owners: bool = False,
        streaming: bool = False,
        threads: int | None = None,
    ) -> FlowMeter:
        """`schema` chooses what makes a flow; times are nanoseconds, those of the schema where there is none."""

    def add(self, frame: Frame) -> None:
        """Take the packets of a frame, which follow those before."""

    def read(
        self,
        sources: Sequence[str | os.PathLike[str] | bytes | bytearray | object],
        settings: Settings,
        *,
        progress: Callable[[int, int], object] | None = None,
    ) -> list[tuple[str | None, tuple[int, str, int] | None, list[tuple[int, int, str, int]]]]:
        """Take the packets of sources, one after the other; return path, fault and gaps of each."""

    def take(self) -> FlowTable:
        """Return the flows that are over by now, in the order in which they ended; there are none unless `streaming`."""

    def finish(self) -> tuple[FlowTable, NDArray[np.int64]]:
        """Return all flows, or those left of a stream, and the number of each packet's flow, if asked for."""

@final
class FlowTable:
    """Immutable columns of flows."""

    def __len__(self, /) -> int: ...
    @property
    def columns(self) -> list[str]:
        """Names of the columns that were made."""

    @property
    def nbytes(self) -> int:
        """Bytes of memory that the columns take."""

    @property
    def sequence(self) -> int:
        """Of how many packets of each flow there is room."""

    def values(self, name: str) -> NDArray[Any]:
        """Return a column's numbers as a read-only array over the table's own memory."""

    def present(self, name: str) -> NDArray[np.bool_] | None:
        """Return for each row whether the flow has the field; None if every flow has it."""

    def codes(self, name: str) -> NDArray[np.uint32]:
        """Return the codes of a column of addresses or texts, read-only."""

    def categories(self, name: str) -> list[str]:
        """Return the texts that the codes stand for; the first is empty, for code 0."""

    def within(self, name: str, networks: Sequence[tuple[str, int]]) -> NDArray[np.bool_]:
        """Return for each row whether its address is in one of `networks`: pairs of an address and a prefix length."""

    def address(self, name: str, row: int) -> str:
        """Return the address in one row as text."""

    def community_ids(self, seed: int) -> list[str]:
        """Return the Community ID of each flow."""

    def slice(self, start: int, stop: int) -> FlowTable:
        """Return rows `start..stop`, sharing memory."""

    def filter(self, mask: NDArray[np.bool_]) -> FlowTable:
        """Return the rows for which `mask` is true."""

    def take(self, rows: NDArray[np.int64]) -> FlowTable:
        """Return the rows with these numbers, in this order."""

    def state(self) -> dict[str, Any]:
        """Return all that :func:`restore_flows` needs."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> Any: ...
    def __arrow_c_schema__(self) -> Any: ...

@final
class Frame:
    """Immutable columns of packets."""

    def __len__(self, /) -> int: ...
    @property
    def columns(self) -> list[str]:
        """Names of the columns that were asked for."""

    @property
    def nbytes(self) -> int:
        """Bytes of memory that the columns take."""

    @property
    def interfaces(self) -> list[tuple[str, int, int]]:
        """Name, link type and snaplen of each interface of the source."""
    @property
    def sources(self) -> list[_Source]:
        """What is known of each source: format, path, size, and where it broke off."""

    def values(self, name: str) -> NDArray[Any]:
        """Return a column's numbers as a read-only array over the frame's own memory."""

    def present(self, name: str) -> NDArray[np.bool_] | None:
        """Return for each row whether the packet has the field; None if every packet has it."""

    def codes(self, name: str) -> NDArray[np.uint32]:
        """Return the codes of an address column, read-only."""

    def categories(self, name: str) -> list[str]:
        """Return the distinct addresses of a column in ascending order, after an empty text for code 0."""

    def within(self, name: str, networks: Sequence[tuple[str, int]]) -> NDArray[np.bool_]:
        """Return for each row whether its address is in one of `networks`: pairs of an address and a prefix length."""

    def address(self, name: str, row: int) -> str:
        """Return the address in one row as text; empty for none."""

    def with_columns(self, names: Sequence[str]) -> Frame | None:
        """Return the same packets with columns of these names; None if the source can not be read again."""

    def slice(self, start: int, stop: int) -> Frame:
        """Return the rows from `start` up to `stop`, sharing memory."""

    def filter(self, mask: NDArray[np.bool_]) -> Frame:
        """Return the rows for which `mask` is true."""

    def take(self, rows: NDArray[np.int64]) -> Frame:
        """Return the rows with these numbers, in this order."""

    def packet(self, row: int) -> bytes:
        """Return the bytes of one packet."""

    def packets(self) -> PacketIterator:
        """Return an iterator over time in nanoseconds and bytes of every packet."""

    def state(self) -> dict[str, Any]:
        """Return all that :func:`restore` needs."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Return the frame as an Arrow C stream of one batch; may be called any number of times."""

    def __arrow_c_schema__(self) -> object:
        """Return the columns' names and types as an Arrow C schema."""

@final
class PacketIterator:
    """Time in nanoseconds and bytes of every packet of a frame."""

    def __iter__(self, /) -> PacketIterator: ...
    def __next__(self, /) -> tuple[int, bytes]: ...

# dpkt's object API: the classes that captures are full of. Fields of a header are descriptors at run time; `data`, the payload,
# is a packet where its class is known and bytes elsewhere. What some packets have and others have not is declared, too.

_P = TypeVar("_P", bound=Packet)

_Bytes: TypeAlias = bytes | bytearray | memoryview
_Class: TypeAlias = type[Packet]
_KindOf: TypeAlias = type[_P]
_Table: TypeAlias = dict[int, _Class]

class Error(Exception):
    """Base of all errors of packets."""

class UnpackError(Error):
    """The bytes are no packet of this class."""

class NeedData(UnpackError):  # noqa: N818
    """The bytes end before the header does."""

class PackError(Error):
    """The fields can not be written as a header."""

@disjoint_base
class Packet:
    """Base of all packets: a header as the class declares it, and the data that follows."""

    # What a class declares: name, format and default of each field; the order of bytes; the parts of fields and their bits.
    __hdr__: ClassVar[Sequence[tuple[str, str, Any]]]
    __byte_order__: ClassVar[str]
    __bit_fields__: ClassVar[Mapping[str, Sequence[tuple[str, int]]]]
    # How `pprint` shows a field.
    __pprint_funcs__: ClassVar[Mapping[str, Callable[[Any], object]]]
    # What follows from it.
    __hdr_fields__: ClassVar[list[str]]
    __hdr_fmt__: ClassVar[str]
    __hdr_len__: ClassVar[int]
    __hdr_defaults__: ClassVar[dict[str, Any]]
    __bit_fields_defaults__: ClassVar[dict[str, int]]
    __public_fields__: ClassVar[list[str] | None]
    __layout__: ClassVar[object]
    __rules__: ClassVar[object]
    data: Any
    _pack_hdr: Callable[..., bytes]

    def __new__(cls, *args: _Bytes, **kwargs: Any) -> Self: ...
    def __init__(self, *args: _Bytes, **kwargs: Any) -> None:
        """Take bytes apart, or build a packet of the fields given by name."""

    def __init_subclass__(cls, **_kwargs: Any) -> None: ...
    # Any attribute may be set; the payload is also known under the name of its class, such as `ip.tcp`.
    def __getattribute__(self, name: str, /) -> Any: ...
    def __setattr__(self, name: str, value: Any, /) -> None: ...
    def __delattr__(self, name: str, /) -> None: ...
    def __len__(self) -> int: ...
    def __bytes__(self) -> bytes: ...
    def __iter__(self) -> Iterator[tuple[str, Any]]: ...
    def __getitem__(self, key: type[_P], /) -> _P: ...
    def __contains__(self, key: object, /) -> bool: ...
    def __reduce__(self) -> tuple[Any, ...]: ...
    def __setstate__(self, state: tuple[dict[str, Any], dict[str, Any]]) -> None: ...
    def unpack(self, buf: bytes) -> None:
        """Read the header fields from `buf`; the rest becomes `data`."""

    def pack_hdr(self) -> bytes:
        """Return the header as bytes."""

    def pack(self) -> bytes:
        """Return the same as `bytes(packet)`."""

    def pprint(self, indent: int = 1) -> None:
        """Print the packet and its layers, a field a line."""

class Tag(Packet):
    """Base of headers without data of their own: what follows them in the buffer is left out."""

class Ethernet(Packet):
    """Ethernet II and IEEE 802.3."""

    dst: bytes
    src: bytes
    type: int
    ip: IP
    ip6: IP6
    arp: ARP
    # In a tagged frame.
    vlan_tags: list[VLANtag8021Q | VLANtagISL]
    vlanid: int
    priority: int
    cfi: int
    # In a frame with MPLS.
    mpls_labels: list[MPLSlabel]
    labels: list[tuple[int, int, int]]
    # Behind an IEEE 802.3 payload.
    padding: bytes
    fcs: int
    trailer: bytes
    _typesw: ClassVar[_Table]
    _typesw_rev: ClassVar[dict[_Class, int]]

    @classmethod
    def set_type(cls, t: int, pktclass: _Class) -> None:
        """Have `pktclass` take payloads of type `t` apart."""

    @classmethod
    def get_type(cls, t: int) -> _Class:
        """Return the class for type `t`; KeyError if there is none."""

    @classmethod
    def get_type_rev(cls, k: _Class) -> int:
        """Return the type of class `k`; KeyError if there is none."""

class IP(Packet):
    """Internet Protocol, version 4, RFC 791."""

    v: int
    hl: int
    tos: int
    len: int
    id: int
    rf: int
    df: int
    mf: int
    offset: int
    ttl: int
    p: int
    sum: int
    src: bytes
    dst: bytes
    opts: bytes
    tcp: TCP
    udp: UDP
    icmp: ICMP
    _v_hl: int
    _flags_offset: int
    _protosw: ClassVar[_Table]

    @property
    def off(self) -> int:
        """Flags and offset of the fragment as one number: deprecated for `rf`, `df`, `mf` and `offset`."""

    @off.setter
    def off(self, value: int) -> None: ...
    @classmethod
    def set_proto(cls, p: int, pktclass: _Class) -> None:
        """Have `pktclass` take payloads of protocol `p` apart."""

    @classmethod
    def get_proto(cls, p: int) -> _Class:
        """Return the class for protocol `p`; KeyError if there is none."""

class IP6(Packet):
    """Internet Protocol, version 6, RFC 8200."""

    v: int
    fc: int
    flow: int
    plen: int
    nxt: int
    hlim: int
    src: bytes
    dst: bytes
    # The payload's protocol, after the extension headers; these by number, and in their order.
    p: int
    extension_hdrs: dict[int, Any]
    all_extension_headers: list[Any]
    tcp: TCP
    udp: UDP
    icmp6: ICMP6
    _v_fc_flow: int
    _protosw: ClassVar[_Table]

    @classmethod
    def set_proto(cls, p: int, pktclass: _Class) -> None:
        """Have `pktclass` take payloads of protocol `p` apart."""

    @classmethod
    def get_proto(cls, p: int) -> _Class:
        """Return the class for protocol `p`; KeyError if there is none."""

    def headers_str(self) -> tuple[int, bytes]:
        """Return the payload's protocol, and the extension headers as bytes."""

class TCP(Packet):
    """Transmission Control Protocol, RFC 9293."""

    sport: int
    dport: int
    seq: int
    ack: int
    off: int
    flags: int
    win: int
    sum: int
    urp: int
    opts: bytes
    _off_flags: int

class UDP(Packet):
    """User Datagram Protocol, RFC 768."""

    sport: int
    dport: int
    ulen: int
    sum: int

class ICMP(Packet):
    """Internet Control Message Protocol, RFC 792."""

    type: int
    code: int
    sum: int
    echo: _icmp._Echo
    unreach: _icmp._Unreach
    quench: _icmp._Quench
    redirect: _icmp._Redirect
    timeexceed: _icmp._TimeExceed
    _typesw: ClassVar[_Table]
    # The messages, which their module nests here.
    Echo: ClassVar[_KindOf[_icmp._Echo]]
    Quote: ClassVar[_KindOf[_icmp._Quote]]
    Unreach: ClassVar[_KindOf[_icmp._Unreach]]
    Quench: ClassVar[_KindOf[_icmp._Quench]]
    Redirect: ClassVar[_KindOf[_icmp._Redirect]]
    ParamProbe: ClassVar[_KindOf[_icmp._ParamProbe]]
    TimeExceed: ClassVar[_KindOf[_icmp._TimeExceed]]

class ICMP6(Packet):
    """Internet Control Message Protocol for IPv6, RFC 4443."""

    type: int
    code: int
    sum: int
    unreach: _icmp6._Unreach
    toobig: _icmp6._TooBig
    timeexceed: _icmp6._TimeExceed
    paramprob: _icmp6._ParamProb
    echo: _icmp6._Echo
    _typesw: ClassVar[_Table]
    # The messages, which their module nests here.
    Error: ClassVar[_KindOf[_icmp6._Error]]
    Unreach: ClassVar[_KindOf[_icmp6._Unreach]]
    TooBig: ClassVar[_KindOf[_icmp6._TooBig]]
    TimeExceed: ClassVar[_KindOf[_icmp6._TimeExceed]]
    ParamProb: ClassVar[_KindOf[_icmp6._ParamProb]]
    Echo: ClassVar[_KindOf[_icmp6._Echo]]

class ARP(Packet):
    """Address Resolution Protocol, RFC 826, for Ethernet and IPv4."""

    hrd: int
    pro: int
    hln: int
    pln: int
    op: int
    sha: bytes
    spa: bytes
    tha: bytes
    tpa: bytes

class SLL(Packet):
    """Linux cooked capture, LINKTYPE_LINUX_SLL."""

    type: int
    hrd: int
    hlen: int
    hdr: bytes
    ethtype: int
    _typesw: ClassVar[_Table]

class SLL2(Packet):
    """Linux cooked capture, version 2, LINKTYPE_LINUX_SLL2."""

    ethtype: int
    mbz: int
    intindex: int
    hrd: int
    type: int
    hlen: int
    hdr: bytes
    _typesw: ClassVar[_Table]

@final
class Decompressed:
    """What a compressed file contains, as a file object for the readers of dpkt."""

    @staticmethod
    def of(file: IO[bytes], head: bytes) -> Decompressed | None:
        """Return what `file` contains, of which `head` was read, if that is the beginning of compressed data."""

    def read(self, size: int = ...) -> bytes:
        """Return up to `size` bytes, fewer only at the end; all that is left if it is negative."""

    def read1(self, size: int) -> bytes:
        """Return what comes next, up to `size` bytes."""

    @property
    def name(self) -> object:
        """The file's name."""

@final
class Records:
    """The packets of one stream, as the readers of dpkt give them."""

    @staticmethod
    def pcap(file: IO[bytes], head: bytes, *, big_endian: bool, header: int, nanoseconds: bool, integers: bool) -> Records:
        """Return the records of a classic capture, whose file header was read; `header` is the length of a record's."""

    @staticmethod
    def pcapng(file: IO[bytes], head: bytes, *, integers: bool) -> Records:
        """Return the packets of a pcapng capture, of which `head` was read: all up to the first interface."""

    def __iter__(self) -> RecordIterator:
        """Return an iterator that reads ahead; when it is gone, the file stands behind the packet given out last."""

    def exactly(self) -> RecordIterator:
        """Return an iterator that leaves the file behind each packet."""

    @property
    def wirelen(self) -> int | None:
        """Bytes on the wire of the packet read last."""

    def rest(self) -> bytes:
        """Return the capture's headers and what was taken from the file but not given out yet."""

@final
class RecordIterator:
    """One iteration over :class:`Records`; several of them share the stream."""

    def __iter__(self) -> RecordIterator: ...
    def __next__(self) -> tuple[float | int | Decimal, bytes]: ...

def dpkt_in_cksum(buf: _Bytes) -> int:
    """Return the checksum of RFC 1071 of `buf`."""

def dpkt_in_cksum_add(s: int, buf: _Bytes) -> int:
    """Return the sum `s` with the 16-bit words of `buf` added, in little-endian order."""

def dpkt_crc32c_add(crc: int, buf: _Bytes) -> int:
    """Return the remainder of CRC-32C after `buf`."""

def parse_opts(buf: _Bytes) -> list[tuple[int, bytes] | None]:
    """Take TCP options apart: kind and data of each; None in place of one that is cut, which ends the list."""

def pcap_record(pkt: _Bytes, ts: SupportsFloat, multiplier: int, little: bool) -> bytes:
    """Return a record of classic pcap: `ts` in seconds, `multiplier` units in a second."""

def pcapng_record(pkt: _Bytes, units: int, little: bool) -> bytes:
    """Return an enhanced packet block of the first interface: `units` since 1970."""
