"""Flows: what goes on between two ends, both directions in one row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from . import _core, _preview
from ._extras import need
from ._generated import FlowProperties
from ._progress import Progress
from ._schemas import SCHEMAS, Derived
from ._source import Sources, opened, resolve, several
from ._tabular import Tabular, nullable
from .address import AddressColumn
from .capture import Capture
from .reading import (
    MAX_EXPANSION,
    OnError,
    ProgressOption,
    archives_named,
    check_threads,
    in_order_of_time,
    report_damage,
    settings,
)
from .scanning import BATCH_SIZE, Scans, begin
from .timeline import Interval, interval_nanoseconds

if TYPE_CHECKING:
    from .plot import FlowPlots

Schema: TypeAlias = Literal["pcapframe", "nfstream", "cicflowmeter", "zeek"]

KINDS: dict[str, str] = {row["name"]: row["kind"] for row in _core.flow_column_table()}
GROUPS: dict[str, str] = {row["name"]: row["group"] for row in _core.flow_column_table()}
MOST_STEPS = 255


class Flows(Tabular, FlowProperties):
    """Columns of flows, one row a flow.

    Every column is an attribute, a numpy array (:class:`AddressColumn` for addresses). Index with a name for a column, with a
    slice, a mask or row numbers for some of the flows. Made by :meth:`pcapframe.Capture.flows`.

    Of a schema other than "pcapframe", :attr:`columns`, ``flows[name]``, and what is exported, are that tool's columns; the
    attributes are those of pcapframe all the same.
    """

    __slots__ = ("_capture", "_options", "_owners", "_schema")
    _frame: _core.FlowTable

    def __init__(
        self,
        table: _core.FlowTable,
        schema: str = "pcapframe",
        capture: Capture | None = None,
        options: dict[str, Any] | None = None,
    ) -> None:
        self._frame = table
        self._schema = schema
        self._capture = capture
        self._options = options or {}
        self._owners: list[NDArray[np.int64]] = []

    @property
    def schema(self) -> str:
        """Whose columns these are."""
        return self._schema

    @property
    def _derived(self) -> dict[str, Derived] | None:
        return SCHEMAS.get(self._schema)

    @property
    def columns(self) -> list[str]:
        """Names of the columns, in the schema's order."""
        derived = self._derived
        if derived is not None:
            return [name for name, column in derived.items() if not column.needs_sequence or self.sequence]
        return [name for name in self._frame.columns if GROUPS[name] != "zeek"]

    def _column(self, name: str) -> Any:
        derived = self._derived
        if derived is not None and name in derived:
            return derived[name].values(self)
        return self._core_column(name)

    def _core_column(self, name: str) -> Any:
        kind = KINDS.get(name)
        if kind == "address":
            return AddressColumn(self._frame, name)
        if kind == "string":
            return np.array(self._frame.community_ids(0), dtype=object)
        if kind == "text":
            return np.array(self._frame.categories(name), dtype=object)[self._frame.codes(name)]
        return self._frame.values(name)

    def _present(self, name: str) -> NDArray[np.bool_] | None:
        derived = self._derived
        if derived is not None and name in derived:
            return derived[name].present(self)
        return self._frame.present(name)

    def _part(self, frame: _core.FlowTable) -> Flows:
        part = Flows(frame, self._schema, self._capture, self._options)
        # One list for all parts: whoever needs it first fills it.
        part._owners = self._owners
        return part

    def head(self, n: int = 5) -> Flows:
        """Return the first `n` flows."""
        return self[: max(n, 0)]

    @property
    def sequence(self) -> int:
        """Of how many first packets size, direction and time were kept."""
        return self._frame.sequence

    def community_ids(self, seed: int) -> NDArray[np.object_]:
        """Return each flow's Community ID with another seed than the column :attr:`community_id` has.

        Defined in https://github.com/corelight/community-id-spec, version 1.

        Parameters
        ----------
        seed : int
            From 0 to 65535; programs that are to agree must have the same.

        Returns
        -------
        numpy.ndarray of object
            Texts such as ``"1:LQU9qZlK+B5F3KDmev6m5PMibrg="``.

        Raises
        ------
        ValueError
            `seed` is out of range.
        """
        if not 0 <= seed <= 0xFFFF:
            message = f"seed is {seed}, but must be from 0 to 65535"
            raise ValueError(message)
        return np.array(self._frame.community_ids(seed), dtype=object)

    def packet_flows(self) -> NDArray[np.int64]:
        """Return for each packet of the capture the row of its flow.

        Returns
        -------
        numpy.ndarray of int64
            Rows of all flows that :meth:`Capture.flows` made; -1 for packets that are no IP.

        Raises
        ------
        ValueError
            The flows came from :func:`read_flows` or :func:`scan_flows`, which keep no packets.
        """
        if self._capture is None:
            message = "these flows were made without keeping packets; use read_pcap(...).flows()"
            raise ValueError(message)
        if not self._owners:
            meter = _core.FlowMeter(**self._options, owners=True)
            meter.add(self._capture._frame)
            self._owners.append(meter.finish()[1])
        return self._owners[0]

    def packets(self, row: int | None = None) -> Capture:
        """Return the packets of the flow in `row`, or of all these flows.

        Raises
        ------
        IndexError
            There is no such flow.
        ValueError
            The flows came from :func:`read_flows` or :func:`scan_flows`, which keep no packets.
        """
        chosen = self if row is None else self[row]
        owners = self.packet_flows()
        assert self._capture is not None
        # A packet's flow is known by its first packet.
        firsts = chosen.first_row.astype(np.int64)
        return self._capture[np.isin(self._first_packets(owners), firsts)]

    @staticmethod
    def _first_packets(owners: NDArray[np.int64]) -> NDArray[np.int64]:
        """For each packet the number of the first one of its flow, and -1 for none."""
        flows, first = np.unique(owners, return_index=True)
        numbers = np.full(int(owners.max(initial=-1)) + 2, -1, np.int64)
        numbers[flows] = first
        numbers[-1] = -1
        return numbers[owners]

    def write_pcap(self, path: Any) -> int:
        """Write the packets of these flows to a new capture, as :meth:`Capture.write_pcap` does; return their number."""
        return self.packets().write_pcap(path)

    @property
    def plot(self) -> FlowPlots:
        """Plots of these flows: ``flows.plot.durations()`` and ``flows.plot.gantt()``."""
        from .plot import FlowPlots

        return FlowPlots(self)

    def __arrow_c_stream__(self, requested_schema: object = None) -> Any:
        """Return the columns as an Arrow C stream (Arrow PyCapsule interface)."""
        return self._arrow().__arrow_c_stream__(requested_schema)

    def __arrow_c_schema__(self) -> Any:
        """Return the columns' names and types as an Arrow schema."""
        if self._derived is None:
            return self._arrow().__arrow_c_schema__()
        return self._arrow().schema.__arrow_c_schema__()

    def _arrow(self) -> Any:
        """What has the columns in Arrow's form."""
        if self._derived is None:
            return self._frame
        pyarrow = need("pyarrow", "a schema's Arrow stream")
        return pyarrow.table({name: self._arrow_column(pyarrow, name) for name in self.columns})

    def _arrow_column(self, pyarrow: Any, name: str) -> Any:
        values, present = self._column(name), self._present(name)
        if isinstance(values, AddressColumn):
            values = np.asarray(values)
        if values.ndim == 2:
            return pyarrow.FixedSizeListArray.from_arrays(pyarrow.array(values.ravel()), values.shape[1])
        return pyarrow.array(values, mask=None if present is None else ~present)

    def _is_coded(self, name: str) -> bool:
        return self._derived is None and KINDS[name] in ("address", "text")

    def _pandas_column(self, pandas: Any, name: str) -> Any:
        if self._derived is None:
            is_made = KINDS[name] == "string" or KINDS[name].endswith("[n]")
            return list(self._core_column(name)) if is_made else super()._pandas_column(pandas, name)
        values, present = self._column(name), self._present(name)
        if isinstance(values, AddressColumn):
            return pandas.Categorical.from_codes(values.codes.astype(np.int64) - 1, categories=values.unique())
        if values.ndim == 2:
            return list(values)
        if values.dtype.kind == "O":
            return values if present is None else np.where(present, values, None)
        return nullable(pandas, values.copy(), present)

    def _summary(self) -> str:
        packets, size = (int(self._frame.values(name).sum(dtype=np.uint64)) for name in ("packets_total", "bytes_total"))
        name = "" if self._schema == "pcapframe" else f" with {self._schema}'s columns"
        return f"{len(self):,} flows{name} of {packets:,} packets, {size:,} bytes"

    def __repr__(self) -> str:
        return _preview.text(self)

    def _repr_html_(self) -> str:
        return _preview.as_html(self)

    def __reduce__(self) -> tuple[object, ...]:
        return _restore, (self._frame.state(), self._schema, self._capture, self._options)


