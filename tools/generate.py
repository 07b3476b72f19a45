"""Writes what follows from the column table: properties and enums in Python, and the reference page.

usage: python tools/generate.py [--check]      --check writes nothing and fails if a file is out of date
"""

from __future__ import annotations

import importlib.util
import pathlib
import sys
from textwrap import wrap
from types import ModuleType


def load_core() -> ModuleType:
    """The extension module alone: the package imports what this script writes."""
    package = importlib.util.find_spec("pcapframe")
    if package is None or not package.submodule_search_locations:
        sys.exit("build pcapframe first")
    folder = pathlib.Path(package.submodule_search_locations[0])
    (library,) = (path for path in folder.glob("_core*") if path.suffix in {".so", ".pyd"})
    spec = importlib.util.spec_from_file_location("pcapframe._core", library)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_core = load_core()
ROOT = pathlib.Path(__file__).resolve().parent.parent
HEADER = '"""{title}\n\nGenerated from the tables of the Rust core by tools/generate.py; do not edit.\n"""\n'
TCP_FLAGS = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "NS"]
TYPES = {
    "uint8": "NDArray[np.uint8]",
    "uint16": "NDArray[np.uint16]",
    "uint32": "NDArray[np.uint32]",
    "datetime64[ns]": "NDArray[np.datetime64]",
    "address": "AddressColumn",
}


def paragraph(text: str) -> str:
    return " ".join(text.split())


def enum(name: str, base: str, title: str, members: list[tuple[str, int, str]]) -> str:
    lines = [f"class {name}({base}):", f'    """{title}"""', ""]
    if base == "IntFlag":
        # Enumerations refuse numpy's integers where they are combinations.
        lines += ["    @classmethod", "    def _missing_(cls, value: object) -> Self:"]
        lines += ['        found: Self = super()._missing_(index(cast("SupportsIndex", value)))', "        return found", ""]
    for member, value, doc in members:
        lines += [f"    {member} = {value}", f'    """{paragraph(doc)}"""']
    return "\n".join(lines)


def dtype(column: dict[str, object]) -> str:
    """The type in numpy, or address."""
    return "uint8" if column["kind"] == "checksum" else str(column["kind"])


def column_property(column: dict[str, object]) -> str:
    kind = dtype(column)
    doc = paragraph(str(column["doc"]))
    returned = "AddressColumn" if kind == "address" else f"numpy.ndarray of {kind}"
    tshark = f"tshark: {column['tshark']}." if "tshark" in column else "tshark has no such field."
    source = f"One value a packet; {'default column' if column['default'] else 'read on request'}. {tshark}"
    return "\n".join(
        [
            "    @property",
            f"    def {column['name']}(self) -> {TYPES[kind]}:",
            f'        """{doc}',
            "",
            "        Returns",
            "        -------",
            f"        {returned}",
            *wrap(source, 130, initial_indent=" " * 12, subsequent_indent=" " * 12),
            '        """',
            f'        return cast("{TYPES[kind]}", self._column("{column["name"]}"))',
        ]
    )


FLOW_TYPES = {
    **TYPES,
    "uint64": "NDArray[np.uint64]",
    "float64": "NDArray[np.float64]",
    "timedelta64[ns]": "NDArray[np.timedelta64]",
    "text": "NDArray[np.object_]",
    "string": "NDArray[np.object_]",
    "uint32[n]": "NDArray[np.uint32]",
    "timedelta64[ns][n]": "NDArray[np.timedelta64]",
    "int8[n]": "NDArray[np.int8]",
}
FLOW_GROUPS = {
    "core": ("Core", ""),
    "statistics": ("Statistics: `statistics=True`", " Made with ``statistics=True``."),
    "sequence": ("First packets: `sequence=N`", " Made with ``sequence=N``."),
}


def flow_property(column: dict[str, object]) -> str:
    kind = str(column["kind"])
    objects = {"address": "AddressColumn", "text": "numpy.ndarray of object", "string": "numpy.ndarray of object"}
    returned = objects.get(kind, f"numpy.ndarray of {kind.removesuffix('[n]')}")
    values = "A row a flow, a column a packet." if kind.endswith("[n]") else "One value a flow."
    made = FLOW_GROUPS[str(column["group"])][1]
    return "\n".join(
        [
            "    @property",
            f"    def {column['name']}(self) -> {FLOW_TYPES[kind]}:",
            f'        """{paragraph(str(column["doc"]))}',
            "",
            "        Returns",
            "        -------",
            f"        {returned}",
            f"            {values}{made}",
            '        """',
            f'        return cast("{FLOW_TYPES[kind]}", self._core_column("{column["name"]}"))',
        ]
    )


def flow_columns() -> list[dict[str, object]]:
    return [column for column in _core.flow_column_table() if column["group"] != "zeek"]


