"""Resident jobs: always one per slot, back within seconds, doubles harmless."""

import time

from redis import Redis

from cueline.jobs import residents
from cueline.jobs.worker import DRAIN, queue_of
from cueline.streams import keys


def test_ids_are_never_used_twice_not_even_by_a_redis_that_was_emptied(redis: Redis) -> None:
    ids = [residents.enqueue(redis, DRAIN, 0) for _ in range(5)]
    redis.flushall()
    ids += [residents.enqueue(redis, DRAIN, 0) for _ in range(5)]
    assert len(set(ids)) == 10


def test_a_slot_with_a_queued_job_is_not_missing(redis: Redis) -> None:
    assert residents.missing(redis, redis, DRAIN, 2) == [0, 1]
    residents.enqueue(redis, DRAIN, 1)
    assert residents.missing(redis, redis, DRAIN, 2) == [0]


def test_a_slot_that_shows_life_is_not_missing_until_it_ends(redis: Redis) -> None:
    with residents.occupied(redis, DRAIN, 0, "me") as is_ours:
        assert is_ours
        assert residents.missing(redis, redis, DRAIN, 1) == []
    assert residents.missing(redis, redis, DRAIN, 1) == [0]


def test_a_second_job_on_a_slot_is_told_so(redis: Redis) -> None:
    with (
        residents.occupied(redis, DRAIN, 0, "first") as first,
        residents.occupied(redis, DRAIN, 0, "second") as second,
    ):
        assert (first, second) == (True, False)
    assert residents.missing(redis, redis, DRAIN, 1) == [0]


def test_life_goes_on_beyond_the_slots_own(redis: Redis) -> None:
    with residents.occupied(redis, DRAIN, 0, "me"):
        time.sleep(3.3)
        assert redis.get(keys.slot(DRAIN, 0)) == b"me"


def test_planted_job_ids_do_not_hide_a_missing_slot(redis: Redis) -> None:
    queue_of(DRAIN, redis).push_job_id("drain-x-1")
    queue_of(DRAIN, redis).push_job_id("a-b-c-d")
    assert residents.missing(redis, redis, DRAIN, 1) == [0]


def test_at_least_one_resident_is_wanted_without_any_worker(redis: Redis) -> None:
    assert residents.wanted(redis, DRAIN) == 1
