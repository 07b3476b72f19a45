"""Logical Link Control: IEEE 802.2, with the SNAP extension of IEEE 802 and RFC 1042."""

import struct

from . import dpkt, stp

_SAP_IP = 0x06
_SAP_NETWARE = (0x10, 0xE0)
_SAP_STP = 0x42
_SAP_SNAP = 0xAA

_SNAP_LEN = 5


class LLC(dpkt.Packet):
    """LLC header; one with SNAP has the organization in `oui` and its protocol number in `type`."""

    __hdr__ = (
        ("dsap", "B", _SAP_SNAP),
        ("ssap", "B", _SAP_SNAP),
        ("ctl", "B", 3),
    )
    dsap: int
    ssap: int
    ctl: int
    # With SNAP.
    oui: int
    type: int

    @property
    def is_snap(self) -> bool:
        """Whether a SNAP header follows."""
        return bool(self.dsap == self.ssap == _SAP_SNAP)

    def unpack(self, buf: bytes) -> None:
        """Read the header, with that of SNAP where there is one, and decode the payload."""
        super().unpack(buf)
        if self.is_snap:
            self._unpack_snap()
        elif self.dsap == _SAP_IP:
            self.data = self.ip = ethernet.Ethernet.get_type(ethernet.ETH_TYPE_IP)(self.data)
        elif self.dsap in _SAP_NETWARE:
            self.data = self.ipx = ethernet.Ethernet.get_type(ethernet.ETH_TYPE_IPX)(self.data)
        elif self.dsap == _SAP_STP:
            self.data = self.stp = stp.STP(self.data)

    def _unpack_snap(self) -> None:
        self.oui, self.type = struct.unpack(">IH", b"\x00" + self.data[:_SNAP_LEN])
        self.data = self.data[_SNAP_LEN:]
        try:
            payload = ethernet.Ethernet.get_type(self.type)(self.data)
        except (KeyError, dpkt.UnpackError, RecursionError):
            return
        self.data = payload
        setattr(self, type(payload).__name__.lower(), payload)

    def pack_hdr(self) -> bytes:
        """Pack the header; SNAP's type follows from the payload's class where it is not given."""
        header: bytes = super().pack_hdr()
        if not self.is_snap:
            return header
        number = getattr(self, "type", 0) or self._type_of_data()
        return header + struct.pack(">IH", getattr(self, "oui", 0), number)[1:]

    def _type_of_data(self) -> int:
        if not isinstance(self.data, dpkt.Packet):
            return 0
        try:
            return int(ethernet.Ethernet.get_type_rev(type(self.data)))
        except KeyError:
            return 0

    def __len__(self) -> int:
        return super().__len__() + (_SNAP_LEN if self.is_snap else 0)


# Not before the class is there: Ethernet needs it.
from . import ethernet  # noqa: E402
