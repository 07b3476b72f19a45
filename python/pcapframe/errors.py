"""The exceptions and warnings of pcapframe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from ._harmless import harmless

__all__ = [
    "CorruptCaptureError",
    "NotACaptureError",
    "PcapframeError",
    "TruncatedCaptureWarning",
    "UnknownColumnError",
]


class PcapframeError(Exception):
    """What every exception of pcapframe's own is."""


class NotACaptureError(PcapframeError, ValueError):
    """The source is no capture in a format that is known."""


class CorruptCaptureError(PcapframeError):
    """A capture breaks off or is corrupt, and ``on_error="raise"`` was given.

    Attributes
    ----------
    offset : int
        Offset in the source of the record that could not be read.
    reason : str
        Why it could not.
    packets : int
        Whole packets before it.
    path : str or None
        The file.
    """

    def __init__(self, *, offset: int, reason: str, packets: int, path: str | None = None) -> None:
        self.offset = offset
        self.reason = reason
        self.packets = packets
        self.path = path
        super().__init__(fault_text(offset, reason, packets, path))

    def __reduce__(self) -> tuple[object, ...]:
        return _remake, (self.offset, self.reason, self.packets, self.path)


class UnknownColumnError(PcapframeError, KeyError):
    """A column of that name does not exist."""

    def __str__(self) -> str:
        # KeyError would show the text in quotation marks.
        return str(self.args[0]) if self.args else ""


class TruncatedCaptureWarning(UserWarning):
    """A capture breaks off or is corrupt; packets before the fault were kept, and those after it if they were found again."""


#: Offset, reason, and whole packets before it.
FaultItem: TypeAlias = tuple[int, str, int]
#: Offset, length, reason, and whole packets before it.
GapItem: TypeAlias = tuple[int, int, str, int]
#: Path of a source, where it has broken off, and what was passed over.
Damage: TypeAlias = tuple[str | None, FaultItem | None, list[GapItem]]

# So many gaps are told of one by one.
GAPS_TOLD = 3


def fault_text(offset: int, reason: str, packets: int, path: str | None = None) -> str:
    """One sentence for a fault in a capture."""
    place = f"{harmless(path)}: " if path else ""
    whole = "1 packet before it is whole" if packets == 1 else f"{packets:,} packets before it are whole"
    return f"{place}at offset {offset}: {reason}; {whole}"


def damage_text(fault: FaultItem | None, gaps: Sequence[GapItem], path: str | None = None) -> str | None:
    """All that is wrong with a capture; None if nothing is."""
    told = [f"{fault_text(*_fault(gap), path)}, {_bytes(gap[1])} skipped and packets after it kept" for gap in gaps[:GAPS_TOLD]]
    if len(gaps) > GAPS_TOLD:
        told.append(f"{len(gaps):,} such gaps in all, {_bytes(sum(length for _, length, _, _ in gaps))} skipped")
    if fault is not None:
        told.append(fault_text(*fault, path))
    return "; ".join(told) or None


def _fault(gap: GapItem) -> FaultItem:
    offset, _, reason, packets = gap
    return offset, reason, packets


def _bytes(count: int) -> str:
    return f"{count:,} byte{'s' * (count != 1)}"


def _remake(offset: int, reason: str, packets: int, path: str | None) -> CorruptCaptureError:
    return CorruptCaptureError(offset=offset, reason=reason, packets=packets, path=path)
