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

from ._extras import need
from ._preview import harmless

if TYPE_CHECKING:
    from .capture import Capture

# Rows of CSV that are text in memory at once.
CSV_ROWS = 1 << 18


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


def write_parquet(table: Any, path: Path) -> None:
    """Write a pyarrow Table to a Parquet file."""
    need("pyarrow.parquet", "writing .parquet").write_table(table, path)


def write_arrow(table: Any, path: Path) -> None:
    """Write a pyarrow Table to an Arrow IPC file, which is Feather 2 too."""
    ipc = need("pyarrow.ipc", "writing .arrow")
    with path.open("wb") as file, ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)


def write_csv(table: Any, path: Path) -> None:
    """Write a pyarrow Table to a CSV file: a header, ISO 8601 times, nothing where there is no value."""
    csv = need("pyarrow.csv", "writing .csv")
    # No value needs quotation marks: they are numbers, times and addresses.
    options = csv.WriteOptions(include_header=False, quoting_style="none")
    with path.open("wb") as file:
        file.write(f"{','.join(table.column_names)}\n".encode())
        for batch in table.to_batches(max_chunksize=CSV_ROWS):
            csv.write_csv(_plain(batch), file, options)


def _plain(batch: Any) -> Any:
    """The batch with addresses and times as texts."""
    arrow, compute = need("pyarrow", "writing .csv"), need("pyarrow.compute", "writing .csv")

    def plain(column: Any) -> Any:
        if arrow.types.is_timestamp(column.type):
            return compute.strftime(column, format="%Y-%m-%dT%H:%M:%SZ")
        return column.cast(arrow.string()) if arrow.types.is_dictionary(column.type) else column

    return arrow.RecordBatch.from_arrays([plain(column) for column in batch.columns], names=batch.schema.names)


TABLE_WRITERS = {".parquet": write_parquet, ".csv": write_csv, ".arrow": write_arrow, ".feather": write_arrow}
