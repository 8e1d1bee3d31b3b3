"""What Redis and SQL cost by themselves: a question there and back, and one commit."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final, cast

from redis import Redis, RedisError
from sqlalchemy import Column, Engine, Integer, MetaData, Table, insert, text

from cueline.benchmark.measured import Stores, Times, times
from cueline.store.session import is_postgresql, reading, writing

_MOST: Final = 300
_MOST_S: Final = 1.0
_commits: Final = Table("bench_commits", MetaData(), Column("n", Integer))


def examine(redis: Redis, engine: Engine, *, seconds: float) -> Stores:
    with writing(engine) as connection:
        _commits.create(connection, checkfirst=True)
        kind = "PostgreSQL" if is_postgresql(connection) else "SQLite"
    within_s = min(seconds, _MOST_S)
    return Stores(
        redis=_timed(redis.ping, within_s),
        sql=_questions(engine, within_s),
        commit=_timed(lambda: _commit(engine), within_s),
        redis_on_disk=_on_disk(redis),
        sql_kind=kind,
    )


def _timed(do: Callable[[], object], within_s: float) -> Times:
    do()  # opens the connection
    took: list[float] = []
    until_s = time.monotonic() + within_s
    while len(took) < _MOST and (time.monotonic() < until_s or not took):
        began_s = time.perf_counter()
        do()
        took.append(time.perf_counter() - began_s)
    return times(took)


def _questions(engine: Engine, within_s: float) -> Times:
    question = text("SELECT 1")
    with reading(engine) as connection:
        return _timed(lambda: connection.scalar(question), within_s)


def _commit(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(insert(_commits).values(n=1))


def _on_disk(redis: Redis) -> str:
    """How Redis keeps what it was given, in the words of its own configuration."""
    if not redis.info("persistence").get("aof_enabled"):
        return "off"
    try:
        return str(cast(dict[str, Any], redis.config_get("appendfsync"))["appendfsync"])
    except (RedisError, KeyError):
        return "unknown"  # many a hosted Redis does not let one ask
