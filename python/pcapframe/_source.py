"""What a user may pass as a source, made into what the core reads: a path, bytes, or an object to read from."""

from __future__ import annotations

import glob
import io
import os
import stat
import sys
from collections.abc import Sequence
from typing import IO, Any, TypeAlias

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
    # A file may have a name that looks like a pattern.
    if path is None or not glob.has_magic(path) or os.path.lexists(path):
        return [source]
    found: list[Source] = [*sorted(glob.glob(path, recursive=True))]
    # Without a match it is said that there is no such file.
    return found or [source]


def resolve(source: Source) -> Any:
    """Return a path, bytes, or an object to read from."""
    if isinstance(source, bytes):
        return source
    if isinstance(source, (bytearray, memoryview)):
        return bytes(source)
    if isinstance(source, (str, os.PathLike)):
        return _from_path(os.fspath(source))
    if hasattr(source, "read") or hasattr(source, "recv"):
        return _from_file(source)
    message = f"source is {type(source).__name__}, but must be a path, bytes, a file opened in binary mode or a socket"
    raise TypeError(message)


def _from_path(path: str | bytes) -> Any:
    path = os.fsdecode(path)
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
    if not isinstance(name, (str, os.PathLike)) or "b" not in str(getattr(file, "mode", "")):
        return None
    try:
        here, there = os.fstat(file.fileno()), os.stat(name)
        plain = stat.S_ISREG(here.st_mode) and os.path.samestat(here, there) and file.tell() == 0
    except (OSError, ValueError, AttributeError):
        return None
    return os.fspath(name) if plain else None
