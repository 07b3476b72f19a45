"""Scripts under workflows/ read a capture when they are imported: they are run, and not searched for doctests."""

from __future__ import annotations

collect_ignore_glob = ["workflows/*"]
