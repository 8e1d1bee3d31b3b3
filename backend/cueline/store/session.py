"""The database: one engine per process, one way to open a transaction."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a process waits for SQL. `lock_ms`: for another writer; `statement_ms`: for an answer (PostgreSQL).

    `connections`: how many threads may wait at once, and `connection_s`: how long the others do for their turn.
    """

    lock_ms: int = 20_000
    statement_ms: int = 60_000
    connections: int = 15
    connection_s: float = 30.0


RESIDENT: Final = Patience()
# Of three threads of a web process SQL may hold two; the doors of events need none of it, and go on.
WEB: Final = Patience(lock_ms=2_000, statement_ms=20_000, connections=2, connection_s=1.0)


def _dumps(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def open_engine(url: str, *, patience: Patience = RESIDENT) -> Engine:
    """An engine for SQLite (WAL, FULL, waits when busy) or PostgreSQL. Opens no connection yet.

    Its errors quote no parameters: those are payloads, and payloads may hold secrets.
    """
    shared: dict[str, Any] = {
        "json_serializer": _dumps,
        "json_deserializer": msgspec.json.decode,
        "hide_parameters": True,
        "pool_size": min(patience.connections, 5),
        "max_overflow": max(0, patience.connections - 5),
        "pool_timeout": patience.connection_s,
    }
    if url.startswith("sqlite"):
        engine = create_engine(url, poolclass=QueuePool, **shared)
        event.listen(engine, "connect", partial(_prepare_sqlite, patience))
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    # A server that vanished without a word is noticed by the network, not by waiting for ever.
    silence = {"connect_timeout": 5, "keepalives_idle": 30, "tcp_user_timeout": 20_000}
    engine = create_engine(url, pool_pre_ping=True, connect_args=silence, **shared)
    event.listen(engine, "connect", partial(_prepare_postgresql, patience))
    return engine


def _prepare_sqlite(patience: Patience, connection: Any, _record: Any) -> None:
    # We say BEGIN ourselves: the driver's own, deferred one meets SQLITE_BUSY in the middle of a transaction.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout={patience.lock_ms}")
    _use_wal(connection, patience.lock_ms)
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")


def _use_wal(connection: Any, lock_ms: int) -> None:
    """Two connections that make a new file WAL at once: SQLite refuses the second without waiting for the first."""
    until_s = time.monotonic() + lock_ms / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > until_s:
                raise
            time.sleep(0.01)


def _prepare_postgresql(patience: Patience, connection: Any, _record: Any) -> None:
    """No statement and no lock may stop a resident job for good: it fails, and the batch is repeated."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET statement_timeout = {patience.statement_ms}")
        cursor.execute(f"SET lock_timeout = {patience.lock_ms}")
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
