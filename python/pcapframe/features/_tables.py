"""Tables by other names: flows, pandas, polars and Arrow, each as columns of numbers and of texts."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .._extras import need
from ..address import AddressColumn
from ..flows import KINDS, Flows


class Table(Protocol):
    """Columns by their names."""

    columns: list[str]

    def __len__(self) -> int: ...

    def values(self, name: str) -> NDArray[Any]:
        """Return a column as numpy has it; what is missing is NaN, NaT or None."""

    def among(self, name: str, texts: Iterable[str]) -> NDArray[np.bool_]:
        """Return which rows of a column of texts have one of these."""


class _Flows:
    def __init__(self, flows: Flows) -> None:
        self.flows = flows
        # Whatever the schema, the columns of pcapframe are there as well.
        self.columns = list(dict.fromkeys([*flows._frame.columns, *flows.columns]))

    def __len__(self) -> int:
        return len(self.flows)

    def values(self, name: str) -> NDArray[Any]:
        own = name in KINDS and name not in self.flows.columns
        values = self.flows._core_column(name) if own else self.flows[name]
        return np.asarray(values) if isinstance(values, AddressColumn) else values

    def among(self, name: str, texts: Iterable[str]) -> NDArray[np.bool_]:
        frame, wanted = self.flows._frame, set(texts)
        found = np.array([text in wanted for text in frame.categories(name)], np.bool_)
        return found[frame.codes(name)]


class _Pandas:
    def __init__(self, frame: Any) -> None:
        self.frame = frame
        self.columns = list(frame.columns)

    def __len__(self) -> int:
        return len(self.frame)

    def values(self, name: str) -> NDArray[Any]:
        column = self.frame[name]
        is_nullable = hasattr(column.dtype, "na_value") and getattr(column.dtype, "kind", "O") in "iufb"
        return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan) if is_nullable else column.to_numpy())

    def among(self, name: str, texts: Iterable[str]) -> NDArray[np.bool_]:
        return np.asarray(self.frame[name].isin(list(texts)).to_numpy(dtype=np.bool_))


class _Polars:
    def __init__(self, frame: Any) -> None:
        self.frame = frame
        self.columns = list(frame.columns)

    def __len__(self) -> int:
        return len(self.frame)

    def values(self, name: str) -> NDArray[Any]:
        return np.asarray(self.frame.get_column(name).to_numpy())

    def among(self, name: str, texts: Iterable[str]) -> NDArray[np.bool_]:
        texts_here = self.frame.get_column(name).cast(need("polars", "a table of polars").String)
        return np.asarray(texts_here.is_in(list(texts)).fill_null(False).to_numpy(), np.bool_)


class _Arrow:
    def __init__(self, table: Any) -> None:
        self.table = table
        self.columns = list(table.column_names)

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def values(self, name: str) -> NDArray[Any]:
        return np.asarray(self.table.column(name).to_numpy(zero_copy_only=False))

    def among(self, name: str, texts: Iterable[str]) -> NDArray[np.bool_]:
        wanted = set(texts)
        return np.array([text in wanted for text in self.table.column(name).to_pylist()], np.bool_)


def table_of(data: Any) -> Table | None:
    """Return what has the columns of a table; None of what is none, such as arrays and lists."""
    if isinstance(data, Flows):
        return _Flows(data)
    # Whoever passes a DataFrame has imported its package.
    for package, adapter in (("pandas", _Pandas), ("polars", _Polars)):
        module = sys.modules.get(package)
        if module is not None and isinstance(data, module.DataFrame):
            return adapter(data)
    if hasattr(data, "__arrow_c_stream__"):
        return _Arrow(need("pyarrow", "an Arrow table").table(data))
    return None


def numbers(table: Table, name: str) -> NDArray[np.float64]:
    """Return a column as numbers: durations in seconds, 0 where a value is missing.

    Raises
    ------
    ValueError
        The column holds texts, times or lists.
    """
    values = table.values(name)
    if values.ndim == 1 and values.dtype.kind == "m":
        return np.where(np.isnat(values), 0, values.astype("timedelta64[ns]").astype(np.int64)) / 1e9
    if values.ndim == 1 and values.dtype.kind in "biuf":
        found = values.astype(np.float64)
        found[np.isnan(found)] = 0
        return found
    message = f"column {name!r} is no number ({values.dtype}); name other columns, or encode it with scikit-learn first"
    raise ValueError(message)
