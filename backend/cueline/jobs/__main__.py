"""`python -m cueline.jobs drain|deliver|clock`: one process, one queue. `cueline worker` starts these."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from typing import Final

from redis import RedisError
from rq import Queue

from cueline.jobs import clock
from cueline.jobs.resources import resources
from cueline.jobs.worker import KINDS, Worker, queue_of

_USAGE: Final = "usage: python -m cueline.jobs drain|deliver|clock"


def main() -> int:
    try:
        if sys.argv[1:] == ["clock"]:
            return _run_clock()
        if len(sys.argv) == 2 and sys.argv[1] in KINDS:
            return _run_worker(sys.argv[1])
    except RedisError as error:
        sys.stderr.write(f"Redis is away, and this process ends to be started again: {error}\n")
        return 1
    sys.stderr.write(_USAGE + "\n")
    return 2


def _run_worker(kind: str) -> int:
    shared = resources()
    _log_to_stderr(shared.settings.log_level)
    shared.stats.start()
    queue: Queue = queue_of(kind, shared.rq_redis)
    Worker([queue], connection=shared.rq_redis, serializer=queue.serializer).work(logging_level="WARNING")
    shared.stats.stop()
    return 0


def _run_clock() -> int:
    shared = resources()
    _log_to_stderr(shared.settings.log_level)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    clock.run(shared, stop)
    return 0


def _log_to_stderr(level: str) -> None:
    logging.basicConfig(level=level.upper(), format="%(asctime)s %(levelname)s %(name)s %(message)s")


sys.exit(main())
