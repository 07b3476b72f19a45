"""The command ``pcapframe``, also ``python -m pcapframe``."""

from __future__ import annotations

import argparse
import io
import os
import sys
import warnings
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from . import __version__, _cli_detect, _cli_plot, _cli_watch, _linktypes, _preview
from ._cli_output import complain, instant, say, say_json, say_pairs, say_table, values, whole
from ._convert import TABLE_FILES, to_capture, to_table
from ._extras import need
from ._generated import ALL_COLUMNS, DEFAULT_COLUMNS
from ._source import several
from .capture import Capture, Info
from .errors import PcapframeError, TruncatedCaptureWarning
from .reading import MAX_EXPANSION, read_pcap, settings
from .scanning import Scans
from .timeline import Value, interval_nanoseconds, protocol_groups

INFO_COLUMNS = ["timestamp", "length", "captured_length", "protocol", "layers", "stop"]
PICTURES = (".png", ".svg", ".pdf")
CAPTURES = (".pcap", ".pcapng")
# The first packets of a larger file are looked for in so much of it before all of it is read.
BEGINNING = 8 << 20
EPILOG = """\
FILE is a pcap or pcapng capture; - reads standard input. Times are UTC.

exit status:
  0  all went well; also for a capture that is cut or corrupt after some packets: those are used, and a warning is
     written to standard error
  1  the capture can not be read or has no packet before a fault, or the output can not be written
  2  the command line is wrong or does not suit the capture, or an optional package is missing
  3  detect --fail-on: there are alerts of that severity
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    args = _parser().parse_args(argv)
    try:
        status: int | None = args.run(args)
        print(end="", flush=True)
    except BrokenPipeError:
        # The reader has seen enough. What is still buffered would fail again when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        known = error.filename is not None and error.strerror
        return _fail(1, f"{os.fsdecode(error.filename)}: {error.strerror}" if known else str(error))
    except (PcapframeError, MemoryError) as error:
        return _fail(1, str(error) or "out of memory")
    except (ValueError, ImportError) as error:
        return _fail(2, str(error))
    return status or 0


def _fail(status: int, message: str) -> int:
    complain("error", message)
    return status


# What is done.


def _info(args: argparse.Namespace) -> None:
    capture = _read(args, INFO_COLUMNS)
    info, protocols = capture.info, _protocols(capture)
    if args.json:
        say_json(_info_json(info) | {"protocols": protocols})
    else:
        counts = "; ".join(f"{name} {count:,}" for name, count in protocols.items())
        say_pairs([*info.to_rows(), ("protocols", counts)])


def _info_json(info: Info) -> dict[str, Any]:
    interfaces = [asdict(i) | {"link_type_name": _linktypes.name(i.link_type)} for i in info.interfaces]
    known = asdict(info) | {"interfaces": interfaces, "first": instant(info.first), "last": instant(info.last)}
    duration = known.pop("duration")
    return known | {"duration_ns": None if duration is None else int(duration.astype(np.int64))}


def _protocols(capture: Capture) -> dict[str, int]:
    """Packets of each protocol, most first."""
    names, groups = protocol_groups(capture)
    counts = np.bincount(groups(slice(None)), minlength=len(names)).tolist()
    order = sorted(range(len(names)), key=lambda i: (names[i] == "other", -counts[i]))
    return {names[i]: counts[i] for i in order if counts[i]}


def _head(args: argparse.Namespace) -> None:
    names = args.columns or list(DEFAULT_COLUMNS)
    capture = _first(args, names)
    rows = zip(*(values(capture, name) for name in names), strict=True)
    if args.json:
        say_json([dict(zip(names, row, strict=True)) for row in rows])
    else:
        say_table(names, [[_cell(*field) for field in zip(names, row, strict=True)] for row in rows])


def _cell(name: str, value: Any) -> str:
    return "" if value is None else _preview.cell(name, value)


def _first(args: argparse.Namespace, columns: list[str]) -> Capture:
    """Read the first packets, from the beginning of a large file if they are in it."""
    if os.path.isfile(args.file) and os.path.getsize(args.file) > BEGINNING:
        with open(args.file, "rb") as file:
            beginning = file.read(BEGINNING)
        with suppress(PcapframeError), warnings.catch_warnings():
            warnings.simplefilter("ignore", TruncatedCaptureWarning)
            capture = read_pcap(beginning, columns=columns, threads=args.threads)
            if len(capture) >= args.n:
                return capture.head(args.n)
    return _read(args, columns).head(args.n)


def _timeline(args: argparse.Namespace) -> None:
    by: str | None = None if args.by == "none" else args.by or "protocol"
    value: Value = args.value or "bytes"
    capture = _read(args, list(dict.fromkeys(["timestamp", *_cli_plot.group_columns(by), *_cli_plot.value_columns(value)])))
    sums = capture.timeline(args.interval or "1s", by, value, top=args.top)
    rows = sums.to_rows()
    if args.json:
        say_json(rows)
    else:
        body = [[_cell("timestamp", time), *map(str, numbers)] for time, *numbers in (row.values() for row in rows)]
        say_table(["time", *sums.series], body)


def _plot(args: argparse.Namespace) -> None:
    stem = "capture" if args.file == "-" else Path(args.file).stem
    out = args.output or Path(f"{stem}.{args.kind}.png")
    _check_output(args.file, out)
    figure = _cli_plot.draw(args, lambda columns: _read(args, columns))
    with whole(out) as partial:
        figure.savefig(partial, dpi=150)
    say(f"pcapframe: wrote {out}", sys.stderr)


def _convert(args: argparse.Namespace) -> None:
    files, suffix = several(args.files), args.out.suffix.lower()
    for file in files:
        _check_output(str(file), args.out)
    names = args.columns or list(DEFAULT_COLUMNS)
    if suffix in CAPTURES and args.columns:
        raise ValueError("--columns is for tables; a capture holds whole packets")
    if suffix not in CAPTURES:
        need("pyarrow", f"writing {suffix}")
    reading = settings(args.threads, "keep", decapsulate=True, ports=None, max_expansion=MAX_EXPANSION)
    scans = Scans(files, names, reading, merge=args.merge, progress=sys.stderr.isatty())
    with whole(args.out) as partial:
        if suffix in CAPTURES:
            count, messages = to_capture(scans, partial, pcapng=suffix == ".pcapng")
        else:
            count, messages = to_table(scans, partial, names, suffix)
        if messages and not count:
            raise PcapframeError(messages[0])
    for message in messages:
        complain("warning", message)
    say(f"pcapframe: wrote {count:,} packets to {args.out}", sys.stderr)


def _detect(args: argparse.Namespace) -> int:
    for out in filter(None, [args.eve]):
        _check_output(args.file, out)
    return _cli_detect.run(args, lambda columns: _read(args, columns))


def _check_output(file: str, out: Path) -> None:
    """Refuse what would fail in the end, or write over the capture that is read."""
    if not out.parent.is_dir():
        raise ValueError(f"{out}: there is no directory {out.parent}")
    known = file == "-" or os.path.exists(file)
    if known and out.exists() and os.path.samefile(0 if file == "-" else file, out):
        raise ValueError(f"{out} is the capture to read; write to another file")


def _read(args: argparse.Namespace, columns: list[str]) -> Capture:
    source = sys.stdin.buffer if args.file == "-" else args.file
    with warnings.catch_warnings():
        # It is said below, in one line.
        warnings.simplefilter("ignore", TruncatedCaptureWarning)
        capture = read_pcap(source, columns=columns, threads=args.threads, progress=sys.stderr.isatty())
    fault = capture.info.fault
    if fault is not None:
        message = f"{'standard input' if args.file == '-' else args.file}: {fault}"
        if not len(capture):
            raise PcapframeError(message)
        complain("warning", message)
    return capture


# What is understood.


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        complain("error", f"{message}; see {self.prog} --help")
        raise SystemExit(2)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="pcapframe", description="Packet captures as columns.", epilog=EPILOG, formatter_class=_FORMAT)
    parser.add_argument("--version", action="version", version=f"pcapframe {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    command = _command(commands, "info", _info, "say what a capture holds")
    _add_json(command)

    command = _command(commands, "head", _head, "show the first packets")
    command.add_argument("-n", type=_count, default=10, metavar="N", help="so many (default: 10)")
    _add_columns(command)
    _add_json(command)

    command = _command(commands, "timeline", _timeline, "sum packets in intervals of time")
    _add_timeline(command, interval="1s")
    command.add_argument("--top", type=_positive, default=8, metavar="N", help="groups to keep apart (default: 8)")
    _add_json(command)

    command = _command(commands, "plot", _plot, "draw a capture")
    command.add_argument("-o", "--output", type=_picture, metavar="OUT", help=f"picture to write: {', '.join(PICTURES)}")
    _add_timeline(command, interval="one that suits")
    _cli_plot.add_arguments(command)

    command = _command(commands, "convert", _convert, "write captures in another format", several_files=True)
    known = ", ".join([*TABLE_FILES, *CAPTURES])
    command.add_argument("out", type=_convertible, metavar="OUT", help=f"file to write: {known}")
    _add_columns(command)
    command.add_argument("--merge", action="store_true", help="order the packets of several captures by time")

    command = _command(commands, "detect", _detect, "find attacks and anomalies")
    _cli_detect.add_arguments(command)
    _add_json(command)

    command = _command(commands, "watch", _cli_watch.run, "find attacks in a stream as it comes")
    _cli_watch.add_arguments(command)
    return parser


_FORMAT = argparse.RawDescriptionHelpFormatter


def _command(commands: Any, name: str, run: Any, text: str, *, several_files: bool = False) -> argparse.ArgumentParser:
    made = commands.add_parser(name, help=text, description=f"{text.capitalize()}.", epilog=EPILOG, formatter_class=_FORMAT)
    command: argparse.ArgumentParser = made
    command.set_defaults(run=run)
    if several_files:
        command.add_argument("files", nargs="+", metavar="FILE", help="captures to read, in order; - is standard input")
    else:
        command.add_argument("file", metavar="FILE", help="capture to read; - is standard input")
    command.add_argument("--threads", type=_positive, metavar="N", help="threads to use (default: as many as there are cores)")
    return command


def _add_json(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="write JSON")


def _add_columns(command: argparse.ArgumentParser) -> None:
    command.add_argument("--columns", type=_columns, metavar="A,B,...", help="columns, in this order; or all")


def _add_timeline(command: argparse.ArgumentParser, *, interval: str) -> None:
    command.add_argument("--interval", type=_interval, help=f"such as 1s, 500ms or 5min (default: {interval})")
    command.add_argument("--by", type=_group, metavar="GROUP", help="protocol, host, port, a column or none (default: protocol)")
    command.add_argument("--value", choices=["bytes", "packets", "connections"], help="what to sum (default: bytes)")


def _columns(text: str) -> list[str]:
    if text == "all":
        return list(ALL_COLUMNS)
    # Each once, as the first naming has it.
    return list(dict.fromkeys(_column(name.strip()) for name in text.split(",")))


def _column(name: str) -> str:
    if name not in ALL_COLUMNS:
        raise argparse.ArgumentTypeError(f"there is no column {name!r}; columns are {', '.join(ALL_COLUMNS)}")
    return name


def _group(name: str) -> str:
    return name if name in ("none", "host", "port") else _column(name)


def _interval(text: str) -> str:
    try:
        interval_nanoseconds(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def _positive(text: str) -> int:
    return _count(text, least=1)


def _count(text: str, least: int = 0) -> int:
    if not text.isdecimal() or int(text) < least:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number of at least {least}")
    return int(text)


def _picture(text: str) -> Path:
    return _output(text, PICTURES)


def _convertible(text: str) -> Path:
    return _output(text, (*TABLE_FILES, *CAPTURES))


def _output(text: str, known: Sequence[str]) -> Path:
    path = Path(text)
    if path.suffix.lower() not in known:
        raise argparse.ArgumentTypeError(f"{text!r} does not end in a known suffix: {', '.join(known)}")
    return path


if __name__ == "__main__":
    sys.exit(main())
