"""Other tools' columns as views over pcapframe's flows: one file for each tool."""

from __future__ import annotations

from ._derived import Derived
from .cicflowmeter import COLUMNS as CICFLOWMETER
from .nfstream import COLUMNS as NFSTREAM
from .zeek import COLUMNS as ZEEK

SCHEMAS: dict[str, dict[str, Derived]] = {"cicflowmeter": CICFLOWMETER, "nfstream": NFSTREAM, "zeek": ZEEK}

__all__ = ["SCHEMAS", "Derived"]
