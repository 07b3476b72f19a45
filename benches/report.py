"""Draws docs/images/speed.svg and writes benches/README.md from what the other benchmarks have found.

usage: python benches/report.py
"""

from __future__ import annotations

import json
import pathlib
from typing import Any

import matplotlib as mpl

mpl.use("svg")
import matplotlib.pyplot as plt

HERE = pathlib.Path(__file__).resolve().parent
CHART = HERE.parent / "docs" / "images" / "speed.svg"
DPKT, OURS = "#999999", "#0072B2"

TEXT = """\
# Benchmarks

<!-- Written by benches/report.py from results.json, objects.json, streams.json and flows.json; do not edit. -->

`make bench` makes the captures (2.6 GB in `bench-data/`), measures, and writes this page and the chart of the README.

- One process measures everything, interleaved, {rounds} rounds; ratios are medians of the rounds' ratios. The files are in
  the page cache. What a call returns is let go of within the time.
- *read* is `read()` of the whole file into buffers of 1 MiB, on as many threads, and nothing else: the floor.
- *dpkt* is the tutorial's loop over `dpkt.pcap.Reader` and `dpkt.ethernet.Ethernet`, filling a Python list for each of twelve
  fields, on the first {dpkt_packets:,} packets of the capture; the time a packet is compared.
- Measured on: {machine}.

## Default columns, two threads

| capture | packets | bytes a packet | seconds | packets a second | times the read | times faster than dpkt | one thread to two |
|---|---|---|---|---|---|---|---|
{default}

## Other columns

| capture | time and length, times the read | all columns, times the read | `src.codes` on first use, s | `src == "10.0.0.1"`, s |
|---|---|---|---|---|
{others}

## One thread

| capture | read, seconds | default columns, seconds | times the read | two columns, times the read |
|---|---|---|---|---|
{single}

## Memory

Peak resident memory of a process that reads the capture, beyond one that reads a single packet.

| capture | columns, MiB | beyond the columns, MiB |
|---|---|---|
{memory}

## Compressed captures and pipes

*mix*, compressed by the program of the name, against that program, which only decompresses: to the null device (*alone*), and
through a pipe to `cat`, which takes the bytes on the other core (*piped*) ({stream_rounds} rounds). One thread decompresses while
the other parses. Above 1, reading into columns takes less time than the program takes to decompress.

zstd writing to the null device takes 1.2 to 1.3 times as long once the other core is busy: it reads and writes in threads of
its own. What is left to parse keeps that core busy here. Tried: as many parsing threads as cores beside the one that
decompresses, which delay it (5 % slower), and one less (kept). zstd's 1.1 s and parsing's 0.6 s of processor time would take
0.85 s if they were divided evenly. A fifth of the decompressing thread's time is the system's copy of the compressed file,
which zstd leaves to another thread, and a map of the file would risk the process (see CONTRIBUTING.md).

| program | alone, s | piped, s | `read_pcap`, s | times alone | times piped | `scan_pcap`, s | times alone | times piped |
|---|---|---|---|---|---|---|---|---|
{compressed}

`scan_pcap` over a pipe to which another process writes the packets of *mix* again and again, on the same two cores:

| pipe | GB | packets | seconds | GB a second | peak of resident memory, MiB |
|---|---|---|---|---|---|
{pipes}

## Flows

The flows of *mix* ({flow_count:,} of {flow_packets:,} packets), reading included, two threads; {flow_rounds} rounds, each program
in a process of its own, the start and imports of Python's left out. *read* is `read_flows`; *flows* is `read_pcap` of the columns
that flows need, then `flows()`; *scan* is `scan_flows`. Columns that follow from others, as totals and means do, are made when
they are first asked for; *every column* is the statistics with all of these made. `nfpcapd -r` writes its files; `argus -r`
writes to the null device, and takes whole seconds, whatever it has to do. NFStream
{nfstream_version} runs with `statistical_analysis=True, n_dissections=0` on the first {nfstream_packets:,} packets, the time a
packet is compared: the whole capture took it {nfstream_whole:.0f} s, and {nfstream_expected:.0f} s is what the first packets say.

| | seconds | packets a second | times faster than NFStream | than nfpcapd | than argus |
|---|---|---|---|---|---|
{flows}

Memory at its peak, beyond a process that meets a single packet and, of *flows*, beyond the columns of packets:

| | peak, MiB | bytes a flow |
|---|---|---|
{flow_memory}

`scan_flows` with statistics over a pipe, *mix* once, twice and four times in a row, each time later:

| packets in flows | flows | seconds | peak of resident memory, MiB |
|---|---|---|---|
{flow_bounds}

## What bounds them

Where one record begins is known only when the one before has been looked at, so framing is a chain of loads, each of them a miss
of the first cache. With no column at all, framing took 1.2 times the read on *mix* and 1.65 times on *small* (two threads): two
columns can not take less there. Tried against it: reading in pieces of 64 to 256 KiB, chunks of 128 KiB to 4 MiB, rows that
are not cleared when only the record's own fields are wanted (kept), and settling chunks without waiting (kept). The rest of the
time of two columns is the system's clearing of their memory.

Of the processor's time of *read, core*, the system's copy of the file takes a fifth and its clearing of fresh memory a fifteenth;
decoding and gathering take a sixth, the flows of packets (index, state, TCP) three tenths, and making rows of flows that are over
a sixth; threads wait a thirtieth. What was tried against it, and what it gave, is in CONTRIBUTING.md under *Flows*.

With the default columns of *small*, about a third of the time is decoding, a fifth the system's clearing of memory, and the
remainder the read and the stores.

## dpkt's API

`pcapframe.dpkt` against dpkt: the same unchanged code under both, in one process, interleaved, {object_rounds} rounds
(medians), on the first {object_packets:,} packets of IPv4 in *mix*: dpkt ends with an exception at the first frame that is not
as it expects. Times are nanoseconds a packet. *TCP flows* is the tutorial's loop, which reads addresses, ports and flags of every
TCP segment; its `print` takes about a microsecond by itself, under either package.

| code | dpkt | pcapframe.dpkt | times faster |
|---|---|---|---|
{side_by_side}

What single steps cost, in nanoseconds, the loop around them taken off (the least of several runs):

| step | dpkt | pcapframe.dpkt |
|---|---|---|
{steps}

dpkt parses all layers at once, in `Ethernet(data)`; here each layer is parsed when it is asked for. What is left of an object's
{object_cost:.0f} ns is Python's: finding and calling the class, memory for an object that the garbage collector knows, and
giving it back. Tried and kept: no dict for each packet, which Python 3.11 fills at once (40 % less); parsing in the call itself
instead of in `__new__` and `__init__` (100 ns); attributes found by the address of their name (25 ns each); the dispatch table
found once, as long as the class does not change (30 ns a layer); a cell of one word for the payload (20 ns);
objects made and freed in one step each instead of class by class (7 % of the loop); no `__getattr__` in the package, with which
Python does not speed up `dpkt.ip` (5 to 10 % of the loop).

The captures: *large* are the packets of *mix* of at least 160 bytes; *mix* is real traffic of many kinds; *small* are
64-byte TCP and UDP packets. Where the captures of others are not at hand, *mix* and *small* are made from
`examples/data/lab.pcap`.
"""


