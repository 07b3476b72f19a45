"""Cisco Discovery Protocol, versions 1 and 2."""

from collections.abc import Iterator
from typing import Any, ClassVar

from . import dpkt

# Types of a TLV.
CDP_DEVID = 1  # text
CDP_ADDRESS = 2
CDP_PORTID = 3  # text
CDP_CAPABILITIES = 4  # 32 bits
CDP_VERSION = 5  # text
CDP_PLATFORM = 6  # text
CDP_IPPREFIX = 7

CDP_VTP_MGMT_DOMAIN = 9  # text
CDP_NATIVE_VLAN = 10  # 16 bits
CDP_DUPLEX = 11  # 8 bits
CDP_TRUST_BITMAP = 18  # 8 bits
CDP_UNTRUST_COS = 19  # 8 bits
CDP_SYSTEM_NAME = 20  # text
CDP_SYSTEM_OID = 21  # 10 bytes
CDP_MGMT_ADDRESS = 22  # number of addresses in 32 bits, addresses
CDP_LOCATION = 23  # text


class CDP(dpkt.Packet):
    """CDP announcement; `tlvs` has its TLVs, each as bytes, and `data` all of them.

    A `sum` of 0 is replaced by the checksum when the announcement is packed.
    """

    __hdr__ = (
        ("version", "B", 2),
        ("ttl", "B", 180),
        ("sum", "H", 0),
    )
    version: int
    ttl: int
    sum: int

    class TLV(dpkt.Packet):
        """Type, length, value; `len` counts all three and, where it is 0, is filled in when the TLV is packed."""

        __hdr__: ClassVar[tuple[tuple[str, str, Any], ...]] = (
            ("type", "H", 0),
            ("len", "H", 0),
        )
        type: int
        len: int

        def data_len(self) -> int:
            """Return how long the value is."""
            return int(self.len - self.__hdr_len__) if self.len else len(self.data)

        def unpack(self, buf: bytes) -> None:
            """Read one TLV from the start of `buf`."""
            super().unpack(buf)
            self.data = self.data[: self.data_len()]

        def __len__(self) -> int:
            return int(self.__hdr_len__) + len(self.data)

        def __bytes__(self) -> bytes:
            if not getattr(self, "len", True):  # an Address has no such field
                self.len = len(self)
            return super().__bytes__()

    class Address(TLV):
        """One address: type and number of its protocol, here one byte of NLPID, and the address."""

        __hdr__ = (
            ("ptype", "B", 1),
            ("plen", "B", 1),
            ("p", "B", 0xCC),
            ("alen", "H", 4),
        )
        ptype: int
        plen: int
        p: int
        alen: int

        def data_len(self) -> int:
            """Return how long the address is."""
            return int(self.alen)

    class TLV_Addresses(TLV):  # noqa: N801
        """TLV with a number of addresses, which follow in `data`."""

        __hdr__ = (
            ("type", "H", CDP_ADDRESS),
            ("len", "H", 0),
            ("Addresses", "L", 1),
        )
        Addresses: int

    # Classes of the TLVs whose header has more than type and length.
    tlv_types: ClassVar[dict[int, Any]] = {CDP_ADDRESS: TLV_Addresses}

    def unpack(self, buf: bytes) -> None:
        """Read the header and split what follows into TLVs."""
        super().unpack(buf)
        self.tlvs = list(self._split(self.data))
        self.data = b"".join(self.tlvs)

    def _split(self, buf: bytes) -> Iterator[bytes]:
        """Yield one TLV after the other; a length of 0 is that of all that is left."""
        off = 0
        while off < len(buf):
            head = self.TLV(buf[off : off + self.TLV.__hdr_len__])
            kind = self.tlv_types.get(head.type, self.TLV)
            # To hand on all that follows takes squared time, and is needed only where the length can not be right.
            end = off + head.len if head.len >= kind.__hdr_len__ else len(buf)
            tlv = kind(buf[off:end])
            yield bytes(tlv)
            off += len(tlv)

    def __len__(self) -> int:
        return int(self.__hdr_len__) + len(self.data)

    def __bytes__(self) -> bytes:
        body = bytes(self.data)
        if not self.sum:
            self.sum = dpkt.in_cksum(self.pack_hdr() + body)
        return self.pack_hdr() + body
