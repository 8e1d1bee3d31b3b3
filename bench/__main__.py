"""`make bench`, or `python -m bench [--quick] [PART …]`: the product beside its peers. Parts: collect, drain, latency,
memory; and profile, which is only run when it is asked for."""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console

from bench import collect, drain, latency, memory, profile
from bench.figures import Row, show

_PROFILE: Final = "profile"
_PRIORITY: Final = 5


@dataclass(frozen=True, slots=True)
class _Part:
    """A benchmark: its title, its unit, and how it is run in full and quickly."""

    title: str
    unit: str
    whole: Callable[[Path], list[Row]]
    quick: Callable[[Path], list[Row]]


_PARTS: Final = {
    "collect": _Part(
        "CPU of the server process, collecting",
        collect.UNIT,
        lambda folder: collect.run(folder, rounds=9, events=3_000),
        lambda folder: collect.run(folder, rounds=3, events=1_500),
    ),
    "drain": _Part(
        "CPU of the drain, read to acknowledged",
        drain.UNIT,
        lambda folder: drain.run(folder, sizes=drain.SIZES, rounds=7, events=5_000, rq_events=150),
        lambda folder: drain.run(folder, sizes=drain.FEWER, rounds=3, events=4_000, rq_events=100),
    ),
    "latency": _Part(
        "From an action's request to its effect being committed",
        latency.UNIT,
        lambda folder: latency.run(folder, rounds=5, seconds=4),
        lambda folder: latency.run(folder, rounds=2, seconds=2),
    ),
    "memory": _Part(
        "Memory under load",
        memory.UNIT,
        lambda folder: memory.run(folder, events=120_000),
        lambda folder: memory.run(folder, events=30_000),
    ),
}


def main(arguments: Sequence[str] | None = None) -> int:
    asked = _asked(arguments)
    if "collect" in asked.parts and not collect.is_peer_ready():
        print("The peer is not installed: `make bench` does it, with npm (bench/peer).", file=sys.stderr)
        return 3
    if asked.priority and not _may_go_first():
        print("--priority needs root, or CAP_SYS_NICE.", file=sys.stderr)
        return 3
    # So that what was started is ended when we are asked to end, not only after Ctrl-C.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}")
    for name in asked.parts:
        _run(name, console, asked)
    return 0


def _may_go_first() -> bool:
    """Real-time scheduling for us and all that we start. What is left of a busy machine then is its disk and caches."""
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(_PRIORITY))
    except PermissionError:
        return False
    return True


def _asked(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="under two minutes: fewer campaigns and rounds")
    parser.add_argument("--priority", action="store_true", help="before all else on this machine: real time, as root")
    parser.add_argument("--out", type=Path, default=Path("build/profiles"), help="where profiles are written")
    parser.add_argument("parts", nargs="*", help=f"some of: {', '.join([*_PARTS, _PROFILE])}; without: the first four")
    asked = parser.parse_args(arguments)
    asked.parts = asked.parts or list(_PARTS)
    unknown = [name for name in asked.parts if name not in (*_PARTS, _PROFILE)]
    if unknown:
        parser.error(f"there is no part {unknown[0]!r}; there are {', '.join([*_PARTS, _PROFILE])}")
    return asked


def _run(name: str, console: Console, asked: argparse.Namespace) -> None:
    folder = Path(tempfile.mkdtemp(prefix="cueline-bench-"))
    load, began_s = os.getloadavg()[0], time.monotonic()
    try:
        if name == _PROFILE:
            profile.run(folder, console, out=asked.out)
            return
        part = _PARTS[name]
        rows = (part.quick if asked.quick else part.whole)(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    show(console, part.title, part.unit, rows)
    console.print(f"took {time.monotonic() - began_s:.0f} s; {_told(load)}\n")


def _told(load: float) -> str:
    """Whether others were at work when it began: medians of turns take out a bad minute, not a bad hour."""
    cores = os.cpu_count() or 1
    busy = " The machine was busy: read the ratios, and measure again when it is not." if load > cores / 2 else ""
    return f"load before it {load:.1f} on {cores} cores.{busy}"


if __name__ == "__main__":
    sys.exit(main())