def row(*cells: object) -> str:
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def default_row(name: str, found: dict[str, Any]) -> str:
    seconds, packets = found["seconds"]["default 2"], found["packets"]
    faster = found.get("times faster than dpkt")
    return row(
        name,
        f"{packets:,}",
        f"{found['bytes'] / packets:.0f}",
        f"{seconds:.3f}",
        f"{packets / seconds / 1e6:.1f} million",
        f"{found['times the read']['default 2']:.2f}",
        f"{faster:.0f}" if faster else "",
        f"{found['one thread to two']:.2f}",
    )


def others_row(name: str, found: dict[str, Any]) -> str:
    ratio, seconds = found["times the read"], found["seconds"]
    return row(
        name,
        f"{ratio['two columns 2']:.2f}",
        f"{ratio['all 2']:.2f}",
        f"{seconds['codes of src 2']:.3f}",
        f"{seconds['src == 2']:.3f}",
    )


def single_row(name: str, found: dict[str, Any]) -> str:
    ratio, seconds = found["times the read"], found["seconds"]
    return row(
        name,
        f"{seconds['read 1']:.3f}",
        f"{seconds['default 1']:.3f}",
        f"{ratio['default 1']:.2f}",
        f"{ratio['two columns 1']:.2f}",
    )


def memory_row(name: str, found: dict[str, Any]) -> str:
    return row(name, *(f"{value:.0f}" for value in found["memory"].values()))


def side_by_side_row(name: str, found: dict[str, float]) -> str:
    return row(name, f"{found['dpkt ns']:,.0f}", f"{found['ours ns']:,.0f}", f"{found['times faster']:.1f}")


def step_row(name: str, found: dict[str, float]) -> str:
    label = name if "data:" in name else f"`{name}`"
    # dpkt's payload is there already: what is left is noise.
    return row(label, f"{max(found['dpkt ns'], 0):,.0f}", f"{found['ours ns']:,.0f}")


def compressed_row(name: str, found: dict[str, float]) -> str:
    ours = (f"{found[f'{way}{kind}']:.2f}" for way in ("read", "scan") for kind in ("", " ratio", " ratio piped"))
    return row(f"`{name}`", f"{found['program']:.2f}", f"{found['piped']:.2f}", *ours)


def pipe_row(name: str, found: dict[str, float]) -> str:
    size, seconds = found["bytes"] / 1e9, found["seconds"]
    return row(
        name, f"{size:.1f}", f"{found['packets']:,}", f"{seconds:.1f}", f"{size / seconds:.2f}", f"{found['peak MiB']:.0f}"
    )


