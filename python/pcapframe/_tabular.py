"""What captures and flows have in common: rows to choose from, and columns to hand over."""

from __future__ import annotations

import os
from typing import Any, Self, overload

import numpy as np
from numpy.typing import NDArray

from ._extras import need
from .address import AddressColumn


class Tabular:
    """Columns of equal length over a frame of the core."""

    __slots__ = ("_frame",)
    _frame: Any

    def __len__(self) -> int:
        return len(self._frame)

    @property
    def columns(self) -> list[str]:
        """Names of the columns that are there, in the table's order."""
        names: list[str] = self._frame.columns
        return names

    @property
    def nbytes(self) -> int:
        """Bytes of memory that the columns take."""
        return int(self._frame.nbytes)

    def _column(self, name: str) -> object:
        raise NotImplementedError  # pragma: no cover - subclasses have it

    def _part(self, frame: Any) -> Self:
        """Return rows of this table, which the core has chosen."""
        raise NotImplementedError  # pragma: no cover - subclasses have it

    def _present(self, name: str) -> NDArray[np.bool_] | None:
        """For each row whether it has the field; None if every row has it."""
        present: NDArray[np.bool_] | None = self._frame.present(name)
        return present

    @overload
    def __getitem__(self, key: str) -> Any: ...
    @overload
    def __getitem__(self, key: int | slice | NDArray[Any] | list[int] | list[bool]) -> Self: ...
    def __getitem__(self, key: Any) -> Any:
        """Return a column by its name, or some of the rows by a slice, a mask, or row numbers.

        Raises
        ------
        UnknownColumnError
            There is no column of that name.
        IndexError
            A mask of another length, or a row that is not there.
        """
        if isinstance(key, str):
            return self._column(key)
        if isinstance(key, slice):
            return self._slice(key)
        if isinstance(key, (int, np.integer)) and not isinstance(key, (bool, np.bool_)):
            return self._take(np.array([key], np.int64))
        rows = np.asarray(key)
        if rows.dtype == bool and rows.ndim == 1:
            return self._part(self._frame.filter(np.ascontiguousarray(rows)))
        if rows.ndim == 1 and (rows.dtype.kind in "iu" or not rows.size):
            return self._take(rows.astype(np.int64))
        message = f"index is {type(key).__name__}, but must be a column name, a slice, a mask, or row numbers"
        raise TypeError(message)

    def _slice(self, key: slice) -> Self:
        start, stop, step = key.indices(len(self))
        if step == 1:
            return self._part(self._frame.slice(start, max(start, stop)))
        return self._take(np.arange(start, stop, step, dtype=np.int64))

    def _take(self, rows: NDArray[np.int64]) -> Self:
        return self._part(self._frame.take(np.where(rows < 0, rows + len(self), rows)))

    def __arrow_c_stream__(self, requested_schema: object = None) -> Any:
        """Return the columns as an Arrow C stream over the same memory (Arrow PyCapsule interface)."""
        return self._frame.__arrow_c_stream__(requested_schema)

    def __arrow_c_schema__(self) -> Any:
        """Return the columns' names and types as an Arrow schema."""
        return self._frame.__arrow_c_schema__()

    def to_arrow(self) -> Any:
        """Return a pyarrow Table over the same memory; fields that a row does not have are null."""
        return need("pyarrow", "to_arrow").table(self)

    def to_polars(self) -> Any:
        """Return a polars DataFrame over the same memory; fields that a row does not have are null."""
        return need("polars", "to_polars").DataFrame(self)

    def to_pandas(self) -> Any:
        """Return a pandas DataFrame: numbers as nullable ones, addresses and other texts as categories.

        Fields that a row does not have are missing. Needs no pyarrow.
        """
        pandas = need("pandas", "to_pandas")
        return pandas.DataFrame({name: self._pandas_column(pandas, name) for name in self.columns}, copy=False)

    def _pandas_column(self, pandas: Any, name: str) -> Any:
        if self._is_coded(name):
            codes = self._frame.codes(name).astype(np.int64) - 1
            return pandas.Categorical.from_codes(codes, categories=self._frame.categories(name)[1:])
        return nullable(pandas, self._frame.values(name).copy(), self._frame.present(name))

    def _is_coded(self, name: str) -> bool:
        """Whether a column's values are codes of texts."""
        return isinstance(self._column(name), AddressColumn)

    def write_parquet(self, path: str | os.PathLike[str], **options: Any) -> None:
        """Write the columns to a Parquet file; `options` are those of pyarrow.parquet.write_table."""
        need("pyarrow.parquet", "write_parquet").write_table(self.to_arrow(), os.fspath(path), **options)


def nullable(pandas: Any, values: NDArray[Any], present: NDArray[np.bool_] | None) -> Any:
    """Return values as pandas has them, missing where they are not present."""
    if present is None:
        return values
    if values.dtype.kind in "mM":
        values[~present] = np.array("NaT", values.dtype)
        return values
    array = pandas.arrays.FloatingArray if values.dtype.kind == "f" else pandas.arrays.IntegerArray
    return array(values, ~present)
