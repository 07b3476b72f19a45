"""Address Resolution Protocol: RFC 826."""

from pcapframe._core import ARP as ARP

ARP_HRD_ETH = 1
ARP_HRD_IEEE802 = 6
ARP_PRO_IP = 2048
ARP_OP_REQUEST = 1
ARP_OP_REPLY = 2
ARP_OP_REVREQUEST = 3
ARP_OP_REVREPLY = 4
