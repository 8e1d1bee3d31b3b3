"""A database of the operator's Redis server that is empty: the same process and disk, other keys."""

from __future__ import annotations

import contextlib
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from redis import Redis, RedisError

from cueline.config import Settings
from cueline.errors import CuelineError
from cueline.streams import lease
from cueline.streams.connect import connect

# The mark stays until the place is removed; the sign of life ends soon after its process.
_MARK: Final = "cueline:bench"
_ALIVE: Final = "cueline:bench:alive"
_LIFE_MS: Final = 10_000
_BEAT_S: Final = 2.0
# Redis' own default; 0 is where other programs put their keys without thinking about it.
_NUMBERS: Final = range(15, 0, -1)
_AT_ONCE: Final = 1_000


@contextmanager
def held(settings: Settings) -> Iterator[str]:
    """The address of an empty database of the streams' Redis, emptied at the end."""
    clean(settings)
    url = settings.streams_url()
    for number in _free(settings):
        address = with_number(url, number)
        with contextlib.closing(connect(address)) as redis:
            token = secrets.token_hex(8)
            if not _claim(redis, token):
                continue
            try:
                with _alive(redis, token):
                    yield address
            finally:
                _remove(redis)
        return
    raise CuelineError(
        "The benchmark needs a Redis database of its own, and none of 1 to 15 is empty (or Redis has only one). "
        "Point CUELINE_REDIS_URL at a Redis like yours that has."
    )


def clean(settings: Settings) -> list[str]:
    """Empties what killed runs left; what is being used stays."""
    removed = []
    for number in _used(settings):
        with contextlib.closing(connect(with_number(settings.streams_url(), number))) as redis:
            if redis.exists(_MARK) and lease.hold_key(redis, _ALIVE, secrets.token_hex(8), life_ms=_LIFE_MS):
                _remove(redis)
                removed.append(f"Redis database {number}")
    return removed


def _free(settings: Settings) -> list[int]:
    used = _used(settings)
    taken = {number_of(settings.streams_url()), number_of(settings.queues_url())}
    return [number for number in _NUMBERS if number not in used and number not in taken]


def _used(settings: Settings) -> list[int]:
    """The databases that have keys, besides the operator's own."""
    with contextlib.closing(connect(settings.streams_url())) as redis:
        found: dict[str, Any] = redis.info("keyspace")
    own = number_of(settings.streams_url())
    return [number for number in (int(name.removeprefix("db")) for name in found) if number != own]


def _claim(redis: Redis, token: str) -> bool:
    """False when somebody is quicker, or Redis has no such database."""
    try:
        if not lease.hold_key(redis, _ALIVE, token, life_ms=_LIFE_MS):
            return False
        if redis.dbsize() > 1:
            lease.release_key(redis, _ALIVE, token)
            return False
        redis.set(_MARK, token)
    except RedisError:
        return False
    return True


@contextmanager
def _alive(redis: Redis, token: str) -> Iterator[None]:
    ended = threading.Event()
    thread = threading.Thread(target=_beat, args=(redis, token, ended), name="bench", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _beat(redis: Redis, token: str, ended: threading.Event) -> None:
    """Redis away for a moment: the next beat says it again."""
    while not ended.wait(_BEAT_S):
        with contextlib.suppress(RedisError):
            lease.hold_key(redis, _ALIVE, token, life_ms=_LIFE_MS)


def _remove(redis: Redis) -> None:
    """By name, not by FLUSHDB: whoever else wrote here meanwhile keeps what he wrote."""
    names = [name for name in redis.scan_iter("cueline:*", count=_AT_ONCE) if name != _MARK.encode()]
    for start in range(0, len(names), _AT_ONCE):
        redis.unlink(*names[start : start + _AT_ONCE])
    redis.unlink(_MARK)


def number_of(url: str) -> int:
    """As redis-py reads it: the query wins over the path, and a unix socket's path is no number."""
    parts = urlsplit(url)
    asked = dict(parse_qsl(parts.query)).get("db")
    path = "" if parts.scheme == "unix" else parts.path.strip("/")
    found = asked or path
    return int(found) if found.isdigit() else 0


def with_number(url: str, number: int) -> str:
    # Not put together by urllib, which drops the empty host of `unix:///path`.
    address, _, query = url.partition("?")
    others = [(name, value) for name, value in parse_qsl(query) if name != "db"]
    return f"{address}?{urlencode([*others, ('db', number)])}"
