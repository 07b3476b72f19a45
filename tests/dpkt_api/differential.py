"""pcapframe.dpkt against dpkt on every packet of every capture at hand, and on mutated ones.

usage: python -m tests.dpkt_api.differential --all --mutations 200000 --seed 1

Each frame is taken apart from its outermost layer on, and the payload of each layer is fed to its class and to classes it is not
meant for. What is compared is said in tree.py. Prints how much was compared and how often each deliberate difference applied;
what nothing explains is shown in full and makes the exit status 1.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import hashlib
import mmap
import pathlib
import random
import resource
import sys
import tempfile
import time
import warnings
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from .targets import OURS, own_captures, shared_captures, theirs
from .targets import ours as our_package
from .tree import (
    FEED,
    FUNCTIONS,
    ORDERS,
    Case,
    Difference,
    Raised,
    attempt,
    compare_function,
    compare_start,
    find,
    layers,
    start_of,
)

SHOWN = 20
# How many frames of all are mutated: enough kinds, and few enough to be in memory.
CORPUS = 30_000
Frame = tuple[int, bytes]


@dataclass
class Tally:
    """What was compared, and what came out."""

    counts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    starts: Counter[str] = field(default_factory=Counter)
    unexplained: list[tuple[Case, list[Difference]]] = field(default_factory=list)

    def add(self, case: Case, found: list[Difference]) -> None:
        self.counts["compared"] += 1
        self.starts[case.start] += 1
        if isinstance(case.theirs, Raised):
            self.counts["dpkt raised"] += 1
        if not found:
            self.counts["equal"] += 1
        elif all(difference.reason for difference in found):
            self.counts["deliberately different"] += 1
            self.reasons.update({difference.reason for difference in found})
        else:
            self.counts["unexplained"] += 1
            if len(self.unexplained) < SHOWN:
                self.unexplained.append((case, [difference for difference in found if not difference.reason]))

    def merge(self, other: Tally) -> None:
        self.counts += other.counts
        self.reasons += other.reasons
        self.starts += other.starts
        self.unexplained = [*self.unexplained, *other.unexplained][:SHOWN]

    def report(self) -> str:
        lines = [f"{name:24}{self.counts[name]:>12,}" for name in self.counts]
        lines += [f"{count:>12,} times: {reason}" for reason, count in self.reasons.most_common()]
        for case, found in self.unexplained:
            lines += ["", str(case), *(f"    {difference}" for difference in found[:10])]
            lines += [f"    … and {len(found) - 10} more"] if len(found) > 10 else []
        return "\n".join(lines)


def frames(path: pathlib.Path) -> Iterator[Frame]:
    """Link type and bytes of the packets of a capture, as far as dpkt can read it."""
    dpkt = theirs()
    with path.open("rb") as file:
        reader = attempt(lambda: dpkt.pcap.UniversalReader(file))
        if isinstance(reader, Raised):
            return
        link_type = reader.datalink()
        packets = iter(reader)
        while True:
            packet = attempt(lambda: next(packets, None))
            if packet is None or isinstance(packet, Raised):
                return
            yield link_type, packet[1]


def compare_frame(tally: Tally, link_type: int, frame: bytes, pair: tuple[ModuleType, ModuleType], *, feeds: int = 1) -> None:
    """Compare a frame, and the payload of each layer in its own class and in `feeds` others.

    Which others, and in which order is looked at what, follows from the bytes: another frame meets other ones.
    """
    dpkt, _ = pair
    choice = zlib.crc32(frame)
    start = start_of(link_type, frame)
    tally.counts["frames"] += 1
    tally.add(*compare_start(start, frame, *pair, ORDERS[choice % len(ORDERS)]))
    packet = attempt(lambda: find(dpkt, start)(frame))
    for number, layer in enumerate([] if isinstance(packet, Raised) else layers(packet)):
        payload = attempt(lambda layer=layer: bytes(layer.data))
        if isinstance(payload, Raised):
            break
        own = type(layer.data)
        names = [f"{own.__module__.rpartition('.')[2]}.{own.__qualname__}"] if own.__module__.startswith("dpkt.") else []
        names += [FEED[(choice + 31 * number + 7 * i) % len(FEED)] for i in range(feeds)]
        for name in names:
            tally.add(*compare_start(name, payload, *pair, ORDERS[(choice + number) % len(ORDERS)]))
        tally.add(*compare_function(FUNCTIONS[(choice + number) % len(FUNCTIONS)], payload, *pair))


def sample(path: pathlib.Path, most: int, *, spread: bool = False) -> list[Frame]:
    """At most so many different frames: the first ones of a capture, or spread over it."""
    different = dict.fromkeys(frames(path)) if spread else dict.fromkeys(_first(frames(path), most))
    found = list(different)
    return found[:: max(1, -(-len(found) // most))]


def _first(packets: Iterator[Frame], most: int) -> Iterator[Frame]:
    for _, packet in zip(range(most), packets, strict=False):
        yield packet


# Mutations.

INTERESTING = (0, 1, 2, 4, 5, 6, 17, 20, 0x2C, 0x3A, 0x45, 0x46, 0x4F, 0x60, 0x7F, 0x80, 0x81, 0x88, 0x11, 0xAA, 0xC0, 0xFF)
TYPES = (0x0800, 0x0806, 0x86DD, 0x8100, 0x88A8, 0x9100, 0x8847, 0x8848, 0x8863, 0x8864, 0x8137, 0x6558, 0x2000, 0x05DC, 0, 46)


def mutate(frame: bytes, other: bytes, chance: random.Random) -> bytes:
    """The frame with one to four changes of the kinds that break decoders."""
    data = bytearray(frame)
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        # Headers are in front.
        near = min(len(data), chance.choice((14, 34, 64, 1 << 16)))
        at = chance.randrange(near) if near else 0
        kind = chance.randrange(9)
        if not data or kind == 0:
            data[at:at] = chance.randbytes(chance.choice((1, 2, 4, 8)))
        elif kind == 1:
            data[at] ^= 1 << chance.randrange(8)
        elif kind == 2:
            data[at] = chance.choice(INTERESTING)
        elif kind == 3:
            del data[at:]
        elif kind == 4:
            del data[at : at + chance.choice((1, 2, 4, 8))]
        elif kind == 5:
            data[at : at + 2] = chance.choice(TYPES).to_bytes(2, "big")
        elif kind == 6:
            data[at : at + 2] = chance.randrange(1 << 16).to_bytes(2, "big")
        elif kind == 7:
            data[at:] = other[chance.randrange(len(other) or 1) :]
        else:
            end = at + chance.choice((4, 8, 20, 40))
            data[at:at] = data[at:end]
    return bytes(data[: 1 << 16])


def mutations(corpus: list[Frame], count: int, seed: int) -> Iterator[Frame]:
    chance = random.Random(seed)
    for _ in range(count):
        link_type, frame = chance.choice(corpus)
        yield link_type, mutate(frame, chance.choice(corpus)[1], chance)


# Reading.


def compare_reading(path: pathlib.Path, pair: tuple[ModuleType, ModuleType]) -> tuple[Case, list[Difference]]:
    """What both readers make of a file: attributes, all packets and their times, and how it ends."""
    from .readers import reading

    return reading(path, *pair)


# The full run.


class Trace:
    """The frame at hand, in a file: what to look at when the process has died."""

    SIZE = 1 << 20

    def __init__(self, path: pathlib.Path) -> None:
        path.write_bytes(bytes(self.SIZE))
        with path.open("r+b") as file:
            self.memory = mmap.mmap(file.fileno(), self.SIZE)

    def note(self, link_type: int, frame: bytes) -> None:
        head = b"%d %d " % (link_type, len(frame))
        self.memory[: len(head)] = head
        end = min(len(frame), self.SIZE - len(head))
        self.memory[len(head) : len(head) + end] = frame[:end]


def part(task: dict[str, Any]) -> Tally:
    """One process's share: frames whose checksum says so."""
    warnings.simplefilter("ignore")
    sys.setrecursionlimit(3000)
    pair = theirs(), our_package()
    trace = Trace(pathlib.Path(task["trace"]))
    tally = Tally()
    seen: set[bytes] = set()
    corpus: list[Frame] = []
    chance = random.Random(task["seed"])
    number, of = task["number"], task["of"]
    for position, path in enumerate(task["paths"]):
        if position % of == number:
            tally.counts["files"] += 1
        for link_type, frame in frames(path):
            if zlib.crc32(frame) % of != number:
                continue
            key = hashlib.blake2b(b"%d " % link_type + frame, digest_size=12).digest()
            tally.counts["packets"] += 1
            if key in seen:
                tally.counts["packets seen before"] += 1
                continue
            seen.add(key)
            trace.note(link_type, frame)
            compare_frame(tally, link_type, frame, pair, feeds=task["feeds"])
            place = chance.randrange(len(seen))
            if len(corpus) < CORPUS:
                corpus.append((link_type, frame))
            elif place < CORPUS:
                corpus[place] = (link_type, frame)
    for link_type, frame in mutations(corpus, task["mutations"], task["seed"]) if corpus else ():
        tally.counts["mutations"] += 1
        trace.note(link_type, frame)
        compare_frame(tally, link_type, frame, pair, feeds=task["feeds"])
    tally.counts["peak MiB"] = max(tally.counts["peak MiB"], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10)
    return tally


