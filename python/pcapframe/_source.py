"""What a user may pass as a source, made into what the core reads: a path or bytes."""

from __future__ import annotations

import os
import stat
from typing import IO, Any, TypeAlias

Source: TypeAlias = str | os.PathLike[str] | bytes | bytearray | memoryview | IO[bytes]


def resolve(source: Source, *, keep_bytes: bool) -> tuple[str | bytes, bool]:
    """Return a path or bytes, and whether bytes may be kept for packet access.

    Bytes that the caller passed are the caller's anyway, and kept; what was read from a stream is kept on request only.
    """
    if isinstance(source, bytes):
        return source, True
    if isinstance(source, (bytearray, memoryview)):
        return bytes(source), True
    if isinstance(source, (str, os.PathLike)):
        return _from_path(os.fspath(source), keep_bytes)
    if hasattr(source, "read"):
        return _from_file(source, keep_bytes)
    message = f"source is {type(source).__name__}, but must be a path, bytes or a file opened in binary mode"
    raise TypeError(message)


def _from_path(path: Any, keep_bytes: bool) -> tuple[str | bytes, bool]:
    if not isinstance(path, str):
        path = os.fsdecode(path)
    mode = os.stat(path).st_mode
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
        return path, True
    # A pipe or a device: it has no length and can not be read at positions.
    with open(path, "rb") as stream:
        return stream.read(), keep_bytes


def _from_file(file: IO[bytes], keep_bytes: bool) -> tuple[str | bytes, bool]:
    path = _regular_file(file)
    if path is not None:
        return path, True
    data: object = file.read()
    if isinstance(data, str):
        message = f"source is a file in text mode; open it in binary mode: open({getattr(file, 'name', '...')!r}, 'rb')"
        raise TypeError(message)
    if not isinstance(data, (bytes, bytearray, memoryview)):
        message = f"source.read() returned {type(data).__name__}, but must return bytes"
        raise TypeError(message)
    return bytes(data), keep_bytes


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
