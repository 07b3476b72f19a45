"""The capture: columns of packets, and what can be done with them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from . import _core, _linktypes, _preview
from ._generated import ALL_COLUMNS, Checksum, ColumnProperties, Layer, Stop
from ._harmless import harmless
from ._tabular import Tabular
from .address import AddressColumn
from .errors import damage_text
from .timeline import Interval, Timeline, Value, timeline

if TYPE_CHECKING:
    from .flows import Flows, Schema
    from .plot import CapturePlots

# From here on, times that microseconds would cut make a nanosecond file.
MICROSECOND = 1000


@dataclass(frozen=True)
class Info:
    """What is known of a capture; None where the column that tells was not read.

    Counts, times and bytes are those of the packets at hand; format, interfaces, fault and gaps are those of the source.
    """

    format: str
    #: The file, if there is one only.
    path: str | None
    #: Paths of all that were read, in order: the column `file` counts in this. None where a source has no path.
    files: tuple[str | None, ...]
    source_bytes: int
    interfaces: tuple[Interface, ...]
    packets: int
    bytes: int | None
    captured_bytes: int | None
    first: np.datetime64 | None
    last: np.datetime64 | None
    duration: np.timedelta64 | None
    truncated: int | None
    malformed: int | None
    #: What is wrong with the source, all in one text.
    fault: str | None
    #: What was skipped in it, 10,000 at most: a source with more is read up to the next fault.
    gaps: tuple[Gap, ...] = ()

    @property
    def skipped_bytes(self) -> int:
        """Bytes in all gaps."""
        return sum(gap.length for gap in self.gaps)

    @property
    def link_types(self) -> tuple[int, ...]:
        """LINKTYPE numbers of the interfaces, each once."""
        return tuple(sorted({interface.link_type for interface in self.interfaces}))

    def to_rows(self) -> list[tuple[str, str]]:
        """Return name and text of everything that is known."""
        skip = {"interfaces", "files", "gaps"}
        known = [(f.name, getattr(self, f.name)) for f in fields(self) if f.name not in skip]
        rows = [(name, _text(value)) for name, value in known if value is not None]
        if len(self.files) > 1:
            names = [harmless(name or "bytes") for name in self.files[:8]]
            more = len(self.files) - len(names)
            rows.append(("files", "; ".join(names) + (f"; and {more:,} more" if more else "")))
        shown = [str(interface) for interface in self.interfaces[:8]]
        more = len(self.interfaces) - len(shown)
        return [*rows, ("interfaces", "; ".join(shown) + (f"; and {more:,} more" if more else ""))]

    def __str__(self) -> str:
        rows = [(name.replace("_", " "), text) for name, text in self.to_rows()]
        width = max(len(name) for name, _ in rows)
        return "\n".join(f"{name.ljust(width)}  {text}" for name, text in rows)

    def _repr_html_(self) -> str:
        return _preview.table_html(["", ""], [list(row) for row in self.to_rows()], align="left")


@dataclass(frozen=True)
class Interface:
    """One interface of a capture."""

    name: str
    link_type: int
    snaplen: int

    def __str__(self) -> str:
        name = f"{harmless(self.name)} " if self.name else ""
        return f"{name}{_linktypes.name(self.link_type)}, snaplen {self.snaplen}"


@dataclass(frozen=True)
class Gap:
    """Bytes of a source that are no packets and were skipped."""

    #: Where they begin in the source, decompressed.
    offset: int
    #: How many there are, up to the next packet that was found.
    length: int
    #: Why they could not be read.
    reason: str
    #: Packets of the source before them.
    packets: int
    #: The file, if the source has a path.
    path: str | None = None


class Capture(Tabular, ColumnProperties):
    """Columns of packets, one row a packet.

    Every column that was read is an attribute, a read-only numpy array without a copy (:class:`AddressColumn` for
    addresses). Index with a name for a column, with a slice, a mask or row numbers for a part of the capture. Made by
    :func:`pcapframe.read_pcap`.
    """

    __slots__ = ()
    _frame: _core.Frame

    def __init__(self, frame: _core.Frame) -> None:
        self._frame = frame

    def _column(self, name: str) -> object:
        values = self._frame.values(name)
        return AddressColumn(self._frame, name) if name in ADDRESSES else values

    def __getattr__(self, name: str) -> Any:
        # Reached when nothing has the name, and when a property raised that a column was not read: then it raises again.
        known = getattr(type(self), name, None)
        if isinstance(known, property) and known.fget is not None:
            return known.fget(self)
        message = f"Capture has no column or method {name!r}; columns are {', '.join(ALL_COLUMNS)}"
        raise AttributeError(message)

    def _part(self, frame: _core.Frame) -> Capture:
        return Capture(frame)

    def head(self, n: int = 5) -> Capture:
        """Return the first `n` packets."""
        return self[: max(n, 0)]

    def _with_layers(self, wanted: Layer) -> Capture:
        found: NDArray[np.bool_] = (self.layers & wanted) != 0
        return self[found]

    def _with_version(self, wanted: int) -> Capture:
        found: NDArray[np.bool_] = self.ip_version == wanted
        return self[found]

    @property
    def tcp(self) -> Capture:
        """The packets with a TCP header."""
        return self._with_layers(Layer.TCP)

    @property
    def udp(self) -> Capture:
        """The packets with a UDP header."""
        return self._with_layers(Layer.UDP)

    @property
    def icmp(self) -> Capture:
        """The ICMP and ICMPv6 messages."""
        return self._with_layers(Layer.ICMP | Layer.ICMPV6)

    @property
    def arp(self) -> Capture:
        """The ARP messages."""
        return self._with_layers(Layer.ARP)

    @property
    def ipv4(self) -> Capture:
        """The packets whose innermost IP header is IPv4."""
        return self._with_version(4)

    @property
    def ipv6(self) -> Capture:
        """The packets whose innermost IP header is IPv6."""
        return self._with_version(6)

    @property
    def info(self) -> Info:
        """What is known of the packets at hand and of the source they came from."""
        sources = self._frame.sources
        formats = dict.fromkeys(source["format"] for source in sources)
        damages = [
            damage_text(source["fault"], source["gaps"], source["path"] if len(sources) > 1 else None) for source in sources
        ]
        times = self._known("timestamp")
        first = times.min() if times is not None and len(times) else None
        last = times.max() if times is not None and len(times) else None
        stops = self._known("stop")
        return Info(
            format="; ".join(formats),
            path=sources[0]["path"] if len(sources) == 1 else None,
            files=tuple(source["path"] for source in sources),
            source_bytes=sum(source["bytes"] for source in sources),
            interfaces=tuple(Interface(*interface) for interface in self._frame.interfaces),
            packets=len(self),
            bytes=self._sum("length"),
            captured_bytes=self._sum("captured_length"),
            first=first,
            last=last,
            duration=_duration(first, last),
            truncated=None if stops is None else int(np.count_nonzero(stops == Stop.TRUNCATED)),
            malformed=None if stops is None else int(np.count_nonzero(stops == Stop.MALFORMED)),
            fault="; ".join(filter(None, damages)) or None,
            gaps=tuple(Gap(*gap, path=source["path"]) for source in sources for gap in source["gaps"]),
        )

    def _known(self, name: str) -> NDArray[Any] | None:
        return self._frame.values(name) if name in self.columns else None

    def _sum(self, name: str) -> int | None:
        values = self._known(name)
        return None if values is None else int(values.sum(dtype=np.uint64))

    def packet(self, i: int) -> bytes:
        """Return the captured bytes of packet `i`, read again from the source.

        Raises
        ------
        IndexError
            There is no such packet.
        PcapframeError
            The source has changed since it was read, or can not be read twice.
        """
        row = i + len(self) if i < 0 else i
        if not 0 <= row < len(self):
            message = f"packet {i} is not there: there are {len(self)} packets"
            raise IndexError(message)
        return self._frame.packet(row)

    def packets(self) -> Iterator[tuple[np.datetime64, bytes]]:
        """Iterate over capture time (datetime64[ns]) and captured bytes of every packet, read again from the source."""
        for nanoseconds, data in self._frame.packets():
            yield np.datetime64(nanoseconds, "ns"), data

    __iter__ = packets

    def write_pcap(self, path: str | os.PathLike[str]) -> int:
        """Write the packets to a new capture.

        Parameters
        ----------
        path : path
            With the suffix ``.pcapng`` a pcapng file with nanosecond times; else classic pcap, in nanoseconds if a time needs
            them. A classic file holds packets of one link type only.

        Returns
        -------
        int
            Packets written.

        Raises
        ------
        ValueError
            The packets' times or link types do not fit the format.
        """
        path = os.fspath(path)
        times = self._known("timestamp")
        fine = times is None or bool((times.view(np.int64) % MICROSECOND).any())
        return _core.write_packets(self._frame, path, pcapng=path.lower().endswith(".pcapng"), nanoseconds=fine)

    def timeline(
        self,
        interval: Interval = "1s",
        by: str | None = "protocol",
        value: Value = "bytes",
        *,
        top: int = 8,
    ) -> Timeline:
        """Sum packets in intervals of time.

        Parameters
        ----------
        interval : str, float, datetime.timedelta or numpy.timedelta64
            Such as ``"1s"``, ``"500ms"``, ``"5min"``; a number is seconds.
        by : str or None
            "protocol", "host" (the sender), "port" (the lower of the two, which is usually the server's), the name of a column,
            or None for one group.
        value : {"bytes", "packets", "connections"}
            What to sum: bytes on the wire, packets, or attempts at a TCP connection (SYN without ACK).
        top : int
            So many groups of a column are kept apart, the most frequent; the rest is "other".

        Returns
        -------
        Timeline
            Intervals begin at multiples of `interval` since 1970, so minutes begin at full minutes UTC.

        Raises
        ------
        ValueError
            An argument is not among those named, or the interval cuts the capture into more than ten million.
        """
        return timeline(self, interval, by, value, top)

    def flows(
        self,
        idle_timeout: Interval | None = None,
        active_timeout: Interval | None = None,
        schema: Schema = "pcapframe",
        *,
        statistics: bool | None = None,
        sequence: int = 0,
        threads: int | None = None,
    ) -> Flows:
        """Put packets together to flows: the two directions of what goes on between two ends.

        Parameters
        ----------
        idle_timeout : str, float, datetime.timedelta or numpy.timedelta64, optional
            A flow is over when no packet came for this time; a number is seconds. By default ``"120s"``; of the schema "zeek"
            5 minutes for TCP and one for other protocols, which are Zeek's.
        active_timeout : str, float, datetime.timedelta or numpy.timedelta64, optional
            A packet that comes later than this after the first one of its flow begins a new flow. By default ``"1800s"``; of the
            schema "zeek" there is no such limit.
        schema : {"pcapframe", "nfstream", "cicflowmeter", "zeek"}
            Whose columns the flows have, and whose rules they follow: `docs/flow-features.md` has both.
        statistics : bool, optional
            Whether to keep statistics of sizes, times and flags; by default where the schema has such columns.
        sequence : int
            Of how many packets to keep size, direction and time; at most 255.
        threads : int, optional
            Threads to use; by default ``PCAPFRAME_THREADS`` or as many as this process may use. The result does not depend on it.

        Returns
        -------
        Flows
            One row a flow, in the order of their first packets.

        Raises
        ------
        AttributeError
            A column was not read that flows need, and the source can not be read again.
        ValueError
            An argument is not among those named.

        Examples
        --------
        >>> import pcapframe as pf
        >>> flows = pf.read_pcap("examples/data/lab.pcap").flows()
        >>> flows[flows.conn_state == "SF"].head(3)  # doctest: +SKIP
        """
        from .flows import flows

        return flows(self, idle_timeout, active_timeout, schema, statistics, sequence, threads)

    @property
    def plot(self) -> CapturePlots:
        """Plots of this capture: ``cap.plot.traffic()``, ``cap.plot.connections()`` and others."""
        from .plot import CapturePlots

        return CapturePlots(self)

    def _pandas_column(self, pandas: Any, name: str) -> Any:
        if name not in CHECKSUMS:
            return super()._pandas_column(pandas, name)
        present = self._present(name)
        return pandas.arrays.BooleanArray(
            self._frame.values(name) == Checksum.GOOD, np.zeros(len(self), bool) if present is None else ~present
        )

    def __reduce__(self) -> tuple[object, ...]:
        return _restore, (self._frame.state(),)

    def _summary(self) -> str:
        return _preview.summary(self)

    def __repr__(self) -> str:
        return _preview.text(self)

    def _repr_html_(self) -> str:
        return _preview.as_html(self)


ADDRESSES = frozenset(row["name"] for row in _core.column_table() if row["kind"] == "address")
CHECKSUMS = frozenset(row["name"] for row in _core.column_table() if row["kind"] == "checksum")


def _restore(state: dict[str, Any]) -> Capture:
    return Capture(_core.restore(state))


def _duration(first: np.datetime64 | None, last: np.datetime64 | None) -> np.timedelta64 | None:
    """Return the time between, the longest there is standing for longer ones."""
    if first is None or last is None:
        return None
    nanoseconds = int(last.astype(np.int64)) - int(first.astype(np.int64))
    return np.timedelta64(min(nanoseconds, np.iinfo(np.int64).max), "ns")


def _text(value: object) -> str:
    if isinstance(value, np.timedelta64):
        return f"{value / np.timedelta64(1, 's'):,.6f} s"
    if isinstance(value, np.datetime64):
        return f"{value} UTC"
    return f"{value:,}" if isinstance(value, int) else harmless(str(value))
