"""The clock: one leads; it re-creates what is missing and expires what waited too long, never what may be released."""

from dataclasses import replace

import pytest
from redis import Redis
from sqlalchemy import Engine

from cueline import events
from cueline.config import Settings
from cueline.jobs import clock
from cueline.jobs.resources import Resources
from cueline.jobs.worker import DRAIN, KINDS, queue_of
from cueline.streams import keys
from cueline.streams.stats import Stats
from tests.drain.pipe import MINUTE, Pipe, make_pipe


@pytest.fixture
def pipe(redis: Redis, engine: Engine) -> Pipe:
    return make_pipe(redis, engine)


@pytest.fixture
def shared(pipe: Pipe) -> Resources:
    settings = Settings(partitions=2)
    return Resources(settings, pipe.clock, pipe.engine, pipe.redis, pipe.redis, Stats(pipe.redis))


def test_missing_residents_are_queued_once(shared: Resources) -> None:
    for _ in range(2):
        clock.requeue_residents(shared)
    for kind in KINDS:
        (job_id,) = queue_of(kind, shared.rq_redis).job_ids
        assert job_id.startswith(f"{kind}-0-")


def test_a_wiped_redis_of_rq_is_filled_again(shared: Resources) -> None:
    clock.requeue_residents(shared)
    shared.rq_redis.flushall()
    clock.requeue_residents(shared)
    assert len(queue_of(DRAIN, shared.rq_redis)) == 1


def test_of_two_clocks_one_leads(shared: Resources) -> None:
    done: list[str] = []
    for me in ("first", "second"):
        clock.tick(shared, me, [clock.Periodic("note", 0, lambda _, me=me: done.append(me))])  # type: ignore[misc]
    assert done == ["first"]


def test_the_second_leads_once_the_first_is_gone(shared: Resources) -> None:
    done: list[str] = []
    task = clock.Periodic("note", 0, lambda _: done.append("did"))
    clock.tick(shared, "first", [task])
    shared.redis.delete(keys.CLOCK_LEADER)
    clock.tick(shared, "second", [task])
    assert done == ["did", "did"]


def test_the_mirror_is_rewritten(shared: Resources, pipe: Pipe) -> None:
    shared.redis.hset(keys.ACCESS, "revoked", "{}")
    clock.refresh_mirror(shared)
    assert not shared.redis.hexists(keys.ACCESS, "revoked")


def test_held_events_beyond_the_hold_time_expire(shared: Resources, pipe: Pipe) -> None:
    pipe.link("dp:inbox")
    pipe.drain()
    pipe.clock.advance(30 * MINUTE)
    clock.expire(shared)
    assert pipe.rows("events", "status") == [events.HELD]
    pipe.clock.advance(1)
    clock.expire(shared)
    assert pipe.rows("events", "status", "reason") == [(events.EXPIRED, "hold_time")]


def test_nothing_expires_past_what_still_waits_in_the_streams(shared: Resources, pipe: Pipe) -> None:
    """A login that came in time may wait there, however late the drain is."""
    pipe.link("dp:inbox")
    pipe.drain()
    stream_ms = pipe.clock.now_ms() + 10 * MINUTE
    other = 1 - keys.partition_of(pipe.workspace_id, "v1", 2)
    pipe.redis.xadd(keys.stream(other), {"e": "x"}, id=f"{stream_ms}-0")
    pipe.clock.advance(45 * MINUTE)
    clock.expire(shared)
    assert pipe.rows("events", "status") == [events.HELD]


def test_a_task_that_fails_does_not_stop_the_others(shared: Resources) -> None:
    done: list[str] = []
    away = replace(shared, redis=Redis.from_url("unix:///nonexistent/r.sock"))
    tasks = [
        clock.Periodic("broken", 0, lambda _: away.redis.ping()),
        clock.Periodic("note", 0, lambda _: done.append("did")),
    ]
    clock.tick(shared, "me", tasks)
    assert done == ["did"]
