"""User Datagram Protocol: RFC 768."""

from pcapframe._core import UDP as UDP

UDP_HDR_LEN = 8
UDP_PORT_MAX = 65535
