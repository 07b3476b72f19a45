"""Putting this package in dpkt's place for one process, as `cudf.pandas` does for pandas."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

OURS = "pcapframe.dpkt"


class _Alias:
    """Finds `dpkt` and `dpkt.x`, and gives this package's modules for them: the same objects, not copies."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name != "dpkt" and not name.startswith("dpkt."):
            return None
        module = importlib.import_module(OURS + name[4:])
        return ModuleSpec(name, _Loader(module), is_package=hasattr(module, "__path__"))  # type: ignore[arg-type]


class _Loader:
    def __init__(self, module: ModuleType) -> None:
        self.module = module
        self.spec = module.__spec__

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self.module

    def exec_module(self, module: ModuleType) -> None:
        # The import system has just given the module the alias's spec.
        module.__spec__ = self.spec


_put_aside: dict[str, ModuleType] = {}


def install() -> None:
    """Have ``import dpkt`` give this package, until :func:`uninstall`.

    Modules of a real dpkt that were imported before are put aside. Calling it twice does no harm.

    Examples
    --------
    >>> import pcapframe.dpkt
    >>> pcapframe.dpkt.install()
    >>> import dpkt
    >>> dpkt is pcapframe.dpkt
    True
    >>> pcapframe.dpkt.uninstall()
    """
    if _Alias in sys.meta_path:
        return
    _put_aside.update(_take_out())
    sys.meta_path.insert(0, _Alias)


def uninstall() -> None:
    """Undo :func:`install`: ``import dpkt`` gives the real dpkt again. Modules imported so far stay what they are."""
    if _Alias not in sys.meta_path:
        return
    sys.meta_path.remove(_Alias)
    _take_out()
    sys.modules.update(_put_aside)
    _put_aside.clear()


@contextmanager
def installed() -> Iterator[None]:
    """Inside it ``import dpkt`` gives this package."""
    before = _Alias in sys.meta_path
    install()
    try:
        yield
    finally:
        if not before:
            uninstall()


def _take_out() -> dict[str, ModuleType]:
    names = [name for name in sys.modules if name == "dpkt" or name.startswith("dpkt.")]
    return {name: sys.modules.pop(name) for name in names}


def load_ipython_extension(ipython: Any) -> None:
    """``%load_ext pcapframe.dpkt`` in a notebook: the same as :func:`install`."""
    install()


def unload_ipython_extension(ipython: Any) -> None:
    """``%unload_ext pcapframe.dpkt``: the same as :func:`uninstall`."""
    uninstall()
