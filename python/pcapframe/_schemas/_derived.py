"""A column that is made of pcapframe's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from ..flows import Flows

Getter = Callable[["Flows"], Any]
MILLISECOND = 1_000_000
MICROSECOND = 1_000


@dataclass(frozen=True)
class Derived:
    """How a column is made, and which rows have it."""

    values: Getter
    present: Callable[[Flows], NDArray[np.bool_] | None] = lambda _: None
    #: Whether it is there only with ``sequence=N``.
    needs_sequence: bool = False


def column(name: str) -> Derived:
    """Return a column as pcapframe has it, under another name."""
    return Derived(lambda flows: flows._core_column(name), lambda flows: flows._frame.present(name))


def ratio(numerator: NDArray[Any], denominator: NDArray[Any]) -> NDArray[np.float64]:
    """Divide; 0 where there is nothing to divide by."""
    out = np.zeros(len(numerator))
    np.divide(numerator, denominator, out=out, where=denominator != 0)
    return out


def constant(value: Any, dtype: Any) -> Derived:
    """Return a column of one value."""
    return Derived(lambda flows: np.full(len(flows), value, dtype))
