"""When an event happened, by the clock of its sender and by ours."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from cueline.errors import EventRefused
from cueline.intake.limits import MAX_AGE_MS, MAX_AHEAD_MS, MAX_INTEGER
from cueline.intake.values import shown

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


def is_time(value: Any) -> bool:
    """Epoch milliseconds: a number, not negative, an integer of 64 bits. JSON's `true` is none."""
    if type(value) is int:
        return 0 <= value <= MAX_INTEGER
    return type(value) is float and math.isfinite(value) and value >= 0


def browser_time(at: Any, *, received_ms: int, sent_at_ms: int | None) -> int:
    """Corrected by how far the page's clock is off: received_at − (sent_at − at). Without `sent_at`, `at` itself."""
    if not is_time(at):
        raise EventRefused("bad_time", f"at must be epoch milliseconds, not {_written(at)}.", field="at")
    return corrected_time(at, received_ms=received_ms, sent_at_ms=sent_at_ms)


def corrected_time(at: int | float, *, received_ms: int, sent_at_ms: int | None) -> int:
    """`browser_time` of what is known to be a time."""
    at_ms = int(at) if sent_at_ms is None else received_ms - (sent_at_ms - int(at))
    if received_ms - MAX_AGE_MS <= at_ms <= received_ms:
        return at_ms
    return within_window(at_ms, received_ms=received_ms, field="at")


def server_time(date: Any, *, received_ms: int) -> int:
    """Epoch milliseconds or ISO 8601; a text without an offset is UTC."""
    at_ms = int(date) if is_time(date) else _from_iso(date)
    return within_window(at_ms, received_ms=received_ms, field="event_date")


def within_window(at_ms: int, *, received_ms: int, field: str) -> int:
    """`at_ms`, never later than now. Refused: over 30 days old, more than 5 minutes ahead."""
    if at_ms < received_ms - MAX_AGE_MS:
        raise EventRefused("too_old", "The event happened more than 30 days ago.", field=field)
    if at_ms > received_ms + MAX_AHEAD_MS:
        raise EventRefused("in_future", "The event happens more than 5 minutes from now.", field=field)
    return min(at_ms, received_ms)


def _from_iso(date: Any) -> int:
    try:
        if not isinstance(date, str):
            raise ValueError("neither a text nor a number from 0")
        found = datetime.fromisoformat(date)
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found
        at_ms = (found - _EPOCH) // _MILLISECOND
    except (ValueError, OverflowError) as error:
        raise _bad_date(date) from error
    if at_ms < 0:
        raise _bad_date(date)
    return at_ms


def _bad_date(date: Any) -> EventRefused:
    message = f"event_date must be epoch milliseconds or ISO 8601, not {_written(date)}."
    return EventRefused("bad_time", message, field="event_date")


def _written(value: Any) -> str:
    """A stranger's value for a message. Writing out what is nested may go deeper than Python follows."""
    return "a list or an object" if isinstance(value, list | dict) else shown(repr(value))
