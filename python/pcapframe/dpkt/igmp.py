"""Internet Group Management Protocol: RFC 1112 (version 1), RFC 2236 (version 2) and RFC 3376 (version 3)."""

from . import dpkt


class IGMP(dpkt.Packet):
    """IGMP message: type, time to answer, checksum and group; what version 3 adds stays in `data`.

    A `sum` of 0 is replaced by the checksum of the message when the message is packed.
    """

    __hdr__ = (
        ("type", "B", 0),
        ("maxresp", "B", 0),
        ("sum", "H", 0),
        ("group", "4s", b"\x00" * 4),
    )
    type: int
    maxresp: int
    sum: int
    group: bytes

    def __bytes__(self) -> bytes:
        if not self.sum:
            self.sum = dpkt.in_cksum(super().__bytes__())
        return super().__bytes__()
