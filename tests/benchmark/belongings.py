"""Everything that an operator has in Redis, in SQL and beside his database file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from redis import Redis
from sqlalchemy import inspect, text

from cueline.config import Settings
from cueline.store.session import open_engine, reading


def of(settings: Settings) -> dict[str, Any]:
    return {"redis": _redis(settings), "tables": _tables(settings), "files": _files(settings.data)}


def _redis(settings: Settings) -> dict[int, list[bytes]]:
    found = {}
    for number in range(16):
        with Redis.from_url(f"{settings.redis_url}?db={number}") as redis:
            found[number] = sorted(redis.keys())
    return found


def _tables(settings: Settings) -> dict[str, int]:
    """Rows of every table in every schema."""
    engine = open_engine(settings.sql_url())
    with reading(engine) as connection:
        seen = inspect(connection)
        names = [
            f'"{schema}"."{table}"'
            for schema in seen.get_schema_names()
            if schema not in ("information_schema", "pg_catalog", "pg_toast")
            for table in seen.get_table_names(schema)
        ]
        counts = {name: int(connection.scalar(text(f"SELECT count(*) FROM {name}")) or 0) for name in names}
    engine.dispose()
    return counts


def _files(folder: Path) -> list[str]:
    """SQLite's own files come and go with the connections to the database they belong to."""
    names = (str(file.relative_to(folder)) for file in folder.rglob("*"))
    return sorted(name for name in names if not name.startswith("cueline.db"))
