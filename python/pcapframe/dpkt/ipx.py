"""Internetwork Packet Exchange of Novell NetWare; carried in IP by RFC 1234, in PPP by RFC 1552."""

from . import dpkt

IPX_HDR_LEN = 30


class IPX(dpkt.Packet):
    """IPX header; `dst` and `src` are network, node and socket: 4, 6 and 2 bytes."""

    __hdr__ = (
        ("sum", "H", 0xFFFF),
        ("len", "H", IPX_HDR_LEN),
        ("tc", "B", 0),
        ("pt", "B", 0),
        ("dst", "12s", b""),
        ("src", "12s", b""),
    )
    sum: int
    len: int
    tc: int
    pt: int
    dst: bytes
    src: bytes
