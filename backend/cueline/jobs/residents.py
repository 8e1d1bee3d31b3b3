"""Resident jobs: one per slot, working in slices, each queueing its successor as its last act.

A slot has a sign of life in the streams' Redis while its job works. A second job on the same slot sees it and
ends at once; the clock queues a job for a slot that shows no life and has none in the queue.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from redis import Redis, RedisError
from rq import Queue
from rq.exceptions import DuplicateJobError

from cueline.jobs.presence import alive
from cueline.jobs.worker import queue_of
from cueline.logs import Log, said
from cueline.streams import keys, lease

_log = Log(__name__)

_JOB_ID: Final = re.compile(r"[a-z]+-([0-9]{1,4})-[0-9]+")
_LIFE_MS: Final = 3_000
_BEAT_S: Final = 0.75
# RQ's timeout is an exception out of nowhere; what our jobs wait for has timeouts of its own.
_NO_TIMEOUT: Final = -1
_FAILURE_TTL_S: Final = 3_600


def enqueue(rq_redis: Redis, kind: str, number: int) -> str:
    """Queues the slot's next generation under an id that was never used. Returns the id.

    A generation is the time in µs, of RQ's Redis: a counter would start anew when that is emptied, and a job that
    still runs would take its successor, of the same id, along as it ends.
    """
    queue = queue_of(kind, rq_redis)
    while True:
        generation = _now_us(rq_redis)
        job_id = f"{kind}-{number}-{generation}"
        try:
            queue.enqueue_call(
                f"cueline.jobs.tasks.{kind}",
                args=[number, generation],
                job_id=job_id,
                unique=True,
                timeout=_NO_TIMEOUT,
                result_ttl=0,
                failure_ttl=_FAILURE_TTL_S,
            )
        except DuplicateJobError:
            continue
        return job_id


@contextmanager
def occupied(redis: Redis, kind: str, number: int, owner: str) -> Iterator[bool]:
    """True while this job is the only one on its slot; False when another lives there."""
    slot = keys.slot(kind, number)
    if not lease.hold_key(redis, slot, owner, life_ms=_LIFE_MS):
        yield False
        return
    ended = threading.Event()
    thread = threading.Thread(target=_beat, args=(redis, slot, owner, ended), name="slot", daemon=True)
    thread.start()
    try:
        yield True
    finally:
        ended.set()
        thread.join()
        _quietly(lambda: lease.release_key(redis, slot, owner))


def missing(redis: Redis, rq_redis: Redis, kind: str, wanted: int) -> list[int]:
    """The slots below `wanted` that neither show life nor have a job waiting in the queue."""
    queued = _queued_slots(queue_of(kind, rq_redis))
    return [n for n in range(wanted) if n not in queued and not redis.exists(keys.slot(kind, n))]


def wanted(rq_redis: Redis, kind: str) -> int:
    """One resident job for each live worker process on the queue, and at least one."""
    return max(1, alive(queue_of(kind, rq_redis)))


def may_queue(rq_redis: Redis) -> bool:
    """RQ's Redis answers. Without it a job that ends has no successor."""
    try:
        return bool(rq_redis.ping())
    except RedisError:
        return False


def _now_us(redis: Redis) -> int:
    seconds, microseconds = redis.time()
    return seconds * 1_000_000 + microseconds


def _queued_slots(queue: Queue) -> set[int]:
    """A planted job id of another form is none of ours."""
    found = (_JOB_ID.fullmatch(job_id) for job_id in queue.job_ids)
    return {int(match[1]) for match in found if match}


def _beat(redis: Redis, slot: str, owner: str, ended: threading.Event) -> None:
    while not ended.wait(_BEAT_S):
        _quietly(lambda: lease.hold_key(redis, slot, owner, life_ms=_LIFE_MS))


def _quietly(do: Callable[[], object]) -> None:
    """Without Redis the sign of life runs out by itself; a double that comes of it is harmless."""
    try:
        do()
    except RedisError as error:
        _log.warning("resident job cannot give its sign of life", error=said(error))
