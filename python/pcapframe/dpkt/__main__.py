"""``python -m pcapframe.dpkt script.py [args]``: runs a script written for dpkt on this package."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

from . import install

USAGE = """usage: python -m pcapframe.dpkt script.py [arguments]
       python -m pcapframe.dpkt -m module [arguments]

Runs a program written for dpkt, unchanged: `import dpkt` in it gives pcapframe.dpkt."""


def main(arguments: list[str]) -> None:
    """Run the script, or with `-m` the module, that `arguments` name; its arguments follow."""
    if not arguments or arguments[0] in ("-h", "--help") or arguments == ["-m"]:
        print(USAGE, file=sys.stdout if arguments[:1] in (["-h"], ["--help"]) else sys.stderr)
        raise SystemExit(0 if arguments[:1] in (["-h"], ["--help"]) else 2)
    install()
    if arguments[0] == "-m":
        sys.argv = arguments[1:]
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
        return
    script = arguments[0]
    if not Path(script).exists():
        raise SystemExit(f"python -m pcapframe.dpkt: there is no file {script!r}")
    sys.argv = arguments
    # As Python itself does it: modules beside the script come first.
    sys.path[0] = str(Path(script).resolve().parent)
    runpy.run_path(script, run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1:])
