"""RQ's list of workers: the living are in it whatever happens to it, the dead are not for long."""

import time
from collections.abc import Callable, Iterator

import pytest
from redis import Redis

from cueline.jobs import residents
from cueline.jobs.presence import LIFE_S, Presence, alive
from cueline.jobs.worker import DRAIN, Worker, queue_of


@pytest.fixture
def worker(redis: Redis) -> Worker:
    """Known to RQ, without anybody who keeps it known."""
    worker = Worker(queue_of(DRAIN, redis), connection=redis, presence=redis)
    worker.register_birth()
    return worker


@pytest.fixture
def presence(worker: Worker, redis: Redis) -> Iterator[Presence]:
    presence = Presence(worker, redis)
    presence.start()
    yield presence
    presence.stop()


def eventually(is_true: Callable[[], bool], seconds: float = 30) -> None:
    until_s = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < until_s
        time.sleep(0.05)


def test_a_worker_is_known_again_after_its_redis_was_emptied(redis: Redis, presence: Presence) -> None:
    redis.flushall()
    assert alive(queue_of(DRAIN, redis)) == 0
    eventually(lambda: alive(queue_of(DRAIN, redis)) == 1)


def test_a_worker_that_falls_silent_is_forgotten_within_its_life(redis: Redis, worker: Worker) -> None:
    worker.heartbeat(400)
    assert 0 < int(redis.ttl(worker.key)) <= LIFE_S
    redis.delete(worker.key)  # its time is over
    assert alive(queue_of(DRAIN, redis)) == 0
    assert not redis.sismember("rq:workers:cueline-drain", worker.key)


def test_there_are_as_many_residents_as_living_workers(redis: Redis, worker: Worker) -> None:
    second = Worker(queue_of(DRAIN, redis), connection=redis, presence=redis)
    second.register_birth()
    assert residents.wanted(redis, DRAIN) == 2
    redis.delete(second.key)
    assert residents.wanted(redis, DRAIN) == 1


def test_one_that_ended_does_not_come_back(redis: Redis, worker: Worker, presence: Presence) -> None:
    presence.stop()
    worker.register_death()
    time.sleep(2.5)
    assert alive(queue_of(DRAIN, redis)) == 0
