"""Optional packages, imported when they are needed."""

from __future__ import annotations

import importlib
from typing import Any

#: Packages with the extra that installs them; others are installed by their own names.
EXTRAS = {"pandas": "pandas", "polars": "polars", "pyarrow": "arrow", "matplotlib": "plot"}


def need(module: str, purpose: str) -> Any:
    """Import ``module``, or say which extra installs it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        install = f"'pcapframe[{EXTRAS[package]}]'" if package in EXTRAS else package
        message = f"{purpose} needs {package}: pip install {install}"
        raise ImportError(message) from error