def run(paths: Iterable[pathlib.Path], *, mutations: int, seed: int, jobs: int, feeds: int) -> Tally:
    tally = Tally()
    paths = list(paths)
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ProcessPoolExecutor(jobs) as pool:
        tasks = [
            {"paths": paths, "number": i, "of": jobs, "mutations": -(-mutations // jobs), "seed": seed * 1000 + i, "feeds": feeds}
            | {"trace": f"{folder}/{i}"}
            for i in range(jobs)
        ]
        pending = [pool.submit(part, task) for task in tasks]
        try:
            for done in concurrent.futures.as_completed(pending):
                tally.merge(done.result())
        except concurrent.futures.process.BrokenProcessPool:
            for task in tasks:
                link_type, length, rest = pathlib.Path(task["trace"]).read_bytes().split(b" ", 2)
                print(f"a process died; frames at hand: link type {int(link_type)}, {rest[: int(length)]!r}")
            raise
    return tally


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("captures", nargs="*", type=pathlib.Path, help="files to compare instead of our own captures")
    parser.add_argument("--all", action="store_true", help="our own captures and all those of others at hand")
    parser.add_argument("--mutations", type=int, default=0, metavar="N")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    parser.add_argument("--jobs", type=int, default=2, metavar="N")
    parser.add_argument("--feeds", type=int, default=1, metavar="N", help="classes that a payload is fed to besides its own")
    parser.add_argument("--no-readers", action="store_true", help="compare packets, not what readers make of files")
    options = parser.parse_args()
    paths = options.captures or (own_captures() + (shared_captures() if options.all else []))
    start = time.monotonic()
    print(f"dpkt {theirs().__version__} and {OURS}: {len(paths):,} files, seed {options.seed}")
    tally = run(paths, mutations=options.mutations, seed=options.seed, jobs=options.jobs, feeds=options.feeds)
    print(tally.report())
    failed = tally.counts["unexplained"]
    if not options.no_readers:
        readers = Tally()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pair = theirs(), our_package()
            for path in paths:
                readers.add(*compare_reading(path, pair))
        print("\nreaders of files:")
        print(readers.report())
        failed += readers.counts["unexplained"]
    print(f"\n{time.monotonic() - start:,.0f} s; {failed or 'nothing'} unexplained")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
