"""PPP over Ethernet: RFC 2516."""

from typing import ClassVar

from . import dpkt, ppp

PPPoE_PADI = 0x09
PPPoE_PADO = 0x07
PPPoE_PADR = 0x19
PPPoE_PADS = 0x65
PPPoE_PADT = 0xA7
PPPoE_SESSION = 0x00


class PPPoE(dpkt.Packet):
    """PPPoE packet; a session's PPP frame is decoded, the tags of a discovery packet stay in `data`."""

    __hdr__ = (
        ("_v_type", "B", 0x11),
        ("code", "B", 0),
        ("session", "H", 0),
        ("len", "H", 0),
    )
    __bit_fields__: ClassVar = {
        "_v_type": (
            ("v", 4),
            ("type", 4),
        )
    }
    v: int
    type: int
    code: int
    session: int
    len: int

    def unpack(self, buf: bytes) -> None:
        """Read the header and, in a session, the PPP frame."""
        super().unpack(buf)
        if self.code != PPPoE_SESSION:
            return
        try:
            payload = PPP(self.data)
        except dpkt.UnpackError:
            return
        self.data = self.ppp = payload


class PPP(ppp.PPP):
    """PPP frame without HDLC's address and control, as RFC 2516, section 4 has it."""

    __hdr__ = (("p", "B", ppp.PPP_IP),)
