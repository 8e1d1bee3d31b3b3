"""Counters: collected in memory, added up in Redis, never in anyone's way."""

from __future__ import annotations

import threading
import time

from redis import Redis

from cueline.streams import keys
from cueline.streams.stats import Stats, field_of


def test_counts_of_two_processes_add_up(redis: Redis) -> None:
    for n in (2, 3):
        stats = Stats(redis)
        stats.count("events_accepted_total", n, door="collect")
        assert stats.flush()
    assert redis.hgetall(keys.STATS) == {b'events_accepted_total{door="collect"}': b"5"}


def test_what_was_flushed_is_not_flushed_again(redis: Redis) -> None:
    stats = Stats(redis)
    stats.count("drain_batches_total")
    stats.flush()
    stats.flush()
    assert redis.hget(keys.STATS, "drain_batches_total") == b"1"


def test_parts_of_a_second_can_be_counted(redis: Redis) -> None:
    stats = Stats(redis)
    stats.count("drain_seconds_total", 0.25)
    stats.count("drain_seconds_total", 0.5)
    stats.flush()
    assert redis.hget(keys.STATS, "drain_seconds_total") == b"0.75"


def test_labels_are_sorted_and_escaped() -> None:
    assert field_of("n_total", (("b", 'say "no"\\'), ("a", "x\ny"))) == 'n_total{a="x\\ny",b="say \\"no\\"\\\\"}'


def test_without_redis_counts_wait(redis: Redis) -> None:
    stats = Stats(Redis.from_url("unix:///nowhere/redis.sock"))
    stats.count("drain_batches_total", 4)
    assert not stats.flush()
    stats._redis = redis
    assert stats.flush()
    assert redis.hget(keys.STATS, "drain_batches_total") == b"4"


def test_counts_of_many_threads_are_all_there(redis: Redis) -> None:
    stats = Stats(redis)
    threads = [threading.Thread(target=lambda: [stats.count("n_total") for _ in range(2_000)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stats.flush()
    assert redis.hget(keys.STATS, "n_total") == b"8000"


def test_the_background_flushes_and_its_stop_flushes_the_rest(redis: Redis) -> None:
    before = set(threading.enumerate())
    stats = Stats(redis)
    stats.start(every_s=0.01)
    stats.start(every_s=0.01)
    stats.count("n_total")
    until = time.monotonic() + 5
    while redis.hget(keys.STATS, "n_total") is None and time.monotonic() < until:
        time.sleep(0.01)
    stats.count("n_total")
    stats.stop()
    assert redis.hget(keys.STATS, "n_total") == b"2"
    assert set(threading.enumerate()) <= before
