"""All detectors at once."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterable
from typing import Any

from ._alerts import Alerts
from ._packets import Packets, Source
from ._units import choices
from .amplification import amplification
from .arp_spoof import arp_spoof
from .beaconing import beaconing
from .icmp_flood import icmp_flood
from .icmp_tunnel import icmp_tunnel
from .illegal_flags import illegal_flags
from .new_service import new_service
from .ping_sweep import ping_sweep
from .port_scan import port_scan
from .syn_flood import syn_flood
from .udp_flood import udp_flood
from .volume_anomaly import volume_anomaly

_FUNCTIONS: tuple[Callable[..., Alerts], ...] = (
    port_scan, ping_sweep, syn_flood, icmp_flood, udp_flood, amplification, volume_anomaly, new_service, beaconing, arp_spoof,
    icmp_tunnel, illegal_flags,
)  # fmt: skip

#: Every detector by its name.
DETECTORS: dict[str, Callable[..., Alerts]] = {function.__name__: function for function in _FUNCTIONS}


def columns_of(names: Iterable[str]) -> list[str]:
    """Return the columns that some detectors need."""
    needed = ("timestamp", *(column for name in names for column in sys.modules[DETECTORS[name].__module__].COLUMNS))
    return list(dict.fromkeys(needed))


def all(  # noqa: A001
    capture: Source, *, only: Iterable[str] | str | None = None, options: dict[str, dict[str, Any]] | None = None
) -> Alerts:
    """Run all detectors and return their alerts in the order of time.

    Parameters
    ----------
    capture : Capture
        Columns that were not read are read again.
    only : str or iterable of str, optional
        Names of the detectors to run; all of them if left out.
    options : dict of str to dict, optional
        Arguments for detectors other than the defaults: ``{"port_scan": {"ports": 30}}``.

    Returns
    -------
    Alerts
        Of all kinds.

    Raises
    ------
    ValueError
        A name is no detector's.

    Warns
    -----
    UserWarning
        A detector was left out, since columns were not read and can not be read again.

    Examples
    --------
    >>> import pcapframe as pf
    >>> cap = pf.read_pcap("examples/data/lab.pcap")
    >>> len(pf.detect.all(cap).at_least("high"))
    13
    """
    names = tuple(DETECTORS) if only is None else choices("only", only, tuple(DETECTORS))
    choices("options", options or (), tuple(DETECTORS))
    try:
        packets: Source = Packets.of(capture, columns_of(names))
    except AttributeError:
        # Maybe some of them can do without what is missing.
        packets = capture
    alerts: list[Any] = []
    for name in names:
        try:
            alerts += DETECTORS[name](packets, **(options or {}).get(name, {}))
        except AttributeError as error:
            if isinstance(packets, Packets):
                raise
            warnings.warn(f"{name} was left out: {error}", stacklevel=2)
    return Alerts(alerts, packets)
