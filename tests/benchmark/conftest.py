"""Settings for a benchmark: the operator's Redis, his database, and something of his in both."""

from __future__ import annotations

from pathlib import Path

import pytest
from redis import Redis

from cueline.config import Settings
from cueline.store import workspaces
from cueline.store.migrate import upgrade
from cueline.store.session import open_engine, writing


@pytest.fixture
def settings(tmp_path: Path, redis_url: str, database_url: str) -> Settings:
    """A house that is in use, once on SQLite and once on PostgreSQL."""
    return _used(tmp_path, redis_url, database_url)


@pytest.fixture
def on_sqlite(tmp_path: Path, redis_url: str) -> Settings:
    """A house that is in use, where one database is enough to see it."""
    return _used(tmp_path, redis_url, f"sqlite:///{tmp_path / 'cueline.db'}")


def _used(folder: Path, redis_url: str, database_url: str) -> Settings:
    """A workspace in SQL, keys in two databases of Redis."""
    engine = open_engine(database_url)
    upgrade(engine)
    with writing(engine) as connection:
        workspaces.create(connection, name="shop", now_ms=1, identity_mode="off", origins=["*"])
    engine.dispose()
    Redis.from_url(redis_url).hset("cueline:access", "wk_theirs", "{}")
    Redis.from_url(f"{redis_url}?db=14").set("another:program", "1")
    return Settings(data=folder, database_url=database_url, redis_url=redis_url)
