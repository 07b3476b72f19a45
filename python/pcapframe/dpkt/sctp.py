"""Stream Control Transmission Protocol: RFC 9260 (before: RFC 2960, RFC 4960), checksum RFC 3309."""

from collections.abc import Sequence
from typing import Any

from . import crc32c, dpkt

# Chunk types, RFC 9260, section 3.2; ECNE and CWR of its appendix A.
DATA = 0
INIT = 1
INIT_ACK = 2
SACK = 3
HEARTBEAT = 4
HEARTBEAT_ACK = 5
ABORT = 6
SHUTDOWN = 7
SHUTDOWN_ACK = 8
ERROR = 9
COOKIE_ECHO = 10
COOKIE_ACK = 11
ECNE = 12
CWR = 13
SHUTDOWN_COMPLETE = 14

_CHUNK_HDR_LEN = 4
_ALIGNMENT = 4


class SCTP(dpkt.Packet):
    """SCTP packet: the common header and in `chunks` what follows.

    A `sum` of 0 is replaced by the checksum when the packet is packed.
    """

    __hdr__ = (
        ("sport", "H", 0),
        ("dport", "H", 0),
        ("vtag", "I", 0),
        ("sum", "I", 0),
    )
    sport: int
    dport: int
    vtag: int
    sum: int
    chunks: Sequence[Any] = ()

    def unpack(self, buf: bytes) -> None:
        """Read the common header and the chunks."""
        super().unpack(buf)
        body = self.data
        chunks = []
        off = 0
        while off < len(body):
            chunk = Chunk(body[off : off + _room(body, off)])
            chunks.append(chunk)
            if chunk.len < _CHUNK_HDR_LEN:  # where the next one begins can not be known
                break
            off += len(chunk)
        self.chunks = chunks
        self.data = b""

    def __len__(self) -> int:
        return int(self.__hdr_len__) + sum(len(bytes(chunk)) for chunk in self.chunks)

    def __bytes__(self) -> bytes:
        body = b"".join(map(bytes, self.chunks))
        if self.sum == 0:
            self.sum = crc32c.cksum(self.pack_hdr() + body)
        return self.pack_hdr() + body


class Chunk(dpkt.Packet):
    """Chunk of an SCTP packet; `len` counts header and `data`, but not the `padding`.

    Where `len` is less than the header has, the bytes that it does not cover are in `padding`, too.
    """

    __hdr__ = (
        ("type", "B", INIT),
        ("flags", "B", 0),
        ("len", "H", 0),
    )
    type: int
    flags: int
    len: int
    padding: bytes = b""

    def unpack(self, buf: bytes) -> None:
        """Read one chunk and its padding from the start of `buf`."""
        super().unpack(buf)
        body = self.data
        self.data = body[: self.len - _CHUNK_HDR_LEN]
        self.padding = body[len(self.data) :][: _padding_len(self.len)]

    def __len__(self) -> int:
        return self.len + len(self.padding) if self.len else 0

    def __bytes__(self) -> bytes:
        return self.pack_hdr() + bytes(self.data) + self.padding


def _padding_len(length: int) -> int:
    if length < _CHUNK_HDR_LEN:
        return _CHUNK_HDR_LEN - length
    return -length % _ALIGNMENT


def _room(body: bytes, off: int) -> int:
    """Return how many bytes the chunk at `off` can need: to hand on all that follows takes squared time."""
    length = int.from_bytes(body[off + 2 : off + _CHUNK_HDR_LEN], "big")
    if length < _CHUNK_HDR_LEN:
        return len(body)
    return length + _padding_len(length)


# An INIT from port 32836 to 80 with two addresses: a sample under the name that dpkt's module has one by.
__s = bytes.fromhex(
    "80440050 00000000 b281b623 0100003c 01020304 00010000 000a000a 01020304"
    "00050008 c0000201 00050008 c6336401 000c0008 00050006 80000004 c0000004 80080008 c0000000"
)
