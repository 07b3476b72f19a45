"""Transmission Control Protocol: RFC 9293."""

from __future__ import annotations

from pcapframe._core import TCP as TCP
from pcapframe._core import parse_opts as parse_opts

TH_FIN = 0x01
TH_SYN = 0x02
TH_RST = 0x04
TH_PUSH = 0x08
TH_ACK = 0x10
TH_URG = 0x20
TH_ECE = 0x40
TH_CWR = 0x80
TH_NS = 0x100

TCP_PORT_MAX = 65535
TCP_WIN_MAX = 65535

_FLAGS = {
    TH_FIN: "FIN",
    TH_SYN: "SYN",
    TH_RST: "RST",
    TH_PUSH: "PUSH",
    TH_ACK: "ACK",
    TH_URG: "URG",
    TH_ECE: "ECE",
    TH_CWR: "CWR",
    TH_NS: "NS",
}


def tcp_flags_to_str(val: int) -> str:
    """The names of the flags in `val`, lowest bit first.

    Examples
    --------
    >>> from pcapframe.dpkt.tcp import TH_ACK, TH_SYN, tcp_flags_to_str
    >>> tcp_flags_to_str(TH_SYN | TH_ACK)
    'SYN,ACK'
    """
    return ",".join(name for flag, name in _FLAGS.items() if val & flag)


TCP.__pprint_funcs__ = {"flags": tcp_flags_to_str, "sum": hex}

# Options: https://www.iana.org/assignments/tcp-parameters
TCP_OPT_EOL = 0
TCP_OPT_NOP = 1
TCP_OPT_MSS = 2
TCP_OPT_WSCALE = 3
TCP_OPT_SACKOK = 4
TCP_OPT_SACK = 5
TCP_OPT_ECHO = 6
TCP_OPT_ECHOREPLY = 7
TCP_OPT_TIMESTAMP = 8
TCP_OPT_POCONN = 9
TCP_OPT_POSVC = 10
TCP_OPT_CC = 11
TCP_OPT_CCNEW = 12
TCP_OPT_CCECHO = 13
TCP_OPT_ALTSUM = 14
TCP_OPT_ALTSUMDATA = 15
TCP_OPT_SKEETER = 16
TCP_OPT_BUBBA = 17
TCP_OPT_TRAILSUM = 18
TCP_OPT_MD5 = 19
TCP_OPT_SCPS = 20
TCP_OPT_SNACK = 21
TCP_OPT_REC = 22
TCP_OPT_CORRUPT = 23
TCP_OPT_SNAP = 24
TCP_OPT_TCPCOMP = 26
TCP_OPT_MAX = 27
