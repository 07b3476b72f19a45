"""Traffic taken apart into trend, season and rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .._extras import need
from ..timeline import interval_nanoseconds, interval_text
from . import _rows, _style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..capture import Capture
    from ..timeline import Interval, Value

# What repeats in networks: weeks, days, hours, minutes, seconds; the longest that the capture holds twice.
PERIODS = [7 * 86400 * 10**9, 86400 * 10**9, 3600 * 10**9, 60 * 10**9, 10**9]
# Intervals in a period, where none are asked for.
LEAST_STEPS, STEPS, MOST_STEPS = 40, 60, 100
PANELS = ("observed", "trend", "seasonal", "residual")
OBSERVED, TREND, SEASONAL, RESIDUAL = "#56B4E9", "#D55E00", "#009E73", "#CC79A7"


def seasonal(
    table: Capture,
    *,
    period: Interval | None = None,
    interval: Interval | None = None,
    value: Value = "bytes",
    start: _rows.Moment | None = None,
    end: _rows.Moment | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw traffic over time and, below it, its trend, what repeats every `period`, and what is left.

    Parameters
    ----------
    table : Capture
        What to draw; needs the column timestamp and the one that `value` names.
    period : str, float, datetime.timedelta or numpy.timedelta64, optional
        What repeats, such as ``"1d"``; a number is seconds. By default the longest of week, day, hour, minute and second
        that the capture holds twice.
    interval : str, float, datetime.timedelta or numpy.timedelta64, optional
        Traffic is summed in these; by default about a fiftieth of the period.
    value : {"bytes", "packets", "connections"}
        As for :meth:`pcapframe.Capture.timeline`.
    start, end : str, datetime.datetime or numpy.datetime64, optional
        Packets from `start` on and before `end` only; UTC.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        It has the title and the axis of time; the four panels are its `child_axes`.

    Raises
    ------
    ValueError
        The period is not two or more whole intervals, an argument is not among those named, or the interval cuts the capture into
        more than ten million.

    See Also
    --------
    pcapframe.plot.decompose : the same of any numbers.

    Examples
    --------
    >>> import pcapframe as pf
    >>> cap = pf.read_pcap("examples/data/lab.pcap")
    >>> ax = cap.plot.seasonal(period="1min", interval="1s")
    """
    ax = _style.axes(ax)
    table = _rows.window(table, start, end)
    long = _period(table, period)
    width = _interval(long) if interval is None else interval_nanoseconds(interval)
    if long % width or long < 2 * width:
        message = f"period is {interval_text(long)}, but must be two or more whole intervals of {interval_text(width)}"
        raise ValueError(message)
    title = f"{value.capitalize()} per {interval_text(width).removeprefix('1 ')} with a period of {interval_text(long)}"
    if not len(table):
        return _style.empty(ax, title)
    sums = table.timeline(np.timedelta64(width, "ns"), None, value)
    if len(sums) < 2 * (long // width):
        return _style.empty(ax, title, f"shorter than two periods of {interval_text(long)}")
    observed = sums.total.astype(np.float64)
    _panels(ax, _style.drawable(sums.time), [observed, *decompose(observed, long // width)], _rows.UNITS[value])
    ax.set_title(title)
    _style.time_limits(ax, sums.time[0], sums.time[-1])
    _style.time_axis(ax)
    _style.fit(ax)
    return ax


def decompose(values: NDArray[np.float64], period: int) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Take a series apart into trend, season and rest, whose sum it is: classical additive decomposition.

    The trend is the centred moving average over one period, with half weights at both ends where the period is even; the season
    is the mean of what is left at each place of the period, with a mean of 0 [1]_.

    Parameters
    ----------
    values : numpy.ndarray of float64
        At equal intervals, two periods or more.
    period : int
        Values in a period, at least 2.

    Returns
    -------
    tuple of three numpy.ndarray of float64
        Trend, seasonal and residual, each as long as `values`; trend and residual are NaN for the first and the last half of a
        period, where there is no moving average.

    Raises
    ------
    ValueError
        There are fewer than two periods, or fewer than two values in one.

    References
    ----------
    .. [1] R. J. Hyndman, G. Athanasopoulos: Forecasting: Principles and Practice, 3rd edition, sections 3.3 and 3.4.
       https://otexts.com/fpp3/classical-decomposition.html

    Examples
    --------
    >>> import numpy as np
    >>> import pcapframe as pf
    >>> trend, season, rest = pf.plot.decompose(np.array([1.0, 3, 2, 4, 3, 5]), 2)
    >>> trend.tolist(), season.tolist()
    ([nan, 2.25, 2.75, 3.25, 3.75, nan], [-0.75, 0.75, -0.75, 0.75, -0.75, 0.75])
    """
    if period < 2 or len(values) < 2 * period:
        message = f"period is {period}, but must be at least 2 and at most half of the {len(values)} values"
        raise ValueError(message)
    half = period // 2
    # By running sums: a convolution would take longer by the length of the period.
    running = np.append(0, np.cumsum(values - values.mean()))
    ends = running[period:] - running[:-period]
    middle = ends if period % 2 else (ends[:-1] + ends[1:]) / 2
    trend = np.full(len(values), np.nan)
    trend[half : half + len(middle)] = middle / period + values.mean()
    rest = values - trend
    places = np.arange(len(values)) % period
    known = ~np.isnan(rest)
    means = np.bincount(places[known], rest[known], period) / np.bincount(places[known], minlength=period)
    season = (means - means.mean())[places]
    return trend, season, rest - season


def _period(table: Capture, period: Interval | None) -> int:
    """Return the period in nanoseconds."""
    if period is not None:
        return interval_nanoseconds(period)
    times = table.timestamp.view(np.int64)
    span = int(times.max()) - int(times.min()) if len(times) else 0
    return next((length for length in PERIODS if 2 * length <= span), PERIODS[-1])


def _interval(period: int) -> int:
    """Return an interval that people use, or else any, that cuts the period into about fifty."""
    fitting = [step for step in _style.STEPS if period % step == 0 and LEAST_STEPS <= period // step <= MOST_STEPS]
    if fitting:
        return fitting[-1]
    return next((period // steps for steps in range(STEPS, 1, -1) if period % steps == 0), period)


def _panels(ax: Axes, times: NDArray[np.datetime64], series: list[NDArray[np.float64]], unit: str) -> None:
    """Draw each series in a panel of its own inside of the Axes, over the same times."""
    height = 1 / len(series)
    for place, (name, color, values) in enumerate(zip(PANELS, (OBSERVED, TREND, SEASONAL, RESIDUAL), series, strict=True)):
        panel = ax.inset_axes((0, 1 - height * (place + 1) + 0.015, 1, height - 0.03), sharex=ax)
        # What is drawn behind, such as alerts, shows through.
        panel.patch.set_visible(False)
        # What is left by rounding is nothing.
        panel.plot(times, np.where(np.abs(values) < 1e-9 * series[0].max(), 0, values), color=color, linewidth=1)
        panel.margins(y=0.15)
        panel.tick_params(axis="x", which="both", bottom=False, labelbottom=False)
        _style.engineering(panel.yaxis, unit)
        panel.yaxis.set_major_locator(need("matplotlib.ticker", "plotting").MaxNLocator(3))
        panel.text(1.01, 0.5, name, transform=panel.transAxes, va="center", fontsize=_style.points(ax, "legend.fontsize"))
        panel.tick_params(axis="y", labelsize=_style.points(ax, "ytick.labelsize"))
        panel.set_xlabel("")
    ax.set_yticks([])
    ax.spines[:].set_visible(False)
