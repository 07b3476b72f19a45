"""Runs scripts on captures in one process, and writes what each printed, and how it ended, as JSON.

usage: run_workflows.py OUT.json SCRIPT… -- CAPTURE…
"""

import contextlib
import io
import json
import runpy
import sys

separator = sys.argv.index("--")
target, scripts, captures = sys.argv[1], sys.argv[2:separator], sys.argv[separator + 1 :]
results = {}
for script in scripts:
    for capture in captures:
        sys.argv = [script, capture]
        error = None
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            try:
                runpy.run_path(script, run_name="__main__")
            except Exception as raised:
                error = [type(raised).__name__, str(raised)]
        results[f"{script}\n{capture}"] = {"printed": printed.getvalue(), "error": error}

import dpkt  # noqa: E402

with open(target, "w", encoding="utf-8") as file:
    json.dump({"dpkt": [dpkt.__file__, dpkt.ethernet.Ethernet.__module__, dpkt.__version__], "results": results}, file)
