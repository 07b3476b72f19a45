"""What the readers of both formats have in common: a file, and the core's iterator over its packets."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from types import TracebackType
from typing import IO, Any, Literal, Self, TypeAlias

import pcapframe
from pcapframe import _core

File: TypeAlias = str | os.PathLike[str] | IO[bytes]
Time: TypeAlias = float | int | Decimal
Packet: TypeAlias = tuple[Time, bytes]
Timestamps: TypeAlias = Literal["ns"] | None


@contextmanager
def opened(fileobj: File) -> Iterator[IO[bytes]]:
    """Open a path, and close it again if what follows fails; a file object is the caller's own."""
    if not isinstance(fileobj, (str, os.PathLike)):
        yield fileobj
        return
    file = open(fileobj, "rb")  # noqa: SIM115 (the reader closes it)
    try:
        yield file
    except BaseException:
        file.close()
        raise


def binary(data: Any) -> bytes:
    """Return what a file gave, or say what to do about one in text mode."""
    if isinstance(data, str):
        raise TypeError("fileobj gives text; open it in binary mode: open(path, 'rb')")
    return bytes(data)


def integers(timestamps: Timestamps) -> bool:
    """Whether times are asked for as whole nanoseconds."""
    if timestamps not in (None, "ns"):
        message = f"timestamps is {timestamps!r}, but must be 'ns' for whole nanoseconds, or None for seconds as in dpkt"
        raise ValueError(message)
    return timestamps == "ns"


class PacketReader:
    """Base of the readers: iterates over (time, bytes).

    A loop reads ahead where the file can say how much is there (`read1`), and leaves it behind the packet that it saw last.
    With `next`, `dispatch` and `loop` the file stands there after each packet. A file that was moved with `seek` is read from its
    new place by the next iteration. A capture that is cut or corrupt ends the iteration with a
    :class:`pcapframe.errors.TruncatedCaptureWarning`.
    """

    name: str
    dloff: int
    snaplen: int
    filter: str
    _file: IO[bytes]
    #: The file, or what it contains.
    _stream: Any
    _records: _core.Records

    def _begin(self, stream: Any, records: _core.Records, *, link_type: int, offsets: dict[int, int], snaplen: int) -> None:
        self._stream = stream
        self._records = records
        self._link_type = link_type
        self.dloff = offsets.get(link_type, 0)
        self.snaplen = snaplen
        self.filter = ""
        self._packets = records.exactly()

    @property
    def fd(self) -> int:
        """The file's descriptor."""
        return self._file.fileno()

    @property
    def wirelen(self) -> int | None:
        """Bytes on the wire of the packet read last, of which fewer may have been captured; None before the first."""
        return self._records.wirelen

    def fileno(self) -> int:
        """Return the file's descriptor."""
        return self.fd

    def datalink(self) -> int:
        """Return the link type, one of `DLT_*`; of pcapng, that of the first interface."""
        return self._link_type

    def setfilter(self, value: str, optimize: int = 1) -> None:
        """Raise NotImplementedError, as in dpkt: there are no filters."""
        raise NotImplementedError

    def readpkts(self) -> list[Packet]:
        """Return all packets that were not read yet."""
        return list(self)

    def __next__(self) -> Packet:
        return next(self._packets)

    next = __next__

    def __iter__(self) -> Iterator[Packet]:
        return iter(self._records)

    def dispatch(self, cnt: int, callback: Callable[..., object], *args: object) -> int:
        """Call `callback(time, bytes, *args)` for `cnt` packets, or with 0 for all that are left.

        Returns
        -------
        int
            How many packets there were.
        """
        processed = 0
        for timestamp, packet in self._records.exactly():
            callback(timestamp, packet, *args)
            processed += 1
            if processed == cnt:
                break
        return processed

    def loop(self, callback: Callable[..., object], *args: object) -> None:
        """Call `callback(time, bytes, *args)` for all packets that are left."""
        self.dispatch(0, callback, *args)

    def columns(self, columns: Any = None, **options: Any) -> pcapframe.Capture:
        """Hand the capture over to columns.

        Parameters
        ----------
        columns, **options
            As for :func:`pcapframe.read_pcap`.

        Returns
        -------
        pcapframe.Capture
            All packets of the file, whatever was read of it before. Of a file that can not be read twice, such as a pipe, those
            that were not read yet.

        Examples
        --------
        >>> from pcapframe import dpkt
        >>> with dpkt.pcap.Reader("examples/data/lab.pcap") as reader:
        ...     cap = reader.columns()
        >>> len(cap), len(cap.tcp)
        (28281, 17983)
        """
        file = self._file
        if not getattr(file, "seekable", bool)():
            rest = self._records.rest() + self._stream.read()
            return pcapframe.read_pcap(rest, columns=columns, **options)
        place = file.tell()
        try:
            file.seek(0)
            return pcapframe.read_pcap(file, columns=columns, **options)
        finally:
            file.seek(place)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def name_of(file: IO[bytes]) -> str:
    """Return a file's name, or its class where it has none."""
    name: str = getattr(file, "name", f"<{type(file).__name__}>")
    return name


def begun(file: IO[bytes], count: int) -> tuple[Any, bytes]:
    """Return the file and the next `count` bytes of it; if it is compressed, what it contains and the first bytes of that."""
    head = binary(file.read(count))
    inside = _core.Decompressed.of(file, head)
    return (file, head) if inside is None else (inside, inside.read(count))


class Recorder:
    """A stream that keeps what is read through it, of which `start` was read before."""

    def __init__(self, stream: Any, start: bytes) -> None:
        self._stream = stream
        self._start = start
        self.kept = b""

    def take(self, count: int) -> bytes:
        """Read `count` bytes, or what is left."""
        data, self._start = self._start[: max(count, 0)], self._start[max(count, 0) :]
        missing = count - len(data)
        data += binary(self._stream.read(missing)) if missing > 0 else b""
        self.kept += data
        return data
