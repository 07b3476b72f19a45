"""The command ``pcapframe watch``: alerts of a stream as they arise."""

from __future__ import annotations

import argparse
import http.client
import json
import queue
import shlex
import subprocess
import sys
import threading
import time
import urllib.request
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ._cli_detect import add_choice
from ._cli_output import complain, say
from .errors import TruncatedCaptureWarning
from .scanning import scan_pcap
from .timeline import interval_nanoseconds

if TYPE_CHECKING:
    from .capture import Capture
    from .detect import Alert
    from .detect._live import Watch

BATCH_SIZE = 1 << 16
# Seconds after which a batch is looked at although it is not full.
PATIENCE = 0.25
# Detection may take so large a part of the time.
SHARE = 0.25
# Alerts that wait to be handed over; more are dropped.
WAITING = 100
# Seconds that a command or a server may take, and that the last of them are waited for.
LIMIT = 10.0


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    add_choice(command)
    command.add_argument("--json", action="store_true", help="write each alert as a line of JSON")
    command.add_argument("--eve", type=Path, metavar="OUT", help="append the alerts to a file of Suricata's EVE JSON")
    command.add_argument("--exec", type=_argv, metavar="CMD", help="run a command for each alert, which it reads as JSON")
    command.add_argument("--webhook", type=_url, metavar="URL", help="post each alert as JSON")
    command.add_argument("--cooldown", type=_duration, default="5min", help="an event that rests longer is over (default: 5min)")
    command.add_argument("--history", type=_duration, default="3min", help="look at so much of the stream (default: 3min)")
    command.add_argument(
        "--packets", type=int, default=500_000, metavar="N", help="and at most so many packets (default: 500000)"
    )
    command.add_argument("--quiet", action="store_true", help="do not say every second what was seen")


def _argv(text: str) -> list[str]:
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r}: {error}") from None
    if not words:
        raise argparse.ArgumentTypeError("the command is empty")
    return words


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise argparse.ArgumentTypeError(f"{text!r} is no http or https address")
    return text


def _duration(text: str) -> int:
    try:
        return interval_nanoseconds(text, "it")
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def run(args: argparse.Namespace) -> None:
    """Watch until the stream ends."""
    from .detect._live import LIVE, Ring, Watch, live_columns

    names = tuple(args.only or LIVE)
    for name in names:
        if name not in LIVE:
            raise ValueError(f"--only has {name}, which does not work on a stream; those that do are {', '.join(LIVE)}")
    if args.packets < 1:
        raise ValueError(f"--packets is {args.packets}, but must be at least 1")
    watch = Watch(Ring(names, history=args.history, most=args.packets), names, cooldown=args.cooldown)
    source = sys.stdin.buffer if args.file == "-" else args.file
    with _Outputs(args) as outputs, _Status(outputs, quiet=args.quiet) as status, warnings.catch_warnings(record=True) as faults:
        warnings.simplefilter("always", TruncatedCaptureWarning)
        batches = scan_pcap(
            source, columns=live_columns(names), batch_size=min(BATCH_SIZE, args.packets), timeout=PATIENCE, threads=args.threads
        )
        _watch(batches, watch, outputs, status)
    for fault in faults:
        complain("warning", str(fault.message))


def _watch(batches: Any, watch: Watch, outputs: _Outputs, status: _Status) -> None:
    again = 0.0
    try:
        for batch in batches:
            watch.ring.add(batch)
            status.seen(batch)
            begin = time.monotonic()
            if begin >= again or watch.ring.due:
                outputs.tell(watch.look())
                # The longer it takes, the rarer it is done.
                spent = time.monotonic() - begin
                again = begin + max(1.0, spent / SHARE)
    finally:
        outputs.tell(watch.look(settled=False))


