"""IP Encapsulating Security Payload: RFC 4303."""

from . import dpkt


class ESP(dpkt.Packet):
    """ESP packet: security parameters index and sequence number; what is encrypted stays in `data`."""

    __hdr__ = (
        ("spi", "I", 0),
        ("seq", "I", 0),
    )
    spi: int
    seq: int
