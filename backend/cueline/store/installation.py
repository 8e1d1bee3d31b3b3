"""What the installation knows of itself, by name: made once, by whoever needs it first."""

from __future__ import annotations

import secrets
from typing import Any, Final

from sqlalchemy import Connection, Engine, select
from sqlalchemy.dialects import postgresql, sqlite

from cueline.store.session import is_postgresql, reading, writing
from cueline.store.tables import installation

COOKIE_SECRET: Final = "cookie_secret"


def cookie_secret(engine: Engine) -> str:
    """What signs the cookies of our pages. Two processes that ask first at once get the same."""
    with reading(engine) as connection:
        found = _value(connection, COOKIE_SECRET)
    if found is not None:
        return found
    with writing(engine) as connection:
        connection.execute(_insert_missing(connection, COOKIE_SECRET, secrets.token_urlsafe(32)))
    with reading(engine) as connection:
        made: str = connection.execute(_query(COOKIE_SECRET)).scalar_one()
    return made


def _value(connection: Connection, name: str) -> str | None:
    found: str | None = connection.execute(_query(name)).scalar_one_or_none()
    return found


def _query(name: str) -> Any:
    return select(installation.c.value).where(installation.c.name == name)


def _insert_missing(connection: Connection, name: str, value: str) -> Any:
    dialect = postgresql if is_postgresql(connection) else sqlite
    return dialect.insert(installation).values(name=name, value=value).on_conflict_do_nothing()
