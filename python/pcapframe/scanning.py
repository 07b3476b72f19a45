"""Captures larger than memory, and live ones: a batch of packets at a time."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Literal

from . import _core
from ._progress import Progress
from ._source import Sources, resolve, several
from .capture import Capture
from .reading import MAX_EXPANSION, ProgressOption, archives_named, check_on_error, column_names, report_fault, settings

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
    on_error: Literal["keep", "raise"] = "keep",
    decapsulate: bool = True,
    ports: Mapping[int, str | None] | None = None,
    max_expansion: int = MAX_EXPANSION,
) -> Iterator[Capture]:
    """Read a capture in batches, in bounded memory: large files, pipes, sockets and growing files.

    The batches together are what :func:`read_pcap` gives, row by row, whatever their size. A thread reads and decompresses
    ahead while all cores parse.

    Parameters
    ----------
    source : path, bytes, binary file object or socket, or a list of them
        As for :func:`read_pcap`; "-" is the standard input. A batch has packets of one source only.
    columns, threads, progress, on_error, decapsulate, ports, max_expansion
        As for :func:`read_pcap`.
    batch_size : int
        Packets in a batch; the last one has fewer.
    timeout : float, optional
        Seconds after which a batch that has packets is given out although it is not full, so that a live source is seen in time.
    follow : bool
        Wait for more at the end of a file, which another program is writing, for ever: leave the loop to end it.

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
    check_on_error(on_error)
    if batch_size < 1:
        message = f"batch_size is {batch_size}, but must be at least 1"
        raise ValueError(message)
    if timeout is not None and not 0 <= timeout < 1e9:
        message = f"timeout is {timeout}, but must be a number of seconds, 0 or more"
        raise ValueError(message)
    names = column_names(columns)
    reading = settings(threads, decapsulate=decapsulate, ports=ports, max_expansion=max_expansion)
    sources = [resolve(one) for one in several(source)]
    if follow and (len(sources) > 1 or not isinstance(sources[0], (str, os.PathLike))):
        message = "follow=True needs one path; a pipe or a socket is followed anyway"
        raise ValueError(message)
    report = Progress(progress)

    def open_scan(file: int, interfaces: int) -> _core.Scan:
        with archives_named([sources[file]]):
            return _core.Scan(
                sources[file], names, reading, batch_size=batch_size, timeout=timeout, follow=follow, progress=report.callback,
                file=file, interfaces=interfaces,
            )  # fmt: skip

    paths = [one if isinstance(one, (str, os.PathLike)) else None for one in sources]
    return _batches(open_scan(0, 0), open_scan, paths, report, on_error)


def _batches(
    scan: _core.Scan, open_scan: Callable[[int, int], _core.Scan], paths: list[Any], report: Progress, on_error: str
) -> Iterator[Capture]:
    interfaces = 0
    with report:
        for file, path in enumerate(paths):
            if file > 0:
                scan = open_scan(file, interfaces)
            try:
                while (frame := scan.next()) is not None:
                    yield Capture(frame)
                # 2: the line of the user's loop.
                report_fault(scan.fault, path, on_error, stacklevel=2)
                interfaces += scan.interfaces
            finally:
                scan.stop()
