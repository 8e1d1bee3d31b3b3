"""What commands open: settings, SQL, Redis, and the workspace they mean."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis
from sqlalchemy import Connection, Engine

from cueline.config import Settings, load
from cueline.errors import ConfigError, NotFound
from cueline.store import workspaces
from cueline.store.session import RESIDENT, Patience, open_engine
from cueline.store.workspaces import Workspace
from cueline.streams.connect import connect


def settings_for(data: Path | None = None) -> Settings:
    """The settings in force; `data` is what the command line says instead of CUELINE_DATA."""
    if data is None:
        return load()
    return load({**os.environ, "CUELINE_DATA": str(data)})


@contextmanager
def database(settings: Settings, *, patience: Patience = RESIDENT) -> Iterator[Engine]:
    """The SQL database, closed at the end."""
    _check_sqlite_folder(settings)
    engine = open_engine(settings.sql_url(), patience=patience)
    try:
        yield engine
    finally:
        engine.dispose()


def _check_sqlite_folder(settings: Settings) -> None:
    if not settings.database_url and not settings.data.is_dir():
        raise ConfigError(
            f"There is no data directory {settings.data}. Start `cueline up` there, "
            "or set CUELINE_DATA or CUELINE_DATABASE_URL."
        )


@contextmanager
def streams(settings: Settings) -> Iterator[Redis]:
    """The Redis of the streams, closed at the end."""
    redis = connect(settings.streams_url(), rest=settings.queues_url())
    try:
        yield redis
    finally:
        redis.close()


@contextmanager
def queues(settings: Settings) -> Iterator[Redis]:
    """The Redis of RQ, closed at the end."""
    redis = connect(settings.queues_url())
    try:
        yield redis
    finally:
        redis.close()


def the_workspace(connection: Connection) -> Workspace:
    """The one that commands mean: the first."""
    found = workspaces.first(connection)
    if found is None:
        raise NotFound("There is no workspace yet. `cueline up` or `cueline db upgrade` makes the first one.")
    return found
