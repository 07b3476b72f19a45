"""``flows.plot``: the plots with the flows filled in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .durations import durations
from .gantt import gantt

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..flows import Flows


class FlowPlots:
    """Plots of flows; each returns the Axes it has drawn on."""

    def __init__(self, flows: Flows) -> None:
        self._flows = flows

    def durations(self, *, ax: Axes | None = None) -> Axes:
        """Draw how many flows last how long; see :func:`pcapframe.plot.durations`."""
        return durations(self._flows, ax=ax)

    def gantt(self, *, top: int | None = None, ax: Axes | None = None) -> Axes:
        """Draw when flows begin and end; see :func:`pcapframe.plot.gantt`."""
        return gantt(self._flows, top=top, ax=ax)
