"""Plots of captures: each draws on an Axes and returns it.

Times are UTC. Whatever the number of packets, they are binned first and then drawn.
"""

from ._capture import CapturePlots
from .packet_sizes import packet_sizes
from .traffic import traffic

__all__ = ["CapturePlots", "packet_sizes", "traffic"]
