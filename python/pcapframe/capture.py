"""The capture: columns of packets, and what can be done with them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from . import _core, _linktypes, _preview
from ._extras import need
from ._generated import ALL_COLUMNS, Checksum, ColumnProperties, Layer, Stop
from ._harmless import harmless
from .address import AddressColumn
from .errors import damage_text
from .timeline import Interval, Timeline, Value, timeline

if TYPE_CHECKING:
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
        return _preview.table_html(["", ""], [list(row) for row in self.to_rows()])


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


class Capture(ColumnProperties):
    """Columns of packets, one row a packet.

    Every column that was read is an attribute, a read-only numpy array without a copy (:class:`AddressColumn` for
    addresses). Index with a name for a column, with a slice, a mask or row numbers for a part of the capture. Made by
    :func:`pcapframe.read_pcap`.
    """

    __slots__ = ("_frame",)

    def __init__(self, frame: _core.Frame) -> None:
        self._frame = frame

    def __len__(self) -> int:
        return len(self._frame)

    @property
    def columns(self) -> list[str]:
        """Names of the columns that were read, in the table's order."""
        return self._frame.columns

    @property
    def nbytes(self) -> int:
        """Bytes of memory that the columns take."""
        return self._frame.nbytes

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

    @overload
    def __getitem__(self, key: str) -> Any: ...
    @overload
    def __getitem__(self, key: int | slice | NDArray[Any] | list[int] | list[bool]) -> Capture: ...
    def __getitem__(self, key: Any) -> Any:
        """Return a column by its name, or a part of the capture by a slice, a mask, or row numbers.

        Raises
        ------
        UnknownColumnError
            There is no column of that name.
        IndexError
            A mask of another length, or a row that is not there.
        """
        if isinstance(key, str):
            return self._column(key)
        if isinstance(key, slice):
            return self._slice(key)
        if isinstance(key, (int, np.integer)) and not isinstance(key, (bool, np.bool_)):
            return self._take(np.array([key], np.int64))
        rows = np.asarray(key)
        if rows.dtype == bool and rows.ndim == 1:
            return Capture(self._frame.filter(np.ascontiguousarray(rows)))
        if rows.ndim == 1 and (rows.dtype.kind in "iu" or not rows.size):
            return self._take(rows.astype(np.int64))
        message = f"index is {type(key).__name__}, but must be a column name, a slice, a mask, or row numbers"
        raise TypeError(message)

    def _slice(self, key: slice) -> Capture:
        start, stop, step = key.indices(len(self))
        if step == 1:
            return Capture(self._frame.slice(start, max(start, stop)))
        return self._take(np.arange(start, stop, step, dtype=np.int64))

    def _take(self, rows: NDArray[np.int64]) -> Capture:
        return Capture(self._frame.take(np.where(rows < 0, rows + len(self), rows)))

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
            "protocol", the name of a column, or None for one group.
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

    @property
    def plot(self) -> CapturePlots:
        """Plots of this capture: ``cap.plot.traffic()``, ``cap.plot.packet_sizes()``."""
        from .plot import CapturePlots

        return CapturePlots(self)

    def __arrow_c_stream__(self, requested_schema: object = None) -> Any:
        """Return the columns as an Arrow C stream over the same memory (Arrow PyCapsule interface)."""
        return self._frame.__arrow_c_stream__(requested_schema)

    def __arrow_c_schema__(self) -> Any:
        """Return the columns' names and types as an Arrow schema."""
        return self._frame.__arrow_c_schema__()

    def to_arrow(self) -> Any:
        """Return a pyarrow Table over the same memory; fields that a packet does not have are null."""
        return need("pyarrow", "to_arrow").table(self)

    def to_polars(self) -> Any:
        """Return a polars DataFrame over the same memory; fields that a packet does not have are null."""
        return need("polars", "to_polars").DataFrame(self)

    def to_pandas(self) -> Any:
        """Return a pandas DataFrame: numbers as nullable integers, checksums as nullable booleans, addresses as categories.

        Fields that a packet does not have are missing. Needs no pyarrow.
        """
        pandas = need("pandas", "to_pandas")
        return pandas.DataFrame({name: self._pandas_column(pandas, name) for name in self.columns}, copy=False)

    def _pandas_column(self, pandas: Any, name: str) -> Any:
        if name in ADDRESSES:
            column = AddressColumn(self._frame, name)
            return pandas.Categorical.from_codes(column.codes.astype(np.int64) - 1, categories=column.unique())
        values = self._frame.values(name).copy()
        present = self._frame.present(name)
        if present is None:
            return values
        if name in CHECKSUMS:
            return pandas.arrays.BooleanArray(values == Checksum.GOOD, ~present)
        return pandas.arrays.IntegerArray(values, ~present)

    def write_parquet(self, path: str | os.PathLike[str], **options: Any) -> None:
        """Write the columns to a Parquet file; `options` are those of pyarrow.parquet.write_table."""
        need("pyarrow.parquet", "write_parquet").write_table(self.to_arrow(), os.fspath(path), **options)

    def __reduce__(self) -> tuple[object, ...]:
        return _restore, (self._frame.state(),)

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
