"""dpkt's own tests, which stand in its modules, against ours: one case here for each of them."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys

import pytest

pytest.importorskip("dpkt")

from . import suite, targets

TESTS = suite.collect()
CORE = [(module, test) for module in suite.CORE for test in TESTS[module]]
ALL = [(module, test) for module, tests in TESTS.items() for test in tests]

# All that may come from dpkt's files besides the tests: what only they use.
HELPERS = {
    "dns": {"TryExceptException", "define_testdata", "property_runner"},
    "pcap": {"TestData", "TryExceptException", "WriterTestWrap"},
    "pcapng": {"PostTest", "WriterTestWrap", "define_testdata", "pre_test"},
    "snoop": {"TestFileReader"},
}
# Modules of Python's library that tests find imported by dpkt's module.
LIBRARY = {"struct", "codecs", "sys", "time", "array", "socket", "BytesIO", "Decimal", "crc32", "warnings", "struct_pack"}


def run(which, folder, package=targets.OURS):
    target = folder / f"{which}.json"
    done = subprocess.run(
        [sys.executable, pathlib.Path(suite.__file__), package, which, target],
        capture_output=True, text=True, timeout=300, check=False, cwd=targets.ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(target.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def core(tmp_path_factory):
    """The results with the real dpkt out of reach."""
    return run("core", tmp_path_factory.mktemp("suite"))


@pytest.fixture(scope="session")
def everything(tmp_path_factory):
    return run("all", tmp_path_factory.mktemp("suite"))


def test_none_is_lost(core, everything):
    assert (len(CORE), len(ALL)) == (143, 427)
    assert {(module, test) for module, tests in core["results"].items() for test in tests} == set(CORE)
    assert {(module, test) for module, tests in everything["results"].items() for test in tests} == set(ALL)


def test_nothing_of_dpkt_s_own_is_tested_instead_of_ours(core, everything):
    for helpers in (core["helpers"], everything["helpers"]):
        foreign = {(module, name) for module, names in helpers.items() for name in names if name not in HELPERS.get(module, ())}
        assert {name for _, name in foreign} <= LIBRARY, foreign


@pytest.mark.parametrize(("module", "test"), CORE, ids=[".".join(case) for case in CORE])
def test_core(core, module, test):
    assert core["results"][module][test] is None, core["results"][module][test]


@pytest.mark.parametrize(("module", "test"), ALL, ids=[".".join(case) for case in ALL])
def test_all(everything, module, test):
    assert everything["results"][module][test] is None, everything["results"][module][test]


def test_a_wrong_answer_fails(tmp_path, monkeypatch):
    """A package whose checksums are wrong and whose writer writes nothing: the tests that look at these fail, the others pass."""
    package = tmp_path / "wrong"
    package.mkdir()
    (package / "__init__.py").write_text(
        "import sys\n"
        "import dpkt as real\n"
        "for name, module in list(sys.modules.items()):\n"
        "    if name.startswith('dpkt.'):\n"
        "        sys.modules['wrong' + name[4:]] = module\n"
        "real.dpkt.in_cksum_done = lambda s: 1\n"
        "real.pcapng.Writer.writepkt_time = lambda *arguments: None\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    results = run("all", tmp_path, "wrong")["results"]
    failed = {f"{module}.{test}" for module, tests in results.items() for test, text in tests.items() if text}
    assert {"dpkt.test_utils", "icmp.test_icmp", "pcapng.test_simple_write_read"} <= failed
    assert len(failed) < 60
