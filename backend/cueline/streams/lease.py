"""Leases in Redis: a token under a key, which lives a few seconds and is renewed by whoever holds it."""

from __future__ import annotations

from typing import Final

from redis import Redis

from cueline.streams import keys

_HOLD: Final = """
local holder = redis.call('get', KEYS[1])
if holder == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) end
if not holder then redis.call('set', KEYS[1], ARGV[1], 'PX', ARGV[2]) return 1 end
return 0
"""
_RENEW: Final = """
if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) end
return 0
"""
_RELEASE: Final = """
if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end
return 0
"""


def acquire(redis: Redis, partition: int, token: str, *, life_ms: int) -> bool:
    """True when the partition was free and is ours now."""
    return bool(redis.set(keys.lease(partition), token, nx=True, px=life_ms))


def renew(redis: Redis, partition: int, token: str, *, life_ms: int) -> bool:
    """False when the lease ran out and somebody else may have it."""
    return bool(redis.eval(_RENEW, 1, keys.lease(partition), token, str(life_ms)))


def release(redis: Redis, partition: int, token: str) -> None:
    release_key(redis, keys.lease(partition), token)


def hold_key(redis: Redis, key: str, token: str, *, life_ms: int) -> bool:
    """Takes the key if it is free, renews it if it is ours; False when somebody else holds it."""
    return bool(redis.eval(_HOLD, 1, key, token, str(life_ms)))


def release_key(redis: Redis, key: str, token: str) -> None:
    redis.eval(_RELEASE, 1, key, token)
