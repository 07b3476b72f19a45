"""Features of flows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import _core
from ..capture import Capture
from ..flows import GROUPS, KINDS, Flows
from ..reading import read_pcap
from ..timeline import Interval
from ._base import Features, Made, checked_names, is_source, matrix
from ._flow_table import ALL, COMPUTED, DEFAULT
from ._tables import Table, numbers, table_of


class FlowFeatures(Features):
    """Make numbers of flows: a row a flow, a column a feature.

    `X` may be

    - :class:`pcapframe.Flows`, of any schema;
    - a :class:`pcapframe.Capture`, or what :func:`pcapframe.read_pcap` reads: its flows are made first;
    - a table of flows: a DataFrame of pandas or polars, or anything with Arrow's PyCapsule interface, with columns of
      :class:`pcapframe.Flows` or with those that `columns` names;
    - an array, or a table without columns of flows: its numbers are passed on.

    Parameters
    ----------
    columns : list of str, "default", "all" or None
        Which features: names of `docs/features.md`, or of columns that the flows have and that are numbers. None means the
        default ones, which need no statistics; "all" adds the statistics of flows.
    log : bool
        Take each number x as sign(x)·log(1 + abs(x)). Amounts in traffic span many orders of magnitude, which models of
        distances do not like.
    idle_timeout, active_timeout : str, float, datetime.timedelta or numpy.timedelta64, optional
        As for :meth:`pcapframe.Capture.flows`, where flows are to be made.

    Attributes
    ----------
    n_features_in_ : int
        How many columns :meth:`fit` has seen.
    feature_names_in_ : numpy.ndarray of object
        Their names: those of a table, and of other flows the columns that are used.

    Notes
    -----
    Missing values are 0, durations are in seconds, and what would be divided by 0 is 0. Columns of tables are found by name,
    in whatever order. Where rows are chosen, as by cross-validation, `X` must be an array or a DataFrame.

    Examples
    --------
    >>> import pcapframe as pf
    >>> from pcapframe.features import FlowFeatures
    >>> flows = pf.read_pcap("examples/data/lab.pcap").flows()
    >>> features = FlowFeatures(columns=["duration", "bytes_per_second"])
    >>> features.fit_transform(flows[:2]).round(1).tolist()
    [[1.2, 1300.8], [0.0, 0.0]]
    >>> features.get_feature_names_out()
    array(['duration', 'bytes_per_second'], dtype=object)
    """

    def __init__(
        self,
        columns: Sequence[str] | str | None = None,
        *,
        log: bool = False,
        idle_timeout: Interval | None = None,
        active_timeout: Interval | None = None,
    ) -> None:
        self.columns = columns
        self.log = log
        self.idle_timeout = idle_timeout
        self.active_timeout = active_timeout

    def _make(self, X: Any) -> Made | None:
        names = checked_names(self.columns, {"default": DEFAULT, "all": ALL}, "default")
        if is_source(X):
            X = read_pcap(X, columns=_core.flow_packet_columns())
        if isinstance(X, Capture):
            X = self._flows(X, names)
        if isinstance(X, Flows):
            X = _with_statistics(X, names)
        table = table_of(X)
        if isinstance(X, Flows):
            assert table is not None
            return _features(table, names, inputs=_needs(names))
        if table is not None and (self.columns is not None or not KINDS.keys().isdisjoint(table.columns)):
            return _features(table, names, inputs=table.columns)
        if self.columns is not None:
            message = f"columns is {self.columns!r}, but X has no columns with names; leave columns out, or pass a table"
            raise ValueError(message)
        return None

    def _flows(self, capture: Capture, names: Sequence[str]) -> Flows:
        return capture.flows(self.idle_timeout, self.active_timeout, statistics=_need_statistics(names))


def _needs(names: Sequence[str]) -> list[str]:
    """Return the columns that features are made of, each once."""
    needed = [column for name in names for column in (COMPUTED[name].needs if name in COMPUTED else (name,))]
    return list(dict.fromkeys(needed))


def _need_statistics(names: Sequence[str]) -> bool:
    return any(GROUPS.get(name) == "statistics" for name in names)


def _with_statistics(flows: Flows, names: Sequence[str]) -> Flows:
    """Make the flows again with statistics, where features need them and the packets are there."""
    if flows._capture is None or not _need_statistics(names) or "size_min_total" in flows._frame.columns:
        return flows
    meter = _core.FlowMeter(**flows._options | {"statistics": True})
    meter.add(flows._capture._frame)
    whole = Flows(meter.finish()[0], flows.schema, flows._capture, flows._options)
    # Flows are in the order of their first packets.
    return whole[np.searchsorted(whole.first_row, flows.first_row)]


def _features(table: Table, names: Sequence[str], inputs: Sequence[str]) -> Made:
    """Take features that the table has as they are, and compute the others."""
    here = [name for name in names if name not in table.columns and name in COMPUTED]
    wanted = [*_needs(here), *(name for name in names if name not in COMPUTED)]
    missing = [name for name in dict.fromkeys(wanted) if name not in table.columns]
    if missing:
        message = f"X has no column {', '.join(map(repr, missing))}; {_advice(missing)}"
        raise ValueError(message)
    made = [COMPUTED[name].make(table) if name in here else numbers(table, name) for name in names]
    return Made(inputs, names, matrix(made, names, len(table)))


def _advice(missing: Sequence[str]) -> str:
    if all(GROUPS.get(name) == "statistics" for name in missing):
        return "make flows with statistics=True"
    unknown = [name for name in missing if name not in KINDS]
    if unknown:
        return f"features are {', '.join(DEFAULT)}, and columns of flows"
    return "name the features that you want in columns=, or pass flows with these columns"
