"""What both transformers share: the ways in which features come, and the names by which they go."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ._sklearn import BaseEstimator, OneToOneFeatureMixin, TransformerMixin, check_is_fitted, gives_pandas, validate_data
from ._tables import Table, numbers


@dataclass(frozen=True, eq=False, repr=False)
class Made:
    """Features made of traffic.

    Attributes
    ----------
    inputs : sequence of str
        Columns that they were made of.
    names : sequence of str
        Names of the features.
    values : numpy.ndarray of float64
        A row a sample, a column a feature.
    """

    inputs: Sequence[str]
    names: Sequence[str]
    values: NDArray[np.float64]

    def index(self, pandas: Any) -> Any:
        """Return the rows' index for pandas; None for numbers from 0."""
        return None


class Features(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Base of transformers that make features of traffic, and pass on features that are numbers already."""

    columns: Sequence[str] | str | None
    log: bool

    def _make(self, X: Any) -> Made | None:
        """Make features of traffic; None where `X` holds numbers already."""
        raise NotImplementedError  # pragma: no cover - subclasses have it

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the names of the features.

        Parameters
        ----------
        X : see the class
            The traffic, or an array of numbers.
        y : None
            Ignored.

        Returns
        -------
        self
        """
        self._learn(X)
        return self

    def fit_transform(self, X: Any, y: Any = None) -> Any:
        """Do as :meth:`fit` and :meth:`transform` do one after the other, but make the features once."""
        return self._output(self._learn(X))

    def transform(self, X: Any) -> Any:
        """Return the features.

        Parameters
        ----------
        X : see the class
            The traffic, or an array of numbers.

        Returns
        -------
        numpy.ndarray of float64, or what ``set_output`` asks for
            A row a sample, a column a feature. No NaN, no infinity.

        Raises
        ------
        ValueError
            A column is missing or no number, or `X` is not of the kind that was fitted.
        """
        check_is_fitted(self)
        made = self._make(X)
        if made is None and self._names is None:
            return self._output(validate_data(self, X, dtype=np.float64, copy=True, reset=False))
        if made is None or self._names != list(made.names):
            fitted, given = ("numbers", "traffic") if self._names is None else ("traffic", "numbers")
            message = f"X holds {given}, but {type(self).__name__} was fitted on {fitted}; fit and transform the same kind"
            raise ValueError(message)
        return self._output(made)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Return the names of the features.

        Parameters
        ----------
        input_features : array-like of str, optional
            Names of an array's columns; names that were seen by :meth:`fit` must be the same.

        Returns
        -------
        numpy.ndarray of object
            Texts. Columns of an array without names are x0, x1 and so on.
        """
        check_is_fitted(self)
        names: NDArray[np.object_] = super().get_feature_names_out(input_features)
        return names if self._names is None else np.array(self._names, dtype=object)

    def _learn(self, X: Any) -> Made | NDArray[np.float64]:
        made = self._make(X)
        self._names = None if made is None else list(made.names)
        if made is None:
            values: NDArray[np.float64] = validate_data(self, X, dtype=np.float64, copy=True)
            return values
        self.n_features_in_ = len(made.inputs)
        self.feature_names_in_ = np.array(made.inputs, dtype=object)
        return made

    def _output(self, made: Made | NDArray[np.float64]) -> Any:
        values = made.values if isinstance(made, Made) else made
        if self.log:
            values = np.copysign(np.log1p(np.abs(values)), values)
        if isinstance(made, Made) and gives_pandas(self):
            return self._indexed(made, values)
        return values

    def _indexed(self, made: Made, values: NDArray[np.float64]) -> Any:
        import pandas

        index = made.index(pandas)
        return values if index is None else pandas.DataFrame(values, index=index)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_names")


def is_source(data: Any) -> bool:
    """Whether this is something that :func:`pcapframe.read_pcap` reads."""
    if isinstance(data, (list, tuple)):
        return len(data) > 0 and all(isinstance(one, (str, os.PathLike)) for one in data)
    return isinstance(data, (str, bytes, bytearray, os.PathLike)) or hasattr(data, "read")


def chosen(names: Sequence[str], table: Table) -> Made:
    """Make features of a table's columns as they are.

    Raises
    ------
    ValueError
        A column is missing, or has an infinite number.
    """
    missing = [name for name in names if name not in table.columns]
    if missing:
        message = f"X has no column {', '.join(map(repr, missing))}; it has {', '.join(map(str, table.columns))}"
        raise ValueError(message)
    return Made(table.columns, names, matrix([numbers(table, name) for name in names], names, len(table)))


def matrix(columns: list[NDArray[np.float64]], names: Sequence[str], rows: int) -> NDArray[np.float64]:
    """Put columns side by side.

    Raises
    ------
    ValueError
        A number is infinite.
    """
    # A column at a time is written, and read by most models: each lies in one piece.
    values = np.empty((rows, len(columns)), order="F")
    for place, column in enumerate(columns):
        values[:, place] = column
        if not np.isfinite(column).all():
            message = f"column {names[place]!r} has infinite numbers; replace them first"
            raise ValueError(message)
    return values


def checked_names(columns: Sequence[str] | str | None, words: dict[str, Sequence[str]], default: str) -> list[str]:
    """Return the names that `columns` stands for.

    Raises
    ------
    ValueError
        It is empty, has a name twice, or is a text that is none of `words`.
    """
    if columns is None:
        return list(words[default])
    if isinstance(columns, str):
        if columns in words:
            return list(words[columns])
        message = f"columns is {columns!r}, but must be a list of names, {', '.join(map(repr, words))} or None"
        raise ValueError(message)
    names = list(columns)
    if not names or len(set(names)) < len(names):
        message = f"columns is {names}, but must name at least one feature, and each once"
        raise ValueError(message)
    return names
