"""Helpers: addresses as text, packets as dictionaries."""

import socket
import warnings
from collections.abc import Iterable
from typing import Any

from .dns import DNS

__all__ = ["DNS", "deprecation_warning", "inet_to_str", "is_builtin", "mac_to_str", "make_dict"]


def mac_to_str(address: Iterable[int]) -> str:
    r"""Write a hardware address as text.

    >>> mac_to_str(b"\x00\x1b\x21\x0a\x0b\x0c")
    '00:1b:21:0a:0b:0c'
    """
    return ":".join("%02x" % byte for byte in address)  # noqa: UP031


def inet_to_str(inet: bytes) -> str:
    r"""Write an IPv4 or IPv6 address as text; ValueError where the length is that of neither.

    >>> inet_to_str(b"\x0a\x14\x00\x0a")
    '10.20.0.10'
    """
    try:
        return socket.inet_ntop(socket.AF_INET, inet)
    except ValueError:
        return socket.inet_ntop(socket.AF_INET6, inet)


def make_dict(obj: Any) -> Any:
    """Turn an object, with the objects in its attributes and lists, into a dictionary; return a builtin as it is."""
    if is_builtin(obj):
        return obj
    values = {name: getattr(obj, name) for name in dir(obj) if not name.startswith("__")}
    return {
        name: [make_dict(item) for item in value] if isinstance(value, list) else make_dict(value)
        for name, value in values.items()
        if not callable(value)
    }


def is_builtin(obj: Any) -> bool:
    """Whether the class of an object is one of Python's own."""
    return obj.__class__.__module__ in ("builtins", "__builtin__")


def deprecation_warning(*args: Any) -> None:
    """Call :func:`warnings.warn` with `args`, for the line that calls this function."""
    warnings.warn(*args, stacklevel=2)  # type: ignore[call-overload]
