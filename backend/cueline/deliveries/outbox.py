"""The deliver job's work: claim what is due, deliver it, report what came of it."""

from __future__ import annotations

import contextlib
import random as chance
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row

from cueline import crash
from cueline.clock import Clock
from cueline.config import Settings
from cueline.deliveries import retries
from cueline.deliveries.batch import Batch
from cueline.deliveries.channels.channel import Channel
from cueline.deliveries.channels.registry import CHANNELS
from cueline.deliveries.outcomes import Count, Report, report_closed, report_unreported, uncounted
from cueline.logs import Log
from cueline.store import deliveries
from cueline.store.deliveries import FAILED
from cueline.store.session import writing
from cueline.store.templates import repeats_after_crash

log = Log(__name__)

__all__ = ["report_unreported", "work"]

BATCH: Final = 50
LEASE_MS: Final = 60_000


def work(
    engine: Engine,
    *,
    settings: Settings,
    clock: Clock,
    report: Report,
    stop: Callable[[], bool],
    count: Count = uncounted,
    random: Callable[[], float] = chance.random,
) -> int:
    """One round: at most 50 due deliveries. Returns how many were closed or put off; 0: nothing was to do.

    `stop()` is asked between deliveries. Raises ConfigError on a wrong setting, before anything is claimed, and what
    `report` raises, after everything is recorded: those outcomes are left to `report_unreported`.
    """
    with _open_channels(settings) as channels:
        token, now_ms = uuid.uuid4().hex, clock.now_ms()
        with writing(engine) as connection:
            recovered = _recover(connection, now_ms=now_ms, count=count)
            ids = deliveries.claim(
                connection, token=token, now_ms=now_ms, lease_until_ms=now_ms + LEASE_MS, limit=BATCH
            )
        batch = Batch(engine, clock, channels, count, random, token, now_ms + LEASE_MS, stop)
        if ids:
            crash.point("after_claim_before_start")
            batch.run(ids)
            crash.point("after_record_before_report")
    report_closed(engine, recovered + batch.closed, clock=clock, report=report, count=count)
    return len(recovered) + len(batch.closed) + len(batch.put_off)


@contextlib.contextmanager
def _open_channels(settings: Settings) -> Iterator[Mapping[str, Channel]]:
    with contextlib.ExitStack() as stack:
        channels = {name: open_(settings) for name, open_ in CHANNELS.items()}
        for channel in channels.values():
            stack.callback(channel.close)
        yield channels


def _recover(connection: Connection, *, now_ms: int, count: Count) -> list[int]:
    """Decides about those whose process died while sending; the ids that were closed."""
    rows = deliveries.crashed(connection, now_ms=now_ms, limit=BATCH)
    return [row.id for row in rows if _closes_crashed(connection, row, now_ms=now_ms, count=count)]


def _closes_crashed(connection: Connection, row: Row[Any], *, now_ms: int, count: Count) -> bool:
    may_repeat = repeats_after_crash(row.document or {})
    verdict = retries.judge_crash(attempts=row.attempts, may_repeat=may_repeat)
    is_repeated = verdict.wait_ms is not None
    log.info("delivery crashed", delivery=row.id, template=row.template, tries=row.attempts, is_repeated=is_repeated)
    if verdict.wait_ms is not None:
        due_ms = now_ms + verdict.wait_ms
        deliveries.put_off(connection, row.id, token=row.lease_token, due_ms=due_ms, reason=verdict.reason)
        return False
    count("deliveries_total", state=FAILED)
    return deliveries.close(
        connection, row.id, token=row.lease_token, now_ms=now_ms, state=FAILED, reason=verdict.reason
    )
