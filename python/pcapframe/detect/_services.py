"""UDP services that answer with more than they are asked, and so can be turned against others."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Ports and names: US-CERT alert TA14-017A, C. Rossow, "Amplification Hell" (NDSS 2014), and what has been seen since.
AMPLIFIERS = {
    17: "QOTD", 19: "CharGEN", 53: "DNS", 69: "TFTP", 111: "portmap", 123: "NTP", 137: "NetBIOS", 161: "SNMP", 177: "XDMCP",
    389: "CLDAP", 427: "SLP", 500: "ISAKMP", 520: "RIPv1", 1194: "OpenVPN", 1434: "MS SQL", 1701: "L2TP", 1900: "SSDP",
    3283: "Apple Remote Desktop", 3389: "RDP", 3478: "STUN", 3702: "WS-Discovery", 4500: "IPsec NAT traversal", 5060: "SIP",
    5093: "Sentinel", 5351: "NAT-PMP", 5353: "mDNS", 5683: "CoAP", 10001: "Ubiquiti discovery", 10074: "Mitel TP-240",
    11211: "memcached", 27015: "Steam", 27960: "Quake", 30718: "Lantronix", 32414: "Plex", 33848: "Jenkins",
    37810: "DHCPDiscover", 47808: "BACnet",
}  # fmt: skip
#: Those that carry whatever is sent through them: that more comes than goes is no sign.
CARRIERS = frozenset({500, 1194, 1701, 3389, 3478, 4500, 5060})

IS_AMPLIFIER: NDArray[np.bool_] = np.isin(np.arange(1 << 16), list(AMPLIFIERS))