class _Status:
    """Says every second what was seen, from a thread of its own: also while nothing comes."""

    def __init__(self, outputs: _Outputs, *, quiet: bool) -> None:
        self.packets = self.bytes = 0
        self._outputs = outputs
        self._quiet = quiet
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._speak, daemon=True)

    def seen(self, batch: Capture) -> None:
        """Count a batch."""
        self.packets += len(batch)
        self.bytes += int(batch.length.sum(dtype="uint64"))

    def __enter__(self) -> _Status:
        if not self._quiet:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        if not self._quiet:
            self._thread.join()
            say(f"pcapframe: {self.packets:,} packets, {self.bytes:,} bytes, {self._outputs.told:,} alerts in all", sys.stderr)

    def _speak(self) -> None:
        packets, size, then = 0, 0, time.monotonic()
        while not self._end.wait(1):
            now = time.monotonic()
            rates = [(self.packets - packets) / (now - then), (self.bytes - size) / (now - then)]
            packets, size, then = self.packets, self.bytes, now
            say(f"pcapframe: {rates[0]:,.0f} packets/s, {rates[1]:,.0f} bytes/s, {self._outputs.told:,} alerts", sys.stderr)


class _Outputs:
    """Where alerts go."""

    def __init__(self, args: argparse.Namespace) -> None:
        from .detect import Severity

        self.told = 0
        self._least = Severity.of(args.severity)
        self._json: bool = args.json
        self._eve_path: Path | None = args.eve
        self._eve: IO[str] | None = None
        self._background: list[_Background] = []
        if args.exec:
            self._background.append(_Background("--exec", lambda data: _run(args.exec, data)))
        if args.webhook:
            self._background.append(_Background("--webhook", lambda data: _post(args.webhook, data)))

    def __enter__(self) -> _Outputs:
        if self._eve_path is not None:
            self._eve = self._eve_path.open("a", encoding="utf-8")
        return self

    def __exit__(self, *_: object) -> None:
        if self._eve is not None:
            self._eve.close()
        for background in self._background:
            background.close()

    def tell(self, alerts: list[Alert]) -> None:
        """Hand alerts over."""
        from .detect._eve import line

        for alert in alerts:
            if alert.severity < self._least:
                continue
            data = json.dumps(alert.to_dict(), allow_nan=False)
            if self._json:
                print(data, flush=True)
            else:
                say(f"{str(alert.first_seen).replace('T', ' ')[:19]}  {alert}")
                sys.stdout.flush()
            if self._eve is not None:
                self._eve.write(line(alert))
                self._eve.flush()
            for background in self._background:
                background.put(data.encode())
            self.told += 1


def _run(argv: list[str], data: bytes) -> None:
    """Run a command without a shell; the alert is its standard input, and no part of the command line."""
    subprocess.run(argv, input=data, timeout=LIMIT, check=True, stdout=sys.stderr.fileno())


def _post(url: str, data: bytes) -> None:
    request = urllib.request.Request(url, data, {"Content-Type": "application/json", "User-Agent": "pcapframe"})
    with urllib.request.urlopen(request, timeout=LIMIT):
        pass


class _Background:
    """Delivers in a thread of its own, so that nothing slow holds up the reading; complains once."""

    def __init__(self, name: str, deliver: Callable[[bytes], None]) -> None:
        self._name = name
        self._deliver = deliver
        self._queue: queue.Queue[bytes | None] = queue.Queue(WAITING)
        self._complained = False
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def put(self, data: bytes) -> None:
        """Queue an alert, or drop it if too many wait."""
        try:
            self._queue.put_nowait(data)
        except queue.Full:
            self._complain("too slow; alerts are dropped")

    def close(self) -> None:
        """Wait a while for what is queued."""
        try:
            self._queue.put(None, timeout=LIMIT)
        except queue.Full:
            return
        self._thread.join(LIMIT)

    def _work(self) -> None:
        while (data := self._queue.get()) is not None:
            try:
                self._deliver(data)
            except (OSError, ValueError, http.client.HTTPException, subprocess.SubprocessError) as error:
                self._complain(str(error))

    def _complain(self, why: str) -> None:
        if not self._complained:
            self._complained = True
            complain("warning", f"{self._name}: {why}; this is said once")
