"""Features of hosts in intervals of time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..capture import Capture
from ..flows import Flows
from ..reading import read_pcap
from ..timeline import Interval, interval_nanoseconds
from ._base import Features, Made, checked_names, chosen, is_source, matrix
from ._tables import table_of
from ._window_table import FEATURES, Direction, Traffic
from ._windows import KEYS, Windows, by_host


class WindowFeatures(Features):
    """Make numbers of what each host does in each interval of time: a row a host and interval, a column a feature.

    `X` may be

    - a :class:`pcapframe.Capture`, or what :func:`pcapframe.read_pcap` reads;
    - :class:`Windows`, which :meth:`windows` makes of these;
    - an array or a table: its numbers are passed on, of a table the columns that `columns` names.

    Parameters
    ----------
    interval : str, float, datetime.timedelta or numpy.timedelta64
        Length of an interval, such as ``"10s"`` or ``"5min"``; a number is seconds. Intervals begin at multiples of it since
        1970, so minutes begin at full minutes UTC.
    columns : list of str or None
        Which features: names of `docs/features.md`; None means all.
    log : bool
        Take each number x as sign(x)·log(1 + abs(x)). Amounts in traffic span many orders of magnitude, which models of
        distances do not like.
    hosts : str or list of str, optional
        Addresses or networks such as ``"10.0.0.0/8"``: only these hosts have rows. None means all.

    Attributes
    ----------
    n_features_in_ : int
        How many columns :meth:`fit` has seen.
    feature_names_in_ : numpy.ndarray of object
        Their names: those of a table, and of captures the columns that are used.

    Notes
    -----
    A packet counts for its source as sent and for its destination as received; broadcast and multicast addresses are hosts as
    well. Entropies are Shannon's, in bits. What would be divided by 0 is 0.

    After ``set_output(transform="pandas")`` host and interval are the index; :meth:`windows` has them as columns.

    Examples
    --------
    >>> import pcapframe as pf
    >>> from pcapframe.features import WindowFeatures
    >>> cap = pf.read_pcap("examples/data/lab.pcap")
    >>> features = WindowFeatures("1min", columns=["packets_sent", "dport_entropy_sent"], hosts="10.20.0.66")
    >>> features.fit_transform(cap).round(2).tolist()
    [[2206.0, 9.86], [946.0, 6.43], [5502.0, 0.0], [3.0, 0.0]]
    """

    def __init__(
        self,
        interval: Interval = "1min",
        *,
        columns: Sequence[str] | None = None,
        log: bool = False,
        hosts: Sequence[str] | str | None = None,
    ) -> None:
        self.interval = interval
        self.columns = columns
        self.log = log
        self.hosts = hosts

    def windows(self, X: Any) -> Windows:
        """Return hosts, intervals and features, these as they are without `log`. Needs no :meth:`fit`.

        Parameters
        ----------
        X : Capture, or what :func:`pcapframe.read_pcap` reads

        Returns
        -------
        Windows
            Which the other methods take in place of `X`.

        Raises
        ------
        AttributeError
            A column was not read that is needed, and the source can not be read again.
        ValueError
            A parameter is not as it must be.
        """
        names = self._features()
        width = interval_nanoseconds(self.interval)
        needed = list(dict.fromkeys([*KEYS, *(column for name in names for column in FEATURES[name].needs)]))
        capture = _with_columns(X, needed) if isinstance(X, Capture) else read_pcap(X, columns=needed)
        host, start, sent, received = by_host(capture, width, self.hosts)
        traffic = Traffic(Direction(sent), Direction(received), width / 1e9)
        values = matrix([FEATURES[name].make(traffic) for name in names], names, len(host))
        return Windows(needed, names, values, host, start, np.timedelta64(width, "ns"))

    def _features(self) -> list[str]:
        names = checked_names(self.columns, {"all": list(FEATURES)}, "all")
        unknown = [name for name in names if name not in FEATURES]
        if unknown:
            message = f"there is no feature {', '.join(map(repr, unknown))}; features are {', '.join(FEATURES)}"
            raise ValueError(message)
        return names

    def _make(self, X: Any) -> Made | None:
        if isinstance(X, Windows):
            return X
        if isinstance(X, Capture) or is_source(X):
            return self.windows(X)
        if isinstance(X, Flows):
            message = "X is Flows, but windows are made of packets: pass the capture, or use FlowFeatures"
            raise TypeError(message)
        if self.columns is None:
            return None
        table = table_of(X)
        if table is None:
            message = f"columns is {self.columns!r}, but X has no columns with names; leave columns out, or pass a table"
            raise ValueError(message)
        return chosen(self._features(), table)


def _with_columns(capture: Capture, names: list[str]) -> Capture:
    """Read columns again that were not read.

    Raises
    ------
    AttributeError
        The source can not be read again.
    """
    missing = [name for name in names if name not in capture.columns]
    if not missing:
        return capture
    frame = capture._frame.with_columns(names)
    if frame is None:
        message = f"the columns {', '.join(missing)} were not read, and the source can not be read again; read them with columns="
        raise AttributeError(message)
    return Capture(frame)
