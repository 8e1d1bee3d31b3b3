"""`make bench`, or `python -m bench [--quick] [collect] [drain] [latency]`: the product beside its peers."""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console

from bench import collect, drain, latency
from bench.figures import Row, show


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
        lambda folder: collect.run(folder, rounds=7, events=4_000),
        lambda folder: collect.run(folder, rounds=3, events=1_500),
    ),
    "drain": _Part(
        "CPU of the drain, read to acknowledged",
        drain.UNIT,
        lambda folder: drain.run(folder, sizes=drain.SIZES, rounds=5, events=10_000, rq_events=300),
        lambda folder: drain.run(folder, sizes=drain.FEWER, rounds=3, events=4_000, rq_events=100),
    ),
    "latency": _Part(
        "Action reported to effect committed, SQLite",
        latency.UNIT,
        lambda folder: latency.run(folder, rounds=5, seconds=8),
        lambda folder: latency.run(folder, rounds=2, seconds=3),
    ),
}


def main(arguments: Sequence[str] | None = None) -> int:
    asked = _asked(arguments)
    if "collect" in asked.parts and not (collect.is_peer_ready()):
        print("The peer is not installed: `make bench` does it, with npm (bench/peer).", file=sys.stderr)
        return 3
    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print(_machine())
    for name in asked.parts:
        _run(_PARTS[name], console, is_quick=asked.quick)
    return 0


def _asked(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="under 90 seconds: fewer campaigns and rounds")
    parser.add_argument("parts", nargs="*", help=f"some of: {', '.join(_PARTS)}; without: all")
    asked = parser.parse_args(arguments)
    asked.parts = asked.parts or list(_PARTS)
    unknown = [name for name in asked.parts if name not in _PARTS]
    if unknown:
        parser.error(f"there is no part {unknown[0]!r}; there are {', '.join(_PARTS)}")
    return asked


def _run(part: _Part, console: Console, *, is_quick: bool) -> None:
    folder = Path(tempfile.mkdtemp(prefix="cueline-bench-"))
    try:
        rows = (part.quick if is_quick else part.whole)(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    show(console, part.title, part.unit, rows)


def _machine() -> str:
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"


if __name__ == "__main__":
    sys.exit(main())