def _restore(state: dict[str, Any], schema: str, capture: Capture | None, options: dict[str, Any]) -> Flows:
    return Flows(_core.restore_flows(state), schema, capture, options)


def _meter_options(
    idle_timeout: Interval | None,
    active_timeout: Interval | None,
    schema: Schema,
    statistics: bool | None,
    sequence: int,
    threads: int | None,
) -> dict[str, Any]:
    if schema not in get_args(Schema):
        message = f"schema is {schema!r}, but must be one of {', '.join(get_args(Schema))}"
        raise ValueError(message)
    if not 0 <= sequence <= MOST_STEPS:
        message = f"sequence is {sequence}, but must be from 0 to {MOST_STEPS}"
        raise ValueError(message)
    check_threads(threads)
    needs = schema in ("nfstream", "cicflowmeter")
    if statistics is False and (needs or sequence):
        message = f"statistics is False, but {'schema=' + repr(schema) if needs else 'sequence'} needs them"
        raise ValueError(message)
    return {
        "idle_timeout": None if idle_timeout is None else interval_nanoseconds(idle_timeout, "idle_timeout"),
        "active_timeout": None if active_timeout is None else interval_nanoseconds(active_timeout, "active_timeout"),
        "schema": schema,
        "statistics": bool(statistics or needs or sequence),
        "sequence": sequence,
        "threads": threads,
    }


