"""Virtual Router Redundancy Protocol, version 2: RFC 3768."""

from collections.abc import Sequence
from typing import ClassVar

from . import dpkt

_ADDRESS_LEN = 4


class VRRP(dpkt.Packet):
    """VRRP advertisement: `count` addresses in `addrs`, and behind them in `auth` the authentication data.

    A `sum` of 0 is replaced by the checksum when the advertisement is packed.
    """

    __hdr__ = (
        ("_v_type", "B", 0x21),
        ("vrid", "B", 0),
        ("priority", "B", 0),
        ("count", "B", 0),
        ("atype", "B", 0),
        ("advtime", "B", 0),
        ("sum", "H", 0),
    )
    __bit_fields__: ClassVar = {
        "_v_type": (
            ("v", 4),
            ("type", 4),
        )
    }
    v: int
    type: int
    vrid: int
    priority: int
    count: int
    atype: int
    advtime: int
    sum: int

    addrs: Sequence[bytes] = ()
    auth: bytes = b""

    def unpack(self, buf: bytes) -> None:
        """Read the header, and split what follows into addresses and authentication data."""
        super().unpack(buf)
        end = _ADDRESS_LEN * self.count
        self.addrs = [self.data[off : off + _ADDRESS_LEN] for off in range(0, end, _ADDRESS_LEN)]
        self.auth = self.data[end:]
        self.data = ""

    def __len__(self) -> int:
        return int(self.__hdr_len__) + sum(map(len, self.addrs)) + len(self.auth)

    def __bytes__(self) -> bytes:
        body = b"".join(self.addrs) + self.auth
        if not self.sum:
            self.sum = dpkt.in_cksum(self.pack_hdr() + body)
        return self.pack_hdr() + body
