"""What detectors return: alerts, each with its evidence and the packets it is about."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any, TypeAlias, overload

import numpy as np
from numpy.typing import NDArray

from .. import _preview
from .._extras import need
from .._harmless import harmless
from ..errors import UnknownColumnError
from . import _eve
from ._match import Match, any_filter, any_rows
from ._packets import Packets

if TYPE_CHECKING:
    from ..capture import Capture

Evidence: TypeAlias = Mapping[str, int | float | str]

TEXT_ALERTS = 8
HTML_ALERTS = 20
DTYPES = {"first_seen": "datetime64[ns]", "last_seen": "datetime64[ns]", "packets": "uint64"}
NAMES = ("kind", "severity", "first_seen", "last_seen", "source", "target", "packets", "summary", "evidence", "filter")
# All that a match may look at.
COLUMNS = ("src", "dst", "layers", "protocol", "sport", "dport", "tcp_flags", "icmp_type")


class Severity(IntEnum):
    """How much an alert matters; the greater, the more."""

    LOW = 1
    """Worth knowing."""
    MEDIUM = 2
    """Unusual: harmless causes are known."""
    HIGH = 3
    """An attack, or something that is as bad."""
    CRITICAL = 4
    """An attack that has had its effect, or one of great force."""

    def __str__(self) -> str:
        return self.name.lower()

    @classmethod
    def of(cls, value: Severity | int | str) -> Severity:
        """Return a severity by its name or number.

        Raises
        ------
        ValueError
            There is none of that name.
        """
        if isinstance(value, str) and value.upper() in cls.__members__:
            return cls[value.upper()]
        if not isinstance(value, str):
            return cls(value)
        message = f"severity is {value!r}, but must be 'low', 'medium', 'high' or 'critical'"
        raise ValueError(message)


@dataclass(frozen=True)
class Alert:
    """One finding.

    Attributes
    ----------
    kind : str
        What was found, such as "port_scan".
    severity : Severity
        How much it matters.
    first_seen, last_seen : numpy.datetime64
        Times of the first and the last of its packets (UTC, nanoseconds).
    source, target : str
        Addresses; a network, or a count, where they are many; empty where there is none.
    summary : str
        A sentence for people.
    evidence : mapping of str to int, float or str
        What it rests on; "packets" is how many packets there are.
    """

    kind: str
    severity: Severity
    first_seen: np.datetime64
    last_seen: np.datetime64
    source: str
    target: str
    summary: str
    evidence: Evidence
    matches: tuple[Match, ...] = field(repr=False)

    @property
    def filter(self) -> str:
        """The Wireshark display filter that shows its packets."""
        return any_filter(self.matches)

    @property
    def packets(self) -> int:
        """How many packets it is about."""
        return int(self.evidence["packets"])

    def to_dict(self) -> dict[str, Any]:
        """Return all of it as JSON can hold it: times as ISO texts."""
        return {
            "kind": self.kind,
            "severity": str(self.severity),
            "first_seen": f"{self.first_seen}Z",
            "last_seen": f"{self.last_seen}Z",
            "source": self.source,
            "target": self.target,
            "summary": self.summary,
            "evidence": dict(self.evidence),
            "filter": self.filter,
        }

    def to_eve(self) -> dict[str, Any]:
        """Return it as an event of Suricata's EVE JSON."""
        return _eve.event(self)

    def __str__(self) -> str:
        return f"{self.severity} {self.kind}: {self.summary}"


def alert(
    packets: Packets,
    kind: str,
    severity: Severity,
    *matches: Match,
    source: str,
    target: str,
    summary: str,
    **evidence: float | str,
) -> Alert:
    """Make an alert; times and the number of packets are those of the matches."""
    rows = any_rows(matches, packets)
    times = packets.timestamp[rows[[0, -1]]].view("datetime64[ns]")
    return Alert(
        kind, severity, times[0], times[1], source, target, summary, {"packets": len(rows), **evidence}, tuple(matches)
    )  # fmt: skip


