"""CPU of draining an event: with few and many campaigns, on both databases, against one RQ job per event."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from bench import servers
from bench.figures import Row
from bench.servers import House
from bench.site import furnish
from cueline.benchmark import children, draining
from cueline.benchmark.children import Drainer
from cueline.benchmark.shop import Shop

UNIT: Final = "µs/event"
SIZES: Final = (10, 1_000, 100_000)
FEWER: Final = (10, 1_000, 10_000)
BUDGET_SIZE: Final = 1_000
_BUDGETS: Final = {servers.SQLITE: 100.0, servers.POSTGRESQL: 200.0}
_FLATNESS: Final = 3.0

Figures = dict[tuple[str, int], list[float]]


def run(folder: Path, *, sizes: Sequence[int], rounds: int, events: int, rq_events: int) -> list[Row]:
    """All children live throughout and take turns, so that a slow minute meets each of them."""
    with ExitStack() as stack:
        house = stack.enter_context(servers.house(folder))
        drains = {(store, size): _drain(stack, house, store, size) for store in servers.STORES for size in sizes}
        jobs = {store: stack.enter_context(_rq(house.environ(store, f"rq_{store.lower()}"))) for store in _BUDGETS}
        found: Figures = {key: [] for key in drains}
        peers: dict[str, list[float]] = {store: [] for store in jobs}
        for _ in range(rounds):
            for key, (child, shop) in drains.items():
                done = draining.one_round(child, shop, events)
                found[key].append(done.cpu_s / done.events * 1e6)
            for store, job in jobs.items():
                peers[store].append(job.run(rq_events))
    return [_row(store, size, found, peers) for store, size in found] + [
        _flat(store, sizes, found) for store in servers.STORES
    ]


def _drain(stack: ExitStack, house: House, store: str, size: int) -> tuple[Drainer, Shop]:
    environ = house.environ(store, f"drain{size}")
    shop = furnish(environ, campaigns=size)
    child = stack.enter_context(children.drain(environ))
    draining.one_round(child, shop, draining.WARM_UP)
    return child, shop


class _Rq:
    """A process that answers a number of events with the microseconds of each."""

    def __init__(self, child: subprocess.Popen[str]) -> None:
        self._child = child

    def run(self, events: int) -> float:
        assert self._child.stdin is not None and self._child.stdout is not None
        self._child.stdin.write(f"{events}\n")
        self._child.stdin.flush()
        line = self._child.stdout.readline()
        if not line:
            raise RuntimeError("bench.rq_worker ended; its error stands above")
        return float(line)


@contextlib.contextmanager
def _rq(environ: dict[str, str]) -> Iterator[_Rq]:
    command = [sys.executable, "-m", "bench.rq_worker", environ["CUELINE_REDIS_URL"], environ["CUELINE_DATABASE_URL"]]
    child = subprocess.Popen([*command, str(BUDGET_SIZE)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield _Rq(child)
    finally:
        with contextlib.suppress(BrokenPipeError):
            child.communicate(timeout=30)


def _row(store: str, size: int, found: Figures, peers: dict[str, list[float]]) -> Row:
    most = _BUDGETS[store] if size == BUDGET_SIZE else None
    what = f"{store}, {size:,} campaigns"
    return Row(what, found[store, size], "one RQ job per event", peers[store], most=most)


def _flat(store: str, sizes: Sequence[int], found: Figures) -> Row:
    few, many = sizes[0], sizes[-1]
    what, peer = f"{store}, {many:,} campaigns", f"the same, {few} campaigns"
    return Row(what, found[store, many], peer, found[store, few], most_ratio=_FLATNESS)
