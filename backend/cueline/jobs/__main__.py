"""`python -m cueline.jobs drain|deliver|clock`: one process, one queue. `cueline worker` starts these."""

from __future__ import annotations

import contextlib
import logging
import signal
import sys
import threading
import time
from typing import Final

from redis import Redis, RedisError
from rq.exceptions import StopRequested

from cueline import logs
from cueline.jobs import clock
from cueline.jobs.resources import Resources, resources
from cueline.jobs.worker import KINDS, OneLine, Worker, queue_of, stopping
from cueline.logs import Log, said
from cueline.streams.connect import connect

_log = Log("cueline.jobs")

_USAGE: Final = "usage: python -m cueline.jobs drain|deliver|clock"
_AGAIN_S: Final = 1.0
_LOOK_S: Final = 0.1
_GRACE_S: Final = 3.0


def main() -> int:
    if sys.argv[1:] == ["clock"]:
        return _run_clock()
    if len(sys.argv) == 2 and sys.argv[1] in KINDS:
        return _run_worker(sys.argv[1])
    sys.stderr.write(_USAGE + "\n")
    return 2


def _run_worker(kind: str) -> int:
    """Until it is asked to end: RQ's handler raises StopRequested where no job is at work.

    RQ's Redis away: waits and goes on.
    """
    shared = resources()
    logs.configure(shared.settings.log_format, shared.settings.log_level)
    logging.getLogger("rq.worker").addFilter(OneLine())
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    shared.stats.start()
    with contextlib.closing(connect(shared.settings.queues_url())) as redis, contextlib.suppress(StopRequested):
        while not stopping.is_set():
            _work(kind, shared, redis)
    shared.stats.stop()
    return 0


def _work(kind: str, shared: Resources, redis: Redis) -> None:
    try:
        Worker(queue_of(kind, redis), connection=redis, presence=shared.rq_redis).work(logging_level="WARNING")
    except RedisError as error:
        _log.warning("worker waits for RQ's Redis", error=said(error))
    if not stopping.is_set():
        time.sleep(_AGAIN_S)


def _run_clock() -> int:
    shared = resources()
    logs.configure(shared.settings.log_format, shared.settings.log_level)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    # In a thread, so that we hear a signal while it waits for a database that is locked.
    thread = threading.Thread(target=clock.run, args=(shared, stop), name="clock", daemon=True)
    thread.start()
    while thread.is_alive() and not stop.is_set():
        time.sleep(_LOOK_S)
    thread.join(_GRACE_S)
    if thread.is_alive():
        _log.warning("the clock ends in the middle of a task, which the next one does again")
    return 0 if stop.is_set() else 1


sys.exit(main())
