"""Plots of captures and flows: each draws on an Axes and returns it.

Times are UTC. Whatever the number of packets, they are binned first and then drawn.
"""

from ._capture import CapturePlots
from ._flows import FlowPlots
from .connections import connections
from .durations import durations
from .gantt import gantt
from .overlay_alerts import overlay_alerts
from .packet_sizes import packet_sizes
from .port_activity import port_activity
from .protocol_mix import protocol_mix
from .scatter3d import scatter3d
from .seasonal import decompose, seasonal
from .size_histogram import size_histogram
from .tcp_flags import tcp_flags
from .top_talkers import top_talkers
from .traffic import traffic

__all__ = [
    "CapturePlots",
    "FlowPlots",
    "connections",
    "decompose",
    "durations",
    "gantt",
    "overlay_alerts",
    "packet_sizes",
    "port_activity",
    "protocol_mix",
    "scatter3d",
    "seasonal",
    "size_histogram",
    "tcp_flags",
    "top_talkers",
    "traffic",
]
