"""The notebooks: stripped, of one form, named in the README, and using nothing that `make notebooks` does not install.

`make notebooks` executes them, as part of the gate.
"""

from __future__ import annotations

import ast
import json
import re
import sys
import tomllib

import pytest

from conftest import ROOT
from test_docs import MACHINE_PATH

NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))
# Packages whose module has another name.
MODULES = {"scikit-learn": "sklearn"}
# What Jupyter makes up where nobody has named a cell.
RANDOM_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){0,3}")


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.fixture
def notebook(path):
    return json.loads(path.read_text(encoding="utf-8"))


def sources(notebook, kind):
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == kind]


def python(notebook):
    """The code without the commands of IPython."""
    lines = [line for cell in sources(notebook, "code") for line in cell.splitlines()]
    return "\n".join(line for line in lines if not line.startswith(("%", "!")))


def imported(code):
    """Names of the packages that are imported."""
    names = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names


def installed(extra):
    """Names of the packages that an extra of ours installs."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    names = {"numpy", "pcapframe"}
    for requirement in extras[extra]:
        name, others = re.match(r"([\w-]+)(?:\[(.*)\])?", requirement).groups()
        names |= {name} if name != "pcapframe" else set().union(*map(installed, others.split(",")))
    return names


def test_the_readme_names_them_in_order():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"\]\(examples/([^)]+\.ipynb)\)", text) == [path.name for path in NOTEBOOKS]
    assert [path.name[:2] for path in NOTEBOOKS] == [f"{number:02}" for number in range(1, len(NOTEBOOKS) + 1)]
    assert len(NOTEBOOKS) >= 4


def test_nothing_is_left_of_a_run(notebook):
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert [cell["id"] for cell in code if cell["outputs"] or cell["execution_count"] is not None] == []
    assert [cell["id"] for cell in notebook["cells"] if cell["metadata"] or "attachments" in cell] == []
    assert set(notebook["metadata"]) <= {"kernelspec", "language_info"}


def test_any_jupyter_opens_it(notebook):
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"


def test_cells_have_names_of_their_own(notebook):
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids)
    assert [name for name in ids if not re.fullmatch(r"[a-z][a-z0-9-]*", name) or RANDOM_ID.fullmatch(name)] == []


def test_it_begins_with_its_title(path, notebook):
    first = notebook["cells"][0]
    assert first["cell_type"] == "markdown"
    assert "".join(first["source"]).startswith(f"# {path.name[:2]} ")


def test_it_needs_no_other_machine(path, notebook):
    texts = sources(notebook, "code") + sources(notebook, "markdown")
    assert [match[0] for text in texts if (match := MACHINE_PATH.search(text))] == []
    targets = [target for text in sources(notebook, "markdown") for target in re.findall(r"\]\(([^)\s]+)\)", text)]
    local = [target.partition("#")[0] for target in targets if not re.match(r"[a-z]+:|#", target)]
    assert [target for target in local if not (path.parent / target).exists()] == []


def test_the_extra_has_all_that_it_imports(notebook):
    known = {MODULES.get(name, name) for name in installed("notebook")} | sys.stdlib_module_names
    assert imported(python(notebook)) - known == set()


def test_what_is_imported_and_installed_is_found():
    assert imported("import numpy.linalg as la\nfrom sklearn.svm import SVC") == {"numpy", "sklearn"}
    assert {"matplotlib", "scikit-learn", "duckdb", "nbconvert", "ipykernel"} <= installed("notebook")
    assert "nbconvert" not in installed("plot")
