"""Names that dpkt keeps for Python 2, which modules beyond this package import."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO as BytesIO
from io import StringIO as StringIO
from typing import Any

compat_izip = zip
intround = round


def compat_ord(char: int) -> int:
    """A byte as a number: what indexing bytes gives already."""
    return char


def iteritems(d: dict[Any, Any], **kw: Any) -> Iterator[tuple[Any, Any]]:
    """The items of a dictionary, one by one."""
    return iter(d.items(**kw))


def ntole(v: int) -> int:
    """A number of 16 bits with its bytes swapped."""
    return int.from_bytes(v.to_bytes(2, "big"), "little")


def ntole64(v: int) -> int:
    """A number of 64 bits with its bytes swapped."""
    return int.from_bytes(v.to_bytes(8, "big"), "little")


def isstr(s: object) -> bool:
    """Whether `s` is text."""
    return isinstance(s, str)
