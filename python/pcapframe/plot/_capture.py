"""``cap.plot``: the plots with the capture filled in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from .connections import connections
from .packet_sizes import packet_sizes
from .port_activity import port_activity
from .protocol_mix import protocol_mix
from .scatter3d import scatter3d
from .seasonal import seasonal
from .size_histogram import size_histogram
from .tcp_flags import tcp_flags
from .top_talkers import top_talkers
from .traffic import traffic

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..capture import Capture
    from ..timeline import Interval, Value
    from ._rows import Moment

Port: TypeAlias = Literal["dport", "sport"]
Scale: TypeAlias = Literal["log", "linear"]


class CapturePlots:
    """Plots of one capture; each returns the Axes it has drawn on."""

    def __init__(self, capture: Capture) -> None:
        self._capture = capture

    def traffic(
        self,
        *,
        interval: Interval | None = None,
        by: str | None = "protocol",
        value: Value = "bytes",
        top: int = 8,
        start: Moment | None = None,
        end: Moment | None = None,
        ax: Axes | None = None,
    ) -> Axes:
        """Draw traffic over time; see :func:`pcapframe.plot.traffic`."""
        return traffic(self._capture, interval=interval, by=by, value=value, top=top, start=start, end=end, ax=ax)

    def packet_sizes(
        self,
        *,
        start: Moment | None = None,
        end: Moment | None = None,
        ax: Axes | None = None,
    ) -> Axes:
        """Draw packet sizes over time; see :func:`pcapframe.plot.packet_sizes`."""
        return packet_sizes(self._capture, start=start, end=end, ax=ax)

    def size_histogram(
        self,
        *,
        start: Moment | None = None,
        end: Moment | None = None,
        ax: Axes | None = None,
    ) -> Axes:
        """Draw how many packets there are of each size; see :func:`pcapframe.plot.size_histogram`."""
        return size_histogram(self._capture, start=start, end=end, ax=ax)

    def protocol_mix(
        self,
        *,
        by: str = "protocol",
        value: Value = "bytes",
        top: int | None = None,
        start: Moment | None = None,
        end: Moment | None = None,
        ax: Axes | None = None,
    ) -> Axes:
        """Draw the share of each protocol; see :func:`pcapframe.plot.protocol_mix`."""
        return protocol_mix(self._capture, by=by, value=value, top=top, start=start, end=end, ax=ax)

    def top_talkers(
        self,
        *,
        value: Value = "bytes",
        top: int | None = None,
        start: Moment | None = None,
        end: Moment | None = None,
        ax: Axes | None = None,
    ) -> Axes:
        """Draw what the busiest hosts sent and received; see :func:`pcapframe.plot.top_talkers`."""
        return top_talkers(self._capture, value=value, top=top, start=start, end=end, ax=ax)

    def connections(
        self,
        *,
        value: Value = "packets",
        top: int | None = None,
        start: Moment | None = None,
        end: Moment | None = None,
        ax: Axes | None = None,
    ) -> Axes:
        """Draw who sends to whom; see :func:`pcapframe.plot.connections`."""
        return connections(self._capture, value=value, top=top, start=start, end=end, ax=ax)

    def port_activity(
        self,
        *,
        port: Port = "dport",
        scale: Scale = "log",
        start: Moment | None = None,
        end: Moment | None = None,
        ax: Axes | None = None,
    ) -> Axes:
        """Draw ports over time; see :func:`pcapframe.plot.port_activity`."""
        return port_activity(self._capture, port=port, scale=scale, start=start, end=end, ax=ax)

    def tcp_flags(
        self,
        *,
        interval: Interval | None = None,
        start: Moment | None = None,
        end: Moment | None = None,
        ax: Axes | None = None,
    ) -> Axes:
        """Draw SYN, SYN-ACK, FIN and RST over time; see :func:`pcapframe.plot.tcp_flags`."""
        return tcp_flags(self._capture, interval=interval, start=start, end=end, ax=ax)

    def scatter3d(
        self,
        *,
        points: int = 5000,
        seed: int = 0,
        port: Port = "dport",
        start: Moment | None = None,
        end: Moment | None = None,
        ax: Axes | None = None,
    ) -> Axes:
        """Draw size, port and protocol in space; see :func:`pcapframe.plot.scatter3d`."""
        return scatter3d(self._capture, points=points, seed=seed, port=port, start=start, end=end, ax=ax)

    def seasonal(
        self,
        *,
        period: Interval | None = None,
        interval: Interval | None = None,
        value: Value = "bytes",
        start: Moment | None = None,
        end: Moment | None = None,
        ax: Axes | None = None,
    ) -> Axes:
        """Draw traffic taken apart into trend, season and rest; see :func:`pcapframe.plot.seasonal`."""
        return seasonal(self._capture, period=period, interval=interval, value=value, start=start, end=end, ax=ax)
