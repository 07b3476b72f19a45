"""The exceptions and warnings of pcapframe."""

from __future__ import annotations

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
    """A capture breaks off or is corrupt; all packets before the fault were kept."""


def fault_text(offset: int, reason: str, packets: int, path: str | None = None) -> str:
    """One sentence for a fault in a capture."""
    place = f"{path}: " if path else ""
    whole = "1 packet before it is whole" if packets == 1 else f"{packets:,} packets before it are whole"
    return f"{place}at offset {offset}: {reason}; {whole}"


def _remake(offset: int, reason: str, packets: int, path: str | None) -> CorruptCaptureError:
    return CorruptCaptureError(offset=offset, reason=reason, packets=packets, path=path)
