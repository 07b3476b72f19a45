"""Columns that a detector needs and the capture does not have: they are read again from where the packets came from."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .. import _core
from ..errors import PcapframeError, TruncatedCaptureWarning
from ..reading import read_pcap

if TYPE_CHECKING:
    from ..capture import Capture


def need(capture: Capture, names: Sequence[str]) -> Capture:
    """Return a capture of the same packets in the same order that has all columns of `names`.

    Parameters
    ----------
    capture : Capture
        It is returned as it is if it has them.
    names : sequence of str
        Columns.

    Raises
    ------
    AttributeError
        Columns were not read, and can not be read again: the source is gone or has changed, or was read with other options.
    """
    missing = [name for name in names if name not in capture.columns]
    if not missing:
        return capture
    try:
        for again in (_from_files, _from_packets):
            found = again(capture, names)
            if found is not None and _same(capture, found):
                return found
        reason = "the source was read with options that change the columns"
    except (OSError, PcapframeError) as error:
        reason = str(error)
    message = (
        f"the columns {', '.join(missing)} were not read and can not be read again: {reason}; "
        f"read them with columns=[..., {', '.join(map(repr, missing))}]"
    )
    raise AttributeError(message)


def _from_files(capture: Capture, names: Sequence[str]) -> Capture | None:
    """Read the files anew: the fastest way, if the capture is all of them."""
    files = [path for path in capture.info.files if path is not None]
    if len(files) < len(capture.info.files) or not all(Path(path).is_file() for path in files):
        return None
    return _read(list(files), capture, names)


def _from_packets(capture: Capture, names: Sequence[str]) -> Capture:
    """Write the packets at hand to a file of their own and read that: whatever the selection."""
    with tempfile.TemporaryDirectory(prefix="pcapframe-") as folder:
        path = str(Path(folder) / "selection.pcapng")
        _core.write_packets(capture._frame, path, pcapng=True, nanoseconds=True)
        return _read([path], capture, names)


def _read(paths: list[str], capture: Capture, names: Sequence[str]) -> Capture:
    known = [name for name in _comparable(capture) if name not in names]
    with warnings.catch_warnings():
        # Said when it was read first.
        warnings.simplefilter("ignore", TruncatedCaptureWarning)
        return read_pcap(paths, columns=[*names, *known], keep_bytes=False)


def _same(capture: Capture, found: Capture) -> bool:
    """Whether two captures have the same packets, seen in the same way: all columns that both have are equal."""
    if len(capture) != len(found):
        return False
    return all(np.array_equal(capture._frame.values(name), found._frame.values(name)) for name in _comparable(capture))


def _comparable(capture: Capture) -> list[str]:
    # Addresses of IPv6 are numbered by the read, and so are files and interfaces.
    own = {"file", "interface", "link_type", "src", "dst", "eth_src", "eth_dst", "outer_src", "outer_dst"}
    return [name for name in capture.columns if name not in own]
