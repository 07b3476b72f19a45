"""Captures larger than memory, and live ones: a batch of packets at a time."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, Literal

from . import _core
from ._progress import Progress
from ._source import Sources, opened, resolve, several
from .capture import Capture
from .errors import Damage
from .reading import MAX_EXPANSION, OnError, ProgressOption, archives_named, column_names, report_damage, settings

#: With the default columns a batch of so many packets takes about 10 MiB.
BATCH_SIZE = 1 << 18


def scan_pcap(
    source: Sources,
    *,
    columns: Iterable[str] | Literal["all"] | None = None,
    batch_size: int = BATCH_SIZE,
    timeout: float | None = None,
    follow: bool = False,
    threads: int | None = None,
    progress: ProgressOption = False,
    on_error: OnError = "keep",
    decapsulate: bool = True,
    ports: Mapping[int, str | None] | None = None,
    max_expansion: int = MAX_EXPANSION,
    merge: bool = False,
) -> Iterator[Capture]:
    """Read a capture in batches, in bounded memory: large files, pipes, sockets and growing files.

    The batches together are what :func:`read_pcap` gives, row by row, whatever their size. A thread reads and decompresses
    ahead while all cores parse.

    Parameters
    ----------
    source : path, bytes, binary file object or socket, or a list of them
        As for :func:`read_pcap`; "-" is the standard input. A batch has packets of one source only, unless they are merged.
    columns, threads, progress, on_error, decapsulate, ports, max_expansion
        As for :func:`read_pcap`.
    batch_size : int
        Packets in a batch; the last one has fewer.
    timeout : float, optional
        Seconds after which a batch that has packets is given out although it is not full, so that a live source is seen in time.
    follow : bool
        Wait for more at the end of a file, which another program is writing, for ever: leave the loop to end it.
    merge : bool
        Order the packets of several sources by time, as ``read_pcap(merge=True)`` does; packets of the same time stay in the
        sources' order. All sources are open at the same time. A packet is put into its place where it stands up to 1,024
        packets, or 1 MiB of them, too late in its source; one that stands later comes when it is met. The interfaces of a
        source that are described only after its first packets are counted after those of all sources.

    Yields
    ------
    Capture
        One or more packets each. Their bytes are not kept: :meth:`Capture.packet` has nothing to go back to.

    Raises
    ------
    NotACaptureError, UnknownColumnError, CorruptCaptureError, PcapframeError, OSError
        As :func:`read_pcap` does; what concerns the arguments and the beginning of the source is raised at once.

    Warns
    -----
    TruncatedCaptureWarning
        The source is cut or corrupt: after the last batch.

    Examples
    --------
    >>> import pcapframe as pf
    >>> sum(batch.length.sum() for batch in pf.scan_pcap("examples/data/lab.pcap"))  # doctest: +SKIP
    """
    scans = begin(
        source,
        columns,
        batch_size=batch_size,
        timeout=timeout,
        follow=follow,
        threads=threads,
        progress=progress,
        on_error=on_error,
        decapsulate=decapsulate,
        ports=ports,
        max_expansion=max_expansion,
        merge=merge,
    )
    return _batches(scans, on_error)


def begin(
    source: Sources,
    columns: Iterable[str] | Literal["all"] | None,
    *,
    batch_size: int,
    timeout: float | None,
    follow: bool,
    threads: int | None,
    progress: ProgressOption,
    on_error: OnError,
    decapsulate: bool,
    ports: Mapping[int, str | None] | None,
    max_expansion: int,
    merge: bool,
) -> Scans:
    """Begin to scan sources, with the arguments of :func:`scan_pcap`, once they are checked."""
    if batch_size < 1:
        message = f"batch_size is {batch_size}, but must be at least 1"
        raise ValueError(message)
    if timeout is not None and not 0 <= timeout < 1e9:
        message = f"timeout is {timeout}, but must be a number of seconds, 0 or more"
        raise ValueError(message)
    names = column_names(columns)
    reading = settings(threads, on_error, decapsulate=decapsulate, ports=ports, max_expansion=max_expansion)
    options = {"batch_size": batch_size, "timeout": timeout, "follow": follow}
    return Scans(several(source), names, reading, merge=merge, progress=progress, **options)


def _batches(scans: Scans, on_error: OnError) -> Iterator[Capture]:
    for scan in scans:
        while (frame := scan.next()) is not None:
            yield Capture(frame)
        for path, fault, gaps in scans.damage:
            # 2: the line of the user's loop.
            report_damage(fault, gaps, path, on_error, stacklevel=2)


class Scans:
    """Scans of sources: of one after the other, or a single one of all that are merged. The first is begun at once.

    Parameters
    ----------
    sources : list
        What :func:`several` gives.
    columns : list of str
        Names of columns.
    reading : _core.Settings
        How to read.
    merge : bool
        Whether to order the packets of all sources by time.
    progress
        As for :func:`scan_pcap`.
    **options
        `batch_size`, `timeout` and `follow` of :class:`_core.Scan`.

    Raises
    ------
    ValueError
        What can not be followed was to be.
    """

    def __init__(
        self,
        sources: Sequence[Any],
        columns: list[str],
        reading: _core.Settings,
        *,
        merge: bool,
        progress: ProgressOption = False,
        **options: Any,
    ) -> None:
        self._columns, self._reading = columns, reading
        self._options = {"batch_size": BATCH_SIZE, **options}
        self._progress = Progress(progress)
        self._sources = [resolve(one) for one in sources]
        if options.get("follow") and not (len(self._sources) == 1 and isinstance(self._sources[0], str)):
            message = "follow=True needs one path; a pipe or a socket is followed anyway"
            raise ValueError(message)
        self._groups = [self._sources] if merge else [[one] for one in self._sources]
        self._scan, self._opened = self._begin(0, interfaces=0)

    def _begin(self, number: int, *, interfaces: int) -> tuple[_core.Scan, ExitStack]:
        """A scan, and what is to be closed after it."""
        group, progress = self._groups[number], self._progress_of(number)
        with ExitStack() as stack, archives_named(group):
            sources = opened(group, stack)
            scan = _core.Scan(
                sources, self._columns, self._reading, progress=progress, file=number, interfaces=interfaces, **self._options
            )
            # Not closed here, as there was no exception.
            return scan, stack.pop_all()

    def _progress_of(self, number: int) -> Callable[[int, int], object] | None:
        """What takes the progress of one scan, counted over all of them."""
        callback = self._progress.callback
        if callback is None or len(self._groups) == 1:
            return callback
        sizes = [_size(one) for one in self._sources]
        before, total = sum(sizes[:number]), sum(sizes)
        return lambda done, _: callback(before + done, total)

    def __iter__(self) -> Iterator[_core.Scan]:
        interfaces = 0
        with self._progress:
            for number, group in enumerate(self._groups):
                if number > 0:
                    self._scan, self._opened = self._begin(number, interfaces=interfaces)
                self._paths = [one if isinstance(one, str) else None for one in group]
                with self._opened as stack:
                    stack.callback(self._scan.stop)
                    yield self._scan
                    interfaces += self._scan.interfaces

    @property
    def damage(self) -> Iterator[Damage]:
        """Path, where and why it broke off, and what was passed over, of each source of the present scan."""
        return ((path, *damage) for path, damage in zip(self._paths, self._scan.damage, strict=True))


def _size(source: Any) -> int:
    if isinstance(source, bytes):
        return len(source)
    return os.path.getsize(source) if isinstance(source, str) else 0
