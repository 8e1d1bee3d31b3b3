"""From a key to its workspace, with each store up or away."""

from __future__ import annotations

from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import Engine

from cueline.clock import FrozenClock
from cueline.config import Settings
from cueline.errors import HttpError, Unavailable
from cueline.intake.access import MAX_CACHED, AccessBook, mirror
from cueline.store import keys as key_rows
from cueline.store import workspaces
from cueline.store.session import open_engine, writing
from cueline.streams import keys

AWAY = Redis.from_url("unix:///nowhere/redis.sock")
WRITE_KEY, SECRET_KEY = "wk_test", "sk_test-secret"


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def key_id(engine: Engine, clock: FrozenClock) -> int:
    """The write key of a workspace that has a secret key, too."""
    with writing(engine) as connection:
        made = workspaces.create(
            connection, name="Shop", now_ms=clock.now_ms(), identity_mode="warn", origins=["https://shop.example"]
        )
        row, _ = key_rows.create(connection, made.id, kind="write", name="page", now_ms=clock.now_ms(), key=WRITE_KEY)
        key_rows.create(connection, made.id, kind="secret", name="shop", now_ms=clock.now_ms(), key=SECRET_KEY)
    return row.id


def book(redis: Redis, engine: Engine, clock: FrozenClock) -> AccessBook:
    return AccessBook(redis, engine, Settings(), clock)


def refill(redis: Redis, engine: Engine) -> None:
    with writing(engine) as connection:
        mirror(redis, connection)


def gone(tmp_path: Path) -> Engine:
    return open_engine(f"sqlite:///{tmp_path / 'nowhere' / 'cueline.db'}")


def status_of(book: AccessBook, key: str) -> tuple[int, str]:
    with pytest.raises(HttpError) as refused:
        book.find(key)
    return refused.value.status, refused.value.code


def test_a_key_that_the_mirror_lacks_is_found_in_sql(
    redis: Redis, engine: Engine, key_id: int, clock: FrozenClock
) -> None:
    access = book(redis, engine, clock).find(WRITE_KEY)
    assert (access.kind, access.identity_mode, access.origins) == ("write", "warn", ("https://shop.example",))


def test_the_mirror_alone_is_enough(
    redis: Redis, engine: Engine, key_id: int, clock: FrozenClock, tmp_path: Path
) -> None:
    refill(redis, engine)
    known = book(redis, gone(tmp_path), clock)
    assert known.find(WRITE_KEY) == book(AWAY, engine, clock).find(WRITE_KEY)
    assert known.find(SECRET_KEY).kind == "secret"
    assert SECRET_KEY.encode() not in redis.hgetall(keys.ACCESS)


def test_a_key_that_nobody_knows_is_401_once_sql_said_so(
    redis: Redis, engine: Engine, key_id: int, clock: FrozenClock
) -> None:
    refill(redis, engine)
    assert status_of(book(redis, engine, clock), "wk_other") == (401, "unknown_key")
    assert status_of(book(AWAY, engine, clock), "wk_other") == (401, "unknown_key")


@pytest.mark.parametrize("key", ["", "wk_è", "wk_" + "x" * 300, "wk_\ud83d"])
def test_what_can_be_no_key_is_401_without_a_store(tmp_path: Path, clock: FrozenClock, key: str) -> None:
    assert status_of(book(AWAY, gone(tmp_path), clock), key) == (401, "unknown_key")


def test_without_sql_an_unknown_key_is_503_never_401(redis: Redis, tmp_path: Path, clock: FrozenClock) -> None:
    for stream_redis in (redis, AWAY):
        with pytest.raises(HttpError) as refused:
            book(stream_redis, gone(tmp_path), clock).find(WRITE_KEY)
        assert refused.value.status == 503
        assert refused.value.retry_after_s == 5


def test_a_mirror_that_another_release_wrote_does_not_matter(
    redis: Redis, engine: Engine, key_id: int, clock: FrozenClock
) -> None:
    redis.hset(keys.ACCESS, WRITE_KEY, b'{"lookup": 5}')
    assert book(redis, engine, clock).find(WRITE_KEY).kind == "write"


def test_a_revoked_key_is_unknown_within_two_seconds(
    redis: Redis, engine: Engine, key_id: int, clock: FrozenClock
) -> None:
    refill(redis, engine)
    known = book(redis, engine, clock)
    known.find(WRITE_KEY)
    with writing(engine) as connection:
        key_rows.revoke(connection, key_id, now_ms=clock.now_ms())
        mirror(redis, connection)
    clock.advance(1_999)
    assert known.find(WRITE_KEY).lookup == WRITE_KEY
    clock.advance(1)
    assert status_of(known, WRITE_KEY) == (401, "unknown_key")


def test_a_clock_set_back_does_not_keep_a_revoked_key_alive(
    redis: Redis, engine: Engine, key_id: int, clock: FrozenClock
) -> None:
    known = book(redis, engine, clock)
    known.find(WRITE_KEY)
    with writing(engine) as connection:
        key_rows.revoke(connection, key_id, now_ms=clock.now_ms())
    clock.advance(-3_600_000)
    assert status_of(known, WRITE_KEY) == (401, "unknown_key")


def test_a_new_key_is_known_after_a_second(redis: Redis, engine: Engine, key_id: int, clock: FrozenClock) -> None:
    known = book(redis, engine, clock)
    assert status_of(known, "wk_new") == (401, "unknown_key")
    with writing(engine) as connection:
        key_rows.create(connection, 1, kind="write", name="new", now_ms=0, key="wk_new")
    assert status_of(known, "wk_new") == (401, "unknown_key")
    clock.advance(1_000)
    assert known.find("wk_new").workspace_id == 1


def test_strangers_keys_do_not_fill_the_memory(redis: Redis, engine: Engine, key_id: int, clock: FrozenClock) -> None:
    known = book(redis, engine, clock)
    known.find(WRITE_KEY)
    for i in range(MAX_CACHED + 5):
        known._unknown.put(f"wk_{i}", True, clock.now_ms())
    assert len(known._unknown._entries) == 5
    assert list(known._found._entries) == [WRITE_KEY]


def test_the_mirror_of_an_empty_house_is_empty(redis: Redis, engine: Engine) -> None:
    redis.hset(keys.ACCESS, "wk_old", "{}")
    refill(redis, engine)
    assert redis.exists(keys.ACCESS) == 0


def test_a_mirror_that_redis_does_not_take_says_so(engine: Engine) -> None:
    with pytest.raises(Unavailable):
        refill(AWAY, engine)
