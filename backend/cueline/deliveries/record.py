"""Writing down what became of a mail that is out of the house."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import InterfaceError, OperationalError

from cueline.logs import Log, said
from cueline.store.session import writing

log = Log(__name__)

T = TypeVar("T")

PAUSE_S: Final = 0.5


def insist(engine: Engine, write: Callable[[Connection], T], *, until_s: float, stop: Callable[[], bool]) -> T:
    """One transaction, repeated while SQL is away (restarted, locked, full).

    Else nobody would know that the mail was sent: it would be repeated, or told as failed. Gives up with the last
    error at `until_s` (of the monotonic clock), when the claim is somebody else's, or when `stop()` says so.
    """
    while True:
        try:
            with writing(engine) as connection:
                return write(connection)
        except (OperationalError, InterfaceError) as error:
            if stop() or time.monotonic() >= until_s:
                raise
            log.warning("what became of a delivery waits for SQL", error=said(error))
            time.sleep(PAUSE_S)
