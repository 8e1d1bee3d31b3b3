"""A worker's entry among those that RQ knows: renewed by a thread, so that the dead are forgotten within seconds.

RQ itself writes the entry once, at the start: emptied of its keys it would count no worker for ever, and a worker
that was killed it counts for minutes. The number of workers is the number of resident jobs.
"""

from __future__ import annotations

import threading
from typing import Final

from redis import Redis, RedisError
from rq import Queue
from rq.utils import now, utcformat
from rq.worker import BaseWorker
from rq.worker_registration import clean_worker_registry, get_keys, register

from cueline.logs import Log, said

_log = Log(__name__)

LIFE_S: Final = 10
_BEAT_S: Final = 2.0


class Presence:
    """Of one worker, from `start` to `stop`, over a connection of its own that gives up soon."""

    def __init__(self, worker: BaseWorker, redis: Redis) -> None:
        self._worker = worker
        self._redis = redis
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="presence", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()

    def _beat(self) -> None:
        while not self._ended.wait(_BEAT_S):
            try:
                self._renew()
            except RedisError as error:
                _log.warning("RQ's Redis does not answer; the work in hand goes on", error=said(error))

    def _renew(self) -> None:
        worker = self._worker
        said = {**worker.serialize(), "last_heartbeat": utcformat(now()), "state": worker.get_state()}
        with self._redis.pipeline() as pipe:
            register(worker, pipe)
            pipe.hset(worker.key, mapping=said)
            pipe.expire(worker.key, LIFE_S)
            pipe.execute()


def alive(queue: Queue) -> int:
    """How many workers serve the queue; those whose entry ran out are taken off RQ's list."""
    clean_worker_registry(queue)
    return len(get_keys(queue=queue))
