"""The append script on a real Redis: all or nothing, token buckets, and what each refusal is called."""

from __future__ import annotations

import time

import pytest
from redis import Redis

from cueline.errors import Full, RateLimited, Unavailable
from cueline.streams import keys
from cueline.streams.append import Limit, append

MAX = 1_000


def limit(kind: str = "visitor", *, rate: float = 10, burst: float = 100, cost: int = 1, who: str = "1:v") -> Limit:
    return Limit(kind, who, rate, burst, cost)


def written(redis: Redis, partition: int = 0) -> list[bytes]:
    return [fields[b"e"] for _, fields in redis.xrange(keys.stream(partition))]


def bucket(redis: Redis, given: Limit) -> bytes | None:
    found: bytes | None = redis.get(keys.rate(0, given.kind, given.who))
    return found


def test_entries_lie_in_their_partition_in_the_order_given(redis: Redis) -> None:
    append(redis, 3, [b"1", b"2", b"3"], max_len=MAX)
    append(redis, 3, [b"4"], max_len=MAX)
    assert written(redis, 3) == [b"1", b"2", b"3", b"4"]
    assert redis.keys() == [keys.stream(3).encode()]


def test_a_redis_that_forgot_the_script_is_given_it_again(redis: Redis) -> None:
    append(redis, 0, [b"1"], max_len=MAX)
    redis.script_flush()
    append(redis, 0, [b"2"], max_len=MAX)
    assert written(redis) == [b"1", b"2"]


def test_the_burst_passes_and_the_next_one_is_told_when_to_come(redis: Redis) -> None:
    append(redis, 0, [b"a"], limits=[limit(cost=100)], max_len=MAX)
    with pytest.raises(RateLimited) as refused:
        append(redis, 0, [b"b"], limits=[limit(cost=20)], max_len=MAX)
    assert refused.value.kind == "visitor"
    assert refused.value.retry_after_s == 2
    assert written(redis) == [b"a"]


def test_the_bucket_fills_with_time(redis: Redis) -> None:
    append(redis, 0, [b"a"], limits=[limit(rate=1_000, burst=10, cost=10)], max_len=MAX)
    time.sleep(0.02)
    append(redis, 0, [b"b"], limits=[limit(rate=1_000, burst=10, cost=10)], max_len=MAX)
    assert written(redis) == [b"a", b"b"]


def test_an_untouched_bucket_leaves_redis_by_itself(redis: Redis) -> None:
    append(redis, 0, [b"a"], limits=[limit(rate=1_000, burst=10, cost=10)], max_len=MAX)
    assert 0 < redis.pttl(keys.rate(0, "visitor", "1:v")) <= 10
    time.sleep(0.02)
    assert redis.exists(keys.rate(0, "visitor", "1:v")) == 0


def test_a_refusal_of_one_bucket_takes_nothing_from_the_others(redis: Redis) -> None:
    key, visitor = limit("key", who="wk_a", cost=1), limit(cost=1)
    redis.set(keys.rate(0, "visitor", "1:v"), int(time.time() * 1e6) + 20_000_000)
    with pytest.raises(RateLimited, match="visitor"):
        append(redis, 0, [b"a"], limits=[key, visitor], max_len=MAX)
    assert bucket(redis, key) is None
    assert written(redis) == []


def test_the_first_empty_bucket_is_the_one_that_is_named(redis: Redis) -> None:
    far = int(time.time() * 1e6) + 20_000_000
    redis.set(keys.rate(0, "address", "1:a"), far)
    redis.set(keys.rate(0, "visitor", "1:v"), far)
    with pytest.raises(RateLimited) as refused:
        append(redis, 0, [b"a"], limits=[limit("key"), limit("address", who="1:a"), limit()], max_len=MAX)
    assert refused.value.kind == "address"


def test_a_cost_beyond_the_burst_passes_a_full_bucket_and_is_paid_off(redis: Redis) -> None:
    large = limit(rate=10, burst=10, cost=50)
    append(redis, 0, [b"a"], limits=[large], max_len=MAX)
    with pytest.raises(RateLimited) as refused:
        append(redis, 0, [b"b"], limits=[large], max_len=MAX)
    assert refused.value.retry_after_s == 5


def test_a_clock_of_redis_that_was_set_back_locks_nobody_out(redis: Redis) -> None:
    redis.set(keys.rate(0, "visitor", "1:v"), int(time.time() * 1e6) + 3_600_000_000)
    append(redis, 0, [b"a"], limits=[limit()], max_len=MAX)
    assert written(redis) == [b"a"]


def test_a_bucket_with_nonsense_in_it_counts_as_full(redis: Redis) -> None:
    redis.set(keys.rate(0, "visitor", "1:v"), b"nonsense")
    append(redis, 0, [b"a"], limits=[limit()], max_len=MAX)
    assert written(redis) == [b"a"]


def test_the_longest_stream_takes_no_more(redis: Redis) -> None:
    append(redis, 0, [b"1", b"2"], max_len=2)
    with pytest.raises(Full):
        append(redis, 0, [b"3"], limits=[limit()], max_len=2)
    assert written(redis) == [b"1", b"2"]
    assert bucket(redis, limit()) is None


def test_without_memory_nothing_is_written_and_nothing_taken(redis: Redis) -> None:
    append(redis, 0, [b"1"], max_len=MAX)
    redis.config_set("maxmemory", "1")
    try:
        with pytest.raises(Unavailable, match="out of memory"):
            append(redis, 0, [b"2", b"3"], limits=[limit()], max_len=MAX)
    finally:
        redis.config_set("maxmemory", "0")
    assert written(redis) == [b"1"]
    assert bucket(redis, limit()) is None


def test_a_read_only_replica_is_unavailable(redis: Redis) -> None:
    redis.replicaof("127.0.0.1", "1")
    try:
        with pytest.raises(Unavailable, match="replica"):
            append(redis, 0, [b"1"], max_len=MAX)
    finally:
        redis.replicaof("NO", "ONE")


def test_a_redis_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(Unavailable, match="does not answer"):
        append(Redis.from_url("unix:///nowhere/redis.sock"), 0, [b"1"], max_len=MAX)


def test_a_key_that_is_no_stream_is_unavailable_and_leaves_the_buckets(redis: Redis) -> None:
    redis.set(keys.stream(0), "no stream")
    with pytest.raises(Unavailable):
        append(redis, 0, [b"1"], limits=[limit()], max_len=MAX)
    assert bucket(redis, limit()) is None
