"""The peer of the drain: one RQ job for each event. `python -m bench.rq_worker REDIS_URL DATABASE_URL CAMPAIGNS`.

A job does for its event what the drain does for a batch, in a transaction of its own. The worker is RQ's SimpleWorker,
which is the cheaper one: it does not fork for each job. For each line of input, a number of events, it queues so many
jobs, runs them, and prints the CPU microseconds of each.
"""

from __future__ import annotations

import itertools
import sys
import time
from functools import cache
from typing import Final

from redis import Redis
from rq import Queue, SimpleWorker
from sqlalchemy import Engine

from cueline.benchmark import shop
from cueline.clock import SystemClock
from cueline.drain.commit import Committer
from cueline.store.batch import leases
from cueline.store.migrate import upgrade
from cueline.store.session import open_engine, writing
from cueline.streams.read import Message

_WARM_UP: Final = 20
_PARTITION: Final = 0


@cache
def _engine(url: str) -> Engine:
    return open_engine(url)


@cache
def _committer(url: str) -> tuple[Committer, int]:
    engine = _engine(url)
    with writing(engine) as connection:
        epoch = leases.begin_epoch(connection, _PARTITION, owner="bench")
    return Committer(engine, clock=SystemClock()), epoch


def handle(database_url: str, entry: bytes) -> None:
    """The job."""
    committer, epoch = _committer(database_url)
    committer.commit([Message(_PARTITION, "0-0", entry)], epochs={_PARTITION: epoch})


class Bench:
    def __init__(self, redis: Redis, database_url: str, *, size: int) -> None:
        self._url = database_url
        self._size = size
        self._workspace_id = shop.build(_engine(database_url), size).workspace_id
        self._queue = Queue("bench", connection=redis)
        self._worker = SimpleWorker([self._queue], connection=redis)
        self._seeds = itertools.count()

    def run(self, events: int) -> float:
        for _, entry in shop.entries(self._workspace_id, self._size, events, seed=next(self._seeds)):
            self._queue.enqueue(handle, self._url, entry, result_ttl=0)
        before = time.process_time()
        self._worker.work(burst=True, logging_level="ERROR")
        return (time.process_time() - before) / events * 1e6

    def serve(self) -> None:
        self.run(_WARM_UP)
        for line in sys.stdin:
            print(self.run(int(line)), flush=True)


def main() -> None:
    redis_url, database_url, size = sys.argv[1:4]
    upgrade(_engine(database_url))
    # Under its own name, so that the jobs find what this process has opened already.
    from bench import rq_worker

    rq_worker.Bench(Redis.from_url(redis_url), database_url, size=int(size)).serve()


if __name__ == "__main__":
    main()
