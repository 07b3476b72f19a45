"""``pcapframe detect`` and ``pcapframe watch``: what they print and hand over, on files and on streams that come slowly."""

from __future__ import annotations

import http.server
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import pcapframe as pf
from attacks import ME, START, SYN, YOU, arp, capture, connection, echo, every, records, segment
from frames import pcap
from pcapframe import detect
from pcapframe.__main__ import main
from pcapframe.detect._live import LIVE, MOST_EVENTS, Ring, Watch, live_columns

SECOND = 10**9
SCAN = every(0.01, [segment(SYN, port) for port in range(1000, 1020)])


def run(*args, stdin=b"", **options):
    command = [sys.executable, "-m", "pcapframe", *map(str, args)]
    return subprocess.run(command, input=stdin, capture_output=True, timeout=60, check=False, **options)


@pytest.fixture
def scan(tmp_path):
    path = tmp_path / "scan.pcap"
    path.write_bytes(pcap(records(SCAN), nano=True))
    return path


# detect.


def test_detect_prints_a_table(scan, capsys):
    assert main(["detect", str(scan), "--filters"]) == 0
    header, row, display_filter = capsys.readouterr().out.splitlines()
    assert header.split() == ["first", "seen", "(UTC)", "severity", "kind", "packets", "what"]
    assert "medium    port_scan       20  10.0.0.1 tried 20 ports of 10.0.0.2 (SYN scan)" in row
    assert display_filter.startswith("1: frame.time_epoch >= 1700000000.000000000 && ")


def test_detect_as_json_and_eve(scan, tmp_path, capsys):
    out = tmp_path / "eve.json"
    assert main(["detect", str(scan), "--json", "--eve", str(out)]) == 0
    (alert,) = json.loads(capsys.readouterr().out)
    assert alert == detect.all(pf.read_pcap(scan))[0].to_dict()
    assert json.loads(out.read_text())["alert"]["rule"] == alert["filter"]


def test_the_exit_status_of_detect(scan, capsys):
    assert main(["detect", str(scan), "--fail-on", "medium"]) == 3
    assert main(["detect", str(scan), "--fail-on", "high"]) == 0
    assert main(["detect", str(scan), "--severity", "high"]) == 0
    assert capsys.readouterr().out.endswith("no alerts\n")
    assert main(["detect", str(scan), "--only", "icmp-flood,syn_flood", "--json"]) == 0
    assert capsys.readouterr().out == "[]\n"
    with pytest.raises(SystemExit):
        main(["detect", str(scan), "--only", "nonsense"])
    assert "there is no detector 'nonsense'; detectors are port_scan" in capsys.readouterr().err
    assert main(["detect", str(scan), "--eve", str(scan)]) == 2


# The ring.


def ring_of(*steps, history=60, most=10_000, names=LIVE):
    ring = Ring(names, history=history * SECOND, most=most)
    for part in steps:
        ring.add(capture(part, columns=live_columns(names)))
    return ring


def test_the_ring_has_what_the_capture_has():
    steps = every(
        0.1, [*connection(1, 80), segment(SYN, 1, src="fd00::1", dst="fd00::2"), arp(3, ME, YOU), arp(4, YOU, ME), echo()]
    )
    whole = detect._packets.Packets.of(capture(steps, columns="all"), (*live_columns(LIVE),))
    parts = ring_of(steps[:3], steps[3:6], steps[6:]).packets(settled=False)
    assert len(parts) == len(whole) == len(steps)
    for name in ("timestamp", "layers", "sport", "dport", "tcp_flags", "t"):
        assert np.array_equal(getattr(parts, name), getattr(whole, name)), name
    for side in ("src", "dst"):
        texts = [[packets.text(host) for host in getattr(packets, side)] for packets in (parts, whole)]
        assert texts[0] == texts[1]
    assert [parts.macs[code] for code in parts.eth_src] == [whole.macs[code] for code in whole.eth_src]


def test_the_ring_is_bounded():
    ring = ring_of(*[every(0.001, [echo()] * 100, begin=i / 10) for i in range(100)], most=500)
    assert len(ring) == 500
    ring = ring_of(*[every(0.1, [echo()] * 10, begin=float(i)) for i in range(100)], history=10)
    assert 100 <= len(ring) <= 120
    assert len(ring_of(every(0.001, [echo()] * 100), most=10)) == 10


