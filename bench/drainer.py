"""A drain in a process of its own: `python -m bench.drainer REDIS_URL DATABASE_URL CAMPAIGNS`.

For each line of input, a number of events: appends so many, drains them, and prints the CPU microseconds of draining
for each event, from XREADGROUP over the commit to XACK, the threads that keep the leases included.
"""

from __future__ import annotations

import itertools
import sys
import time
from dataclasses import dataclass
from typing import Final

from redis import Redis
from sqlalchemy import Engine

from bench import shop
from cueline.clock import SystemClock
from cueline.config import Settings
from cueline.drain.batch import Report
from cueline.drain.commit import Committer
from cueline.drain.leases import Leases
from cueline.drain.loop import Drain
from cueline.store.migrate import upgrade
from cueline.store.session import open_engine
from cueline.streams import keys
from cueline.streams.append import append
from cueline.streams.connect import connect
from cueline.streams.read import Reader

_PER_APPEND: Final = 500
_WARM_UP: Final = 1_000


@dataclass(slots=True)
class _Count:
    """How many events were committed, told by the drain itself."""

    done: int = 0

    def __call__(self, report: Report) -> None:
        self.done += sum(report.statuses.values()) + report.repeats


class Bench:
    """One workspace with its campaigns, and the drain that works on it."""

    def __init__(self, redis: Redis, engine: Engine, *, size: int) -> None:
        self._redis = redis
        self._size = size
        self._workspace_id = shop.build(engine, size)
        self._settings = Settings()
        self._seeds = itertools.count()
        self._count = _Count()
        reader = Reader(redis, "bench")
        clock = SystemClock()
        self._leases = Leases(redis, engine, reader, settings=self._settings, clock=clock, name="bench")
        self._drain = Drain(self._leases, reader, Committer(engine, clock=clock), on_committed=self._count)

    def run(self, events: int) -> float:
        self._append(events)
        until = self._count.done + events
        before = time.process_time()
        self._drain.run(lambda: self._count.done >= until)
        return (time.process_time() - before) / events * 1e6

    def _append(self, events: int) -> None:
        partitions: dict[int, list[bytes]] = {}
        for visitor, entry in shop.entries(self._workspace_id, self._size, events, seed=next(self._seeds)):
            partition = keys.partition_of(self._workspace_id, visitor, self._settings.partitions)
            partitions.setdefault(partition, []).append(entry)
        for partition, waiting in partitions.items():
            for start in range(0, len(waiting), _PER_APPEND):
                append(self._redis, partition, waiting[start : start + _PER_APPEND], max_len=self._settings.stream_max)

    def serve(self) -> None:
        with self._leases:
            self.run(_WARM_UP)
            print("ready", flush=True)
            for line in sys.stdin:
                print(self.run(int(line)), flush=True)


def main() -> None:
    redis_url, database_url, size = sys.argv[1:4]
    engine = open_engine(database_url)
    upgrade(engine)
    Bench(connect(redis_url), engine, size=int(size)).serve()


if __name__ == "__main__":
    main()
