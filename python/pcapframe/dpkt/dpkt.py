"""`dpkt.dpkt`: the base class of packets, its errors, and the checksum of RFC 1071."""

from __future__ import annotations

# Scripts reach what dpkt's module imports through it: `dpkt.struct`, `dpkt.compat_ord` and so on.
import copy as copy
import struct as struct
from functools import partial as partial
from itertools import chain as chain

from pcapframe._core import Error as Error
from pcapframe._core import NeedData as NeedData
from pcapframe._core import PackError as PackError
from pcapframe._core import Packet as Packet
from pcapframe._core import UnpackError as UnpackError
from pcapframe._core import dpkt_in_cksum as in_cksum
from pcapframe._core import dpkt_in_cksum_add as in_cksum_add

from .compat import compat_izip as compat_izip
from .compat import compat_ord as compat_ord
from .compat import iteritems as iteritems
from .compat import ntole as ntole

__all__ = ["Error", "NeedData", "PackError", "Packet", "UnpackError", "hexdump", "in_cksum", "in_cksum_add", "in_cksum_done"]


def in_cksum_done(s: int) -> int:
    """The checksum for a sum of `in_cksum_add`: folded, inverted, in the order of the network."""
    s = (s >> 16) + (s & 0xFFFF)
    s += s >> 16
    return ntole(~s & 0xFFFF)


def hexdump(buf: bytes, length: int = 16) -> str:
    """`buf` as lines of offset, bytes in hexadecimal and printable characters.

    Examples
    --------
    >>> from pcapframe.dpkt import hexdump
    >>> print(hexdump(b"GET / HTTP/1.1"))
      0000:  47 45 54 20 2f 20 48 54 54 50 2f 31 2e 31        GET / HTTP/1.1
    """
    lines = []
    for start in range(0, len(buf), length):
        line = bytes(buf[start : start + length])
        shown = "".join(chr(byte) if 0x20 <= byte < 0x7F and byte != 0x5C else "." for byte in line)
        lines.append(f"  {start:04d}:  {line.hex(' '):<{length * 3}} {shown}")
    return "\n".join(lines)


def nest(outer: type, inner: type) -> None:
    """Make `inner` an attribute of a class of the core, named as if it had been written in its body."""
    name = inner.__name__.lstrip("_")
    inner.__name__ = name
    inner.__qualname__ = f"{outer.__name__}.{name}"
    setattr(outer, name, inner)