class Alerts(Sequence[Alert]):
    """Alerts in the order of time: a sequence, and a table.

    Made by the functions of :mod:`pcapframe.detect`. Index with a number for one alert, with a slice for some of them, with a
    name for a column.
    """

    def __init__(self, alerts: Iterable[Alert], packets: Packets | Capture | None = None) -> None:
        self._alerts = tuple(sorted(alerts, key=lambda one: (one.first_seen, one.last_seen, one.kind, one.summary)))
        self._packets = packets if isinstance(packets, Packets) else None
        self._capture = packets.capture if isinstance(packets, Packets) else packets

    def __len__(self) -> int:
        return len(self._alerts)

    def __iter__(self) -> Iterator[Alert]:
        return iter(self._alerts)

    @overload
    def __getitem__(self, key: int) -> Alert: ...
    @overload
    def __getitem__(self, key: slice) -> Alerts: ...
    @overload
    def __getitem__(self, key: str) -> NDArray[Any]: ...
    def __getitem__(self, key: int | slice | str) -> Alert | Alerts | NDArray[Any]:
        """Return one alert by its number, some by a slice, or a column by its name.

        Raises
        ------
        IndexError
            There is no such alert.
        UnknownColumnError
            There is no column of that name.
        """
        if isinstance(key, str):
            return self._column(key)
        return self._part(self._alerts[key]) if isinstance(key, slice) else self._alerts[key]

    @property
    def columns(self) -> list[str]:
        """Names of the columns, which ``alerts[name]`` gives: times as datetime64[ns], packets as uint64, others as objects."""
        return list(NAMES)

    def _column(self, name: str) -> NDArray[Any]:
        if name not in NAMES:
            message = f"there is no column {name!r}; columns are {', '.join(NAMES)}"
            raise UnknownColumnError(message)
        # Filled in after it was made: numpy would look into the objects.
        values = np.empty(len(self), DTYPES.get(name, object))
        values[:] = [getattr(one, name) for one in self]
        return values

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Alerts) and self._alerts == other._alerts

    def __hash__(self) -> int:
        return hash(len(self._alerts))

    def _part(self, alerts: Iterable[Alert]) -> Alerts:
        return Alerts(alerts, self._packets or self._capture)

    def of_kind(self, *kinds: str) -> Alerts:
        """Return the alerts of some kinds."""
        return self._part(one for one in self if one.kind in kinds)

    def at_least(self, severity: Severity | str) -> Alerts:
        """Return the alerts of a severity or more: ``alerts.at_least("high")``."""
        least = Severity.of(severity)
        return self._part(one for one in self if one.severity >= least)

    def packets(self, i: int | None = None) -> Capture:
        """Return the packets of one alert, or of all.

        Parameters
        ----------
        i : int, optional
            Which alert; all of them if left out.

        Returns
        -------
        Capture
            Its packets in the order of the capture, each once: just those that the alert's display filter shows.

        Raises
        ------
        IndexError
            There is no such alert.
        ValueError
            The alerts come from a stream, which is not kept.
        """
        if self._capture is None:
            message = "the packets of a stream are not kept; read it with read_pcap to have them"
            raise ValueError(message)
        chosen = self._alerts if i is None else (self._alerts[i],)
        if not chosen:
            return self._capture[:0]
        packets = self._look()
        rows = any_rows([match for one in chosen for match in one.matches], packets)
        return self._capture[np.sort(rows if packets.order is None else packets.order[rows])]

    def _look(self) -> Packets:
        if self._packets is None and self._capture is not None:
            macs = any(match.eth_src is not None for one in self for match in one.matches)
            self._packets = Packets.of(self._capture, (*COLUMNS, "eth_src") if macs else COLUMNS)
        assert self._packets is not None
        return self._packets

    def to_pandas(self) -> Any:
        """Return a pandas DataFrame; severity is an ordered category, evidence a dict."""
        pandas = need("pandas", "to_pandas")
        order = [str(severity) for severity in Severity]
        severities = pandas.Categorical(list(map(str, self["severity"])), categories=order, ordered=True)
        return pandas.DataFrame({name: self[name] for name in NAMES} | {"severity": severities})

    def to_arrow(self) -> Any:
        """Return a pyarrow Table; evidence is JSON."""
        arrow = need("pyarrow", "to_arrow")
        texts = dict.fromkeys(("kind", "severity", "source", "target", "summary", "evidence", "filter"), arrow.string())
        times = dict.fromkeys(("first_seen", "last_seen"), arrow.timestamp("ns", "UTC"))
        types = texts | times | {"packets": arrow.uint64()}
        columns = self._plain()
        return arrow.table({name: arrow.array(columns[name], types[name]) for name in NAMES})

    def to_polars(self) -> Any:
        """Return a polars DataFrame; severity is an ordered enumeration, evidence JSON."""
        polars = need("polars", "to_polars")
        texts = dict.fromkeys(("kind", "source", "target", "summary", "evidence", "filter"), polars.String)
        times = dict.fromkeys(("first_seen", "last_seen"), polars.Int64)
        rank = {"severity": polars.Enum([str(severity) for severity in Severity]), "packets": polars.UInt64}
        types = texts | times | rank
        table = polars.DataFrame(self._plain(), schema={name: types[name] for name in NAMES})
        return table.with_columns(polars.from_epoch(name, "ns").dt.replace_time_zone("UTC") for name in times)

    def _plain(self) -> dict[str, list[Any]]:
        columns = {name: self[name].tolist() for name in NAMES}
        columns["severity"] = list(map(str, columns["severity"]))
        columns["evidence"] = [json.dumps(dict(evidence)) for evidence in columns["evidence"]]
        # Times are whole nanoseconds: what a list has of datetime64[ns].
        return columns

    def write_eve(self, path: str | os.PathLike[str]) -> int:
        """Write the alerts as Suricata's EVE JSON, a line each.

        Parameters
        ----------
        path : path
            A file that is there is written over.

        Returns
        -------
        int
            Lines written.
        """
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(_eve.line(one) for one in self)
        return len(self)

    def __reduce__(self) -> tuple[object, ...]:
        return Alerts, (list(self._alerts), self._capture)

    def _counts(self) -> str:
        if not self:
            return "no alerts"
        counts = Counter(str(one.severity) for one in self)
        found = ", ".join(f"{counts[str(severity)]} {severity}" for severity in reversed(Severity) if counts[str(severity)])
        return f"{len(self):,} alert{'s' if len(self) > 1 else ''} ({found})"

    def _worst(self, most: int) -> Alerts:
        """Return so many alerts, of the highest severities."""
        return self._part(sorted(self, key=lambda one: -one.severity)[:most])

    def __repr__(self) -> str:
        lines = [f"<Alerts: {self._counts()}>", *(f"  {harmless(str(one))}" for one in self._worst(TEXT_ALERTS))]
        more = len(self) - TEXT_ALERTS
        return "\n".join([*lines, *([f"  … and {more:,} more, none worse"] if more > 0 else [])])

    def _repr_html_(self) -> str:
        body = [
            [str(one.first_seen).replace("T", " ")[:19], str(one.severity), one.kind, one.summary, one.filter]
            for one in self._worst(HTML_ALERTS)
        ]
        more = len(self) - HTML_ALERTS
        foot = f"<p>… and {more:,} more, none worse</p>" if more > 0 else ""
        header = ["first seen (UTC)", "severity", "kind", "summary", "display filter"]
        table = _preview.table_html(header, body, align="left")
        return f"<p>{self._counts()}</p>{table}{foot}"
