"""Arguments of detectors: durations and limits, checked."""

from __future__ import annotations

from ..timeline import Interval, interval_nanoseconds


def duration(name: str, value: Interval) -> int:
    """Return a duration in nanoseconds.

    Raises
    ------
    ValueError
        It is none; the message names the argument.
    """
    return interval_nanoseconds(value, name)


def optional_duration(name: str, value: Interval | None) -> int | None:
    """Return a duration in nanoseconds, or None for no limit."""
    return None if value is None else duration(name, value)


def at_least(name: str, value: float, least: float) -> None:
    """Refuse an argument that is too small or no number."""
    if not value >= least:
        message = f"{name} is {value!r}, but must be a number of at least {least}"
        raise ValueError(message)


def fraction(name: str, value: float) -> None:
    """Refuse what is no share of a whole."""
    if not 0 <= value <= 1:
        message = f"{name} is {value!r}, but must be from 0 to 1"
        raise ValueError(message)


def choices(name: str, values: object, known: tuple[str, ...]) -> tuple[str, ...]:
    """Return the texts in `values`, a text or several, each of which must be known."""
    found = (values,) if isinstance(values, str) else tuple(values)  # type: ignore[arg-type]
    for value in found:
        if value not in known:
            message = f"{name} has {value!r}, but must be of {', '.join(map(repr, known))}"
            raise ValueError(message)
    return found


def plural(count: int, one: str, many: str | None = None) -> str:
    """Return a number and its noun: ``1 host``, ``2,000 hosts``."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def seconds_text(nanoseconds: int) -> str:
    """Return a duration as a person reads it."""
    seconds = nanoseconds / 1e9
    for size, unit in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.1f} s" if seconds >= 1 or not seconds else f"{seconds * 1000:.3g} ms"
