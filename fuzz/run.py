"""Runs the fuzz targets one after the other and prints what each has done: `make fuzz`.

Seeds, logs and inputs that crash are in corpus/, logs/ and artifacts/ of this folder, or of the one that `--work` names.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import re
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
TRIPLE_LINE = re.compile(r"^host: (.+)$", re.MULTILINE)

# The longest input: packets for what decodes, captures for what reads. Longer ones only take longer.
LONGEST = {"wire": 300, "prefixes": 200, "etherparse": 300}
LONGEST_CAPTURE = 3000

# What targets have in common besides: a run of more than this is a mistake.
SECONDS_A_RUN = 10
MEGABYTES = 2048


def command(*arguments: str) -> list[str]:
    """cargo, of the nightly toolchain if there is one."""
    toolchains = subprocess.run(["rustup", "toolchain", "list"], capture_output=True, text=True, check=False).stdout
    if "nightly" in toolchains:
        return ["cargo", "+nightly", *arguments]
    # The sanitizers are part of stable toolchains too, which take the options with this set.
    os.environ["RUSTC_BOOTSTRAP"] = "1"
    return ["cargo", *arguments]


def build(*arguments: str) -> pathlib.Path:
    """Build the targets, and return the folder where they are."""
    subprocess.run(command("fuzz", "build", *arguments), cwd=HERE, check=True)
    version = subprocess.run(["rustc", "-vV"], capture_output=True, text=True, check=True).stdout
    host = TRIPLE_LINE.search(version)
    assert host is not None, version
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", HERE / "target"))
    return target / host[1] / "release"


def run(binary: pathlib.Path, name: str, work: pathlib.Path, seconds: int) -> dict[str, float]:
    """Fuzz one target; its output goes to a log."""
    corpus, artifacts = work / "corpus" / name, work / "artifacts" / name
    for folder in (corpus, artifacts, work / "logs"):
        folder.mkdir(parents=True, exist_ok=True)
    dictionary = HERE / "dictionaries" / f"{name}.dict"
    options = [
        f"-max_total_time={seconds}",
        f"-max_len={LONGEST.get(name, LONGEST_CAPTURE)}",
        f"-timeout={SECONDS_A_RUN}",
        f"-rss_limit_mb={MEGABYTES}",
        f"-artifact_prefix={artifacts}/",
        "-print_final_stats=1",
        *([f"-dict={dictionary}"] if dictionary.exists() else []),
    ]
    log = work / "logs" / f"{name}.log"
    before = os.times()
    # Threads of streams that nobody reads any more may outlive a run: what they hold is no leak.
    environment = os.environ | {"ASAN_OPTIONS": "detect_leaks=0"}
    with log.open("wb") as out:
        status = subprocess.run([binary, *options, corpus], stdout=out, stderr=out, env=environment, check=False).returncode
    after = os.times()
    text = log.read_text(errors="replace")
    executed = re.search(r"stat::number_of_executed_units: (\d+)", text)
    covered = re.findall(r"cov: (\d+)", text)
    return {
        "executions": int(executed[1]) if executed else 0,
        "edges": int(covered[-1]) if covered else 0,
        "cpu": after.children_user + after.children_system - before.children_user - before.children_system,
        "crashed": float(status != 0),
    }


def main() -> int:
    """Build, write the seeds, run, tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", help="all, if none is named")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--work", type=pathlib.Path, default=HERE, help="where corpus/, logs/ and artifacts/ are")
    arguments = parser.parse_args()

    binaries = build()
    build("seeds")
    subprocess.run([binaries / "seeds", arguments.work / "corpus"], check=True)
    known = subprocess.run(command("fuzz", "list"), cwd=HERE, capture_output=True, text=True, check=True).stdout.split()
    unknown = set(arguments.targets) - set(known)
    if unknown:
        parser.error(f"there are no targets {sorted(unknown)}; known are {', '.join(known)}")

    print(f"\n{'target':12} {'executions':>12} {'a second':>9} {'edges':>7} {'CPU s':>7}  outcome", flush=True)
    crashes = 0
    for name in arguments.targets or known:
        began = time.monotonic()
        done = run(binaries / name, name, arguments.work, arguments.seconds)
        rate = done["executions"] / (time.monotonic() - began)
        outcome = f"CRASHED: see logs/{name}.log and artifacts/{name}/" if done["crashed"] else "quiet"
        crashes += done["crashed"] > 0
        print(f"{name:12} {done['executions']:12,} {rate:9.0f} {done['edges']:7} {done['cpu']:7.0f}  {outcome}", flush=True)
    print(f"{crashes} of the targets crashed" if crashes else "no target crashed")
    return crashes > 0


if __name__ == "__main__":
    sys.exit(main())
