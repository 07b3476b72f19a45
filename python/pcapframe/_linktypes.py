"""Names of link types (<https://www.tcpdump.org/linktypes.html>)."""

from __future__ import annotations

NAMES = {
    0: "NULL",
    1: "Ethernet",
    9: "PPP",
    12: "raw IP",
    14: "raw IP",
    50: "PPP with HDLC framing",
    51: "PPPoE",
    101: "raw IP",
    104: "Cisco HDLC",
    105: "IEEE 802.11",
    107: "Frame Relay",
    108: "LOOP",
    113: "Linux cooked v1",
    119: "IEEE 802.11 with Prism header",
    127: "IEEE 802.11 with radiotap header",
    192: "PPI",
    220: "USB (Linux)",
    228: "raw IPv4",
    229: "raw IPv6",
    239: "NFLOG",
    249: "USBPcap",
    276: "Linux cooked v2",
}


def name(link_type: int) -> str:
    """Return the name of a link type, or its number."""
    return NAMES.get(link_type, f"link type {link_type}")