def test_a_clock_that_goes_back_does_not_blind():
    ring = ring_of([(10**6, echo())], [(0.0, echo())], [(1.0, echo())], history=10)
    assert len(ring) == 2 or len(ring) == 3
    assert ring.packets().timestamp[-1] >= (START + 1) * SECOND


def test_connections_that_may_still_be_answered_are_not_judged():
    watch = Watch(ring_of(SCAN), cooldown=SECOND)
    assert not watch.look()
    watch.ring.add(capture([(3.0, echo())], columns=live_columns(LIVE)))
    assert [one.kind for one in watch.look()] == ["port_scan"]


def test_an_event_is_told_once_until_it_rests():
    watch = Watch(ring_of(history=600), cooldown=60 * SECOND)
    told = []
    for begin in (0, 5, 30, 150, 160):
        watch.ring.add(capture([(begin + t, frame) for t, frame in SCAN], columns=live_columns(LIVE)))
        told += [str(one.first_seen) for one in watch.look(settled=False)]
    assert len(told) == 2
    assert told[0].endswith("22:13:20.000000000")
    assert told[1].endswith("22:15:50.000000000")


def test_what_gets_worse_is_told_again():
    watch = Watch(ring_of(), cooldown=60 * SECOND)
    severities = []
    for part in (0, 1, 2):
        frames = [segment(SYN, 1000 + 100 * part + port) for port in range(100)]
        watch.ring.add(capture(every(0.01, frames, begin=float(part)), columns=live_columns(LIVE)))
        severities += [str(one.severity) for one in watch.look(settled=False)]
    assert severities == ["medium", "high"]


def test_memory_of_events_is_bounded():
    watch = Watch(ring_of(), cooldown=SECOND)
    for i in range(MOST_EVENTS + 10):
        time, source = np.datetime64(i, "ns"), f"10.{i >> 16}.{i >> 8 & 255}.{i & 255}"
        matches = (detect._match.Match(first=i, last=i),)
        one = detect.Alert("x", detect.Severity.LOW, time, time, source, "", "", {"packets": 1}, matches)
        assert watch._is_new(one)
        assert not watch._is_new(one)
    assert len(watch._events) == MOST_EVENTS


# watch.

FLOOD = every(0.001, [echo(YOU, ME)] * 200, begin=30)


def test_watch_tells_of_a_file(tmp_path):
    out = tmp_path / "eve.json"
    out.write_text('{"already": "there"}\n')
    done = run("watch", "-", "--eve", out, "--quiet", stdin=pcap(records(SCAN + FLOOD), nano=True))
    assert (done.returncode, done.stderr) == (0, b"")
    lines = done.stdout.decode().splitlines()
    assert ["port_scan" in lines[0], "icmp_flood" in lines[1], len(lines)] == [True, True, 2]
    events = [json.loads(line) for line in out.read_text().splitlines()]
    assert [event.get("event_type") for event in events] == [None, "alert", "alert"]


def test_watch_finds_the_attacks_of_the_lab(lab):
    """Much faster than it was recorded: nothing is forgotten before it was looked at."""
    done = run("watch", lab, "--json", "--quiet", "--history", "30s")
    kinds = {json.loads(line)["kind"] for line in done.stdout.splitlines()}
    expected = {one.kind for one in detect.all(pf.read_pcap(lab))} - {"beaconing"}
    assert expected - {"volume_anomaly"} <= kinds <= expected


def test_watch_tells_while_the_stream_goes_on():
    command = [sys.executable, "-m", "pcapframe", "watch", "-"]
    data = pcap(records([*SCAN, (5.0, echo())]), nano=True)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdin.write(data)
        process.stdin.flush()
        # The stream is still open.
        assert b"port_scan" in process.stdout.readline()
        assert b"packets/s" in process.stderr.readline()
        process.stdin.write(pcap(records(FLOOD), nano=True)[24:])
        process.stdin.close()
        assert b"icmp_flood" in process.stdout.readline()
        assert process.wait(30) == 0
        said = process.stderr.read().decode().splitlines()
    size = len(data) - 24 - 16 * 21 + 200 * len(FLOOD[0][1])
    assert said[-1] == f"pcapframe: 221 packets, {size:,} bytes, 2 alerts in all"


def test_commands_get_the_alert_and_no_shell(scan, tmp_path):
    out = tmp_path / "out.json"
    script = "import sys, pathlib; pathlib.Path(sys.argv[1]).write_text(sys.stdin.read() + sys.argv[2])"
    done = run("watch", scan, "--quiet", "--exec", f"{sys.executable} -c '{script}' {out} '; touch $HOME {{source}}'")
    assert done.stderr == b""
    text = out.read_text()
    assert text.endswith("; touch $HOME {source}")
    assert json.loads(text.removesuffix("; touch $HOME {source}"))["source"] == ME


