"""What a command prints when it cannot do its work: one sentence on stderr and exit code 1, no traceback.

`CUELINE_LOG_LEVEL=debug` shows the traceback too.
"""

from __future__ import annotations

import contextlib
import sys
import traceback
from collections.abc import Iterator
from typing import Any

import click

from cueline.config import Settings, load
from cueline.errors import ConfigError, CuelineError

# What SQLite and PostgreSQL say when the migrations never ran.
_NO_TABLES = ("no such table", "undefinedtable", "does not exist")


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
    if _is_from("sqlalchemy.exc", ("OperationalError", "ProgrammingError", "TimeoutError"), error):
        return _sql_sentence(error)
    return None


def _is_from(module: str, names: tuple[str, ...], error: Exception) -> bool:
    loaded: Any = sys.modules.get(module)
    return loaded is not None and isinstance(error, tuple(getattr(loaded, name) for name in names))


def _redis_sentence(error: Exception) -> str:
    settings = _settings()
    url = masked(settings.streams_url()) if settings else "?"
    todo = (
        "Check CUELINE_REDIS_URL" if settings and settings.redis_url else "Start `cueline up`, or set CUELINE_REDIS_URL"
    )
    return f"Redis at {url} does not answer ({_first_line(error)}). {todo}."


def _sql_sentence(error: Exception) -> str | None:
    said = str(getattr(error, "orig", error))
    name = type(getattr(error, "orig", error)).__name__
    if any(mark in f"{name} {said}".lower() for mark in _NO_TABLES) and "database" not in said:
        return "The database has no tables of this release yet. Run `cueline db upgrade`."
    if type(error).__name__ == "ProgrammingError":
        return None
    settings = _settings()
    url = masked(settings.sql_url()) if settings else "?"
    return f"The SQL database at {url} does not answer ({said.strip().splitlines()[0]}). Check CUELINE_DATABASE_URL."


def masked(url: str) -> str:
    """An address without its password."""
    from sqlalchemy.engine import make_url

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
