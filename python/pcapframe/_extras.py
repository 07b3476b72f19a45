"""Optional packages, imported when they are needed."""

from __future__ import annotations

import importlib
from typing import Any

EXTRAS = {"pandas": "pandas", "polars": "polars", "pyarrow": "arrow", "matplotlib": "plot"}


def need(module: str, purpose: str) -> Any:
    """Import ``module``, or say which extra installs it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        extra = EXTRAS[module.partition(".")[0]]
        message = f"{purpose} needs {module.partition('.')[0]}: pip install 'pcapframe[{extra}]'"
        raise ImportError(message) from error
