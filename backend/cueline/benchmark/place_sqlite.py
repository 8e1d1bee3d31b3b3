"""A file beside the operator's: the same disk, another database."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy.engine import make_url

from cueline.errors import ConfigError, CuelineError

NAME: Final = "cueline-bench.db"
_BESIDE: Final = ("-wal", "-shm", "-journal", "")  # the file itself last: it carries the mark
_MARK: Final = 0x6375656C  # SQLite's application_id: "cuel"


class SqlitePlace:
    @contextmanager
    def held(self, url: str) -> Iterator[str]:
        """The address of a new database, removed at the end."""
        folder = _folder(url)
        with _alone(folder):
            _remove(folder)
            _make(folder / NAME)
            try:
                yield f"sqlite:///{folder / NAME}"
            finally:
                _remove(folder)

    def clean(self, url: str) -> list[str]:
        folder = _folder(url)
        with _alone(folder):
            return [f"the file {folder / NAME}"] if _remove(folder) else []


def _folder(url: str) -> Path:
    database = make_url(url).database
    if not database or database == ":memory:":
        raise ConfigError("CUELINE_DATABASE_URL names no file: a database in memory cannot be measured.")
    folder = Path(database).absolute().parent
    if not folder.is_dir():
        raise ConfigError(f"There is no folder {folder} for the database. Make it, or set CUELINE_DATABASE_URL.")
    return folder


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Holds the folder itself, so that no lock file is left; the system lets go of it however we end."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        _lock(handle, folder)
        yield
    finally:
        os.close(handle)


def _lock(handle: int, folder: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise CuelineError(f"Another `cueline bench` works in {folder}. Wait for its end.") from error


def _make(file: Path) -> None:
    try:
        with contextlib.closing(sqlite3.connect(file)) as connection:
            connection.execute(f"PRAGMA application_id = {_MARK}")
    except sqlite3.Error as error:
        raise CuelineError(f"{file} cannot be written ({error}); the benchmark works beside your database.") from error


def _remove(folder: Path) -> bool:
    """Whether there was something. Raises CuelineError when a file of that name is not ours."""
    file = folder / NAME
    if not file.exists():
        return False
    if file.stat().st_size and not _is_marked(file):
        raise CuelineError(f"{file} was not made by `cueline bench`. Move it away first.")
    for end in _BESIDE:
        file.with_name(NAME + end).unlink(missing_ok=True)
    return True


def _is_marked(file: Path) -> bool:
    with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        try:
            return bool(connection.execute("PRAGMA application_id").fetchone()[0] == _MARK)
        except sqlite3.DatabaseError:
            return False