def generated() -> str:
    flags = [(flag, 1 << bit, f"The {flag} flag.") for bit, flag in enumerate(TCP_FLAGS)]
    columns = _core.column_table()
    parts = [
        HEADER.format(title="Enumerations and column properties."),
        "from __future__ import annotations\n",
        "from enum import IntEnum, IntFlag",
        "from operator import index",
        "from typing import TYPE_CHECKING, Final, Self, SupportsIndex, cast\n",
        "if TYPE_CHECKING:",
        "    import numpy as np",
        "    from numpy.typing import NDArray\n",
        "    from .address import AddressColumn\n\n",
        enum("Layer", "IntFlag", "The headers found in a packet: bits of the column ``layers``.", _core.layers()),
        "\n",
        enum("Stop", "IntEnum", "Why decoding of a packet ended: values of the column ``stop``.", _core.stops()),
        "\n",
        enum("Checksum", "IntEnum", "What is known of a checksum: values of its column.", _core.checksums()),
        "\n",
        enum("Tunnel", "IntEnum", "What carried the innermost headers: values of the column ``tunnel``.", _core.tunnels()),
        "\n",
        enum("EndReason", "IntEnum", "Why a flow ended: values of the column ``end_reason`` of flows.", _core.end_reasons()),
        "\n",
        enum("TcpFlag", "IntFlag", "Bits of the column ``tcp_flags`` (RFC 9293, RFC 3168, RFC 3540).", flags),
        "\n",
        "DEFAULT_COLUMNS: Final = (",
        *(f'    "{column["name"]}",' for column in columns if column["default"]),
        ")",
        '"""Columns that are read when none are named."""\n',
        "ALL_COLUMNS: Final = (",
        *(f'    "{column["name"]}",' for column in columns),
        ")",
        '"""Every column, in the table\'s order."""\n\n',
        "class ColumnProperties:",
        '    """A property for every column; one that was not read raises AttributeError and names the fix."""\n',
        "    def _column(self, name: str) -> object:",
        "        raise NotImplementedError  # pragma: no cover - Capture has it\n",
        "\n\n".join(column_property(column) for column in columns),
        "\n",
        "class FlowProperties:",
        '    """A property for every column of flows; one that was not made raises AttributeError and names the fix."""\n',
        "    def _core_column(self, name: str) -> object:",
        "        raise NotImplementedError  # pragma: no cover - Flows has it\n",
        "\n\n".join(flow_property(column) for column in flow_columns()),
    ]
    return "\n".join(parts) + "\n"


def reference() -> str:
    lines = [
        "# Columns",
        "",
        "<!-- Generated from the tables of the Rust core by tools/generate.py; do not edit. -->",
        "",
        "Absence is 0 in numpy and null in Arrow, pandas and polars. Columns marked ● are read when none are named.",
        "",
        "| column | type | | meaning | tshark field |",
        "|---|---|---|---|---|",
    ]
    for column in _core.column_table():
        mark = "●" if column["default"] else ""
        tshark = column.get("tshark", "—")
        lines.append(f"| `{column['name']}` | {dtype(column)} | {mark} | {paragraph(str(column['doc']))} | {tshark} |")
    enums = {"Layer": _core.layers(), "Stop": _core.stops(), "Checksum": _core.checksums(), "Tunnel": _core.tunnels()}
    for title, members in enums.items():
        lines += ["", f"## {title}", "", "| name | value | meaning |", "|---|---|---|"]
        lines += [f"| {name} | {value} | {paragraph(doc)} |" for name, value, doc in members]
    return "\n".join(lines) + "\n"


def flow_reference() -> str:
    lines = [
        "# Columns of flows",
        "",
        "<!-- Generated from the tables of the Rust core by tools/generate.py; do not edit. -->",
        "",
        "Absence is 0 in numpy and null in Arrow, pandas and polars. How flows are made, and the definitions of statistics, are",
        "in [flow-features.md](flow-features.md).",
    ]
    for group, (title, _) in FLOW_GROUPS.items():
        lines += ["", f"## {title}", "", "| column | type | meaning |", "|---|---|---|"]
        for column in flow_columns():
            if column["group"] == group:
                lines.append(f"| `{column['name']}` | {column['kind']} | {paragraph(str(column['doc']))} |")
    lines += ["", "## EndReason", "", "| name | value | meaning |", "|---|---|---|"]
    lines += [f"| {name} | {value} | {doc} |" for name, value, doc in _core.end_reasons()]
    lines += ["", "## conn_state", "", "| value | meaning |", "|---|---|"]
    lines += [f"| {name} | {doc} |" for name, doc in _core.conn_states()]
    return "\n".join(lines) + "\n"


def main() -> None:
    outputs = {
        ROOT / "python/pcapframe/_generated.py": generated(),
        ROOT / "docs/columns.md": reference(),
        ROOT / "docs/flow-columns.md": flow_reference(),
    }
    stale = [path for path, text in outputs.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if "--check" in sys.argv:
        if stale:
            names = ", ".join(str(path.relative_to(ROOT)) for path in stale)
            sys.exit(f"out of date: {names}; run `make generate`")
        return
    for path in stale:
        path.parent.mkdir(exist_ok=True)
        path.write_text(outputs[path], encoding="utf-8")
        print(f"wrote {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
