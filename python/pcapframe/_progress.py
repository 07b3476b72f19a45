"""Showing how far a long read has come."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

# Shorter reads show nothing.
QUIET_SECONDS = 0.5


class Progress:
    """A context in which ``callback`` takes the bytes done and the bytes in all."""

    callback: Callable[[int, int], object] | None

    def __init__(self, option: bool | Callable[[int, int], object]) -> None:
        self._bar: Any = None
        self._start = time.monotonic()
        self._shown = False
        self.callback = None if option is False else self._show if option is True else option

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.close()
        elif self._shown:
            print(file=sys.stderr)

    def _show(self, done: int, total: int) -> None:
        if not self._shown and time.monotonic() - self._start < QUIET_SECONDS:
            return
        if not self._shown:
            self._shown = True
            self._bar = _tqdm_bar(total)
        if self._bar is not None:
            self._bar.update(done - self._bar.n)
        else:
            percent = 100 * done // max(total, 1)
            print(f"\rreading {percent:3d} % of {total / 1e6:,.0f} MB", end="", file=sys.stderr, flush=True)


def _tqdm_bar(total: int) -> Any:
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return None
    return tqdm(total=total, unit="B", unit_scale=True, desc="reading")
