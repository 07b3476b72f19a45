"""The extension module, written in Rust. It is an implementation detail: use what ``pcapframe`` itself exports."""

import os
from collections.abc import Callable, Sequence
from typing import Any, Final, NotRequired, TypedDict, final

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Frame",
    "PacketIterator",
    "__version__",
    "bin_sums",
    "column_table",
    "default_threads",
    "layers",
    "read",
    "restore",
    "stops",
    "tunnels",
    "write_packets",
]

__version__: Final[str]

class _Column(TypedDict):
    name: str
    kind: str
    doc: str
    default: bool
    tshark: NotRequired[str]
    exempt: NotRequired[str]

class _Origin(TypedDict):
    format: str
    source_bytes: int
    wrong_guesses: int
    path: str | None
    # Offset, reason, and whole packets before it.
    fault: tuple[int, str, int] | None

def read(
    source: str | os.PathLike[str] | bytes | bytearray,
    columns: Sequence[str],
    *,
    threads: int,
    chunk: int | None = None,
    progress: Callable[[int, int], object] | None = None,
    keep: bool = True,
) -> Frame:
    """Read a capture: `source` is a path or bytes, `columns` are names; `keep` holds on to bytes for packet access."""

def default_threads() -> int:
    """Return how many threads are used if none are named."""

def bin_sums(
    timestamps: NDArray[np.int64],
    groups: NDArray[np.uint32],
    weights: NDArray[np.uint32] | None,
    *,
    start: int,
    width: int,
    count: int,
    group_count: int,
) -> NDArray[np.uint64]:
    """Return sums of `weights` (of 1 where None) by group and bin, group after group."""

def write_packets(frame: Frame, path: str | os.PathLike[str], *, pcapng: bool, nanoseconds: bool) -> int:
    """Write a frame's packets to `path`: pcapng or classic pcap, in nano- or microseconds; return their number."""

def restore(state: dict[str, Any]) -> Frame:
    """Return the frame whose :meth:`Frame.state` this is."""

def column_table() -> list[_Column]:
    """Return every column: name, kind, documentation, whether it is read by default, and its oracle in the tests."""

def layers() -> list[tuple[str, int, str]]:
    """Return name, bit and meaning of every layer."""

def stops() -> list[tuple[str, int, str]]:
    """Return name, number and meaning of every reason why decoding ends."""

def tunnels() -> list[tuple[str, int, str]]:
    """Return name, number and meaning of every tunnel."""

@final
class Frame:
    """Immutable columns of packets."""

    def __len__(self, /) -> int: ...
    @property
    def columns(self) -> list[str]:
        """Names of the columns that were asked for."""

    @property
    def nbytes(self) -> int:
        """Bytes of memory that the columns take."""

    @property
    def interfaces(self) -> list[tuple[str, int, int]]:
        """Name, link type and snaplen of each interface of the source."""
    @property
    def origin(self) -> _Origin:
        """What is known of the source: format, path, where it broke off."""

    def values(self, name: str) -> NDArray[Any]:
        """Return a column's numbers as a read-only array over the frame's own memory."""

    def present(self, name: str) -> NDArray[np.bool_] | None:
        """Return for each row whether the packet has the field; None if every packet has it."""

    def codes(self, name: str) -> NDArray[np.uint32]:
        """Return the codes of an address column, read-only."""

    def categories(self, name: str) -> list[str]:
        """Return the distinct addresses of a column in ascending order, after an empty text for code 0."""

    def within(self, name: str, networks: Sequence[tuple[str, int]]) -> NDArray[np.bool_]:
        """Return for each row whether its address is in one of `networks`: pairs of an address and a prefix length."""

    def address(self, name: str, row: int) -> str:
        """Return the address in one row as text; empty for none."""

    def slice(self, start: int, stop: int) -> Frame:
        """Return the rows from `start` up to `stop`, sharing memory."""

    def filter(self, mask: NDArray[np.bool_]) -> Frame:
        """Return the rows for which `mask` is true."""

    def take(self, rows: NDArray[np.int64]) -> Frame:
        """Return the rows with these numbers, in this order."""

    def packet(self, row: int) -> bytes:
        """Return the bytes of one packet."""

    def packets(self) -> PacketIterator:
        """Return an iterator over time in nanoseconds and bytes of every packet."""

    def state(self) -> dict[str, Any]:
        """Return all that :func:`restore` needs."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Return the frame as an Arrow C stream of one batch; may be called any number of times."""

    def __arrow_c_schema__(self) -> object:
        """Return the columns' names and types as an Arrow C schema."""

@final
class PacketIterator:
    """Time in nanoseconds and bytes of every packet of a frame."""

    def __iter__(self, /) -> PacketIterator: ...
    def __next__(self, /) -> tuple[int, bytes]: ...
