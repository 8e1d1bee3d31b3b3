"""One benchmark from beginning to end: the place, the processes, the measurements in their order."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final

import msgspec
from redis import Redis
from sqlalchemy import Engine

from cueline.benchmark import children, collecting, draining, latency, stores
from cueline.benchmark.measured import Collected, DrainedBy, Latency, Memory, Stores
from cueline.benchmark.place import Place, place
from cueline.benchmark.shop import Shop, build, open_doors
from cueline.benchmark.usage import group_rss_mb
from cueline.config import Settings
from cueline.store.migrate import upgrade
from cueline.store.session import open_engine
from cueline.streams.connect import connect

COLLECT: Final = "collect"
DRAIN: Final = "drain"
LATENCY: Final = "latency"
PARTS: Final = (COLLECT, DRAIN, LATENCY)
BATCHES: Final = (1, 50)
CAMPAIGNS: Final = (10, 1_000)
RATES: Final = (25.0, 200.0)

Step = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """`seconds`: of each measurement."""

    seconds: float
    parts: tuple[str, ...] = PARTS
    rates: tuple[float, ...] = RATES

    @property
    def steps(self) -> int:
        """How often `run` will say what it does."""
        counts = {COLLECT: len(BATCHES), DRAIN: len(CAMPAIGNS), LATENCY: len(self.rates)}
        return 2 + sum(counts[part] for part in self.parts)


class Found(msgspec.Struct, frozen=True):
    """Everything that was measured. What was not asked for is empty."""

    cores: int
    partitions: int
    stores: Stores
    collected: list[Collected]
    drained: list[DrainedBy]
    latency: list[Latency]
    memory: Memory


def run(settings: Settings, wanted: Wanted, *, step: Step) -> Found:
    """`step` is told what comes next. Nothing is left behind, however it ends."""
    step("Making a place to work in")
    with place(settings) as made, _site(settings, made) as site:
        step("Asking Redis and SQL")
        found = stores.examine(site.redis, site.engine, seconds=wanted.seconds)
        collected = list(site.collect(wanted, step)) if COLLECT in wanted.parts else []
        drained = list(site.drain(wanted, step)) if DRAIN in wanted.parts else []
        late = list(site.follow(wanted, step)) if LATENCY in wanted.parts else []
        return Found(cores(), settings.partitions, found, collected, drained, late, site.memory())


def cores() -> int:
    """That this process may use."""
    return len(os.sched_getaffinity(0))


@contextmanager
def _site(settings: Settings, made: Place) -> Iterator[_Site]:
    with ExitStack() as stack:
        engine = open_engine(made.database_url)
        stack.callback(engine.dispose)
        redis = stack.enter_context(contextlib.closing(connect(made.redis_url)))
        upgrade(engine)
        shops = {size: build(engine, size) for size in CAMPAIGNS}
        open_doors(engine, redis)
        yield _Site(stack, made.environ(), settings.partitions, redis, engine, shops)


@dataclass(slots=True)
class _Site:
    """What the measurements work with; processes are started when they are first needed."""

    stack: ExitStack
    environ: dict[str, str]
    partitions: int
    redis: Redis
    engine: Engine
    shops: dict[int, Shop]
    _web: children.Web | None = None
    _drainer: children.Drainer | None = None

    def collect(self, wanted: Wanted, step: Step) -> Iterator[Collected]:
        for batch in BATCHES:
            step(f"Collecting, {_events(batch)} a request")
            key = self.shops[CAMPAIGNS[0]].write_key
            yield collecting.collect(
                self.web(), self.redis, key, batch=batch, partitions=self.partitions, seconds=wanted.seconds
            )

    def drain(self, wanted: Wanted, step: Step) -> Iterator[DrainedBy]:
        for size in CAMPAIGNS:
            step(f"Draining, {size:,} campaigns")
            yield draining.drain(self.drainer(), self.shops[size], seconds=wanted.seconds)

    def follow(self, wanted: Wanted, step: Step) -> Iterator[Latency]:
        shop = self.shops[CAMPAIGNS[-1]]
        step(f"From action to effect, {wanted.rates[0]:g}/s")
        draining.one_round(self.drainer(), shop, draining.WARM_UP)
        latency.measure(self.web(), self.drainer(), shop, rate=100, seconds=0.2)
        for number, rate in enumerate(wanted.rates):
            if number:
                step(f"From action to effect, {rate:g}/s")
            yield latency.measure(self.web(), self.drainer(), shop, rate=rate, seconds=wanted.seconds)

    def web(self) -> children.Web:
        if self._web is None:
            self._web = self.stack.enter_context(children.web(self.environ))
        return self._web

    def drainer(self) -> children.Drainer:
        if self._drainer is None:
            self._drainer = self.stack.enter_context(children.drain(self.environ))
        return self._drainer

    def memory(self) -> Memory:
        def of(child: children.Web | children.Drainer | None) -> float | None:
            return max(group_rss_mb(child.group), default=None) if child is not None else None

        return Memory(of(self._web), of(self._drainer))


def _events(count: int) -> str:
    return "one event" if count == 1 else f"{count} events"
