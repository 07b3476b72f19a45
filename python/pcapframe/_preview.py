"""The first packets of a capture as text and as HTML: bounded and escaped."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ._generated import Checksum, EndReason, Layer, Stop, TcpFlag, Tunnel
from .address import AddressColumn
from .timeline import PROTOCOLS

if TYPE_CHECKING:
    from .capture import Capture
    from .flows import Flows

TEXT_ROWS = 6
HTML_ROWS = 10
CELL = 48
ENUMERATIONS = {
    "stop": Stop,
    "tunnel": Tunnel,
    "ip_checksum_ok": Checksum,
    "l4_checksum_ok": Checksum,
    "end_reason": EndReason,
}


def cell(name: str, value: Any) -> str:
    """One value as a person reads it."""
    if name == "timestamp" or isinstance(value, np.datetime64):
        return str(value).replace("T", " ")
    if name == "protocol":
        return PROTOCOLS.get(int(value), str(int(value)))
    if name == "tcp_flags":
        return "|".join(flag.name or "" for flag in TcpFlag if flag & int(value))
    if name == "layers":
        return "|".join(layer.name or "" for layer in Layer if layer & int(value))
    if name in ENUMERATIONS:
        return ENUMERATIONS[name](int(value)).name.lower()
    if isinstance(value, np.timedelta64):
        return f"{int(value.astype('timedelta64[ns]').astype(np.int64)) / 1e9:.6f} s"
    if isinstance(value, float):
        return f"{value:.6g}"
    return str(value)


def shortened(text: str) -> str:
    """At most so much of a text as a column has room for."""
    return text if len(text) <= CELL else f"{text[: CELL - 1]}…"


def rows(capture: Capture | Flows, count: int) -> list[list[str]]:
    """The cells of the first `count` rows; empty where one has no such field."""
    head = capture[:count]
    table = []
    for name in head.columns:
        column = head[name]
        present = head._present(name)
        values = [column[i] for i in range(len(head))] if isinstance(column, AddressColumn) else column
        shown = [shortened(cell(name, value)) for value in values]
        table.append(shown if present is None else list(np.where(present, shown, "")) if shown else [])
    return [list(row) for row in zip(*table, strict=True)]


def text(capture: Capture | Flows) -> str:
    """A table for a terminal."""
    body = rows(capture, TEXT_ROWS)
    lines = [capture._summary()]
    if body:
        grid = [capture.columns, *body]
        widths = [max(len(row[i]) for row in grid) for i in range(len(capture.columns))]
        lines += ["  ".join(value.ljust(width) for value, width in zip(row, widths, strict=True)).rstrip() for row in grid]
    if len(capture) > TEXT_ROWS:
        lines.append(f"… and {len(capture) - TEXT_ROWS:,} more")
    return "\n".join(lines)


def table_html(header: list[str], body: list[list[str]], *, align: Literal["left", "right"] = "right") -> str:
    """An HTML table, every text escaped; notebooks align cells to the right, and break their lines, unless each says not to."""
    style = ' style="text-align:left"' if align == "left" else ' style="white-space:nowrap"'
    head = "".join(f"<th{style}>{html.escape(name)}</th>" for name in header)
    lines = ["<tr>" + "".join(f"<td{style}>{html.escape(value)}</td>" for value in row) + "</tr>" for row in body]
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"


def as_html(capture: Capture | Flows) -> str:
    """A table for a notebook."""
    more = len(capture) - HTML_ROWS
    foot = f"<p>… and {more:,} more</p>" if more > 0 else ""
    return f"<p>{html.escape(capture._summary())}</p>{table_html(capture.columns, rows(capture, HTML_ROWS))}{foot}"


def summary(capture: Capture) -> str:
    """One line."""
    parts = [f"{len(capture):,} packets"]
    if "length" in capture.columns:
        parts.append(f"{int(capture.length.sum(dtype=np.uint64)):,} bytes")
    if "timestamp" in capture.columns and len(capture):
        nanoseconds = int(capture.timestamp.max().astype(np.int64)) - int(capture.timestamp.min().astype(np.int64))
        parts.append(f"{nanoseconds / 1e9:,.3f} s")
    return f"Capture of {', '.join(parts)}"
