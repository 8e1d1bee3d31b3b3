"""Outcomes: what became of a delivery, as an event that goes in at the door like any other.

Reported twice (we died between the door and `reported_ms`), the second is a repeat of the same eid and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

import msgspec
from sqlalchemy import Engine, Row

from cueline import crash, events
from cueline.clock import Clock
from cueline.deliveries.reasons import code_of
from cueline.logs import Log
from cueline.store import deliveries
from cueline.store.session import reading, writing
from cueline.streams.entry import StreamEntry

log = Log(__name__)

# Puts entries into the streams; raises when it cannot.
Report = Callable[[list[StreamEntry]], None]

# By then, whoever closed a delivery has reported it or is dead.
OVERDUE_MS: Final = 10_000
_BATCH: Final = 200


class Count(Protocol):
    """Counters for /metrics, as `streams.stats.Stats.count`."""

    def __call__(self, name: str, n: int = 1, **labels: str) -> None: ...


def uncounted(name: str, n: int = 1, **labels: str) -> None:
    """For callers without counters."""


def report_closed(
    engine: Engine, ids: Sequence[int], *, clock: Clock, report: Report, count: Count = uncounted
) -> None:
    """Reports the outcome of closed deliveries, then remembers that it did."""
    if not ids:
        return
    with reading(engine) as connection:
        rows = deliveries.outcomes(connection, ids)
    now_ms = clock.now_ms()
    entries = [_entry(row, now_ms=now_ms) for row in rows if _may_go_on(row, count=count)]
    if entries:
        report(entries)
        crash.point("after_report_before_mark")
    with writing(engine) as connection:
        deliveries.mark_reported(connection, ids, now_ms=now_ms)


def report_unreported(engine: Engine, *, clock: Clock, report: Report, count: Count = uncounted) -> int:
    """Reports outcomes that their closer did not report within 10 s; how many."""
    with reading(engine) as connection:
        ids = deliveries.unreported(connection, closed_by_ms=clock.now_ms() - OVERDUE_MS, limit=_BATCH)
    report_closed(engine, ids, clock=clock, report=report, count=count)
    return len(ids)


def _may_go_on(row: Row[Any], *, count: Count) -> bool:
    if row.hops + 1 <= events.MAX_HOPS:
        return True
    # A campaign that reacts to its own mails would go on for ever.
    count("outcomes_dropped_total", reason="hops")
    log.warning(
        f"outcome dropped: more than {events.MAX_HOPS} hops",
        delivery=row.id,
        campaign=row.campaign,
        state=row.state,
    )
    return False


def _entry(row: Row[Any], *, now_ms: int) -> StreamEntry:
    payload = {"delivery_id": str(row.id), "template": row.template, "campaign": row.campaign}
    # The code alone: the words may hold the address.
    reason = code_of(row.reason)
    return StreamEntry(
        workspace_id=row.workspace_id,
        sender=events.SYSTEM_SENDER,
        eid=f"{row.state}:{row.id}",
        type=f"{row.channel}_{row.state}",
        payload=msgspec.Raw(msgspec.json.encode(payload | ({"reason": reason} if reason else {}))),
        source=events.SYSTEM,
        at_ms=row.closed_ms,
        received_ms=now_ms,
        user_ext_id=row.ext_id,
        verified=True,
        hops=row.hops + 1,
    )
