"""A schema beside the operator's, in the same database: the same server and disk, other tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ProgrammingError

from cueline.errors import CuelineError
from cueline.store.session import open_engine

SCHEMA: Final = "cueline_bench"
_MARK: Final = "made by cueline bench, which removes it"
# Any number, as long as it is ours alone.
_ADVISORY_LOCK: Final = 7_243_019_554
_NOT_ALLOWED: Final = "42501"

_COMMENT: Final = text("SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = :schema")


class PostgresqlPlace:
    @contextmanager
    def held(self, url: str) -> Iterator[str]:
        """The address of the same database with a new schema as its only one, dropped at the end."""
        with _alone(url) as connection:
            _remove(connection)
            _make(connection)
            try:
                yield _inside(url)
            finally:
                _remove(connection)

    def clean(self, url: str) -> list[str]:
        with _alone(url) as connection:
            return [f"the schema {SCHEMA}"] if _remove(connection) else []


@contextmanager
def _alone(url: str) -> Iterator[Connection]:
    """A connection that holds a lock, which the server lets go of however we end."""
    engine = open_engine(url)
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if not connection.scalar(text(f"SELECT pg_try_advisory_lock({_ADVISORY_LOCK})")):
                raise CuelineError("Another `cueline bench` works on this database. Wait for its end.")
            yield connection
    finally:
        engine.dispose()


def _make(connection: Connection) -> None:
    try:
        # In one message, which PostgreSQL runs as one transaction: no schema of ours is without its mark.
        connection.exec_driver_sql(f"CREATE SCHEMA {SCHEMA}; COMMENT ON SCHEMA {SCHEMA} IS '{_MARK}'")
    except ProgrammingError as error:
        if getattr(error.orig, "sqlstate", None) != _NOT_ALLOWED:
            raise
        user = connection.engine.url.username
        raise CuelineError(
            f"The benchmark works in a schema of its own, and {user} may not make one. "
            f'GRANT CREATE ON DATABASE "{connection.engine.url.database}" TO "{user}" lets it.'
        ) from error


def _remove(connection: Connection) -> bool:
    """Whether there was one. Raises CuelineError when a schema of that name is not ours."""
    found = connection.execute(_COMMENT, {"schema": SCHEMA}).one_or_none()
    if found is None:
        return False
    if found[0] != _MARK:
        raise CuelineError(f"The schema {SCHEMA} was not made by `cueline bench`. Rename it first.")
    connection.exec_driver_sql(f"DROP SCHEMA {SCHEMA} CASCADE")
    return True


def _inside(url: str) -> str:
    """With the schema as search_path, beside the options that the address may have."""
    address = make_url(url)
    options = address.query.get("options", "")
    first = options if isinstance(options, str) else " ".join(options)
    wanted = f"{first} -csearch_path={SCHEMA}".strip()
    return address.update_query_dict({"options": wanted}).render_as_string(hide_password=False)
