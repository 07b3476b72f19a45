"""Which class takes which payload apart: the tables that dpkt's users know, filled."""

from __future__ import annotations

from typing import Any

from . import ah, arp, cdp, esp, gre, icmp, icmp6, igmp, ip, ip6, ipx, ppp, pppoe, sctp, stp, tcp, udp, vrrp
from ._extra import load
from .ethernet import (
    ETH_TYPE_AOE,
    ETH_TYPE_ARP,
    ETH_TYPE_CDP,
    ETH_TYPE_DTP,
    ETH_TYPE_EDP,
    ETH_TYPE_IP,
    ETH_TYPE_IP6,
    ETH_TYPE_IPX,
    ETH_TYPE_PPP,
    ETH_TYPE_TEB,
    ETH_TYPE_PPPoE,
    Ethernet,
)


def _of_dpkt(module: str, name: str) -> Any:
    """A class of the installed dpkt, on top of this package; None without it."""
    try:
        return getattr(load(module), name)
    except ImportError:
        return None


def _fill() -> None:
    types = {
        ETH_TYPE_EDP: _of_dpkt("edp", "EDP"),
        ETH_TYPE_IP: ip.IP,
        ETH_TYPE_ARP: arp.ARP,
        ETH_TYPE_AOE: _of_dpkt("aoe", "AOE"),
        ETH_TYPE_CDP: cdp.CDP,
        ETH_TYPE_DTP: _of_dpkt("dtp", "DTP"),
        ETH_TYPE_IPX: ipx.IPX,
        ETH_TYPE_IP6: ip6.IP6,
        ETH_TYPE_PPP: ppp.PPP,
        ETH_TYPE_PPPoE: pppoe.PPPoE,
        ETH_TYPE_TEB: Ethernet,
    }
    for number, found in types.items():
        if found is not None:
            Ethernet.set_type(number, found)
    protocols = {
        ip.IP_PROTO_IP: ip.IP,
        ip.IP_PROTO_ICMP: icmp.ICMP,
        ip.IP_PROTO_IGMP: igmp.IGMP,
        ip.IP_PROTO_IPIP: ip.IP,
        ip.IP_PROTO_TCP: tcp.TCP,
        ip.IP_PROTO_UDP: udp.UDP,
        ip.IP_PROTO_IP6: ip6.IP6,
        ip.IP_PROTO_GRE: gre.GRE,
        ip.IP_PROTO_ESP: esp.ESP,
        ip.IP_PROTO_AH: ah.AH,
        ip.IP_PROTO_ICMP6: icmp6.ICMP6,
        ip.IP_PROTO_OSPF: _of_dpkt("ospf", "OSPF"),
        ip.IP_PROTO_PIM: _of_dpkt("pim", "PIM"),
        ip.IP_PROTO_VRRP: vrrp.VRRP,
        ip.IP_PROTO_STP: stp.STP,
        ip.IP_PROTO_SCTP: sctp.SCTP,
    }
    for number, found in protocols.items():
        if found is not None:
            ip.IP.set_proto(number, found)


_fill()
