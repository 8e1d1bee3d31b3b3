"""What a command prints when it cannot do its work: one sentence on stderr and exit code 1, no traceback.

`CUELINE_LOG_LEVEL=debug` shows the traceback too.
"""

from __future__ import annotations

import contextlib
import sys
import traceback
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import click

from cueline.config import Settings, is_cluster, load
from cueline.errors import ConfigError, CuelineError

# What PostgreSQL and SQLite say when the migrations never ran, or not those of this release.
_OLD_TABLES = {"UndefinedTable", "UndefinedColumn"}
_OLD_TABLES_SQLITE = ("no such table", "no such column")


@contextlib.contextmanager
def explained() -> Iterator[None]:
    """Turns the failures that a person can do something about into a sentence."""
    try:
        yield
    except Exception as error:
        message = explanation(error)
        if message is None:
            raise
        if _is_debugging():
            traceback.print_exc()
        raise click.ClickException(message) from error


def explanation(error: Exception) -> str | None:
    """The sentence for an error, or None for one that is a fault of ours."""
    if isinstance(error, CuelineError):
        return error.message
    # The drivers are only looked at if something imported them: `cueline link` must not pay for them.
    if _is_from("redis.exceptions", ("ConnectionError", "TimeoutError"), error):
        return _redis_sentence(error)
    if _is_from("sqlalchemy.exc", ("OperationalError", "ProgrammingError", "TimeoutError"), error) or _is_damage(error):
        return _sql_sentence(error)
    return None


def _is_damage(error: Exception) -> bool:
    """What SQLite says of a damaged file is this class itself, not one below it."""
    return type(getattr(error, "orig", None)).__name__ == "DatabaseError"


def _is_from(module: str, names: tuple[str, ...], error: Exception) -> bool:
    loaded: Any = sys.modules.get(module)
    return loaded is not None and isinstance(error, tuple(getattr(loaded, name) for name in names))


def _redis_sentence(error: Exception) -> str:
    settings = _settings()
    if settings is not None and settings.redis_url:
        where, todo = masked(settings.redis_url), "Check CUELINE_REDIS_URL"
    else:
        where, todo = "the data directory", "Start `cueline up`, or set CUELINE_REDIS_URL"
    return f"Redis at {where} does not answer ({_first_line(error)}). {todo}."


def _sql_sentence(error: Exception) -> str | None:
    cause = getattr(error, "orig", None) or error
    said = _first_line(cause)
    if type(cause).__name__ in _OLD_TABLES or said.startswith(_OLD_TABLES_SQLITE):
        return "The database does not have the tables of this release. Run `cueline db upgrade`."
    if type(error).__name__ == "ProgrammingError" or "syntax error" in said:
        return None
    settings = _settings()
    where = masked(settings.sql_url()) if settings else "CUELINE_DATABASE_URL"
    if "not a database" in said or "malformed" in said:
        return f"The SQL database at {where} is damaged, or no database ({said}). Restore a backup."
    return f"The SQL database at {where} does not answer ({said}). Check CUELINE_DATABASE_URL."


def masked(url: str) -> str:
    """An address without its password."""
    from sqlalchemy.engine import make_url

    if is_cluster(url):
        user, at, hosts = urlsplit(url).netloc.rpartition("@")
        name, colon, _ = user.partition(":")
        return f"{urlsplit(url).scheme}://{name}{colon and ':***'}{at}{hosts}"
    return make_url(url).render_as_string(hide_password=True)


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _settings() -> Settings | None:
    try:
        return load()
    except ConfigError:
        return None


def _is_debugging() -> bool:
    settings = _settings()
    return settings is not None and settings.log_level == "debug"
