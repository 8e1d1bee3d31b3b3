"""A batch to SQL: repeated whole after a race, entry by entry when one of them is poison."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from cueline.clock import Clock
from cueline.drain import poison
from cueline.drain.batch import Report, handle
from cueline.drain.ids import Ids
from cueline.errors import LeaseLost, Unavailable
from cueline.logs import Log
from cueline.store.batch import leases
from cueline.store.batch.live import LiveBook
from cueline.store.session import writing
from cueline.streams.entry import BadEntry, StreamEntry, decode
from cueline.streams.read import Message

_log = Log(__name__)

_MAX_TRIES: Final = 5
_APART_S: Final = 0.05
# Deadlock, serialization failure, and two batches that met at a unique key: whoever repeats sees the other's rows.
_RACES: Final = frozenset({"40P01", "40001", "23505"})
_SQLITE_AWAY: Final = ("locked", "disk", "full", "unable to open", "readonly", "i/o error")
# Tables of another release, rights that are missing: `cueline db upgrade` helps, and no event is to blame.
_UNREADY: Final = frozenset({"42P01", "42703", "42501"})
# PostgreSQL's time limit for a statement: it has a bad time, or this is more than it can ever do.
_TOO_SLOW: Final = "57014"
_SLOW_TRIES: Final = 3
_SQLITE_UNREADY: Final = ("no such table", "no such column", "no column named")

# Partition and stream id of entries that ran into the time limit -> how often.
SlowTries = Counter[tuple[int, str]]


class Committer:
    """Turns messages into committed rows. Raises Unavailable (SQL is away) and LeaseLost; all else is handled."""

    def __init__(
        self, engine: Engine, *, clock: Clock, live_book: LiveBook | None = None, slow: SlowTries | None = None
    ) -> None:
        """`live_book`, `slow`: the process's, so that a new slice need not load every campaign or count anew."""
        self._engine = engine
        self._clock = clock
        self._live_book = live_book or LiveBook()
        self._slow: SlowTries = Counter() if slow is None else slow

    def commit(self, messages: Sequence[Message], *, epochs: Mapping[int, int]) -> list[Report]:
        """When it returns, every message may be acknowledged."""
        if not messages:
            return []
        try:
            entries = [_entry(message) for message in messages]
            return [self._transact(entries, epochs)]
        except (Unavailable, LeaseLost):
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not block the partition
            if len(messages) > 1:
                _log.warning("batch failed: repeated entry by entry", events=len(messages), error=type(error).__name__)
                return [report for one in messages for report in self.commit([one], epochs=epochs)]
            self._raise_if_slow(messages[0], error)
            return [self._bury(messages[0], error, epochs)]

    def _raise_if_slow(self, message: Message, error: Exception) -> None:
        """An entry that ran into the time limit is tried again before it counts as one that cannot be handled."""
        if not _is_too_slow(error):
            return
        entry = (message.partition, message.stream_id)
        self._slow[entry] += 1
        if self._slow[entry] < _SLOW_TRIES:
            raise Unavailable(f"SQL is too slow: {error}") from error
        del self._slow[entry]

    def _transact(self, entries: Sequence[StreamEntry], epochs: Mapping[int, int]) -> Report:
        for tries_left in reversed(range(_MAX_TRIES)):
            began_s = time.perf_counter()
            try:
                with writing(self._engine) as connection:
                    report = handle(
                        connection,
                        entries,
                        epochs=epochs,
                        live_book=self._live_book,
                        now_ms=self._clock.now_ms(),
                    )
                return replace(report, took_s=time.perf_counter() - began_s, partitions=tuple(epochs))
            except (DBAPIError, PoolTimeout) as error:
                _raise_if_away(error)
                if not tries_left or not _is_race(error):
                    raise
                # Apart from each other, or two batches that met once meet again.
                time.sleep(random.uniform(0, _APART_S))
        raise AssertionError("unreachable: the last try returns or raises")

    def _bury(self, message: Message, error: Exception, epochs: Mapping[int, int]) -> Report:
        """The dead letter keeps the entry with its error, to be read, fixed and replayed."""
        # The type alone: an error's words may hold what it choked on. The letter has them.
        _log.error("dead letter", partition=message.partition, entry=message.stream_id, error=type(error).__name__)
        try:
            with writing(self._engine) as connection:
                now_ms = self._clock.now_ms()
                ids = Ids(partition=min(epochs), after=leases.check(connection, epochs), now_ms=now_ms)
                poison.bury(connection, message, error, new_id=ids(), now_ms=now_ms)
                leases.remember(connection, list(epochs), ids.last)
        except (DBAPIError, PoolTimeout) as failure:
            _raise_if_away(failure)
            raise
        return Report(Counter(dead=1))


def _entry(message: Message) -> StreamEntry:
    if message.data is None:
        raise BadEntry("The entry has no field `e`: it was not written by a door of ours.")
    return decode(message.data)


def _is_race(error: Exception) -> bool:
    if isinstance(error, IntegrityError) and getattr(error.orig, "sqlstate", None) is None:
        return "UNIQUE constraint failed" in str(error.orig)
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in _RACES


def _is_too_slow(error: Exception) -> bool:
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) == _TOO_SLOW


def _raise_if_away(error: Exception) -> None:
    """SQL stopped, unreachable, locked, full or not upgraded: nothing is wrong with the batch, and waiting helps."""
    if isinstance(error, PoolTimeout | InterfaceError) or (_is_away(error) and not _is_too_slow(error)):
        raise Unavailable(f"SQL does not work: {error.__cause__ or error}") from error


def _is_away(error: Exception) -> bool:
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    sqlstate = getattr(error.orig, "sqlstate", None)
    if sqlstate is not None:
        # Connection exceptions, insufficient resources (disk full among them), operator intervention.
        return sqlstate[:2] in ("08", "53", "57", "58") or sqlstate == "55P03" or sqlstate in _UNREADY
    if not isinstance(error, OperationalError):
        return False
    if "sqlite" not in type(error.orig).__module__:
        # No connection came about. What psycopg itself refused to send is no better the next time.
        return error.statement is None
    return any(sign in str(error.orig).lower() for sign in _SQLITE_AWAY + _SQLITE_UNREADY)