def test_failing_commands_are_told_of_once(tmp_path):
    path = tmp_path / "two.pcap"
    path.write_bytes(pcap(records(SCAN + FLOOD), nano=True))
    for command in ("false", str(tmp_path / "nothing-there")):
        done = run("watch", path, "--quiet", "--exec", command)
        assert done.returncode == 0
        assert done.stdout.count(b"\n") == 2
        assert done.stderr.count(b"pcapframe: warning: --exec: ") == 1
    assert run("watch", path, "--exec", "'").returncode == 2


class _Hook(http.server.BaseHTTPRequestHandler):
    bodies: list[dict] = []  # noqa: RUF012

    def do_POST(self):
        self.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


def test_webhooks(scan):
    with http.server.HTTPServer(("127.0.0.1", 0), _Hook) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        environment = {**os.environ, "no_proxy": "*"}
        done = run("watch", scan, "--quiet", "--webhook", f"http://127.0.0.1:{server.server_port}/hook", env=environment)
        server.shutdown()
        thread.join()
    assert done.stderr == b""
    assert [body["kind"] for body in _Hook.bodies] == ["port_scan"]
    begin = time.monotonic()
    done = run("watch", scan, "--quiet", "--webhook", f"http://127.0.0.1:{server.server_port}/", env=environment)
    assert done.stderr.count(b"pcapframe: warning: --webhook: ") == 1
    assert time.monotonic() - begin < 30
    assert run("watch", scan, "--webhook", "file:///etc/passwd").returncode == 2


def test_a_server_that_does_not_speak_http(scan):
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_talk_nonsense, args=(server,))
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        done = run("watch", scan, "--quiet", "--webhook", url, env={**os.environ, "no_proxy": "*"})
        thread.join()
    assert done.returncode == 0
    assert done.stderr.startswith(b"pcapframe: warning: --webhook: ")
    assert done.stderr.count(b"\n") == 1


def _talk_nonsense(server):
    server.settimeout(60)
    with server.accept()[0] as connection:
        connection.recv(1 << 16)
        connection.sendall(b"nonsense\r\n\r\n")


def test_watch_ends_with_the_pipe_it_writes_to(lab):
    command = [sys.executable, "-m", "pcapframe", "watch", str(lab), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read().decode().splitlines()
        assert process.wait(30) == 0
    assert "Traceback" not in "".join(said)
    # It may have written some more before the pipe was closed.
    assert 1 <= int(re.search(r"([\d,]+) alerts in all", said[-1])[1]) <= 21


def test_ctrl_c_ends_a_stream_and_tells_what_is_at_hand():
    command = [sys.executable, "-m", "pcapframe", "watch", "-"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdin.write(pcap(records(SCAN), nano=True))
        process.stdin.flush()
        # It has read them when a line a second says so.
        while b": 0 packets/s" in process.stderr.readline():
            pass
        process.send_signal(signal.SIGINT)
        # Attempts that might still have been answered are judged at the end.
        assert b"port_scan" in process.stdout.read()
        assert process.wait(30) == 130
        assert process.stderr.read().endswith(b" 20 packets, 1,080 bytes, 1 alerts in all\n")


def test_watch_refuses_what_it_can_not_do(scan):
    for names in ("beaconing", "port_scan,new_service"):
        done = run("watch", scan, "--only", names)
        assert (done.returncode, b"which does not work on a stream" in done.stderr) == (2, True)
    assert run("watch", scan, "--packets", "0").returncode == 2
    assert run("watch", "-", stdin=b"not a capture").returncode == 1


def test_a_cut_stream_is_told_of(scan):
    data = scan.read_bytes()
    done = run("watch", "-", "--quiet", stdin=data + data[24:60])
    assert done.returncode == 0
    assert b"port_scan" in done.stdout
    assert done.stderr.startswith(b"pcapframe: warning: ")


def test_quick_answers_are_no_scan_at_any_moment():
    """A browser's connections, looked at after each packet."""
    steps = every(0.01, [frame for i in range(40) for frame in connection(40000 + i, 443, ME, f"203.0.113.{i}")])
    watch = Watch(ring_of(), cooldown=SECOND)
    for step in steps:
        watch.ring.add(capture([step], columns=live_columns(LIVE)))
        assert not watch.look()
    assert not watch.look(settled=False)
