"""``cap.plot``: the plots with the capture filled in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .packet_sizes import packet_sizes
from .traffic import traffic

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..capture import Capture
    from ..timeline import Interval, Value


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
        ax: Axes | None = None,
    ) -> Axes:
        """Draw traffic over time; see :func:`pcapframe.plot.traffic`."""
        return traffic(self._capture, interval=interval, by=by, value=value, top=top, ax=ax)

    def packet_sizes(self, *, ax: Axes | None = None) -> Axes:
        """Draw packet sizes over time; see :func:`pcapframe.plot.packet_sizes`."""
        return packet_sizes(self._capture, ax=ax)
