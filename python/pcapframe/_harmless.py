"""Text that a terminal can be shown."""

from __future__ import annotations


def harmless(text: str) -> str:
    """Spell out what a terminal would obey, such as an escape sequence in an interface's name."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)
