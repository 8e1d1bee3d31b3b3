"""The append script on a real Redis: all or nothing, token buckets, and what each refusal is called."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from redis import Redis

from cueline.errors import Full, RateLimited, Unavailable
from cueline.streams import keys
from cueline.streams.append import Limit, append
from cueline.streams.wire import Wire

MAX = 1_000


@pytest.fixture(params=["client", "wire"])
def streams(request: pytest.FixtureRequest, redis: Redis) -> Iterator[Redis | Wire]:
    """Both ways that an append may take."""
    if request.param == "client":
        yield redis
        return
    wire = Wire(redis)
    yield wire
    wire.close()


def limit(kind: str = "visitor", *, rate: float = 10, burst: float = 100, cost: int = 1, who: str = "1:v") -> Limit:
    return Limit(kind, who, rate, burst, cost)


def written(redis: Redis, partition: int = 0) -> list[bytes]:
    return [fields[b"e"] for _, fields in redis.xrange(keys.stream(partition))]


def bucket(redis: Redis, given: Limit) -> bytes | None:
    found: bytes | None = redis.get(keys.rate(0, given.kind, given.who))
    return found


def test_entries_lie_in_their_partition_in_the_order_given(streams: Redis | Wire, redis: Redis) -> None:
    append(streams, 3, [b"1", b"2", b"3"], max_len=MAX)
    append(streams, 3, [b"4"], max_len=MAX)
    assert written(redis, 3) == [b"1", b"2", b"3", b"4"]
    assert redis.keys() == [keys.stream(3).encode()]


def test_a_redis_that_forgot_the_script_is_given_it_again(streams: Redis | Wire, redis: Redis) -> None:
    append(streams, 0, [b"1"], max_len=MAX)
    redis.script_flush()
    append(streams, 0, [b"2"], max_len=MAX)
    assert written(redis) == [b"1", b"2"]


def test_the_burst_passes_and_the_next_one_is_told_when_to_come(streams: Redis | Wire, redis: Redis) -> None:
    append(streams, 0, [b"a"], limits=[limit(cost=100)], max_len=MAX)
    with pytest.raises(RateLimited) as refused:
        append(streams, 0, [b"b"], limits=[limit(cost=20)], max_len=MAX)
    assert refused.value.kind == "visitor"
    assert refused.value.retry_after_s == 2
    assert written(redis) == [b"a"]


def test_the_bucket_fills_with_time(streams: Redis | Wire, redis: Redis) -> None:
    append(streams, 0, [b"a"], limits=[limit(rate=1_000, burst=10, cost=10)], max_len=MAX)
    time.sleep(0.02)
    append(streams, 0, [b"b"], limits=[limit(rate=1_000, burst=10, cost=10)], max_len=MAX)
    assert written(redis) == [b"a", b"b"]


def test_an_untouched_bucket_leaves_redis_by_itself(streams: Redis | Wire, redis: Redis) -> None:
    append(streams, 0, [b"a"], limits=[limit(rate=1_000, burst=30_000, cost=30_000)], max_len=MAX)
    assert 0 < redis.pttl(keys.rate(0, "visitor", "1:v")) <= 30_000


def test_a_refusal_of_one_bucket_takes_nothing_from_the_others(streams: Redis | Wire, redis: Redis) -> None:
    key, visitor = limit("key", who="wk_a", cost=1), limit(cost=1)
    redis.set(keys.rate(0, "visitor", "1:v"), int(time.time() * 1e6) + 20_000_000)
    with pytest.raises(RateLimited, match="visitor"):
        append(streams, 0, [b"a"], limits=[key, visitor], max_len=MAX)
    assert bucket(redis, key) is None
    assert written(redis) == []


def test_the_first_empty_bucket_is_the_one_that_is_named(streams: Redis | Wire, redis: Redis) -> None:
    far = int(time.time() * 1e6) + 20_000_000
    redis.set(keys.rate(0, "address", "1:a"), far)
    redis.set(keys.rate(0, "visitor", "1:v"), far)
    with pytest.raises(RateLimited) as refused:
        append(streams, 0, [b"a"], limits=[limit("key"), limit("address", who="1:a"), limit()], max_len=MAX)
    assert refused.value.kind == "address"


def test_a_cost_beyond_the_burst_passes_a_full_bucket_and_is_paid_off(streams: Redis | Wire, redis: Redis) -> None:
    large = limit(rate=10, burst=10, cost=50)
    append(streams, 0, [b"a"], limits=[large], max_len=MAX)
    with pytest.raises(RateLimited) as refused:
        append(streams, 0, [b"b"], limits=[large], max_len=MAX)
    assert refused.value.retry_after_s == 5


def test_a_clock_of_redis_that_was_set_back_locks_nobody_out(streams: Redis | Wire, redis: Redis) -> None:
    redis.set(keys.rate(0, "visitor", "1:v"), int(time.time() * 1e6) + 3_600_000_000)
    append(streams, 0, [b"a"], limits=[limit()], max_len=MAX)
    assert written(redis) == [b"a"]


def test_a_bucket_with_nonsense_in_it_counts_as_full(streams: Redis | Wire, redis: Redis) -> None:
    redis.set(keys.rate(0, "visitor", "1:v"), b"nonsense")
    append(streams, 0, [b"a"], limits=[limit()], max_len=MAX)
    assert written(redis) == [b"a"]


def test_the_longest_stream_takes_no_more(streams: Redis | Wire, redis: Redis) -> None:
    append(streams, 0, [b"1", b"2"], max_len=2)
    with pytest.raises(Full):
        append(streams, 0, [b"3"], limits=[limit()], max_len=2)
    assert written(redis) == [b"1", b"2"]
    assert bucket(redis, limit()) is None


def test_without_memory_nothing_is_written_and_nothing_taken(streams: Redis | Wire, redis: Redis) -> None:
    append(streams, 0, [b"1"], max_len=MAX)
    redis.config_set("maxmemory", "1")
    try:
        with pytest.raises(Unavailable, match="out of memory"):
            append(streams, 0, [b"2", b"3"], limits=[limit()], max_len=MAX)
    finally:
        redis.config_set("maxmemory", "0")
    assert written(redis) == [b"1"]
    assert bucket(redis, limit()) is None


def test_a_read_only_replica_is_unavailable(streams: Redis | Wire, redis: Redis) -> None:
    redis.replicaof("127.0.0.1", "1")
    try:
        with pytest.raises(Unavailable, match="replica"):
            append(streams, 0, [b"1"], max_len=MAX)
    finally:
        redis.replicaof("NO", "ONE")


def test_a_redis_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(Unavailable, match="does not answer"):
        append(Wire(Redis.from_url("unix:///nowhere/redis.sock")), 0, [b"1"], max_len=MAX)


def test_a_key_that_is_no_stream_is_unavailable_and_leaves_the_buckets(streams: Redis | Wire, redis: Redis) -> None:
    redis.set(keys.stream(0), "no stream")
    with pytest.raises(Unavailable):
        append(streams, 0, [b"1"], limits=[limit()], max_len=MAX)
    assert bucket(redis, limit()) is None
