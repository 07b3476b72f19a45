"""What the command writes: harmless text, JSON, and files that are whole or not there."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from ._harmless import harmless

if TYPE_CHECKING:
    from .capture import Capture


def say(line: str, to: IO[str] | None = None) -> None:
    """Print one line; what a terminal would obey, such as an escape sequence in an interface's name, is spelled out."""
    print(harmless(line), file=to or sys.stdout)


def complain(kind: str, message: str) -> None:
    """Print a line of one's own, an error or a warning, to standard error."""
    say(f"pcapframe: {kind}: {message}", sys.stderr)


def say_json(value: object) -> None:
    """Print `value` as JSON."""
    print(json.dumps(value, indent=2, allow_nan=False))


def say_pairs(pairs: Sequence[tuple[str, str]]) -> None:
    """Print names and texts, aligned."""
    width = max(len(name) for name, _ in pairs)
    for name, text in pairs:
        say(f"{name.replace('_', ' ').ljust(width)}  {text}".rstrip())


def say_table(header: Sequence[str], body: Sequence[Sequence[str]]) -> None:
    """Print aligned columns, numbers to the right."""
    lines = [""] * (len(body) + 1)
    for name, *cells in zip(header, *body, strict=True):
        width = max(map(len, [name, *cells]))
        align = str.rjust if any(cells) and all(cell.isdigit() or not cell for cell in cells) else str.ljust
        lines = [f"{line}{align(cell, width)}  " for line, cell in zip(lines, [name, *cells], strict=True)]
    for line in lines:
        say(line.rstrip())


def instant(time: np.datetime64 | None) -> str | None:
    """A time (UTC) as ISO 8601 text."""
    return None if time is None or np.isnat(time) else f"{time}Z"


def values(capture: Capture, name: str) -> list[Any]:
    """A column as JSON can hold it; None where a packet has no such field."""
    column = capture[name]
    found = [instant(time) for time in column] if name == "timestamp" else np.asarray(column).tolist()
    present = capture._frame.present(name)
    return found if present is None else [value if here else None for value, here in zip(found, present, strict=True)]


@contextmanager
def whole(out: Path) -> Iterator[Path]:
    """Give a path to write to beside `out`; it takes the place of `out` when all went well, and goes when not."""
    target = Path(os.path.realpath(out))
    partial = target.with_name(f".{target.stem}.{os.getpid()}{target.suffix}")
    try:
        yield partial
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
