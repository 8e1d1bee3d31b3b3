"""The room that the doors leave in a Redis with `maxmemory`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from redis import Redis

from cueline.errors import Full
from cueline.streams.room import Room
from tests.e2e.stack import eventually


@pytest.fixture
def limited(redis: Redis) -> Iterator[Redis]:
    """Three quarters of its memory are free."""
    redis.config_set("maxmemory", int(redis.info("memory")["used_memory"]) * 4)
    redis.config_set("maxmemory-policy", "noeviction")
    yield redis
    redis.config_set("maxmemory", 0)


def fill(redis: Redis) -> None:
    """Nearly, not wholly."""
    limit = int(redis.info("memory")["maxmemory"])
    while redis.info("memory")["used_memory"] < 0.92 * limit:
        redis.rpush("ballast", b"x" * 4_000)


def is_full(room: Room) -> bool:
    try:
        room.check()
    except Full:
        return True
    return False


def test_a_redis_without_limit_has_room(redis: Redis) -> None:
    room = Room(redis)
    room.look()
    room.check()


def test_room_ends_before_memory_does_and_comes_back(limited: Redis) -> None:
    room = Room(limited)
    room.look()
    room.check()
    fill(limited)
    room.look()
    with pytest.raises(Full, match="nearly out of memory"):
        room.check()
    limited.set("a-lease", "is still taken")
    limited.delete("ballast")
    room.look()
    room.check()


def test_it_is_looked_at_in_the_background_and_a_redis_that_is_away_changes_nothing(limited: Redis) -> None:
    room = Room(limited)
    room.start()
    fill(limited)
    eventually(lambda: is_full(room), 20)
    limited.delete("ballast")
    eventually(lambda: not is_full(room), 20)
    room.stop()
    away = Room(Redis.from_url("unix:///nowhere/redis.sock"))
    away.look()
    away.check()