def flows(
    capture: Capture,
    idle_timeout: Interval | None,
    active_timeout: Interval | None,
    schema: Schema,
    statistics: bool | None,
    sequence: int,
    threads: int | None,
) -> Flows:
    """See :meth:`pcapframe.Capture.flows`."""
    options = _meter_options(idle_timeout, active_timeout, schema, statistics, sequence, threads)
    meter = _core.FlowMeter(**options)
    meter.add(capture._frame)
    return Flows(meter.finish()[0], schema, capture, options)


def read_flows(
    source: Sources,
    *,
    idle_timeout: Interval | None = None,
    active_timeout: Interval | None = None,
    schema: Schema = "pcapframe",
    statistics: bool | None = None,
    sequence: int = 0,
    threads: int | None = None,
    progress: ProgressOption = False,
    on_error: OnError = "keep",
    decapsulate: bool = True,
    ports: Mapping[int, str | None] | None = None,
    max_expansion: int = MAX_EXPANSION,
    merge: bool = False,
) -> Flows:
    """Read the flows of a capture, or of several: ``read_pcap(source).flows()``, but faster, and without memory for packets.

    Parameters
    ----------
    source, threads, progress, on_error, decapsulate, ports, max_expansion, merge
        As for :func:`pcapframe.read_pcap`; with `merge` there are columns of all packets for a while.
    idle_timeout, active_timeout, schema, statistics, sequence
        As for :meth:`Capture.flows`.

    Returns
    -------
    Flows
        The rows of :meth:`Capture.flows`, in the same order. Packets are not kept: :meth:`Flows.packets` has none to give.

    Raises
    ------
    ValueError
        An argument is out of range.
    NotACaptureError, CorruptCaptureError, PcapframeError, OSError
        As :func:`pcapframe.read_pcap` does.
    MemoryError
        There are more flows than fit in memory: :func:`scan_flows` gives them in batches.

    Warns
    -----
    TruncatedCaptureWarning
        The source is cut or corrupt: the text says where, why, and what was kept.

    Examples
    --------
    >>> import pcapframe as pf
    >>> flows = pf.read_flows("examples/data/lab.pcap")  # doctest: +SKIP
    >>> flows[flows.packets_total > 1000].head()  # doctest: +SKIP
    """
    options = _meter_options(idle_timeout, active_timeout, schema, statistics, sequence, threads)
    meter = _core.FlowMeter(**options)
    reading = settings(threads, on_error, decapsulate=decapsulate, ports=ports, max_expansion=max_expansion)
    sources = [resolve(one) for one in several(source)]
    with ExitStack() as stack, Progress(progress) as report, archives_named(sources):
        if merge:
            # What is ordered by time must be there.
            frame = _core.read(opened(sources, stack), _core.flow_packet_columns(), reading, progress=report.callback)
            meter.add(in_order_of_time(frame))
            damage = [(about["path"], about["fault"], about["gaps"]) for about in frame.sources]
        else:
            damage = meter.read(opened(sources, stack), reading, progress=report.callback)
    for path, fault, gaps in damage:
        # 2: the line of the user who called read_flows.
        report_damage(fault, gaps, path, on_error, stacklevel=2)
    return Flows(meter.finish()[0], schema, None, options)


