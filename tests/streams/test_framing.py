"""Entries come out of their stream as they went in, whatever is in them."""

from __future__ import annotations

import pytest
from redis import Redis

from cueline.streams import keys, lease
from cueline.streams.read import Message, Reader

BODIES = [b"", b"plain", b"with \r\n and 7 -1 in it", bytes(range(256)), "ä€😀".encode(), b"x" * 70_000]


@pytest.fixture
def reader(redis: Redis) -> Reader:
    reader = Reader(redis, "test")
    reader.prepare(0)
    assert lease.acquire(redis, 0, "token", life_ms=60_000)
    return reader


def test_data_of_any_bytes_is_read_as_it_was_written(redis: Redis, reader: Reader) -> None:
    ids = [redis.xadd(keys.stream(0), {b"e": body}).decode() for body in BODIES]
    wanted = [Message(0, id_, body) for id_, body in zip(ids, BODIES, strict=True)]
    assert reader.read(0, "token", count=100) == wanted
    assert reader.take_over(0, "token", count=100) == wanted


def test_an_entry_without_our_field_has_no_data_and_shifts_no_other(redis: Redis, reader: Reader) -> None:
    strange = redis.xadd(keys.stream(0), {b"other": b"12345", b"x": b"e"}).decode()
    mixed = redis.xadd(keys.stream(0), {b"other": b"e", b"e": b"mine"}).decode()
    found = reader.read(0, "token", count=100)
    assert found == [Message(0, strange, None), Message(0, mixed, b"mine")]


def test_nothing_is_an_empty_list(reader: Reader) -> None:
    assert reader.read(0, "token", count=100) == []
    assert reader.take_over(0, "token", count=100) == []


def test_acknowledged_entries_are_gone_and_the_others_stay(redis: Redis, reader: Reader) -> None:
    for number in range(600):
        redis.xadd(keys.stream(0), {b"e": b"%d" % number})
    found = reader.read(0, "token", count=1_000)
    reader.acknowledge(found[:500])
    assert redis.xlen(keys.stream(0)) == 100
    assert reader.take_over(0, "token", count=1_000) == found[500:]


def test_waiting_says_where_something_waits(redis: Redis) -> None:
    reader = Reader(redis, "test")
    after = {partition: reader.prepare(partition) for partition in range(4)}
    assert reader.wait(after, block_ms=10) == set()
    for partition in (1, 3):
        redis.xadd(keys.stream(partition), {b"e": b"new"})
    assert reader.wait(after, block_ms=10) == {1, 3}
