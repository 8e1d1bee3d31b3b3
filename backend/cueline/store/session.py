"""The database: one engine per process, one way to open a transaction."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool

# How long a writer waits for another one, on either database.
LOCK_WAIT_MS = 20_000
POSTGRESQL_STATEMENT_MS = 60_000


def _dumps(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def open_engine(url: str) -> Engine:
    """An engine for SQLite (WAL, FULL, waits when busy) or PostgreSQL. Opens no connection yet.

    Its errors quote no parameters: those are payloads, and payloads may hold secrets.
    """
    if url.startswith("sqlite"):
        engine = create_engine(
            url,
            json_serializer=_dumps,
            json_deserializer=msgspec.json.decode,
            poolclass=QueuePool,
            hide_parameters=True,
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    engine = create_engine(
        url,
        json_serializer=_dumps,
        json_deserializer=msgspec.json.decode,
        pool_pre_ping=True,
        hide_parameters=True,
        # A server that vanished without a word is noticed by the network, not by waiting for ever.
        connect_args={"connect_timeout": 5, "keepalives_idle": 30, "tcp_user_timeout": 20_000},
    )
    event.listen(engine, "connect", _prepare_postgresql)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # We say BEGIN ourselves: the driver's own, deferred one meets SQLITE_BUSY in the middle of a transaction.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout={LOCK_WAIT_MS}")
    _use_wal(connection)
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")


def _use_wal(connection: Any) -> None:
    """Two connections that make a new file WAL at once: SQLite refuses the second without waiting for the first."""
    until_s = time.monotonic() + LOCK_WAIT_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > until_s:
                raise
            time.sleep(0.01)


def _prepare_postgresql(connection: Any, _record: Any) -> None:
    """No statement and no lock may stop a resident job for good: it fails, and the batch is repeated."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET statement_timeout = {POSTGRESQL_STATEMENT_MS}")
        cursor.execute(f"SET lock_timeout = {LOCK_WAIT_MS}")
    connection.commit()


def _begin_sqlite(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("cueline_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that will write; commits at the end, rolls back on any exception."""
    with engine.connect() as connection:
        connection = connection.execution_options(cueline_write=True)
        with connection.begin():
            yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One transaction that only reads (a consistent view on SQLite)."""
    with engine.connect() as connection, connection.begin():
        yield connection


def is_postgresql(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"
