"""One `up` at a time on a data directory."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cueline.errors import ConfigError, CuelineError

LOCK_FILE = "up.lock"


@contextmanager
def only_one(data: Path, *, address: str) -> Iterator[None]:
    """Holds the data directory. The system lets go of the lock when this process ends, however it ends."""
    _make(data)
    with (data / LOCK_FILE).open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CuelineError(f"{data} is in use by another `cueline up`{_who(data)}.") from error
        file.truncate(0)
        file.write(f"process {os.getpid()} at {address}\n")
        file.flush()
        yield


def _make(data: Path) -> None:
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        (data / LOCK_FILE).touch(mode=0o600)
    except OSError as error:
        raise ConfigError(
            f"The data directory {data} cannot be used: {error.strerror}. Choose another: --data."
        ) from error


def _who(data: Path) -> str:
    said = (data / LOCK_FILE).read_text().strip()
    return f" ({said})" if said else ""
