"""CRC-32C, the checksum of SCTP: RFC 3309 and RFC 9260, appendix A."""

from array import array
from collections.abc import Iterable

from .._core import dpkt_crc32c_add

# The polynomial 0x1EDC6F41 with its bits in reverse order.
_POLYNOMIAL = 0x82F63B78
_ALL_ONES = 0xFFFFFFFF


def _entry(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ (_POLYNOMIAL if byte & 1 else 0)
    return byte


crc32c_table = tuple(map(_entry, range(256)))


def add(crc: int, buf: Iterable[int]) -> int:
    """Take the bytes of `buf` into the remainder `crc`, which begins as 0xFFFFFFFF."""
    if isinstance(buf, bytes) and 0 <= crc <= _ALL_ONES:
        return int(dpkt_crc32c_add(crc, buf))
    for byte in array("B", buf):
        crc = crc >> 8 ^ crc32c_table[(crc ^ byte) & 0xFF]
    return crc


def done(crc: int) -> int:
    """Return the checksum for a remainder, in the byte order of SCTP's header."""
    return int.from_bytes((~crc & _ALL_ONES).to_bytes(4, "little"), "big")


def cksum(buf: Iterable[int]) -> int:
    """Return the checksum of `buf`."""
    return done(add(_ALL_ONES, buf))
