"""Captures become files of other formats, a batch of packets at a time and in bounded memory."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from . import _core
from ._extras import need
from .capture import Capture
from .errors import damage_text
from .reading import read_pcap
from .scanning import Scans

# Rows of CSV that are text in memory at once.
CSV_ROWS = 1 << 18
# A pcap file header: a capture without packets, whose columns have the types that they always have.
NOTHING = bytes.fromhex("d4c3b2a1020004000000000000000000ffff000001000000")


def to_capture(scans: Scans, path: Path, *, pcapng: bool) -> tuple[int, list[str]]:
    """Write packets to a capture; return how many, and what was wrong with the sources."""
    file, packets, damage = _core.CaptureFile(path, pcapng=pcapng), 0, list[str]()
    for scan in scans:
        packets += scan.write(file)
        damage += _told(scans)
    file.close()
    return packets, damage


def to_table(scans: Scans, path: Path, names: list[str], suffix: str) -> tuple[int, list[str]]:
    """Write columns, in the order of `names`, to a table; return how many rows, and what was wrong with the sources."""
    packets, damage = 0, list[str]()
    schema = read_pcap(NOTHING, columns=names).to_arrow().select(names).schema
    with TABLE_FILES[suffix](path, schema) as file:
        for scan in scans:
            while (frame := scan.next()) is not None:
                file.write_table(Capture(frame).to_arrow().select(names))
                packets += len(frame)
            damage += _told(scans)
    return packets, damage


def _told(scans: Scans) -> list[str]:
    """What is wrong with the sources of the present scan."""
    texts = (damage_text(fault, gaps, path or "standard input") for path, fault, gaps in scans.damage)
    return [text for text in texts if text is not None]


def parquet_file(path: Path, schema: Any) -> Any:
    """Open a Parquet file, of which each table becomes a row group."""
    return need("pyarrow.parquet", "writing .parquet").ParquetWriter(path, schema)


class ArrowFile(AbstractContextManager["ArrowFile"]):
    """An Arrow IPC file, which is Feather 2 too.

    Such a file has one dictionary for a column of addresses, which must be known before its first row: so rows wait in a file of
    their own. Dictionaries that grow with the rows would do without, but polars does not read them.
    """

    def __init__(self, path: Path, schema: Any) -> None:
        self._arrow, self._ipc = need("pyarrow", "writing .arrow"), need("pyarrow.ipc", "writing .arrow")
        self._path, self._schema = path, schema
        self._waiting = path.with_name(f"{path.name}.waiting")
        types = self._arrow.types
        #: The code of each address met so far, by column.
        self._codes: dict[int, dict[str, int]] = {
            place: {} for place, field in enumerate(schema) if types.is_dictionary(field.type)
        }
        coded = [field.with_type(self._arrow.uint32()) if place in self._codes else field for place, field in enumerate(schema)]
        self._coded = self._arrow.schema(coded)
        self._file = self._arrow.OSFile(str(self._waiting), "wb")
        self._writer = self._ipc.new_stream(self._file, self._coded)

    def write_table(self, table: Any) -> None:
        """Append rows."""
        for batch in table.to_batches():
            columns = [self._recoded(place, column) for place, column in enumerate(batch.columns)]
            self._writer.write_batch(self._arrow.RecordBatch.from_arrays(columns, schema=self._coded))

    def _recoded(self, place: int, column: Any) -> Any:
        codes = self._codes.get(place)
        if codes is None:
            return column
        own = [codes.setdefault(address, len(codes)) for address in column.dictionary.to_pylist()]
        return self._arrow.array(own, self._arrow.uint32()).take(column.indices)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            with self._file:
                self._writer.close()
            if kind is None:
                self._write()
        finally:
            self._waiting.unlink(missing_ok=True)

    def _write(self) -> None:
        arrow = self._arrow
        dictionaries = {place: arrow.array(list(codes), arrow.string()) for place, codes in self._codes.items()}
        with (
            arrow.OSFile(str(self._waiting), "rb") as file,
            self._ipc.open_stream(file) as batches,
            self._ipc.new_file(str(self._path), self._schema) as writer,
        ):
            for batch in batches:
                columns = [
                    arrow.DictionaryArray.from_arrays(column, dictionaries[place]) if place in dictionaries else column
                    for place, column in enumerate(batch.columns)
                ]
                writer.write_batch(arrow.RecordBatch.from_arrays(columns, schema=self._schema))


class CsvFile(AbstractContextManager["CsvFile"]):
    """A CSV file: a header, ISO 8601 times, nothing where there is no value."""

    def __init__(self, path: Path, schema: Any) -> None:
        self._csv = need("pyarrow.csv", "writing .csv")
        # No value needs quotation marks: they are numbers, times and addresses.
        self._options = self._csv.WriteOptions(include_header=False, quoting_style="none")
        self._file: IO[bytes] = path.open("wb")
        self._file.write(f"{','.join(schema.names)}\n".encode())

    def write_table(self, table: Any) -> None:
        """Append rows."""
        for batch in table.to_batches(max_chunksize=CSV_ROWS):
            self._csv.write_csv(_plain(batch), self._file, self._options)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()


def _plain(batch: Any) -> Any:
    """The batch with addresses and times as texts."""
    arrow, compute = need("pyarrow", "writing .csv"), need("pyarrow.compute", "writing .csv")

    def plain(column: Any) -> Any:
        if arrow.types.is_timestamp(column.type):
            return compute.strftime(column, format="%Y-%m-%dT%H:%M:%SZ")
        return column.cast(arrow.string()) if arrow.types.is_dictionary(column.type) else column

    return arrow.RecordBatch.from_arrays([plain(column) for column in batch.columns], names=batch.schema.names)


#: What opens a table's file, by suffix: a context that has ``write_table``.
TABLE_FILES: dict[str, Any] = {".parquet": parquet_file, ".csv": CsvFile, ".arrow": ArrowFile, ".feather": ArrowFile}
