"""Every public name of dpkt's modules is there, and constants, headers and dispatch tables are the same."""

from __future__ import annotations

import importlib
import types

import pytest

dpkt = pytest.importorskip("dpkt")

from . import targets  # noqa: E402

CONSTANT = (int, str, bytes, float)
# Written for one kind of Python or of dpkt's own tests.
NOT_MEANT = {"compat_izip", "iteritems", "StringIO"}
# What programs use although its name says that it is private.
PRIVATE_BUT_USED = {"_typesw", "_typesw_rev", "_protosw", "_pack_hdr", "__pprint_funcs__", "__byte_order__"}
CLASS = (
    "__hdr__",
    "__hdr_len__",
    "__hdr_fmt__",
    "__hdr_fields__",
    "__hdr_defaults__",
    "__bit_fields__",
    "__bit_fields_defaults__",
)


@pytest.fixture(scope="module")
def package():
    return targets.ours()


def module(package, name):
    return importlib.import_module(f"{package.__name__}.{name}")


def names(theirs):
    """What a module offers: its own, without tests and what they need, and without what it imports."""
    for name, value in vars(theirs).items():
        if name.startswith("_") or name.lower().startswith("test") or name in NOT_MEANT or isinstance(value, types.ModuleType):
            continue
        owner = getattr(value, "__module__", theirs.__name__)
        if owner == theirs.__name__ and name not in {
            "TryExceptException",
            "define_testdata",
            "pre_test",
            "PostTest",
            "WriterTestWrap",
            "property_runner",
        }:
            yield name, value


@pytest.mark.parametrize("name", targets.NATIVE)
def test_names_and_constants(package, name):
    theirs, ours = importlib.import_module(f"dpkt.{name}"), module(package, name)
    compared = 0
    for public, value in names(theirs):
        assert hasattr(ours, public), public
        found = getattr(ours, public)
        if isinstance(value, CONSTANT):
            assert (type(found), found) == (type(value), value), public
        elif isinstance(value, type):
            assert isinstance(found, type), public
        else:
            assert callable(found) == callable(value), public
        compared += 1
    assert compared


def _plain(value):
    """A header is a tuple in one class and a list in another."""
    return tuple(map(tuple, value)) if isinstance(value, (list, tuple)) and value and isinstance(value[0], tuple) else value


def classes(theirs, ours, name=""):
    """Each class of a module with its counterpart, nested ones too."""
    for public, value in list(vars(theirs).items()):
        mine = isinstance(value, type) and value.__module__ == (
            theirs.__name__ if isinstance(theirs, types.ModuleType) else theirs.__module__
        )
        if mine and hasattr(value, "__hdr_fmt__") and not public.lower().startswith("test"):
            yield f"{name}{public}", value, getattr(ours, public)
            yield from classes(value, getattr(ours, public), f"{name}{public}.")


@pytest.mark.parametrize("name", targets.NATIVE)
def test_classes(package, name):
    theirs, ours = importlib.import_module(f"dpkt.{name}"), module(package, name)
    for path, expected, found in classes(theirs, ours):
        assert (found.__name__, found.__qualname__) == (expected.__name__, expected.__qualname__)
        assert found.__module__ == f"{package.__name__}.{name}", path
        assert issubclass(found, package.Packet)
        for attribute in CLASS:
            value = getattr(expected, attribute, None)
            assert _plain(getattr(found, attribute, None)) == _plain(value), f"{path}.{attribute}"
        wanted = {member for member in dir(expected) if not member.startswith("_") or member in PRIVATE_BUT_USED}
        assert wanted <= set(dir(found)), path
        # "Temp" is how dpkt gives Packet its metaclass; ours may have a class in between, such as the base of all tags.
        bases = [base.__name__ for base in expected.__mro__ if base.__module__.startswith("dpkt.") and base.__name__ != "Temp"]
        ours_too = [base.__name__ for base in found.__mro__ if base.__module__.startswith(package.__name__)]
        assert [name for name in ours_too if name in bases] == bases, path