def scan_flows(
    source: Sources,
    *,
    idle_timeout: Interval | None = None,
    active_timeout: Interval | None = None,
    schema: Schema = "pcapframe",
    statistics: bool | None = None,
    sequence: int = 0,
    batch_size: int = BATCH_SIZE,
    timeout: float | None = None,
    follow: bool = False,
    threads: int | None = None,
    progress: ProgressOption = False,
    on_error: OnError = "keep",
    decapsulate: bool = True,
    ports: Mapping[int, str | None] | None = None,
    max_expansion: int = MAX_EXPANSION,
    merge: bool = False,
) -> Iterator[Flows]:
    """Put packets together to flows while they are read, in bounded memory: large files, pipes, growing files.

    Parameters
    ----------
    source : path, bytes, binary file object or socket, or a list of them
        As for :func:`pcapframe.scan_pcap`.
    idle_timeout, active_timeout, schema, statistics, sequence, threads
        As for :meth:`Capture.flows`.
    batch_size : int
        After so many packets the flows are given out that are over by then.
    timeout, follow, progress, on_error, decapsulate, ports, max_expansion, merge
        As for :func:`pcapframe.scan_pcap`.

    Yields
    ------
    Flows
        Flows that are over, in the order in which they ended: all batches together have the same rows in the same order,
        whatever `batch_size` is, and they are the rows of :meth:`Capture.flows` in another order. `first_row` tells which
        packet a flow began with.

    Examples
    --------
    >>> import pcapframe as pf
    >>> sum(len(flows) for flows in pf.scan_flows("examples/data/lab.pcap"))  # doctest: +SKIP
    """
    options = _meter_options(idle_timeout, active_timeout, schema, statistics, sequence, threads)
    scans = begin(
        source,
        _core.flow_packet_columns(),
        batch_size=batch_size,
        timeout=timeout,
        follow=follow,
        threads=threads,
        progress=progress,
        on_error=on_error,
        decapsulate=decapsulate,
        ports=ports,
        max_expansion=max_expansion,
        merge=merge,
    )
    return _scan(_core.FlowMeter(**options, streaming=True), scans, on_error, schema, options)


def _scan(meter: _core.FlowMeter, scans: Scans, on_error: OnError, schema: str, options: dict[str, Any]) -> Iterator[Flows]:
    for scan in scans:
        while scan.flows(meter):
            table = meter.take()
            if len(table):
                yield Flows(table, schema, None, options)
        for path, fault, gaps in scans.damage:
            # 2: the line of the user's loop.
            report_damage(fault, gaps, path, on_error, stacklevel=2)
    table = meter.finish()[0]
    if len(table):
        yield Flows(table, schema, None, options)
