"""Signals, forks, threads: what a notebook and a server do to a library."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import pytest

import pcapframe as pf
from frames import ethernet, ipv4, pcap, udp


@pytest.fixture(scope="session")
def big(tmp_path_factory):
    """A capture that is read on several threads."""
    path = tmp_path_factory.mktemp("big") / "big.pcap"
    frames = [ethernet(ipv4(udp(i, 53, bytes(i % 300)), 17, f"10.0.{i % 7}.1")) for i in range(1000)]
    path.write_bytes(pcap([(i, 0, frame) for i, frame in enumerate(frames * 60)]))
    assert path.stat().st_size > 8 << 20
    return path


def run(code, **options):
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=60, check=False, **options
    )


def test_importing_loads_no_optional_package():
    code = """
        import sys, pcapframe
        heavy = {"matplotlib", "pandas", "polars", "pyarrow", "sklearn", "tqdm", "scipy"}
        print(sorted(heavy & {name.partition(".")[0] for name in sys.modules}))
    """
    assert run(code).stdout.strip() == "[]"


def test_ctrl_c_ends_a_read_at_once(big):
    """The signal comes while the read is under way: a slow progress callback makes it last."""
    code = f"""
        import os, signal, sys, time
        import pcapframe as pf
        from pcapframe import _core
        seen = []
        def progress(done, total):
            seen.append(time.monotonic())
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.01)
        try:
            # Chunks of 64 bytes make work for a minute.
            _core.read([{str(big)!r}], ["timestamp"], _core.Settings(threads=2, chunk=64), progress=progress)
        except KeyboardInterrupt:
            print("interrupted", round(1000 * (time.monotonic() - seen[0])))
    """
    done = run(code)
    word, milliseconds = done.stdout.split()
    assert word == "interrupted", done.stderr
    # Not a speed but a promise: a whole read of this kind takes many seconds.
    assert int(milliseconds) < 1000


def test_what_a_progress_callback_raises_ends_the_read(big):
    def progress(done, total):
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        pf.read_pcap(big, progress=progress)
    assert len(pf.read_pcap(big)) == 60_000


def test_progress_counts_up_to_the_end(big):
    seen = []
    pf.read_pcap(big, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (big.stat().st_size,) * 2
    assert sorted(seen) == seen


def ports(path):
    cap = pf.read_pcap(path, threads=2)
    return int(cap.sport.astype(np.int64).sum()), len(cap.src.unique())


@pytest.mark.parametrize("method", [m for m in ("fork", "spawn", "forkserver") if m in multiprocessing.get_all_start_methods()])
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_processes_started_after_a_read(big, method):
    expected = ports(big)
    with multiprocessing.get_context(method).Pool(2) as pool:
        assert pool.map_async(ports, [big] * 4).get(60) == [expected] * 4
    assert ports(big) == expected


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_capture_survives_a_fork(big):
    cap = pf.read_pcap(big)
    child = os.fork()
    if child == 0:
        fine = len(cap[cap.src == "10.0.3.1"]) > 0 and cap.packet(7) and cap.src.unique()
        os._exit(0 if fine else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_threads_share_a_capture_and_read_at_the_same_time(big):
    cap = pf.read_pcap(big)
    expected = ports(big)
    results = []

    def work():
        results.append((ports(big), cap.src.unique(), int((cap.src == "10.0.3.1").sum()), cap.packet(5), cap.to_arrow().num_rows))

    workers = [threading.Thread(target=work) for _ in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert len(results) == 6
    assert all(result == results[0] for result in results)
    assert results[0][0] == expected


def test_other_threads_run_while_a_capture_is_read(big):
    """The GIL is free: a thread that counts gets on while chunks of 64 bytes keep one reader busy for long."""
    from pcapframe import _core

    counted = 0
    stop = threading.Event()

    def count():
        nonlocal counted
        while not stop.is_set():
            counted += 1
            time.sleep(0)

    worker = threading.Thread(target=count)
    worker.start()
    before = counted
    _core.read([str(big)], ["timestamp"], _core.Settings(threads=1, chunk=64))
    during = counted - before
    stop.set()
    worker.join()
    assert during > 20


@pytest.mark.parametrize(("value", "expected"), [("1", 1), ("3", 3), (" 2 ", 2)])
def test_threads_from_the_environment(monkeypatch, value, expected):
    monkeypatch.setenv("PCAPFRAME_THREADS", value)
    assert pf._core.default_threads() == expected


@pytest.mark.parametrize("value", ["0", "-1", "many", ""])
def test_threads_follow_affinity_where_the_environment_is_no_number(monkeypatch, value):
    monkeypatch.setenv("PCAPFRAME_THREADS", value)
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    assert 1 <= pf._core.default_threads() <= allowed


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no affinity")
def test_affinity_is_respected():
    code = """
        import os
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        from pcapframe import _core
        print(_core.default_threads())
    """
    assert run(code, env={k: v for k, v in os.environ.items() if k != "PCAPFRAME_THREADS"}).stdout.strip() == "1"


def test_no_thread_outlives_a_read(big):
    if not os.path.isdir("/proc/self/task"):
        pytest.skip("no /proc")
    pf.read_pcap(big, threads=4)
    deadline = time.monotonic() + 5
    while "pcapframe" in names_of_threads() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert "pcapframe" not in names_of_threads()


def names_of_threads():
    names = []
    for task in os.listdir("/proc/self/task"):
        try:
            with open(f"/proc/self/task/{task}/comm") as file:
                names.append(file.read())
        except FileNotFoundError:  # it has just ended
            continue
    return " ".join(names)


def test_memory_is_given_back(big):
    """Reading again and again leaves nothing behind."""
    if not os.path.exists("/proc/self/statm"):
        pytest.skip("no /proc")

    def resident():
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * 4096

    for _ in range(5):
        pf.read_pcap(big, columns="all").src.unique()
    before = resident()
    for _ in range(40):
        pf.read_pcap(big, columns="all").src.unique()
    assert resident() - before < 20 << 20


def test_signals_work_again_after_a_read(big):
    pf.read_pcap(big)
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
