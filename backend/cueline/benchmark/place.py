"""Where a benchmark may write: a place of its own in the operator's SQL and Redis, which is gone afterwards.

What a killed run left behind is known by its mark, and removed by the next run or by `clean`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from cueline.benchmark import place_postgresql, place_redis, place_sqlite
from cueline.config import Settings

# Limits count as in production, and are out of reach: everything comes from one address.
_NO_LIMIT: Final = "1000000000"


@dataclass(frozen=True, slots=True)
class Place:
    """Addresses of a Redis and a SQL database that nobody else uses."""

    redis_url: str
    database_url: str

    def environ(self) -> dict[str, str]:
        """What processes that work here are told, on top of the settings in force."""
        return {
            "CUELINE_REDIS_URL": self.redis_url,
            "CUELINE_RQ_REDIS_URL": self.redis_url,
            "CUELINE_DATABASE_URL": self.database_url,
            "CUELINE_LOG_LEVEL": "warning",
            **{f"CUELINE_RATE_{kind}": _NO_LIMIT for kind in ("KEY", "ADDRESS", "VISITOR")},
        }


@contextmanager
def place(settings: Settings) -> Iterator[Place]:
    """Makes the place and removes it, with what an earlier run left. One benchmark at a time on a database."""
    with _sql(settings).held(settings.sql_url()) as database_url, place_redis.held(settings) as redis_url:
        yield Place(redis_url, database_url)


def clean(settings: Settings) -> list[str]:
    """Removes what a killed run left behind; says what that was."""
    return [*_sql(settings).clean(settings.sql_url()), *place_redis.clean(settings)]


def _sql(settings: Settings) -> place_sqlite.SqlitePlace | place_postgresql.PostgresqlPlace:
    if settings.sql_url().startswith("sqlite"):
        return place_sqlite.SqlitePlace()
    return place_postgresql.PostgresqlPlace()
