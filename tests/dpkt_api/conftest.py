"""Scripts that read a capture when they are imported are run, and not searched for doctests."""

from __future__ import annotations

collect_ignore_glob = ["workflows/*", "run_workflows.py"]
