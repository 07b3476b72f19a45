"""Reading captures."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Literal, TypeAlias, get_args

import numpy as np

from . import _core
from ._archives import archive_text
from ._generated import ALL_COLUMNS, DEFAULT_COLUMNS
from ._harmless import harmless
from ._progress import Progress
from ._source import Sources, opened, resolve, several
from .capture import Capture
from .errors import CorruptCaptureError, FaultItem, GapItem, NotACaptureError, TruncatedCaptureWarning, damage_text

#: Real captures compress to a tenth or less; a thousandth is what gzip can do at most.
MAX_EXPANSION = 1000

ProgressOption: TypeAlias = bool | Callable[[int, int], object]
#: What to do where a source is cut or corrupt.
OnError: TypeAlias = Literal["keep", "stop", "raise"]


def read_pcap(
    source: Sources,
    *,
    columns: Iterable[str] | Literal["all"] | None = None,
    threads: int | None = None,
    progress: ProgressOption = False,
    on_error: OnError = "keep",
    keep_bytes: bool = False,
    decapsulate: bool = True,
    ports: Mapping[int, str | None] | None = None,
    max_expansion: int = MAX_EXPANSION,
    merge: bool = False,
) -> Capture:
    """Read a capture, or several, into columns: pcap, pcapng and the formats that docs/reading.md lists.

    Parameters
    ----------
    source : path, bytes, binary file object or socket, or a list of them
        Several are read one after the other as one capture, whose column `file` tells them apart; so are the files that match
        a pattern such as ``"day-*.pcap.gz"``, in the order of their names. The format is found by content, never by name;
        gzip, zstd, lz4, xz and bzip2 are decompressed on the way. A file object
        is read from where it stands, a pipe or a socket to its end; "-" is the standard input.
    columns : list of str, "all" or None
        Which columns to read; None reads the default ones. Fewer columns are faster: what no column needs is not decoded.
    threads : int, optional
        Threads to use; by default ``PCAPFRAME_THREADS`` or as many as this process may use. The result does not depend on it.
    progress : bool or callable
        True shows progress of long reads (with tqdm where it is installed); a callable is called with the bytes done and the
        bytes in all. What it raises ends the reading.
    on_error : {"keep", "stop", "raise"}
        What to do when the file is cut or corrupt: keep the packets before the fault and those that are found again behind it,
        and warn; keep those before the first fault only, and warn; or raise.
    keep_bytes : bool
        Keep the bytes of a source that can not be read twice, such as a pipe, so that :meth:`Capture.packet` works.
    decapsulate : bool
        Whether columns describe the innermost headers, also inside tunnels; False stops at the outermost IP header.
    ports : mapping of int to str or None, optional
        Tunnels at other UDP ports than the registered ones: ``{8472: "vxlan"}``. None takes a port's tunnel away:
        ``{4789: None}``. Names are "capwap", "esp", "geneve", "gtpu", "l2tp", "lisp", "mpls", "teredo", "tzsp", "vxlan" and
        "vxlan-gpe".
    max_expansion : int
        A compressed source may decompress to this many times its size; beyond it, and beyond 64 MiB, it counts as a
        decompression bomb.
    merge : bool
        Order the packets of several sources by time; packets of the same time stay in the sources' order.

    Returns
    -------
    Capture
        One row a packet, in the order of the file.

    Raises
    ------
    NotACaptureError
        The source is no capture in a format that is read.
    UnknownColumnError
        A name in `columns` is no column.
    CorruptCaptureError
        The source is cut or corrupt, and `on_error` is "raise".
    PcapframeError
        The source decompresses to more than `max_expansion` allows.
    OSError
        The file can not be read; FileNotFoundError if there is none.

    Warns
    -----
    TruncatedCaptureWarning
        The source is cut or corrupt: the text says where, why, and what was kept.

    Examples
    --------
    >>> import pcapframe as pf
    >>> ping = bytes.fromhex(
    ...     "d4c3b2a1020004000000000000000000ffff000065000000"  # a file header that says raw IP
    ...     "01000000020000001c0000001c000000"  # a record of 28 bytes, 1.000002 s after 1970
    ...     "4500001c00000000400100007f0000017f000001" "0800000000000000"  # IPv4, ICMP
    ... )
    >>> cap = pf.read_pcap(ping)
    >>> print(cap.timestamp[0], cap.src[0], cap.icmp_type[0])
    1970-01-01T00:00:01.000002000 127.0.0.1 8
    """
    names = column_names(columns)
    reading = settings(threads, on_error, decapsulate=decapsulate, ports=ports, max_expansion=max_expansion)
    wanted = [*names, "timestamp"] if merge else names
    sources = [resolve(one) for one in several(source)]
    with ExitStack() as stack, Progress(progress) as report, archives_named(sources):
        frame = _core.read(opened(sources, stack), wanted, reading, progress=report.callback, keep=keep_bytes)
    for about in frame.sources:
        # 2: the line of the user who called read_pcap.
        report_damage(about["fault"], about["gaps"], about["path"], on_error, stacklevel=2)
    return Capture(in_order_of_time(frame) if merge else frame)


def in_order_of_time(frame: _core.Frame) -> _core.Frame:
    """Return the packets by their times; those of the same time stay as they are."""
    return frame.take(np.argsort(frame.values("timestamp").view(np.int64), kind="stable"))


@contextmanager
def archives_named(sources: list[Any]) -> Iterator[None]:
    """Have the error about what is no capture say what is in it, if it is an archive."""
    try:
        yield
    except NotACaptureError as error:
        texts = ((source, archive_text(source)) for source in sources)
        found = next(((source, text) for source, text in texts if text), None)
        if found is None:
            raise
        source, text = found
        raise NotACaptureError(text if isinstance(source, bytes) else f"{harmless(str(source))}: {text}") from error


def settings(
    threads: int | None,
    on_error: OnError,
    *,
    decapsulate: bool,
    ports: Mapping[int, str | None] | None,
    max_expansion: int,
) -> _core.Settings:
    """Make settings for the core of what the user gave, once it is checked."""
    if on_error not in get_args(OnError):
        message = f"on_error is {on_error!r}, but must be 'keep', 'stop' or 'raise'"
        raise ValueError(message)
    check_threads(threads)
    if max_expansion < 1:
        message = f"max_expansion is {max_expansion}, but must be at least 1"
        raise ValueError(message)
    pairs = list((ports or {}).items())
    for port, _ in pairs:
        if not 0 <= port <= 0xFFFF:
            message = f"ports has {port}, but UDP ports are 0 to 65535"
            raise ValueError(message)
    return _core.Settings(
        threads=threads or _core.default_threads(),
        decapsulate=decapsulate,
        ports=pairs,
        max_expansion=max_expansion,
        resync=on_error == "keep",
    )


def check_threads(threads: int | None) -> None:
    """Refuse a number of threads that can not work."""
    if threads is not None and threads < 1:
        message = f"threads is {threads}, but must be at least 1; leave it out for as many as there are cores"
        raise ValueError(message)


def column_names(columns: Iterable[str] | None) -> list[str]:
    """Names of the columns that `columns` stands for."""
    if columns is None:
        return list(DEFAULT_COLUMNS)
    if columns == "all":
        return list(ALL_COLUMNS)
    if isinstance(columns, str):
        message = f"columns is {columns!r}, but must be a list of names, 'all' or None; did you mean [{columns!r}]?"
        raise TypeError(message)
    names = list(columns)
    if not names:
        message = "columns is empty; name at least one, or leave it out for the default columns"
        raise ValueError(message)
    return names


def report_damage(
    fault: FaultItem | None, gaps: Sequence[GapItem], path: str | None, on_error: OnError, *, stacklevel: int
) -> None:
    """Warn of a source that is cut or corrupt, or raise."""
    if fault is not None and on_error == "raise":
        offset, reason, packets = fault
        raise CorruptCaptureError(offset=offset, reason=reason, packets=packets, path=path)
    text = damage_text(fault, gaps, path)
    if text is not None:
        warnings.warn(text, TruncatedCaptureWarning, stacklevel=stacklevel + 1)
