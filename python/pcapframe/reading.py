"""Reading captures."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from typing import Literal, TypeAlias

from . import _core
from ._generated import ALL_COLUMNS, DEFAULT_COLUMNS
from ._progress import Progress
from ._source import Source, resolve
from .capture import Capture
from .errors import CorruptCaptureError, TruncatedCaptureWarning, fault_text

ProgressOption: TypeAlias = bool | Callable[[int, int], object]


def read_pcap(
    source: Source,
    *,
    columns: Iterable[str] | Literal["all"] | None = None,
    threads: int | None = None,
    progress: ProgressOption = False,
    on_error: Literal["keep", "raise"] = "keep",
    keep_bytes: bool = False,
) -> Capture:
    """Read a pcap or pcapng capture into columns.

    Parameters
    ----------
    source : path, bytes or binary file object
        The format is found by content, never by name. A file object is read from where it stands.
    columns : list of str, "all" or None
        Which columns to read; None reads the default ones. Fewer columns are faster: what no column needs is not decoded.
    threads : int, optional
        Threads to use; by default ``PCAPFRAME_THREADS`` or as many as this process may use. The result does not depend on it.
    progress : bool or callable
        True shows progress of long reads (with tqdm where it is installed); a callable is called with the bytes done and the
        bytes in all. What it raises ends the reading.
    on_error : {"keep", "raise"}
        What to do when the file is cut or corrupt: keep the packets before the fault and warn, or raise.
    keep_bytes : bool
        Keep the bytes of a source that can not be read twice, such as a pipe, so that :meth:`Capture.packet` works.

    Returns
    -------
    Capture
        One row a packet, in the order of the file.

    Raises
    ------
    NotACaptureError
        The source is no pcap or pcapng capture.
    UnknownColumnError
        A name in `columns` is no column.
    CorruptCaptureError
        The source is cut or corrupt, and `on_error` is "raise".
    OSError
        The file can not be read; FileNotFoundError if there is none.

    Warns
    -----
    TruncatedCaptureWarning
        The source is cut or corrupt: packets before the fault were kept.

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
    if on_error not in ("keep", "raise"):
        message = f"on_error is {on_error!r}, but must be 'keep' or 'raise'"
        raise ValueError(message)
    if threads is not None and threads < 1:
        message = f"threads is {threads}, but must be at least 1; leave it out for as many as there are cores"
        raise ValueError(message)
    names = _columns(columns)
    data, keep = resolve(source, keep_bytes=keep_bytes)
    with Progress(progress) as report:
        frame = _core.read(data, names, threads=threads or _core.default_threads(), progress=report.callback, keep=keep)
    _report_fault(frame, on_error)
    return Capture(frame)


def _columns(columns: Iterable[str] | None) -> list[str]:
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


def _report_fault(frame: _core.Frame, on_error: str) -> None:
    origin = frame.origin
    if origin["fault"] is None:
        return
    offset, reason, packets = origin["fault"]
    if on_error == "raise":
        raise CorruptCaptureError(offset=offset, reason=reason, packets=packets, path=origin["path"])
    # 3: the line of the user who called read_pcap.
    warnings.warn(fault_text(offset, reason, packets, origin["path"]), TruncatedCaptureWarning, stacklevel=3)