def test_there_are_classes_to_compare(package):
    found = [
        path for name in targets.NATIVE for path, *_ in classes(importlib.import_module(f"dpkt.{name}"), module(package, name))
    ]
    assert len(found) > 80
    assert "ICMP.Unreach" in found


def test_the_package(package):
    assert package.__version__ == dpkt.__version__
    assert {
        "Packet",
        "Error",
        "UnpackError",
        "NeedData",
        "PackError",
        "hexdump",
        "in_cksum",
        "in_cksum_add",
        "in_cksum_done",
    } <= set(dir(package))
    modules = {
        name for name, value in vars(dpkt).items() if isinstance(value, types.ModuleType) and value.__name__ == f"dpkt.{name}"
    }
    assert len(modules) > 55
    for name in modules:
        assert isinstance(getattr(package, name), types.ModuleType), name


def test_what_dpkt_imports_is_reached_through_it(package):
    """Programs say `dpkt.struct` and `dpkt.compat_ord`."""
    inherited = {"absolute_import", "division", "print_function", "name", "mod", "sys"}
    names = {name for name in vars(dpkt) if not name.startswith(("_", "test_")) and name not in inherited}
    assert {"struct", "compat_ord", "ntole"} <= names
    assert not [name for name in names if not hasattr(package, name)]


def test_names_with_a_prefix_can_be_turned_around(package):
    """As a program does that looks for names of numbers."""
    theirs, ours = (
        {getattr(where.icmp, name): name for name in dir(where.icmp) if name.startswith("ICMP_")} for where in (dpkt, package)
    )
    assert theirs.items() <= ours.items()
    assert ours.keys() - theirs.keys() == {package.icmp.ICMP_TYPE_DESCRIPTIONS}


def test_errors_inherit_as_dpkt_s(package):
    for name in ("Error", "UnpackError", "NeedData", "PackError"):
        bases = [base.__name__ for base in getattr(dpkt, name).__mro__]
        assert [base.__name__ for base in getattr(package, name).__mro__] == bases
        assert getattr(package, name) is getattr(package.dpkt, name)


TABLES = [
    ("ethernet", "Ethernet", "_typesw"),
    ("ethernet", "Ethernet", "_typesw_rev"),
    ("ip", "IP", "_protosw"),
    ("ip6", "IP6", "_protosw"),
    ("ppp", "PPP", "_protosw"),
    ("pppoe", "PPP", "_protosw"),
    ("icmp", "ICMP", "_typesw"),
    ("icmp6", "ICMP6", "_typesw"),
    ("sll", "SLL", "_typesw"),
    ("sll2", "SLL2", "_typesw"),
    ("cdp", "CDP", "tlv_types"),
]


@pytest.mark.parametrize(("name", "cls", "table"), TABLES)
def test_dispatch_tables(package, name, cls, table):
    def plain(value):
        return f"{value.__module__.rpartition('.')[2]}.{value.__qualname__}" if isinstance(value, type) else value

    expected, found = (
        {plain(key): plain(value) for key, value in getattr(getattr(where, cls), table).items()}
        for where in (importlib.import_module(f"dpkt.{name}"), module(package, name))
    )
    assert expected
    assert found == expected


def test_tables_that_are_shared(package):
    """What is registered with one is known to the others."""
    for where in (dpkt, package):
        assert where.ip6.IP6._protosw is where.ip.IP._protosw
        assert where.sll.SLL._typesw is where.ethernet.Ethernet._typesw
        assert where.sll2.SLL2._typesw is where.ethernet.Ethernet._typesw
        assert where.pppoe.PPP._protosw is where.ppp.PPP._protosw
    assert {number: cls.__name__ for number, cls in package.ip6.EXT_HDRS_CLS.items()} == {
        number: cls.__name__ for number, cls in dpkt.ip6.EXT_HDRS_CLS.items()
    }
