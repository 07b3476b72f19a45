"""Runs the tests that dpkt's modules carry against another package; dpkt's files are read for them and never imported.

usage: python suite.py PACKAGE core|all OUT.json

A test needs names. Those that the package's module of the same name has are taken from there, and nothing else is: what is
missing there is looked up in dpkt's file, so that helpers of the tests come along with what they need in turn. Which ones came
along is reported, so that nobody's implementation does.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import functools
import importlib
import importlib.util
import io
import json
import pathlib
import sys
import traceback
import types
import warnings
from collections.abc import Iterator

# What must pass without dpkt.
CORE = "dpkt pcap pcapng ethernet ip ip6 tcp udp icmp icmp6 arp sll sll2 ppp pppoe gre vrrp utils crc32c".split()  # noqa: SIM905


@functools.cache
def sources() -> dict[str, pathlib.Path]:
    """Name and file of each of dpkt's modules; asked for once, before another package stands in for dpkt."""
    spec = importlib.util.find_spec("dpkt")
    if spec is None or spec.origin is None:
        raise ImportError("dpkt is not installed")
    return {path.stem: path for path in sorted(pathlib.Path(spec.origin).parent.glob("*.py")) if path.stem != "__init__"}


def tests_in(tree: ast.Module) -> list[str]:
    """Names of the tests: functions, and methods of classes."""
    found = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
            found.append(node.name)
        elif isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            methods = [part.name for part in node.body if isinstance(part, ast.FunctionDef) and part.name.startswith("test")]
            found += [f"{node.name}.{name}" for name in methods]
    return found


def collect() -> dict[str, list[str]]:
    """The tests of every module."""
    return {name: tests_in(ast.parse(path.read_text(encoding="utf-8"))) for name, path in sources().items()}


class Source:
    """One of dpkt's files: its definitions by name."""

    def __init__(self, path: pathlib.Path) -> None:
        self.path = path
        self.tree = ast.parse(path.read_text(encoding="utf-8"))
        self.definitions: dict[str, ast.stmt] = {}
        for node in self.tree.body:
            for name in self.defined(node):
                self.definitions[name] = node

    @staticmethod
    def defined(node: ast.stmt) -> list[str]:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            return [node.name]
        if isinstance(node, ast.Assign):
            return [target.id for target in node.targets if isinstance(target, ast.Name)]
        # Their own packages come from elsewhere; what is imported from Python's library is as good as a helper.
        if isinstance(node, ast.Import) or (isinstance(node, ast.ImportFrom) and not node.level and node.module != "__future__"):
            return [alias.asname or alias.name.partition(".")[0] for alias in node.names]
        return []


class Loader:
    """Puts tests, and the helpers they need, into the modules of a package."""

    def __init__(self, package: str) -> None:
        self.package = package
        self.files = sources()
        self.kept: dict[str, dict[int, ast.stmt]] = {}
        self.helpers: dict[str, set[str]] = {}
        self.parsed: dict[str, Source] = {}
        self.before: list[tuple[dict[str, object], dict[str, object]]] = []

    def source(self, module: str) -> Source:
        if module not in self.parsed:
            self.parsed[module] = Source(self.files[module])
        return self.parsed[module]

    def namespace(self, module: str) -> dict[str, object]:
        return vars(importlib.import_module(f"{self.package}.{module}"))

    def keep(self, module: str, node: ast.stmt) -> None:
        kept = self.kept.setdefault(module, {})
        if node.lineno not in kept:
            kept[node.lineno] = node
            for where, name in self.needed(module, node):
                self.need(where, name)

    def need(self, module: str, name: str) -> None:
        if name in self.namespace(module) or hasattr(builtins, name):
            return
        node = self.source(module).definitions.get(name)
        if node is not None:
            self.helpers.setdefault(module, set()).add(name)
            self.keep(module, node)

    def needed(self, module: str, node: ast.stmt) -> Iterator[tuple[str, str]]:
        """Module and name of all that a definition refers to: names of its own file, and attributes of sibling modules."""
        siblings = {
            alias.asname or alias.name: alias.name
            for part in ast.walk(node)
            if isinstance(part, ast.ImportFrom) and part.level == 1 and not part.module
            for alias in part.names
        }
        for part in ast.walk(node):
            if isinstance(part, ast.Name) and part.id not in siblings:
                yield module, part.id
            elif isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id in siblings:
                sibling = siblings[part.value.id]
                if sibling in self.files:
                    yield sibling, part.attr

    def load(self, module: str) -> None:
        for node in self.source(module).tree.body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name.lower().startswith("test"):
                self.keep(module, node)
        for name, nodes in self.kept.items():
            body = [nodes[line] for line in sorted(nodes)]
            code = compile(ast.Module(body, type_ignores=[]), str(self.source(name).path), "exec")
            namespace = self.namespace(name)
            self.before.append((namespace, dict(namespace)))
            exec(code, namespace)

    def restore(self) -> None:
        """Take everything out again, and what the tests have changed."""
        for namespace, saved in self.before:
            namespace.clear()
            namespace.update(saved)


def call(namespace: dict[str, object], test: str) -> None:
    owner, _, method = test.rpartition(".")
    if not owner:
        namespace[test]()
        return
    cls = namespace[owner]
    if hasattr(cls, "setup_class"):
        cls.setup_class()
    instance = cls()
    if hasattr(instance, "setup_method"):
        instance.setup_method()
    getattr(instance, method)()


def run_module(package: str, module: str, tests: list[str]) -> tuple[dict[str, str | None], dict[str, list[str]]]:
    """The traceback of each test, or None where it passes, and the helpers that were taken from dpkt's files."""
    loader = Loader(package)
    try:
        loader.load(module)
        namespace = loader.namespace(module)
    except Exception:
        loader.restore()
        return dict.fromkeys(tests, traceback.format_exc()), {}
    results: dict[str, str | None] = {}
    try:
        for test in tests:
            with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    call(namespace, test)
                    results[test] = None
                except BaseException:  # pytest's own exceptions are no Exception
                    results[test] = traceback.format_exc()
    finally:
        loader.restore()
    return results, {name: sorted(helpers) for name, helpers in loader.helpers.items()}


class Refuse:
    """The real dpkt can not be imported."""

    def find_spec(self, name: str, *_: object) -> None:
        if name.partition(".")[0] == "dpkt":
            raise ImportError(f"the real dpkt was imported, as {name}")


def stand_in(package: str) -> None:
    """`import dpkt` inside a test means the package under test."""
    for name, module in list(sys.modules.items()):
        if name == package or name.startswith(f"{package}."):
            sys.modules["dpkt" + name[len(package) :]] = module


def main(package: str, which: str, target: str) -> None:
    collected = collect()
    if which == "core" and package != "dpkt":
        sys.meta_path.insert(0, Refuse())
    modules = CORE if which == "core" else [name for name, tests in collected.items() if tests]
    imported: types.ModuleType = importlib.import_module(package)
    assert imported
    results: dict[str, dict[str, str | None]] = {}
    helpers: dict[str, list[str]] = {}
    for module in modules:
        with contextlib.suppress(ImportError):
            importlib.import_module(f"{package}.{module}")
        if package != "dpkt":
            stand_in(package)
        results[module], taken = run_module(package, module, collected[module])
        for name, found in taken.items():
            helpers[name] = sorted({*helpers.get(name, []), *found})
    pathlib.Path(target).write_text(json.dumps({"results": results, "helpers": helpers}), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
