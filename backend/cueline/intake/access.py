"""From a key to its workspace: the mirror in Redis first, SQL before anyone is turned away."""

from __future__ import annotations

import threading
from typing import Final, Generic, TypeVar

import msgspec
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from cueline.clock import Clock
from cueline.config import Settings
from cueline.errors import HttpError
from cueline.intake.refusals import RETRY_AFTER_S
from cueline.store import keys as key_rows
from cueline.store.keys import Access
from cueline.store.session import reading
from cueline.streams import keys
from cueline.streams.append import unavailable

FOUND_MS: Final = 2_000
UNKNOWN_MS: Final = 1_000
MAX_CACHED: Final = 10_000
_LONGEST_KEY: Final = 256

T = TypeVar("T")

_decoder: Final = msgspec.json.Decoder(Access)
_encoder: Final = msgspec.json.Encoder()


class AccessBook:
    """Keys as the doors know them: what is revoked or changed is so everywhere within seconds."""

    def __init__(self, redis: Redis, engine: Engine, settings: Settings, clock: Clock) -> None:
        self._redis = redis
        self._engine = engine
        self._settings = settings
        self._clock = clock
        self._found = _Cache[Access](FOUND_MS)
        self._unknown = _Cache[bool](UNKNOWN_MS)

    def find(self, key: str) -> Access:
        """The key's workspace and rights. HttpError 401 once SQL does not know it, 503 when SQL cannot be asked."""
        if not key.isascii() or not 0 < len(key) <= _LONGEST_KEY:
            raise _unknown_key()
        lookup = key_rows.lookup_of(key)
        now_ms = self._clock.now_ms()
        access = self._found.get(lookup, now_ms)
        if access is not None:
            return access
        if self._unknown.get(lookup, now_ms):
            raise _unknown_key()
        return self._look_up(lookup, now_ms)

    def _look_up(self, lookup: str, now_ms: int) -> Access:
        access = self._from_mirror(lookup) or self._from_sql(lookup)
        if access is None:
            self._unknown.put(lookup, True, now_ms)
            raise _unknown_key()
        self._found.put(lookup, access, now_ms)
        return access

    def _from_mirror(self, lookup: str) -> Access | None:
        try:
            found = self._redis.hget(keys.ACCESS, lookup)
            return None if found is None else _decoder.decode(found)
        except (RedisError, msgspec.MsgspecError):
            return None  # Redis is away or an older release wrote it: SQL decides.

    def _from_sql(self, lookup: str) -> Access | None:
        try:
            with reading(self._engine) as connection:
                return key_rows.access(connection, lookup)
        except SQLAlchemyError as error:
            message = "The database that knows the keys does not answer. Nothing is lost if you repeat later."
            raise HttpError(503, "unavailable", message, retry_after_s=RETRY_AFTER_S) from error


def mirror(redis: Redis, connection: Connection) -> None:
    """Rewrite the whole mirror from SQL, in one step. Raises Unavailable when Redis does not take it."""
    rows: list[str | bytes] = []
    for access in key_rows.access_rows(connection):
        rows += (access.lookup, _encoder.encode(access))
    try:
        with redis.pipeline(transaction=True) as pipe:
            pipe.delete(keys.ACCESS)
            if rows:
                pipe.hset(keys.ACCESS, items=rows)
            pipe.execute()
    except RedisError as error:
        raise unavailable(error) from error


class _Cache(Generic[T]):
    """A bounded memory of lookups. Full, it forgets all: strangers' keys have a memory of their own to fill."""

    def __init__(self, life_ms: int) -> None:
        self._life_ms = life_ms
        self._entries: dict[str, tuple[int, T]] = {}
        self._lock = threading.Lock()

    def get(self, lookup: str, now_ms: int) -> T | None:
        entry = self._entries.get(lookup)
        # A clock that was set back must not keep a revoked key alive.
        if entry is None or not 0 <= now_ms - entry[0] < self._life_ms:
            return None
        return entry[1]

    def put(self, lookup: str, value: T, now_ms: int) -> None:
        with self._lock:
            if len(self._entries) >= MAX_CACHED:
                self._entries.clear()
            self._entries[lookup] = (now_ms, value)


def _unknown_key() -> HttpError:
    return HttpError(401, "unknown_key", "This key is unknown or revoked. `cueline keys list` shows those there are.")