def flow_row(name: str, found: dict[str, Any]) -> str:
    seconds, faster = found["seconds"][name], found["times faster"].get(name, {})
    ratios = [f"{faster[other]['median']:.1f}" if other in faster else "" for other in ("NFStream", "nfpcapd", "argus")]
    return row(name, f"{seconds:.2f}", f"{found['packets'] / seconds / 1e6:.2f} million", *ratios)


def flow_sections(found: dict[str, Any]) -> dict[str, object]:
    """What the text says of flows."""
    nfstream = found.get("NFStream", {})
    names = [*found["times faster"], *(name for name in found["seconds"] if name not in found["times faster"])]
    return {
        "flow_count": found["flows"],
        "flow_packets": found["packets"],
        "flow_rounds": found["rounds"],
        "nfstream_version": nfstream.get("version", "(not measured)"),
        "nfstream_packets": nfstream.get("packets", 0),
        "nfstream_whole": nfstream.get("whole capture, seconds", 0),
        "nfstream_expected": found["seconds"].get("NFStream", 0),
        "flows": "\n".join(flow_row(name, found) for name in names),
        "flow_memory": "\n".join(
            row(name, f"{memory['peak MiB']:.0f}", f"{memory['bytes a flow']:.0f}") for name, memory in found["memory"].items()
        ),
        "flow_bounds": "\n".join(
            row(f"{run['packets']:,}", f"{run['flows']:,}", f"{run['seconds']:.1f}", f"{run['peak MiB']:.0f}")
            for run in found["bounded"]
        ),
    }


def chart(captures: dict[str, Any]) -> None:
    """Packets a second, dpkt and pcapframe, on a logarithmic axis."""
    named = {name: found for name, found in captures.items() if "times faster than dpkt" in found}
    _, ax = plt.subplots(figsize=(8, 3.2), layout="constrained")
    for place, (_, found) in enumerate(named.items()):
        ours = found["packets"] / found["seconds"]["default 2"]
        faster = found["times faster than dpkt"]
        ax.barh(place + 0.2, ours, 0.36, color=OURS, label="pcapframe, 2 threads" if place == 0 else None)
        ax.barh(place - 0.2, ours / faster, 0.36, color=DPKT, label="dpkt" if place == 0 else None)
        ax.text(ours * 1.1, place + 0.2, f"{faster:.0f} times", va="center", color=OURS, weight="bold")
    sizes = [found["bytes"] / found["packets"] - 16 for found in named.values()]
    ax.set_yticks(range(len(named)), [f"{name} ({size:.0f} bytes)" for name, size in zip(named, sizes, strict=True)])
    ax.set_ylim(-1.1, len(named) - 0.4)  # room for the legend
    ax.set_xscale("log")
    ax.set_xlim(3e4, 1e9)
    ax.set_xlabel("packets read into columns per second")
    ax.set_ylabel("capture (mean packet)")
    ax.set_title("Reading a capture")
    ax.legend(loc="lower right", frameon=False)
    ax.spines[["top", "right"]].set_visible(False)
    CHART.parent.mkdir(parents=True, exist_ok=True)
    plt.savefig(CHART, metadata={"Date": None})


def main() -> None:
    results = json.loads((HERE / "results.json").read_text(encoding="utf-8"))
    captures = results["captures"]
    machine = results["machine"]
    objects = json.loads((HERE / "objects.json").read_text(encoding="utf-8"))
    streams = json.loads((HERE / "streams.json").read_text(encoding="utf-8"))
    flows = json.loads((HERE / "flows.json").read_text(encoding="utf-8"))
    text = TEXT.format(
        **flow_sections(flows),
        stream_rounds=streams["rounds"],
        compressed="\n".join(compressed_row(*item) for item in streams["compressed"].items()),
        pipes="\n".join(pipe_row(*item) for item in streams["pipes"].items()),
        rounds=results["rounds"],
        dpkt_packets=results["dpkt packets"],
        machine=", ".join(f"{name} {value}" for name, value in machine.items()),
        object_rounds=objects["rounds"],
        object_packets=objects["packets"],
        object_cost=objects["steps"]["Ethernet(data)"]["ours ns"],
        side_by_side="\n".join(side_by_side_row(*item) for item in objects["side by side"].items()),
        steps="\n".join(step_row(*item) for item in objects["steps"].items()),
        default="\n".join(default_row(*item) for item in captures.items()),
        others="\n".join(others_row(*item) for item in captures.items()),
        single="\n".join(single_row(*item) for item in captures.items()),
        memory="\n".join(memory_row(name, found) for name, found in captures.items() if "memory" in found),
    )
    (HERE / "README.md").write_text(text, encoding="utf-8")
    chart(captures)


if __name__ == "__main__":
    mpl.rcParams["svg.hashsalt"] = "pcapframe"
    main()
