"""What is in an archive that somebody took for a capture."""

from __future__ import annotations

import io
import itertools
import os
from typing import IO, Any

SHOWN = 5


def archive_text(source: Any) -> str | None:
    """Say which files are in an archive, if `source`, a path or bytes, is one."""
    for kind, members in (("zip", _in_zip), ("tar", _in_tar)):
        if isinstance(source, bytes):
            names = members(io.BytesIO(source))
        elif isinstance(source, (str, os.PathLike)) and os.path.isfile(source):
            with open(source, "rb") as file:
                names = members(file)
        else:
            return None
        if names:
            shown = ", ".join(map(repr, names[:SHOWN])) + (", ..." if len(names) > SHOWN else "")
            return f"this is a {kind} archive and no capture; extract what is in it first: {shown}"
    return None


def _in_zip(file: IO[bytes]) -> list[str]:
    # Imported here: nearly nobody needs it.
    import zipfile

    try:
        with zipfile.ZipFile(file) as archive:
            return archive.namelist()[: SHOWN + 1]
    except (OSError, ValueError, NotImplementedError, zipfile.BadZipFile):
        return []


def _in_tar(file: IO[bytes]) -> list[str]:
    import lzma
    import tarfile
    import zlib

    try:
        with tarfile.open(fileobj=file) as archive:
            # No more than the first few members are looked for: an archive may be large, and compressed.
            return [member.name for member in itertools.islice(archive, SHOWN + 1)]
    except (OSError, ValueError, EOFError, tarfile.TarError, zlib.error, lzma.LZMAError):
        return []
