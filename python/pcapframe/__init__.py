"""Packet captures as columns.

>>> import pcapframe as pf
>>> cap = pf.read_pcap("examples/data/lab.pcap")  # doctest: +SKIP
>>> cap.plot.traffic()  # doctest: +SKIP

Read a capture with :func:`read_pcap`; what comes back is a :class:`Capture`, whose columns are numpy arrays.
:func:`scan_pcap` gives it in batches, for captures larger than memory and for live ones. Who needs flows and no packets reads
them with :func:`read_flows`.
"""

from typing import TYPE_CHECKING, Any

from ._core import __version__
from ._generated import Checksum, EndReason, Layer, Stop, TcpFlag, Tunnel
from .address import AddressColumn
from .capture import Capture, Gap, Info
from .errors import (
    CorruptCaptureError,
    NotACaptureError,
    PcapframeError,
    TruncatedCaptureWarning,
    UnknownColumnError,
)
from .flows import Flows, read_flows, scan_flows
from .reading import read_pcap
from .scanning import scan_pcap
from .timeline import Timeline

if TYPE_CHECKING:
    from . import detect as detect
    from . import features as features
    from . import plot as plot

__all__ = [
    "AddressColumn",
    "Capture",
    "Checksum",
    "CorruptCaptureError",
    "EndReason",
    "Flows",
    "Gap",
    "Info",
    "Layer",
    "NotACaptureError",
    "PcapframeError",
    "Stop",
    "TcpFlag",
    "Timeline",
    "TruncatedCaptureWarning",
    "Tunnel",
    "UnknownColumnError",
    "__version__",
    "detect",
    "plot",
    "read_flows",
    "read_pcap",
    "scan_flows",
    "scan_pcap",
]

if not TYPE_CHECKING:
    # Type checkers know the modules above, and still tell of names that are not there.
    def __getattr__(name: str) -> Any:
        """Import what is large or needs optional packages when it is first asked for."""
        if name not in ("detect", "features", "plot"):
            message = f"module 'pcapframe' has no attribute {name!r}"
            raise AttributeError(message)
        from importlib import import_module

        return import_module(f".{name}", __name__)
