"""What a user may pass as a source, made into what the core reads: a path, bytes, or an object to read from."""

from __future__ import annotations

import glob
import io
import os
import re
import stat
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from typing import IO, Any, TypeAlias

from ._extras import need

Source: TypeAlias = str | os.PathLike[str] | bytes | bytearray | memoryview | IO[bytes]
#: One source or several, in order; a path may be a pattern with ``*``, ``?`` or ``[...]``.
Sources: TypeAlias = Source | Sequence[Source]


def several(source: Sources) -> list[Source]:
    """Return the sources that `source` stands for: those of a list, and the files that match a pattern, in the order of names.

    Raises
    ------
    ValueError
        The list is empty.
    """
    if isinstance(source, Sequence) and not isinstance(source, (str, bytes, bytearray, memoryview)):
        if not source:
            message = "source is an empty list; pass at least one capture"
            raise ValueError(message)
        return [found for one in source for found in _matches(one)]
    return _matches(source)


def _matches(source: Any) -> list[Source]:
    path = os.fspath(source) if isinstance(source, (str, os.PathLike)) else None
    # A file may have a name that looks like a pattern, and a URL a query.
    if path is None or _is_url(os.fsdecode(path)) or not glob.has_magic(path) or os.path.lexists(path):
        return [source]
    found: list[Source] = [*sorted(glob.glob(path, recursive=True))]
    # Without a match it is said that there is no such file.
    return found or [source]


def resolve(source: Source) -> Any:
    """Return a path, bytes, an object to read from, or one that :func:`opened` makes one of."""
    if isinstance(source, bytes):
        return source
    if isinstance(source, (bytearray, memoryview)):
        return bytes(source)
    if isinstance(source, (str, os.PathLike)):
        path = os.fsdecode(os.fspath(source))
        return need("fsspec", f"reading {path}").open(path, "rb") if _is_url(path) else _from_path(path)
    if hasattr(source, "read") or hasattr(source, "recv"):
        return _from_file(source)
    if _is_unopened(source):
        return source
    message = f"source is {type(source).__name__}, but must be a path, bytes, a file opened in binary mode or a socket"
    raise TypeError(message)


def _is_url(path: str) -> bool:
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]*(::[^/]*)?://", path) is not None and not os.path.lexists(path)


def _is_unopened(source: Any) -> bool:
    """Whether this is an `OpenFile` of fsspec, which is a file from `with` on."""
    return all(hasattr(source, name) for name in ("fs", "path", "open", "__enter__")) and not hasattr(source, "read")


def opened(sources: Sequence[Any], stack: ExitStack) -> list[Any]:
    """Return the sources as the core takes them; what has to be opened for that, `stack` closes."""
    return [_from_file(stack.enter_context(one)) if _is_unopened(one) else one for one in sources]


def _from_path(path: str) -> Any:
    if path == "-":
        return sys.stdin.buffer
    os.stat(path)
    return path


def _from_file(file: Any) -> Any:
    path = _regular_file(file)
    if path is not None:
        return path
    if isinstance(file, io.TextIOBase):
        message = f"source is a file in text mode; open it in binary mode: open({getattr(file, 'name', '...')!r}, 'rb')"
        raise TypeError(message)
    return file


def _regular_file(file: IO[bytes]) -> str | None:
    """Return the path of a plain file that stands at its beginning: it need not go through Python."""
    name = getattr(file, "name", None)
    # Files that decompress have names, descriptors and modes as well.
    is_plain = isinstance(getattr(file, "raw", file), io.FileIO) and "b" in str(getattr(file, "mode", ""))
    if not isinstance(name, (str, os.PathLike)) or not is_plain:
        return None
    try:
        here, there = os.fstat(file.fileno()), os.stat(name)
        plain = stat.S_ISREG(here.st_mode) and os.path.samestat(here, there) and file.tell() == 0
    except (OSError, ValueError, AttributeError):
        return None
    return os.fspath(name) if plain else None
