r"""dpkt's object API on the core of pcapframe: scripts written for dpkt run unchanged, faster.

>>> from pcapframe import dpkt
>>> frame = dpkt.ethernet.Ethernet(
...     src=b"\x02\x00\x00\x00\x00\x01",
...     dst=b"\x02\x00\x00\x00\x00\x02",
...     data=dpkt.ip.IP(src=bytes([10, 0, 0, 1]), dst=bytes([10, 0, 0, 2]), p=6, data=dpkt.tcp.TCP(dport=80)),
... )
>>> dpkt.ethernet.Ethernet(bytes(frame)).ip.tcp.dport
80

Three ways in: ``from pcapframe import dpkt`` in place of ``import dpkt``; no change at all with
``python -m pcapframe.dpkt script.py`` or, in a notebook, ``%load_ext pcapframe.dpkt``; and :func:`install` in a test.

Protocols that are not here (http, ssl, rtp, ...) are those of the installed dpkt (``pip install pcapframe[dpkt]``), loaded on
top of the packets of this package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import _extra

# Modules of the installed dpkt are found behind this package's own, and find this package's in turn.
__path__ += _extra.folders()

# The order matters: what the others derive from, the others, and then the tables that lead to those of the installed dpkt.
# isort: off
from .dpkt import (  # noqa: E402
    Error,
    NeedData,
    PackError,
    Packet,
    UnpackError,
    chain as chain,
    compat_izip as compat_izip,
    compat_ord as compat_ord,
    copy as copy,
    hexdump,
    in_cksum,
    in_cksum_add,
    in_cksum_done,
    iteritems as iteritems,
    ntole as ntole,
    partial as partial,
    struct as struct,
)
from . import (  # noqa: E402
    ah,
    arp,
    cdp,
    compat,
    crc32c,
    dns,
    esp,
    ethernet,
    gre,
    icmp,
    icmp6,
    igmp,
    ip,
    ip6,
    ipx,
    llc,
    loopback,
    pcap,
    pcapng,
    ppp,
    pppoe,
    radiotap,
    sctp,
    sll,
    sll2,
    stp,
    tcp,
    udp,
    utils,
    vrrp,
)
from . import dpkt as dpkt  # noqa: E402
from . import _tables as _tables  # noqa: E402
from ._install import install, installed as installed, load_ipython_extension, uninstall, unload_ipython_extension  # noqa: E402
# isort: on

#: The version of dpkt whose API this is.
__version__ = "1.9.8"
__author__ = "Various"
__license__ = "MIT OR Apache-2.0"
__url__ = "https://github.com/kbandla/dpkt"

__all__ = [
    "Error",
    "NeedData",
    "PackError",
    "Packet",
    "UnpackError",
    "ah",
    "arp",
    "cdp",
    "compat",
    "crc32c",
    "dns",
    "dpkt",
    "esp",
    "ethernet",
    "gre",
    "hexdump",
    "icmp",
    "icmp6",
    "igmp",
    "in_cksum",
    "in_cksum_add",
    "in_cksum_done",
    "install",
    "ip",
    "ip6",
    "ipx",
    "llc",
    "load_ipython_extension",
    "loopback",
    "pcap",
    "pcapng",
    "ppp",
    "pppoe",
    "radiotap",
    "sctp",
    "sll",
    "sll2",
    "stp",
    "tcp",
    "udp",
    "uninstall",
    "unload_ipython_extension",
    "utils",
    "vrrp",
]

if not TYPE_CHECKING and _extra.folders():
    globals().update({name: _extra.Later(name) for name in _extra.MODULES - globals().keys()})
else:

    def __getattr__(name: str) -> Any:
        """Say what to install for a module of dpkt."""
        if name not in _extra.MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return _extra.load(name)
