"""The modules that come from the installed dpkt."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

from ._install import installed

#: What dpkt has and this package has not.
MODULES = frozenset(
    {
        "aim",
        "aoe",
        "aoeata",
        "aoecfg",
        "asn1",
        "bgp",
        "dhcp",
        "diameter",
        "dtp",
        "edp",
        "gzip",
        "h225",
        "hsrp",
        "http",
        "http2",
        "ieee80211",
        "ipip",
        "mrt",
        "netbios",
        "netflow",
        "ntp",
        "ospf",
        "pim",
        "pmap",
        "qq",
        "radius",
        "rfb",
        "rip",
        "rpc",
        "rtp",
        "rx",
        "sccp",
        "sip",
        "smb",
        "snoop",
        "ssl",
        "ssl_ciphersuites",
        "stun",
        "telnet",
        "tftp",
        "tns",
        "tpkt",
        "yahoo",
    }
)


def folders() -> list[str]:
    """Where the installed dpkt's modules lie; empty without it. dpkt itself is not imported."""
    try:
        spec = _find()
    except ImportError:
        return []
    return list(spec.submodule_search_locations or []) if spec else []


def _find() -> ModuleSpec | None:
    loaded = sys.modules.get("dpkt")
    if loaded is not None and loaded.__name__.startswith("pcapframe."):
        return PathFinder.find_spec("dpkt")
    from importlib.util import find_spec

    return find_spec("dpkt")


class Later(ModuleType):
    """In the place of a module of the installed dpkt until something in it is asked for.

    A `__getattr__` of the package would do as well, and does without the installed dpkt, but where there is one Python takes
    the long way to what *is* in the package: each `dpkt.ip` in a loop over packets costs as much as a field.
    """

    def __init__(self, name: str) -> None:
        super().__init__(f"{__package__}.{name}")
        for preset in ("__doc__", "__loader__", "__package__", "__spec__"):
            self.__dict__.pop(preset, None)

    def _module(self) -> ModuleType:
        return load(self.__name__.rpartition(".")[2])

    def __getattr__(self, name: str) -> Any:
        # What tools look for in everything they come across is no reason to import it.
        if name.startswith("__") and name not in ("__all__", "__file__"):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        return getattr(self._module(), name)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self._module(), name, value)

    def __dir__(self) -> list[str]:
        return dir(self._module())

    def __repr__(self) -> str:
        return f"<module {self.__name__!r} from dpkt, imported when something in it is asked for>"


def load(name: str) -> ModuleType:
    """Import a module of dpkt, and have it fill its tables, which dpkt does when it is imported as a whole."""
    # Some of dpkt's modules say `import dpkt` where others import relatively.
    with installed():
        module = importlib.import_module(f"{__package__}.{name}")
        if hasattr(module, "_mod_init"):
            module._mod_init()
    return module


class MissingExtra:
    """Last among the finders of modules: says what to install for a module that nobody found."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> None:
        """Raise ImportError for a module of dpkt; leave all others to Python's own message."""
        package, _, module = name.rpartition(".")
        if package in ("pcapframe.dpkt", "dpkt") and module in MODULES:
            raise ImportError(
                f"{name} is one of the modules that come from dpkt, which is not installed: pip install pcapframe[dpkt]",
                name=name,
            )


sys.meta_path.append(MissingExtra)
