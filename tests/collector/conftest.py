"""A door in front of a small Flask app, on a real Redis and a SQLite file, called as a WSGI server calls it."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import Engine

from cueline.clock import FrozenClock
from cueline.collector.door import Door
from cueline.config import Settings
from cueline.intake.access import AccessBook
from cueline.store import keys as key_rows
from cueline.store import workspaces
from cueline.store.migrate import upgrade
from cueline.store.session import open_engine, writing
from cueline.streams.stats import Stats
from tests.collector.wsgi import SECRET_KEY, WRITE_KEY, Page


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database, to be copied: migrating takes longer than all that a test of the door does."""
    file = tmp_path_factory.mktemp("migrated") / "cueline.db"
    engine = open_engine(f"sqlite:///{file}")
    upgrade(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return file


@pytest.fixture
def sqlite(migrated: Path, tmp_path: Path) -> Iterator[Engine]:
    shutil.copy(migrated, tmp_path / "cueline.db")
    engine = open_engine(f"sqlite:///{tmp_path / 'cueline.db'}")
    yield engine
    engine.dispose()


OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(redis: Redis, sqlite: Engine, clock: FrozenClock) -> OpenPage:
    """Makes a workspace with its keys and the door; the page is what calls it."""

    def open_(
        *, mode: str = "off", origins: tuple[str, ...] = ("*",), streams: Redis = redis, **settings: int | str
    ) -> Page:
        with writing(sqlite) as connection:
            made = workspaces.create(connection, name="Shop", now_ms=0, identity_mode=mode, origins=origins)
            key_rows.create(connection, made.id, kind="write", name="page", now_ms=0, key=WRITE_KEY)
            key_rows.create(connection, made.id, kind="secret", name="shop", now_ms=0, key=SECRET_KEY)
        chosen = dataclasses.replace(Settings(), partitions=1, **settings)
        app = Flask("behind")
        app.add_url_rule("/behind", view_func=lambda: "Flask")
        stats = Stats(redis)
        book = AccessBook(streams, sqlite, chosen, clock)
        door = Door(app, book=book, redis=streams, settings=chosen, clock=clock, stats=stats)
        return Page(door, clock=clock, redis=redis, stats=stats, identity_secret=made.identity_secret)

    return open_


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    return open_page()
