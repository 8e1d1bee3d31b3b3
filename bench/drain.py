"""CPU of draining an event: with few and many campaigns, on both databases, against one RQ job per event."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import psycopg

from bench import servers
from bench.figures import Row

UNIT: Final = "µs/event"
SIZES: Final = (10, 1_000, 100_000)
FEWER: Final = (10, 1_000, 10_000)
_BUDGET_SIZE: Final = 1_000
_BUDGETS: Final = {"SQLite": 100.0, "PostgreSQL": 200.0}
_FLATNESS: Final = 3.0

Figures = dict[tuple[str, int], list[float]]


class _Child:
    """A process that answers a number of events with a figure."""

    def __init__(self, module: str, *arguments: str) -> None:
        command = [sys.executable, "-m", module, *arguments]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def wait(self) -> None:
        while (line := self._read()) != "ready\n":
            print(line, end="", file=sys.stderr)

    def run(self, events: int) -> float:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{events}\n")
        self._process.stdin.flush()
        return float(self._read())

    def _read(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("a process of the benchmark ended; its error stands above")
        return line

    def end(self) -> None:
        with contextlib.suppress(BrokenPipeError):
            self._process.communicate(timeout=30)


def run(folder: Path, *, sizes: Sequence[int], rounds: int, events: int, rq_events: int) -> list[Row]:
    """All children live throughout and take turns, so that a slow minute meets each of them."""
    with ExitStack() as stack:
        socket = stack.enter_context(servers.redis(folder))
        server = stack.enter_context(servers.postgresql(folder / "postgresql"))
        urls = _Urls(folder, server)
        numbers = iter(range(16))
        drains = {
            (store, size): stack.enter_context(
                _child("bench.drainer", f"unix://{socket}?db={next(numbers)}", urls(store, f"drain{size}"), str(size))
            )
            for store in _BUDGETS
            for size in sizes
        }
        jobs = {
            store: stack.enter_context(
                _child("bench.rq_worker", f"unix://{socket}?db={next(numbers)}", urls(store, "rq"), str(_BUDGET_SIZE))
            )
            for store in _BUDGETS
        }
        found: Figures = {key: [] for key in drains}
        peers: dict[str, list[float]] = {store: [] for store in jobs}
        for _ in range(rounds):
            for key, drain in drains.items():
                found[key].append(drain.run(events))
            for store, job in jobs.items():
                peers[store].append(job.run(rq_events))
    return [_row(store, size, found, peers) for store, size in found] + [
        _flat(store, sizes, found) for store in _BUDGETS
    ]


class _Urls:
    """Addresses of empty databases."""

    def __init__(self, folder: Path, server: str) -> None:
        self._folder = folder
        self._server = server

    def __call__(self, store: str, name: str) -> str:
        if store == "SQLite":
            return f"sqlite:///{self._folder / name}.db"
        with psycopg.connect(self._server, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self._server.replace("/postgres?", f"/{name}?").replace("postgresql://", "postgresql+psycopg://")


@contextlib.contextmanager
def _child(module: str, *arguments: str) -> Iterator[_Child]:
    child = _Child(module, *arguments)
    try:
        child.wait()
        yield child
    finally:
        child.end()


def _row(store: str, size: int, found: Figures, peers: dict[str, list[float]]) -> Row:
    most = _BUDGETS[store] if size == _BUDGET_SIZE else None
    return Row(
        f"drain, {store}, {size:,} campaigns", found[store, size], "one RQ job per event", peers[store], most=most
    )


def _flat(store: str, sizes: Sequence[int], found: Figures) -> Row:
    few, many = sizes[0], sizes[-1]
    what, peer = f"drain, {store}, {many:,} campaigns", f"the same, {few} campaigns"
    return Row(what, found[store, many], peer, found[store, few], most_ratio=_FLATNESS)
